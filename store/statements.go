package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// keepStatements makes SQLite connections that parse each of our queries once
// instead of at every call, as pgx does for PostgreSQL by itself.
type keepStatements struct {
	driver.Connector
	queries map[string]bool // the texts worth keeping; complete before the first use
}

func (k keepStatements) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := opened.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("open database: connections of type %T lack a method", opened), opened.Close())
	}
	return &keepingConn{sqliteConn: conn, queries: k.queries, kept: map[string]*keptStatement{}}, nil
}

// sqliteConn is what the driver's connections are and database/sql looks for.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn keeps prepared statements until it closes. Like every connection
// it serves one caller at a time.
type keepingConn struct {
	sqliteConn
	queries map[string]bool
	kept    map[string]*keptStatement
	soon    bool // synchronous is NORMAL, not FULL
}

// syncedSoon is the key of contexts whose transactions need not be on the disk
// when they are committed.
type syncedSoon struct{}

const (
	syncNow  = "PRAGMA synchronous = FULL"
	syncSoon = "PRAGMA synchronous = NORMAL"
)

// sqliteStatement is what the driver's statements are.
type sqliteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type keptStatement struct {
	sqliteStatement
	busy bool // rows of it are being read
}

// statement returns the prepared statement of a query. It is nil where the
// query is not kept, or is being read already.
func (c *keepingConn) statement(ctx context.Context, query string) (*keptStatement, error) {
	if !c.queries[query] {
		return nil, nil
	}
	kept := c.kept[query]
	if kept == nil {
		prepared, err := c.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		statement, ok := prepared.(sqliteStatement)
		if !ok {
			return nil, errors.Join(fmt.Errorf("prepare query: statements of type %T lack a method", prepared), prepared.Close())
		}
		kept = &keptStatement{sqliteStatement: statement}
		c.kept[query] = kept
	}
	if kept.busy {
		return nil, nil
	}
	return kept, nil
}

func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	kept, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if kept == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return kept.ExecContext(ctx, args)
}

func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	kept, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if kept == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := kept.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	kept.busy = true
	return &keptRows{rows, kept}, nil
}

// BeginTx begins a transaction that is synced to the disk when it commits, or,
// where the context says soon, with the next one that is.
func (c *keepingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if soon := ctx.Value(syncedSoon{}) != nil; soon != c.soon {
		pragma := syncNow
		if soon {
			pragma = syncSoon
		}
		if _, err := c.ExecContext(ctx, pragma, nil); err != nil {
			return nil, err
		}
		c.soon = soon
	}
	return c.sqliteConn.BeginTx(ctx, opts)
}

func (c *keepingConn) Close() error {
	var errs []error
	for _, kept := range c.kept {
		errs = append(errs, kept.Close())
	}
	clear(c.kept)
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// keptRows gives its statement back once it is closed.
type keptRows struct {
	driver.Rows
	kept *keptStatement
}

func (r *keptRows) Close() error {
	r.kept.busy = false
	return r.Rows.Close()
}
