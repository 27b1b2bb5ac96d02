package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/store"
)

// answers are what the two services say, by path below the store's; a path
// that is absent gets a good answer.
type answers map[string]func(w http.ResponseWriter)

func text(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

const missingScope = `{"status":403,"title":"You don't have a required scope to access the endpoint",
"type":"https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes","errors":{}}`

var good = answers{
	"GET /v2/time":                text(200, `{"time":1732395600}`),
	"GET /v2/store":               text(200, `{"id":"abc123","name":"Hats","domain":"hats.example","secure_url":"https://hats.example/","country_code":"GB","currency":"GBP","plan_name":"Pro","is_price_entered_with_tax":true,"logo":[]}`),
	"GET /v2/currencies":          text(200, `[{"id":1,"currency_code":"GBP","enabled":true,"is_transactional":true,"is_default":true},{"id":2,"currency_code":"EUR","enabled":true,"is_transactional":false},{"id":3,"currency_code":"USD","enabled":false,"is_transactional":true}]`),
	"GET /v2/order_statuses":      text(200, `[{"id":0,"name":"Incomplete","custom_label":"Incomplete"},{"id":2,"name":"Shipped","custom_label":"On its way"},{"id":9,"name":"Awaiting Shipment","custom_label":"Shipped"},{"id":3,"name":"Partially Shipped","custom_label":"Twice"},{"id":10,"name":"Completed","custom_label":"twice "}]`),
	"POST /v3/content/scripts":    text(422, `{"status":422,"title":"name is required","errors":{"name":"required"}}`),
	"GET /v3/customers":           text(200, `{"data":[],"meta":{}}`),
	"GET /v3/catalog/products":    text(200, `{"data":[],"meta":{}}`),
	"GET /v3/hooks":               text(200, `{"data":[],"meta":{}}`),
	"GET /ometria/v2/contacts":    text(200, `[]`),
	"GET /v3/channels":            text(403, missingScope), // asked for the theme alone: the scope is optional
	"GET /v3/channels/unexpected": text(500, ``),
}

// storeRoutes are those that a test of the token calls.
func storeRoutes() []string {
	var routes []string
	for route := range good {
		if !strings.Contains(route, "/ometria/") && !strings.Contains(route, "unexpected") {
			routes = append(routes, route)
		}
	}
	return routes
}

func inspector(t *testing.T, differing answers) *Inspector {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/stores/abc123")
		if answer, ok := differing[route]; ok {
			answer(w)
		} else if answer, ok := good[route]; ok {
			answer(w)
		} else {
			t.Errorf("unexpected call %s", route)
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	shop, err := bigcommerce.New(bigcommerce.Config{BaseURL: server.URL, StoreHash: "abc123", AccessToken: "the-token"})
	require.NoError(t, err)
	account, err := ometria.New(ometria.Config{BaseURL: server.URL + "/ometria", APIKey: "the-key"})
	require.NoError(t, err)
	return &Inspector{open: func(context.Context, connection.AuthenticationID, string) (accounts, error) {
		return accounts{
			hash: "abc123", shop: shop, ometria: account,
			takeRead: func(context.Context) error { return nil }, throttled: func(context.Context, error) {},
		}, nil
	}}
}

func every(routes []string, answer func(http.ResponseWriter)) answers {
	all := answers{}
	for _, r := range routes {
		all[r] = answer
	}
	return all
}

func check(t *testing.T, r connection.Report, name string) connection.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q in %+v", name, r.Checks)
	return connection.Check{}
}

func TestTestOfGoodAccounts(t *testing.T) {
	report, err := inspector(t, nil).Test(t.Context(), "a")
	require.NoError(t, err)
	assert.True(t, report.OK, "%+v", report.Checks)
	assert.Nil(t, report.FirstFailure())
	assert.Equal(t, connection.StoreInfo{
		Name: "Hats", Domain: "hats.example", SecureURL: "https://hats.example", Currency: "GBP", Country: "GB", Plan: "Pro", PricesIncTax: true,
	}, report.Store)
	assert.Equal(t, []string{"GBP"}, report.Currencies)
	assert.False(t, report.HoldsContacts)
	assert.Equal(t, "Hats, hats.example, plan Pro, default currency GBP", check(t, report, "BigCommerce: store information").Message)
	assert.Len(t, report.Checks, 9)
	for _, c := range report.Checks {
		assert.NotEmpty(t, c.Message, c.Name)
	}
}

func TestTestFindsWhatIsWrong(t *testing.T) {
	const shopCheck, key = "BigCommerce: store hash and access token", "Ometria: API key"
	cases := map[string]struct {
		differing answers
		check     string
		failure   string
		message   string // part of it
		first     string // the setup's failure, if any
	}{
		"every probe refused": {every(storeRoutes(), text(403, missingScope)), shopCheck,
			connection.FailureInvalidCredentials, "store hash or token wrong", connection.FailureInvalidCredentials},
		"token revoked": {every(storeRoutes(), text(401, `{"status":401,"title":"Unauthorized","errors":{}}`)), shopCheck,
			connection.FailureInvalidCredentials, "store hash or token wrong", connection.FailureInvalidCredentials},
		"orders scope missing": {answers{"GET /v2/order_statuses": text(403, missingScope)}, "BigCommerce: orders",
			connection.FailureMissingScope, "lacks Orders: read-only.", connection.FailureMissingScope},
		"customers scope missing": {answers{"GET /v3/customers": text(403, missingScope)}, "BigCommerce: customers",
			connection.FailureMissingScope, "lacks Customers: read-only.", connection.FailureMissingScope},
		"products scope missing": {answers{"GET /v3/catalog/products": text(403, missingScope)}, "BigCommerce: products",
			connection.FailureMissingScope, "lacks Products: read-only.", connection.FailureMissingScope},
		"scripts may not be written": {answers{"POST /v3/content/scripts": text(403, missingScope)}, "BigCommerce: scripts",
			connection.FailureMissingScope, "lacks Content: modify and Checkout Content: modify.", connection.FailureMissingScope},
		"information scope missing": {answers{"GET /v2/store": text(403, missingScope), "GET /v2/currencies": text(403, missingScope)}, currenciesCheck,
			connection.FailureMissingScope, "lacks Information & Settings: read-only.", connection.FailureMissingScope},
		"unknown store": {every(storeRoutes(), text(404, `The route is not found, check the URL`)), shopCheck,
			connection.FailureUnknownStore, "knows no store abc123", connection.FailureUnknownStore},
		"two paying currencies": {answers{"GET /v2/currencies": text(200, `[{"id":1,"currency_code":"GBP","enabled":true,"is_transactional":true},{"id":2,"currency_code":"EUR","enabled":true,"is_transactional":true}]`)}, currenciesCheck,
			connection.FailureMultiCurrencyStore, "GBP, EUR", connection.FailureMultiCurrencyStore},
		"store in maintenance": {every(storeRoutes(), text(503, `<html>Down for maintenance</html>`)), shopCheck,
			"", "unavailable (503)", ""},
		"refused here, unavailable there": {func() answers {
			a := every(storeRoutes(), text(503, ``))
			a["GET /v3/customers"] = text(403, missingScope)
			return a
		}(), "BigCommerce: customers", "", "403", ""},
		"quota used up": {answers{"GET /v3/hooks": func(w http.ResponseWriter) {
			w.Header().Set("X-Rate-Limit-Time-Window-Ms", "30000")
			w.Header().Set("X-Rate-Limit-Time-Reset-Ms", "12000")
			w.Header().Set("X-Rate-Limit-Requests-Quota", "150")
			w.Header().Set("X-Rate-Limit-Requests-Left", "0")
			w.WriteHeader(429)
		}}, "BigCommerce: webhooks", "", "try again in 12s", ""},
		"platform load":  {answers{"GET /v3/hooks": text(429, ``)}, "BigCommerce: webhooks", "", "overloaded", ""},
		"garbled answer": {answers{"GET /v3/customers": text(200, `{"data":[`)}, "BigCommerce: customers", "", "cannot read", ""},
		"ometria key refused": {answers{"GET /ometria/v2/contacts": text(403, `whatever`)}, key,
			connection.FailureInvalidCredentials, "can need 10 minutes", connection.FailureInvalidCredentials},
		"ometria key refused with 401": {answers{"GET /ometria/v2/contacts": text(401, ``)}, key,
			connection.FailureInvalidCredentials, "can need 10 minutes", connection.FailureInvalidCredentials},
		"ometria down":      {answers{"GET /ometria/v2/contacts": text(503, ``)}, key, "", "Ometria answered 503", ""},
		"ometria throttled": {answers{"GET /ometria/v2/contacts": text(429, ``)}, key, "", "429", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			report, err := inspector(t, c.differing).Test(t.Context(), "a")
			require.NoError(t, err)
			assert.False(t, report.OK)
			got := check(t, report, c.check)
			assert.False(t, got.OK)
			assert.Equal(t, c.failure, got.Failure)
			assert.Contains(t, got.Message, c.message)
			if first := report.FirstFailure(); c.first == "" {
				assert.Nil(t, first)
			} else if assert.NotNil(t, first) {
				assert.Equal(t, c.first, first.Failure)
			}
			said, err := json.Marshal(report)
			require.NoError(t, err)
			assert.NotContains(t, string(said), "the-token")
			assert.NotContains(t, string(said), "the-key")
		})
	}
}

