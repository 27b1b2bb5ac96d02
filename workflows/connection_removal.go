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
func ConnectionRemoval(ctx workflow.Context, in ConnectionInput) (activities.Removed, error) {
	var removed activities.Removed
	ref := activities.Connection{ConnectionID: in.ConnectionID}
	local := stepContext(ctx, in.ConnectionID, 0, "")
	atStore := stepContext(ctx, in.ConnectionID, setupGivesUpAfter, "")

	workflow.SetCurrentDetails(ctx, "Stopping workflows and schedules.")
	phase := activities.Phase{ConnectionID: in.ConnectionID, To: connection.Removing}
	if err := workflow.ExecuteActivity(local, acts.SetPhase, phase).Get(ctx, nil); err != nil {
		return removed, err
	}
	if err := workflow.ExecuteActivity(local, acts.StopWorkflows, ref).Get(ctx, nil); err != nil {
		return removed, err
	}
	if err := workflow.ExecuteActivity(local, acts.RemoveSchedules, ref).Get(ctx, nil); err != nil {
		return removed, err
	}

	workflow.SetCurrentDetails(ctx, "Taking our webhooks and script out of the store.")
	for _, step := range []any{acts.RemoveHooks, acts.RemoveScript} {
		var part activities.Removed
		err := workflow.ExecuteActivity(atStore, step, ref).Get(ctx, &part)
		if temporal.IsCanceledError(err) {
			return removed, err
		}
		removed.Hooks += part.Hooks
		removed.Scripts += part.Scripts
		removed.LeftBehind = removed.LeftBehind || part.LeftBehind || err != nil
	}

	workflow.SetCurrentDetails(ctx, "Erasing records and credentials.")
	if err := workflow.ExecuteActivity(local, acts.Erase, ref).Get(ctx, nil); err != nil {
		return removed, err
	}
	details := "Removed."
	if removed.LeftBehind {
		details = "Removed. The store did not let us in: delete what is left of ours there by hand."
	}
	workflow.SetCurrentDetails(ctx, details)
	return removed, setStatus(ctx, StatusCompleted)
}
