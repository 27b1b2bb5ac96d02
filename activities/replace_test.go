package activities

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/store"
)

const theirs = "new-token" // of the API account that takes the other's place

// authentication is another one of the store, with a token.
func (w *world) authentication(name, token string) connection.AuthenticationID {
	w.t.Helper()
	id := connection.NewAuthenticationID()
	require.NoError(w.t, w.Store.CreateAuthentication(w.ctx, connection.Authentication{
		ID: id, Name: name, StoreHash: w.c.StoreHash, ClientID: "client of " + name,
	}, connection.Credentials{OmetriaAPIKey: "ometria-key", AccessToken: connection.Secret(token)}))
	return id
}

// rotating is a connection that is installed, and wants the authentication of
// another API account, which has these scopes.
func rotating(t *testing.T, scopes []string) (*world, Replacement) {
	w := newWorld(t)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
	require.NoError(t, w.shop.AddAccount(bigcommercesim.APIAccount{AccessToken: theirs, ClientID: "new-client", Scopes: scopes}))
	return w, w.want(w.authentication("new", theirs))
}

func (w *world) want(id connection.AuthenticationID) Replacement {
	w.t.Helper()
	_, _, err := w.Store.ReplaceAuthentication(w.ctx, w.c.ID, id)
	require.NoError(w.t, err)
	return Replacement{ConnectionID: w.c.ID, AuthenticationID: id}
}

// replace does what the workflow does once both accounts have let us in.
func (w *world) replace(in Replacement) Switched {
	w.t.Helper()
	require.NoError(w.t, w.TryAuthentication(w.ctx, in))
	require.NoError(w.t, w.InstallScriptWith(w.ctx, in))
	require.NoError(w.t, w.InstallHooksWith(w.ctx, in))
	switched, err := w.SwitchAuthentication(w.ctx, in)
	require.NoError(w.t, err)
	return switched
}

// removeReplaced removes what is left, whether it is asked once or twice.
func (w *world) removeReplaced() Removed {
	w.t.Helper()
	removed, err := w.RemoveReplaced(w.ctx, w.ref())
	require.NoError(w.t, err)
	again, err := w.RemoveReplaced(w.ctx, w.ref())
	require.NoError(w.t, err)
	assert.Equal(w.t, Removed{}, again)
	assert.True(w.t, w.reload(w.c.ID).Replacing.Empty())
	return removed
}

// stands expects our hooks and one script of an API account alone, and noted.
func (w *world) stands(token, notToken string) {
	w.t.Helper()
	hooks, scripts := list[bigcommerce.Hook](w, token, "/v3/hooks?limit=250"), list[bigcommerce.Script](w, token, "/v3/content/scripts")
	assert.Len(w.t, hooks, len(bigcommerce.HookScopes()))
	assert.Len(w.t, scripts, 1)
	installed := w.reload(w.c.ID).Installed
	assert.Len(w.t, installed.Hooks, len(hooks))
	assert.Equal(w.t, []connection.Script{{ID: scripts[0].UUID, ChannelID: scripts[0].ChannelID}}, installed.Scripts)
	if notToken != "" {
		assert.Empty(w.t, list[bigcommerce.Hook](w, notToken, "/v3/hooks?limit=250"))
		assert.Empty(w.t, list[bigcommerce.Script](w, notToken, "/v3/content/scripts"))
	}
}

func TestReplaceAuthentication(t *testing.T) {
	w, in := rotating(t, bigcommercesim.DefaultScopes())
	before := w.reload(w.c.ID)
	merchant := w.call(ours, "PUT", "/v3/content/scripts/"+w.scripts()[0].UUID, `{"consent_category":"functional"}`)
	require.Equal(t, http.StatusOK, merchant.Code)
	next, err := w.NextAuthentication(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, Next{AuthenticationID: in.AuthenticationID}, next)
	require.NoError(t, w.InstallScriptWith(w.ctx, in))
	require.NoError(t, w.InstallHooksWith(w.ctx, in))
	assert.Equal(t, before.Installed, w.reload(w.c.ID).Installed, "the old one is in force until the new one has done")
	assert.Equal(t, Switched{InForce: true}, w.replace(in), "a step may be done twice")
	again, err := w.SwitchAuthentication(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, Switched{InForce: true}, again)
	assert.Equal(t, before.Installed.HooksMadeAt, w.reload(w.c.ID).Installed.HooksMadeAt)

	secret, err := w.Store.WebhookSecret(w.ctx, w.c.ID)
	require.NoError(t, err)
	for _, hook := range list[bigcommerce.Hook](w, theirs, "/v3/hooks?limit=250") {
		assert.Equal(t, secret.Reveal(), hook.Headers[connection.WebhookSecretHeader], "intake takes deliveries of both")
	}
	assert.Equal(t, Removed{Hooks: len(bigcommerce.HookScopes()), Scripts: 1}, w.removeReplaced())
	w.stands(theirs, ours)
	assert.Equal(t, "functional", list[bigcommerce.Script](w, theirs, "/v3/content/scripts")[0].ConsentCategory, "the merchant's choice is kept")
	assert.Empty(t, w.reload(w.c.ID).Attention)
	require.NoError(t, w.Store.DeleteAuthentication(w.ctx, before.AuthenticationID))

	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, Mended{}, mended, "nothing is to be mended")
}

