package workflows_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// record makes TestRecordHistories record. It takes half a minute:
//
//	cd devserver && go build -o ../bin/devserver . && cd ..
//	go test ./workflows -run TestRecordHistories -record
//
// Record anew only what a workflow.GetVersion has made unable to come up any
// more: the histories of before a change are what the replay test is for.
var record = flag.Bool("record", false, "record histories on a real server into testdata/histories")

const histories = "testdata/histories"

// recorder drives one connection through its workflows on a real server.
type recorder struct {
	*testing.T
	*world
	ctx     context.Context
	client  client.Client
	starter *starter.Starter
	c       connection.Connection
}

func TestRecordHistories(t *testing.T) {
	if !*record {
		t.Skip("records only with -record")
	}
	w := newWorld()
	temporalClient := startServer(t, w)
	require.NoError(t, os.MkdirAll(histories, 0o755))
	t.Run("all", func(t *testing.T) {
		for i, s := range scenarios() {
			id := connection.ID("01939c1e-7c1d-7000-8000-0000000001" + string(rune('0'+i/10)) + string(rune('0'+i%10)))
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
				defer cancel()
				s.drive(&recorder{
					T: t, world: w, ctx: ctx, client: temporalClient, starter: starter.New(temporalClient, time.Hour),
					c: connection.Connection{ID: id, StoreHash: storeHash},
				})
			})
		}
	})
}

type scenario struct {
	name  string
	drive func(*recorder)
}

func scenarios() []scenario {
	return []scenario{
		{"setup", recordSetup},
		{"setup_failed", recordSetupFailed},
		{"setup_cancelled", recordSetupCancelled},
		{"setup_more_wishes", recordSetupMoreWishes},
		{"bulk_pause_resume_continue", recordBulkPauseResumeContinue},
		{"bulk_parked", recordBulkParked},
		{"bulk_cancelled", recordBulkCancelled},
		{"bulk_removed", recordBulkRemoved},
		{"record_accepted", func(r *recorder) { r.recordRecord("record_accepted") }},
		{"record_rejected", recordRecordRejected},
		{"record_gone", recordRecordGone},
		{"record_two_rounds", recordRecordTwoRounds},
		{"record_retried", recordRecordRetried},
		{"record_parked", recordRecordParked},
		{"reconcile", recordReconcile},
		{"removal", recordRemoval},
		{"removal_left_behind", recordRemovalLeftBehind},
		{"setup_step_failed", recordSetupStepFailed},
		{"bulk_cancelled_wish", recordBulkCancelledWish},
		{"batch", recordBatch},
		{"batch_given_back", recordBatchGivenBack},
		{"authentication", recordAuthentication},
		{"authentication_refused", recordAuthenticationRefused},
		{"sweep", recordSweep},
	}
}

// await waits for a workflow's end and returns how it ended.
func (r *recorder) await(id string) error { return r.client.GetWorkflow(r.ctx, id, "").Get(r.ctx, nil) }

// save writes the history of one run, or of the latest of a workflow id, and
// returns the id of the run that it continued as.
func (r *recorder) save(name, workflowID, runID string) string {
	events := r.client.GetWorkflowHistory(r.ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var history historypb.History
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(r, err)
		// A sticky queue is named after the machine.
		queue := event.GetWorkflowTaskScheduledEventAttributes().GetTaskQueue()
		if queue.GetKind() == enumspb.TASK_QUEUE_KIND_STICKY {
			queue.Name = "sticky"
		}
		history.Events = append(history.Events, event)
	}
	data, err := protojson.MarshalOptions{Indent: " "}.Marshal(&history)
	require.NoError(r, err)
	require.NoError(r, os.WriteFile(filepath.Join(histories, name+".json"), append(data, '\n'), 0o644))
	last := history.Events[len(history.Events)-1]
	return last.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
}

func recordSetup(r *recorder) {
	id, err := r.starter.SetUp(r.ctx, r.c)
	require.NoError(r, err)
	require.NoError(r, r.await(id))
	require.NoError(r, r.await(workflows.BulkSyncID(r.c.ID)))
	r.save("setup", id, "")
	r.save("bulk", workflows.BulkSyncID(r.c.ID), "")
}

