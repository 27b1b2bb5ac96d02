package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Limits bound one Dispatch. Zero fields take the defaults.
type Limits struct {
	AtWork int           // records of one connection at work at once; 64
	Batch  int           // records of one call; 200
	Again  time.Duration // after which a record still dirty is handed over again; 3 minutes

	Backlog   int // records of one entity waiting, beyond which they go in batches; 100
	BatchSize int // records of one batch; 2,000
	Batches   int // batches of one entity at work at once; 2, so that one works while another begins or ends
}

func (l Limits) withDefaults() Limits {
	if l.AtWork == 0 {
		l.AtWork = 64
	}
	if l.Batch == 0 {
		l.Batch = 200
	}
	if l.Again == 0 {
		l.Again = 3 * time.Minute
	}
	if l.Backlog == 0 {
		l.Backlog = 100
	}
	if l.BatchSize == 0 {
		l.BatchSize = 2000
	}
	if l.Batches == 0 {
		l.Batches = 2
	}
	return l
}

// Handover is a dirty record for a workflow to sync.
type Handover struct {
	connection.RecordKey
	StoreHash connection.StoreHash
	DirtySeq  int64 // what the record was dirty with when it was handed over
}

type ready struct {
	id     connection.ID
	hash   connection.StoreHash
	atWork int
}

// Dispatch hands dirty records over, oldest first, connections sharing alike.
// Left out are records in flight, records handed over with the same dirty_seq
// less than Again ago, records waiting out a backoff, and connections that are
// paused, parked, failed, not yet validated or being removed. A record at work
// that changed since is handed over again at once, because its run must hear
// of it; others only while fewer than AtWork are at work. Where more than
// Backlog of an entity wait, they are left to DispatchBatches, but for those
// that failed. Replicas take turns; nothing is handed to two of them.
func (s *Store) Dispatch(ctx context.Context, l Limits) (handed []Handover, err error) {
	l = l.withDefaults()
	// A look without the write lock first: mostly there is nothing to do.
	idle, err := s.readyConnections(ctx, s.reader, l)
	if err != nil {
		return nil, fmt.Errorf("dispatch records: %w", err)
	}
	if len(idle) == 0 {
		return nil, nil
	}
	err = s.writeSoon(ctx, func(t *tx) error {
		handed = nil
		mine, err := t.tryAdvisoryLock(dispatchLock)
		if err != nil || !mine {
			return err
		}
		connections, err := s.readyConnections(ctx, t, l)
		if err != nil || len(connections) == 0 {
			return err
		}
		handed, err = t.shareOut(connections, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("dispatch records: %w", err)
	}
	return handed, nil
}

// shareOut gives each connection the same room, and what some leave of theirs to
// those that have more. Whose turn is first is left to chance: where there are
// more connections than room, none is always last.
func (t *tx) shareOut(connections []ready, l Limits) (handed []Handover, err error) {
	rand.Shuffle(len(connections), func(i, j int) { connections[i], connections[j] = connections[j], connections[i] })
	for len(connections) > 0 && len(handed) < l.Batch {
		share := max(1, (l.Batch-len(handed))/len(connections))
		var more []ready
		for _, c := range connections {
			room := min(share, l.Batch-len(handed))
			if room <= 0 {
				break
			}
			taken, err := t.dispatch(&c, l, room)
			if err != nil {
				return nil, err
			}
			handed = append(handed, taken...)
			if len(taken) == room {
				more = append(more, c)
			}
		}
		connections = more
	}
	return handed, nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s *Store) readyConnections(ctx context.Context, from querier, l Limits) (list []ready, err error) {
	rows, err := from.QueryContext(ctx, s.q.DispatchableConnections, millis(l.Again))
	err = each(rows, err, func(r *sql.Rows) error {
		var c ready
		err := r.Scan(&c.id, &c.hash, &c.atWork)
		list = append(list, c)
		return err
	})
	return list, err
}

// dispatch takes up to room records of one connection and stamps them.
func (t *tx) dispatch(c *ready, l Limits, room int) ([]Handover, error) {
	taken, err := t.s.candidates(t.ctx, t, t.s.q.SelectChanged, *c, l, room)
	if err != nil {
		return nil, err
	}
	if free := min(l.AtWork-c.atWork, room-len(taken)); free > 0 {
		fresh, err := t.singles(*c, l, free)
		if err != nil {
			return nil, err
		}
		c.atWork += len(fresh)
		taken = append(taken, fresh...)
	}
	if len(taken) == 0 {
		return nil, nil
	}
	stamps := make([]recordItem, len(taken))
	for i, h := range taken {
		stamps[i] = recordItem{Entity: h.Entity, ID: int64(h.RecordID), Seq: h.DirtySeq}
	}
	if _, err := t.exec(t.s.q.StampDispatched, string(c.id), encode(stamps)); err != nil {
		return nil, fmt.Errorf("stamp records: %w", err)
	}
	return taken, nil
}

func (s *Store) candidates(ctx context.Context, from querier, query string, c ready, l Limits, limit int, more ...any) (list []Handover, err error) {
	rows, err := from.QueryContext(ctx, query, append([]any{string(c.id), millis(l.Again), limit}, more...)...)
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			h  = Handover{StoreHash: c.hash}
			id int64
		)
		err := r.Scan(&h.Entity, &id, &h.DirtySeq)
		h.ConnectionID, h.RecordID = c.id, connection.RecordID(id)
		list = append(list, h)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list dirty records: %w", err)
	}
	return list, nil
}