// Only what was made is left when the old token was revoked: its account took the
// webhooks along, and its script stays.
func TestReplaceAuthenticationWhoseTokenIsRefused(t *testing.T) {
	w, in := rotating(t, bigcommercesim.DefaultScopes())
	require.NoError(t, w.shop.RemoveAccount("bigcommerce-client"))
	_, err := w.SyncRecord(w.ctx, w.record(connection.Customers, 1))
	require.NoError(t, err)
	require.NotNil(t, w.reload(w.c.ID).Parked)

	assert.Equal(t, Switched{InForce: true, Unparked: true}, w.replace(in))
	assert.Nil(t, w.reload(w.c.ID).Parked)
	assert.Empty(t, w.reload(w.c.ID).Attention)
	assert.Equal(t, Removed{LeftBehind: true}, w.removeReplaced())
	w.stands(theirs, "")
	said := w.attentionTo(connection.LeftBehind)
	assert.Contains(t, said, `authentication "test"`)
	assert.Contains(t, said, `Script Manager, delete the older of the scripts named "Ometria code" (1 script)`)
	assert.Contains(t, said, "API accounts, delete its API account unless it is gone already (")
	assert.NotContains(t, said, "client", "support reads it, too")
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	assert.Empty(t, w.attentionTo(connection.LeftBehind))
}

func TestReplaceAuthenticationThatLacksAScope(t *testing.T) {
	w, in := rotating(t, []string{"store_v2_information_read_only", "store_v2_customers", "store_v2_orders", "store_v2_products"})
	app := failedWith(t, connection.FailureMissingScope, w.TryAuthentication(w.ctx, in))
	assert.Contains(t, app.Message(), "Content: modify")
	failedWith(t, connection.FailureMissingScope, w.InstallScriptWith(w.ctx, in))
	require.NoError(t, w.InstallHooksWith(w.ctx, in))
	for range 2 {
		require.NoError(t, w.GiveUpAuthentication(w.ctx, in))
	}
	switched, err := w.SwitchAuthentication(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, Switched{}, switched)
	assert.Equal(t, Removed{Hooks: len(bigcommerce.HookScopes())}, w.removeReplaced(), "there are no scripts, which cannot even be listed")
	assert.Empty(t, w.attentionTo(connection.LeftBehind))
	w.stands(ours, "")
	assert.Empty(t, list[bigcommerce.Hook](w, theirs, "/v3/hooks?limit=250"))
	next, err := w.NextAuthentication(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, Next{}, next)
}

// Two authentications of one API account, such as when only the Ometria key is
// new, have one set of hooks and scripts: neither takes the other's away.
func TestReplaceAuthenticationOfTheSameAPIAccount(t *testing.T) {
	w, _ := rotating(t, bigcommercesim.DefaultScopes())
	in := w.want(w.authentication("same", ours))
	require.NoError(t, w.InstallScriptWith(w.ctx, in))
	require.NoError(t, w.InstallHooksWith(w.ctx, in))
	require.NoError(t, w.GiveUpAuthentication(w.ctx, in))
	assert.Equal(t, Removed{}, w.removeReplaced())
	w.stands(ours, theirs)

	in = w.want(in.AuthenticationID)
	w.replace(in)
	assert.Equal(t, Removed{}, w.removeReplaced())
	w.stands(ours, theirs)
	assert.Equal(t, in.AuthenticationID, w.reload(w.c.ID).AuthenticationID)
}

// A token that may not ask for the channels puts scripts where they were.
func TestReplaceAuthenticationKeepsTheChannels(t *testing.T) {
	w := newWorld(t)
	w.shop.SetChannels(stencil, second)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	require.NoError(t, w.shop.AddAccount(bigcommercesim.APIAccount{
		AccessToken: theirs, ClientID: "new-client", Scopes: bigcommercesim.MinimumScopes(),
	}))
	w.replace(w.want(w.authentication("new", theirs)))
	var channels []int64
	for _, s := range list[bigcommerce.Script](w, theirs, "/v3/content/scripts") {
		channels = append(channels, s.ChannelID)
	}
	assert.ElementsMatch(t, []int64{1, 7}, channels)
}

