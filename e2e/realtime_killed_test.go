package e2e

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestHeldBackPushOfAKilledWorker kills the worker whose push of version 1 is
// on its way. Nobody knows whether that push will arrive, so nothing is pushed
// over it while its claim stands; it arrives late, and version 2 comes after.
//
// The claim's minute is what bounds how late: the client gives a call up after
// 20 s, and a network that delivers it later than the claim stands could still
// put version 1 last. In this test claims stand for half that time: longer than
// Temporal needs to notice the worker's death.
func TestHeldBackPushOfAKilledWorker(t *testing.T) {
	t.Parallel()
	var worker *process
	claims := shortClaims + "=30s"
	begin := func(w *world) *process {
		address := freeAddress(w.t)
		p := launch(w.t, os.Args[0], append(w.environ, "OBC_HTTP_ADDR="+address, claims), "-test.run=^$")
		w.answersAt(p, address, "/readyz")
		return p
	}
	w := newWorld(t, func(o *worldOptions) {
		o.serve = func(w *world) {
			w.start("api", w.address)
			worker = begin(w)
		}
	})
	id, bystander := w.ids("customers")[0], w.ids("products")[0]
	before := len(w.pushed(customer(id), "lastname"))
	held := w.ometria.holdBack(t, pushes(customer(id)))
	w.change("customers", id, map[string]any{"last_name": "Version1"})
	held.await(t, "the push of version 1")

	worker.kill()
	w.change("customers", id, map[string]any{"last_name": "Version2"})
	fetched := w.store.count(reads("customers", id))
	begin(w)
	w.lap(bystander)
	w.await("a fetch of version 2", func() bool { return w.store.count(reads("customers", id)) > fetched })
	assert.True(t, w.story("customers", id).InFlight, "the outcome of the push is unknown")
	assert.Len(t, w.pushed(customer(id), "lastname"), before, "nothing is pushed over it")

	held.deliver()
	assert.Equal(t, "Version1", w.atOmetria(customer(id))["lastname"])
	w.arrives(customer(id), "lastname", "Version2")
	w.settles("customers", id)
	// The same once more does no harm; an older one would.
	assert.Equal(t, []any{"Version1", "Version2"}, slices.Compact(w.pushed(customer(id), "lastname")[before:]))
}
