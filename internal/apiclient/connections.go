package apiclient

import (
	"context"
	"encoding/json"
	"fmt"
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
	Step   string `json:"step"` // of the setup, where it is known
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
	NextAuthentication string              `json:"next_authentication_id"` // being tried
	IdentificationCode string              `json:"identification_code"`
	Status             string              `json:"status"`
	Phase              string              `json:"phase"` // the status without regard to a pause
	Failure            *Failure            `json:"failure"`
	Attention          []Attention         `json:"attention"`
	Progress           map[string]Progress `json:"progress"`
	Health             Health              `json:"health"`
	Store              Store               `json:"store"`
	OrderStatusMapping []StatusRule        `json:"order_status_mapping"`
	Settings           map[string]any      `json:"settings"`
	BulkSyncStartDate  string              `json:"bulk_sync_start_date"`
	Timezone           string              `json:"timezone"`
	CreatedAt          time.Time           `json:"created_at"`
	LastWebhookAt      *time.Time          `json:"last_webhook_at"`
	LastReconcileAt    *time.Time          `json:"last_reconcile_at"`
	LastReconcile      *LastReconcile      `json:"last_reconcile"`
	LastSweep          *LastSweep          `json:"last_sweep"`
	Links              struct {
		TemporalUI *TemporalLinks `json:"temporal_ui"`
	} `json:"links"`
}

// TemporalLinks are pages of the Temporal Web UI.
type TemporalLinks struct {
	Setup     string `json:"setup"`
	BulkSync  string `json:"bulk_sync"`
	Records   string `json:"records"`
	Reconcile string `json:"reconcile"`
	Removal   string `json:"removal"`
}

// Store is what a store says of itself.
type Store struct {
	Name     string `json:"name"`
	Domain   string `json:"domain"`
	Currency string `json:"currency"`
	Plan     string `json:"plan"`
}

// Health says how a connection's parts fare.
type Health struct {
	Hooks struct {
		Expected int `json:"expected"`
		Active   int `json:"active"`
	} `json:"hooks"`
	Script struct {
		Installed bool `json:"installed"`
		Scripts   []struct {
			ID        string `json:"id"`
			ChannelID int64  `json:"channel_id"`
		} `json:"scripts"`
	} `json:"script"`
	Credentials struct {
		OK bool `json:"ok"`
	} `json:"credentials"`
	Parked *Parked `json:"parked"`
	Quota  *struct {
		Limit int `json:"limit"`
		Left  int `json:"left"`
	} `json:"quota"`
}

// Parked is why nothing is tried of a connection at the moment.
type Parked struct {
	Code        string     `json:"code"`
	Since       *time.Time `json:"since"`
	NextProbeAt *time.Time `json:"next_probe_at"`
}

// Waiting returns the records of all entities still to be dealt with.
func (c Connection) Waiting() (n int64) {
	for _, p := range c.Progress {
		n += p.Waiting
	}
	return n
}

// ConnectionPath returns the API's path of one connection.
func ConnectionPath(id string) string { return "/v1/connections/" + url.PathEscape(id) }

// CreateConnection joins a store to an Ometria account and starts its setup.
func (c *Client) CreateConnection(ctx context.Context, in NewConnection) (out Connection, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/connections", nil, in, &out)
}

// Connection returns one connection.
func (c *Client) Connection(ctx context.Context, id string) (out Connection, err error) {
	return out, c.call(ctx, http.MethodGet, ConnectionPath(id), nil, nil, &out)
}

// ConnectionAt returns one connection with the ETag that a change of it wants.
func (c *Client) ConnectionAt(ctx context.Context, id string) (out Connection, etag string, err error) {
	answer, err := c.Do(ctx, http.MethodGet, ConnectionPath(id), nil, nil)
	if err != nil {
		return out, "", err
	}
	if err := json.Unmarshal(answer.Body, &out); err != nil {
		return out, "", fmt.Errorf("decode connection: %w", err)
	}
	return out, answer.ETag, nil
}

// Connections yields every connection.
func (c *Client) Connections(ctx context.Context) iter.Seq2[Connection, error] {
	return List[Connection](ctx, c, "/v1/connections", nil)
}

// Act does one of the actions pause, resume, script or resync; in is its body,
// or nil.
func (c *Client) Act(ctx context.Context, id, action string, in any) (out Connection, err error) {
	return out, c.call(ctx, http.MethodPost, ConnectionPath(id)+"/"+url.PathEscape(action), nil, in, &out)
}

// AuthenticationOfPath returns the API's path of a connection's choice of
// authentication.
func AuthenticationOfPath(id string) string { return ConnectionPath(id) + "/authentication" }

// AuthenticationChoice is the body that replaces an authentication.
type AuthenticationChoice struct {
	AuthenticationID string `json:"authentication_id"`
}

// ReplaceAuthentication has a connection change to another authentication of
// its store.
func (c *Client) ReplaceAuthentication(ctx context.Context, id, authentication string) (out Connection, err error) {
	return out, c.call(ctx, http.MethodPut, AuthenticationOfPath(id), nil, AuthenticationChoice{authentication}, &out)
}

// RemoveConnection starts the removal of a connection.
func (c *Client) RemoveConnection(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, ConnectionPath(id), nil, nil, nil)
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
	return List[Record](ctx, c, ConnectionPath(id)+"/records", query)
}

// Record returns one record; its story is in the answer's further fields.
func (c *Client) Record(ctx context.Context, id, entity, recordID string) (out Record, err error) {
	return out, c.call(ctx, http.MethodGet, RecordPath(id, entity, recordID), nil, nil, &out)
}

// RecordPath returns the API's path of one record.
func RecordPath(id, entity, recordID string) string {
	return ConnectionPath(id) + "/records/" + url.PathEscape(entity) + "/" + url.PathEscape(recordID)
}
