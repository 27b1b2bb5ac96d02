package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Pass is one look through all records of an entity, or through those that
// changed since the last one.
type Pass struct {
	Kind   connection.PassKind
	Entity connection.Entity
	// Seq numbers the pass at work: a record pushed with a lower number was read
	// before it began. 0 when none is at work.
	Seq       int64
	Clock     time.Time // BigCommerce's when the pass at work began
	Watermark time.Time // BigCommerce's clock when the last pass that ended began
	Cursor    string    // where the next page begins
	Wanted    bool      // by a person, whenever the last one was
	Looked    int64     // of the pass at work
	Differed  int64
	// FinishedAt is when the last pass ended; Last is what it found.
	FinishedAt time.Time
	Last       connection.PassCounts
	Now        time.Time // the database's clock
}

type passKey struct {
	connection connection.ID
	kind       connection.PassKind
	entity     connection.Entity
}

// BeginPass begins a pass, or goes on with the one that has not come to its
// end. clock is BigCommerce's; first is the watermark where there is none.
func (s *Store) BeginPass(ctx context.Context, id connection.ID, kind connection.PassKind, entity connection.Entity, clock, first time.Time) (Pass, error) {
	err := s.write(ctx, func(t *tx) error {
		seq, err := t.nextSeq()
		if err != nil {
			return err
		}
		_, err = t.exec(s.q.BeginPass, string(id), string(kind), string(entity), seq, toMillis(clock), toMillis(first))
		return err
	})
	if err != nil {
		return Pass{}, fmt.Errorf("begin pass: %w", err)
	}
	return s.Pass(ctx, id, kind, entity)
}

// Pass returns what is known of a connection's passes of a kind over an entity.
func (s *Store) Pass(ctx context.Context, id connection.ID, kind connection.PassKind, entity connection.Entity) (Pass, error) {
	all, err := s.passes(ctx, []connection.ID{id})
	if err != nil {
		return Pass{}, err
	}
	p := all[passKey{id, kind, entity}]
	p.Kind, p.Entity = kind, entity
	return p, nil
}

func (s *Store) passes(ctx context.Context, ids []connection.ID) (map[passKey]Pass, error) {
	all := map[passKey]Pass{}
	rows, err := s.reader.QueryContext(ctx, s.q.ListPasses, encode(ids))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			p                                            Pass
			id                                           connection.ID
			clock, watermark, wanted, finished, now, seq int64
		)
		err := r.Scan(&id, &p.Kind, &p.Entity, &seq, &clock, &watermark, &p.Cursor, &wanted, &p.Looked, &p.Differed,
			&finished, &p.Last.Looked, &p.Last.Differed, &p.Last.Gone, &now)
		p.Seq, p.Clock, p.Watermark, p.Wanted = seq, toTime(clock), toTime(watermark), wanted == 1 || wanted == 2
		p.FinishedAt, p.Now = toTime(finished), toTime(now)
		all[passKey{id, p.Kind, p.Entity}] = p
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read passes: %w", err)
	}
	return all, nil
}

// WantPasses asks for full passes over all entities, whenever the last ones
// were.
func (s *Store) WantPasses(ctx context.Context, id connection.ID) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.WantPasses, string(id), string(connection.FullPass), encode(connection.Entities()))
		return err
	})
	if err != nil {
		return fmt.Errorf("want passes: %w", err)
	}
	return nil
}

// NoteMend notes how many hooks had to be mended, and whether the script had.
func (s *Store) NoteMend(ctx context.Context, id connection.ID, hooks int, script bool) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.NoteMend, string(id), hooks, flag(script))
		return err
	})
	if err != nil {
		return fmt.Errorf("note mend: %w", err)
	}
	return nil
}

// Seen is what is known of a record that a pass has come by.
type Seen struct {
	Fingerprint      []byte // of what was pushed last; nil when forgotten
	Busy             bool   // dirty or in flight: its own sync is to come
	Outcome          connection.Outcome
	Held             bool // by the guard against mass deletion
	SourceModifiedAt time.Time
}

// SweepWishes lists connections for which full passes are wanted, or broke off,
// and Sweep was not started; limit of them at most, without those that are held.
func (s *Store) SweepWishes(ctx context.Context, limit int) (ids []connection.ID, err error) {
	rows, err := s.reader.QueryContext(ctx, s.q.SelectSweepWishes, limit)
	err = each(rows, err, func(r *sql.Rows) error {
		var id connection.ID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list wishes for sweeps: %w", err)
	}
	return ids, nil
}

// GrantSweep notes that Sweep was started. The passes stay wanted until each
// begins.
func (s *Store) GrantSweep(ctx context.Context, id connection.ID) error {
	return s.moveSweepWish(ctx, s.q.GrantSweep, id)
}

// PostponeSweep notes that Sweep ended before its time, because the connection
// is held: it is to be started again for what has not begun or broke off.
func (s *Store) PostponeSweep(ctx context.Context, id connection.ID) error {
	return s.moveSweepWish(ctx, s.q.PostponeSweep, id)
}

func (s *Store) moveSweepWish(ctx context.Context, query string, id connection.ID) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(query, string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("note wish for sweep: %w", err)
	}
	return nil
}

// See returns what is known of the records of a page; those never heard of are
// left out. With a seq it notes that the full pass of that number saw them.
func (s *Store) See(ctx context.Context, id connection.ID, entity connection.Entity, seq int64, ids []connection.RecordID) (known map[connection.RecordID]Seen, err error) {
	list := idList(ids)
	if seq > 0 {
		err := s.write(ctx, func(t *tx) error {
			if err := t.lockRecords(id, entity, list); err != nil {
				return err
			}
			_, err := t.exec(s.q.SeeRecords, string(id), string(entity), list, seq)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("see records: %w", err)
		}
	}
	known = map[connection.RecordID]Seen{}
	rows, err := s.reader.QueryContext(ctx, s.q.LookAtRecords, string(id), string(entity), list)
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			recordID, busy, modified int64
			fingerprint, reason      string
			seen                     Seen
		)
		if err := r.Scan(&recordID, &fingerprint, &busy, &seen.Outcome, &reason, &modified); err != nil {
			return err
		}
		seen.Busy, seen.SourceModifiedAt = busy == 1, toTime(modified)
		seen.Held = reason == connection.ReasonMassDeletion && seen.Outcome == connection.Waiting
		var err error
		seen.Fingerprint, err = decodeFingerprint(fingerprint)
		known[connection.RecordID(recordID)] = seen
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look at records: %w", err)
	}
	return known, nil
}

// CommitPassPage notes that a page was dealt with and where the next begins.
// A pass that is no more the one at work is left alone.
func (s *Store) CommitPassPage(ctx context.Context, id connection.ID, p Pass, cursor string, looked, differed int) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.CommitPassPage, string(id), string(p.Kind), string(p.Entity), p.Seq, cursor, looked, differed)
		return err
	})
	if err != nil {
		return fmt.Errorf("commit page of pass: %w", err)
	}
	return nil
}

// FinishPass ends a pass: the watermark moves to where BigCommerce's clock stood
// when it began.
func (s *Store) FinishPass(ctx context.Context, id connection.ID, p Pass, gone int64) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.FinishPass, string(id), string(p.Kind), string(p.Entity), p.Seq, gone)
		return err
	})
	if err != nil {
		return fmt.Errorf("finish pass: %w", err)
	}
	return nil
}