func TestReplaceAuthenticationIsTriedAgainWhileTheStoreIsAway(t *testing.T) {
	w, in := rotating(t, bigcommercesim.DefaultScopes())
	w.replace(in)
	w.orderShop(faults.Fault{Status: 503})
	_, err := w.RemoveReplaced(w.ctx, w.ref())
	require.Error(t, err)
	assert.Len(t, w.reload(w.c.ID).Replacing.Left, 1)
	w.shop.Faults().Clear()
	w.removeReplaced()
	w.stands(theirs, ours)
}

// A Reconcile that began before the switch, and is late, makes nothing with the
// old token that nobody would remove.
func TestWorkOfBeforeASwitchMakesNothing(t *testing.T) {
	w, in := rotating(t, bigcommercesim.DefaultScopes())
	late, err := w.installer(w.ctx, w.c.ID)
	require.NoError(t, err)
	w.replace(in)
	w.removeReplaced()
	_, err = late.ensureHooks(w.ctx)
	require.ErrorIs(t, err, errReplaced)
	_, err = late.ensureScripts(w.ctx, false)
	require.ErrorIs(t, err, errReplaced)
	w.stands(theirs, ours)
}

// goingOn is Workflows that counts what is gone on with.
type goingOn struct {
	stopper
	asked int
}

func (g *goingOn) ReplaceAuthentication(context.Context, connection.Connection) (string, error) {
	g.asked++
	return "", nil
}

// Reconcile mends nothing while authentications change, and has a change whose
// workflow was lost gone on with, of a parked connection too.
func TestReconcileHasAReplacementGoneOnWith(t *testing.T) {
	w, _ := rotating(t, bigcommercesim.DefaultScopes())
	workflows := &goingOn{}
	w.Workflows = workflows
	w.requested()
	for range 2 {
		mended, err := w.Reconcile(w.ctx, w.ref())
		require.NoError(t, err)
		assert.Equal(t, Mended{}, mended)
		require.NoError(t, w.Store.Park(w.ctx, w.c.ID, connection.Parked{Code: connection.BigCommerceCredentials, Detail: "refused"}))
	}
	assert.Equal(t, 2, workflows.asked)
	assert.Empty(t, w.requested())
}

func TestNextAuthenticationOfAConnectionThatIsNotSetUp(t *testing.T) {
	w, in := rotating(t, bigcommercesim.DefaultScopes())
	for phase, want := range map[connection.Status]Next{
		connection.Failed:     {AuthenticationID: in.AuthenticationID, SetUp: true},
		connection.Validating: {AuthenticationID: in.AuthenticationID, SetUp: true},
		connection.Syncing:    {AuthenticationID: in.AuthenticationID},
		connection.Removing:   {},
	} {
		_, err := w.Store.SetPhase(w.ctx, w.c.ID, phase, connection.Connected)
		require.NoError(t, err)
		next, err := w.NextAuthentication(w.ctx, w.ref())
		require.NoError(t, err)
		assert.Equal(t, want, next, phase)
		_, err = w.Store.SetPhase(w.ctx, w.c.ID, connection.Connected, phase)
		require.NoError(t, err)
	}
	next, err := w.NextAuthentication(w.ctx, Connection{ConnectionID: connection.NewID()})
	require.NoError(t, err)
	assert.Equal(t, Next{}, next)
}

// A removal in the midst of it takes out what each of them made.
func TestRemoveWhileAuthenticationsChange(t *testing.T) {
	w, in := rotating(t, bigcommercesim.DefaultScopes())
	require.NoError(t, w.InstallScriptWith(w.ctx, in))
	require.NoError(t, w.InstallHooksWith(w.ctx, in))
	_, err := w.Store.SetPhase(w.ctx, w.c.ID, connection.Removing)
	require.NoError(t, err)
	require.NoError(t, w.InstallScriptWith(w.ctx, in), "nothing is put there any more")
	hooks, err := w.RemoveHooks(w.ctx, w.ref())
	require.NoError(t, err)
	scripts, err := w.RemoveScript(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, Removed{Hooks: 2 * len(bigcommerce.HookScopes())}, hooks)
	assert.Equal(t, Removed{Scripts: 2}, scripts)
	for _, token := range []string{ours, theirs} {
		assert.Empty(t, list[bigcommerce.Hook](w, token, "/v3/hooks"))
		assert.Empty(t, list[bigcommerce.Script](w, token, "/v3/content/scripts"))
	}
	require.NoError(t, w.Erase(w.ctx, w.ref()))
	_, err = w.Store.Authentication(w.ctx, in.AuthenticationID)
	assert.ErrorIs(t, err, store.ErrNotFound)
}

// Nothing that the workflow is given or answers names more than ids.
func TestReplacementHoldsIDsAlone(t *testing.T) {
	w, _ := rotating(t, bigcommercesim.DefaultScopes())
	next, err := w.NextAuthentication(w.ctx, w.ref())
	require.NoError(t, err)
	said, err := json.Marshal(next)
	require.NoError(t, err)
	assert.NotContains(t, string(said), theirs)
	assert.NotContains(t, string(said), "client")
}