// A missing scope is told before the currencies that could be read all the same.
func TestMissingScopeBesideOthersLeavesThemOK(t *testing.T) {
	report, err := inspector(t, answers{"GET /v2/order_statuses": text(403, missingScope)}).Test(t.Context(), "a")
	require.NoError(t, err)
	for _, c := range report.Checks {
		assert.Equal(t, c.Name != "BigCommerce: orders", c.OK, c.Name)
	}
}

func TestAccountThatHoldsContacts(t *testing.T) {
	report, err := inspector(t, answers{"GET /ometria/v2/contacts": text(200, `[{"collection":"default","count":12}]`)}).Test(t.Context(), "a")
	require.NoError(t, err)
	assert.True(t, report.OK)
	assert.True(t, report.HoldsContacts)
	assert.Contains(t, check(t, report, "Ometria: API key").Message, "default (12)")
}

func TestUnreachableServices(t *testing.T) {
	i := inspector(t, nil)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	shop, err := bigcommerce.New(bigcommerce.Config{BaseURL: gone.URL, StoreHash: "abc123", AccessToken: "the-token"})
	require.NoError(t, err)
	opened := i.open
	i.open = func(ctx context.Context, id connection.AuthenticationID, account string) (accounts, error) {
		a, err := opened(ctx, id, account)
		a.shop = shop
		return a, err
	}
	report, err := i.Test(t.Context(), "a")
	require.NoError(t, err)
	assert.False(t, report.OK)
	assert.Nil(t, report.FirstFailure(), "trying again may help")
	assert.Equal(t, "BigCommerce could not be reached: try again in a minute", report.Checks[0].Message)
}

