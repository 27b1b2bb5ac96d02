package starter

import (
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/goleak"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func workflowName(workflow any) string {
	name := runtime.FuncForPC(reflect.ValueOf(workflow).Pointer()).Name()
	return name[strings.LastIndex(name, ".")+1:]
}

// The contract: types, ids, task queues, search attributes, policies, fairness.
func TestStarts(t *testing.T) {
	input := []any{workflows.ConnectionInput{ConnectionID: shop.ID, StoreHash: shop.StoreHash}}
	wish := workflows.Resync{Entities: []connection.Entity{connection.Orders}, Since: "2024-02-01"}
	key := connection.RecordKey{ConnectionID: shop.ID, Entity: connection.Orders, RecordID: 118}
	setupID := "connection-setup/" + string(shop.ID)
	for name, tc := range map[string]struct {
		do                    func(*Starter) (string, error)
		answers, id, workflow string
		queue, signal         string
		arg                   any
		input                 []any
		entity                connection.Entity
	}{
		"set up": {
			do:      func(s *Starter) (string, error) { return s.SetUp(t.Context(), shop) },
			answers: setupID, id: setupID, workflow: "ConnectionSetup", queue: "ometria-bigcommerce-bulk",
			signal: "mode", arg: workflows.SetupMode{Mode: workflows.SetUp}, input: input,
		},
		"script": {
			do:      func(s *Starter) (string, error) { return s.UpdateScript(t.Context(), shop) },
			answers: setupID, id: setupID, workflow: "ConnectionSetup", queue: "ometria-bigcommerce-bulk",
			signal: "mode", arg: workflows.SetupMode{Mode: workflows.UpdateScript}, input: input,
		},
		"authentication": {
			do:      func(s *Starter) (string, error) { return s.ReplaceAuthentication(t.Context(), shop) },
			answers: setupID, id: setupID, workflow: "ConnectionSetup", queue: "ometria-bigcommerce-bulk",
			signal: "mode", arg: workflows.SetupMode{Mode: workflows.ReplaceAuthentication}, input: input,
		},
		"resync": {
			do:      func(s *Starter) (string, error) { return s.Resync(t.Context(), shop, wish) },
			answers: "bulk-sync/" + string(shop.ID), id: setupID, workflow: "ConnectionSetup", queue: "ometria-bigcommerce-bulk",
			signal: "mode", arg: workflows.SetupMode{Mode: workflows.ResyncHistory, Resync: &wish}, input: input,
		},
		"record": {
			do:      func(s *Starter) (string, error) { return s.SyncRecord(t.Context(), key, shop.StoreHash) },
			answers: "sync-record/" + string(shop.ID) + "/orders/118", id: "sync-record/" + string(shop.ID) + "/orders/118",
			workflow: "SyncRecord", queue: "ometria-bigcommerce-realtime", signal: "changed", entity: connection.Orders,
			input: []any{workflows.RecordInput{ConnectionID: shop.ID, StoreHash: shop.StoreHash, Entity: connection.Orders, RecordID: 118}},
		},
		"removal": {
			do:      func(s *Starter) (string, error) { return s.Remove(t.Context(), shop) },
			answers: "connection-removal/" + string(shop.ID), id: "connection-removal/" + string(shop.ID),
			workflow: "ConnectionRemoval", queue: "ometria-bigcommerce-bulk", input: input,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeTemporal{}
			answer, err := tc.do(New(f, time.Hour))
			require.NoError(t, err)
			assert.Equal(t, tc.answers, answer)
			require.Len(t, f.started, 1)
			got := f.started[0]
			assert.Equal(t, tc.id, got.id)
			assert.Equal(t, tc.id, got.options.ID)
			assert.Equal(t, tc.workflow, workflowName(got.workflow))
			assert.Equal(t, tc.queue, got.options.TaskQueue)
			assert.Equal(t, tc.signal, got.signal)
			assert.Equal(t, tc.arg, got.arg)
			assert.Equal(t, tc.input, got.input)
			assert.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, got.options.WorkflowIDReusePolicy)
			if tc.signal == "" { // a signal-with-start always uses the one that runs
				assert.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, got.options.WorkflowIDConflictPolicy)
			}
			assert.Zero(t, got.options.WorkflowExecutionTimeout)
			assert.Zero(t, got.options.WorkflowRunTimeout)
			assert.Equal(t, string(shop.ID), got.options.Priority.FairnessKey)
			assert.NotEmpty(t, got.options.StaticSummary)

			attributes := got.options.TypedSearchAttributes
			assertKeyword(t, attributes, workflows.ConnectionIDAttribute, string(shop.ID))
			assertKeyword(t, attributes, workflows.StoreHashAttribute, string(shop.StoreHash))
			assertKeyword(t, attributes, workflows.SyncStatusAttribute, workflows.StatusRunning)
			if tc.entity != "" {
				assertKeyword(t, attributes, workflows.EntityAttribute, string(tc.entity))
			}
		})
	}
}

