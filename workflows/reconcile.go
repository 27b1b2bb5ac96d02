package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
)

// Reconcile looks whether our hooks and script are still present and active in
// the store and mends them if not. Quiet, it is one activity.
func Reconcile(ctx workflow.Context, in ConnectionInput) (activities.Mended, error) {
	var mended activities.Mended
	err := workflow.ExecuteActivity(
		stepContext(ctx, in.ConnectionID, setupGivesUpAfter, "Look at hooks and script, mend what is missing"),
		acts.Reconcile, activities.Connection{ConnectionID: in.ConnectionID}).Get(ctx, &mended)
	if err != nil {
		return mended, fail(ctx, err)
	}
	workflow.SetCurrentDetails(ctx, describeMended(mended))
	return mended, setStatus(ctx, StatusCompleted)
}

func describeMended(m activities.Mended) string {
	switch {
	case m.Held != activities.NotHeld:
		return "The connection is " + string(m.Held) + ": nothing was looked at."
	case m.Hooks == 0 && !m.Script:
		return "Hooks and script are present and active."
	case m.Script:
		return fmt.Sprintf("Mended %d hooks and the script.", m.Hooks)
	default:
		return fmt.Sprintf("Mended %d hooks.", m.Hooks)
	}
}
