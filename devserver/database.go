package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retention is how long the history of a closed workflow is kept.
const retention = 7 * 24 * time.Hour

// database is the SQLite database of the server. Its connection belongs to
// Temporal's plugin, which keeps one a process and configuration.
type database struct {
	config *config.SQL
	lock   *os.File // held while a file database is in use; nil in memory
}

// openDatabase opens the database in a directory, making both when they are
// missing, or one in memory when the directory is empty. Two processes on one
// directory would each believe themselves the owner of every workflow: the
// second gets an error.
func openDatabase(dir string) (*database, error) {
	if dir == "" {
		return &database{config: &config.SQL{
			PluginName:        sqliteplugin.PluginName,
			DatabaseName:      strconv.FormatUint(rand.Uint64(), 36), // a shared cache is found by its name
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}}, nil
	}

	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "temporal.lock"))
	if err != nil {
		return nil, fmt.Errorf("lock data directory %s: %w", dir, err)
	}
	db := &database{lock: lock, config: &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: filepath.Join(dir, "temporal.db"),
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  "1", // NORMAL: a power cut may lose the last commits, a killed process loses none
		},
	}}
	if err := db.ensureSchema(); err != nil {
		db.close()
		return nil, fmt.Errorf("set up schema: %w", err)
	}
	if err := db.checkPragmas(); err != nil {
		db.close()
		return nil, fmt.Errorf("check pragmas: %w", err)
	}
	return db, nil
}

// close gives the directory free for another process.
func (db *database) close() {
	if db.lock != nil {
		_ = db.lock.Close()
	}
}

// ensureSchema makes the tables beside the database and moves them into place,
// so that a process killed half-way leaves no database with half its tables.
func (db *database) ensureSchema() error {
	path := db.config.DatabaseName
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fresh := &config.SQL{
		PluginName:        sqliteplugin.PluginName,
		DatabaseName:      path + ".new",
		ConnectAttributes: map[string]string{"mode": "rwc", "journal_mode": "off", "synchronous": "0"},
	}
	if err := os.Remove(fresh.DatabaseName); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := sqliteschema.SetupSchema(fresh); err != nil {
		return err
	}
	return os.Rename(fresh.DatabaseName, path)
}

// checkPragmas fails unless the pragmas hold on the very connection that the
// server will use. A pragma misspelt is otherwise ignored without a word, and
// the server a third as fast. The plugin executes statements but returns no
// rows, hence the constraint.
func (db *database) checkPragmas() error {
	admin, err := sql.NewSQLAdminDB(sqlplugin.DbKindUnknown, db.config, resolver.NewNoopResolver(),
		log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	defer func() { _ = admin.Close() }()
	for _, stmt := range []string{
		`CREATE TEMP TABLE pragmas (journal_mode TEXT CHECK (journal_mode = 'wal'), synchronous INT CHECK (synchronous = 1))`,
		`INSERT INTO pragmas SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous`,
		`DROP TABLE pragmas`,
	} {
		if err := admin.Exec(stmt); err != nil {
			return err
		}
	}
	return nil
}

// ensureNamespace registers the namespace, or adds to an existing one the
// search attributes that it lacks. It writes before the server starts, as
// Temporal's own development server does: every service then has them from its
// first read on, where over the API each would learn of them in its own time.
func (db *database) ensureNamespace(ctx context.Context, name string, attributes map[string]enumspb.IndexedValueType) error {
	fresh, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, nil)
	if err != nil {
		return err
	}
	fresh.Detail.Config.Retention = durationpb.New(retention)
	if err := sqliteschema.CreateNamespaces(db.config, fresh); err != nil { // leaves an existing one alone
		return err
	}

	conn, err := sql.NewSQLDB(sqlplugin.DbKindUnknown, db.config, resolver.NewNoopResolver(),
		log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	rows, err := conn.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &name})
	if err != nil {
		return fmt.Errorf("read namespace: %w", err)
	}
	row := &rows[0]
	serializer := serialization.NewSerializer()
	detail, err := serializer.NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return fmt.Errorf("decode namespace: %w", err)
	}
	if err := addSearchAttributes(detail.Config, attributes); err != nil {
		return err
	}
	blob, err := serializer.NamespaceDetailToBlob(detail)
	if err != nil {
		return fmt.Errorf("encode namespace: %w", err)
	}
	row.Data, row.DataEncoding = blob.GetData(), blob.GetEncodingType().String()
	if _, err := conn.UpdateNamespace(ctx, row); err != nil {
		return fmt.Errorf("write namespace: %w", err)
	}
	return nil
}

// addSearchAttributes gives each attribute that has none a free column of its
// type. In SQL visibility an attribute is an alias of a fixed column, such as
// Keyword01.
func addSearchAttributes(ns *persistencespb.NamespaceConfig, attributes map[string]enumspb.IndexedValueType) error {
	columns := sadefs.GetDBIndexSearchAttributes(nil).GetCustomSearchAttributes()
	taken := ns.CustomSearchAttributeAliases // column → name
	if taken == nil {
		taken = map[string]string{}
		ns.CustomSearchAttributeAliases = taken
	}
	has := map[string]enumspb.IndexedValueType{}
	for column, name := range taken {
		has[name] = columns[column]
	}

	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		want := attributes[name]
		if is, ok := has[name]; ok {
			if is != want {
				return fmt.Errorf("search attribute %s is a %s already", name, is)
			}
			continue
		}
		column := ""
		for c, kind := range columns {
			if _, used := taken[c]; !used && kind == want && (column == "" || c < column) {
				column = c
			}
		}
		if column == "" {
			return fmt.Errorf("search attribute %s: no column of type %s is free", name, want)
		}
		taken[column] = name
	}
	return nil
}

// lockFile takes an exclusive lock that ends with the process, however it ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.New("another process uses it")
		}
		return nil, err
	}
	return f, nil
}
