package workflows_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ometria/ometria-bigcommerce/workflows"
)

// Workflows that run for days meet new code half-way: each history that was
// ever recorded must go through today's code. A change that makes one fail
// needs workflow.GetVersion.
func TestRecordedHistoriesReplay(t *testing.T) {
	recorded := recordedHistories(t)
	types := map[string]bool{}
	for name, history := range recorded {
		t.Run(name, func(t *testing.T) {
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflow(workflows.ConnectionSetup)
			replayer.RegisterWorkflow(workflows.BulkSync)
			replayer.RegisterWorkflow(workflows.SyncRecord)
			replayer.RegisterWorkflow(workflows.SyncBatch)
			replayer.RegisterWorkflow(workflows.Reconcile)
			replayer.RegisterWorkflow(workflows.Sweep)
			replayer.RegisterWorkflow(workflows.ConnectionRemoval)
			assert.NoError(t, replayer.ReplayWorkflowHistory(discard{}, history))
		})
		types[history.Events[0].GetWorkflowExecutionStartedEventAttributes().WorkflowType.Name] = true
	}
	for _, name := range []string{"ConnectionSetup", "BulkSync", "SyncRecord", "SyncBatch", "Reconcile", "Sweep", "ConnectionRemoval"} {
		assert.True(t, types[name], "no history of %s", name)
	}
}

func recordedHistories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(histories, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	found := map[string]*historypb.History{}
	for _, file := range files {
		data, err := os.Open(file)
		require.NoError(t, err)
		history, err := client.HistoryFromJSON(data, client.HistoryJSONOptions{})
		require.NoError(t, err, file)
		require.NoError(t, data.Close())
		found[strings.TrimSuffix(filepath.Base(file), ".json")] = history
	}
	return found
}

// What the test environment cannot show is looked up in what the real server
// recorded.
func TestRecordedSetupAbandonsItsChild(t *testing.T) {
	history := recordedHistories(t)["setup"]
	require.NotNil(t, history)
	at := slices.IndexFunc(history.Events, func(e *historypb.HistoryEvent) bool {
		return e.GetStartChildWorkflowExecutionInitiatedEventAttributes() != nil
	})
	require.GreaterOrEqual(t, at, 0)
	child := history.Events[at].GetStartChildWorkflowExecutionInitiatedEventAttributes()
	assert.Equal(t, enumspb.PARENT_CLOSE_POLICY_ABANDON, child.ParentClosePolicy)
	assert.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, child.WorkflowIdReusePolicy)
	assert.NotEmpty(t, child.Priority.FairnessKey)
	assert.Contains(t, child.SearchAttributes.IndexedFields, workflows.ConnectionIDAttribute.GetName())
	assert.Zero(t, child.WorkflowExecutionTimeout.AsDuration())
}

// Undoing must not begin beside the step it undoes.
func TestRecordedSetupCancelledAwaitsTheStepAtWork(t *testing.T) {
	history := recordedHistories(t)["setup_cancelled"]
	require.NotNil(t, history)
	var order []string
	byEvent := map[int64]string{}
	for _, event := range history.Events {
		if a := event.GetActivityTaskScheduledEventAttributes(); a != nil {
			byEvent[event.EventId] = a.ActivityType.Name
			order = append(order, "schedule "+a.ActivityType.Name)
		}
		if a := event.GetActivityTaskCanceledEventAttributes(); a != nil {
			order = append(order, "cancelled "+byEvent[a.ScheduledEventId])
		}
	}
	cancelled := slices.Index(order, "cancelled InstallHooks")
	require.GreaterOrEqual(t, cancelled, 0, "%v", order)
	assert.Less(t, cancelled, slices.Index(order, "schedule RemoveHooks"))
	assert.Contains(t, order, "schedule RemoveScript")
	assert.Contains(t, order, "schedule FailSetup")
}

// The search attributes and the fairness key go on with the next run.
func TestRecordedContinuedRunKeepsItsAttributes(t *testing.T) {
	recorded := recordedHistories(t)
	require.Contains(t, recorded, "bulk_continued")
	started := recorded["bulk_continued"].Events[0].GetWorkflowExecutionStartedEventAttributes()
	assert.NotEmpty(t, started.ContinuedExecutionRunId)
	for _, name := range []string{"ConnectionId", "StoreHash", "SyncStatus"} {
		assert.Contains(t, started.SearchAttributes.GetIndexedFields(), name)
	}
	assert.NotEmpty(t, started.Priority.GetFairnessKey())
}
