package activities

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

var (
	stencil  = bigcommercesim.Channel{ID: 1, Name: "Shop", Platform: "bigcommerce"}
	second   = bigcommercesim.Channel{ID: 7, Name: "Outlet", Platform: "bigcommerce"}
	catalyst = bigcommercesim.Channel{ID: 8, Name: "New shop", Platform: "catalyst"}
	next     = bigcommercesim.Channel{ID: 9, Name: "App", Platform: "next"}
)

// byChannel are the scripts that stand: one a channel, noted as ours.
func (w *world) byChannel() map[int64]bigcommerce.Script {
	w.t.Helper()
	found := map[int64]bigcommerce.Script{}
	for _, s := range w.scripts() {
		require.NotContains(w.t, found, s.ChannelID, "two scripts in channel %d", s.ChannelID)
		found[s.ChannelID] = s
	}
	noted := w.reload(w.c.ID).Installed.Scripts
	assert.Len(w.t, noted, len(found))
	for _, script := range noted {
		assert.Equal(w.t, found[script.ChannelID].UUID, script.ID)
	}
	return found
}

func (w *world) channelIDs() (ids []int64) {
	for id := range w.byChannel() {
		ids = append(ids, id)
	}
	return ids
}

func (w *world) attentionTo(code string) string {
	w.t.Helper()
	for _, a := range w.reload(w.c.ID).Attention {
		if a.Code == code {
			return a.Action
		}
	}
	return ""
}

func (w *world) choose(change func(*connection.Connection)) {
	w.t.Helper()
	_, err := w.Store.UpdateConnection(w.ctx, w.c.ID, 0, func(c *connection.Connection) error {
		change(c)
		return nil
	})
	require.NoError(w.t, err)
}

func TestOneScriptAStorefrontChannel(t *testing.T) {
	w := newWorld(t)
	w.shop.SetChannels(stencil, second)
	for range 2 {
		require.NoError(t, w.InstallScript(w.ctx, w.ref()))
		assert.ElementsMatch(t, []int64{1, 7}, w.channelIDs())
	}
	before := w.byChannel()
	w.shop.SetChannels(stencil, second, catalyst)
	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.True(t, mended.Script, "a new channel gets its script")
	assert.ElementsMatch(t, []int64{1, 7, 8}, w.channelIDs())
	assert.Equal(t, before[1].UUID, w.byChannel()[1].UUID)

	w.shop.SetChannels(stencil)
	_, err = w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, []int64{1}, w.channelIDs(), "a channel that vanished loses its script")

	w.shop.SetChannels(stencil, second)
	_, err = w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	standing := w.byChannel()
	mended, err = w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.False(t, mended.Script)
	assert.Equal(t, standing, w.byChannel(), "what stands is left alone")
	removed, err := w.RemoveScript(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, Removed{Scripts: 2}, removed)
	assert.Empty(t, w.scripts())
	assert.Empty(t, w.reload(w.c.ID).Installed.Scripts)
}

// Without the Channel Settings scope only the default channel is known.
func TestScriptWithoutTheChannelScope(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.shop.SetScopes(bigcommercesim.MinimumScopes()))
	for range 2 {
		require.NoError(t, w.InstallScript(w.ctx, w.ref()))
		assert.Equal(t, []int64{1}, w.channelIDs())
	}
	// A token that knows less than the one before takes nothing away.
	require.NoError(t, w.shop.SetScopes(bigcommercesim.DefaultScopes()))
	w.shop.SetChannels(stencil, second)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	require.NoError(t, w.shop.SetScopes(bigcommercesim.MinimumScopes()))
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	assert.ElementsMatch(t, []int64{1, 7}, w.channelIDs())
}