// tryAdvisoryLock reports whether no other transaction holds the lock.
func (t *tx) tryAdvisoryLock(lock int64) (mine bool, err error) {
	if t.s.dialect != postgres {
		return true, nil
	}
	if err := t.row("SELECT pg_try_advisory_xact_lock($1)", lock).Scan(&mine); err != nil {
		return false, fmt.Errorf("take advisory lock: %w", err)
	}
	return mine, nil
}

// Undispatch takes handovers back whose workflow could not be started, or has
// ended with its connection held: no run is left to wait out a backoff.
func (s *Store) Undispatch(ctx context.Context, keys []connection.RecordKey) error {
	items := make([]recordItem, len(keys))
	for i, key := range keys {
		items[i] = recordItem{Connection: key.ConnectionID, Entity: key.Entity, ID: int64(key.RecordID)}
	}
	err := s.writeSoon(ctx, func(t *tx) error {
		_, err := t.exec(s.q.Undispatch, encode(items))
		return err
	})
	if err != nil {
		return fmt.Errorf("take handovers back: %w", err)
	}
	return nil
}

// Backlog is what waits to be dispatched or pushed.
type Backlog struct {
	// Oldest is how long the oldest record has been dirty that does not wait
	// out a backoff, of connections that are not held.
	Oldest time.Duration
	Dirty  int64 // dirty records of connections that are not held
	// InBackoff counts the records of each connection that wait out a backoff.
	InBackoff map[connection.ID]int64
}

// Backlog measures the backlog of all connections.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	b := Backlog{InBackoff: map[connection.ID]int64{}}
	var oldest int64
	err := s.reader.QueryRowContext(ctx, s.q.SelectBacklog).Scan(&b.Dirty, &oldest)
	b.Oldest = time.Duration(max(0, oldest)) * time.Millisecond
	rows, countErr := s.reader.QueryContext(ctx, s.q.CountInBackoff)
	countErr = each(rows, countErr, func(r *sql.Rows) error {
		var (
			id connection.ID
			n  int64
		)
		err := r.Scan(&id, &n)
		b.InBackoff[id] = n
		return err
	})
	if err := errors.Join(err, countErr); err != nil {
		return Backlog{}, fmt.Errorf("measure backlog: %w", err)
	}
	return b, nil
}
