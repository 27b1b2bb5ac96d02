package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/store"
)

// playedInspector finds everything right but the scope for orders.
type playedInspector struct{}

func (playedInspector) Test(context.Context, connection.AuthenticationID) (connection.Report, error) {
	return connection.Report{Checks: []connection.Check{
		{Name: "BigCommerce: store", OK: true, Message: "Some Shop"},
		{Name: "BigCommerce: orders", Message: "grant Orders: read-only", Failure: connection.FailureMissingScope},
	}}, nil
}

func (playedInspector) OrderStatuses(context.Context, connection.AuthenticationID) ([]bigcommerce.OrderStatus, error) {
	return []bigcommerce.OrderStatus{
		{ID: 2, Name: "Shipped", SystemLabel: "Shipped", CustomLabel: "On its way"},
		{ID: 10, Name: "Completed", SystemLabel: "Completed", CustomLabel: "Completed"},
	}, nil
}

func (playedInspector) ResolveStatusRules(_ context.Context, _ connection.AuthenticationID, rules []connection.StatusRule) ([]connection.StatusRule, connection.ValidationError, error) {
	for i := range rules {
		if rules[i].StatusID == nil {
			nine := 9
			rules[i].StatusID = &nine
		}
	}
	return rules, nil, nil
}

// Preview knows a customer 17, a customer and a product 18 that are gone, an
// archived order 21 and an order 22 paid in test.
func (playedInspector) Preview(_ context.Context, key connection.RecordKey) (inspect.Preview, error) {
	p := inspect.Preview{
		ConnectionID: key.ConnectionID, Entity: key.Entity, RecordID: key.RecordID, Outcome: connection.Accepted,
		Source: json.RawMessage("null"), Notes: []connection.Note{},
	}
	switch key.RecordID {
	case 17:
		p.Source = json.RawMessage(`{"id":17,"email":"Jane@example.com","first_name":"Jane"}`)
		p.Records = []json.RawMessage{json.RawMessage(`{"@type":"contact","@collection":"customers","id":"17","email":"jane@example.com",` +
			`"firstname":"Jane","store_ids":["shop.example.com"],"properties":{"sizes":["S","M"]}}`)}
		p.Fields = []inspect.PreviewedField{
			{Target: "@type", Source: []string{}, Rule: "Always contact."},
			{Target: "id", Source: []string{"id"}, Rule: "As it is."},
			{Target: "email", Source: []string{"email"}, Rule: "In lower case."},
			{Target: "firstname", Source: []string{"first_name"}, Rule: "As it is."},
			{Target: "store_ids[0]", Source: []string{"store.domain"}, Rule: "The primary domain."},
			{Target: "properties.sizes", Source: []string{"form_fields[Sizes].value"}, Rule: "The answer."},
		}
		p.Notes = []connection.Note{{Code: "password_field", Source: "Secret word"}}
	case 18:
		p.Gone, p.Outcome = true, connection.Deleted
		if key.Entity == connection.Customers {
			break
		}
		p.Records = []json.RawMessage{json.RawMessage(`{"@type":"product","id":"18","is_active":false}`)}
		p.Fields = []inspect.PreviewedField{{Target: "is_active", Source: []string{}, Rule: "False."}}
	case 19:
		p.Source = json.RawMessage(`{"id":19}`)
		p.Outcome, p.Reason = connection.Skipped, &connection.Reason{Code: connection.ReasonInvalidEmail, Path: "email", Text: "no address"}
		p.Records, p.Fields = []json.RawMessage{}, []inspect.PreviewedField{}
	case 21:
		p.Outcome = connection.Deleted
		p.Records = []json.RawMessage{json.RawMessage(`{"@type":"order","id":"21","is_valid":false}`)}
	case 22:
		p.Outcome, p.Reason = connection.Skipped, &connection.Reason{Code: connection.ReasonTestOrder, Path: "payment_method", Text: "paid in test"}
	default:
		return p, store.ErrNotFound
	}
	return p, nil
}

func (playedInspector) Check(_ context.Context, key connection.RecordKey) (inspect.RecordCheck, error) {
	c := inspect.RecordCheck{Verdict: inspect.Same, Records: []inspect.CheckedRecord{}, CheckedAt: time.Now()}
	switch key.RecordID {
	case 17:
		c.Records = []inspect.CheckedRecord{{Type: ometria.TypeContact, ID: "17", Collection: "customers", Verdict: inspect.Same, Differs: []string{}}}
	case 18:
		c.Verdict = inspect.Differs
		c.Records = []inspect.CheckedRecord{
			{Type: ometria.TypeProduct, ID: "18", Verdict: inspect.Same, Differs: []string{}},
			{Type: ometria.TypeProduct, ID: "18-2", Verdict: inspect.Differs, Differs: []string{"price", "listings[0].price"}},
		}
	case 19:
		c.Verdict, c.Reason = inspect.NotSent, &connection.Reason{Code: connection.ReasonInvalidEmail, Path: "email", Text: "no address"}
	default:
		return c, store.ErrNotFound
	}
	return c, nil
}

func (playedInspector) ByEmail(_ context.Context, _ connection.ID, email string) ([]inspect.Match, error) {
	if !strings.EqualFold(email, "jane@example.com") {
		return nil, nil
	}
	return []inspect.Match{{Entity: connection.Customers, RecordID: 17}, {Entity: connection.Orders, RecordID: 1, Known: true}}, nil
}

func (playedInspector) ByOrderNumber(_ context.Context, _ connection.ID, number string) ([]inspect.Match, error) {
	if number != "1" {
		return nil, nil
	}
	return []inspect.Match{{Entity: connection.Orders, RecordID: 1, Known: true}}, nil
}
