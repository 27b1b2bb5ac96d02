package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestIntakeOnAFullDisk lets the API run into a limit on the size of its files,
// kills it, and goes on without the limit: what was answered 200 is there, and
// what could not be committed was answered 503.
func TestIntakeOnAFullDisk(t *testing.T) {
	t.Parallel()
	var all *process
	w := newWorld(t, customers(20), func(o *worldOptions) {
		o.shop.WebhookRetryScale = 1000 // a retry would bring what was refused after all
		o.serve = func(w *world) { all = w.start("serve", w.address) }
	})
	require.Equal(t, 0, all.stop())
	file, err := os.Stat(strings.TrimPrefix(w.database, "sqlite:"))
	require.NoError(t, err)
	// In units of 512 or, with some shells, 1,024 bytes.
	limit := fmt.Sprintf("ulimit -f %d; exec \"$0\" api", (file.Size()+100<<10)/512)
	api := launch(t, "/bin/sh", append(w.environ, "OBC_HTTP_ADDR="+w.address), "-c", limit, programs.product)
	w.answersAt(api, w.address, "/healthz")

	ids := w.ids("customers")
	safe, last := map[int64]string{}, map[int64]string{}
	refused, answered := 0, 0
	for n := 0; refused < 5 && n < 2000; n++ {
		id, came := ids[n%len(ids)], w.door.count()
		last[id] = fmt.Sprintf("Change-%d", n)
		w.change("customers", id, map[string]any{"last_name": last[id]})
		w.await("an answer", func() bool { return w.door.count() > came })
		for _, d := range w.door.since(came) {
			switch d.status {
			case http.StatusOK:
				answered++
				safe[id] = last[id]
			case http.StatusServiceUnavailable:
				refused++
				delete(safe, id) // an earlier event may bring this state, or not
			default:
				t.Fatalf("answered %d", d.status)
			}
		}
	}
	t.Logf("%d webhooks answered 200, then %d answered 503", answered, refused)
	require.Equal(t, 5, refused, "the limit was never reached")
	require.NotEmpty(t, safe)
	api.kill()

	w.start("serve", w.address)
	w.allArrive(safe)
	for id := range last {
		assert.Equal(t, "accepted", w.settles("customers", id).Outcome)
	}
}
