package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/store/storetest"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	os.Exit(code)
}

func open(t *testing.T, url string, keys *store.Keyring) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, keys, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrate(t.Context()))
	return s
}

func newKeys(t *testing.T) *store.Keyring {
	t.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	return keys
}

func sqliteURL(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a b#c?.db") }

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store { return open(t, sqliteURL(t), newKeys(t)) })
}

func TestPostgreSQL(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store { return open(t, pgtest.URL(t), newKeys(t)) })
}

func TestSQLiteFileIsItsOwners(t *testing.T) {
	file := filepath.Join(t.TempDir(), "obc.db")
	open(t, "sqlite:"+file, newKeys(t))
	files, err := filepath.Glob(file + "*")
	require.NoError(t, err)
	require.Greater(t, len(files), 1, "the log stands beside the database")
	for _, name := range files {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, name)
	}
}
