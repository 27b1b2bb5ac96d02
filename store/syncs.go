package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// EntitySync is how far one bulk sync has come with one entity.
type EntitySync struct {
	SyncID    string
	Entity    connection.Entity
	Cursor    string // where the next page begins
	Done      bool
	Pages     int64
	Read      int64 // records read
	Expected  int64 // records that the store was said to hold
	StartedAt time.Time
	DoneAt    time.Time
}

// BeginEntitySync notes how much a bulk sync will find of an entity, and that it
// begins. Again with the same sync id it begins now, until it has a page; what
// was counted stays.
func (s *Store) BeginEntitySync(ctx context.Context, id connection.ID, syncID string, entity connection.Entity, expected int64) error {
	err := s.write(ctx, func(t *tx) error {
		seq, err := t.nextSeq()
		if err != nil {
			return err
		}
		_, err = t.exec(s.q.BeginEntitySync, string(id), syncID, string(entity), expected, seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("begin sync of %s: %w", entity, err)
	}
	return nil
}

// EntitySync returns how far a bulk sync has come, or ErrNotFound.
func (s *Store) EntitySync(ctx context.Context, id connection.ID, syncID string, entity connection.Entity) (EntitySync, error) {
	var (
		e                     EntitySync
		done, started, doneAt int64
	)
	err := s.reader.QueryRowContext(ctx, s.q.SelectEntitySync, string(id), syncID, string(entity)).Scan(
		&e.SyncID, &e.Entity, &e.Cursor, &done, &e.Pages, &e.Read, &e.Expected, &started, &doneAt)
	if err != nil {
		return e, fmt.Errorf("read sync of %s: %w", entity, notFound(err))
	}
	e.Done, e.StartedAt, e.DoneAt = done == 1, toTime(started), toTime(doneAt)
	return e, nil
}

// Page is one page of a bulk sync whose last push has ended.
type Page struct {
	Cursor string // where the next page begins
	Done   bool   // this was the last
	Read   int    // records
	Fields FieldCounts
}

// CommitPage notes that a page's last push ended and where the next page
// begins. After the last page it changes nothing.
func (s *Store) CommitPage(ctx context.Context, id connection.ID, syncID string, entity connection.Entity, p Page) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.exec(s.q.CommitPage, string(id), syncID, string(entity), p.Cursor, flag(p.Done), p.Read)
		if err != nil || n == 0 || len(p.Fields) == 0 {
			return err
		}
		// With the cursor: a page that is read again was not counted.
		_, err = t.exec(s.q.CountFields, string(id), string(entity), syncID, encode(p.Fields.items()))
		return err
	})
	if err != nil {
		return fmt.Errorf("commit page of %s: %w", entity, err)
	}
	return nil
}

// entityOf names an entity of a connection.
type entityOf struct {
	connection connection.ID
	entity     connection.Entity
}

// latestSync is what Progress needs of an entity's latest sync.
type latestSync struct {
	id        string
	done      bool
	pages     int64
	read      int64
	expected  int64
	startedAt time.Time
	now       time.Time
}

// Progress counts a connection's records by entity and latest outcome. While
// an entity's first or latest sync goes on, its total is at least what the
// store was said to hold; what is not read yet waits.
func (s *Store) Progress(ctx context.Context, id connection.ID) (connection.Progress, error) {
	progress, err := s.progress(ctx, []connection.ID{id})
	return progress[id], err
}

func (s *Store) progress(ctx context.Context, ids []connection.ID) (map[connection.ID]connection.Progress, error) {
	syncs, err := s.latestSyncs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	counts, err := s.counts(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	all := make(map[connection.ID]connection.Progress, len(ids))
	for _, id := range ids {
		progress := connection.Progress{}
		for _, entity := range connection.Entities() {
			c := counts[entityOf{id, entity}]
			p := connection.EntityProgress{Counts: c}
			if sync, ok := syncs[entityOf{id, entity}]; ok {
				p.Pages, p.StartedAt = sync.pages, &sync.startedAt
				if !sync.done {
					p.Total = max(c.Total, sync.expected)
					p.ETA = sync.eta()
				}
			}
			p.Waiting = p.Total - p.Accepted - p.Rejected - p.Skipped
			progress[entity] = p
		}
		all[id] = progress
	}
	return all, nil
}

// eta expects the rest at the rate so far; nil while there is no rate.
func (l latestSync) eta() *time.Time {
	took := l.now.Sub(l.startedAt)
	if l.read == 0 || took <= 0 {
		return nil
	}
	left := max(0, l.expected-l.read)
	eta := l.now.Add(time.Duration(float64(took) / float64(l.read) * float64(left)))
	return &eta
}

func (s *Store) latestSyncs(ctx context.Context, ids []connection.ID) (map[entityOf]latestSync, error) {
	syncs := map[entityOf]latestSync{}
	rows, err := s.reader.QueryContext(ctx, s.q.LatestSyncs, encode(ids))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			of                   entityOf
			l                    latestSync
			done, startedAt, now int64
		)
		err := r.Scan(&of.connection, &of.entity, &l.id, &done, &l.pages, &l.read, &l.expected, &startedAt, &now)
		l.done, l.startedAt, l.now = done == 1, toTime(startedAt), toTime(now)
		syncs[of] = l
		return err
	})
	return syncs, err
}

// counts has Total without deleted records and no Waiting yet.
func (s *Store) counts(ctx context.Context, ids []connection.ID) (map[entityOf]connection.Counts, error) {
	counts := map[entityOf]connection.Counts{}
	rows, err := s.reader.QueryContext(ctx, s.q.CountRecords, encode(ids))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			of           entityOf
			outcome      connection.Outcome
			unsettled, n int64
		)
		if err := r.Scan(&of.connection, &of.entity, &outcome, &unsettled, &n); err != nil {
			return err
		}
		c := counts[of]
		if unsettled == 0 {
			c.Total += n
		} else {
			n = -n // counted under its outcome before, but it waits
		}
		switch outcome {
		case connection.Accepted:
			c.Accepted += n
		case connection.Rejected:
			c.Rejected += n
		case connection.Skipped:
			c.Skipped += n
		case connection.Deleted:
			c.Deleted += n
		}
		counts[of] = c
		return nil
	})
	for of, c := range counts {
		c.Total -= c.Deleted
		counts[of] = c
	}
	return counts, err
}