func TestHeadlessStorefrontsWantAttention(t *testing.T) {
	w := newWorld(t)
	w.shop.SetChannels(stencil, next)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	assert.Equal(t, []int64{1}, w.channelIDs(), "nobody would render a script there")
	assert.Contains(t, w.attentionTo(connection.HeadlessStorefront), "App (channel 9, next)")
	w.shop.SetChannels(catalyst, next)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	assert.Equal(t, []int64{8}, w.channelIDs())
	assert.Contains(t, w.attentionTo(connection.HeadlessStorefront), "New shop (channel 8, catalyst), App (channel 9, next)")
	w.shop.SetChannels(stencil)
	_, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Empty(t, w.attentionTo(connection.HeadlessStorefront))
}

// Blueprint, the theme engine of old stores, renders no scripts (Scripts
// overview). A store that does not tell its features is not accused.
func TestBlueprintThemesWantAttention(t *testing.T) {
	for body, want := range map[string]bool{
		`{"id":"simstore","features":{"stencil_enabled":false,"checkout_type":"optimized"}}`: true,
		`{"id":"simstore","features":{"stencil_enabled":true,"checkout_type":"optimized"}}`:  false,
		`{"id":"simstore"}`: false,
	} {
		w := newWorld(t)
		w.orderShop(faults.Fault{Path: "/v2/store$", Status: 200, Body: body})
		require.NoError(t, w.InstallScript(w.ctx, w.ref()))
		assert.Equal(t, want, w.attentionTo(connection.BlueprintTheme) != "", body)
		w.shop.Faults().Clear()
		require.NoError(t, w.InstallScript(w.ctx, w.ref()))
		assert.Empty(t, w.attentionTo(connection.BlueprintTheme))
	}
}

func TestScriptConsent(t *testing.T) {
	w := newWorld(t)
	consent := func() string {
		require.NoError(t, w.InstallScript(w.ctx, w.ref()))
		return w.byChannel()[1].ConsentCategory
	}
	assert.Equal(t, "targeting", consent())
	merchant := w.call(ours, "PUT", "/v3/content/scripts/"+w.byChannel()[1].UUID, `{"consent_category":"functional"}`)
	require.Equal(t, 200, merchant.Code)
	assert.Equal(t, "functional", consent(), "the merchant's choice stands until the setting is set")
	w.choose(func(c *connection.Connection) { c.Settings.ScriptConsent = "analytics" })
	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.True(t, mended.Script)
	assert.Equal(t, "analytics", consent())
}

// The simulated store refuses to change a script's kind in its place.
func TestScriptChangesKindAndIsNeverDoubled(t *testing.T) {
	w := newWorld(t)
	w.shop.SetChannels(stencil, second)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	for _, calls := range []bool{true, false, true} {
		w.choose(func(c *connection.Connection) { c.Settings.PageCalls = calls })
		for range 2 {
			require.NoError(t, w.InstallScript(w.ctx, w.ref()))
			scripts := w.byChannel()
			require.Len(t, scripts, 2)
			for _, s := range scripts {
				assert.Equal(t, calls, s.Kind == bigcommerce.ScriptKindTag)
				assert.Equal(t, calls, strings.Contains(s.HTML, "https://cdn.example.com/tags/code.js"))
			}
		}
	}
	ids := w.byChannel()
	w.choose(func(c *connection.Connection) { c.IdentificationCode = "other"; c.Settings.IDPrefix = "uk-" })
	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.True(t, mended.Script)
	for id, s := range w.byChannel() {
		assert.Equal(t, ids[id].UUID, s.UUID, "updated in its place")
		assert.Contains(t, s.HTML, "https://cdn.example.com/tags/other.js")
		assert.Contains(t, s.HTML, `"prefix":"uk-"`)
		assert.NotContains(t, s.HTML, "/code.js")
	}
}

