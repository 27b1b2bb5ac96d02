package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// badRecord is a record of the store that is bad on purpose.
type badRecord struct {
	Kind     string            `json:"kind"`
	Entity   connection.Entity `json:"entity"`
	RecordID int64             `json:"record_id"`
}

// badKind is one way for a record to be bad, and what is to become of it.
type badKind struct {
	name    string
	entity  connection.Entity
	fields  func(n int) map[string]any // of the record in the store
	refusal *ometriasim.Rule           // how Ometria refuses it, if it does
	outcome connection.Outcome
	reason  connection.Reason // with Rejected or Skipped; the text is compared only if given
	// warning is the code under which the failures warn of an accepted record,
	// and arrived says what is wrong with it at Ometria.
	warning string
	arrived func(held ometriasim.Record, c apiclient.Connection) error
}

// The kinds, as the report names them.
const (
	badEmail    = "invalid_email"
	badTotal    = "no_total"
	badAtOnce   = "refused_at_once"
	badLater    = "refused_later"
	badTooLarge = "too_large"
	badStatus   = "unknown_status"
)

// manyLines make an order of well over Ometria's 60 KB.
const manyLines = 451

func badKinds() []badKind {
	return []badKind{
		{
			name: badEmail, entity: connection.Customers,
			fields:  func(n int) map[string]any { return map[string]any{"email": fmt.Sprintf("nobody %d at home", n)} },
			outcome: connection.Skipped, reason: connection.Reason{Code: connection.ReasonInvalidEmail, Path: "email"},
		},
		{
			name: badTotal, entity: connection.Orders,
			fields:  func(int) map[string]any { return map[string]any{"total_inc_tax": ""} },
			outcome: connection.Rejected, reason: connection.Reason{Code: connection.ReasonUnmappable, Path: "grand_total"},
		},
		{
			name: badAtOnce, entity: connection.Products,
			fields:  func(n int) map[string]any { return map[string]any{"name": fmt.Sprintf("Refused hat %d", n)} },
			refusal: &ometriasim.Rule{Type: "product", When: "now"},
			outcome: connection.Rejected, reason: connection.Reason{Code: connection.ReasonRefused, Path: "product"},
		},
		{
			name: badLater, entity: connection.Subscribers,
			fields: func(n int) map[string]any { return map[string]any{"email": fmt.Sprintf("refused.%d@example.com", n)} },
			refusal: &ometriasim.Rule{
				Type: "contact", Collection: connection.CollectionSubscribers, When: "later",
				ErrorPath: "email", ErrorMessage: "domain takes no mail",
			},
			outcome: connection.Rejected,
			reason:  connection.Reason{Code: connection.ReasonRefused, Path: "email", Text: "domain takes no mail"},
		},
		{
			name: badTooLarge, entity: connection.Orders,
			fields:  func(int) map[string]any { return map[string]any{"consignments": oneParcel(manyLines)} },
			outcome: connection.Accepted, warning: mapping.NoteTrimmed, arrived: wasTrimmed,
		},
		{
			name: badStatus, entity: connection.Orders,
			fields:  func(int) map[string]any { return map[string]any{"status_id": 15, "status": "Awaiting Courier"} },
			outcome: connection.Accepted, warning: mapping.NoteUnmappedStatus, arrived: isFlagged,
		},
	}
}

// oneParcel are consignments of one shipment with n line items.
func oneParcel(n int) map[string]any {
	var lines []any
	for i := range n {
		lines = append(lines, map[string]any{
			"product_id": 80, "name": "Demo hat", "base_price": "1.2300", "quantity": 1,
			"sku": fmt.Sprintf("A-VERY-LONG-STOCK-KEEPING-UNIT-OF-A-DEMO-HAT-%04d", i),
		})
	}
	return map[string]any{
		"shipping": []any{map[string]any{"line_items": lines}},
		"pickups":  []any{}, "downloads": []any{}, "email": map[string]any{"gift_certificates": []any{}},
	}
}

