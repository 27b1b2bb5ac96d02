package activities

import (
	"context"
	"log/slog"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Schedules makes and removes a connection's Temporal schedules.
type Schedules interface {
	EnsureSchedules(ctx context.Context, id connection.ID, store connection.StoreHash) error
	RemoveSchedules(ctx context.Context, id connection.ID) error
}

// Workflows stops a connection's workflows, and has a change of its
// authentication gone on with.
type Workflows interface {
	StopAll(ctx context.Context, id connection.ID) error
	ReplaceAuthentication(ctx context.Context, c connection.Connection) (workflowID string, err error)
}

// Tester tries an authentication's credentials and scopes.
type Tester interface {
	Test(ctx context.Context, id connection.AuthenticationID) (connection.Report, error)
}

// Activities holds what activities need. Register it with a worker whole;
// workflows name activities by method values of a nil *Activities.
type Activities struct {
	Store     *store.Store
	Dialer    *remote.Dialer
	Tester    Tester
	Schedules Schedules
	Workflows Workflows
	PublicURL string // where BigCommerce reaches us
	TagURL    string // prefix of the tag: the identification code and .js follow
	Logger    *slog.Logger
	Metrics   *Metrics
	// Slots is how many SyncRecords the worker runs at once; connections share
	// them. 0 means no bound.
	Slots int

	references source.References
	reads      together[readKey, connection.RecordID, fetched]
	pushes     together[pushKey, reading, verdicts]
	crowd      crowd
	loners     loners
	heldShown  lately
}

// Connection names the connection an activity works for.
type Connection struct {
	ConnectionID connection.ID `json:"connection_id"`
}

// Phase asks for a change of a connection's phase.
type Phase struct {
	ConnectionID connection.ID       `json:"connection_id"`
	To           connection.Status   `json:"to"`
	From         []connection.Status `json:"from,omitempty"` // none means any but removing
}

// Failure says why a setup ended for good.
type Failure struct {
	ConnectionID connection.ID `json:"connection_id"`
	Code         string        `json:"code"`
	Detail       string        `json:"detail"`
	Step         string        `json:"step,omitempty"` // one of connection.Step*
	// LeftBehind says that something the setup made could not be undone.
	LeftBehind bool `json:"left_behind,omitempty"`
}

// Slice asks for up to 30 seconds of a bulk sync.
type Slice struct {
	ConnectionID connection.ID     `json:"connection_id"`
	SyncID       string            `json:"sync_id"`
	Entity       connection.Entity `json:"entity"`
	// Since is YYYY-MM-DD in the connection's time zone; empty means from the
	// connection's start date.
	Since string `json:"since,omitempty"`
	// Cursor is where the workflow believes the walk stands. The database's
	// own, committed page by page, wins where it has one.
	Cursor string `json:"cursor,omitempty"`
	// Upcoming are the walks that follow this one: they are counted with it, so
	// that progress knows from the start what there is to do.
	Upcoming []Upcoming `json:"upcoming,omitempty"`
}

// Upcoming is a walk that has not begun.
type Upcoming struct {
	SyncID string            `json:"sync_id"`
	Entity connection.Entity `json:"entity"`
	Since  string            `json:"since,omitempty"`
}

// SliceResult says how far a slice came.
type SliceResult struct {
	Cursor   string `json:"cursor,omitempty"`
	Done     bool   `json:"done,omitempty"`
	Held     Held   `json:"held,omitempty"`
	Pages    int64  `json:"pages"`
	Read     int64  `json:"read"`
	Accepted int64  `json:"accepted"`
	Rejected int64  `json:"rejected"`
	Skipped  int64  `json:"skipped"`
	Waiting  int64  `json:"waiting"` // left to SyncRecord
}

// Held says why nothing more was done for a connection.
type Held string

// The reasons to hold.
const (
	NotHeld     Held = ""
	HeldPaused  Held = "paused"  // by a person
	HeldParked  Held = "parked"  // an account or a service is at fault
	HeldRemoved Held = "removed" // the connection is gone, going or failed
	HeldSyncing Held = "syncing" // history is not in yet
)

// Record asks for one record's sync.
type Record struct {
	ConnectionID connection.ID       `json:"connection_id"`
	Entity       connection.Entity   `json:"entity"`
	RecordID     connection.RecordID `json:"record_id"`
	// GoneSeen says that a read at least 10 s ago found the record gone, so
	// that a second such read is believed.
	GoneSeen bool `json:"gone_seen,omitempty"`
}

func (r Record) key() connection.RecordKey {
	return connection.RecordKey{ConnectionID: r.ConnectionID, Entity: r.Entity, RecordID: r.RecordID}
}

// RecordResult says where one record's sync ended.
type RecordResult struct {
	Outcome  connection.Outcome `json:"outcome,omitempty"`
	Reason   string             `json:"reason,omitempty"`    // a Reason code
	GoneOnce bool               `json:"gone_once,omitempty"` // read again in 10 s
	Held     Held               `json:"held,omitempty"`
}

// Unfinished names a record whose retries have run out.
type Unfinished struct {
	Record
	Attempts int32 `json:"attempts"`
}

// Removed counts what was taken out of a store, and what could not be.
type Removed struct {
	Hooks   int `json:"hooks"`
	Scripts int `json:"scripts"`
	// LeftBehind says that something of ours may still be there because the
	// store did not let us in.
	LeftBehind bool `json:"left_behind,omitempty"`
}

// Mended says what Reconcile found missing and put back, and how its fast pass
// fares.
type Mended struct {
	Hooks  int  `json:"hooks"`
	Script bool `json:"script,omitempty"`
	// ScriptRefused says that the script is missing and BigCommerce takes none.
	ScriptRefused bool `json:"script_refused,omitempty"`
	Held          Held `json:"held,omitempty"`
	// Left are the entities whose fast pass goes on in FastPass.
	Left     []connection.Entity `json:"left,omitempty"`
	Looked   int64               `json:"looked,omitempty"`
	Differed int64               `json:"differed,omitempty"`
}

// SetPhase moves a connection to another phase; a connection that is being
// removed stays so, and one that is gone needs no phase.
func (a *Activities) SetPhase(ctx context.Context, in Phase) error {
	_, err := a.Store.SetPhase(ctx, in.ConnectionID, in.To, in.From...)
	return temporalError(unlessGone(err))
}

// FailSetup records why the setup ended and what a person does next.
func (a *Activities) FailSetup(ctx context.Context, in Failure) error {
	err := a.Store.Fail(ctx, in.ConnectionID, connection.Failure{
		Code: in.Code, Step: in.Step, Detail: in.Detail, Action: nextStep(in.Code), At: time.Now().UTC(),
	})
	if err == nil && in.LeftBehind {
		err = a.Store.Attend(ctx, in.ConnectionID, leftBehind())
	}
	return temporalError(unlessGone(err))
}

// nextStep says what a merchant does about a failed setup.
func nextStep(code string) string {
	switch code {
	case connection.FailureInvalidCredentials:
		return "If the Ometria API key is new, wait 10 minutes and resume the connection. Otherwise replace the authentication by one with the right credentials, which sets the connection up again."
	case connection.FailureMissingScope:
		return "Create a BigCommerce API account that has the scope, and replace the authentication by one with the new account, which sets the connection up again."
	case connection.FailureMultiCurrencyStore:
		return "Stores that take payment in several currencies are not supported: leave one transactional currency and resume the connection."
	case connection.FailureUnknownStore:
		return "Copy the store hash from the API path of the BigCommerce API account, remove the connection, make an authentication with it, and connect the store again."
	case connection.FailureScriptLimitReached:
		return "Delete a script in BigCommerce's Script Manager and resume the connection."
	case connection.FailureScriptRefused:
		return "Switch the setting page_calls off and resume the connection, or put Ometria's tag into the theme by hand."
	default:
		return "Resume the connection to try again."
	}
}
