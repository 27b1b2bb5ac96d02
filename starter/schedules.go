package starter

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// EnsureSchedules creates the connection's Reconcile schedule, or leaves the
// one that exists. Safe to call twice.
func (s *Starter) EnsureSchedules(ctx context.Context, id connection.ID, store connection.StoreHash) error {
	_, err := s.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: workflows.ReconcileID(id),
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{
			Every: s.reconcileEvery, Offset: offset(id, s.reconcileEvery),
		}}},
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: s.reconcileEvery,
		Action: &client.ScheduleWorkflowAction{
			ID:            workflows.ReconcileID(id),
			Workflow:      workflows.Reconcile,
			Args:          []any{workflows.ConnectionInput{ConnectionID: id, StoreHash: store}},
			TaskQueue:     workflows.BulkTaskQueue,
			StaticSummary: "Reconcile store " + string(store),
			Priority:      fairness(id),
			TypedSearchAttributes: temporal.NewSearchAttributes(
				workflows.ConnectionIDAttribute.ValueSet(string(id)),
				workflows.StoreHashAttribute.ValueSet(string(store)),
				workflows.SyncStatusAttribute.ValueSet(workflows.StatusRunning)),
		},
	})
	_, exists := errors.AsType[*serviceerror.AlreadyExists](err)
	_, running := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	if err != nil && !exists && !running && !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("create reconcile schedule: %w", err)
	}
	return nil
}

// RemoveSchedules deletes the connection's schedules. Gone already is fine.
func (s *Starter) RemoveSchedules(ctx context.Context, id connection.ID) error {
	err := s.temporal.ScheduleClient().GetHandle(ctx, workflows.ReconcileID(id)).Delete(ctx)
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("delete reconcile schedule: %w", err)
	}
	return nil
}

// offset spreads the schedules of many connections over the period, so that
// they do not all fall due in the same second.
func offset(id connection.ID, every time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return time.Duration(h.Sum64() % uint64(every)).Truncate(time.Second)
}
