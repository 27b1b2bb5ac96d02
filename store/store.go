package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*/*.sql
var migrationFiles embed.FS

type dialect string

const (
	sqlite3Dialect dialect = "sqlite"
	postgres       dialect = "postgres"
)

// Store is the database of one process. Its methods may be called at once
// from any goroutine.
type Store struct {
	dialect dialect
	writer  *sql.DB // SQLite: one connection, because there is one write lock
	reader  *sql.DB // PostgreSQL: the same pool
	keys    *Keyring
	q       *queries
	texts   map[string]bool // of q
	logger  *slog.Logger

	claimTTL time.Duration
	turns    *turns // nil for PostgreSQL
	intake   *intake
	wake     chan struct{}

	pushedMu sync.Mutex
	pushed   map[string]time.Time // when PushHappened last wrote, by account; guarded by pushedMu

	issued    sync.Map // hashes of webhook secrets that are known to have been issued
	fieldKeys keyCache

	closing sync.Once
	closed  error
}

// Option changes a Store's defaults.
type Option func(*Store)

// WithClaimTTL sets how long a claim stands, instead of 60 s. Pushes must begin
// and end within it.
func WithClaimTTL(d time.Duration) Option { return func(s *Store) { s.claimTTL = d } }

// IsPostgresURL reports whether a URL names a PostgreSQL database in a form that
// Open can read.
func IsPostgresURL(databaseURL string) bool {
	scheme, _, _ := strings.Cut(databaseURL, ":")
	if scheme != "postgres" && scheme != "postgresql" {
		return false
	}
	_, err := pgx.ParseConfig(databaseURL)
	return err == nil
}

// Open opens the database at "sqlite:<file>" or "postgres://…". It creates a
// SQLite file that does not exist; Migrate makes the tables.
func Open(ctx context.Context, databaseURL string, keys *Keyring, logger *slog.Logger, opts ...Option) (*Store, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		keys: keys, logger: logger, claimTTL: 60 * time.Second,
		wake: make(chan struct{}, 1), texts: map[string]bool{}, pushed: map[string]time.Time{},
	}
	for _, opt := range opts {
		opt(s)
	}
	if err := s.openPools(databaseURL); err != nil {
		return nil, err
	}
	q, err := loadQueries(s.dialect)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("load queries: %w", err), s.closePools())
	}
	s.q = q
	for text := range q.texts() {
		s.texts[text] = true
	}
	s.texts[syncNow], s.texts[syncSoon] = true, true
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.closePools())
	}
	s.intake = newIntake(s)
	return s, nil
}

func (s *Store) openPools(databaseURL string) error {
	switch scheme, rest, _ := strings.Cut(databaseURL, ":"); scheme {
	case "sqlite":
		if rest == "" {
			return errors.New("open database: name the file, as in sqlite:data.db")
		}
		s.dialect = sqlite3Dialect
		file := strings.TrimPrefix(rest, "//")
		// Made here, so that only its owner reads it; the log files beside it
		// take its mode.
		made, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		if err := made.Close(); err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		if s.writer, err = s.sqlitePool(sqliteDSN(file, true)); err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		s.writer.SetMaxOpenConns(1)
		s.turns = newTurns()
		if s.reader, err = s.sqlitePool(sqliteDSN(file, false)); err != nil {
			return errors.Join(fmt.Errorf("open database: %w", err), s.writer.Close())
		}
		s.reader.SetMaxOpenConns(max(4, runtime.GOMAXPROCS(0)))
		s.reader.SetMaxIdleConns(max(4, runtime.GOMAXPROCS(0)))
	case "postgres", "postgresql":
		s.dialect = postgres
		config, err := pgx.ParseConfig(databaseURL)
		if err != nil { // its text repeats the URL
			return errors.New("open database: the URL has not the form postgres://user:password@host/name, or names a file that cannot be read")
		}
		config.DialFunc = dialMasked(config.DialFunc)
		db := sql.OpenDB(maskedConnector{stdlib.GetConnector(*config)})
		db.SetMaxOpenConns(16)
		db.SetMaxIdleConns(16)
		db.SetConnMaxIdleTime(5 * time.Minute)
		s.writer, s.reader = db, db
	default:
		return errors.New("open database: the URL has not the form sqlite:<file> or postgres://…")
	}
	return nil
}

func (s *Store) sqlitePool(dsn string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keepStatements{connector, s.texts}), nil
}

// sqliteDSN names the file with its pragmas. FULL syncs the write-ahead log at
// every commit, so that an acknowledged webhook is on disk.
func sqliteDSN(file string, write bool) string {
	pragmas := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(1)"}}
	if write {
		pragmas["_pragma"] = append(pragmas["_pragma"], "journal_mode(WAL)", "synchronous(FULL)")
		pragmas.Set("_txlock", "immediate")
	} else {
		pragmas["_pragma"] = append(pragmas["_pragma"], "query_only(1)")
	}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + pragmas.Encode()
}

// Migrate brings the tables up to date. Replicas that start together take turns.
func (s *Store) Migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrationFiles, "migrations/"+string(s.dialect))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	gooseDialect := database.DialectSQLite3
	if s.dialect == postgres {
		gooseDialect = database.DialectPostgres
		unlock, err := s.lockMigrations(ctx)
		if err != nil {
			return err
		}
		defer unlock()
	}
	provider, err := goose.NewProvider(gooseDialect, s.writer, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	for _, r := range results {
		s.logger.InfoContext(ctx, "database migrated", "migration", r.Source.Version, "took", r.Duration)
	}
	return nil
}

// migrationLock and the other numbers name advisory locks of ours.
const (
	migrationLock int64 = 0x6f6263_01 + iota
	connectionsLock
	dispatchLock
	categoriesLock
	lossesLock
)

func (s *Store) lockMigrations(ctx context.Context) (unlock func(), err error) {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock migrations: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return nil, errors.Join(fmt.Errorf("lock migrations: %w", err), conn.Close())
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", migrationLock); err != nil {
			s.logger.WarnContext(ctx, "migrations not unlocked", "err", err)
		}
		_ = conn.Close()
	}, nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.writer.PingContext(ctx); err != nil {
		return fmt.Errorf("reach database: %w", err)
	}
	if err := s.reader.PingContext(ctx); err != nil {
		return fmt.Errorf("reach database: %w", err)
	}
	return nil
}

// maskedConnector makes PostgreSQL connections whose failures name no host, user
// or database. Everything gets its connections here: queries, transactions,
// migrations.
type maskedConnector struct{ driver.Connector }

func (c maskedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return conn, maskConnect(ctx, err)
}

// maskConnect keeps of err only what a caller branches on: pgconn writes user,
// host and database into every layer, so none of them may stay in the chain.
func maskConnect(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("PostgreSQL did not answer in time: %w", ctx.Err())
	case errors.Is(err, driver.ErrBadConn):
		return driver.ErrBadConn // database/sql tries again
	}
	return errRefused
}

// dialMasked takes the addresses out of what a broken connection says later.
func dialMasked(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err // maskConnect's
		}
		return maskedConn{conn}, nil
	}
}

type maskedConn struct{ net.Conn }

func (c maskedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, withoutAddress(err)
}

func (c maskedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, withoutAddress(err)
}

// withoutAddress keeps the cause, and whether it was a timeout.
func withoutAddress(err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return &net.OpError{Op: e.Op, Net: e.Net, Err: e.Err}
	}
	return err
}

// DB is the pool that writes, for backups and tests of the database itself.
func (s *Store) DB() *sql.DB { return s.writer }

// Wake receives after this process made records dirty, at most one signal at
// a time: a dispatcher need not wait for its next look.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (s *Store) signalWake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Close waits for events being committed and closes the database. It may be
// called twice.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.intake.close()
		s.closed = s.closePools()
	})
	return s.closed
}

func (s *Store) closePools() error {
	err := s.writer.Close()
	if s.reader != s.writer {
		err = errors.Join(err, s.reader.Close())
	}
	return err
}

// busy reports whether another transaction was in the way, so that the same
// work may succeed when it is done again from the start.
func busy(err error) bool {
	if errors.Is(err, errEpochMoved) {
		return true
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "40P01" || e.Code == "40001" // deadlock, serialization failure
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return false
}