// wasTrimmed wants all lines of a large order, without what had to go.
func wasTrimmed(held ometriasim.Record, _ apiclient.Connection) error {
	var order ometria.Order
	if err := json.Unmarshal(held.Record, &order); err != nil {
		return fmt.Errorf("decode order at Ometria: %w", err)
	}
	switch {
	case len(held.Record) > ometria.MaxRecordBytes:
		return fmt.Errorf("%d bytes at Ometria", len(held.Record))
	case len(order.LineItems) != manyLines:
		return fmt.Errorf("%d of %d lines at Ometria", len(order.LineItems), manyLines)
	case order.LineItems[0].SKU != "":
		return errors.New("it did not need trimming")
	}
	return nil
}

// isFlagged wants an order that counts for nothing, and somebody told.
func isFlagged(held ometriasim.Record, c apiclient.Connection) error {
	var order ometria.Order
	if err := json.Unmarshal(held.Record, &order); err != nil {
		return fmt.Errorf("decode order at Ometria: %w", err)
	}
	if order.IsValid == nil || *order.IsValid {
		return errors.New("it counts as a sale")
	}
	if !slices.ContainsFunc(c.Attention, func(a apiclient.Attention) bool { return a.Code == connection.UnmappedStatus }) {
		return errors.New("the connection does not ask for attention")
	}
	return nil
}

// makeBad makes the bad records that were asked for, once, and orders Ometria's
// refusals, which it forgets when it is stopped.
func (s *stack) makeBad() error {
	kinds := badKinds()
	if len(s.state.Bad) == 0 {
		for _, kind := range kinds {
			for n := range s.state.Shop.Bad {
				id, _, err := s.shop.Create(string(kind.entity), kind.fields(n+1))
				if err != nil {
					return fmt.Errorf("make bad record %s: %w", kind.name, err)
				}
				s.state.Bad = append(s.state.Bad, badRecord{kind.name, kind.entity, id})
			}
		}
		if err := s.state.save(s.dir); err != nil {
			return err
		}
	}
	for _, bad := range s.state.Bad {
		kind := kindOf(bad)
		if kind.refusal == nil {
			continue
		}
		rule := *kind.refusal
		rule.ID = fmt.Sprint(bad.RecordID)
		if err := s.marketing.Account(demoAccount).Reject(rule); err != nil {
			return fmt.Errorf("order a refusal: %w", err)
		}
	}
	return nil
}

func kindOf(bad badRecord) badKind {
	kinds := badKinds()
	return kinds[slices.IndexFunc(kinds, func(k badKind) bool { return k.name == bad.Kind })]
}

// isBad reports whether a record is bad on purpose.
func (s *stack) isBad(entity connection.Entity, id int64) bool {
	return slices.ContainsFunc(s.state.Bad, func(b badRecord) bool { return b.Entity == entity && b.RecordID == id })
}

// badFound is what became of the bad records of one kind.
type badFound struct {
	Kind    string             `json:"kind"`
	Entity  connection.Entity  `json:"entity"`
	Records int                `json:"records"`
	Outcome connection.Outcome `json:"outcome"`
	Reason  *apiclient.Reason  `json:"reason"` // why skipped or rejected, or what was warned of
}

// fateLimit is how long after the bulk sync a bad record's fate may show: errors
// that come later are asked for every few seconds.
const fateLimit = 30 * time.Second

// failures is what the API lists of rejected records, and what became of those
// that are bad on purpose.
type failures struct {
	groups []apiclient.FailureGroup
	bad    []badFound
}

// awaitFailures waits until every bad record has met its fate and each rejected
// one is counted in the API's failures with its reason, and no other; and until
// the failures warn of those that were accepted.
func (s *stack) awaitFailures(ctx context.Context, client *apiclient.Client, id string) (found failures, err error) {
	var wrong error
	err = await(ctx, pollEvery, fateLimit, func() (bool, error) {
		found, wrong, err = s.failures(ctx, client, id)
		return wrong == nil || len(s.state.Bad) == 0, err // nothing to wait for
	})
	return found, errors.Join(err, wrong)
}