func assertKeyword(t *testing.T, got temporal.SearchAttributes, key temporal.SearchAttributeKeyKeyword, want string) {
	t.Helper()
	value, ok := got.GetKeyword(key)
	assert.True(t, ok, key.GetName())
	assert.Equal(t, want, value, key.GetName())
}

func TestStartsSayWhatFailed(t *testing.T) {
	away := errors.New("temporal is away")
	s := New(&fakeTemporal{startErr: func(string) error { return away }, errs: map[string]error{"health": away}}, time.Hour)
	_, err := s.SetUp(t.Context(), shop)
	assert.ErrorIs(t, err, away)
	_, err = s.Resync(t.Context(), shop, workflows.Resync{})
	assert.ErrorIs(t, err, away)
	_, err = s.SyncRecord(t.Context(), connection.RecordKey{}, "")
	assert.ErrorIs(t, err, away)
	assert.ErrorIs(t, s.Ready(t.Context()), away)
	assert.NoError(t, New(&fakeTemporal{}, time.Hour).Ready(t.Context()))
}

func TestStartsSayWhenTemporalIsNotPrepared(t *testing.T) {
	for _, refusal := range []error{
		serviceerror.NewInvalidArgument("no mapping defined for search attribute ConnectionId"),
		serviceerror.NewNamespaceNotFound("shops"),
	} {
		s := New(&fakeTemporal{startErr: func(string) error { return refusal }}, time.Hour)
		_, err := s.SetUp(t.Context(), shop)
		assert.ErrorIs(t, err, ErrNotPrepared)
		assert.ErrorContains(t, err, "admin init")
	}
}

// A record that changes all the time while its run waits for long fills the
// run's history with signals, until Temporal takes no more of them.
func TestSyncOfARecordWhoseRunTakesNoMoreSignals(t *testing.T) {
	full := serviceerror.NewInvalidArgument("exceeded workflow execution limit for signal events")
	f := &fakeTemporal{startErr: func(string) error { return full }, status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	key := connection.RecordKey{ConnectionID: shop.ID, Entity: connection.Products, RecordID: 1}
	id, err := New(f, time.Hour).SyncRecord(t.Context(), key, shop.StoreHash)
	require.NoError(t, err, "it is at work")
	assert.Equal(t, SyncRecordID(key), id)
	f.status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	_, err = New(f, time.Hour).SyncRecord(t.Context(), key, shop.StoreHash)
	assert.ErrorIs(t, err, full)
}

func TestSignalsToTheBulkSync(t *testing.T) {
	bulk := "bulk-sync/" + string(shop.ID)
	f := &fakeTemporal{errs: map[string]error{}}
	s := New(f, time.Hour)
	do := func() error {
		return errors.Join(s.Pause(t.Context(), shop.ID), s.Resume(t.Context(), shop.ID), s.Unparked(t.Context(), shop.ID))
	}
	require.NoError(t, do())
	assert.Equal(t, []signal{{bulk, "pause", nil}, {bulk, "resume", nil}, {bulk, "unparked", nil}}, f.signals)
	f.errs[bulk] = serviceerror.NewNotFound("no such workflow")
	assert.NoError(t, do(), "no bulk sync is at work: the connection's own mark holds")
	f.errs[bulk] = serviceerror.NewUnavailable("down")
	assert.Error(t, do())
}

// A removal goes on only when nothing is left that puts something into the
// store.
func TestStopAllAwaitsTheEnd(t *testing.T) {
	setup, bulk := "connection-setup/"+string(shop.ID), "bulk-sync/"+string(shop.ID)
	for name, tc := range map[string]struct {
		cancel, ends map[string]error
		awaited      []string
		fails        bool
	}{
		"both at work":   {nil, nil, []string{setup, bulk}, false},
		"both ended ill": {nil, map[string]error{setup: &temporal.WorkflowExecutionError{}, bulk: &temporal.WorkflowExecutionError{}}, []string{setup, bulk}, false},
		"none": {
			map[string]error{setup: serviceerror.NewNotFound(""), bulk: serviceerror.NewNotFound("")}, nil, nil, false,
		},
		"temporal away":             {map[string]error{setup: serviceerror.NewUnavailable("")}, nil, nil, true},
		"temporal away in the wait": {nil, map[string]error{setup: serviceerror.NewUnavailable("")}, []string{setup}, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeTemporal{errs: tc.cancel, ends: tc.ends}
			err := New(f, time.Hour).StopAll(t.Context(), shop.ID)
			assert.Equal(t, tc.fails, err != nil, "%v", err)
			assert.Equal(t, tc.awaited, f.awaited)
			if !tc.fails {
				assert.Equal(t, []string{setup, bulk}, f.cancelled, "a setup may start a bulk sync")
			}
		})
	}
}

