package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// reconciled makes a connected connection that has been reconciled once.
func reconciled(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	_, err := w.Store.SetPhase(w.ctx, w.c.ID, connection.Connected)
	require.NoError(t, err)
	w.reconcile(NotHeld)
	return w
}

func (w *world) reconcile(held Held) {
	w.t.Helper()
	mended, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(w.t, err)
	require.Equal(w.t, held, mended.Held)
}

// probeNow tries a parked connection as if its time had come.
func (w *world) probeNow() (unparked []connection.ID) {
	w.t.Helper()
	_, err := w.Store.DB().Exec("UPDATE connections SET next_probe_at = 1 WHERE next_probe_at > 0")
	require.NoError(w.t, err)
	unparked, err = w.ProbeParked(w.ctx)
	require.NoError(w.t, err)
	return unparked
}

func TestReconcileParksAStoreThatTakesSeveralCurrencies(t *testing.T) {
	w := reconciled(t)
	require.NoError(t, w.shop.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"USD"}, DisplayCurrencies: []string{"EUR", "GBP"}}))
	w.reconcile(NotHeld) // shown, not paid in

	order := w.create(connection.Orders, map[string]any{})
	require.NoError(t, w.shop.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"USD", "EUR"}}))
	w.reconcile(HeldParked)
	c := w.reload(w.c.ID)
	require.NotNil(t, c.Parked)
	assert.Equal(t, connection.MultiCurrency, c.Parked.Code)
	require.Len(t, c.Attention, 1)
	assert.Equal(t, connection.MultiCurrency, c.Attention[0].Code)
	assert.Contains(t, c.Attention[0].Action, "USD, EUR")
	assert.Equal(t, connection.Connected, c.Phase)

	result, err := w.SyncRecord(w.ctx, w.record(connection.Orders, order))
	require.NoError(t, err)
	assert.Equal(t, HeldParked, result.Held, "nothing is half-synced")
	assert.Zero(t, w.pushCount())
	w.reconcile(HeldParked)
	assert.Empty(t, w.probeNow())

	require.NoError(t, w.shop.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"USD"}}))
	assert.Equal(t, []connection.ID{w.c.ID}, w.probeNow())
	c = w.reload(w.c.ID)
	assert.Nil(t, c.Parked)
	assert.Empty(t, c.Attention)
	result, err = w.SyncRecord(w.ctx, w.record(connection.Orders, order))
	require.NoError(t, err)
	assert.Equal(t, connection.Accepted, result.Outcome)

	require.NoError(t, w.shop.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"USD", "EUR"}}))
	w.reconcile(HeldParked)
	require.NoError(t, w.shop.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"EUR"}}))
	assert.Equal(t, []connection.ID{w.c.ID}, w.probeNow())
	assert.Equal(t, "EUR", w.reload(w.c.ID).Store.Currency, "the one that is left")
}

func TestReconcileTriesTheCredentials(t *testing.T) {
	for code, break_ := range map[string]func(w *world){
		connection.BigCommerceCredentials: func(w *world) {
			var scopes []string
			for _, scope := range bigcommercesim.DefaultScopes() {
				if scope != "store_v2_orders_read_only" && scope != "store_v2_orders" {
					scopes = append(scopes, scope)
				}
			}
			require.NoError(w.t, w.shop.SetScopes(scopes))
		},
		connection.OmetriaCredentials: func(w *world) {
			_, err := w.marketing.Faults().Order(faults.Fault{Status: 403})
			require.NoError(w.t, err)
		},
	} {
		t.Run(code, func(t *testing.T) {
			w := reconciled(t)
			break_(w)
			w.reconcile(HeldParked)
			assert.Equal(t, code, w.reload(w.c.ID).Parked.Code)
		})
	}
	t.Run("what may pass parks nothing", func(t *testing.T) {
		w := reconciled(t)
		_, err := w.marketing.Faults().Order(faults.Fault{Status: 500})
		require.NoError(t, err)
		w.reconcile(NotHeld)
	})
}

func TestReconcileNotesWhatTheStoreSaysOfItself(t *testing.T) {
	w := reconciled(t)
	domain := "moved.example.com"
	require.NoError(t, w.shop.ChangeSettings(bigcommercesim.Settings{Domain: &domain}))
	w.reconcile(NotHeld)
	assert.Equal(t, domain, w.reload(w.c.ID).Store.Domain)
	was := w.reload(w.c.ID).Store

	// A store that does not answer says nothing.
	w.orderShop(faults.Fault{Path: "/v2/store", Status: 500})
	w.reconcile(NotHeld)
	assert.Equal(t, was, w.reload(w.c.ID).Store)
}

func TestReconcileForgetsAnUnmappedStatusThatIsNoMore(t *testing.T) {
	w := reconciled(t)
	shown := func() []connection.Attention { return w.reload(w.c.ID).Attention }
	id := w.create(connection.Orders, map[string]any{"status_id": 99, "status": "Awaiting pigeons"})
	w.sync(connection.Orders, id)
	w.reconcile(NotHeld)
	require.Len(t, shown(), 1, "an order is still so")
	assert.Equal(t, connection.UnmappedStatus, shown()[0].Code)
	assert.WithinDuration(t, time.Now(), shown()[0].Since, time.Minute)
	assert.Equal(t, []connection.Note{{Code: "unmapped_status", Key: "99"}}, w.row(connection.Orders, id).Notes)

	w.edit(connection.Orders, id, map[string]any{"status_id": 2, "status": "Shipped"})
	w.reconcile(NotHeld)
	assert.Empty(t, shown())
}