func (s *stack) failures(ctx context.Context, client *apiclient.Client, id string) (found failures, wrong, err error) {
	c, err := client.Connection(ctx, id)
	if err != nil {
		return found, nil, err
	}
	type group struct {
		entity string
		reason apiclient.Reason
	}
	expected := map[group]int64{}
	var all []error
	for _, bad := range s.state.Bad {
		kind := kindOf(bad)
		r, err := client.Record(ctx, id, string(bad.Entity), fmt.Sprint(bad.RecordID))
		if err != nil {
			return found, nil, err
		}
		if why := s.differs(kind, r, c); why != nil {
			all = append(all, fmt.Errorf("bad record %s: %s %d: %w", kind.name, bad.Entity, bad.RecordID, why))
			continue
		}
		if kind.outcome == connection.Rejected {
			expected[group{r.Entity, *r.Reason}]++
		}
		last := len(found.bad) - 1
		if last < 0 || found.bad[last].Kind != kind.name {
			found.bad = append(found.bad, badFound{Kind: kind.name, Entity: kind.entity, Outcome: kind.outcome, Reason: r.Reason})
			last++
		}
		found.bad[last].Records++
	}
	for g, err := range client.Failures(ctx, id) {
		if err != nil {
			return found, nil, err
		}
		found.groups = append(found.groups, g)
		if g.Warning {
			continue
		}
		key := group{g.Entity, g.Reason}
		if expected[key] != g.Count {
			all = append(all, fmt.Errorf("failures list %d of %s for %q, %d were meant to fail", g.Count, g.Entity, g.Reason.Text, expected[key]))
		}
		delete(expected, key)
	}
	for g, count := range expected {
		all = append(all, fmt.Errorf("failures do not list %d rejected of %s: %s", count, g.entity, g.reason.Text))
	}
	for i := range found.bad {
		if b := &found.bad[i]; b.Outcome == connection.Accepted {
			all = append(all, b.warn(found.groups))
		}
	}
	return found, errors.Join(all...), nil
}

// warn looks for what the failures warn of accepted records that are bad.
func (b *badFound) warn(groups []apiclient.FailureGroup) error {
	code := kindOf(badRecord{Kind: b.Kind}).warning
	i := slices.IndexFunc(groups, func(g apiclient.FailureGroup) bool {
		return g.Warning && g.Entity == string(b.Entity) && g.Reason.Code == code && g.Count >= int64(b.Records)
	})
	if i < 0 {
		return fmt.Errorf("failures do not warn of %d %s: %s", b.Records, b.Entity, code)
	}
	b.Reason = &groups[i].Reason
	return nil
}

// differs says in what a bad record has not met its fate.
func (s *stack) differs(kind badKind, r apiclient.Record, c apiclient.Connection) error {
	if connection.Outcome(r.Outcome) != kind.outcome {
		return fmt.Errorf("%s, not %s", r.Outcome, kind.outcome)
	}
	if kind.arrived != nil {
		held, ok := s.marketing.Account(demoAccount).Record("order", "", r.RecordID)
		if !ok {
			return errors.New("not at Ometria")
		}
		return kind.arrived(held, c)
	}
	if r.Reason == nil {
		return errors.New("no reason is given")
	}
	want := kind.reason
	if r.Reason.Code != want.Code || r.Reason.Path != want.Path || r.Reason.Text == "" || want.Text != "" && r.Reason.Text != want.Text {
		return fmt.Errorf("the reason is %s at %q: %s", r.Reason.Code, r.Reason.Path, r.Reason.Text)
	}
	return nil
}

func (f failures) print(w io.Writer) {
	if len(f.bad) == 0 {
		return
	}
	fmt.Fprintf(w, "\nRecords that are bad on purpose, and what became of them:\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  KIND\tENTITY\tRECORDS\tOUTCOME\tREASON")
	for _, b := range f.bad {
		fmt.Fprintf(t, "  %s\t%s\t%d\t%s\t%s\n", b.Kind, b.Entity, b.Records, b.Outcome, reasonText(b.Reason))
	}
	fmt.Fprintf(t, "\n  Failures, as the API lists them:\n\n")
	fmt.Fprintln(t, "  ENTITY\tCOUNT\t\tREASON")
	for _, g := range f.groups {
		what := "failed"
		if g.Warning {
			what = "warning"
		}
		fmt.Fprintf(t, "  %s\t%d\t%s\t%s\n", g.Entity, g.Count, what, reasonText(&g.Reason))
	}
	_ = t.Flush() // to the terminal; there is nowhere to report a failure
}
