package activities

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/store"
)

// unheard syncs a record whose push is done and never answered, and waits until
// its claim has run out.
func (w *world) unheard(entity connection.Entity, id connection.RecordID) {
	w.t.Helper()
	w.orderPush(faults.Fault{Effect: faults.Drop, Work: true, Times: 1})
	_, err := w.SyncRecord(w.ctx, w.record(entity, id))
	require.Error(w.t, err)
	require.True(w.t, w.row(entity, id).Inflight)
	require.Eventually(w.t, func() bool {
		expired, err := w.Store.ExpireClaims(w.ctx)
		return err == nil && expired == 1
	}, 10*time.Second, 10*time.Millisecond)
}

func shortClaims(o *worldOptions) {
	o.store = []store.Option{store.WithClaimTTL(50 * time.Millisecond)}
}

// A consent that Ometria was told by a push whose answer was lost is taken back
// like any other.
func TestConsentOfAnUnheardPushIsTakenBack(t *testing.T) {
	w := newWorld(t, shortClaims)
	newsletter, nothing := map[string]any{"consents": []string{"marketing_newsletter"}}, map[string]any{"consents": []string{}}
	leaves, deleted := w.create(connection.Subscribers, newsletter), w.create(connection.Subscribers, newsletter)
	for _, id := range []connection.RecordID{leaves, deleted} {
		w.unheard(connection.Subscribers, id)
		said, _ := w.optin(id.String())
		require.Equal(t, "EXPLICITLY_OPTEDIN", said, "it was done")
	}
	w.edit(connection.Subscribers, leaves, nothing)
	said, _ := w.optin(leaves.String())
	assert.Equal(t, "EXPLICITLY_OPTEDOUT", said)

	require.NoError(t, w.shop.Delete("subscribers", int64(deleted)))
	gone := w.record(connection.Subscribers, deleted)
	gone.GoneSeen = true
	_, err := w.SyncRecord(w.ctx, gone)
	require.NoError(t, err)
	said, _ = w.optin(deleted.String())
	assert.Equal(t, "EXPLICITLY_OPTEDOUT", said)
	state := w.row(connection.Subscribers, deleted).State
	assert.Empty(t, state.MayConsent, "settled")
	assert.Equal(t, connection.ConsentOut, state.ConsentSent)
}

// An opt-out whose answer was lost does not outlive a consent given anew.
func TestOptOutOfAnUnheardPushIsTakenBack(t *testing.T) {
	w := newWorld(t, shortClaims)
	id := w.create(connection.Subscribers, map[string]any{"consents": []string{"marketing_newsletter"}})
	w.sync(connection.Subscribers, id)
	_, err := w.shop.Update("subscribers", int64(id), map[string]any{"consents": []string{}})
	require.NoError(t, err)
	w.unheard(connection.Subscribers, id)
	said, _ := w.optin(id.String())
	require.Equal(t, "EXPLICITLY_OPTEDOUT", said, "it was done")
	w.edit(connection.Subscribers, id, map[string]any{"consents": []string{"marketing_newsletter"}})
	said, _ = w.optin(id.String())
	assert.Equal(t, "EXPLICITLY_OPTEDIN", said)
	assert.Empty(t, w.row(connection.Subscribers, id).State.MayConsent)
}

// A variant that Ometria was told of by a push whose answer was lost is switched
// off when it vanishes, and with its product.
func TestVariantOfAnUnheardPushIsSwitchedOff(t *testing.T) {
	size := func(label string) map[string]any {
		return map[string]any{"option_values": []map[string]any{{"option_display_name": "Size", "label": label}}}
	}
	w := newWorld(t, shortClaims)
	id := w.create(connection.Products, map[string]any{"variants": []map[string]any{size("M"), size("L")}})
	w.unheard(connection.Products, id)
	variants := w.row(connection.Products, id).State.MayChildren
	require.Len(t, variants, 2)
	active := func(variant int64) any {
		t.Helper()
		record, held := w.account.Record("product", "", fmt.Sprintf("%s-%d", id, variant))
		require.True(t, held)
		return field(t, record.Record, "is_active")
	}
	require.Equal(t, true, active(variants[0]), "it was done")

	require.NoError(t, w.shop.Delete("variants", variants[0]))
	w.sync(connection.Products, id)
	assert.Equal(t, false, active(variants[0]))
	assert.Equal(t, true, active(variants[1]))
	state := w.row(connection.Products, id).State
	assert.Equal(t, variants[1:], state.Children)
	assert.Empty(t, state.MayChildren, "settled")
}