// A Reconcile at work would put hooks into the store again while a removal
// takes them out.
func TestStopAllStopsWhatSchedulesStarted(t *testing.T) {
	setup, bulk, base := "connection-setup/"+string(shop.ID), "bulk-sync/"+string(shop.ID), "reconcile/"+string(shop.ID)
	sweep := "sweep/" + string(shop.ID)
	swept := sweep + "-2026-05-01T12:00:00Z"
	started, listed := base+"-2026-05-01T12:00:00Z", base+"-2026-05-01T13:00:00Z"
	for name, tc := range map[string]struct {
		f       *fakeTemporal
		stopped []string
		fails   bool
	}{
		"none":                  {&fakeTemporal{}, nil, false},
		"the schedule names it": {&fakeTemporal{schedules: fakeSchedules{running: []string{started}}}, []string{started}, false},
		"both schedules":        {&fakeTemporal{schedules: fakeSchedules{running: []string{started, swept}}}, []string{started, swept}, false},
		"only visibility knows": {&fakeTemporal{visible: []string{listed}}, []string{listed}, false},
		"both know":             {&fakeTemporal{schedules: fakeSchedules{running: []string{started}}, visible: []string{listed, started}}, []string{started, listed}, false},
		"no schedule any more": {
			&fakeTemporal{schedules: fakeSchedules{err: serviceerror.NewNotFound("")}, visible: []string{listed}}, []string{listed}, false,
		},
		"schedules away":  {&fakeTemporal{schedules: fakeSchedules{err: serviceerror.NewUnavailable("")}}, nil, true},
		"visibility away": {&fakeTemporal{listErr: serviceerror.NewUnavailable("")}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			err := New(tc.f, time.Hour).StopAll(t.Context(), shop.ID)
			assert.Equal(t, tc.fails, err != nil, "%v", err)
			assert.Equal(t, append([]string{setup, bulk}, tc.stopped...), tc.f.awaited)
			assert.Equal(t, append([]string{setup, bulk}, tc.stopped...), tc.f.cancelled)
			if !tc.fails {
				assert.Equal(t, []string{base, sweep}, tc.f.schedules.deleted, "or it would start another one")
				require.Len(t, tc.f.asked, 2)
				for i, kinds := range [][]string{{"Reconcile", "Sweep"}, {"SyncBatch"}} {
					assert.Contains(t, tc.f.asked[i], string(shop.ID))
					for _, kind := range kinds {
						assert.Contains(t, tc.f.asked[i], kind)
					}
				}
			}
		})
	}
}

func TestRecordWorkflow(t *testing.T) {
	key := connection.RecordKey{ConnectionID: shop.ID, Entity: connection.Orders, RecordID: 118}
	id := workflows.SyncRecordID(key)
	f := &fakeTemporal{status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, answer: workflows.RecordState{Step: "fetching", Rounds: 2}}
	s := New(f, time.Hour)
	got, err := s.RecordWorkflow(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, &RecordWorkflow{
		WorkflowID: id, RunID: "run", Status: "Running", State: &workflows.RecordState{Step: "fetching", Rounds: 2},
	}, got)
	running, err := s.Running(t.Context(), id)
	require.NoError(t, err)
	assert.True(t, running)

	f.answer = nil
	got, err = s.RecordWorkflow(t.Context(), key)
	require.NoError(t, err)
	assert.Nil(t, got.State, "the status alone still helps")

	f.errs = map[string]error{id: serviceerror.NewNotFound("")}
	got, err = s.RecordWorkflow(t.Context(), key)
	require.NoError(t, err)
	assert.Nil(t, got)
	running, err = s.Running(t.Context(), id)
	require.NoError(t, err)
	assert.False(t, running)

	f.errs[id] = serviceerror.NewUnavailable("")
	_, err = s.RecordWorkflow(t.Context(), key)
	assert.Error(t, err)
	_, err = s.Running(t.Context(), id)
	assert.Error(t, err)
}

