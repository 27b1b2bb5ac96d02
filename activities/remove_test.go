package activities

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestRemoveTakesOutOursAndOnlyOurs(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.InstallScript(w.ctx, w.ref()))
	require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
	foreignScript := `{"name":"Chat","kind":"src","src":"https://chat.example.com/a.js","location":"head","visibility":"storefront","consent_category":"functional"}`
	require.Equal(t, 200, w.call(ours, "POST", "/v3/content/scripts", foreignScript).Code)
	foreignHook := `{"scope":"store/order/created","destination":"https://mine.example.com/hooks","is_active":true}`
	require.Equal(t, 200, w.call(ours, "POST", "/v3/hooks", foreignHook).Code)
	// As though the activities had died before they noted what they made.
	require.NoError(t, w.Store.SetInstalled(w.ctx, w.c.ID, func(i *connection.Installed) { *i = connection.Installed{} }))

	hooks, err := w.RemoveHooks(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Positive(t, hooks.Hooks)
	scripts, err := w.RemoveScript(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Equal(t, Removed{Scripts: 1}, scripts)
	require.Len(t, w.hooks(), 1)
	require.Len(t, w.scripts(), 1)
	assert.Equal(t, "Chat", w.scripts()[0].Name)

	for range 2 { // twice is once
		hooks, err = w.RemoveHooks(w.ctx, w.ref())
		require.NoError(t, err)
		scripts, err = w.RemoveScript(w.ctx, w.ref())
		require.NoError(t, err)
		assert.Equal(t, Removed{}, hooks)
		assert.Equal(t, Removed{}, scripts)
	}
}

func TestRemoveFromAStoreThatRefuses(t *testing.T) {
	for name, refuse := range map[string]func(*world){
		"token revoked": func(w *world) { require.NoError(w.t, w.shop.RemoveAccount("bigcommerce-client")) },
		"store gone":    func(w *world) { w.orderShop(faults.Fault{Status: 404, Effect: faults.HTML}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			require.NoError(t, w.InstallScript(w.ctx, w.ref()))
			require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
			refuse(w)
			hooks, err := w.RemoveHooks(w.ctx, w.ref())
			require.NoError(t, err, "no retry helps")
			assert.True(t, hooks.LeftBehind)
			script, err := w.RemoveScript(w.ctx, w.ref())
			require.NoError(t, err)
			assert.True(t, script.LeftBehind)
			attention := w.reload(w.c.ID).Attention
			require.Len(t, attention, 1)
			assert.Equal(t, connection.LeftBehind, attention[0].Code)
		})
	}
	t.Run("nothing was ever put there", func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.shop.RemoveAccount("bigcommerce-client"))
		hooks, err := w.RemoveHooks(w.ctx, w.ref())
		require.NoError(t, err)
		assert.False(t, hooks.LeftBehind)
	})
	t.Run("store down", func(t *testing.T) {
		w := newWorld(t)
		w.orderShop(faults.Fault{Status: 503})
		_, err := w.RemoveHooks(w.ctx, w.ref())
		assert.Error(t, err, "it is tried again")
	})
}

func TestEraseKeepsAnAuthenticationInUse(t *testing.T) {
	w := newWorld(t)
	second, err := w.Store.CreateConnection(w.ctx, connection.Connection{
		Name: "second", AuthenticationID: w.c.AuthenticationID, StoreHash: w.c.StoreHash, IdentificationCode: "other", Timezone: "UTC",
	})
	require.NoError(t, err)
	require.NoError(t, w.Erase(w.ctx, w.ref()))
	_, err = w.Store.Credentials(w.ctx, w.c.AuthenticationID)
	require.NoError(t, err)
	require.NoError(t, w.Erase(w.ctx, Connection{ConnectionID: second.ID}))
	_, err = w.Store.Credentials(w.ctx, w.c.AuthenticationID)
	assert.ErrorIs(t, err, store.ErrNotFound)
}

// Every step of a setup or removal that only notes something would otherwise be
// tried for ever once the connection is erased.
func TestStepsForAnErasedConnectionEnd(t *testing.T) {
	w := newWorld(t)
	w.Schedules = &schedules{}
	require.NoError(t, w.Erase(w.ctx, w.ref()))
	require.NoError(t, w.Erase(w.ctx, w.ref()))
	assert.NoError(t, w.SetPhase(w.ctx, Phase{ConnectionID: w.c.ID, To: connection.Connected}))
	assert.NoError(t, w.FailSetup(w.ctx, Failure{ConnectionID: w.c.ID, Code: connection.FailureCanceled}))
	assert.NoError(t, w.RemoveSchedules(w.ctx, w.ref()))
	hooks, err := w.RemoveHooks(w.ctx, w.ref())
	assert.NoError(t, err)
	script, err := w.RemoveScript(w.ctx, w.ref())
	assert.NoError(t, err)
	assert.Equal(t, Removed{}, hooks)
	assert.Equal(t, Removed{}, script)
}

