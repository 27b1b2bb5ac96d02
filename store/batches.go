package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Batch names records of one entity that are handed over together.
type Batch struct {
	ConnectionID connection.ID
	Entity       connection.Entity
	ID           string // UUIDv7
}

// BatchHandover is a batch for a workflow to sync.
type BatchHandover struct {
	Batch
	StoreHash connection.StoreHash
	Size      int // records when it was stamped
}

// BatchRecord is one record of a batch.
type BatchRecord struct {
	ID      connection.RecordID
	DirtyAt time.Time // when it became dirty, by the database's clock
}

// mostBatches bounds the batches that one call of DispatchBatches stamps, and
// with them its transaction.
const mostBatches = 4

// DispatchBatches hands over what waits in a backlog: of each entity with more
// than Backlog records waiting, the oldest BatchSize as one batch, while fewer
// than Batches of it are at work. A remainder that would be no backlog goes
// with the rest. Left out are the records that Dispatch leaves out, those at
// work, and those that failed since a push of them last ended. Replicas take
// turns; no record is handed to two of them.
func (s *Store) DispatchBatches(ctx context.Context, l Limits) (handed []BatchHandover, err error) {
	l = l.withDefaults()
	// A look without the write lock first: mostly there is no backlog.
	due, err := s.backlogs(ctx, s.reader, l)
	if err != nil {
		return nil, fmt.Errorf("dispatch batches: %w", err)
	}
	if len(due) == 0 {
		return nil, nil
	}
	err = s.write(ctx, func(t *tx) error {
		handed = nil
		mine, err := t.tryAdvisoryLock(dispatchLock)
		if err != nil || !mine {
			return err
		}
		due, err := s.backlogs(ctx, t, l)
		if err != nil {
			return err
		}
		for _, b := range due {
			if len(handed) == mostBatches {
				break
			}
			batch, err := t.stampBatch(b, l)
			if err != nil {
				return err
			}
			handed = append(handed, batch)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dispatch batches: %w", err)
	}
	return handed, nil
}

// backlog is an entity with more records waiting than go one by one.
type backlog struct {
	ready
	entity connection.Entity
}

// backlogs lists those for which another batch may start.
func (s *Store) backlogs(ctx context.Context, from querier, l Limits) (due []backlog, err error) {
	connections, err := s.readyConnections(ctx, from, l)
	if err != nil {
		return nil, err
	}
	for _, c := range connections {
		waiting, err := s.candidates(ctx, from, s.q.SelectNew, c, l, l.Backlog+1)
		if err != nil {
			return nil, err
		}
		if len(waiting) <= l.Backlog {
			continue
		}
		for _, entity := range connection.Entities() {
			b := backlog{c, entity}
			waiting, err := s.waiting(ctx, from, b, l, false, l.Backlog+1)
			if err != nil {
				return nil, err
			}
			if len(waiting) <= l.Backlog {
				continue
			}
			atWork, err := s.countBatches(ctx, from, b, l)
			if err != nil {
				return nil, err
			}
			if atWork < l.Batches {
				due = append(due, b)
			}
		}
	}
	return due, nil
}

// waiting lists an entity's records that wait, oldest first: those that failed
// and go alone, or the others.
func (s *Store) waiting(ctx context.Context, from querier, b backlog, l Limits, alone bool, limit int) ([]Handover, error) {
	return s.candidates(ctx, from, s.q.SelectWaiting, b.ready, l, limit, string(b.entity), flag(alone))
}

func (s *Store) countBatches(ctx context.Context, from querier, b backlog, l Limits) (n int, err error) {
	rows, err := from.QueryContext(ctx, s.q.CountBatches, string(b.id), string(b.entity), millis(l.Again))
	err = each(rows, err, func(r *sql.Rows) error { return r.Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("count batches: %w", err)
	}
	return n, nil
}

func (t *tx) stampBatch(b backlog, l Limits) (BatchHandover, error) {
	oldest, err := t.s.waiting(t.ctx, t, b, l, false, l.BatchSize+l.Backlog)
	if err != nil {
		return BatchHandover{}, err
	}
	ids := make([]connection.RecordID, len(oldest))
	for i, h := range oldest {
		ids[i] = h.RecordID
	}
	if len(ids) == l.BatchSize+l.Backlog { // there may be more: that is no remainder
		ids = ids[:l.BatchSize]
	}
	id, err := uuid.NewV7()
	if err != nil {
		return BatchHandover{}, fmt.Errorf("make batch id: %w", err)
	}
	if err := t.lockRecords(b.id, b.entity, idList(ids)); err != nil {
		return BatchHandover{}, err
	}
	n, err := t.exec(t.s.q.StampBatch, string(b.id), string(b.entity), id.String(), idList(ids))
	if err != nil {
		return BatchHandover{}, fmt.Errorf("stamp batch: %w", err)
	}
	return BatchHandover{Batch{b.id, b.entity, id.String()}, b.hash, n}, nil
}

// singles lists up to free records that go one by one: where an entity has a
// backlog, only those of it that failed.
func (t *tx) singles(c ready, l Limits, free int) ([]Handover, error) {
	all, err := t.s.candidates(t.ctx, t, t.s.q.SelectNew, c, l, max(free, l.Backlog+1))
	if err != nil {
		return nil, err
	}
	if len(all) > l.Backlog {
		all = nil
		for _, entity := range connection.Entities() {
			b := backlog{c, entity}
			waiting, err := t.s.waiting(t.ctx, t, b, l, false, max(free, l.Backlog+1))
			if err != nil {
				return nil, err
			}
			if len(waiting) <= l.Backlog {
				all = append(all, waiting...)
			}
			failed, err := t.s.waiting(t.ctx, t, b, l, true, free)
			if err != nil {
				return nil, err
			}
			all = append(all, failed...)
		}
		slices.SortFunc(all, func(a, b Handover) int {
			return cmp.Or(cmp.Compare(a.DirtySeq, b.DirtySeq), cmp.Compare(a.RecordID, b.RecordID))
		})
	}
	return all[:min(free, len(all))], nil
}

// BatchPage lists up to limit records of a batch that are still dirty, by id,
// those after an id.
func (s *Store) BatchPage(ctx context.Context, b Batch, after connection.RecordID, limit int) (page []BatchRecord, err error) {
	rows, err := s.reader.QueryContext(ctx, s.q.SelectBatchPage, string(b.ConnectionID), string(b.Entity), b.ID, int64(after), limit)
	err = each(rows, err, func(r *sql.Rows) error {
		var id, dirtyAt int64
		err := r.Scan(&id, &dirtyAt)
		page = append(page, BatchRecord{connection.RecordID(id), toTime(dirtyAt)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read page of batch: %w", err)
	}
	return page, nil
}

// RefreshBatch says that a batch is at work, and returns how many of its
// records are still dirty. A batch of which nothing is heard for Again is dead:
// its records are handed over again.
func (s *Store) RefreshBatch(ctx context.Context, b Batch) (left int, err error) {
	err = s.write(ctx, func(t *tx) error {
		left, err = t.exec(s.q.RefreshBatch, string(b.ConnectionID), string(b.Entity), b.ID)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("refresh batch: %w", err)
	}
	return left, nil
}

// Adopt takes those of ids into a batch that wait and are not at work, and
// returns them: they were read with the batch's own.
func (s *Store) Adopt(ctx context.Context, b Batch, ids []connection.RecordID, l Limits) (adopted []connection.RecordID, err error) {
	l = l.withDefaults()
	list := idList(ids)
	err = s.write(ctx, func(t *tx) error {
		adopted = nil
		if err := t.lockRecords(b.ConnectionID, b.Entity, list); err != nil {
			return err
		}
		rows, err := t.rows(s.q.AdoptIntoBatch, string(b.ConnectionID), string(b.Entity), b.ID, list, millis(l.Again))
		return each(rows, err, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			adopted = append(adopted, connection.RecordID(id))
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("adopt records: %w", err)
	}
	return adopted, nil
}

// LeaveBatch takes records out of a batch: each goes alone from now on, until a
// push of it has ended. Those that the batch does not hold any more are left as
// they are.
func (s *Store) LeaveBatch(ctx context.Context, b Batch, ids []connection.RecordID) (left int, err error) {
	list := idList(ids)
	err = s.write(ctx, func(t *tx) error {
		if err := t.lockRecords(b.ConnectionID, b.Entity, list); err != nil {
			return err
		}
		left, err = t.exec(s.q.LeaveBatch, string(b.ConnectionID), string(b.Entity), b.ID, flag(true), list)
		t.dirtied = left > 0
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("leave batch: %w", err)
	}
	return left, nil
}

// EndBatch gives back what is left of a batch, and returns how many records
// that were: to wait for another one, or, alone, to go one by one.
func (s *Store) EndBatch(ctx context.Context, b Batch, alone bool) (left int, err error) {
	err = s.write(ctx, func(t *tx) error {
		left, err = t.exec(s.q.EndBatch, string(b.ConnectionID), string(b.Entity), b.ID, flag(alone))
		t.dirtied = left > 0
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end batch: %w", err)
	}
	return left, nil
}

// InBurst reports whether a batch of the connection is at work.
func (s *Store) InBurst(ctx context.Context, id connection.ID, l Limits) (bool, error) {
	l = l.withDefaults()
	for _, entity := range connection.Entities() {
		n, err := s.countBatches(ctx, s.reader, backlog{ready{id: id}, entity}, l)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}
