package activities

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// call speaks to the store as somebody else or as the merchant.
func (w *world) call(token, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/stores/simstore"+path, strings.NewReader(body))
	r.Header.Set("X-Auth-Token", token)
	r.Header.Set("Content-Type", "application/json")
	rw := httptest.NewRecorder()
	w.shop.ServeHTTP(rw, r)
	return rw
}

const ours = "bigcommerce-token"

func list[T any](w *world, token, path string) []T {
	w.t.Helper()
	answer := w.call(token, "GET", path, "")
	require.Equal(w.t, http.StatusOK, answer.Code, answer.Body)
	var page struct{ Data []T }
	require.NoError(w.t, json.Unmarshal(answer.Body.Bytes(), &page))
	return page.Data
}

func (w *world) scripts() []bigcommerce.Script {
	return list[bigcommerce.Script](w, ours, "/v3/content/scripts")
}

func (w *world) hooks() []bigcommerce.Hook {
	return list[bigcommerce.Hook](w, ours, "/v3/hooks?limit=250")
}

// writes counts what was made, changed and deleted since the last look.
func (w *world) writes() int {
	n := 0
	for _, request := range w.requested() {
		if !strings.HasPrefix(request, "GET ") {
			n++
		}
	}
	return n
}

func failedWith(t *testing.T, kind string, err error) *temporal.ApplicationError {
	t.Helper()
	app, ok := err.(*temporal.ApplicationError) // inside another error Temporal would not see it
	require.True(t, ok, "got %T: %v", err, err)
	assert.Equal(t, kind, app.Type())
	assert.True(t, app.NonRetryable())
	assert.NotEmpty(t, app.Message())
	return app
}

func TestInstallScriptTwiceMakesOne(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	scripts := w.scripts()
	require.Len(t, scripts, 1)
	s := scripts[0]
	assert.Equal(t, "https://cdn.example.com/tags/code.js", s.Src)
	assert.Equal(t, bigcommerce.VisibilityAllPages, s.Visibility)
	assert.Equal(t, bigcommerce.ConsentTargeting, s.ConsentCategory)
	assert.True(t, s.Enabled)
	assert.Equal(t, []connection.Script{{ID: s.UUID, ChannelID: 1}}, w.reload(w.c.ID).Installed.Scripts)
}

// The activity may have died between making the script and noting it.
func TestInstallScriptFindsOneThatWasNotNoted(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	forget := func(i *connection.Installed) { *i = connection.Installed{} }
	require.NoError(t, w.Store.SetInstalled(w.ctx, w.c.ID, forget))
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	require.Len(t, w.scripts(), 1)
	assert.Len(t, w.reload(w.c.ID).Installed.Scripts, 1)
}

func TestInstallScriptMendsAndRemovesDoubles(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	s := w.scripts()[0]
	foreign := `{"name":"Chat","kind":"src","src":"https://chat.example.com/a.js","location":"head","visibility":"storefront","consent_category":"functional"}`
	require.Equal(t, 200, w.call(ours, "POST", "/v3/content/scripts", foreign).Code)
	double, err := json.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, 200, w.call(ours, "POST", "/v3/content/scripts", string(double)).Code)
	require.Equal(t, 200, w.call(ours, "PUT", "/v3/content/scripts/"+s.UUID,
		`{"enabled":false,"consent_category":"analytics"}`).Code)

	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.True(t, mended.Script)
	scripts := w.scripts()
	require.Len(t, scripts, 2)
	for _, script := range scripts {
		if script.Name == "Chat" {
			continue
		}
		assert.Equal(t, s.UUID, script.UUID)
		assert.True(t, script.Enabled)
		assert.Equal(t, bigcommerce.ConsentAnalytics, script.ConsentCategory, "the merchant's choice is kept")
	}
}

// A new identification code renews the script that stands.
func TestInstallScriptAfterTheIdentificationCodeChanged(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	_, err := w.Store.UpdateConnection(w.ctx, w.c.ID, 0, func(c *connection.Connection) error {
		c.IdentificationCode = "other"
		return nil
	})
	require.NoError(t, err)
	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.True(t, mended.Script)
	scripts := w.scripts()
	require.Len(t, scripts, 1)
	assert.Equal(t, "https://cdn.example.com/tags/other.js", scripts[0].Src)
}

func TestInstallScriptRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		order func(*world)
		kind  string
		says  string
	}{
		"no content scope": {func(w *world) {
			require.NoError(w.t, w.shop.SetScopes([]string{"store_v2_information_read_only"}))
		}, connection.FailureMissingScope, "Content: modify"},
		"no checkout scope": {func(w *world) {
			require.NoError(w.t, w.shop.SetScopes([]string{"store_v2_content"}))
		}, connection.FailureMissingScope, "Checkout Content: modify"},
		"ten scripts": {func(w *world) {
			for range 10 {
				body := `{"name":"x","kind":"src","src":"https://x.example.com/a.js","location":"head","visibility":"storefront","consent_category":"functional"}`
				require.Equal(w.t, 200, w.call(ours, "POST", "/v3/content/scripts", body).Code)
			}
		}, connection.FailureScriptLimitReached, "delete one in Script Manager"},
		"token revoked": {func(w *world) {
			require.NoError(w.t, w.shop.RemoveAccount("bigcommerce-client"))
		}, connection.FailureInvalidCredentials, "token"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.order(w)
			app := failedWith(t, tc.kind, w.InstallScript(w.ctx, w.ref()))
			assert.Contains(t, app.Message(), tc.says)
		})
	}
	t.Run("store down", func(t *testing.T) {
		w := newWorld(t)
		w.orderShop(faults.Fault{Path: "/content/scripts", Status: 503})
		err := w.InstallScript(w.ctx, w.ref())
		require.Error(t, err)
		app, ok := errors.AsType[*temporal.ApplicationError](err)
		assert.False(t, ok && app.NonRetryable(), "it is tried again")
	})
}

func TestInstallHooksTwiceMakesOneAScope(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
	made := w.reload(w.c.ID).Installed.HooksMadeAt
	require.NotNil(t, made)
	w.requested()
	require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
	assert.Zero(t, w.writes(), "what stands is left alone")
	secret, err := w.Store.WebhookSecret(w.ctx, w.c.ID)
	require.NoError(t, err)
	hooks := w.hooks()
	scopes := map[string]bool{}
	for _, hook := range hooks {
		scopes[hook.Scope] = true
		assert.True(t, hook.IsActive)
		assert.Equal(t, "https://sync.example.com/webhooks/bigcommerce/"+string(w.c.ID), hook.Destination)
		assert.Equal(t, secret.Reveal(), hook.Headers[connection.WebhookSecretHeader])
	}
	assert.Len(t, hooks, len(bigcommerce.HookScopes()))
	assert.Len(t, scopes, len(bigcommerce.HookScopes()))
	installed := w.reload(w.c.ID).Installed
	assert.Len(t, installed.Hooks, len(hooks))
	assert.Equal(t, made, installed.HooksMadeAt)
}

// Whatever became of the hooks, afterwards one active hook of ours stands for
// each scope, and nobody else's was touched.
func TestReconcileMendsHooks(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.shop.AddAccount(bigcommercesim.APIAccount{
		AccessToken: "other-token", ClientID: "other", Scopes: bigcommercesim.DefaultScopes(),
	}))
	foreign := `{"scope":"store/order/created","destination":"https://other.example.com/hooks","is_active":false}`
	require.Equal(t, 200, w.call("other-token", "POST", "/v3/hooks", foreign).Code)
	mine := `{"scope":"store/order/created","destination":"https://mine.example.com/hooks","is_active":true}`
	require.Equal(t, 200, w.call(ours, "POST", "/v3/hooks", mine).Code, "the account serves another program too")
	require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
	w.requested()

	var own []bigcommerce.Hook
	for _, hook := range w.hooks() {
		if strings.HasPrefix(hook.Destination, w.PublicURL) {
			own = append(own, hook)
		}
	}
	id := func(n int) string { return "/v3/hooks/" + connection.RecordID(own[n].ID).String() }
	require.Equal(t, 200, w.call(ours, "DELETE", id(0), "").Code)
	require.Equal(t, 200, w.call(ours, "PUT", id(1), `{"is_active":false}`).Code)
	require.Equal(t, 200, w.call(ours, "PUT", id(2), `{"destination":"https://elsewhere.example.com/"}`).Code)
	require.Equal(t, 200, w.call(ours, "PUT", id(3), `{"headers":{"X-Other":"1"}}`).Code)
	stale := `{"scope":"store/cart/created","destination":"` + own[4].Destination + `","is_active":true}`
	require.Equal(t, 200, w.call(ours, "POST", "/v3/hooks", stale).Code, "a scope that we no longer want")

	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, 4, mended.Hooks)
	assert.True(t, mended.Script, "it was never there")
	perScope := map[string]int{}
	for _, hook := range w.hooks() {
		if hook.Destination == "https://mine.example.com/hooks" {
			continue
		}
		perScope[hook.Scope]++
		assert.True(t, hook.IsActive)
		assert.Equal(t, own[4].Destination, hook.Destination)
		assert.NotEmpty(t, hook.Headers[connection.WebhookSecretHeader])
	}
	assert.Len(t, perScope, len(bigcommerce.HookScopes()))
	for scope, n := range perScope {
		assert.Equal(t, 1, n, scope)
	}
	others := list[bigcommerce.Hook](w, "other-token", "/v3/hooks")
	require.Len(t, others, 1)
	assert.False(t, others[0].IsActive, "left as it was")
	assert.False(t, w.reload(w.c.ID).LastReconcileAt.IsZero())

	again, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, Mended{}, again)
}

