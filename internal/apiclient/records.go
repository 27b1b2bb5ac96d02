package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Record is where one BigCommerce record stands.
type Record struct {
	Entity    string     `json:"entity"`
	RecordID  string     `json:"record_id"`
	Outcome   string     `json:"outcome"`
	Reason    *Reason    `json:"reason"`
	PushedAt  *time.Time `json:"pushed_at"`
	RequestID string     `json:"request_id"`
}

// Reason says why a record was rejected or skipped.
type Reason struct {
	Code string `json:"code"`
	Path string `json:"path"`
	Text string `json:"text"`
}

// Note is something to know of a mapped record.
type Note struct {
	Code   string `json:"code"`
	Key    string `json:"key"`
	Source string `json:"source"`
	Text   string `json:"text"` // in words; may be empty
}

// RecordStory is all that is known of one record.
type RecordStory struct {
	Record
	Dirty            bool       `json:"dirty"`
	InFlight         bool       `json:"in_flight"`
	Attempts         int        `json:"attempts"`
	LastError        *Reason    `json:"last_error"`
	FirstFailedAt    *time.Time `json:"first_failed_at"`
	BackoffUntil     *time.Time `json:"backoff_until"`
	FirstSeenAt      *time.Time `json:"first_seen_at"`
	LastEventAt      *time.Time `json:"last_event_at"`
	LastFetchedAt    *time.Time `json:"last_fetched_at"`
	SourceModifiedAt *time.Time `json:"source_modified_at"`
	EverPushed       bool       `json:"ever_pushed"`
	Variants         []int64    `json:"variants"`
	Consent          *struct {
		Seen string `json:"seen"`
		Sent string `json:"sent"`
	} `json:"consent"`
	OrderStatus *struct {
		StatusID int64  `json:"status_id"`
		Status   string `json:"status"`
		IsValid  bool   `json:"is_valid"`
	} `json:"order_status"`
	Notes       []Note `json:"notes"`
	Timezone    string `json:"timezone"`
	LastWebhook *struct {
		At    *time.Time `json:"at"`
		Scope string     `json:"scope"`
	} `json:"last_webhook"`
	Pushed *struct {
		At         *time.Time `json:"at"`
		RequestIDs []string   `json:"request_ids"`
	} `json:"pushed"`
	OmetriaSaid *struct {
		At *time.Time `json:"at"`
		Reason
	} `json:"ometria_said"`
	Standing struct {
		Code   string     `json:"code"`
		Text   string     `json:"text"`
		Since  *time.Time `json:"since"`
		Until  *time.Time `json:"until"`
		Action string     `json:"action"`
	} `json:"standing"`
	History          []RecordEvent `json:"history"` // oldest first
	HistoryTruncated bool          `json:"history_truncated"`
	Workflow         *struct {
		WorkflowID string `json:"workflow_id"`
		Status     string `json:"status"`
	} `json:"workflow"`
	Links struct {
		TemporalUI *string `json:"temporal_ui"`
	} `json:"links"`
}

// RecordEvent is one thing that happened to a record.
type RecordEvent struct {
	At         *time.Time `json:"at"`
	Kind       string     `json:"kind"`
	Scope      string     `json:"scope"` // of a webhook
	Code       string     `json:"code"`
	Path       string     `json:"path"`
	Text       string     `json:"text"`
	RequestIDs []string   `json:"request_ids"`
	RetryAt    *time.Time `json:"retry_at"`
	SaidAt     *time.Time `json:"said_at"`
}

// Preview is a BigCommerce record beside what would be pushed of it.
type Preview struct {
	Entity   string            `json:"entity"`
	RecordID string            `json:"record_id"`
	Gone     bool              `json:"gone"`
	Outcome  string            `json:"outcome"`
	Reason   *Reason           `json:"reason"`
	Action   string            `json:"action"`
	Source   json.RawMessage   `json:"source"`
	Records  []json.RawMessage `json:"records"`
	Fields   []struct {
		Record int      `json:"record"`
		Target string   `json:"target"`
		Source []string `json:"source"`
		Rule   string   `json:"rule"`
	} `json:"fields"`
	Notes []Note `json:"notes"`
}

// RecordCheck compares a record with Ometria.
type RecordCheck struct {
	Verdict string  `json:"verdict"`
	Reason  *Reason `json:"reason"`
	Action  string  `json:"action"`
	Records []struct {
		Type       string   `json:"type"`
		ID         string   `json:"id"`
		Collection string   `json:"collection"`
		Verdict    string   `json:"verdict"`
		Differs    []string `json:"differs"`
	} `json:"records"`
	Unchecked int       `json:"unchecked"`
	CheckedAt time.Time `json:"checked_at"`
}

// Match is a record that a lookup found.
type Match struct {
	Entity   string `json:"entity"`
	RecordID string `json:"record_id"`
	Known    bool   `json:"known"`
}

// Field is one of the merchant's own fields.
type Field struct {
	Entity     string   `json:"entity"`
	Kind       string   `json:"kind"`
	Source     string   `json:"source"`
	Key        string   `json:"key"`
	Type       string   `json:"type"`
	Records    int64    `json:"records"`
	LeftOut    int64    `json:"left_out"`
	Collisions []string `json:"collisions"`
}

// FailureGroup counts the records of one entity that were rejected for the same
// reason or, with Warning, that went out with something to know.
type FailureGroup struct {
	Group   string     `json:"group"` // names it; empty with Warning
	Reason  Reason     `json:"reason"`
	Entity  string     `json:"entity"`
	Count   int64      `json:"count"`
	FirstAt *time.Time `json:"first_at"`
	LastAt  *time.Time `json:"last_at"`
	Warning bool       `json:"warning"`
	Action  string     `json:"action"`
}

// SyncStarted is the answer to a wish to sync a record.
type SyncStarted struct {
	WorkflowID string `json:"workflow_id"`
	Note       string `json:"note"` // why it does not start yet, if so
}

// RecordStory returns all that is known of a record.
func (c *Client) RecordStory(ctx context.Context, id, entity, recordID string) (s RecordStory, err error) {
	return s, c.call(ctx, http.MethodGet, RecordPath(id, entity, recordID), nil, nil, &s)
}

// SyncRecord asks for a sync of a record now.
func (c *Client) SyncRecord(ctx context.Context, id, entity, recordID string) (s SyncStarted, err error) {
	return s, c.call(ctx, http.MethodPost, RecordPath(id, entity, recordID)+"/sync", nil, nil, &s)
}

// CheckRecord compares a record with Ometria.
func (c *Client) CheckRecord(ctx context.Context, id, entity, recordID string) (r RecordCheck, err error) {
	return r, c.call(ctx, http.MethodPost, RecordPath(id, entity, recordID)+"/check", nil, nil, &r)
}

// PreviewRecord shows a record beside what would be pushed of it. It holds
// personal data.
func (c *Client) PreviewRecord(ctx context.Context, id, entity, recordID string) (p Preview, err error) {
	return p, c.call(ctx, http.MethodGet, RecordPath(id, entity, recordID)+"/preview", nil, nil, &p)
}
