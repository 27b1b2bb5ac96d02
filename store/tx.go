package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const writeTries = 6

// tx is one transaction with the few helpers that every method needs.
type tx struct {
	ctx context.Context
	s   *Store
	*sql.Tx
	dirtied bool // commit wakes the dispatcher
}

// write runs do in one transaction that writes, again when another one was in
// the way. SQLite takes the write lock at once (BEGIN IMMEDIATE).
func (s *Store) write(ctx context.Context, do func(t *tx) error) error {
	for try := 1; ; try++ {
		err := s.writeOnce(ctx, do)
		if err == nil || !busy(err) || try == writeTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(1+rand.IntN(5<<try)) * time.Millisecond):
		}
	}
}

// writeSoon is write for what need not outlive a power cut, though it outlives
// the death of every process: SQLite syncs it to the disk together with the next
// transaction that must be there.
//
// That is so for numbers drawn, slots and budgets, and what was handed over: the
// processes that know of them end with the machine. It is so for how a push
// ended, too: the claim from before the push is on the disk, expires, and the
// record is pushed once more. A power cut takes the end of the log and never a
// piece from its middle, so a number that is kept anywhere is not drawn again.
func (s *Store) writeSoon(ctx context.Context, do func(t *tx) error) error {
	return s.write(context.WithValue(ctx, syncedSoon{}, true), do)
}

func (s *Store) writeOnce(ctx context.Context, do func(t *tx) error) error {
	sqlTx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = sqlTx.Rollback() }() // after Commit it does nothing
	t := &tx{ctx: ctx, s: s, Tx: sqlTx}
	if err := do(t); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if t.dirtied {
		s.signalWake()
	}
	return nil
}

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(query string, args ...any) (int, error) {
	res, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

func (t *tx) row(query string, args ...any) *sql.Row { return t.QueryRowContext(t.ctx, query, args...) }

func (t *tx) rows(query string, args ...any) (*sql.Rows, error) {
	return t.QueryContext(t.ctx, query, args...)
}

// nextSeq draws a number that is higher than every number drawn before this
// transaction's latest lock.
func (t *tx) nextSeq() (seq int64, err error) {
	if err := t.row(t.s.q.NextSeq).Scan(&seq); err != nil {
		return 0, fmt.Errorf("draw sequence number: %w", err)
	}
	return seq, nil
}

// lockRecords locks the rows in key order where the database locks rows.
func (t *tx) lockRecords(id connection.ID, entity connection.Entity, ids string) error {
	if t.s.dialect != postgres {
		return nil
	}
	if _, err := t.exec(t.s.q.LockRecords, id, entity, ids); err != nil {
		return fmt.Errorf("lock records: %w", err)
	}
	return nil
}

// advisoryLock makes transactions with the same lock take turns.
func (t *tx) advisoryLock(lock int64) error {
	if t.s.dialect != postgres {
		return nil
	}
	if _, err := t.exec("SELECT pg_advisory_xact_lock($1)", lock); err != nil {
		return fmt.Errorf("take advisory lock: %w", err)
	}
	return nil
}

// each calls scan for every row and closes rows.
func each(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// encode writes v as JSON for a column or for a list of items. The types it is
// given always encode.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return string(text)
}

// idList is the JSON list that {items} reads. RecordID itself would become
// strings.
func idList(ids []connection.RecordID) string {
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	return encode(numbers)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func millis(d time.Duration) int64 { return d.Milliseconds() }

func toTime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