func recordSetupFailed(r *recorder) {
	attempts := 0
	r.onStep(r.c.ID, "InstallScript", func(context.Context) error {
		if attempts++; attempts == 1 {
			return errors.New("store answered 502")
		}
		return nil
	})
	r.onStep(r.c.ID, "InstallHooks", func(context.Context) error {
		return named(connection.FailureMissingScope, "the access token lacks a scope: create an API account that has it")
	})
	id, err := r.starter.SetUp(r.ctx, r.c)
	require.NoError(r, err)
	assert.ErrorContains(r, r.await(id), connection.FailureMissingScope)
	r.save("setup_failed", id, "")
}

func recordSetupCancelled(r *recorder) {
	begun := make(chan struct{})
	r.onStep(r.c.ID, "InstallHooks", func(ctx context.Context) error {
		close(begun)
		return beating(ctx)
	})
	id, err := r.starter.SetUp(r.ctx, r.c)
	require.NoError(r, err)
	<-begun
	require.NoError(r, r.starter.StopAll(r.ctx, r.c.ID))
	assert.Error(r, r.await(id))
	r.save("setup_cancelled", id, "")
}

// recordSetupMoreWishes has wishes come during a setup, and the re-sync among
// them find the bulk sync at work.
func recordSetupMoreWishes(r *recorder) {
	begun, wished := make(chan struct{}), make(chan struct{})
	r.onStep(r.c.ID, "CreateSchedules", func(context.Context) error {
		close(begun)
		<-wished
		return nil
	})
	released := make(chan struct{})
	r.onSlice(r.c.ID, func(context.Context, activities.Slice) (activities.SliceResult, error) {
		<-released
		return activities.SliceResult{Done: true}, nil
	})
	id, err := r.starter.SetUp(r.ctx, r.c)
	require.NoError(r, err)
	<-begun
	_, err = r.starter.UpdateScript(r.ctx, r.c)
	require.NoError(r, err)
	_, err = r.starter.Resync(r.ctx, r.c, workflows.Resync{Entities: []connection.Entity{connection.Orders}, Since: "2024-02-01"})
	require.NoError(r, err)
	close(wished)
	require.NoError(r, r.await(id))
	close(released)
	require.NoError(r, r.await(workflows.BulkSyncID(r.c.ID)))
	r.save("setup_more_wishes", id, "")
	r.save("bulk_more_wishes", workflows.BulkSyncID(r.c.ID), "")
}

func recordSetupStepFailed(r *recorder) {
	r.onStep(r.c.ID, "InstallScript", func(context.Context) error {
		return named(connection.FailureScriptLimitReached, "this API account has 10 of at most 10: delete one in Script Manager")
	})
	id, err := r.starter.UpdateScript(r.ctx, r.c)
	require.NoError(r, err)
	assert.ErrorContains(r, r.await(id), connection.FailureScriptLimitReached)
	r.save("setup_step_failed", id, "")
}

func (r *recorder) startBulk(in workflows.BulkSyncInput) (id, runID string) {
	in.ConnectionInput = workflows.ConnectionInput{ConnectionID: r.c.ID, StoreHash: r.c.StoreHash}
	run, err := r.client.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{
		ID: workflows.BulkSyncID(r.c.ID), TaskQueue: workflows.BulkTaskQueue,
		StaticSummary: "Bulk sync of store " + string(r.c.StoreHash),
		Priority:      temporal.Priority{FairnessKey: string(r.c.ID)},
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.ConnectionIDAttribute.ValueSet(string(r.c.ID)),
			workflows.StoreHashAttribute.ValueSet(string(r.c.StoreHash)),
			workflows.SyncStatusAttribute.ValueSet(workflows.StatusRunning)),
	}, workflows.BulkSync, in)
	require.NoError(r, err)
	return run.GetID(), run.GetRunID()
}

