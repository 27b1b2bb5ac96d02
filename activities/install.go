package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// installer puts our script and hooks into a store, and takes them out again.
// Script and hooks are found by what they are, not only by the ids we noted:
// a step that failed may have done its work.
type installer struct {
	*Activities
	connection connection.Connection // as the authentication of shop sees it
	whole      connection.Connection // as it is
	shop       *bigcommerce.Client
	// consents are the consent categories, by channel, of scripts that new ones
	// are to take the place of.
	consents map[int64]string
}

// setupError names what ends a setup when the store does not let a step in: the
// token is wrong, or it lacks a scope.
func setupError(err error) error {
	switch {
	case bigcommerce.IsUnauthorized(err):
		return failure(connection.FailureInvalidCredentials,
			"BigCommerce refuses the access token: compare it with the API account in the control panel")
	case bigcommerce.IsForbidden(err):
		return failure(connection.FailureMissingScope,
			"the access token lacks a scope that injecting the JavaScript tag and creating webhooks needs: create an API account with Content: modify, Checkout Content: modify and all other sections read-only")
	}
	return temporalError(err)
}

// installer opens the connection's store, whatever its phase.
func (a *Activities) installer(ctx context.Context, id connection.ID) (*installer, error) {
	c, err := a.Store.Connection(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read connection: %w", err)
	}
	return a.installerWith(ctx, c, c.AuthenticationID)
}

// Validate tries both credentials and every scope, refuses a store that takes
// payment in several currencies, and keeps what the store says of itself.
func (a *Activities) Validate(ctx context.Context, in Connection) error {
	defer beat(ctx)()
	c, err := a.Store.Connection(ctx, in.ConnectionID)
	if err != nil {
		return temporalError(err)
	}
	report, err := a.tryAccounts(ctx, c.AuthenticationID)
	if err != nil {
		return err
	}
	if err := a.Store.SetStoreInfo(ctx, c.ID, report.Store); err != nil {
		return temporalError(err)
	}
	if c.Installed.HooksMadeAt != nil {
		return nil // contacts found now may be our own
	}
	return temporalError(a.Store.SetAccountHeldContacts(ctx, c.ID, report.HoldsContacts))
}

// tryAccounts tests an authentication. A check that may pass when it is made
// again is an error that is tried again.
func (a *Activities) tryAccounts(ctx context.Context, id connection.AuthenticationID) (connection.Report, error) {
	report, err := a.Tester.Test(ctx, id)
	if err != nil {
		return report, temporalError(err)
	}
	if failed := report.FirstFailure(); failed != nil {
		return report, failure(failed.Failure, failed.Message)
	}
	for _, check := range report.Checks {
		if !check.OK {
			return report, fmt.Errorf("%s: %s", check.Name, check.Message)
		}
	}
	return report, nil
}

// mustStayClean reports whether nothing of ours may be put into the store: the
// connection is being removed, or its setup failed and was undone. A wish to
// renew the script may still be on its way.
func mustStayClean(c connection.Connection) bool {
	return c.Phase == connection.Removing || c.Phase == connection.Failed
}

// InstallHooks creates the webhooks that are missing and mends those that
// stand.
func (a *Activities) InstallHooks(ctx context.Context, in Connection) error {
	defer beat(ctx)()
	i, err := a.installer(ctx, in.ConnectionID)
	if err != nil || mustStayClean(i.connection) {
		return temporalError(err)
	}
	_, err = i.ensureHooks(ctx)
	return setupError(err)
}

// CreateSchedules creates the reconcile schedule.
func (a *Activities) CreateSchedules(ctx context.Context, in Connection) error {
	c, err := a.Store.Connection(ctx, in.ConnectionID)
	if err != nil {
		return temporalError(err)
	}
	if mustStayClean(c) {
		return nil
	}
	if err := a.Schedules.EnsureSchedules(ctx, c.ID, c.StoreHash); err != nil {
		return err
	}
	return temporalError(a.Store.SetInstalled(ctx, c.ID, func(i *connection.Installed) { i.Schedules = true }))
}

