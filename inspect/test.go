package inspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
)

// testTimeout bounds a whole test: a person waits for it.
const testTimeout = 45 * time.Second

const currenciesCheck = "BigCommerce: currencies"

// trial is one thing tried against the store. Fields below the line are filled
// by trying it.
type trial struct {
	name  string
	grant string // what the control panel calls the scopes it needs
	try   func(ctx context.Context, shop *bigcommerce.Client, r *connection.Report) (found string, err error)

	found string
	err   error
}

// storeTrials are the cheapest calls that show what a token may do: no endpoint
// lists its scopes (API accounts). The first needs none.
func storeTrials() []*trial {
	probe := func(access bigcommerce.Access) func(context.Context, *bigcommerce.Client, *connection.Report) (string, error) {
		return func(ctx context.Context, shop *bigcommerce.Client, _ *connection.Report) (string, error) {
			return "may be used", shop.Probe(ctx, access)
		}
	}
	const information = "Information & Settings: read-only"
	return []*trial{
		{name: "BigCommerce: store hash and access token", try: probe(bigcommerce.AccessStore)},
		{name: "BigCommerce: store information", grant: information, try: readStore},
		{name: currenciesCheck, grant: information, try: readCurrencies},
		{name: "BigCommerce: customers", grant: "Customers: read-only", try: probe(bigcommerce.AccessCustomers)},
		{name: "BigCommerce: orders", grant: "Orders: read-only", try: probe(bigcommerce.AccessOrders)},
		{name: "BigCommerce: products", grant: "Products: read-only", try: probe(bigcommerce.AccessProducts)},
		{name: "BigCommerce: scripts", grant: "Content: modify and Checkout Content: modify", try: probe(bigcommerce.AccessContent)},
		{name: "BigCommerce: webhooks", grant: "webhooks (part of every API account)", try: probe(bigcommerce.AccessHooks)},
	}
}

func readStore(ctx context.Context, shop *bigcommerce.Client, r *connection.Report) (string, error) {
	info, err := shop.Store.Information(ctx)
	if err != nil {
		return "", err
	}
	r.Store = connection.StoreInfo{
		Name: info.Name, Domain: info.Domain, SecureURL: strings.TrimRight(info.SecureURL, "/"),
		Currency: info.Currency, Country: info.CountryCode, Plan: info.PlanName, PricesIncTax: info.IsPriceEnteredWithTax,
	}
	r.Timezone, r.Theme = info.Timezone.Name, themeOf(ctx, shop, info)
	return fmt.Sprintf("%s, %s, plan %s, default currency %s", info.Name, info.Domain, info.PlanName, info.Currency), nil
}

// themeOf says whether the storefronts can carry the tag. Which storefronts
// there are only a token with the scope Channel Settings may ask.
func themeOf(ctx context.Context, shop *bigcommerce.Client, info bigcommerce.StoreInformation) connection.Theme {
	channels, err := shop.Channels.List(ctx, bigcommerce.ChannelFilter{Available: true, Types: []string{"storefront"}})
	if err == nil && slices.ContainsFunc(channels, func(c bigcommerce.Channel) bool { return c.Platform != "bigcommerce" }) {
		return connection.ThemeHeadless
	}
	switch {
	case info.Features == (bigcommerce.StoreFeatures{}):
		return connection.ThemeUnknown
	case info.Features.StencilEnabled:
		return connection.ThemeStencil
	}
	return connection.ThemeBlueprint
}

func readCurrencies(ctx context.Context, shop *bigcommerce.Client, r *connection.Report) (string, error) {
	all, err := shop.Currencies.List(ctx)
	if err != nil {
		return "", err
	}
	for _, c := range all {
		// Others are for display alone (Currencies v2).
		if c.Enabled && c.IsTransactional {
			r.Currencies = append(r.Currencies, c.Code)
		}
	}
	if len(r.Currencies) == 0 {
		return "shoppers pay in the store's default currency", nil
	}
	return "shoppers pay in " + strings.Join(r.Currencies, ", "), nil
}

// Test tries an authentication: the token with each scope that is needed, the
// store's currencies, and the Ometria key. The error is about ourselves, such
// as store.ErrNotFound; what an account answers is in the report.
func (i *Inspector) Test(ctx context.Context, id connection.AuthenticationID) (connection.Report, error) {
	a, err := i.open(ctx, id, "")
	if err != nil {
		return connection.Report{}, err
	}
	trying, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()

	report := connection.Report{OK: true}
	trials := storeTrials()
	var ometriaCheck connection.Check
	// Each trial writes its own fields of the report. A store takes three
	// reads at a time.
	var group errgroup.Group
	group.SetLimit(4)
	group.Go(func() error {
		ometriaCheck, report.Collections = a.testOmetria(trying)
		return nil
	})
	for _, t := range trials {
		group.Go(func() error {
			if t.found, t.err = t.try(trying, a.shop, &report); t.err != nil {
				a.throttled(trying, t.err)
			}
			return nil
		})
	}
	_ = group.Wait() // trials keep their errors
	if err := ctx.Err(); err != nil {
		return connection.Report{}, err
	}

	report.HoldsContacts = slices.ContainsFunc(report.Collections, func(c connection.Collection) bool { return c.Count > 0 })
	report.Checks = append(a.judge(trials, report.Currencies), ometriaCheck)
	for _, check := range report.Checks {
		report.OK = report.OK && check.OK
	}
	return report, nil
}

