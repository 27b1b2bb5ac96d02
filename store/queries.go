package store

import (
	"embed"
	"fmt"
	"io/fs"
	"iter"
	"reflect"
	"regexp"
	"strings"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// queries holds every statement of queries/*.sql by its name there.
type queries struct {
	InsertAuthentication, SelectAuthentication, ListAuthentications, SelectCredentials,
	LockAuthentication, AuthenticationInUse, DeleteAuthentication,

	InsertConnection, InsertWebhookSecret, SelectConnection, LockConnection, HoldEpoch, ListConnections, SelectRivals,
	UpdateConnection, ForgetPushes, SelectWebhookSecret, SelectFingerprintKey, TouchReconciled, LeaseParked,
	RemoveConnection, LockForRemoval, AnyParkedDue, SelectNow, DeleteRecords, DeleteEntitySyncs,

	SecretIssued, SelectSecrets, UpsertDirty, TouchWebhook,

	UpsertCategoryChanges, SelectCategoryChanges, SelectCategoriesDue, LeaseCategories, AdvanceCategories,
	SettleCategories, DeleteCategoryChanges, UpsertReconcileWish, SelectReconcileWishes, DeleteReconcileWish,
	DeleteReconcileWishes,

	NextSeq, InsertRecords, LockRecords, ExpireRecords, ClaimRecords, MarkUnclaimed, RenewClaims,
	ReleaseClaims, FinishRecords, MarkLate, RecordAttempt, GiveUpRecord, SelectExpired, SelectRecord, ListRecords,

	DispatchableConnections, SelectNew, SelectChanged, StampDispatched, Undispatch, SelectBacklog, CountInBackoff,

	SelectWaiting, CountBatches, StampBatch, AdoptIntoBatch, RefreshBatch, SelectBatchPage, LeaveBatch, EndBatch,

	GroupFailures, GroupNotes, SelectRejected, RetryRecords, SelectLatestPush, RejectLater, RecordsByRequest, SelectPushedSince,
	ClearFingerprints, TouchPush, LeaseErrorPoll, CountErrorPollsDue, SaveErrorPoll, ConnectionsOfAccount,

	ListFieldKeys, InsertFields, DeleteFields, ListFields, CountFields, AnyNewsOfFields, SeeFields,

	BeginEntitySync, SelectEntitySync, CommitPage, LatestSyncs, CountRecords,

	BeginPass, ListPasses, CommitPassPage, FinishPass, WantPasses, SelectSweepWishes, GrantSweep, PostponeSweep, DeletePasses, NoteMend, ListMends, DeleteMends,
	LookAtRecords, SeeRecords, CountUnseen, MarkUnseen, HoldUnseen, RestoreHeld, RestoreAllHeld, MarkHeld, SampleHeld,
	CountHeld, SelectLosses, StampLost, CountLost, CountExisting, SelectLossDecision, ConfirmLosses, DeleteLossDecisions,

	InsertRequest, SelectRequest, RestartRequest, SaveRequest, DeleteRequest, PurgeRequests,

	InsertAudit, ListAudit, ListConnectionAudit, PurgeAudit,
	IntendRecords,

	TellWebhooks, TellFinished, TellExpired, TellRetried, TellWish, TellFailed, TellGaveUp, TellRefusedLater,
	ListAttempts, SelectLastPushed, SelectLastRefusal, CountOldAttempts, PruneAttempts, DeleteAttempts, CountChanges,

	InsertPace, LockPace, SelectPace, ListQuotas, UpdatePace, ExpireSlots, CountSlots, InsertSlot, DeleteSlot string
}

// The queries are one text for both databases but for these words.
var (
	sqliteWords = strings.NewReplacer(
		"{now}", "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
		"{next_seq}", "UPDATE counter SET value = value + 1 RETURNING value",
		"{items}", "json_each",
		"{json}", "",
		"{text_value}", "item.value",
		"{empty}", "x''",
		"{unsent_state}", "json_patch(state, json_object('consent_sent', NULL, 'consent_before', state ->> 'consent_seen'))",
		// BEGIN IMMEDIATE holds the one write lock already.
		"{lock}", "", "{lock_row}", "", "{key_share}", "", "{share}", "", "{skip_locked}", "",
	)
	postgresWords = strings.NewReplacer(
		"{now}", "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
		"{next_seq}", "SELECT nextval('counter')",
		"{items}", "jsonb_array_elements",
		"{json}", "::jsonb",
		"{text_value}", "item.value #>> '{}'",
		"{empty}", "''::bytea",
		"{unsent_state}", "jsonb_strip_nulls(state::jsonb || jsonb_build_object('consent_sent', NULL, 'consent_before', state::jsonb -> 'consent_seen'))::text",
		"{lock}", "FOR UPDATE",
		"{lock_row}", "FOR NO KEY UPDATE",
		"{key_share}", "FOR KEY SHARE",
		"{share}", "FOR SHARE",
		"{skip_locked}", "FOR UPDATE SKIP LOCKED",
	)
	parameter = regexp.MustCompile(`\?(\d+)`)
)

// loadQueries reads every query in the dialect's words. It fails when a field
// has no query or a query no field.
func loadQueries(d dialect) (*queries, error) {
	byName := map[string]string{}
	paths, err := fs.Glob(queryFiles, "queries/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list queries: %w", err)
	}
	for _, path := range paths {
		text, err := queryFiles.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read queries: %w", err)
		}
		for _, part := range strings.Split(string(text), "-- name: ")[1:] {
			name, body, _ := strings.Cut(part, "\n")
			if _, twice := byName[name]; twice {
				return nil, fmt.Errorf("query %s is written twice", name)
			}
			byName[name] = translate(d, body)
		}
	}
	q := &queries{}
	fields := reflect.ValueOf(q).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		body, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("query %s is not written", name)
		}
		fields.Field(i).SetString(body)
		delete(byName, name)
	}
	for name := range byName {
		return nil, fmt.Errorf("query %s is not used", name)
	}
	return q, nil
}

// texts yields every query.
func (q *queries) texts() iter.Seq[string] {
	return func(yield func(string) bool) {
		fields := reflect.ValueOf(q).Elem()
		for i := range fields.NumField() {
			if !yield(fields.Field(i).String()) {
				return
			}
		}
	}
}

func translate(d dialect, body string) string {
	var lines []string
	for line := range strings.Lines(body) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			lines = append(lines, line)
		}
	}
	body = strings.TrimSuffix(strings.TrimSpace(strings.Join(lines, "")), ";")
	if d == postgres {
		return parameter.ReplaceAllString(postgresWords.Replace(body), `$$$1`)
	}
	return sqliteWords.Replace(body)
}
