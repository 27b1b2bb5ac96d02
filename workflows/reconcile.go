package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
)

// passSlicesPerRun bounds the history of a run; what is left of a pass goes on
// in the next one, for its cursor is in the database.
const passSlicesPerRun = 200

// Reconcile looks whether our hooks and script are still present and active in
// the store and mends them if not, and pushes what has changed there unheard.
// Quiet, it is one activity.
func Reconcile(ctx workflow.Context, in ConnectionInput) (activities.Mended, error) {
	var mended activities.Mended
	err := workflow.ExecuteActivity(
		stepContext(ctx, in.ConnectionID, setupGivesUpAfter, "Look at hooks and script, mend what is missing"),
		acts.Reconcile, activities.Connection{ConnectionID: in.ConnectionID}).Get(ctx, &mended)
	if err != nil {
		return mended, fail(ctx, err)
	}
	for slices := 0; len(mended.Left) > 0 && mended.Held == activities.NotHeld && slices < passSlicesPerRun; slices++ {
		workflow.SetCurrentDetails(ctx, describeMended(mended)+" Looking for changes that nobody told of.")
		var more activities.PassResult
		err := workflow.ExecuteActivity(
			stepContext(ctx, in.ConnectionID, setupGivesUpAfter, "Look at what has changed: "+string(mended.Left[0])),
			acts.FastPass, activities.PassSlice{ConnectionID: in.ConnectionID, Left: mended.Left}).Get(ctx, &more)
		if err != nil {
			return mended, fail(ctx, err)
		}
		mended.Left, mended.Held = more.Left, more.Held
		mended.Looked += more.Looked
		mended.Differed += more.Differed
	}
	workflow.SetCurrentDetails(ctx, describeMended(mended))
	return mended, setStatus(ctx, StatusCompleted)
}

func describeMended(m activities.Mended) string {
	text := "Hooks and script are present and active."
	switch {
	case m.Held == activities.HeldSyncing: // hooks and script were looked at
	case m.Held != activities.NotHeld:
		return "The connection is " + string(m.Held) + ": not everything was looked at."
	case m.ScriptRefused:
		text = fmt.Sprintf("Mended %d hooks; BigCommerce does not take the script back: see the connection's attention.", m.Hooks)
	case m.Script:
		text = fmt.Sprintf("Mended %d hooks and the script.", m.Hooks)
	case m.Hooks > 0:
		text = fmt.Sprintf("Mended %d hooks.", m.Hooks)
	}
	if m.Looked > 0 {
		text += fmt.Sprintf(" %d records have changed lately, %d of them unheard.", m.Looked, m.Differed)
	}
	return text
}