// What BigCommerce answers to a duplicate is not documented.
func TestInstallHooksTakesARefusalForADuplicate(t *testing.T) {
	for _, status := range []int{409, 422} {
		w := newWorld(t)
		w.orderShop(faults.Fault{
			Method: "POST", Path: "/v3/hooks", Status: status, Work: true, Times: 1, Body: `{"status":422,"title":"Duplicate"}`,
		})
		require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
		assert.Len(t, w.hooks(), len(bigcommerce.HookScopes()))
	}
	w := newWorld(t)
	w.orderShop(faults.Fault{Method: "POST", Path: "/v3/hooks", Status: 422, Body: `{"status":422,"title":"No"}`})
	assert.ErrorContains(t, w.InstallHooks(w.ctx, w.ref()), "422", "a refusal for another reason")
}

func TestInstallHooksRefused(t *testing.T) {
	w := newWorld(t)
	w.orderShop(faults.Fault{Method: "POST", Path: "/v3/hooks", Status: 403, Body: `{"status":403,"title":"Forbidden"}`, Skip: 3})
	failedWith(t, connection.FailureMissingScope, w.InstallHooks(w.ctx, w.ref()))
	w.shop.Faults().Clear()
	removed, err := w.RemoveHooks(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, 3, removed.Hooks, "those that were made and not noted are found")
	assert.Empty(t, w.hooks())
}

// A wish to renew the script may come after a setup failed and was undone, or
// while the connection is being removed.
func TestNothingIsInstalledForAFailedOrGoingConnection(t *testing.T) {
	for _, phase := range []connection.Status{connection.Failed, connection.Removing} {
		w := newWorld(t)
		_, err := w.Store.SetPhase(w.ctx, w.c.ID, phase)
		require.NoError(t, err)
		require.NoError(t, w.InstallScript(w.ctx, w.ref()))
		require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
		mended, err := w.Reconcile(w.ctx, w.ref())
		require.NoError(t, err)
		assert.Equal(t, HeldRemoved, mended.Held)
		assert.Empty(t, w.requested())
	}
}

func TestReconcileLeavesASetupAloneAndParksWhatIsAtFault(t *testing.T) {
	w := newWorld(t)
	_, err := w.Store.SetPhase(w.ctx, w.c.ID, connection.Installing)
	require.NoError(t, err)
	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, Mended{}, mended)
	assert.Empty(t, w.requested())

	_, err = w.Store.SetPhase(w.ctx, w.c.ID, connection.Connected)
	require.NoError(t, err)
	require.NoError(t, w.shop.RemoveAccount("bigcommerce-client"))
	mended, err = w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, HeldParked, mended.Held)
	assert.Equal(t, connection.BigCommerceCredentials, w.reload(w.c.ID).Parked.Code)
	mended, err = w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, HeldParked, mended.Held)
}

func TestValidate(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Domain = "hats.example.com" })
	require.NoError(t, w.Validate(w.ctx, w.ref()))
	c := w.reload(w.c.ID)
	assert.Equal(t, "hats.example.com", c.Store.Domain)
	assert.False(t, c.AccountHeldContacts)
	_, err := w.SyncRecord(w.ctx, w.record(connection.Customers, w.create(connection.Customers, map[string]any{})))
	require.NoError(t, err)
	require.NoError(t, w.Validate(w.ctx, w.ref()))
	assert.True(t, w.reload(w.c.ID).AccountHeldContacts)

	t.Run("contacts found after the hooks were made may be our own", func(t *testing.T) {
		require.NoError(t, w.Store.SetAccountHeldContacts(w.ctx, w.c.ID, false))
		require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
		require.NoError(t, w.Validate(w.ctx, w.ref()))
		assert.False(t, w.reload(w.c.ID).AccountHeldContacts)
	})
	t.Run("named failure", func(t *testing.T) {
		require.NoError(t, w.shop.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"USD", "EUR"}}))
		failedWith(t, connection.FailureMultiCurrencyStore, w.Validate(w.ctx, w.ref()))
	})
	t.Run("what may pass is tried again", func(t *testing.T) {
		w := newWorld(t)
		w.orderShop(faults.Fault{Status: 503})
		err := w.Validate(w.ctx, w.ref())
		require.Error(t, err)
		_, isNamed := errors.AsType[*temporal.ApplicationError](err)
		assert.False(t, isNamed)
	})
}

type schedules struct{ made, removed []connection.ID }

func (s *schedules) EnsureSchedules(_ context.Context, id connection.ID, _ connection.StoreHash) error {
	s.made = append(s.made, id)
	return nil
}

func (s *schedules) RemoveSchedules(_ context.Context, id connection.ID) error {
	s.removed = append(s.removed, id)
	return nil
}

func TestCreateAndRemoveSchedules(t *testing.T) {
	w := newWorld(t)
	s := &schedules{}
	w.Schedules = s
	require.NoError(t, w.CreateSchedules(w.ctx, w.ref()))
	assert.True(t, w.reload(w.c.ID).Installed.Schedules)
	require.NoError(t, w.RemoveSchedules(w.ctx, w.ref()))
	assert.False(t, w.reload(w.c.ID).Installed.Schedules)
	assert.Equal(t, []connection.ID{w.c.ID}, s.made)
	assert.Equal(t, []connection.ID{w.c.ID}, s.removed)
}
