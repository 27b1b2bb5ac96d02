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

// defaultSweepEvery is the period of Sweep schedules where none is given.
const defaultSweepEvery = 24 * time.Hour

// Option changes a Starter's defaults.
type Option func(*Starter)

// WithSweepEvery sets the period of Sweep schedules, instead of 24 hours.
func WithSweepEvery(every time.Duration) Option { return func(s *Starter) { s.sweepEvery = every } }

// EnsureSchedules makes the connection's schedules, Reconcile and Sweep, or
// gives those that exist the periods of today. Safe to call twice.
func (s *Starter) EnsureSchedules(ctx context.Context, id connection.ID, store connection.StoreHash) error {
	input := workflows.ConnectionInput{ConnectionID: id, StoreHash: store}
	err := s.ensureSchedule(ctx, id, store, s.reconcileEvery, &client.ScheduleWorkflowAction{
		ID: workflows.ReconcileID(id), Workflow: workflows.Reconcile, Args: []any{input},
		StaticSummary: "Reconcile store " + string(store),
	})
	if err != nil {
		return err
	}
	return s.ensureSchedule(ctx, id, store, s.sweepEvery, &client.ScheduleWorkflowAction{
		ID: workflows.SweepID(id), Workflow: workflows.Sweep, Args: []any{workflows.SweepInput{ConnectionInput: input}},
		StaticSummary: "Sweep store " + string(store),
	})
}

// ensureSchedule makes a schedule that has the id of the workflow it starts.
func (s *Starter) ensureSchedule(ctx context.Context, id connection.ID, store connection.StoreHash, every time.Duration, action *client.ScheduleWorkflowAction) error {
	action.TaskQueue, action.Priority = workflows.BulkTaskQueue, fairness(id)
	action.TypedSearchAttributes = temporal.NewSearchAttributes(
		workflows.ConnectionIDAttribute.ValueSet(string(id)),
		workflows.StoreHashAttribute.ValueSet(string(store)),
		workflows.SyncStatusAttribute.ValueSet(workflows.StatusRunning))
	interval := client.ScheduleIntervalSpec{Every: every, Offset: offset(id, every)}
	_, err := s.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:            action.ID,
		Spec:          client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{interval}},
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: every,
		Action:        action,
	})
	_, exists := errors.AsType[*serviceerror.AlreadyExists](err)
	_, running := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	switch {
	case err == nil:
		return nil
	case exists || running || errors.Is(err, temporal.ErrScheduleAlreadyRunning):
		return s.renewPeriod(ctx, action.ID, interval)
	}
	return fmt.Errorf("create schedule %s: %w", action.ID, err)
}

// renewPeriod gives a schedule another period, where it has not the one wanted.
func (s *Starter) renewPeriod(ctx context.Context, scheduleID string, want client.ScheduleIntervalSpec) error {
	handle := s.temporal.ScheduleClient().GetHandle(ctx, scheduleID)
	described, err := handle.Describe(ctx)
	if isNotFound(err) {
		return nil // removed since
	}
	if err != nil {
		return fmt.Errorf("describe schedule %s: %w", scheduleID, err)
	}
	if spec := described.Schedule.Spec; spec != nil && len(spec.Intervals) == 1 && spec.Intervals[0] == want {
		return nil
	}
	err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		renewed := in.Description.Schedule
		renewed.Spec = &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{want}}
		if renewed.Policy != nil {
			renewed.Policy.CatchupWindow = want.Every
		}
		return &client.ScheduleUpdate{Schedule: &renewed}, nil
	}})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("update schedule %s: %w", scheduleID, err)
	}
	return nil
}

// RemoveSchedules deletes the connection's schedules. Gone already is fine.
func (s *Starter) RemoveSchedules(ctx context.Context, id connection.ID) error {
	for _, scheduleID := range scheduleIDs(id) {
		err := s.temporal.ScheduleClient().GetHandle(ctx, scheduleID).Delete(ctx)
		if err != nil && !isNotFound(err) {
			return fmt.Errorf("delete schedule %s: %w", scheduleID, err)
		}
	}
	return nil
}

func scheduleIDs(id connection.ID) []string {
	return []string{workflows.ReconcileID(id), workflows.SweepID(id)}
}

// offset spreads the schedules of many connections over the period, so that
// they do not all fall due in the same second.
func offset(id connection.ID, every time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return time.Duration(h.Sum64() % uint64(every)).Truncate(time.Second)
}
