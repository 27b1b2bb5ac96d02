package starter

import "github.com/ometria/ometria-bigcommerce/workflows"

// Resync asks for history again.
type Resync = workflows.Resync

// Workflow ids, for those who link to runs but do not know workflows.
var (
	ConnectionSetupID   = workflows.ConnectionSetupID
	BulkSyncID          = workflows.BulkSyncID
	SyncRecordID        = workflows.SyncRecordID
	SyncBatchID         = workflows.SyncBatchID
	ReconcileID         = workflows.ReconcileID
	SweepID             = workflows.SweepID
	ConnectionRemovalID = workflows.ConnectionRemovalID
)
