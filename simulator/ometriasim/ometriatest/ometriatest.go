// Package ometriatest gives tests a simulated Ometria that holds every push to
// the published schemas, where they are present.
package ometriatest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/specs"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// New returns a stand-in that is closed at the end of the test. The test fails
// if any push broke the contract: the schemas, our sender's stricter part of
// them included, or what is known without them.
func New(t testing.TB, o ometriasim.Options) *ometriasim.Server {
	t.Helper()
	if o.SchemaDir == "" {
		o.SchemaDir, o.Strict = SchemaDir(t), true
	}
	s, err := ometriasim.New(o)
	require.NoError(t, err)
	t.Cleanup(func() {
		t.Helper()
		assert.NoError(t, s.Close())
		for i, v := range s.Violations() {
			if i == shown {
				t.Errorf("and %d more", len(s.Violations())-shown)
				break
			}
			t.Errorf("a push breaks Ometria's contract: %s", v)
		}
	})
	return s
}

const shown = 10 // violations, of what may be thousands

// SchemaDir returns the folder of the schemas that OBC_SPECS names or that lies
// beside the checkout, or an empty string.
func SchemaDir(t testing.TB) string {
	t.Helper()
	dir, err := specs.Find(os.Getenv("OBC_SPECS"))
	require.NoError(t, err)
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "ometria")
}