func TestSchedules(t *testing.T) {
	f := &fakeTemporal{}
	s := New(f, time.Hour)
	require.NoError(t, s.EnsureSchedules(t.Context(), shop.ID, shop.StoreHash))
	require.Len(t, f.schedules.created, 2)
	sweep := f.schedules.created[1]
	assert.Equal(t, "sweep/"+string(shop.ID), sweep.ID)
	assert.Equal(t, 24*time.Hour, sweep.Spec.Intervals[0].Every)
	assert.Less(t, sweep.Spec.Intervals[0].Offset, 24*time.Hour)
	assert.Equal(t, "Sweep", workflowName(sweep.Action.(*client.ScheduleWorkflowAction).Workflow))
	got := f.schedules.created[0]
	assert.Equal(t, "reconcile/"+string(shop.ID), got.ID)
	assert.Equal(t, enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, got.Overlap)
	assert.Equal(t, time.Hour, got.CatchupWindow)
	require.Len(t, got.Spec.Intervals, 1)
	assert.Equal(t, time.Hour, got.Spec.Intervals[0].Every)
	assert.Less(t, got.Spec.Intervals[0].Offset, time.Hour)
	action := got.Action.(*client.ScheduleWorkflowAction)
	assert.Equal(t, "Reconcile", workflowName(action.Workflow))
	assert.Equal(t, workflows.BulkTaskQueue, action.TaskQueue)
	assert.Equal(t, string(shop.ID), action.Priority.FairnessKey)
	assertKeyword(t, action.TypedSearchAttributes, workflows.ConnectionIDAttribute, string(shop.ID))

	f.schedules.createErr = temporal.ErrScheduleAlreadyRunning
	assert.NoError(t, s.EnsureSchedules(t.Context(), shop.ID, shop.StoreHash), "twice is once")
	assert.Empty(t, f.schedules.updated)
	s = New(f, 2*time.Hour, WithSweepEvery(24*time.Hour))
	assert.NoError(t, s.EnsureSchedules(t.Context(), shop.ID, shop.StoreHash))
	require.Len(t, f.schedules.updated, 1, "only what changed")
	assert.Equal(t, 2*time.Hour, f.schedules.updated["reconcile/"+string(shop.ID)].Spec.Intervals[0].Every)
	assert.Equal(t, 2*time.Hour, f.schedules.updated["reconcile/"+string(shop.ID)].Policy.CatchupWindow)
	f.schedules.createErr = nil
	f.schedules.err = serviceerror.NewNotFound("")
	assert.NoError(t, s.RemoveSchedules(t.Context(), shop.ID), "gone already")
	f.schedules.err = serviceerror.NewUnavailable("")
	assert.Error(t, s.EnsureSchedules(t.Context(), shop.ID, shop.StoreHash))
	assert.Error(t, s.RemoveSchedules(t.Context(), shop.ID))
	reconcile := "reconcile/" + string(shop.ID)
	assert.Equal(t, []string{reconcile, "sweep/" + string(shop.ID), reconcile}, f.schedules.deleted)
}

func TestNow(t *testing.T) {
	f := &fakeTemporal{}
	s := New(f, time.Hour)
	require.NoError(t, s.ReconcileNow(t.Context(), shop.ID))
	require.NoError(t, s.SweepNow(t.Context(), shop.ID))
	assert.Equal(t, []string{"reconcile/" + string(shop.ID), "sweep/" + string(shop.ID)}, f.schedules.triggered)
	f.schedules.err = serviceerror.NewNotFound("")
	assert.NoError(t, s.ReconcileNow(t.Context(), shop.ID), "being set up or removed")
	f.schedules.err = serviceerror.NewUnavailable("")
	assert.Error(t, s.SweepNow(t.Context(), shop.ID))
}

// Many connections' schedules must not fall due in the same minute.
func TestSchedulesAreSpread(t *testing.T) {
	perTenMinutes := [6]int{}
	for range 600 {
		o := offset(connection.NewID(), time.Hour)
		require.GreaterOrEqual(t, o, time.Duration(0))
		require.Less(t, o, time.Hour)
		perTenMinutes[o/(10*time.Minute)]++
	}
	for _, n := range perTenMinutes {
		assert.InDelta(t, 100, n, 50)
	}
	assert.Equal(t, offset(shop.ID, time.Hour), offset(shop.ID, time.Hour), "the same each time")
}
