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
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

// scriptsPerAccount is how many scripts one API account may have (Scripts
// overview).
const scriptsPerAccount = 10

// installer puts our script and hooks into a store, and takes them out again.
// Script and hooks are found by what they are, not only by the ids we noted:
// a step that failed may have done its work.
type installer struct {
	*Activities
	connection connection.Connection
	shop       *bigcommerce.Client
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
	accounts, err := a.Dialer.Open(ctx, c.AuthenticationID, c.IdentificationCode, pacing.Realtime)
	if err != nil {
		return nil, err
	}
	return &installer{Activities: a, connection: c, shop: accounts.BigCommerce}, nil
}

// Validate tries both credentials and every scope, refuses a store that takes
// payment in several currencies, and keeps what the store says of itself.
func (a *Activities) Validate(ctx context.Context, in Connection) error {
	defer beat(ctx)()
	c, err := a.Store.Connection(ctx, in.ConnectionID)
	if err != nil {
		return temporalError(err)
	}
	report, err := a.Tester.Test(ctx, c.AuthenticationID)
	if err != nil {
		return temporalError(err)
	}
	if failed := report.FirstFailure(); failed != nil {
		return failure(failed.Failure, failed.Message)
	}
	for _, check := range report.Checks {
		if !check.OK {
			return fmt.Errorf("%s: %s", check.Name, check.Message)
		}
	}
	if err := a.Store.SetStoreInfo(ctx, c.ID, report.Store); err != nil {
		return temporalError(err)
	}
	if c.Installed.HooksMadeAt != nil {
		return nil // contacts found now may be our own
	}
	return temporalError(a.Store.SetAccountHeldContacts(ctx, c.ID, report.HoldsContacts))
}

// mustStayClean reports whether nothing of ours may be put into the store: the
// connection is being removed, or its setup failed and was undone. A wish to
// renew the script may still be on its way.
func mustStayClean(c connection.Connection) bool {
	return c.Phase == connection.Removing || c.Phase == connection.Failed
}

// InstallScript puts Ometria's JavaScript tag into the storefront, or renews
// it.
func (a *Activities) InstallScript(ctx context.Context, in Connection) error {
	defer beat(ctx)()
	i, err := a.installer(ctx, in.ConnectionID)
	if err != nil || mustStayClean(i.connection) {
		return temporalError(err)
	}
	_, err = i.ensureScript(ctx, true)
	return setupError(err)
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

// Reconcile looks whether hooks and script are present and active, and mends
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
		mended.Script, err = i.ensureScript(ctx, false)
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

func (i *installer) scriptName() string { return "Ometria " + i.connection.IdentificationCode }

func (i *installer) scriptSource() string { return i.TagURL + i.connection.IdentificationCode + ".js" }

// wanted is the script as it should be. Location and load method keep it out of
// the way of the page; a consent category must be sent, because scripts of
// unknown category do not render behind the consent banner (Scripts overview).
func (i *installer) wanted() bigcommerce.Script {
	return bigcommerce.Script{
		Name: i.scriptName(), Description: "Ometria tracking of visitors",
		Kind: bigcommerce.ScriptKindSrc, Src: i.scriptSource(), LoadMethod: bigcommerce.LoadAsync,
		Location: bigcommerce.LocationFooter, Visibility: bigcommerce.VisibilityAllPages,
		ConsentCategory: bigcommerce.ConsentTargeting, Enabled: true, AutoUninstall: true,
	}
}

func (i *installer) ours(s bigcommerce.Script) bool {
	return s.UUID == i.connection.Installed.ScriptID || s.Name == i.scriptName() && s.Src == i.scriptSource()
}

// ensureScript makes sure that our script stands, once, and reports whether
// something had to be done. With renew it is written anew even if it stands.
func (i *installer) ensureScript(ctx context.Context, renew bool) (mended bool, err error) {
	scripts, err := i.shop.Scripts.List(ctx)
	if err != nil {
		return false, fmt.Errorf("list scripts: %w", err)
	}
	want := i.wanted()
	at := slices.IndexFunc(scripts, i.ours)
	if at < 0 {
		made, err := i.shop.Scripts.Create(ctx, want)
		if err != nil {
			return false, i.scriptRefused(err, len(scripts))
		}
		return true, i.noteScript(ctx, made.UUID)
	}
	found := scripts[at]
	stands := found.Enabled && found.Src == want.Src && found.Visibility == want.Visibility
	if renew || !stands {
		want.ConsentCategory = found.ConsentCategory // the merchant may have chosen another
		if want.ConsentCategory == "" || want.ConsentCategory == "unknown" {
			want.ConsentCategory = bigcommerce.ConsentTargeting
		}
		if _, err := i.shop.Scripts.Update(ctx, found.UUID, want); err != nil {
			return false, i.scriptRefused(err, 0)
		}
	}
	for _, twin := range scripts[at+1:] {
		if i.ours(twin) {
			if err := i.shop.Scripts.Delete(ctx, twin.UUID); err != nil && !bigcommerce.IsNotFound(err) {
				return false, fmt.Errorf("delete second script: %w", err)
			}
		}
	}
	return !stands, i.noteScript(ctx, found.UUID)
}

// scriptRefused names what is wrong when BigCommerce refuses a script. The
// answer beyond the limit is not documented, so any refusal of the content is
// taken for it.
func (i *installer) scriptRefused(err error, standing int) error {
	refused, ok := errors.AsType[*bigcommerce.APIError](err)
	content := ok && refused.FromAPI && refused.Status >= 400 && refused.Status < 500 &&
		!bigcommerce.IsUnauthorized(err) && !bigcommerce.IsForbidden(err) && !bigcommerce.IsNotFound(err)
	if content {
		return failure(connection.FailureScriptLimitReached, fmt.Sprintf(
			"BigCommerce refuses the script (%d: %s); this API account has %d of at most %d: delete one in Script Manager",
			refused.Status, refused.Title, standing, scriptsPerAccount))
	}
	return fmt.Errorf("write script: %w", err)
}

func (i *installer) noteScript(ctx context.Context, uuid string) error {
	return i.Store.SetInstalled(ctx, i.connection.ID, func(installed *connection.Installed) {
		installed.ScriptID, installed.ScriptSource = uuid, i.scriptSource()
	})
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
	return mended, i.Store.SetInstalled(ctx, i.connection.ID, func(installed *connection.Installed) {
		installed.Hooks = noted
		if installed.HooksMadeAt == nil {
			installed.HooksMadeAt = &now
		}
	})
}

// createHook creates a hook. What the API answers to a duplicate is not
// documented, so a refusal is taken as the word to list again.
func (i *installer) createHook(ctx context.Context, input bigcommerce.HookInput) (bigcommerce.Hook, error) {
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