func TestSetPhaseAndFailSetup(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []string{
		connection.FailureInvalidCredentials, connection.FailureMissingScope, connection.FailureMultiCurrencyStore,
		connection.FailureUnknownStore, connection.FailureScriptLimitReached, connection.FailureScriptRefused, connection.FailureGaveUp,
	} {
		require.NoError(t, w.FailSetup(w.ctx, Failure{ConnectionID: w.c.ID, Code: kind, Detail: "what happened"}))
		c := w.reload(w.c.ID)
		assert.Equal(t, connection.Failed, c.Status())
		assert.Equal(t, kind, c.Failure.Code)
		assert.NotEmpty(t, c.Failure.Action, kind)
		assert.Empty(t, c.Attention)
	}
	require.NoError(t, w.FailSetup(w.ctx, Failure{ConnectionID: w.c.ID, Code: connection.FailureGaveUp, LeftBehind: true}))
	require.Len(t, w.reload(w.c.ID).Attention, 1)
	assert.Equal(t, connection.LeftBehind, w.reload(w.c.ID).Attention[0].Code)
	require.NoError(t, w.SetPhase(w.ctx, Phase{ConnectionID: w.c.ID, To: connection.Syncing, From: []connection.Status{connection.Connected}}))
	assert.Equal(t, connection.Failed, w.reload(w.c.ID).Phase, "only from where it was said")
	require.NoError(t, w.SetPhase(w.ctx, Phase{ConnectionID: w.c.ID, To: connection.Removing}))
	require.NoError(t, w.FailSetup(w.ctx, Failure{ConnectionID: w.c.ID, Code: connection.FailureCanceled}))
	assert.Equal(t, connection.Removing, w.reload(w.c.ID).Phase, "a removal that cancels a setup stays one")
}

type stopper struct{ err error }

func (s stopper) StopAll(context.Context, connection.ID) error { return s.err }
func (s stopper) ReplaceAuthentication(context.Context, connection.Connection) (string, error) {
	return "", s.err
}

func TestStopWorkflows(t *testing.T) {
	w := newWorld(t)
	w.Workflows = stopper{}
	assert.NoError(t, w.StopWorkflows(w.ctx, w.ref()))
	w.Workflows = stopper{errors.New("temporal is away")}
	assert.Error(t, w.StopWorkflows(w.ctx, w.ref()))
}

// park holds the connection as though its account had failed a while ago, so
// that its probe is due.
func (w *world) parkedFor(code string) {
	w.t.Helper()
	require.NoError(w.t, w.Store.Park(w.ctx, w.c.ID, connection.Parked{
		Code: code, Detail: "down", NextProbeAt: time.Now().Add(-time.Second),
	}))
}

func TestProbeUnparksWhatAnswersAgain(t *testing.T) {
	for code, break_ := range map[string]func(*world){
		connection.BigCommerceUnavailable: func(w *world) { w.orderShop(faults.Fault{Status: 503}) },
		connection.BigCommerceCredentials: func(w *world) { require.NoError(w.t, w.shop.SetScopes([]string{"store_v2_content"})) },
		connection.OmetriaUnavailable: func(w *world) {
			_, err := w.marketing.Faults().Order(faults.Fault{Status: 503})
			require.NoError(w.t, err)
		},
		connection.OmetriaCredentials: func(w *world) {
			_, err := w.marketing.Faults().Order(faults.Fault{Status: 403})
			require.NoError(w.t, err)
		},
	} {
		t.Run(code, func(t *testing.T) {
			w := newWorld(t)
			break_(w)
			w.parkedFor(code)
			unparked, err := w.ProbeParked(w.ctx)
			require.NoError(t, err)
			assert.Empty(t, unparked)
			parked := w.reload(w.c.ID).Parked
			require.NotNil(t, parked)
			assert.Equal(t, 1, parked.Probes)
			unparked, err = w.ProbeParked(w.ctx)
			require.NoError(t, err)
			assert.Empty(t, unparked, "not due yet")
			assert.Equal(t, 1, w.reload(w.c.ID).Parked.Probes)

			w.shop.Faults().Clear()
			w.marketing.Faults().Clear()
			require.NoError(t, w.shop.SetScopes(bigcommercesim.DefaultScopes()))
			_, err = w.Store.Unpark(w.ctx, w.c.ID) // a fresh park is due again
			require.NoError(t, err)
			w.parkedFor(code)
			unparked, err = w.ProbeParked(w.ctx)
			require.NoError(t, err)
			assert.Equal(t, []connection.ID{w.c.ID}, unparked)
			c := w.reload(w.c.ID)
			assert.Nil(t, c.Parked)
			assert.Empty(t, c.Attention)
		})
	}
}
