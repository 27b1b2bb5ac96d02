package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// failureView is a group of records that failed for the same reason, or, with
// Warning, that went out with something to know.
type failureView struct {
	Group   string            `json:"group"` // names it where it is listed or retried; empty for a warning
	Reason  connection.Reason `json:"reason"`
	Entity  connection.Entity `json:"entity"`
	Count   int64             `json:"count"`
	FirstAt *time.Time        `json:"first_at"`
	LastAt  *time.Time        `json:"last_at"`
	Warning bool              `json:"warning"`
	Action  string            `json:"action"` // what a person does about it
}

func (a *api) listFailures(ctx context.Context, in request[empty]) (response, error) {
	if _, err := a.connection(ctx, in.Connection); err != nil {
		return response{}, err
	}
	groups, err := a.Store.Failures(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	views := make([]failureView, len(groups))
	for i, g := range groups {
		views[i] = failureView{
			Reason: g.Reason, Entity: g.Entity, Count: g.Count, FirstAt: moment(g.FirstAt), LastAt: moment(g.LastAt),
			Warning: g.Warning, Action: actionOn(g.Reason),
		}
		if !g.Warning {
			views[i].Group = g.ID()
		}
	}
	return response{Status: http.StatusOK, Body: newList(views, "")}, nil
}

// maxReason is longer than any code of a reason.
const maxReason = 100

var badReason = connection.FieldError{Field: "reason", Code: "too_long", Message: "use the code of a reason in failures"}

var badGroup = connection.FieldError{Field: "group", Code: "too_long", Message: "use the group of a failure in failures"}

// retryBody narrows what is tried again; empty means every rejected record.
type retryBody struct {
	Reason   string              `json:"reason"` // a reason's code
	Group    string              `json:"group"`  // one of failures
	Entity   string              `json:"entity"`
	RecordID connection.RecordID `json:"record_id"`
}

func (b retryBody) validate() connection.ValidationError {
	var bad connection.ValidationError
	if b.Entity != "" && !connection.Entity(b.Entity).Valid() {
		bad = append(bad, connection.FieldError{Field: "entity", Code: "unknown", Message: "use customers, subscribers, orders or products"})
	}
	if b.RecordID != 0 && b.Entity == "" {
		bad = append(bad, connection.FieldError{Field: "entity", Code: "required", Message: "name the entity of the record"})
	}
	if len(b.Reason) > maxReason {
		bad = append(bad, badReason)
	}
	if len(b.Group) > maxReason {
		bad = append(bad, badGroup)
	}
	return bad
}

type retried struct {
	Retried int `json:"retried"`
}

func (a *api) retryFailures(ctx context.Context, in request[retryBody]) (response, error) {
	c, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	n, err := a.Store.RetryFailures(ctx, c.ID, store.RetryFilter{
		Reason: in.Body.Reason, Group: in.Body.Group, Entity: connection.Entity(in.Body.Entity), RecordID: in.Body.RecordID,
	})
	if err != nil {
		return response{}, err
	}
	a.Wake()
	return response{Status: http.StatusAccepted, Body: retried{n}}, nil
}
