package apiclient

import (
	"context"
	"iter"
	"time"
)

// Failures yields a connection's rejected records, grouped by reason.
func (c *Client) Failures(ctx context.Context, id string) iter.Seq2[FailureGroup, error] {
	return List[FailureGroup](ctx, c, connectionPath(id)+"/failures", nil)
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
