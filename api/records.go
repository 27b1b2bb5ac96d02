package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
)

// recordView is a line of the list.
type recordView struct {
	Entity     connection.Entity   `json:"entity"`
	RecordID   connection.RecordID `json:"record_id"`
	Outcome    connection.Outcome  `json:"outcome"`
	Reason     *connection.Reason  `json:"reason"`
	PushedAt   *time.Time          `json:"pushed_at"`
	RequestID  *string             `json:"request_id"`
	RequestIDs []string            `json:"request_ids"`
}

func viewRecord(r store.RecordRow) recordView {
	v := recordView{
		Entity: r.Key.Entity, RecordID: r.Key.RecordID, Outcome: r.Outcome, Reason: r.Reason,
		PushedAt: moment(r.PushedAt), RequestIDs: r.RequestIDs,
	}
	if n := len(r.RequestIDs); n > 0 {
		v.RequestID = &r.RequestIDs[n-1]
	} else {
		v.RequestIDs = []string{}
	}
	return v
}

// recordStory is everything known of a record that is not personal.
type recordStory struct {
	recordView
	Connection connection.ID `json:"connection_id"`
	// Dirty: the record changed since it was last fetched for a push.
	Dirty            bool               `json:"dirty"`
	InFlight         bool               `json:"in_flight"`
	Attempts         int                `json:"attempts"`
	LastError        *connection.Reason `json:"last_error"`
	FirstFailedAt    *time.Time         `json:"first_failed_at"`
	BackoffUntil     *time.Time         `json:"backoff_until"`
	FirstSeenAt      *time.Time         `json:"first_seen_at"`
	LastEventAt      *time.Time         `json:"last_event_at"`
	LastFetchedAt    *time.Time         `json:"last_fetched_at"`
	SourceModifiedAt *time.Time         `json:"source_modified_at"`
	EverPushed       bool               `json:"ever_pushed"`
	Variants         []int64            `json:"variants"`
	Consent          *consentView       `json:"consent"`
	// OrderStatus is what an order's status was last sent as.
	OrderStatus *connection.OrderStatus `json:"order_status"`
	Notes       []noteView              `json:"notes"`
	timeline
	Workflow *starter.RecordWorkflow `json:"workflow"`
	Links    recordLinks             `json:"links"`
}

// consentView is what a subscriber's consent was seen as and last sent as.
type consentView struct {
	Seen connection.Consent `json:"seen"`
	Sent connection.Consent `json:"sent"`
}

type recordLinks struct {
	TemporalUI *string `json:"temporal_ui"`
}

func (a *api) listRecords(ctx context.Context, in request[empty]) (response, error) {
	cursor, limit, bad := in.page(isRecordCursor)
	filter, alsoBad := in.filter()
	if bad = append(bad, alsoBad...); len(bad) > 0 {
		return response{}, bad
	}
	if _, err := a.connection(ctx, in.Connection); err != nil {
		return response{}, err
	}
	rows, next, err := a.Store.Records(ctx, in.Connection, filter, cursor, limit)
	if err != nil {
		return response{}, err
	}
	views := make([]recordView, len(rows))
	for i, row := range rows {
		views[i] = viewRecord(row)
	}
	return response{Status: http.StatusOK, Body: newList(views, next)}, nil
}

// isRecordCursor reports whether a cursor is of the form that a list of records
// hands out: the entity and id of a page's last record.
func isRecordCursor(cursor string) bool {
	entity, id, _ := strings.Cut(cursor, "/")
	_, badEntity := connection.ParseEntity(entity)
	_, badID := connection.ParseRecordID(id)
	return badEntity == nil && badID == nil
}

