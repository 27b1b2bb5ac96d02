package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// ConnectionRemoval stops everything of a connection, takes our hooks and
// scripts (only ours) out of the store, and erases records and credentials,
// but for an authentication that another connection uses. A store that does
// not let us in any more is left after an hour, and the result says so.
// Cancelled, it leaves the connection removing: removing it again goes on.
func ConnectionRemoval(ctx workflow.Context, in ConnectionInput) (activities.Removed, error) {
	r := &connectionRemoval{in: in}
	if err := r.run(ctx); err != nil {
		return r.removed, fail(ctx, err)
	}
	return r.removed, setStatus(ctx, StatusCompleted)
}

type connectionRemoval struct {
	in      ConnectionInput
	removed activities.Removed
}

func (r *connectionRemoval) run(ctx workflow.Context) error {
	ref := activities.Connection{ConnectionID: r.in.ConnectionID}
	local := func(summary string) workflow.Context { return stepContext(ctx, r.in.ConnectionID, 0, summary) }

	workflow.SetCurrentDetails(ctx, "Stopping workflows and schedules.")
	phase := activities.Phase{ConnectionID: r.in.ConnectionID, To: connection.Removing}
	if err := workflow.ExecuteActivity(local("Status: removing"), acts.SetPhase, phase).Get(ctx, nil); err != nil {
		return err
	}
	if err := workflow.ExecuteActivity(local("Stop setup, bulk sync and reconcile"), acts.StopWorkflows, ref).Get(ctx, nil); err != nil {
		return err
	}
	if err := workflow.ExecuteActivity(local("Delete the schedules"), acts.RemoveSchedules, ref).Get(ctx, nil); err != nil {
		return err
	}

	workflow.SetCurrentDetails(ctx, "Taking our webhooks and script out of the store.")
	if err := r.takeOut(ctx, "Delete the webhooks", acts.RemoveHooks); err != nil {
		return err
	}
	if err := r.takeOut(ctx, "Take the script out", acts.RemoveScript); err != nil {
		return err
	}

	workflow.SetCurrentDetails(ctx, "Erasing records and credentials.")
	if err := workflow.ExecuteActivity(local("Erase records and credentials"), acts.Erase, ref).Get(ctx, nil); err != nil {
		return err
	}
	details := "Removed."
	if r.removed.LeftBehind {
		details = "Removed. The store did not let us in: delete what is left of ours there by hand."
	}
	workflow.SetCurrentDetails(ctx, details)
	return nil
}

// takeOut does one step at the store. Only a cancellation stops the removal.
func (r *connectionRemoval) takeOut(ctx workflow.Context, summary string, activity any) error {
	var part activities.Removed
	err := workflow.ExecuteActivity(stepContext(ctx, r.in.ConnectionID, setupGivesUpAfter, summary), activity,
		activities.Connection{ConnectionID: r.in.ConnectionID}).Get(ctx, &part)
	if temporal.IsCanceledError(err) {
		return err
	}
	r.removed.Hooks += part.Hooks
	r.removed.Scripts += part.Scripts
	r.removed.LeftBehind = r.removed.LeftBehind || part.LeftBehind || err != nil
	return nil
}
