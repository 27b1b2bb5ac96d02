package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Programs of ours say what they are by their User-Agent.
const (
	throughPage = "page"
	throughCLI  = "cli"
	throughAPI  = "api"
)

// throughOf names what a change came through, as the caller says.
func throughOf(userAgent string) string {
	for _, through := range []string{throughPage, throughCLI} {
		if strings.HasPrefix(userAgent, "ometria-bigcommerce-"+through) {
			return through
		}
	}
	return throughAPI
}

// detailed is a body that tells what of it the audit log shows: names, never
// values.
type detailed interface{ detail() string }

// change is handle for an endpoint that changes something: what was done is
// noted in the audit log, once even when the request comes twice with one
// Idempotency-Key.
func change[B any](a *api, action string, do endpoint[B]) gin.HandlerFunc {
	return handle(a, func(ctx context.Context, in request[B]) (response, error) {
		out, err := do(ctx, in)
		if err != nil {
			return out, err
		}
		e := connection.AuditEntry{
			Role: string(in.Role), Name: in.Caller, Through: in.Through, Action: action,
			ConnectionID: in.Connection, AuthenticationID: in.Authentication, Entity: in.Record.Entity, RecordID: in.Record.RecordID,
		}
		switch made := out.Body.(type) {
		case connectionView:
			e.ConnectionID = made.ID
		case authenticationView:
			e.AuthenticationID = made.ID
		}
		if body, ok := any(in.Body).(detailed); ok {
			e.Detail = body.detail()
		}
		if err := a.Store.Audit(ctx, e); err != nil { // it is done: saying otherwise would have it done again
			a.Logger.ErrorContext(ctx, "change not noted in the audit log", "connection_id", e.ConnectionID, "err", err)
		}
		return out, nil
	})
}

// detail names the fields that were sent.
func (b changeBody) detail() string {
	var names []string
	for name, set := range map[string]bool{
		"name": b.Name.Set, "identification_code": b.IdentificationCode.Set, "bulk_sync_start_date": b.BulkSyncStartDate.Set,
		"timezone": b.Timezone.Set, "order_status_mapping": b.OrderStatusMapping.Set, "settings": b.Settings.Set,
	} {
		if set {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (b resyncBody) detail() string {
	var names []string
	for _, e := range b.list() {
		names = append(names, string(e))
	}
	text := strings.Join(names, ", ")
	if b.Since != "" {
		text += " since " + b.Since
	}
	return text
}

func (b retryBody) detail() string {
	parts := slices.DeleteFunc([]string{b.Entity, b.Reason, b.Group}, func(part string) bool { return part == "" })
	if b.RecordID != 0 {
		parts = append(parts, b.RecordID.String())
	}
	return strings.Join(parts, " ")
}

// auditView is an entry of the audit log.
type auditView struct {
	ID               string                      `json:"id"`
	At               *time.Time                  `json:"at"`
	Role             string                      `json:"role"`
	Name             string                      `json:"name"`
	Through          string                      `json:"through"`
	Action           string                      `json:"action"`
	Detail           string                      `json:"detail"`
	ConnectionID     connection.ID               `json:"connection_id,omitempty"`
	AuthenticationID connection.AuthenticationID `json:"authentication_id,omitempty"`
	Entity           connection.Entity           `json:"entity,omitempty"`
	RecordID         string                      `json:"record_id,omitempty"`
}

func (a *api) listAudit(ctx context.Context, in request[empty]) (response, error) {
	cursor, limit, bad := in.page(isID)
	id := connection.ID(in.Query.Get("connection_id"))
	if id != "" && !isID(string(id)) {
		bad = append(bad, connection.FieldError{Field: "connection_id", Code: "invalid", Message: "use the id of a connection, which may have been removed"})
	}
	if len(bad) > 0 {
		return response{}, bad
	}
	found, next, err := a.Store.AuditLog(ctx, id, cursor, limit)
	if err != nil {
		return response{}, err
	}
	views := make([]auditView, len(found))
	for i, e := range found {
		views[i] = auditView{
			ID: e.ID, At: moment(e.At), Role: e.Role, Name: e.Name, Through: e.Through, Action: e.Action, Detail: e.Detail,
			ConnectionID: e.ConnectionID, AuthenticationID: e.AuthenticationID, Entity: e.Entity,
		}
		if e.RecordID != 0 {
			views[i].RecordID = e.RecordID.String()
		}
	}
	return response{Status: http.StatusOK, Body: newList(views, next)}, nil
}

func (b reconcileBody) detail() string {
	if b.Full {
		return "full"
	}
	return ""
}

func (b deletionsBody) detail() string { return b.Decision }
