package activities

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Reconcile tries the credentials anew, parks a connection whose store has
// become one of several currencies, notes what the store says of itself, mends
// hooks and scripts that are missing or inactive, and begins the fast pass. What
// cannot be mended does not stop the pass, which finds what no webhook told.
func (a *Activities) Reconcile(ctx context.Context, in Connection) (Mended, error) {
	defer beat(ctx)()
	var mended Mended
	c, held, err := a.held(ctx, in.ConnectionID)
	if err == nil && held != HeldRemoved && !c.Replacing.Empty() {
		// Its workflow was lost, or could not finish. What it makes and removes
		// is not mended meanwhile.
		_, err = a.Workflows.ReplaceAuthentication(ctx, c)
		return mended, err
	}
	if err != nil || held == HeldRemoved || held == HeldParked {
		mended.Held = held
		return mended, temporalError(err)
	}
	if c.Phase == connection.Validating || c.Phase == connection.Installing {
		return mended, nil // the setup is at it
	}
	blamed, err := a.recheck(ctx, c)
	var unmended error
	if err == nil && blamed == nil {
		mended, unmended = a.mend(ctx, in.ConnectionID)
		blamed = blameStore(unmended)
	}
	if blamed != nil {
		mended.Held = HeldParked
		return mended, a.park(ctx, c.ID, *blamed)
	}
	if err != nil {
		return mended, temporalError(err)
	}
	if err := a.forgetUninstalled(ctx, c); err != nil {
		return mended, temporalError(err)
	}
	if err := a.forgetUnmapped(ctx, c); err != nil {
		return mended, temporalError(err)
	}
	if err := a.forgetFailing(ctx, c); err != nil {
		return mended, temporalError(err)
	}
	if err := a.ensureSchedules(ctx, c); err != nil {
		return mended, err
	}
	if unmended == nil {
		unmended = a.Store.Reconciled(ctx, c.ID)
	}
	if held == HeldPaused {
		mended.Held = held
		return mended, temporalError(unmended)
	}
	if mended, err = a.firstSlice(ctx, c, mended); err == nil {
		err = temporalError(unmended)
	}
	return mended, err
}

// firstSlice looks at records that the guard holds, and begins the fast pass.
func (a *Activities) firstSlice(ctx context.Context, c connection.Connection, mended Mended) (Mended, error) {
	s, held, err := a.open(ctx, c.ID, pacing.Bulk)
	if err != nil || held != NotHeld {
		mended.Held = held
		return mended, temporalError(err)
	}
	err = s.reviewHeld(ctx)
	if blamed := s.blame(ctx, err); blamed != nil {
		mended.Held = HeldParked
		return mended, s.park(ctx, c.ID, *blamed)
	}
	unreviewed := err
	fast, err := a.passSlice(ctx, connection.FastPass, PassSlice{ConnectionID: c.ID, Left: PassEntities()})
	mended.Left, mended.Looked, mended.Differed, mended.Held = fast.Left, fast.Looked, fast.Differed, fast.Held
	if err == nil {
		err = temporalError(unreviewed)
	}
	return mended, err
}

// ensureSchedules gives connections made by earlier versions the schedules that
// these did not make, and the others the periods of today.
func (a *Activities) ensureSchedules(ctx context.Context, c connection.Connection) error {
	if !c.Installed.Schedules {
		return nil
	}
	return a.Schedules.EnsureSchedules(ctx, c.ID, c.StoreHash)
}

// recheck tries the connection's accounts as its setup did, and returns how to
// park it when one is at fault for good.
func (a *Activities) recheck(ctx context.Context, c connection.Connection) (*connection.Parked, error) {
	report, err := a.Tester.Test(ctx, c.AuthenticationID)
	if err != nil {
		return nil, fmt.Errorf("test authentication: %w", err)
	}
	if blamed := blameReport(report); blamed != nil {
		return blamed, nil
	}
	return nil, a.refreshStore(ctx, c.ID, report)
}

