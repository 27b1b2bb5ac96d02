package apiclient

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// StatusRule maps one order status of the store. What it leaves out keeps the
// built-in meaning of the status.
type StatusRule struct {
	StatusID *int   `json:"status_id,omitempty"`
	Label    string `json:"label,omitempty"`
	Status   string `json:"status,omitempty"`
	IsValid  *bool  `json:"is_valid,omitempty"`
	Send     *bool  `json:"send,omitempty"`
}

// NewConnection is the body that creates a connection.
type NewConnection struct {
	Name               string         `json:"name,omitempty"`
	AuthenticationID   string         `json:"authentication_id"`
	IdentificationCode string         `json:"identification_code"`
	BulkSyncStartDate  string         `json:"bulk_sync_start_date,omitempty"`
	Timezone           string         `json:"timezone"`
	OrderStatusMapping []StatusRule   `json:"order_status_mapping,omitempty"`
	Settings           map[string]any `json:"settings,omitempty"`
}

// Progress is how far one entity has come.
type Progress struct {
	Total     int64      `json:"total"`
	Accepted  int64      `json:"accepted"`
	Rejected  int64      `json:"rejected"`
	Skipped   int64      `json:"skipped"`
	Waiting   int64      `json:"waiting"`
	Pages     int64      `json:"pages"`
	StartedAt *time.Time `json:"started_at"`
	ETA       *time.Time `json:"eta"`
}

// Done returns how many records have been dealt with.
func (p Progress) Done() int64 { return p.Accepted + p.Rejected + p.Skipped }

// Attention is something a person should look at.
type Attention struct {
	Code   string    `json:"code"`
	Since  time.Time `json:"since"`
	Action string    `json:"action"`
}

// Failure says why a setup ended for good.
type Failure struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Action string `json:"action"`
}

// String says what happened and what to do, in one line.
func (f Failure) String() string { return strings.TrimRight(f.Detail, ". ") + ". " + f.Action }

// Connection is one store joined to one Ometria account.
type Connection struct {
	ID                 string              `json:"id"`
	Name               string              `json:"name"`
	StoreHash          string              `json:"store_hash"`
	AuthenticationID   string              `json:"authentication_id"`
	IdentificationCode string              `json:"identification_code"`
	Status             string              `json:"status"`
	Failure            *Failure            `json:"failure"`
	Attention          []Attention         `json:"attention"`
	Progress           map[string]Progress `json:"progress"`
	Health             Health              `json:"health"`
	OrderStatusMapping []StatusRule        `json:"order_status_mapping"`
	Settings           map[string]any      `json:"settings"`
	BulkSyncStartDate  string              `json:"bulk_sync_start_date"`
	Timezone           string              `json:"timezone"`
	CreatedAt          time.Time           `json:"created_at"`
	LastWebhookAt      *time.Time          `json:"last_webhook_at"`
	LastReconcile      *LastReconcile      `json:"last_reconcile"`
	LastSweep          *LastSweep          `json:"last_sweep"`
}

// Health says how a connection's parts fare.
type Health struct {
	Hooks struct {
		Expected int `json:"expected"`
		Active   int `json:"active"`
	} `json:"hooks"`
	Script struct {
		Installed bool `json:"installed"`
	} `json:"script"`
	Quota *struct {
		Limit int `json:"limit"`
		Left  int `json:"left"`
	} `json:"quota"`
}

// Waiting returns the records of all entities still to be dealt with.
func (c Connection) Waiting() (n int64) {
	for _, p := range c.Progress {
		n += p.Waiting
	}
	return n
}

func connectionPath(id string) string { return "/v1/connections/" + url.PathEscape(id) }

// CreateConnection joins a store to an Ometria account and starts its setup.
func (c *Client) CreateConnection(ctx context.Context, in NewConnection) (out Connection, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/connections", nil, in, &out)
}

// Connection returns one connection.
func (c *Client) Connection(ctx context.Context, id string) (out Connection, err error) {
	return out, c.call(ctx, http.MethodGet, connectionPath(id), nil, nil, &out)
}

// Connections yields every connection.
func (c *Client) Connections(ctx context.Context) iter.Seq2[Connection, error] {
	return List[Connection](ctx, c, "/v1/connections", nil)
}

// Act does one of the actions pause, resume, script or resync; in is its body,
// or nil.
func (c *Client) Act(ctx context.Context, id, action string, in any) (out Connection, err error) {
	return out, c.call(ctx, http.MethodPost, connectionPath(id)+"/"+url.PathEscape(action), nil, in, &out)
}

// RemoveConnection starts the removal of a connection.
func (c *Client) RemoveConnection(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, connectionPath(id), nil, nil, nil)
}

// Records yields the records of a connection, by entity and outcome where
// these are not empty.
func (c *Client) Records(ctx context.Context, id, entity, outcome string) iter.Seq2[Record, error] {
	query := url.Values{}
	if entity != "" {
		query.Set("entity", entity)
	}
	if outcome != "" {
		query.Set("outcome", outcome)
	}
	return List[Record](ctx, c, connectionPath(id)+"/records", query)
}

// Record returns one record; its story is in the answer's further fields.
func (c *Client) Record(ctx context.Context, id, entity, recordID string) (out Record, err error) {
	return out, c.call(ctx, http.MethodGet, RecordPath(id, entity, recordID), nil, nil, &out)
}

// RecordPath returns the API's path of one record.
func RecordPath(id, entity, recordID string) string {
	return connectionPath(id) + "/records/" + url.PathEscape(entity) + "/" + url.PathEscape(recordID)
}