func TestOpenFails(t *testing.T) {
	mine := errors.New("no such row")
	i := &Inspector{open: func(context.Context, connection.AuthenticationID, string) (accounts, error) { return accounts{}, mine }}
	_, err := i.Test(t.Context(), "a")
	assert.ErrorIs(t, err, mine)
	_, err = i.OrderStatuses(t.Context(), "a")
	assert.ErrorIs(t, err, mine)
}

func TestResolveStatusRules(t *testing.T) {
	number := func(n int) *int { return &n }
	rules := []connection.StatusRule{
		{Label: "on its way"}, // a custom label, in any case
		{Label: "Completed"},  // only a name
		{Label: "Shipped"},    // the label of 9 goes before the name of 2
		{StatusID: number(4), Label: "anything"},
		{Label: "Lost"},
		{Label: "Twice"},
	}
	resolved, bad, err := inspector(t, nil).ResolveStatusRules(t.Context(), "a", rules)
	require.NoError(t, err)
	require.Len(t, resolved, len(rules))
	assert.Equal(t, []*int{number(2), number(10), number(9), number(4)},
		[]*int{resolved[0].StatusID, resolved[1].StatusID, resolved[2].StatusID, resolved[3].StatusID})
	require.Len(t, bad, 2)
	assert.Equal(t, connection.FieldError{
		Field: "order_status_mapping[4].label", Code: "unknown",
		Message: `the store has no order status "Lost"; it has Incomplete, On its way, Shipped, Twice, twice `,
	}, bad[0])
	assert.Equal(t, "order_status_mapping[5].label", bad[1].Field)
	assert.Equal(t, "invalid", bad[1].Code)
	assert.Nil(t, rules[0].StatusID, "the caller's rules stay as they are")
}