// blameReport returns how to park a connection because of what testing its
// accounts found, or nil. A check that may pass when it is made again blames
// nobody.
func blameReport(report connection.Report) *connection.Parked {
	failed := report.FirstFailure()
	switch {
	case failed == nil:
		return nil
	case failed.Failure == connection.FailureMultiCurrencyStore:
		return &connection.Parked{
			Code: connection.MultiCurrency,
			Detail: fmt.Sprintf("Shoppers can now pay in %s, and an Ometria account takes orders in one currency only, so nothing is sent any more. "+
				"Leave one currency transactional in BigCommerce's control panel (Settings, Currencies): we go on by ourselves.", strings.Join(report.Currencies, ", ")),
		}
	case strings.HasPrefix(failed.Name, "Ometria"):
		return &connection.Parked{Code: connection.OmetriaCredentials, Detail: failed.Message}
	}
	return &connection.Parked{Code: connection.BigCommerceCredentials, Detail: failed.Message}
}

// refreshStore notes what the store says of itself, if it said it.
func (a *Activities) refreshStore(ctx context.Context, id connection.ID, report connection.Report) error {
	if report.Store == (connection.StoreInfo{}) {
		return nil
	}
	return a.Store.SetStoreInfo(ctx, id, report.Store)
}

func (a *Activities) mend(ctx context.Context, id connection.ID) (mended Mended, err error) {
	i, err := a.installer(ctx, id)
	if err != nil {
		return mended, err
	}
	if mended.Hooks, err = i.ensureHooks(ctx); err != nil {
		return mended, err
	}
	if err := i.showBlocked(ctx); err != nil {
		return mended, err
	}
	mended.Script, err = i.ensureScripts(ctx, false)
	why := ""
	if refused, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		why, mended.Script, mended.ScriptRefused = refused.Message(), false, true
	} else if err != nil {
		return mended, err
	}
	if err := i.show(ctx, why != "", connection.ScriptRefused, why); err != nil {
		return mended, err
	}
	return mended, a.Store.NoteMend(ctx, id, mended.Hooks, mended.Script)
}

// showBlocked says when BigCommerce holds the deliveries to our domain back. It
// does so for all paths of a domain, for three minutes at a time, once under
// 90 % of its calls succeed (Webhooks overview).
func (i *installer) showBlocked(ctx context.Context) error {
	admin, err := i.shop.Hooks.Admin(ctx)
	if err != nil {
		// Deliveries only fare better for our knowing: the rest goes on.
		i.Logger.Warn("read how webhooks fare", "connection_id", i.connection.ID, "err", err)
		return nil
	}
	ours := hostOf(i.PublicURL)
	blocked := slices.ContainsFunc(admin.BlockedDomains, func(d bigcommerce.BlockedDomain) bool { return hostOf(d.Destination) == ours })
	return i.show(ctx, blocked, connection.WebhookDomainBlocked, "BigCommerce holds back webhooks to "+ours+
		", because too many calls to it failed: look at the service's and its proxy's logs for answers other than 200. Nothing is lost: what is held back comes later, and each Reconcile looks for it.")
}

// hostOf takes the host out of a URL, or a bare host as it is.
func hostOf(destination string) string {
	if u, err := url.Parse(destination); err == nil && u.Host != "" {
		return strings.ToLower(u.Hostname())
	}
	host, _, _ := strings.Cut(destination, "/")
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(host)
}

// attends reports whether a connection shows an attention.
func attends(c connection.Connection, code string) bool {
	return slices.ContainsFunc(c.Attention, func(have connection.Attention) bool { return have.Code == code })
}

// forgetFailing takes the word about many failing records back once far fewer
// do.
func (a *Activities) forgetFailing(ctx context.Context, c connection.Connection) error {
	if !attends(c, connection.ManyFailing) {
		return nil
	}
	waiting, err := a.Store.Backlog(ctx)
	if err != nil || waiting.InBackoff[c.ID] > connection.ManyFailingOver/2 {
		return err
	}
	return a.Store.Unattend(ctx, c.ID, connection.ManyFailing)
}

// forgetUnmapped takes the word about an unmapped order status back once no
// order was sent with one.
func (a *Activities) forgetUnmapped(ctx context.Context, c connection.Connection) error {
	if !attends(c, connection.UnmappedStatus) {
		return nil
	}
	groups, err := a.Store.Failures(ctx, c.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(groups, func(g store.FailureGroup) bool { return g.Warning && g.Reason.Code == connection.UnmappedStatus }) {
		return nil
	}
	return a.Store.Unattend(ctx, c.ID, connection.UnmappedStatus)
}
