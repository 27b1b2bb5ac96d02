package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/tag"
)

// Replacement names an authentication that is to take the place of the one in
// force.
type Replacement struct {
	ConnectionID     connection.ID               `json:"connection_id"`
	AuthenticationID connection.AuthenticationID `json:"authentication_id"`
}

// Next says what a wish for a new authentication comes to.
type Next struct {
	// AuthenticationID is the one wanted; empty when none is any more.
	AuthenticationID connection.AuthenticationID `json:"authentication_id,omitempty"`
	// SetUp says that the connection is to be set up with it from the start.
	SetUp bool `json:"set_up,omitempty"`
}

// Switched says whether a wanted authentication is in force.
type Switched struct {
	InForce bool `json:"in_force"`
	// Unparked says that the connection goes on because of it.
	Unparked bool `json:"unparked,omitempty"`
}

// NextAuthentication looks up which authentication is wanted.
func (a *Activities) NextAuthentication(ctx context.Context, in Connection) (Next, error) {
	c, err := a.Store.Connection(ctx, in.ConnectionID)
	if err != nil || c.Phase == connection.Removing {
		return Next{}, temporalError(unlessGone(err))
	}
	var next Next
	if c.Replacing.Wanted != nil {
		next.AuthenticationID = c.Replacing.Wanted.AuthenticationID
	}
	next.SetUp = c.Phase == connection.Validating || c.Phase == connection.Installing ||
		c.Phase == connection.Failed && next.AuthenticationID != ""
	return next, nil
}

// TryAuthentication tries both credentials and every scope of a wanted
// authentication, as Validate does of the one in force.
func (a *Activities) TryAuthentication(ctx context.Context, in Replacement) error {
	defer beat(ctx)()
	_, err := a.tryAccounts(ctx, in.AuthenticationID)
	return err
}

// wanted opens the store with a wanted authentication; nil when it is wanted no
// more, or nothing may be put into the store.
func (a *Activities) wanted(ctx context.Context, in Replacement) (*installer, error) {
	c, err := a.Store.Connection(ctx, in.ConnectionID)
	if err != nil {
		return nil, fmt.Errorf("read connection: %w", err)
	}
	wanted := c.Replacing.Wanted
	if wanted == nil || wanted.AuthenticationID != in.AuthenticationID || mustStayClean(c) {
		return nil, nil
	}
	return a.installerWith(ctx, c, in.AuthenticationID)
}

// InstallScriptWith puts the JavaScript tag into the storefronts with a wanted
// authentication, beside the one that is there.
func (a *Activities) InstallScriptWith(ctx context.Context, in Replacement) error {
	defer beat(ctx)()
	i, err := a.wanted(ctx, in)
	if err != nil || i == nil {
		return temporalError(err)
	}
	i.consents = a.consentsNow(ctx, i.whole)
	_, err = i.ensureScripts(ctx, true)
	return setupError(err)
}

// consentsNow are the consent categories, by channel, that the merchant may have
// chosen in Script Manager for the scripts that stand. They are lost where the
// authentication in force may not ask any more.
func (a *Activities) consentsNow(ctx context.Context, c connection.Connection) map[int64]string {
	chosen := map[int64]string{}
	now, err := a.installerWith(ctx, c, c.AuthenticationID)
	if err != nil {
		return chosen
	}
	scripts, err := now.shop.Scripts.List(ctx)
	if err != nil {
		return chosen
	}
	for _, s := range scripts {
		if now.ours(s) {
			chosen[s.ChannelID] = s.ConsentCategory
		}
	}
	return chosen
}

// InstallHooksWith creates the webhooks with a wanted authentication. Until the
// others are removed each event comes twice, which costs nothing: a delivery
// only marks its record.
func (a *Activities) InstallHooksWith(ctx context.Context, in Replacement) error {
	defer beat(ctx)()
	i, err := a.wanted(ctx, in)
	if err != nil || i == nil {
		return temporalError(err)
	}
	_, err = i.ensureHooks(ctx)
	return setupError(err)
}

// SwitchAuthentication puts a wanted authentication in force.
func (a *Activities) SwitchAuthentication(ctx context.Context, in Replacement) (Switched, error) {
	switched, unparked, err := a.Store.SwitchAuthentication(ctx, in.ConnectionID, in.AuthenticationID)
	if err != nil || switched {
		return Switched{InForce: switched, Unparked: unparked}, temporalError(unlessGone(err))
	}
	c, err := a.Store.Connection(ctx, in.ConnectionID) // an attempt whose answer was lost did it
	return Switched{InForce: c.AuthenticationID == in.AuthenticationID}, temporalError(unlessGone(err))
}

// GiveUpAuthentication leaves a wanted authentication that did not do.
func (a *Activities) GiveUpAuthentication(ctx context.Context, in Replacement) error {
	return temporalError(unlessGone(a.Store.GiveUpAuthentication(ctx, in.ConnectionID, in.AuthenticationID)))
}

