package page

import (
	"fmt"
	"slices"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// stepsOf tells what the setup did, from what stands and from where it ended.
func stepsOf(c apiclient.Connection) []fact {
	links := apiclient.TemporalLinks{}
	if c.Links.TemporalUI != nil {
		links = *c.Links.TemporalUI
	}
	if connection.Status(c.Status) == connection.Removing {
		return []fact{{Name: "Removal", Text: "takes webhooks and JavaScript tracking out of the store and erases the credentials.", Tone: "busy", Link: links.Removal}}
	}
	steps := []fact{
		{Name: "Credentials and scopes", Text: "are checked.", Link: links.Setup},
		{Name: "JavaScript tracking", Text: "is put into the storefront."},
		{Name: "Webhooks", Text: "are created."},
		{Name: "Bulk sync", Text: "sends the history.", Link: links.BulkSync},
	}
	if connection.Status(c.Status) == connection.Failed {
		failedSteps(c, steps)
	} else {
		standingSteps(c, steps)
	}
	return steps
}

// phaseOf is how far the setup is, whether the connection is paused or not.
func phaseOf(c apiclient.Connection) connection.Status {
	if c.Phase == "" {
		return connection.Status(c.Status)
	}
	return connection.Status(c.Phase)
}

// standingSteps are those of a setup that is at work or done.
func standingSteps(c apiclient.Connection, steps []fact) {
	phase := phaseOf(c)
	if phase == connection.Validating {
		steps[0].Tone = "busy"
		return
	}
	steps[0].Text, steps[0].Tone = acceptedStore(c), "good"
	scripts, hooks, at := c.Health.Script.Scripts, c.Health.Hooks.Active, phase == connection.Installing
	switch {
	case c.Health.Script.Installed:
		steps[1].Text, steps[1].Tone = fmt.Sprintf("was put into %s.", plural(len(scripts), "storefront", "storefronts")), "good"
	case at:
		steps[1].Tone = "busy"
		return
	default:
		steps[1].Text, steps[1].Tone = "is not in the storefront any more.", "warn"
	}
	switch {
	case hooks > 0:
		steps[2].Text, steps[2].Tone = fmt.Sprintf("were created: %d.", hooks), "good"
	case at:
		steps[2].Tone = "busy"
	default:
		steps[2].Text, steps[2].Tone = "are not active any more.", "warn"
	}
	if at {
		return
	}
	steps[3].Text, steps[3].Tone = historyOf(c)
}

func acceptedStore(c apiclient.Connection) string {
	if c.Store.Domain == "" {
		return "were accepted."
	}
	return fmt.Sprintf("were accepted: %s, %s, %s plan.", c.Store.Name, c.Store.Currency, c.Store.Plan)
}

// historyOf tells how far the bulk sync is. What failed or was skipped is not
// said to be at Ometria.
func historyOf(c apiclient.Connection) (text, tone string) {
	var all apiclient.Progress
	for _, p := range c.Progress {
		all.Total, all.Accepted, all.Rejected, all.Skipped = all.Total+p.Total, all.Accepted+p.Accepted, all.Rejected+p.Rejected, all.Skipped+p.Skipped
	}
	if phaseOf(c) == connection.Connected {
		text = fmt.Sprintf("is in: Ometria accepted %s of %s", count(all.Accepted), plural(int(all.Total), "record", "records"))
		if all.Rejected > 0 {
			text += fmt.Sprintf(", %s failed", count(all.Rejected))
		}
		if all.Skipped > 0 {
			text += fmt.Sprintf(", %s skipped", count(all.Skipped))
		}
		return text + ".", "good"
	}
	text = fmt.Sprintf("has dealt with %s of %s records", count(all.Done()), count(all.Total))
	if connection.Status(c.Status) == connection.Paused {
		return text + " and is paused.", ""
	}
	return text + ".", "busy"
}

// failedSteps are those of a setup that ended before it was through. What came
// before the step that failed was undone, as far as the store let us.
func failedSteps(c apiclient.Connection, steps []fact) {
	at := failedAt(c.Failure)
	for i := range steps {
		switch {
		case at < 0: // nobody noted where
			steps[i].Text = []string{"", "was not finished.", "were not finished.", "has not begun."}[i]
		case i > at:
			steps[i].Text = []string{"", "was not begun.", "were not begun.", "has not begun."}[i]
		case i == at:
			steps[i].Text, steps[i].Tone = []string{"did not pass; see above.", "was not put in; see above.", "were not created; see above.", "did not begin; see above."}[i], "bad"
		default:
			steps[i].Text = []string{"passed at first.", "was put in and taken out again.", "were created and deleted again.", ""}[i]
		}
	}
	if at != 0 {
		passedBefore(c, at, &steps[0])
	}
	if c.Health.Script.Installed && at != 1 {
		steps[1].Text, steps[1].Tone = "was put in and is still there.", "warn"
	}
	if c.Health.Hooks.Active > 0 && at != 2 {
		steps[2].Text, steps[2].Tone = "were created and are still there.", "warn"
	}
}

// passedBefore is about the credentials of a setup that ended at a later step,
// or nobody knows where.
func passedBefore(c apiclient.Connection, at int, step *fact) {
	switch {
	case !c.Health.Credentials.OK:
		step.Text, step.Tone = "passed the check, but a later step was refused; see above.", "warn"
	case at > 0 || c.Store.Domain != "":
		step.Text, step.Tone = acceptedStore(c), "good"
	default:
		step.Text = "were not checked."
	}
}

// failedAt is the place among our steps that a setup ended at; -1 where that is
// not known. Schedules are made between webhooks and bulk sync.
func failedAt(f *apiclient.Failure) int {
	if f == nil {
		return -1
	}
	if at := slices.Index([]string{connection.StepCredentials, connection.StepScript, connection.StepWebhooks, connection.StepBulkSync}, f.Step); at >= 0 {
		return at
	}
	if f.Step == connection.StepSchedules {
		return 3
	}
	switch f.Code {
	case connection.FailureInvalidCredentials, connection.FailureMissingScope, connection.FailureMultiCurrencyStore, connection.FailureUnknownStore:
		return 0
	case connection.FailureScriptLimitReached, connection.FailureScriptRefused:
		return 1
	}
	return -1
}
