package store

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wholeConnection matches a step of a plan that reads all records or fields of a
// connection, or of one of its entities.
var wholeConnection = regexp.MustCompile(`SCAN (records|r|fields|attempts|a)\b|(records|r|fields) USING PRIMARY KEY \(connection_id=\?( AND entity=\?)?\)|(attempts|a) USING (COVERING )?INDEX attempts_record \(connection_id=\?( AND entity=\?)?\)`)

// TestPlans holds SQLite to looking up the records that a statement names.
func TestPlans(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), nil, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Migrate(t.Context()))
	for name, query := range map[string]string{
		"InsertRecords": s.q.InsertRecords, "LockRecords": s.q.LockRecords, "ExpireRecords": s.q.ExpireRecords,
		"ClaimRecords": s.q.ClaimRecords, "MarkUnclaimed": s.q.MarkUnclaimed, "RenewClaims": s.q.RenewClaims,
		"ReleaseClaims": s.q.ReleaseClaims, "FinishRecords": s.q.FinishRecords, "MarkLate": s.q.MarkLate, "SelectExpired": s.q.SelectExpired,
		"UpsertDirty": s.q.UpsertDirty, "DispatchableConnections": s.q.DispatchableConnections,
		"SelectNew": s.q.SelectNew, "SelectChanged": s.q.SelectChanged, "StampDispatched": s.q.StampDispatched,
		"Undispatch": s.q.Undispatch, "SelectBacklog": s.q.SelectBacklog, "CountInBackoff": s.q.CountInBackoff,
		"SelectWaiting": s.q.SelectWaiting, "CountBatches": s.q.CountBatches, "StampBatch": s.q.StampBatch,
		"AdoptIntoBatch": s.q.AdoptIntoBatch, "RefreshBatch": s.q.RefreshBatch, "SelectBatchPage": s.q.SelectBatchPage,
		"LeaveBatch": s.q.LeaveBatch, "EndBatch": s.q.EndBatch,
		"RetryRecords": s.q.RetryRecords, "SelectRejected": s.q.SelectRejected, "GroupFailures": s.q.GroupFailures,
		"SelectLatestPush": s.q.SelectLatestPush, "RejectLater": s.q.RejectLater,
		"RecordsByRequest": s.q.RecordsByRequest,
		"GroupNotes":       s.q.GroupNotes,
		"CountFields":      s.q.CountFields, "AnyNewsOfFields": s.q.AnyNewsOfFields, "SeeFields": s.q.SeeFields,
		"TellWebhooks": s.q.TellWebhooks, "TellFinished": s.q.TellFinished, "TellExpired": s.q.TellExpired,
		"TellRetried": s.q.TellRetried, "TellFailed": s.q.TellFailed, "TellRefusedLater": s.q.TellRefusedLater,
		"ListAttempts": s.q.ListAttempts, "SelectLastPushed": s.q.SelectLastPushed, "SelectLastRefusal": s.q.SelectLastRefusal,
		"CountOldAttempts": s.q.CountOldAttempts, "PruneAttempts": s.q.PruneAttempts, "CountChanges": s.q.CountChanges,
		"LookAtRecords": s.q.LookAtRecords, "SeeRecords": s.q.SeeRecords, "RestoreHeld": s.q.RestoreHeld,
		"RestoreAllHeld": s.q.RestoreAllHeld, "MarkHeld": s.q.MarkHeld, "SampleHeld": s.q.SampleHeld, "CountHeld": s.q.CountHeld,
		"SelectLosses": s.q.SelectLosses, "StampLost": s.q.StampLost, "CountLost": s.q.CountLost,
		"SelectPushedSince": s.q.SelectPushedSince, "ClearFingerprints": s.q.ClearFingerprints,
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := s.writer.Query("EXPLAIN QUERY PLAN "+query, "", "", "", "", "", "", "", "", "")
			err = each(rows, err, func(r *sql.Rows) error {
				var (
					id, parent, unused int
					step               string
				)
				err := r.Scan(&id, &parent, &unused, &step)
				assert.NotRegexp(t, wholeConnection, step)
				return err
			})
			require.NoError(t, err)
		})
	}
}