func recordBulkPauseResumeContinue(r *recorder) {
	begun, paused := make(chan struct{}), make(chan struct{})
	n := 0
	r.onSlice(r.c.ID, func(_ context.Context, in activities.Slice) (activities.SliceResult, error) {
		switch n++; n {
		case 1:
			return activities.SliceResult{}, errors.New("store answered 500")
		case 2:
			close(begun)
			<-paused
			return activities.SliceResult{Cursor: "250", Pages: 1, Read: 250, Accepted: 250}, nil
		case 4: // in the second slice of the run, which continues as new after it
			_, err := r.starter.Resync(r.ctx, r.c, workflows.Resync{Entities: []connection.Entity{connection.Customers}})
			return activities.SliceResult{Done: true}, err
		default:
			return activities.SliceResult{Cursor: "300", Done: true, Pages: 1, Read: 50, Accepted: 49, Rejected: 1}, nil
		}
	})
	id, run := r.startBulk(workflows.BulkSyncInput{
		Wishes: []workflows.Resync{{Entities: []connection.Entity{connection.Products, connection.Orders}}}, SlicesPerRun: 2,
	})
	<-begun
	require.NoError(r, r.starter.Pause(r.ctx, r.c.ID))
	close(paused)
	require.Eventually(r, func() bool {
		answer, err := r.client.QueryWorkflow(r.ctx, id, "", workflows.ProgressQuery)
		var progress workflows.BulkProgress
		return err == nil && answer.Get(&progress) == nil && progress.Paused
	}, 20*time.Second, 50*time.Millisecond)
	require.NoError(r, r.starter.Resume(r.ctx, r.c.ID))
	require.NoError(r, r.await(id))
	next := r.save("bulk_pause_resume", id, run)
	require.NotEmpty(r, next, "the first run continued as new")
	r.save("bulk_continued", id, next)
}

func recordBulkParked(r *recorder) {
	n := 0
	r.onSlice(r.c.ID, func(context.Context, activities.Slice) (activities.SliceResult, error) {
		if n++; n == 1 {
			return activities.SliceResult{Held: activities.HeldParked}, nil
		}
		return activities.SliceResult{Done: true}, nil
	})
	id, _ := r.startBulk(workflows.BulkSyncInput{Wishes: []workflows.Resync{{Entities: []connection.Entity{connection.Products}}}})
	require.Eventually(r, func() bool {
		answer, err := r.client.QueryWorkflow(r.ctx, id, "", workflows.ProgressQuery)
		var progress workflows.BulkProgress
		return err == nil && answer.Get(&progress) == nil && progress.Parked
	}, 20*time.Second, 50*time.Millisecond)
	require.NoError(r, r.starter.Unparked(r.ctx, r.c.ID))
	require.NoError(r, r.await(id))
	r.save("bulk_parked", id, "")
}

func recordBulkCancelled(r *recorder) {
	begun := make(chan struct{})
	r.onSlice(r.c.ID, func(ctx context.Context, _ activities.Slice) (activities.SliceResult, error) {
		close(begun)
		return activities.SliceResult{}, beating(ctx)
	})
	id, _ := r.startBulk(workflows.BulkSyncInput{Wishes: []workflows.Resync{{Entities: connection.Entities()}}})
	<-begun
	require.NoError(r, r.starter.StopAll(r.ctx, r.c.ID))
	assert.Error(r, r.await(id))
	r.save("bulk_cancelled", id, "")
}

// recordBulkCancelledWish has a re-sync come while the bulk sync is being
// cancelled: the next run does it.
func recordBulkCancelledWish(r *recorder) {
	begun := make(chan struct{})
	var walked []connection.Entity
	r.onSlice(r.c.ID, func(ctx context.Context, in activities.Slice) (activities.SliceResult, error) {
		if walked = append(walked, in.Entity); len(walked) > 1 {
			return activities.SliceResult{Done: true}, nil
		}
		close(begun)
		err := beating(ctx)
		orders := workflows.Resync{Entities: []connection.Entity{connection.Orders}}
		require.NoError(r, r.client.SignalWorkflow(r.ctx, workflows.BulkSyncID(r.c.ID), "", workflows.ResyncSignal, orders))
		return activities.SliceResult{}, err
	})
	id, run := r.startBulk(workflows.BulkSyncInput{Wishes: []workflows.Resync{{Entities: connection.Entities()}}})
	<-begun
	require.NoError(r, r.client.CancelWorkflow(r.ctx, id, ""))
	require.NoError(r, r.await(id))
	assert.Equal(r, []connection.Entity{connection.Products, connection.Orders}, walked)
	next := r.save("bulk_cancelled_wish", id, run)
	require.NotEmpty(r, next, "the cancelled run continued as new")
}

func recordBulkRemoved(r *recorder) {
	r.onSlice(r.c.ID, func(context.Context, activities.Slice) (activities.SliceResult, error) {
		return activities.SliceResult{Held: activities.HeldRemoved}, nil
	})
	id, _ := r.startBulk(workflows.BulkSyncInput{Wishes: []workflows.Resync{{Entities: connection.Entities()}}})
	require.NoError(r, r.await(id))
	r.save("bulk_removed", id, "")
}