func TestScriptThatBigCommerceAlters(t *testing.T) {
	w := newWorld(t)
	w.choose(func(c *connection.Connection) { c.Settings.PageCalls = true })
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	assert.Empty(t, w.attentionTo(connection.ScriptAltered))
	w.choose(func(c *connection.Connection) { c.Settings.IDPrefix = "uk-" })
	// It says yes, and keeps what it had.
	w.orderShop(faults.Fault{Method: http.MethodPut, Path: "/content/scripts", Status: 200, Body: `{"data":{},"meta":{}}`})
	require.NoError(t, w.InstallScript(w.ctx, w.ref()), "records can be synced all the same")
	assert.Contains(t, w.attentionTo(connection.ScriptAltered), `"Ometria code" in Script Manager`)
	w.shop.Faults().Clear()
	_, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Empty(t, w.attentionTo(connection.ScriptAltered))
}

// A script that cannot be put back must not keep Reconcile from what no webhook
// told.
func TestReconcileGoesOnWithoutTheScript(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	_, err := w.Store.SetPhase(w.ctx, w.c.ID, connection.Connected)
	require.NoError(t, err)
	for _, s := range w.scripts() {
		require.NoError(t, w.session().accounts.BigCommerce.Scripts.Delete(w.ctx, s.UUID))
	}
	id := w.create(connection.Customers, map[string]any{})
	w.orderShop(faults.Fault{Method: http.MethodPost, Path: "/content/scripts", Status: 422,
		Body: `{"status":422,"title":"too many","type":"/api-docs/getting-started/api-status-codes","errors":{}}`})
	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.False(t, mended.Script)
	assert.True(t, mended.ScriptRefused, "the run must not say that all is well")
	assert.Contains(t, w.attentionTo(connection.ScriptRefused), "Script Manager")
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, id).Outcome, "nobody told of it")

	w.shop.Faults().Clear()
	w.orderShop(faults.Fault{Method: http.MethodGet, Path: "/content/scripts", Status: 500})
	another := w.create(connection.Customers, map[string]any{})
	_, err = w.Reconcile(w.ctx, w.ref())
	require.Error(t, err, "it is tried again")
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, another).Outcome)

	w.shop.Faults().Clear()
	mended, err = w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.True(t, mended.Script)
	assert.Empty(t, w.attentionTo(connection.ScriptRefused))
}

func TestScriptThatBigCommerceRefuses(t *testing.T) {
	w := newWorld(t)
	refuse := func(method string) {
		w.orderShop(faults.Fault{Method: method, Path: "/content/scripts", Status: 422,
			Body: `{"status":422,"title":"html is not allowed","type":"/api-docs/getting-started/api-status-codes","errors":{}}`})
	}
	refuse(http.MethodPost)
	app := failedWith(t, connection.FailureScriptLimitReached, w.InstallScript(w.ctx, w.ref()))
	assert.Contains(t, app.Message(), "Script Manager", "a bare element is refused for the number of scripts alone")
	w.choose(func(c *connection.Connection) { c.Settings.PageCalls = true })
	app = failedWith(t, connection.FailureScriptRefused, w.InstallScript(w.ctx, w.ref()))
	assert.Contains(t, app.Message(), "html is not allowed")
	assert.Contains(t, app.Message(), "page calls")
	w.shop.Faults().Clear()
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	refuse(http.MethodPut)
	failedWith(t, connection.FailureScriptRefused, w.InstallScript(w.ctx, w.ref()))
	assert.Len(t, w.byChannel(), 1, "what stands goes on standing")
}

// A setup that fails at the second channel knows what it has to take out.
func TestScriptOfTheFirstChannelIsNotedWhenTheSecondFails(t *testing.T) {
	w := newWorld(t)
	w.shop.SetChannels(stencil, second)
	w.orderShop(faults.Fault{Method: http.MethodPost, Path: "/content/scripts", Skip: 1, Status: 503})
	require.Error(t, w.InstallScript(w.ctx, w.ref()))
	assert.Equal(t, []int64{1}, w.channelIDs())
	w.shop.Faults().Clear()
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	assert.ElementsMatch(t, []int64{1, 7}, w.channelIDs())
}
