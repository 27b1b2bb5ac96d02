package specs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/specs"
)

func TestFind(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "checkout", "a", "b")
	require.NoError(t, os.MkdirAll(deep, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "checkout", "go.mod"), nil, 0o644))
	t.Chdir(deep)

	dir, err := specs.Find("")
	require.NoError(t, err)
	assert.Empty(t, dir, "none beside the checkout")
	_, err = specs.Find("elsewhere")
	require.Error(t, err, "a folder asked for by name must be there")

	beside := filepath.Join(root, "shared", "specs")
	require.NoError(t, os.MkdirAll(filepath.Join(beside, "ometria"), 0o755))
	dir, err = specs.Find("")
	require.NoError(t, err)
	same(t, beside, dir)
	dir, err = specs.Find(filepath.Join("..", "..", "..", "shared", "specs"))
	require.NoError(t, err)
	same(t, beside, dir)
	assert.True(t, filepath.IsAbs(dir))
}

func same(t *testing.T, want, got string) {
	t.Helper()
	a, err := os.Stat(want)
	require.NoError(t, err)
	b, err := os.Stat(got)
	require.NoError(t, err)
	assert.True(t, os.SameFile(a, b), "%s is not %s", got, want)
}
