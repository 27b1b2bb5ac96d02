package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"
)

const insertItem, selectItems = "INSERT INTO item (n) VALUES (?1)", "SELECT n FROM item WHERE n >= ?1 ORDER BY n"

// oneConnection is a database whose only connection keeps the two statements.
func oneConnection(t *testing.T) (*sql.DB, *keepingConn) {
	t.Helper()
	connector, err := sqlite.NewConnector("file:" + filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	db := sql.OpenDB(keepStatements{connector, map[string]bool{insertItem: true, selectItems: true}})
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), "CREATE TABLE item (n INTEGER NOT NULL UNIQUE)")
	require.NoError(t, err)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	var kept *keepingConn
	require.NoError(t, conn.Raw(func(c any) error { kept = c.(*keepingConn); return nil }))
	return db, kept
}

func numbers(t *testing.T, rows *sql.Rows, err error) (list []int) {
	t.Helper()
	require.NoError(t, each(rows, err, func(r *sql.Rows) error {
		var n int
		err := r.Scan(&n)
		list = append(list, n)
		return err
	}))
	return list
}

func TestStatementsAreKept(t *testing.T) {
	db, conn := oneConnection(t)
	for n := range 3 {
		_, err := db.ExecContext(t.Context(), insertItem, n)
		require.NoError(t, err)
		rows, err := db.QueryContext(t.Context(), selectItems, 1)
		assert.Len(t, numbers(t, rows, err), n)
	}
	assert.Len(t, conn.kept, 2, "and nothing else, such as the table's making")
}

func TestKeptStatementSurvivesFailureAndChangedTable(t *testing.T) {
	db, conn := oneConnection(t)
	_, err := db.ExecContext(t.Context(), insertItem, 1)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), insertItem, 1)
	require.Error(t, err, "it is there already")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.ExecContext(ended, insertItem, 2)
	require.ErrorIs(t, err, context.Canceled)
	_, err = db.ExecContext(t.Context(), "ALTER TABLE item ADD COLUMN more TEXT NOT NULL DEFAULT ''")
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), insertItem, 2)
	require.NoError(t, err)
	rows, err := db.QueryContext(t.Context(), selectItems, 0)
	assert.Equal(t, []int{1, 2}, numbers(t, rows, err))
	assert.Len(t, conn.kept, 2)
}

// A query may be asked while rows of the same one are being read.
func TestKeptStatementIsNotSharedWhileItIsRead(t *testing.T) {
	db, _ := oneConnection(t)
	for n := range 3 {
		_, err := db.ExecContext(t.Context(), insertItem, n)
		require.NoError(t, err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	outer, err := tx.QueryContext(t.Context(), selectItems, 0)
	require.NoError(t, err)
	defer func() { _ = outer.Close() }()
	var seen []int
	for outer.Next() {
		var n int
		require.NoError(t, outer.Scan(&n))
		seen = append(seen, n)
		inner, err := tx.QueryContext(t.Context(), selectItems, 2)
		assert.Equal(t, []int{2}, numbers(t, inner, err))
	}
	require.NoError(t, outer.Err())
	assert.Equal(t, []int{0, 1, 2}, seen)
	require.NoError(t, outer.Close())
	again, err := tx.QueryContext(t.Context(), selectItems, 1)
	assert.Equal(t, []int{1, 2}, numbers(t, again, err))
}

// What must be on the disk is, whatever transaction came before it.
func TestOnlyWhatMayBeLostIsSyncedLater(t *testing.T) {
	keys, err := ParseKeys(NewKey())
	require.NoError(t, err)
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), keys, nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	const full, normal = 2, 1
	for n, c := range []struct {
		write func(context.Context, func(*tx) error) error
		want  int
	}{{s.write, full}, {s.writeSoon, normal}, {s.writeSoon, normal}, {s.write, full}, {s.write, full}, {s.writeSoon, normal}} {
		var got int
		require.NoError(t, c.write(t.Context(), func(t *tx) error { return t.row("PRAGMA synchronous").Scan(&got) }))
		assert.Equal(t, c.want, got, "transaction %d", n)
	}
}
