package api

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// historyLimit bounds the events of one record's history.
const historyLimit = 100

// timeline is what happened to a record, and where that left it.
type timeline struct {
	Timezone         string       `json:"timezone"` // the connection's, for whoever shows times
	LastWebhook      *webhookView `json:"last_webhook"`
	Pushed           *pushedView  `json:"pushed"`
	OmetriaSaid      *saidView    `json:"ometria_said"`
	Standing         standing     `json:"standing"`
	History          []eventView  `json:"history"` // oldest first
	HistoryTruncated bool         `json:"history_truncated"`
}

type webhookView struct {
	At    *time.Time `json:"at"`
	Scope string     `json:"scope"`
}

// pushedView is the latest push that something was sent with.
type pushedView struct {
	At         *time.Time `json:"at"`
	RequestIDs []string   `json:"request_ids"`
}

// saidView is an error that Ometria reported of a push that it had accepted.
type saidView struct {
	At *time.Time `json:"at"` // by Ometria's clock
	connection.Reason
}

// eventView is one thing that happened.
type eventView struct {
	At         *time.Time         `json:"at"`
	Kind       store.Kind         `json:"kind"`
	Scope      string             `json:"scope,omitempty"`
	Outcome    connection.Outcome `json:"outcome,omitempty"`
	Code       string             `json:"code,omitempty"`
	Path       string             `json:"path,omitempty"`
	Text       string             `json:"text,omitempty"`
	RequestID  string             `json:"request_id,omitempty"`
	RequestIDs []string           `json:"request_ids,omitempty"`
	RetryAt    *time.Time         `json:"retry_at,omitempty"`
	SaidAt     *time.Time         `json:"said_at,omitempty"`
}

// standing is where a record stands now.
type standing struct {
	Code   string     `json:"code"`
	Text   string     `json:"text"`   // a sentence
	Since  *time.Time `json:"since"`  // since when, where that is known
	Until  *time.Time `json:"until"`  // when it is tried again
	Action string     `json:"action"` // what a person does about it
}

// Codes of a standing that are not outcomes.
const (
	standsInFlight = "in_flight"
	standsHeld     = "held"
	standsRetrying = "retrying"
)

// scopeForm is what every scope of BigCommerce's looks like.
var scopeForm = regexp.MustCompile(`^store(/[A-Za-z0-9_]{1,40}){1,5}$`)

// keptScope is a delivery's scope as it may stand in a record's story. It is
// kept for 90 days, so it holds nothing but a scope.
func keptScope(scope string) string {
	if !scopeForm.MatchString(scope) {
		return "store"
	}
	return scope
}

func newTimeline(c connection.Connection, row store.RecordRow, told store.Story) timeline {
	v := timeline{Timezone: c.Timezone, History: make([]eventView, len(told.Attempts)), HistoryTruncated: told.Truncated}
	for i, a := range told.Attempts {
		v.History[i] = viewEvent(a)
	}
	if !row.LastWebhookAt.IsZero() {
		v.LastWebhook = &webhookView{moment(row.LastWebhookAt), row.LastWebhookScope}
	}
	switch {
	case told.LastPush != nil:
		v.Pushed = &pushedView{moment(told.LastPush.At), told.LastPush.RequestIDs}
	case !row.PushedAt.IsZero(): // its attempt is too old to be kept
		v.Pushed = &pushedView{moment(row.PushedAt), viewRecord(row).RequestIDs}
	}
	if r := told.Refusal; r != nil && v.Pushed != nil && r.Reason != nil &&
		slices.ContainsFunc(r.RequestIDs, func(id string) bool { return slices.Contains(v.Pushed.RequestIDs, id) }) {
		v.OmetriaSaid = &saidView{moment(cmp.Or(r.SaidAt, r.At)), *r.Reason}
	}
	v.Standing = standingOf(c, row, v)
	return v
}