func (r *recorder) recordRecord(name string) {
	id := r.syncRecord()
	require.NoError(r, r.await(id))
	r.save(name, id, "")
}

func (r *recorder) syncRecord() string {
	key := connection.RecordKey{ConnectionID: r.c.ID, Entity: connection.Orders, RecordID: 118}
	id, err := r.starter.SyncRecord(r.ctx, key, r.c.StoreHash)
	require.NoError(r, err)
	return id
}

func recordRecordRejected(r *recorder) {
	r.onRecord(r.c.ID, func(context.Context, activities.Record) (activities.RecordResult, error) {
		return activities.RecordResult{Outcome: connection.Rejected, Reason: connection.ReasonRefused}, nil
	})
	id := r.syncRecord()
	assert.ErrorContains(r, r.await(id), connection.FailureRecordRejected)
	r.save("record_rejected", id, "")
}

func recordRecordGone(r *recorder) {
	r.onRecord(r.c.ID, func(_ context.Context, in activities.Record) (activities.RecordResult, error) {
		if !in.GoneSeen {
			return activities.RecordResult{GoneOnce: true}, nil
		}
		return activities.RecordResult{Outcome: connection.Deleted}, nil
	})
	r.recordRecord("record_gone")
}

func recordRecordTwoRounds(r *recorder) {
	n := 0
	r.onRecord(r.c.ID, func(context.Context, activities.Record) (activities.RecordResult, error) {
		if n++; n == 1 {
			r.syncRecord() // signals the run that is at this fetch
			r.syncRecord()
		}
		return activities.RecordResult{Outcome: connection.Accepted}, nil
	})
	r.recordRecord("record_two_rounds")
	assert.Equal(r, 2, n)
}

func recordRecordRetried(r *recorder) {
	n := 0
	r.onRecord(r.c.ID, func(context.Context, activities.Record) (activities.RecordResult, error) {
		if n++; n < 3 {
			return activities.RecordResult{}, errors.New("ometria answered 500")
		}
		return activities.RecordResult{Outcome: connection.Skipped, Reason: connection.ReasonNotSent}, nil
	})
	r.recordRecord("record_retried")
}

func recordRecordParked(r *recorder) {
	r.onRecord(r.c.ID, func(context.Context, activities.Record) (activities.RecordResult, error) {
		return activities.RecordResult{Held: activities.HeldParked}, nil
	})
	r.recordRecord("record_parked")
}

// recordReconcile runs it as it is run: by its schedule, which may be made and
// removed twice.
func recordReconcile(r *recorder) { r.recordScheduled("reconcile", workflows.ReconcileID(r.c.ID)) }

func recordSweep(r *recorder) { r.recordScheduled("sweep", workflows.SweepID(r.c.ID)) }

func (r *recorder) recordScheduled(name, scheduleID string) {
	for range 2 {
		require.NoError(r, r.starter.EnsureSchedules(r.ctx, r.c.ID, r.c.StoreHash))
	}
	schedule := r.client.ScheduleClient().GetHandle(r.ctx, scheduleID)
	require.NoError(r, schedule.Trigger(r.ctx, client.ScheduleTriggerOptions{}))
	var run *client.ScheduleWorkflowExecution
	require.Eventually(r, func() bool {
		described, err := schedule.Describe(r.ctx)
		if err != nil || len(described.Info.RecentActions) == 0 {
			return false
		}
		run = described.Info.RecentActions[0].StartWorkflowResult
		return run != nil
	}, 30*time.Second, 100*time.Millisecond)
	require.NoError(r, r.await(run.WorkflowID))
	r.save(name, run.WorkflowID, run.FirstExecutionRunID)
	for range 2 {
		require.NoError(r, r.starter.RemoveSchedules(r.ctx, r.c.ID))
	}
}

func recordRemoval(r *recorder) { r.recordRemoval("removal", activities.Removed{Hooks: 6, Scripts: 0}) }

func recordRemovalLeftBehind(r *recorder) {
	r.recordRemoval("removal_left_behind", activities.Removed{LeftBehind: true})
}

func (r *recorder) recordRemoval(name string, removed activities.Removed) {
	r.onRemoval(r.c.ID, removed)
	id, err := r.starter.Remove(r.ctx, r.c)
	require.NoError(r, err)
	again, err := r.starter.Remove(r.ctx, r.c)
	require.NoError(r, err)
	assert.Equal(r, id, again)
	require.NoError(r, r.await(id))
	r.save(name, id, "")
}
