package apiclient

import (
	"context"
	"iter"
)

// Failures yields a connection's rejected records, grouped by reason.
func (c *Client) Failures(ctx context.Context, id string) iter.Seq2[FailureGroup, error] {
	return List[FailureGroup](ctx, c, connectionPath(id)+"/failures", nil)
}
