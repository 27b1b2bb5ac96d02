package apiclient

import (
	"context"
	"time"
)

// PassCounts are what a pass over a store found of one entity.
type PassCounts struct {
	Looked   int64 `json:"looked"`
	Differed int64 `json:"differed"`
	Gone     int64 `json:"gone"`
}

// LastReconcile is what the last look at webhooks, script and changes found.
type LastReconcile struct {
	At           *time.Time            `json:"at"`
	HooksMended  int64                 `json:"hooks_mended"`
	ScriptMended bool                  `json:"script_mended"`
	Entities     map[string]PassCounts `json:"entities"`
}

// LastSweep is what the last look at everything in the store found.
type LastSweep struct {
	At       *time.Time            `json:"at"`
	Entities map[string]PassCounts `json:"entities"`
}

// Changes are how many came and went in one hour.
type Changes struct {
	Hour      time.Time `json:"hour"` // its beginning
	Received  int64     `json:"received"`
	Delivered int64     `json:"delivered"`
}

// Changes counts a connection's changes in each hour of the last day, the
// oldest first.
func (c *Client) Changes(ctx context.Context, id string) (list []Changes, err error) {
	for hour, err := range List[Changes](ctx, c, ConnectionPath(id)+"/changes", nil) {
		if err != nil {
			return nil, err
		}
		list = append(list, hour)
	}
	return list, nil
}
