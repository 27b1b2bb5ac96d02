package activities

import (
	"context"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// StepFailed is about a person's wish that failed on a connection that is set
// up: renewing the script, renewing the webhooks, a re-sync.
type StepFailed struct {
	ConnectionID connection.ID `json:"connection_id"`
	// About names the wish; Action begins with it. Empty means every wish.
	About  string `json:"about,omitempty"`
	Action string `json:"action,omitempty"` // what happened and what to do; one line
}

// Attend shows that a wish failed. Wishes share one attention, which has a line
// for each that failed last time.
func (a *Activities) Attend(ctx context.Context, in StepFailed) error {
	return temporalError(unlessGone(a.showSteps(ctx, in)))
}

// Unattend shows no more that a wish failed.
func (a *Activities) Unattend(ctx context.Context, in StepFailed) error {
	in.Action = ""
	return temporalError(unlessGone(a.showSteps(ctx, in)))
}

// showSteps puts a wish's line in the place of its earlier one. Only the
// connection's one ConnectionSetup does so, one wish after the other.
func (a *Activities) showSteps(ctx context.Context, in StepFailed) error {
	c, err := a.Store.Connection(ctx, in.ConnectionID)
	if err != nil {
		return err
	}
	var lines []string
	at := slices.IndexFunc(c.Attention, func(have connection.Attention) bool { return have.Code == connection.SetupStepFailed })
	if at >= 0 {
		lines = slices.DeleteFunc(strings.Split(c.Attention[at].Action, "\n"), func(line string) bool { return strings.HasPrefix(line, in.About) })
	}
	setUp := c.Phase != connection.Failed && c.Phase != connection.Removing
	if in.Action != "" && setUp { // otherwise its status says more
		lines = append(lines, in.Action)
	}
	switch {
	case len(lines) > 0:
		return a.Store.Attend(ctx, c.ID, connection.Attention{Code: connection.SetupStepFailed, Action: strings.Join(lines, "\n")})
	case at >= 0:
		return a.Store.Unattend(ctx, c.ID, connection.SetupStepFailed)
	}
	return nil
}
