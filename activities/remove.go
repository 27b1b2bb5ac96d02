package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// StopWorkflows cancels the connection's setup and bulk sync and waits for
// their end: what they have at work would put something into the store again.
func (a *Activities) StopWorkflows(ctx context.Context, in Connection) error {
	defer beat(ctx)()
	return a.Workflows.StopAll(ctx, in.ConnectionID)
}

// RemoveSchedules deletes the connection's schedules.
func (a *Activities) RemoveSchedules(ctx context.Context, in Connection) error {
	if err := a.Schedules.RemoveSchedules(ctx, in.ConnectionID); err != nil {
		return err
	}
	err := a.Store.SetInstalled(ctx, in.ConnectionID, func(i *connection.Installed) { i.Schedules = false })
	return temporalError(unlessGone(err))
}

// RemoveHooks deletes our webhooks, and only ours.
func (a *Activities) RemoveHooks(ctx context.Context, in Connection) (Removed, error) {
	return a.takeOut(ctx, in, (*installer).removeHooks)
}

// RemoveScript deletes our scripts of all channels, and only ours.
func (a *Activities) RemoveScript(ctx context.Context, in Connection) (Removed, error) {
	return a.takeOut(ctx, in, (*installer).removeScripts)
}

// takeOut removes with the authentication in force, and from a connection that
// is going with all those that something may still be there of.
func (a *Activities) takeOut(ctx context.Context, in Connection, remove func(*installer, context.Context) (Removed, error)) (all Removed, err error) {
	defer beat(ctx)()
	c, err := a.Store.Connection(ctx, in.ConnectionID)
	if err != nil {
		return all, temporalError(unlessGone(err))
	}
	with := []connection.AuthenticationID{c.AuthenticationID}
	if c.Phase == connection.Removing {
		with = append(with, c.Replacing.Authentications()...)
	}
	for _, id := range with {
		i, err := a.installerWith(ctx, c, id)
		if connectionIsGone(err) {
			continue
		}
		if err != nil {
			return all, temporalError(err)
		}
		removed, err := remove(i, ctx)
		all.Hooks, all.Scripts, all.LeftBehind = all.Hooks+removed.Hooks, all.Scripts+removed.Scripts, all.LeftBehind || removed.LeftBehind
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func (i *installer) removeHooks(ctx context.Context) (Removed, error) {
	n, err := deleteOurs(ctx, i.shop.Hooks.List, i.ourHook, func(h bigcommerce.Hook) error { return i.shop.Hooks.Delete(ctx, h.ID) })
	removed := Removed{Hooks: n}
	if err != nil {
		return i.leftBehind(ctx, removed, len(i.connection.Installed.Hooks) > 0, fmt.Errorf("delete hooks: %w", err))
	}
	return removed, temporalError(i.note(ctx, func(installed *connection.Installed) {
		installed.Hooks, installed.HooksMadeAt = nil, nil
	}))
}

func (i *installer) removeScripts(ctx context.Context) (Removed, error) {
	n, err := deleteOurs(ctx, i.shop.Scripts.List, i.ours, func(s bigcommerce.Script) error { return i.shop.Scripts.Delete(ctx, s.UUID) })
	removed := Removed{Scripts: n}
	if err != nil {
		return i.leftBehind(ctx, removed, len(i.connection.Installed.Scripts) > 0, fmt.Errorf("delete scripts: %w", err))
	}
	return removed, temporalError(i.note(ctx, func(installed *connection.Installed) { installed.Scripts = nil }))
}

// deleteOurs deletes what is ours of a list and returns how many that were.
// What is gone already is fine.
func deleteOurs[T any](ctx context.Context, list func(context.Context) ([]T, error), ours func(T) bool, remove func(T) error) (deleted int, err error) {
	standing, err := list(ctx)
	if err != nil {
		return 0, err
	}
	for _, one := range standing {
		if !ours(one) {
			continue
		}
		if err := remove(one); err != nil && !bigcommerce.IsNotFound(err) {
			return deleted, err
		}
		deleted++
	}
	return deleted, nil
}

// leftBehind ends a removal that the store does not let us do: no retry helps
// a revoked token. Any other error is tried again.
func (i *installer) leftBehind(ctx context.Context, removed Removed, stands bool, err error) (Removed, error) {
	if !locked(err) {
		return removed, temporalError(err)
	}
	if !stands {
		return removed, nil
	}
	removed.LeftBehind = true
	// An attention goes with its connection; the log outlives a removal.
	i.Logger.Error("left behind in the store: delete it by hand", "connection_id", i.connection.ID, "store_hash", i.connection.StoreHash,
		"scripts", len(i.connection.Installed.Scripts), "hooks", len(i.connection.Installed.Hooks), "err", err)
	return removed, temporalError(i.Store.Attend(ctx, i.connection.ID, leftBehind()))
}

func leftBehind() connection.Attention {
	return connection.Attention{
		Code: connection.LeftBehind, Since: time.Now().UTC(),
		Action: "The store did not let us take everything out again, so our script or webhooks may still be there: delete the script in Script Manager; webhooks end with the API account.",
	}
}

// Erase deletes the connection's records and secrets, and the authentication
// unless another connection uses it.
func (a *Activities) Erase(ctx context.Context, in Connection) error {
	defer beat(ctx)()
	a.references.Forget(in.ConnectionID)
	return temporalError(unlessGone(a.Store.Erase(ctx, in.ConnectionID)))
}
