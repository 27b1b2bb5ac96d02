package e2e

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/chaos"
)

// A short run of the fault suite on each database, one with a seed that never
// changes. What only a longer run does is in make chaos.
func TestNothingIsLostAmongFaults(t *testing.T) {
	if programs.devserver == "" {
		t.Skip("skipped: no devserver program; build it with make bin/devserver, or set OBC_DEVSERVER")
	}
	for database, seed := range map[string]uint64{chaos.SQLite: 1, chaos.Postgres: uint64(rand.Uint32())} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			o := chaos.DefaultOptions()
			o.Product, o.Devserver = programs.product, programs.devserver
			o.Seed, o.Database = seed, database
			o.Faults, o.Settle, o.Slow = 12*time.Second, 5*time.Minute, false
			// Its directory is one of its own: a failed run leaves its logs there.
			o.Customers, o.Subscribers, o.Products, o.Orders = 15, 15, 10, 20
			var said bytes.Buffer
			o.Out = &said
			report, err := chaos.Run(t.Context(), o)
			if chaos.NotInstalled(err) {
				t.Skipf("skipped: %v", err)
			}
			if !assert.NoError(t, err) || !assert.NoError(t, report.Err()) {
				t.Logf("the run, which make chaos ARGS=\"--slow no --minutes 0.2 --database %s --seed %d\" repeats:\n%s", database, seed, &said)
			}
			t.Logf("seed %d on %s: %d kills, %d faults, %d records, %d lost", seed, database, report.Kills, report.Faults, report.Records, len(report.Lost))
			require.Positive(t, report.Faults)
			require.Positive(t, report.Records)
		})
	}
}
