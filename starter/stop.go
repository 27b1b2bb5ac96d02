package starter

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// StopAll cancels setup, bulk sync, Reconcile, Sweep and batches of a connection, deletes its
// schedules, and waits until all have ended, undoing included, or ctx ends. The
// setup goes first, because it may start a bulk sync or make the schedules; the
// schedules go before what they started, because they would start another one.
// SyncRecord runs end by themselves: they find the connection being removed.
func (s *Starter) StopAll(ctx context.Context, id connection.ID) error {
	for _, workflowID := range []string{workflows.ConnectionSetupID(id), workflows.BulkSyncID(id)} {
		if err := s.stop(ctx, workflowID); err != nil {
			return err
		}
	}
	// The schedule knows what it has just started; visibility may lag. Once the
	// schedule is gone, and this is tried again, visibility alone knows.
	scheduled, err := s.scheduledRuns(ctx, id)
	if err != nil {
		return err
	}
	if err := s.RemoveSchedules(ctx, id); err != nil {
		return err
	}
	visible, err := s.visibleRuns(ctx, id)
	if err != nil {
		return err
	}
	batches, err := s.visibleBatches(ctx, id)
	if err != nil {
		return err
	}
	for _, workflowID := range append(visible, batches...) {
		if !slices.Contains(scheduled, workflowID) {
			scheduled = append(scheduled, workflowID)
		}
	}
	for _, workflowID := range scheduled {
		if err := s.stop(ctx, workflowID); err != nil {
			return err
		}
	}
	return nil
}

// stop cancels a workflow and waits for its end. None at work is fine.
func (s *Starter) stop(ctx context.Context, workflowID string) error {
	err := s.temporal.CancelWorkflow(ctx, workflowID, "")
	if isNotFound(err) {
		return nil // none, or ended already
	}
	if err != nil {
		return fmt.Errorf("cancel %s: %w", workflowID, err)
	}
	err = s.temporal.GetWorkflow(ctx, workflowID, "").Get(ctx, nil)
	_, ended := errors.AsType[*temporal.WorkflowExecutionError](err) // how is of no interest
	if err != nil && !ended && !isNotFound(err) {
		return fmt.Errorf("await end of %s: %w", workflowID, err)
	}
	return nil
}

// scheduledRuns returns the ids of runs that the schedules started and that are
// at work.
func (s *Starter) scheduledRuns(ctx context.Context, id connection.ID) ([]string, error) {
	var ids []string
	for _, scheduleID := range scheduleIDs(id) {
		described, err := s.temporal.ScheduleClient().GetHandle(ctx, scheduleID).Describe(ctx)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("describe schedule %s: %w", scheduleID, err)
		}
		for _, run := range described.Info.RunningWorkflows {
			ids = append(ids, run.WorkflowID)
		}
	}
	return ids, nil
}

// visibleRuns returns the ids of Reconcile and Sweep runs that visibility shows
// at work.
func (s *Starter) visibleRuns(ctx context.Context, id connection.ID) ([]string, error) {
	listed, err := s.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf(`WorkflowType IN ("Reconcile", "Sweep") AND %s = "%s" AND ExecutionStatus = "Running"`,
			workflows.ConnectionIDAttribute.GetName(), id),
	})
	if err != nil {
		return nil, fmt.Errorf("list scheduled runs: %w", err)
	}
	var ids []string
	for _, run := range listed.GetExecutions() {
		ids = append(ids, run.GetExecution().GetWorkflowId())
	}
	return ids, nil
}
