package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// SweepInput is the whole state of a sweep: the input of its first run, which
// has nothing but the connection, and of every one that it continues as.
type SweepInput struct {
	ConnectionInput
	Left   []connection.Entity   `json:"left,omitempty"`
	So     activities.PassResult `json:"so,omitzero"` // what was found so far
	Slices int                   `json:"slices,omitempty"`
}

// Sweep looks at everything in the store, slowly, for what neither a webhook nor
// a date tells: pushes what differs from what Ometria holds, and has records
// looked for that are missing. Where it stands is in the database; a run that
// breaks off is gone on with by the next.
func Sweep(ctx workflow.Context, in SweepInput) (activities.PassResult, error) {
	found := in.So
	found.Left = in.Left
	if in.Slices == 0 {
		found.Left = activities.PassEntities()
	}
	for slices := 0; len(found.Left) > 0 && found.Held == activities.NotHeld; slices++ {
		if slices >= passSlicesPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			in.Left, in.So, in.Slices = found.Left, found, in.Slices+slices
			return found, workflow.NewContinueAsNewError(ctx, Sweep, in)
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("Looking at all %s. %s", found.Left[0], describeFound(found)))
		var more activities.PassResult
		err := workflow.ExecuteActivity(
			stepContext(ctx, in.ConnectionID, setupGivesUpAfter, "Look at all "+string(found.Left[0])),
			acts.FullPass, activities.PassSlice{ConnectionID: in.ConnectionID, Left: found.Left}).Get(ctx, &more)
		if err != nil {
			return found, fail(ctx, err)
		}
		found.Left, found.Held = more.Left, more.Held
		found.Looked += more.Looked
		found.Differed += more.Differed
		found.Gone += more.Gone
	}
	workflow.SetCurrentDetails(ctx, describeFound(found))
	return found, setStatus(ctx, StatusCompleted)
}

func describeFound(r activities.PassResult) string {
	text := fmt.Sprintf("%d records looked at: %d differed, %d are missing.", r.Looked, r.Differed, r.Gone)
	if r.Held != activities.NotHeld {
		text += " The connection is " + string(r.Held) + ": the next sweep goes on."
	}
	return text
}
