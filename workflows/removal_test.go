package workflows_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// A Reconcile at work, started by its schedule on a real server, has ended and
// can start no more before hooks are taken out.
func TestRemovalStopsReconcileOnARealServer(t *testing.T) {
	w := newWorld()
	begun := make(chan struct{})
	var mu sync.Mutex // guards order
	var order []string
	note := func(step string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, step)
	}
	c := connection.Connection{ID: connectionID, StoreHash: storeHash}
	w.onStep(c.ID, "Reconcile", func(ctx context.Context) error {
		close(begun) // a second one panics
		err := beating(ctx)
		note("reconcile ended")
		return err
	})
	w.onStep(c.ID, "RemoveHooks", func(context.Context) error { note("hooks removed"); return nil })
	temporalClient := startServer(t, w)
	s := starter.New(temporalClient, time.Hour)
	w.onStep(c.ID, "StopWorkflows", func(ctx context.Context) error { return s.StopAll(ctx, c.ID) })
	w.onStep(c.ID, "RemoveSchedules", func(ctx context.Context) error { return s.RemoveSchedules(ctx, c.ID) })

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, s.EnsureSchedules(ctx, c.ID, c.StoreHash))
	schedule := temporalClient.ScheduleClient().GetHandle(ctx, workflows.ReconcileID(c.ID))
	require.NoError(t, schedule.Trigger(ctx, client.ScheduleTriggerOptions{}))
	var run client.ScheduleWorkflowExecution
	require.Eventually(t, func() bool {
		described, err := schedule.Describe(ctx)
		if err != nil || len(described.Info.RunningWorkflows) == 0 {
			return false
		}
		run = described.Info.RunningWorkflows[0]
		return true
	}, 30*time.Second, 50*time.Millisecond)
	select {
	case <-begun:
	case <-ctx.Done():
		t.Fatal("the reconcile has not begun")
	}

	id, err := s.Remove(ctx, c)
	require.NoError(t, err)
	require.NoError(t, temporalClient.GetWorkflow(ctx, id, "").Get(ctx, nil))
	mu.Lock()
	assert.Equal(t, []string{"reconcile ended", "hooks removed"}, slices.Clone(order))
	mu.Unlock()
	described, err := temporalClient.DescribeWorkflowExecution(ctx, run.WorkflowID, "")
	require.NoError(t, err)
	assert.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, described.GetWorkflowExecutionInfo().GetStatus())
	_, err = schedule.Describe(ctx)
	assert.Error(t, err, "the schedule is gone")
}