func (i *installer) destination() string {
	return strings.TrimRight(i.PublicURL, "/") + "/webhooks/bigcommerce/" + string(i.connection.ID)
}

func (i *installer) ourHook(h bigcommerce.Hook) bool {
	return h.Destination == i.destination() || slices.ContainsFunc(i.connection.Installed.Hooks,
		func(noted connection.Hook) bool { return noted.ID == h.ID })
}

// ensureHooks makes sure that one active hook of ours stands for each scope
// and returns how many had to be made or mended.
func (i *installer) ensureHooks(ctx context.Context) (mended int, err error) {
	secret, err := i.Store.WebhookSecret(ctx, i.connection.ID)
	if err != nil {
		return 0, fmt.Errorf("read webhook secret: %w", err)
	}
	headers := map[string]string{connection.WebhookSecretHeader: secret.Reveal()}
	standing, err := i.shop.Hooks.List(ctx)
	if err != nil {
		return 0, fmt.Errorf("list hooks: %w", err)
	}
	standing = slices.DeleteFunc(standing, func(h bigcommerce.Hook) bool { return !i.ourHook(h) })
	active := true
	var noted []connection.Hook
	for _, scope := range bigcommerce.HookScopes() {
		input := bigcommerce.HookInput{Scope: scope, Destination: i.destination(), IsActive: &active, Headers: headers}
		at := slices.IndexFunc(standing, func(h bigcommerce.Hook) bool { return h.Scope == scope })
		var hook bigcommerce.Hook
		switch {
		case at < 0:
			if hook, err = i.createHook(ctx, input); err != nil {
				return mended, err
			}
			mended++
		case !standing[at].IsActive || standing[at].Destination != i.destination() ||
			standing[at].Headers[connection.WebhookSecretHeader] != secret.Reveal():
			if hook, err = i.shop.Hooks.Update(ctx, standing[at].ID, input); err != nil {
				return mended, fmt.Errorf("mend hook: %w", err)
			}
			mended++
		default:
			hook = standing[at]
		}
		if at >= 0 {
			standing = slices.Delete(standing, at, at+1)
		}
		noted = append(noted, connection.Hook{ID: hook.ID, Scope: scope, Active: true})
	}
	for _, surplus := range standing { // doubles, or scopes we no longer want
		if err := i.shop.Hooks.Delete(ctx, surplus.ID); err != nil && !bigcommerce.IsNotFound(err) {
			return mended, fmt.Errorf("delete hook: %w", err)
		}
	}
	now := time.Now().UTC()
	return mended, i.note(ctx, func(installed *connection.Installed) {
		installed.Hooks = noted
		if installed.HooksMadeAt == nil {
			installed.HooksMadeAt = &now
		}
	})
}

// createHook creates a hook. What the API answers to a duplicate is not
// documented, so a refusal is taken as the word to list again.
func (i *installer) createHook(ctx context.Context, input bigcommerce.HookInput) (bigcommerce.Hook, error) {
	if err := i.mayMake(ctx); err != nil {
		return bigcommerce.Hook{}, err
	}
	hook, err := i.shop.Hooks.Create(ctx, input)
	if err == nil || !isStatus(err, 409, 422) {
		if err != nil {
			err = fmt.Errorf("create hook: %w", err)
		}
		return hook, err
	}
	standing, listErr := i.shop.Hooks.List(ctx)
	if listErr != nil {
		return hook, fmt.Errorf("list hooks: %w", listErr)
	}
	for _, h := range standing {
		if h.Scope == input.Scope && h.Destination == input.Destination {
			return i.shop.Hooks.Update(ctx, h.ID, input)
		}
	}
	return hook, fmt.Errorf("create hook for %s: %w", input.Scope, err)
}

// connectionIsGone reports whether an installer could not be had because there
// is nothing left to take away.
func connectionIsGone(err error) bool { return errors.Is(err, store.ErrNotFound) }

// unlessGone forgets an error that says that the connection was removed: steps
// that only note something about it would be tried for ever.
func unlessGone(err error) error {
	if connectionIsGone(err) {
		return nil
	}
	return err
}
