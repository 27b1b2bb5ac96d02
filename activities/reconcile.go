package activities

import (
	"context"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Reconcile looks whether hooks and scripts are present and active, and mends
// them if not.
func (a *Activities) Reconcile(ctx context.Context, in Connection) (Mended, error) {
	defer beat(ctx)()
	var mended Mended
	c, held, err := a.held(ctx, in.ConnectionID)
	if err != nil || held == HeldRemoved || held == HeldParked {
		mended.Held = held
		return mended, temporalError(err)
	}
	if c.Phase == connection.Validating || c.Phase == connection.Installing {
		return mended, nil // the setup is at it
	}
	i, err := a.installer(ctx, in.ConnectionID)
	if err == nil {
		mended.Hooks, err = i.ensureHooks(ctx)
	}
	if err == nil {
		mended.Script, err = i.ensureScripts(ctx, false)
	}
	if blamed := blameStore(err); blamed != nil {
		mended.Held = HeldParked
		return mended, a.park(ctx, c.ID, *blamed)
	}
	if err != nil {
		return mended, temporalError(err)
	}
	return mended, temporalError(a.Store.Reconciled(ctx, c.ID))
}