func TestResolveStatusRulesWithoutAnAnswer(t *testing.T) {
	_, _, err := inspector(t, answers{"GET /v2/order_statuses": text(403, missingScope)}).
		ResolveStatusRules(t.Context(), "a", []connection.StatusRule{{Label: "Lost"}})
	assert.True(t, bigcommerce.IsForbidden(err), fmt.Sprint(err))
}

// Through the real store, pacer and dialer.
func TestNew(t *testing.T) {
	ctx := t.Context()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/stores/abc123/") {
			assert.Equal(t, "the-token", r.Header.Get("X-Auth-Token"))
		} else {
			assert.Equal(t, "the-key", r.Header.Get("X-Ometria-Auth"))
		}
		answer, ok := good[r.Method+" "+strings.TrimPrefix(r.URL.Path, "/stores/abc123")]
		if assert.True(t, ok, r.URL.Path) {
			answer(w)
		}
	}))
	t.Cleanup(server.Close)
	logger := slog.New(slog.DiscardHandler)
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	database, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "inspect.db"), keys, logger)
	require.NoError(t, err)
	t.Cleanup(func() { _ = database.Close() })
	require.NoError(t, database.Migrate(ctx))
	id := connection.NewAuthenticationID()
	require.NoError(t, database.CreateAuthentication(ctx,
		connection.Authentication{ID: id, Name: "Hats", StoreHash: "abc123", ClientID: "c"},
		connection.Credentials{AccessToken: "the-token", OmetriaAPIKey: "the-key"}))
	pacer := pacing.New(database, pacing.Options{Reserve: 0.2, PushesPerSecond: 8, ReadsPerSecond: 4, MaxWait: 30 * time.Second}, logger)
	i := New(database, remote.NewDialer(database, pacer, remote.Options{
		BigCommerceURL: server.URL, OmetriaURL: server.URL + "/ometria", Logger: logger,
	}))

	report, err := i.Test(ctx, id)
	require.NoError(t, err)
	assert.True(t, report.OK, "%+v", report.Checks)
	statuses, err := i.OrderStatuses(ctx, id)
	require.NoError(t, err)
	assert.Len(t, statuses, 5)

	_, err = i.Test(ctx, connection.NewAuthenticationID())
	assert.ErrorIs(t, err, store.ErrNotFound)
}

func TestThemeOfTheStorefronts(t *testing.T) {
	storeWith := func(features string) func(http.ResponseWriter) {
		return text(200, `{"id":"abc123","name":"Hats","domain":"hats.example","logo":[],"timezone":{"name":"Europe/London"},"features":`+features+`}`)
	}
	headless := text(200, `{"data":[{"id":1,"type":"storefront","platform":"bigcommerce"},{"id":2,"type":"storefront","platform":"catalyst"}],"meta":{}}`)
	for name, c := range map[string]struct {
		differing answers
		want      connection.Theme
	}{
		"stencil":                {answers{"GET /v2/store": storeWith(`{"stencil_enabled":true,"checkout_type":"optimized"}`)}, connection.ThemeStencil},
		"blueprint":              {answers{"GET /v2/store": storeWith(`{"stencil_enabled":false,"checkout_type":"optimized"}`)}, connection.ThemeBlueprint},
		"headless among others":  {answers{"GET /v2/store": storeWith(`{"stencil_enabled":true}`), "GET /v3/channels": headless}, connection.ThemeHeadless},
		"nothing said of themes": {answers{"GET /v2/store": storeWith(`{}`)}, connection.ThemeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := inspector(t, c.differing).Test(t.Context(), "a")
			require.NoError(t, err)
			assert.True(t, report.OK, "the scope that tells of storefronts is optional")
			assert.Equal(t, c.want, report.Theme)
			assert.Equal(t, "Europe/London", report.Timezone)
		})
	}
}
