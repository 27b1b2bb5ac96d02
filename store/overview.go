package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Overview is how a connection stands.
type Overview struct {
	Progress connection.Progress
	// Reconcile and Sweep are what the last passes found; nil when none has come
	// to its end.
	Reconcile, Sweep *connection.Findings
}

// Overviews tells how each of these connections stands, in as many statements
// for all of them as for one.
func (s *Store) Overviews(ctx context.Context, ids ...connection.ID) (map[connection.ID]Overview, error) {
	progress, err := s.progress(ctx, ids)
	if err != nil {
		return nil, err
	}
	passes, err := s.passes(ctx, ids)
	if err != nil {
		return nil, err
	}
	mends, err := s.mends(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[connection.ID]Overview, len(ids))
	for _, id := range ids {
		o := Overview{
			Progress: progress[id], Reconcile: findingsOf(passes, id, connection.FastPass), Sweep: findingsOf(passes, id, connection.FullPass),
		}
		if m, ok := mends[id]; ok {
			if o.Reconcile == nil {
				o.Reconcile = &connection.Findings{Entities: map[connection.Entity]connection.PassCounts{}}
			}
			o.Reconcile.At, o.Reconcile.Hooks, o.Reconcile.Script = m.at, m.hooks, m.script
		}
		all[id] = o
	}
	return all, nil
}

func findingsOf(passes map[passKey]Pass, id connection.ID, kind connection.PassKind) *connection.Findings {
	var found *connection.Findings
	for _, entity := range connection.Entities() {
		p, ok := passes[passKey{id, kind, entity}]
		if !ok || p.FinishedAt.IsZero() {
			continue
		}
		if found == nil {
			found = &connection.Findings{Entities: map[connection.Entity]connection.PassCounts{}}
		}
		found.Entities[entity] = p.Last
		if p.FinishedAt.After(found.At) {
			found.At = p.FinishedAt
		}
	}
	return found
}

// mend is what NoteMend noted last.
type mend struct {
	hooks  int64
	script bool
	at     time.Time
}

func (s *Store) mends(ctx context.Context, ids []connection.ID) (map[connection.ID]mend, error) {
	all := map[connection.ID]mend{}
	rows, err := s.reader.QueryContext(ctx, s.q.ListMends, encode(ids))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			id         connection.ID
			m          mend
			script, at int64
		)
		err := r.Scan(&id, &m.hooks, &script, &at)
		m.script, m.at = script == 1, toTime(at)
		all[id] = m
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read mends: %w", err)
	}
	return all, nil
}
