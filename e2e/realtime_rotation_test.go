package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

// rotate replaces the connection's authentication by one of a new API account
// with these scopes, and returns its id.
func (w *world) rotate(shop bigcommercesim.Options, account string, scopes []string) string {
	w.t.Helper()
	require.NoError(w.t, w.shop.AddAccount(bigcommercesim.APIAccount{
		AccessToken: "token-of-" + account, ClientID: account, ClientSecret: "secret-of-" + account, Scopes: scopes,
	}))
	made, err := w.api.CreateAuthentication(w.t.Context(), apiclient.NewAuthentication{
		Name: account, OmetriaAPIKey: "ometria-key", ClientID: account, ClientSecret: "secret-of-" + account,
		AccessToken: "token-of-" + account, StoreHash: shop.StoreHash,
	})
	require.NoError(w.t, err)
	c, err := w.api.ReplaceAuthentication(w.t.Context(), w.connection, made.ID)
	require.NoError(w.t, err)
	require.Equal(w.t, made.ID, c.NextAuthentication)
	return made.ID
}

// owners counts the store's hooks and scripts by the API account that made them.
func (w *world) owners() (hooks, scripts map[string]int) {
	hooks, scripts = map[string]int{}, map[string]int{}
	state := w.shop.State()
	for _, hook := range state.Hooks {
		hooks[hook.ClientID]++
	}
	for _, script := range state.Scripts {
		scripts[script.APIClientID]++
	}
	return hooks, scripts
}

// TestTokenIsRotated replaces the authentication while its token is good, then
// one that is revoked, then tries one that lacks scopes. Changes arrive after
// each, and those of meanwhile.
func TestTokenIsRotated(t *testing.T) {
	t.Parallel()
	var shop bigcommercesim.Options
	w := newWorld(t, func(o *worldOptions) { shop = o.shop })
	id := w.ids("customers")[0]
	arrives := func(name string) {
		t.Helper()
		w.change("customers", id, map[string]any{"last_name": name})
		w.arrives(customer(id), "lastname", name)
	}
	hooks, _ := w.owners()
	all := hooks[shop.ClientID]

	second := w.rotate(shop, "second", bigcommercesim.DefaultScopes())
	w.await("the second in force, and the first cleared", func() bool {
		c := w.look()
		hooks, scripts := w.owners()
		return c.AuthenticationID == second && c.NextAuthentication == "" && hooks["second"] == all && len(hooks) == 1 &&
			scripts["second"] == 1 && len(scripts) == 1
	})
	assert.Equal(t, "connected", w.look().Status)
	arrives("Rotated")

	require.NoError(t, w.shop.RemoveAccount("second"))
	w.change("customers", id, map[string]any{"last_name": "Unheard"}) // its webhooks are gone
	_, err := w.api.Act(t.Context(), w.connection, "reconcile", nil)
	require.NoError(t, err)
	w.await("parked", func() bool { return w.attends("bigcommerce_credentials") })
	third := w.rotate(shop, "third", bigcommercesim.DefaultScopes())
	w.await("the third in force", func() bool {
		c := w.look()
		return c.AuthenticationID == third && !w.attends("bigcommerce_credentials") && w.attends("left_behind")
	})
	w.arrives(customer(id), "lastname", "Unheard")
	hooks, scripts := w.owners()
	assert.Equal(t, map[string]int{"third": all}, hooks)
	assert.Equal(t, map[string]int{"second": 1, "third": 1}, scripts, "a script outlives its account")
	arrives("Restored")

	w.rotate(shop, "fourth", []string{"store_v2_information_read_only", "store_v2_customers"})
	w.await("the fourth given up", func() bool { return w.attends("setup_step_failed") && w.look().NextAuthentication == "" })
	assert.Equal(t, third, w.look().AuthenticationID)
	hooks, _ = w.owners()
	assert.Equal(t, map[string]int{"third": all}, hooks)
	arrives("Still")
}
