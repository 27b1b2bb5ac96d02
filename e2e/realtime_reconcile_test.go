package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

// trigger lets a schedule of the connection's start now: reconcile or sweep.
func (w *world) trigger(schedule string) {
	w.t.Helper()
	require.NoError(w.t, w.dial().ScheduleClient().GetHandle(w.t.Context(), schedule+"/"+w.connection).
		Trigger(w.t.Context(), client.ScheduleTriggerOptions{}))
}

// switchOff makes every webhook of ours inactive, as the store itself does after
// 48 hours of failures and 90 days without an event.
func (w *world) switchOff(shop bigcommercesim.Options) {
	w.t.Helper()
	for _, hook := range w.shop.State().Hooks {
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPut,
			w.store.url+"/stores/"+shop.StoreHash+"/v3/hooks/"+strconv.FormatInt(hook.ID, 10), bytes.NewReader([]byte(`{"is_active":false}`)))
		require.NoError(w.t, err)
		req.Header.Set("X-Auth-Token", shop.AccessToken)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(w.t, err)
		_ = resp.Body.Close()
		require.Equal(w.t, http.StatusOK, resp.StatusCode)
	}
}

// activeHooks counts the store's webhooks that deliver.
func (w *world) activeHooks() (n int) {
	for _, hook := range w.shop.State().Hooks {
		if hook.IsActive {
			n++
		}
	}
	return n
}

// TestWebhooksSwitchedOff switches webhooks off at the store altogether. What is
// changed and made arrives by Reconcile, which switches them on again; what no
// date tells of, deletions above all, arrives by Sweep.
func TestWebhooksSwitchedOff(t *testing.T) {
	t.Parallel()
	var shop bigcommercesim.Options
	w := newWorld(t, func(o *worldOptions) { shop = o.shop })
	hooks := w.activeHooks()
	require.Positive(t, hooks)
	require.NoError(t, w.shop.SetDelivery(bigcommercesim.Delivery{Suppress: 1}))
	w.switchOff(shop)
	require.Zero(t, w.activeHooks())
	came := w.door.count()

	wanted := map[key][2]string{}
	for _, one := range []struct {
		entity, field, at, value string
		fields                   map[string]any
		key                      func(int64) key
	}{
		{"products", "name", "title", "Unheard", map[string]any{"name": "New", "type": "physical", "weight": 1, "price": 5}, product},
		{"customers", "last_name", "lastname", "Unheard", map[string]any{"email": "new@example.com", "last_name": "New"}, customer},
		{"subscribers", "last_name", "lastname", "Unheard", map[string]any{"email": "sub@example.com", "last_name": "New"}, subscriber},
	} {
		id := w.ids(one.entity)[0]
		w.change(one.entity, id, map[string]any{one.field: one.value})
		wanted[one.key(id)] = [2]string{one.at, one.value}
		id, _, err := w.shop.Create(one.entity, one.fields)
		require.NoError(t, err)
		wanted[one.key(id)] = [2]string{one.at, "New"}
	}
	id := w.ids("orders")[0]
	w.change("orders", id, map[string]any{"status_id": 2})
	wanted[orderAt(id)] = [2]string{"status", "shipped"}
	w.trigger("reconcile")
	w.filled(wanted)
	w.await("the hooks active again", func() bool { return w.activeHooks() == hooks })

	silent, gone := w.ids("customers")[1], w.ids("products")[1]
	opted, _, err := w.shop.Create("subscribers", map[string]any{"email": "in@example.com", "consents": []string{"marketing_newsletter"}})
	require.NoError(t, err)
	archived := w.ids("orders")[1]
	w.trigger("reconcile")
	w.await("the new subscriber", func() bool { return w.atOmetria(subscriber(opted)) != nil })
	w.change("customers", silent, map[string]any{"form_fields": []map[string]any{{"name": "Shoe size", "value": "42"}}})
	require.NoError(t, w.shop.Delete("products", gone))
	require.NoError(t, w.shop.Delete("subscribers", opted))
	require.NoError(t, w.shop.Delete("orders", archived))
	w.trigger("sweep")
	w.await("what no date tells", func() bool {
		properties, _ := w.atOmetria(customer(silent))["properties"].(map[string]any)
		return fmt.Sprint(properties["shoe_size"]) == "42"
	})
	w.arrives(product(gone), "is_active", false)
	w.arrives(orderAt(archived), "is_valid", false)
	w.arrives(subscriber(opted), "marketing_optin", "EXPLICITLY_OPTEDOUT")
	assert.Equal(t, came, w.door.count(), "no webhook came")

	require.NoError(t, w.shop.SetDelivery(bigcommercesim.Delivery{}))
	w.change("customers", silent, map[string]any{"last_name": "Heard"})
	w.arrives(customer(silent), "lastname", "Heard")
	assert.Greater(t, w.door.count(), came)
}

// TestReconcileFillsAGapOfThirtyHours stops the service for 30 hours of the
// store's clock, whose webhooks are lost: Reconcile alone finds all of it.
func TestReconcileFillsAGapOfThirtyHours(t *testing.T) {
	t.Parallel()
	var all *process
	var outage gap
	w := newWorld(t, outage.in, func(o *worldOptions) {
		o.serve = func(w *world) { all = w.start("serve", w.address) }
	})
	require.Equal(t, 0, all.stop())
	wanted := outage.change(w, 30)
	w.await("every webhook lost", func() bool { return w.shop.Webhooks().Failed >= 30 })
	w.start("serve", w.address)
	w.trigger("reconcile")
	w.filled(wanted)
}
