package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ometria/ometria-bigcommerce/connection"
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

// A claim of new rows and a change that forgets pushes may meet: rows that are
// not committed are not seen by the change, so the claim waits for it.
func TestClaimOfNewRowsWaitsForAChangeOnPostgreSQL(t *testing.T) {
	s := open(t, pgtest.URL(t), newKeys(t))
	ctx := t.Context()
	authentication := connection.NewAuthenticationID()
	require.NoError(t, s.CreateAuthentication(ctx, connection.Authentication{ID: authentication}, connection.Credentials{}))
	c, err := s.CreateConnection(ctx, connection.Connection{AuthenticationID: authentication, StoreHash: "shop", IdentificationCode: "A", Timezone: "UTC"})
	require.NoError(t, err)
	f, err := s.NextSeq(ctx)
	require.NoError(t, err)
	change, err := s.DB().Begin()
	require.NoError(t, err)
	defer func() { _ = change.Rollback() }() // after Commit it does nothing
	_, err = change.Exec("UPDATE connections SET epoch = epoch + 1 WHERE id = $1", string(c.ID))
	require.NoError(t, err)

	type answer struct {
		claimed int
		err     error
	}
	claimed := make(chan answer, 1)
	go func() {
		got, err := s.Claim(ctx, store.Claim{ConnectionID: c.ID, Entity: connection.Orders, Fetched: f, Items: []store.ClaimItem{{RecordID: 1}}})
		claimed <- answer{len(got), err}
	}()
	waits := func() bool {
		var n int
		err := s.DB().QueryRow("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
		return err == nil && n == 1
	}
	require.Eventually(t, func() bool { return waits() || len(claimed) > 0 }, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, change.Commit())
	assert.Equal(t, answer{}, <-claimed, "it was read for what the connection was")
}
