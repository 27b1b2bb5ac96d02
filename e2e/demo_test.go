package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
)

// report is what --report writes.
type report struct {
	Entities map[string]struct{ Store, Accepted, Rejected, Skipped int }
	Changes  []struct {
		Entity    string
		RecordID  string `json:"record_id"`
		Change    string
		LatencyMS int64 `json:"latency_ms"`
	}
	Seconds float64
}

func readReport(t *testing.T, file string) report {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	var r report
	require.NoError(t, json.Unmarshal(raw, &r))
	return r
}

// TestDemo syncs a whole store and sees every kind of change arrive, on both
// databases.
func TestDemo(t *testing.T) {
	for name, environ := range map[string]func(t *testing.T) []string{
		"sqlite":   func(*testing.T) []string { return nil },
		"postgres": func(t *testing.T) []string { return []string{"OBC_DATABASE_URL=" + pgtest.URL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "report.json")
			p := start(t, t.TempDir(), environ(t), append(size, "--demo", "--exit", "--report", file)...)
			require.Equal(t, 0, p.wait(4*time.Minute))

			r := readReport(t, file)
			for entity, want := range map[string]int{"customers": 60, "subscribers": 40, "products": 40, "orders": 120} {
				got := r.Entities[entity]
				assert.Equal(t, want, got.Store, entity)
				assert.Equal(t, want, got.Accepted+got.Skipped, entity)
				assert.Zero(t, got.Rejected, entity)
			}
			changes := map[string]bool{}
			for _, c := range r.Changes {
				changes[c.Entity+" "+c.Change] = true
				assert.Positive(t, c.LatencyMS)
				assert.NotEmpty(t, c.RecordID)
			}
			for _, entity := range []string{"customers", "subscribers", "products", "orders"} {
				for _, change := range []string{"created", "changed", "deleted"} {
					assert.Contains(t, changes, entity+" "+change)
				}
			}
			assert.Positive(t, r.Seconds)
		})
	}
}

// TestDemoNamesWhatIsMissing proves that the demo can fail: Ometria says
// accepted and loses one product.
func TestDemoNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), nil, append(size, "--demo", "--exit", "--drop-one")...)
	require.Equal(t, 1, p.wait(4*time.Minute))
	assert.Regexp(t, `missing at Ometria: products \d+ \(accepted, but not at Ometria\)`, p.out.String())
}

// TestKilledInMidBulk kills everything in the middle of the bulk sync, Temporal
// and both stand-ins included, and lets the same command go on from its cursor.
func TestKilledInMidBulk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"--customers", "600", "--subscribers", "300", "--products", "200", "--orders", "900", "--demo", "--latency", "300ms"}
	first := start(t, dir, nil, append(args, "--exit")...)
	client := first.ready().client()
	var connection string
	first.eventually(3*time.Minute, "products in, customers on the way", func() bool {
		for c, err := range client.Connections(t.Context()) {
			if err != nil {
				return false
			}
			connection = c.ID
			return c.Progress["products"].Accepted == 200 && c.Progress["customers"].Accepted > 0 && c.Progress["customers"].Waiting > 0
		}
		return false
	})
	first.kill()

	file := filepath.Join(t.TempDir(), "report.json")
	second := start(t, dir, nil, append(args, "--report", file)...)
	s := second.ready()
	second.eventually(5*time.Minute, "the report", func() bool {
		_, err := os.Stat(file)
		return err == nil && strings.Contains(second.out.String(), "Press Ctrl-C to stop")
	})
	assert.Contains(t, second.out.String(), "Going on with connection "+connection)
	r := readReport(t, file)
	for entity, want := range map[string]int{"customers": 600, "subscribers": 300, "products": 200, "orders": 900} {
		assert.Equal(t, want, r.Entities[entity].Store, entity)
	}
	for id, err := range s.client().Records(t.Context(), connection, "products", "accepted") {
		require.NoError(t, err)
		var held struct{ Revisions int }
		getJSON(t, "http://"+s.Addresses.Ometria+"/_simulator/records/product/"+id.RecordID, nil, &held)
		assert.Equal(t, 1, held.Revisions, "product %s was pushed again: the bulk sync began anew", id.RecordID)
	}
	assert.Equal(t, 0, second.stop(), "the demo verified that every record is there")
}

// TestCtrlCStopsEverything wants an orderly end, with nothing left running.
func TestCtrlCStopsEverything(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), nil, size...)
	s := p.ready()
	require.Equal(t, 0, p.stop())
	p.eventuallyClosed(s.Addresses.Temporal)
}
