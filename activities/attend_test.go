package activities

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func TestAttendShowsEachFailedWishUntilItSucceeds(t *testing.T) {
	w := newWorld(t)
	shown := func() (action string) {
		for _, a := range w.reload(w.c.ID).Attention {
			if a.Code == connection.SetupStepFailed {
				require.False(t, a.Since.IsZero())
				action += a.Action
			}
		}
		return action
	}
	script := StepFailed{ConnectionID: w.c.ID, About: "The tag", Action: "The tag: no room."}
	resync := StepFailed{ConnectionID: w.c.ID, About: "The re-sync", Action: "The re-sync: not started."}
	move := func(to connection.Status) {
		_, err := w.Store.SetPhase(w.ctx, w.c.ID, to)
		require.NoError(t, err)
	}
	move(connection.Connected)
	require.NoError(t, w.Unattend(w.ctx, script))
	require.Empty(t, shown())

	for range 2 { // twice is once
		require.NoError(t, w.Attend(w.ctx, script))
		require.Equal(t, "The tag: no room.", shown())
	}
	require.NoError(t, w.Attend(w.ctx, resync))
	require.Equal(t, "The tag: no room.\nThe re-sync: not started.", shown())
	require.NoError(t, w.Unattend(w.ctx, resync))
	require.Equal(t, "The tag: no room.", shown(), "the script still waits for its own success")
	require.NoError(t, w.Attend(w.ctx, StepFailed{ConnectionID: w.c.ID, About: "The tag", Action: "The tag: no scope."}))
	require.Equal(t, "The tag: no scope.", shown(), "the latest failure")
	require.NoError(t, w.Attend(w.ctx, resync))
	require.NoError(t, w.Unattend(w.ctx, StepFailed{ConnectionID: w.c.ID}))
	require.Empty(t, shown(), "a set-up clears all")

	for _, phase := range []connection.Status{connection.Failed, connection.Removing} {
		move(phase)
		require.NoError(t, w.Attend(w.ctx, script))
		require.Empty(t, shown(), "%s says more", phase)
	}
	require.NoError(t, w.Erase(w.ctx, w.ref()))
	require.NoError(t, w.Attend(w.ctx, script))
	require.NoError(t, w.Unattend(w.ctx, script))
}