func viewEvent(a store.Attempt) eventView {
	v := eventView{At: moment(a.At), Kind: a.Kind, Scope: a.Scope, RequestIDs: a.RequestIDs, RetryAt: moment(a.RetryAt), SaidAt: moment(a.SaidAt)}
	if a.Reason != nil {
		v.Code, v.Path, v.Text = a.Reason.Code, a.Reason.Path, a.Reason.Text
	}
	if n := len(a.RequestIDs); n > 0 {
		v.RequestID = a.RequestIDs[n-1]
	}
	switch a.Kind {
	case store.KindPushed:
		v.Outcome = connection.Accepted
	case store.KindRejected, store.KindRefusedLater, store.KindGaveUp:
		v.Outcome = connection.Rejected
	case store.KindSkipped:
		v.Outcome = connection.Skipped
	case store.KindDeleted:
		v.Outcome = connection.Deleted
	case store.KindWebhook, store.KindWished, store.KindFailed, store.KindExpired: // nothing ended
	}
	return v
}

// standingOf says where a record stands. Whatever holds the connection comes
// before what the record waits for by itself.
func standingOf(c connection.Connection, row store.RecordRow, v timeline) standing {
	switch {
	case row.Inflight:
		return standing{Code: standsInFlight, Since: moment(row.LastFetchedAt),
			Text: "A push is under way; if its answer is lost, the record is read and pushed anew within a minute or two."}
	case row.Outcome == connection.Waiting:
		return waiting(c, row)
	}
	reason, text := row.Reason, ""
	if reason != nil {
		text = reason.Text
	}
	s := standing{Code: string(row.Outcome), Action: actionOnSome(reason)}
	switch row.Outcome {
	case connection.Accepted:
		s.Since, s.Text, s.Action = moment(row.PushedAt), "It is at Ometria as it was then: Accepted by Ometria.", ""
	case connection.Rejected:
		s.Text = sentence("Rejected", text)
		switch {
		case v.OmetriaSaid != nil:
			s.Since, s.Text = v.OmetriaSaid.At, sentence("Accepted by Ometria at first, and refused afterwards", text)
		case reason != nil && reason.Code == connection.ReasonGaveUp && row.LastError != nil:
			s.Text = sentence("Given up after three days of retries", row.LastError.Text)
			s.Action = "do what the last error asks for, then retry it"
		}
	case connection.Skipped:
		s.Text = sentence("Not sent", text)
	case connection.Deleted:
		s.Text = "Gone from BigCommerce; Ometria was never sent it."
		if row.State.Exists {
			s.Text = "Gone from BigCommerce; Ometria was told so, as far as it takes that."
		}
	case connection.Waiting: // above
	}
	return s
}

// waiting says what a record that is to be synced waits for.
func waiting(c connection.Connection, row store.RecordRow) standing {
	held := func(text string, since time.Time, action string) standing {
		return standing{Code: standsHeld, Text: sentence("Held", text), Since: moment(since), Action: action}
	}
	switch {
	case c.Failure != nil && c.Phase == connection.Failed:
		return held("the connection's setup failed", c.Failure.At, c.Failure.Action)
	case c.Phase == connection.Validating:
		return held("the connection is being set up", time.Time{}, "")
	case !c.PausedAt.IsZero():
		return held("the connection is paused", c.PausedAt, "resume the connection")
	case c.Parked != nil:
		return held("an account does not answer as needed", c.Parked.Since, c.Parked.Detail)
	case row.BackoffUntil.After(time.Now()):
		s := standing{Code: standsRetrying, Since: moment(row.FirstFailedAt), Until: moment(row.BackoffUntil), Text: "Waits for another try."}
		if row.LastError != nil {
			s.Text = sentence("Waits for another try", row.LastError.Text)
		}
		return s
	}
	return standing{Code: string(connection.Waiting), Text: "Waits for its turn to be read and pushed."}
}

// sentence joins what happened and why, and ends it.
func sentence(what, why string) string {
	if why = strings.TrimRight(why, ". "); why == "" {
		return what + "."
	}
	return what + ": " + why + "."
}
