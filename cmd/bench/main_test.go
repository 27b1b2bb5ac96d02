package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain lets this program be the child that a row starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		main()
	}
	os.Exit(m.Run())
}

func TestLeastTime(t *testing.T) {
	for name, c := range map[string]struct {
		products, records int
		want              time.Duration
	}{
		"within the first window":            {7500, 800, 0},
		"one read beyond it":                 {7501, 800, 30 * time.Second},
		"a thousand reads are seven windows": {50_000, 50_000, 180 * time.Second},
		"pushes are what takes longer":       {50_000, 180_800, 225 * time.Second},
	} {
		assert.Equal(t, c.want, leastTime(whole, c.products, c.records), name)
	}
}

func TestQuantileIsTheNearestRank(t *testing.T) {
	var values []time.Duration
	for n := 100; n > 0; n-- {
		values = append(values, time.Duration(n))
	}
	assert.Equal(t, time.Duration(50), quantile(values, 0.50))
	assert.Equal(t, time.Duration(99), quantile(values, 0.99))
	assert.Equal(t, time.Duration(100), quantile(values, 1))
	assert.Equal(t, time.Duration(7), quantile([]time.Duration{7}, 0.99))
	assert.Zero(t, quantile(nil, 0.5))
}

func TestGoals(t *testing.T) {
	f := figure{Value: 30, Unit: "ms"}
	assert.True(t, *f.under(31).Met)
	assert.False(t, *f.under(30).Met)
	f = f.against("half of it", 15)
	assert.Equal(t, 2.0, *f.Ratio)
	assert.True(t, *f.ratioAtMost(2).Met)
	assert.False(t, *f.ratioAtMost(1.9).Met)
	assert.True(t, *f.ratioAtLeast(2).Met)
	assert.False(t, *f.ratioAtLeast(2.1).Met)
	assert.False(t, *figure{Value: 1}.against("nothing", 0).ratioAtMost(2).Met, "no ratio meets no goal")
	missing := report{Figures: []figure{f, f.ratioAtMost(1)}}
	assert.True(t, missing.missed())
}

func TestWrongCalls(t *testing.T) {
	for _, args := range [][]string{
		{"--rows", "speed"}, {"--seconds", "0"}, {"--nothing"}, {"--json", filepath.Join(t.TempDir(), "no", "such.json")},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, exitUsage, run(args, nil, &stdout, &stderr), args)
		assert.NotEmpty(t, stderr.String())
	}
}

// A second of real time goes through everything that all rows use.
func TestMeasures(t *testing.T) {
	if os.Getenv("OBC_DEVSERVER") == "" {
		t.Skip("OBC_DEVSERVER is not set: make test sets it")
	}
	file := filepath.Join(t.TempDir(), "bench.json")
	var stdout, stderr bytes.Buffer
	code := run([]string{"--rows", "realtime", "--seconds", "1", "--rate", "4", "--json", file}, os.Environ(), &stdout, &stderr)
	require.Equal(t, exitOK, code, stderr.String())
	assert.Contains(t, stdout.String(), "webhook answered → accepted, p50")
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	var found report
	require.NoError(t, json.Unmarshal(raw, &found))
	require.Len(t, found.Figures, 4)
	for _, f := range found.Figures {
		assert.Positive(t, f.Value, f.Name)
		assert.Equal(t, "realtime", f.Row)
	}
	require.NotNil(t, found.Figures[1].Baseline)
	assert.Positive(t, *found.Figures[1].Baseline)
}
