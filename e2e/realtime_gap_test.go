package e2e

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gap is a time without webhooks on a store's own clock.
type gap struct{ hours atomic.Int64 }

// in makes a store whose clock the gap moves, and that never sends a webhook
// again that has failed.
func (g *gap) in(o *worldOptions) {
	o.shop.WebhookRetryScale = 1000
	o.shop.Now = func() time.Time { return time.Now().Add(time.Duration(g.hours.Load()) * time.Hour) }
}

// change changes or makes a record in each hour, and says what is to be at
// Ometria afterwards: a field's value by record.
func (g *gap) change(w *world, hours int) map[key][2]string {
	w.t.Helper()
	wanted := map[key][2]string{}
	for hour := 1; hour <= hours; hour++ {
		g.hours.Add(1)
		name := fmt.Sprintf("Hour%d", hour)
		switch hour % 4 {
		case 0:
			id := pick(w.ids("products"), hour)
			w.change("products", id, map[string]any{"name": name})
			wanted[product(id)] = [2]string{"title", name}
		case 1:
			id := pick(w.ids("customers"), hour)
			w.change("customers", id, map[string]any{"last_name": name})
			wanted[customer(id)] = [2]string{"lastname", name}
		case 2:
			id, _, err := w.shop.Create("customers", map[string]any{"email": name + "@example.com", "first_name": "New", "last_name": name})
			require.NoError(w.t, err)
			wanted[customer(id)] = [2]string{"lastname", name}
		default:
			id, _, err := w.shop.Create("orders", map[string]any{"status_id": 2})
			require.NoError(w.t, err)
			wanted[orderAt(id)] = [2]string{"status", "shipped"}
		}
	}
	return wanted
}

func pick(ids []int64, n int) int64 { return ids[n%len(ids)] }

// filled waits until Ometria has everything of a gap.
func (w *world) filled(wanted map[key][2]string) {
	w.t.Helper()
	for k, field := range wanted {
		w.arrives(k, field[0], field[1])
	}
}

// TestOutageOfThirtyHours stops the service for 30 hours of the store's clock.
// The webhooks of that time are lost; a re-sync fetches the whole gap.
func TestOutageOfThirtyHours(t *testing.T) {
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
	for k, field := range wanted {
		held := w.atOmetria(k)
		require.True(t, held == nil || held[field[0]] != field[1], "%v was there before", k)
	}
	_, err := w.api.Act(t.Context(), w.connection, "resync", map[string]any{"entities": []string{"customers", "products", "orders"}})
	require.NoError(t, err)
	w.filled(wanted)
	for _, d := range w.door.since(0) {
		assert.Contains(t, []int{http.StatusOK, http.StatusBadGateway}, d.status)
	}
}