// judge turns what was tried into checks. It looks at all trials together: one
// refusal is a missing scope, nothing but refusals is a wrong store hash or a
// dead token, since BigCommerce answers both alike (status codes).
func (a accounts) judge(trials []*trial, currencies []string) []connection.Check {
	granted, refused, unknown := 0, 0, 0
	for _, t := range trials {
		switch {
		case t.err == nil:
			granted++
		case bigcommerce.IsUnauthorized(t.err), bigcommerce.IsForbidden(t.err):
			refused++
		case bigcommerce.IsUnknownRoute(t.err):
			unknown++
		}
	}
	checks := make([]connection.Check, len(trials))
	for at, t := range trials {
		check := connection.Check{Name: t.name, OK: t.err == nil, Message: t.found}
		denied := bigcommerce.IsUnauthorized(t.err) || bigcommerce.IsForbidden(t.err)
		switch {
		case t.err == nil && t.name == currenciesCheck && len(currencies) > 1:
			check.OK, check.Failure = false, connection.FailureMultiCurrencyStore
			check.Message = fmt.Sprintf("shoppers can pay in %s, and an Ometria account takes orders in one currency only. "+
				"Leave one currency transactional in BigCommerce's control panel (Settings, Currencies), then set the connection up again.",
				strings.Join(currencies, ", "))
		case t.err == nil:
		case denied && granted > 0 && t.grant != "":
			check.Failure = connection.FailureMissingScope
			check.Message = fmt.Sprintf("access token lacks %s. Scopes of an API account cannot be changed: "+
				"create a new API account that has it, and a new authentication with its token, which then takes this one's place.", t.grant)
		case denied && refused == len(trials), bigcommerce.IsUnauthorized(t.err):
			check.Failure = connection.FailureInvalidCredentials
			check.Message = fmt.Sprintf("store hash or token wrong: BigCommerce refuses the access token for store %s. "+
				"Compare both with the API account in BigCommerce's control panel, and create a new authentication with the right ones, which then takes this one's place.", a.hash)
		case bigcommerce.IsUnknownRoute(t.err) && unknown == len(trials):
			check.Failure = connection.FailureUnknownStore
			check.Message = fmt.Sprintf("BigCommerce knows no store %s. "+
				"Take the store hash from the API PATH of the API account, and create a new authentication with it.", a.hash)
		default:
			check.Message = notNow("BigCommerce", t.err)
		}
		checks[at] = check
	}
	return checks
}

// testOmetria lists the account's contact collections: that reads no person,
// needs nothing but a good key, and shows whether contacts are there already.
func (a accounts) testOmetria(ctx context.Context) (check connection.Check, found []connection.Collection) {
	check.Name = "Ometria: API key"
	var collections []ometria.Collection
	err := a.takeRead(ctx)
	if err == nil {
		collections, err = a.ometria.Collections(ctx)
	}
	if err != nil {
		a.throttled(ctx, err)
		if ometria.IsCredentials(err) {
			check.Failure = connection.FailureInvalidCredentials
			check.Message = "Ometria refuses the API key. Compare it with the one in Ometria's settings (API keys); " +
				"a new key can need 10 minutes before it works. If it is another, create a new authentication with it, which then takes this one's place."
			return check, nil
		}
		check.Message = notNow("Ometria", err)
		return check, nil
	}
	check.OK = true
	names := make([]string, len(collections))
	for i, c := range collections {
		found = append(found, connection.Collection(c))
		names[i] = fmt.Sprintf("%s (%d)", c.Name, c.Count)
	}
	check.Message = "the account holds no contacts yet"
	if len(names) > 0 {
		check.Message = "contact collections: " + strings.Join(names, ", ")
	}
	return check, found
}

// notNow says that trying again may help. It gives what kind of error it was,
// not its text, which may be of use to nobody.
func notNow(who string, err error) string {
	if wait, ok := errors.AsType[*pacing.WaitError](err); ok {
		return fmt.Sprintf("the call budget of the %s account is used up: try again in %s", who, wait.RetryIn.Round(time.Second))
	}
	if quota, ok := errors.AsType[*bigcommerce.QuotaError](err); ok {
		if quota.PlatformLoad {
			return "BigCommerce is overloaded (429): try again in a minute"
		}
		return fmt.Sprintf("the store's API quota is used up (429): try again in %s", max(quota.ResetIn, time.Second).Round(time.Second))
	}
	if _, ok := errors.AsType[*ometria.ThrottledError](err); ok {
		return "Ometria takes no more calls at the moment (429): try again in a minute"
	}
	status := 0
	if e, ok := errors.AsType[*bigcommerce.APIError](err); ok {
		status = e.Status
	} else if e, ok := errors.AsType[*ometria.APIError](err); ok {
		status = e.Status
	}
	switch {
	case status == http.StatusServiceUnavailable && who == "BigCommerce":
		return "the store is unavailable (503), maybe suspended or under maintenance: try again later"
	case status != 0:
		return fmt.Sprintf("%s answered %d %s: try again in a minute", who, status, http.StatusText(status))
	case errors.Is(err, context.DeadlineExceeded):
		return who + " did not answer in time: try again in a minute"
	}
	if _, ok := errors.AsType[*bigcommerce.DecodeError](err); ok {
		return who + " answered what we cannot read: try again in a minute"
	}
	return who + " could not be reached: try again in a minute"
}
