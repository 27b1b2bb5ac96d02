package apiclient

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Failures yields a connection's rejected records, grouped by reason.
func (c *Client) Failures(ctx context.Context, id string) iter.Seq2[FailureGroup, error] {
	return List[FailureGroup](ctx, c, ConnectionPath(id)+"/failures", nil)
}

// RetryFailures tries rejected records again, narrowed by reason, group, entity
// and record_id where filter names them, and returns how many.
func (c *Client) RetryFailures(ctx context.Context, id string, filter map[string]string) (int, error) {
	var retried struct {
		Retried int `json:"retried"`
	}
	err := c.call(ctx, http.MethodPost, ConnectionPath(id)+"/failures/retry", nil, filter, &retried)
	return retried.Retried, err
}

// LookUp finds a shopper's records by one of email and order_number.
func (c *Client) LookUp(ctx context.Context, id string, known map[string]string) ([]Match, error) {
	var p page[Match]
	err := c.call(ctx, http.MethodPost, ConnectionPath(id)+"/records/lookup", nil, known, &p)
	return p.Data, err
}

// AuditEntry is one change that a person made.
type AuditEntry struct {
	ID               string    `json:"id"`
	At               time.Time `json:"at"`
	Role             string    `json:"role"`
	Name             string    `json:"name"`
	Through          string    `json:"through"`
	Action           string    `json:"action"`
	Detail           string    `json:"detail"`
	ConnectionID     string    `json:"connection_id"`
	AuthenticationID string    `json:"authentication_id"`
	Entity           string    `json:"entity"`
	RecordID         string    `json:"record_id"`
}
