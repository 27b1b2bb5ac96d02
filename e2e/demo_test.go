package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim/ometriatest"
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
	Bad     []struct {
		Kind, Entity, Outcome string
		Records               int
		Reason                struct{ Code, Path, Text string }
	}
	Failures []struct {
		Entity  string
		Count   int
		Warning bool
		Reason  struct{ Code, Path, Text string }
	}
	Contract struct {
		Schemas            string
		Records            int
		Violations         int
		PushErrors         int `json:"push_errors"`
		Exchanges          int
		ExchangeViolations int `json:"exchange_violations"`
	}
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
// databases. Where the published schemas are present, every push is held to
// them.
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
			assert.Equal(t, ometriatest.SchemaDir(t), r.Contract.Schemas)
			assert.Greater(t, r.Contract.Records, 260)
			assert.Zero(t, r.Contract.Violations)
			assert.Zero(t, r.Contract.PushErrors)
			assert.Zero(t, r.Contract.ExchangeViolations)
			assert.Equal(t, r.Contract.Schemas != "", r.Contract.Exchanges > 0)
			assert.Contains(t, p.out.String(), "/push/_errors is empty")
			assert.Empty(t, r.Bad)
			for _, f := range r.Failures {
				assert.True(t, f.Warning, "%+v", f)
			}
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

// TestDemoWithBadRecords proves that each record that fails can be seen with
// its reason: in the demo's own look at the API, in its report, and on the
// command line.
func TestDemoWithBadRecords(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "report.json")
	p := start(t, t.TempDir(), nil, "--customers", "10", "--subscribers", "10", "--products", "10", "--orders", "20",
		"--demo", "--bad", "2", "--report", file)
	s := p.ready()
	p.eventually(4*time.Minute, "the demo's end", func() bool { return strings.Contains(p.out.String(), "Press Ctrl-C to stop") })

	r := readReport(t, file)
	fates := map[string]string{}
	for _, b := range r.Bad {
		fates[b.Kind] = fmt.Sprintf("%d %s %s: %s %s", b.Records, b.Entity, b.Outcome, b.Reason.Code, b.Reason.Path)
	}
	assert.Equal(t, map[string]string{
		"invalid_email":   "2 customers skipped: invalid_email email",
		"no_total":        "2 orders rejected: unmappable grand_total",
		"refused_at_once": "2 products rejected: refused product",
		"refused_later":   "2 subscribers rejected: refused email",
		"too_large":       "2 orders accepted: trimmed lineitems[].sku",
		"unknown_status":  "2 orders accepted: unmapped_status 15",
	}, fates)
	rejected := 0
	for entity, want := range map[string]int{"customers": 0, "subscribers": 2, "products": 2, "orders": 2} {
		assert.Equal(t, want, r.Entities[entity].Rejected, entity)
		rejected += want
	}
	listed := 0
	for _, f := range r.Failures {
		if !f.Warning {
			listed += f.Count
		}
	}
	assert.Equal(t, rejected, listed, "every rejected record stands among the failures, and nothing else does")
	assert.Zero(t, r.Contract.Violations, "what is bad in the store breaks no contract at Ometria")
	assert.GreaterOrEqual(t, r.Contract.PushErrors, 2)

	client := s.client()
	var id string
	for c, err := range client.Connections(t.Context()) {
		require.NoError(t, err)
		id = c.ID
	}
	list := launch(t, programs.product, []string{"OBC_API_URL=http://" + s.Addresses.HTTP, "OBC_API_TOKEN=" + s.AdminToken}, "failures", "list", id)
	require.Equal(t, 0, list.wait(time.Minute))
	for _, line := range []string{
		`orders +2 .*the order has no total`,
		`products +2 .*Ometria refused the record and gave no reason`,
		`subscribers +2 .*domain takes no mail`,
	} {
		assert.Regexp(t, line, list.out.String())
	}
	require.Equal(t, 0, p.stop(), "the demo itself found nothing amiss")
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
	p.ready()
	require.Equal(t, 0, p.stop())
	p.eventuallyGone()
}
