package e2e

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
)

// TestProcessesShareTheWork runs two API processes and two workers on one
// PostgreSQL database. Each worker reaches Ometria by an address of its own,
// which tells who pushed what.
func TestProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	if programs.devserver == "" {
		t.Skip("skipped: no devserver program; build it with make bin/devserver, or set OBC_DEVSERVER")
	}
	second, workers := freeAddress(t), []string{"first worker", "second worker"}
	w := newWorld(t, customers(150), func(o *worldOptions) {
		o.database = pgtest.URL(t)
		o.serve = func(w *world) {
			w.door.to = []string{w.address, second}
			w.start("api", w.address)
			w.start("api", second)
			for _, name := range workers {
				w.start("worker", freeAddress(w.t), "OBC_OMETRIA_URL="+w.ometria.open(w.t, name))
			}
		}
	})
	ids := w.ids("customers")
	came := w.door.count()
	var rounds []string
	for round := range 2 {
		rounds = append(rounds, fmt.Sprintf("Round%d", round))
		// One event at a time for a record: each version has one push, then.
		w.allArrive(w.rename(ids, rounds[round]))
	}
	for _, id := range ids {
		w.settles("customers", id)
	}

	w.answered(came, len(rounds)*len(ids))
	apis := map[string]int{}
	for _, d := range w.door.since(came) {
		apis[d.to]++
	}
	by := map[string]map[string]int{} // version → who pushed it → how often
	shares := map[string]int{}
	for _, r := range w.ometria.requests(func(r request) bool { return r.method == "POST" && r.uri == "/v2/push" }) {
		var records []struct {
			LastName string `json:"lastname"`
		}
		require.NoError(t, json.Unmarshal([]byte(r.body), &records))
		for _, record := range records {
			if by[record.LastName] == nil {
				by[record.LastName] = map[string]int{}
			}
			by[record.LastName][r.by]++
		}
	}
	for _, id := range ids {
		for _, round := range rounds {
			version := fmt.Sprintf("%s-%d", round, id)
			pushedBy := by[version]
			assert.Len(t, pushedBy, 1, "%s is pushed by one worker alone: %v", version, pushedBy)
			for name, times := range pushedBy {
				assert.Equal(t, 1, times, "%s by the %s", version, name)
				shares[name]++
			}
		}
	}
	t.Logf("webhooks of each API: %v; records of each worker: %v", apis, shares)
	for _, address := range []string{w.address, second} {
		assert.Positive(t, apis[address], "an API took no webhook")
	}
	for _, name := range workers {
		assert.Positive(t, shares[name], "the %s pushed nothing", name)
	}
}