// filter reads entity, outcome, reason and group.
func (in request[B]) filter() (f store.Filter, bad connection.ValidationError) {
	f = store.Filter{
		Entity: connection.Entity(in.Query.Get("entity")), Outcome: connection.Outcome(in.Query.Get("outcome")),
		Reason: in.Query.Get("reason"), Group: in.Query.Get("group"),
	}
	if f.Entity != "" && !f.Entity.Valid() {
		bad = append(bad, connection.FieldError{Field: "entity", Code: "unknown", Message: "use customers, subscribers, orders or products"})
	}
	switch f.Outcome {
	case "", connection.Waiting, connection.Accepted, connection.Rejected, connection.Skipped, connection.Deleted:
	default:
		bad = append(bad, connection.FieldError{Field: "outcome", Code: "unknown", Message: "use waiting, accepted, rejected, skipped or deleted"})
	}
	if len(f.Reason) > maxReason {
		bad = append(bad, badReason)
	}
	if len(f.Group) > maxReason {
		bad = append(bad, badGroup)
	}
	return f, bad
}

func (a *api) showRecord(ctx context.Context, in request[empty]) (response, error) {
	c, err := a.connection(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	row, err := a.Store.Record(ctx, in.Record)
	if errors.Is(err, store.ErrNotFound) {
		return response{}, notFound("no sync has seen this record: preview and check ask BigCommerce for it")
	}
	if err != nil {
		return response{}, err
	}
	told, err := a.Store.Story(ctx, in.Record, historyLimit)
	if err != nil {
		return response{}, err
	}
	story := recordStory{
		recordView: viewRecord(row), Connection: in.Connection,
		Dirty: row.DirtySeq != 0, InFlight: row.Inflight, Attempts: row.Attempts, LastError: row.LastError,
		FirstFailedAt: moment(row.FirstFailedAt), BackoffUntil: moment(row.BackoffUntil), FirstSeenAt: moment(row.FirstSeenAt),
		LastEventAt: moment(row.LastEventAt), LastFetchedAt: moment(row.LastFetchedAt), SourceModifiedAt: moment(row.SourceModifiedAt),
		EverPushed: row.State.Exists, Variants: row.State.Children, Notes: viewNotes(row.Notes),
		OrderStatus: row.State.SentAs, timeline: newTimeline(c, row, told),
	}
	if story.Variants == nil {
		story.Variants = []int64{}
	}
	if in.Record.Entity == connection.Subscribers {
		story.Consent = &consentView{Seen: row.State.ConsentSeen, Sent: row.State.ConsentSent}
	}
	if a.TemporalUIURL != "" {
		link := a.workflowLink(starter.SyncRecordID(in.Record))
		story.Links.TemporalUI = &link
	}
	// What the database knows helps without Temporal, too.
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if story.Workflow, err = a.Starter.RecordWorkflow(ctx, in.Record); err != nil {
		a.Logger.WarnContext(ctx, "workflow of record not described", "connection_id", in.Connection, "entity", in.Record.Entity, "err", err)
	}
	return response{Status: http.StatusOK, Body: story}, nil
}

type syncStarted struct {
	WorkflowID string `json:"workflow_id"`
	// Note says why the record is not synced at once.
	Note string `json:"note,omitempty"`
}

// syncRecord marks a record; a dispatcher, in whichever process, starts its
// sync. A start from here would be a second signal beside the dispatcher's, and
// a second fetch.
func (a *api) syncRecord(ctx context.Context, in request[empty]) (response, error) {
	c, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if err := a.Store.Wish(ctx, in.Record); err != nil {
		return response{}, err
	}
	out := syncStarted{WorkflowID: starter.SyncRecordID(in.Record)}
	switch {
	case c.Phase == connection.Failed || c.Phase == connection.Validating:
		out.Note = "the connection is not set up: the record is marked, and synced once it is"
	case !c.PausedAt.IsZero():
		out.Note = "the connection is paused: the record is marked, and synced once it is resumed"
	case c.Parked != nil:
		out.Note = "an account does not answer as needed (see attention): the record is marked, and synced once it does"
	}
	a.Wake()
	return response{Status: http.StatusAccepted, Body: out}, nil
}
