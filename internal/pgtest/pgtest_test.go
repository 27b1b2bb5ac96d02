package pgtest

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(Run(m)) }

func TestEachTestGetsAnEmptyDatabase(t *testing.T) {
	for range 2 {
		db, err := sql.Open("pgx", URL(t))
		require.NoError(t, err)
		_, err = db.Exec("CREATE TABLE only_once (id BIGINT)")
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}
}

func TestStopLeavesNothingBehind(t *testing.T) {
	if _, err := binaries(); err != nil {
		t.Skip(err)
	}
	s, err := start()
	require.NoError(t, err)
	require.NoError(t, s.exec("SELECT 1"))
	s.stop()
	require.Error(t, s.exec("SELECT 1"))
	require.NoDirExists(t, s.dir)
}
