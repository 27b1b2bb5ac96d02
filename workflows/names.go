package workflows

import (
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Task queues. Real-time work has its own, so that a bulk sync never stands
// before a shopper's order.
const (
	BulkTaskQueue     = "ometria-bigcommerce-bulk"
	RealtimeTaskQueue = "ometria-bigcommerce-realtime"
)

// BatchPriority puts what SyncBatch does before the history (3, the default) that
// shares its task queue.
const BatchPriority = 2

// Signals and queries.
const (
	ModeSignal     = "mode"     // ConnectionSetup: SetupMode
	PauseSignal    = "pause"    // BulkSync
	ResumeSignal   = "resume"   // BulkSync
	UnparkedSignal = "unparked" // BulkSync: the account at fault answers again
	ResyncSignal   = "resync"   // BulkSync: Resync
	ChangedSignal  = "changed"  // SyncRecord: one more fetch is needed

	ProgressQuery = "progress" // BulkSync and ConnectionSetup
	StateQuery    = "state"    // SyncRecord
)

// Search attributes. They must exist in the namespace before a workflow that
// uses them starts: the dev command and "admin init" register them.
var (
	ConnectionIDAttribute = temporal.NewSearchAttributeKeyKeyword("ConnectionId")
	StoreHashAttribute    = temporal.NewSearchAttributeKeyKeyword("StoreHash")
	EntityAttribute       = temporal.NewSearchAttributeKeyKeyword("Entity")
	SyncStatusAttribute   = temporal.NewSearchAttributeKeyKeyword("SyncStatus")
)

// SearchAttributeNames lists the custom search attributes, all of type Keyword.
func SearchAttributeNames() []string {
	return []string{
		ConnectionIDAttribute.GetName(), StoreHashAttribute.GetName(),
		EntityAttribute.GetName(), SyncStatusAttribute.GetName(),
	}
}

// Values of the SyncStatus search attribute.
const (
	StatusRunning   = "running"
	StatusPaused    = "paused"
	StatusCompleted = "completed"
	StatusFailed    = "failed"
)

// ConnectionSetupID is the workflow id of a connection's setup.
func ConnectionSetupID(id connection.ID) string { return "connection-setup/" + string(id) }

// BulkSyncID is the workflow id of a connection's bulk sync.
func BulkSyncID(id connection.ID) string { return "bulk-sync/" + string(id) }

// SyncRecordID is the workflow id of one record's sync.
func SyncRecordID(key connection.RecordKey) string { return "sync-record/" + key.String() }

// ReconcileID is the id of a connection's reconcile schedule.
func ReconcileID(id connection.ID) string { return "reconcile/" + string(id) }

// SweepID is the id of a connection's sweep schedule.
func SweepID(id connection.ID) string { return "sweep/" + string(id) }

// ConnectionRemovalID is the workflow id of a connection's removal.
func ConnectionRemovalID(id connection.ID) string { return "connection-removal/" + string(id) }

// Modes of ConnectionSetup: what a person wishes of it.
const (
	SetUp         = "setup"  // everything from the start; what stands already is kept
	UpdateScript  = "script" // the JavaScript tag only
	UpdateHooks   = "hooks"  // webhooks only
	ResyncHistory = "resync" // a bulk sync of some entities
	// ReplaceAuthentication makes webhooks and script with the authentication
	// that the connection wants, and removes those of the one before.
	ReplaceAuthentication = "authentication"
)

// SetupMode is one wish of a person to ConnectionSetup.
type SetupMode struct {
	Mode   string  `json:"mode"`
	Resync *Resync `json:"resync,omitempty"` // with ResyncHistory
}

// Resync asks for history again. Fingerprints are ignored.
type Resync struct {
	Entities []connection.Entity `json:"entities"`
	// Since is the first day covered, YYYY-MM-DD in the connection's time
	// zone; empty means from the connection's start date.
	Since string `json:"since,omitempty"`
}

// ConnectionInput starts ConnectionSetup, Reconcile and ConnectionRemoval.
type ConnectionInput struct {
	ConnectionID connection.ID        `json:"connection_id"`
	StoreHash    connection.StoreHash `json:"store_hash"`
}

// RecordInput starts SyncRecord.
type RecordInput struct {
	ConnectionID connection.ID        `json:"connection_id"`
	StoreHash    connection.StoreHash `json:"store_hash"`
	Entity       connection.Entity    `json:"entity"`
	RecordID     connection.RecordID  `json:"record_id"`
}

// Key names the record.
func (in RecordInput) Key() connection.RecordKey {
	return connection.RecordKey{ConnectionID: in.ConnectionID, Entity: in.Entity, RecordID: in.RecordID}
}

// RecordState answers StateQuery: where a SyncRecord run stands.
type RecordState struct {
	Step    string             `json:"step"` // fetching, confirming_gone, done
	Rounds  int                `json:"rounds"`
	Signals int                `json:"signals"`
	Outcome connection.Outcome `json:"outcome,omitempty"`
	Reason  string             `json:"reason,omitempty"` // a Reason code
}

// SetupProgress answers ProgressQuery on ConnectionSetup.
type SetupProgress struct {
	Mode string   `json:"mode"`
	Step string   `json:"step"`
	Done []string `json:"done"`
}

// BulkProgress answers ProgressQuery on BulkSync.
type BulkProgress struct {
	Paused   bool                             `json:"paused"`
	Parked   bool                             `json:"parked"`
	Entity   connection.Entity                `json:"entity,omitempty"` // at work now
	Queue    []connection.Entity              `json:"queue"`            // still to come
	Entities map[connection.Entity]BulkCounts `json:"entities"`
	Slices   int                              `json:"slices"`
	Runs     int                              `json:"runs"`
}

// BulkCounts are BigCommerce records a bulk sync has dealt with.
type BulkCounts struct {
	Pages    int64 `json:"pages"`
	Read     int64 `json:"read"`
	Accepted int64 `json:"accepted"`
	Rejected int64 `json:"rejected"`
	Skipped  int64 `json:"skipped"`
	Waiting  int64 `json:"waiting"` // left to SyncRecord
}