// RemoveReplaced removes what was made with authentications that are not in
// force any more, with each one's own token. One that the store does not let in
// is shown, with what to remove by hand.
func (a *Activities) RemoveReplaced(ctx context.Context, in Connection) (Removed, error) {
	defer beat(ctx)()
	var removed Removed
	c, err := a.Store.Connection(ctx, in.ConnectionID)
	if err != nil {
		return removed, temporalError(unlessGone(err))
	}
	for _, left := range c.Replacing.Left {
		i, err := a.installerWith(ctx, c, left.AuthenticationID)
		if err == nil {
			err = i.removeReplaced(ctx, &removed)
		}
		if err == nil {
			err = a.Store.AuthenticationCleared(ctx, c.ID, left.AuthenticationID)
		}
		if err != nil {
			return removed, temporalError(unlessGone(err))
		}
	}
	return removed, nil
}

// removeReplaced deletes what is ours of an API account, but for what another
// authentication of the same account goes on with. What the store refuses to
// delete is shown.
func (i *installer) removeReplaced(ctx context.Context, removed *Removed) error {
	with := i.connection.AuthenticationID
	hooks, err := deleteOurs(ctx, i.shop.Hooks.List,
		func(h bigcommerce.Hook) bool { return i.ourHook(h) && !i.whole.Keeps(with, h.ID, "") },
		func(h bigcommerce.Hook) error { return i.shop.Hooks.Delete(ctx, h.ID) })
	removed.Hooks += hooks
	if err != nil && !locked(err) {
		return fmt.Errorf("delete hooks: %w", err)
	}
	left := i.connection.Installed
	if err == nil {
		left.Hooks = nil
	}
	scripts, err := deleteOurs(ctx, i.shop.Scripts.List,
		func(s bigcommerce.Script) bool { return i.ours(s) && !i.whole.Keeps(with, 0, s.UUID) },
		func(s bigcommerce.Script) error { return i.shop.Scripts.Delete(ctx, s.UUID) })
	removed.Scripts += scripts
	if err != nil && !locked(err) {
		return fmt.Errorf("delete scripts: %w", err)
	}
	if err == nil {
		left.Scripts = nil
	}
	if len(left.Hooks)+len(left.Scripts) == 0 {
		return nil
	}
	removed.LeftBehind = true
	return i.showReplaced(ctx, left)
}

// showReplaced says what a person removes of an authentication that the store
// lets in no more. An API account takes its webhooks along when it is deleted,
// and leaves its scripts (API accounts); Script Manager shows the scripts of all.
func (i *installer) showReplaced(ctx context.Context, left connection.Installed) error {
	var steps []string
	if n := len(left.Scripts); n > 0 {
		steps = append(steps, fmt.Sprintf("under Storefront, Script Manager, delete the older of the scripts named %q (%s)",
			tag.Name(i.whole), counted(n, "script", "scripts, one a storefront")))
	}
	if n := len(left.Hooks); n > 0 {
		steps = append(steps, fmt.Sprintf("under Settings, Store-level API accounts, delete its API account unless it is gone already (%s)",
			counted(n, "webhook ends with it", "webhooks end with it")))
	}
	replaced, err := i.Store.Authentication(ctx, i.connection.AuthenticationID)
	if err != nil {
		return fmt.Errorf("read authentication: %w", err)
	}
	i.Logger.Warn("left behind in the store by a replaced authentication: delete it by hand", "connection_id", i.whole.ID,
		"store_hash", i.whole.StoreHash, "scripts", len(left.Scripts), "hooks", len(left.Hooks))
	return i.Store.Attend(ctx, i.whole.ID, connection.Attention{
		Code: connection.LeftBehind,
		Action: fmt.Sprintf("BigCommerce refuses the access token of the authentication %q, which is not in use any more, so what we made with it may still be in the store. "+
			"In BigCommerce's control panel, %s. Then update the JavaScript tracking, and this note goes.", replaced.Name, strings.Join(steps, "; and ")),
	})
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// locked reports whether the store does not let a token in: no retry helps.
func locked(err error) bool {
	return bigcommerce.IsUnauthorized(err) || bigcommerce.IsForbidden(err) || bigcommerce.IsUnknownRoute(err)
}

// installerWith opens the store with one of the connection's authentications.
func (a *Activities) installerWith(ctx context.Context, c connection.Connection, with connection.AuthenticationID) (*installer, error) {
	accounts, err := a.Dialer.Open(ctx, with, c.IdentificationCode, pacing.Realtime)
	if err != nil {
		return nil, err
	}
	return &installer{Activities: a, connection: c.With(with), whole: c, shop: accounts.BigCommerce}, nil
}

// errReplaced stops work that began before its authentication was replaced: what
// it made now nobody would remove. Tried again it is done with the new one.
var errReplaced = errors.New("the authentication was replaced meanwhile")

// mayMake looks, just before something is made, whether the installer's
// authentication is still in force or wanted.
func (i *installer) mayMake(ctx context.Context) error {
	c, err := i.Store.Connection(ctx, i.connection.ID)
	if err != nil {
		return fmt.Errorf("read connection: %w", err)
	}
	with, wanted := i.connection.AuthenticationID, c.Replacing.Wanted
	if c.AuthenticationID != with && (wanted == nil || wanted.AuthenticationID != with) {
		return errReplaced
	}
	return nil
}

// note keeps what was put into the store with the installer's authentication.
func (i *installer) note(ctx context.Context, change func(*connection.Installed)) error {
	return i.Store.SetInstalledWith(ctx, i.connection.ID, i.connection.AuthenticationID, change)
}
