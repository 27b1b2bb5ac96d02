package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	// firstProbe is how long a parked connection waits when Park names no time.
	firstProbe = 30 * time.Second
	// probeLease is how long a prober has before another may try.
	probeLease = 2 * time.Minute
)

// attend adds a to c, or renews its action and keeps its since.
func attend(c *connection.Connection, a connection.Attention, now time.Time) (changed bool) {
	if a.Since.IsZero() {
		a.Since = now
	}
	i := slices.IndexFunc(c.Attention, func(have connection.Attention) bool { return have.Code == a.Code })
	if i < 0 {
		c.Attention = append(c.Attention, a)
		return true
	}
	changed = c.Attention[i].Action != a.Action
	c.Attention[i].Action = a.Action
	return changed
}

func unattend(c *connection.Connection, codes ...string) (changed bool) {
	before := len(c.Attention)
	c.Attention = slices.DeleteFunc(c.Attention, func(a connection.Attention) bool { return slices.Contains(codes, a.Code) })
	return len(c.Attention) != before
}

// Attend shows that a person should look at something. The same code again
// keeps the first time.
func (s *Store) Attend(ctx context.Context, id connection.ID, a connection.Attention) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, now time.Time) (bool, error) {
		return attend(c, a, now), nil
	})
	if err != nil {
		return fmt.Errorf("attend: %w", err)
	}
	return nil
}

// Unattend takes the codes away again.
func (s *Store) Unattend(ctx context.Context, id connection.ID, codes ...string) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, _ time.Time) (bool, error) {
		return unattend(c, codes...), nil
	})
	if err != nil {
		return fmt.Errorf("unattend: %w", err)
	}
	return nil
}

// Park holds a connection because an account or a whole service is at fault,
// and shows it in attention with the detail as action. Parked again with the
// same code it keeps since, its count of probes and the time of the next one;
// another code takes the earlier one's place.
func (s *Store) Park(ctx context.Context, id connection.ID, p connection.Parked) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, now time.Time) (bool, error) {
		if c.Parked != nil && c.Parked.Code == p.Code {
			c.Parked.Detail = p.Detail
		} else {
			if c.Parked != nil {
				unattend(c, c.Parked.Code)
			}
			if p.Since.IsZero() {
				p.Since = now
			}
			if p.NextProbeAt.IsZero() {
				p.NextProbeAt = now.Add(firstProbe)
			}
			c.Parked = &p
		}
		attend(c, connection.Attention{Code: p.Code, Since: p.Since, Action: p.Detail}, now)
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("park connection: %w", err)
	}
	return nil
}

// Unpark lets a connection go on after a probe succeeded and reports whether
// it was parked.
func (s *Store) Unpark(ctx context.Context, id connection.ID) (was bool, err error) {
	_, err = s.change(ctx, id, func(t *tx, c *connection.Connection, _ time.Time) (bool, error) {
		if was = c.Parked != nil; !was {
			return false, nil
		}
		unattend(c, c.Parked.Code)
		c.Parked = nil
		t.dirtied = true // what came meanwhile is dispatched now
		return true, nil
	})
	if err != nil {
		return false, fmt.Errorf("unpark connection: %w", err)
	}
	return was, nil
}

// ProbeFailed counts an unsuccessful probe and sets when the next one is due.
func (s *Store) ProbeFailed(ctx context.Context, id connection.ID, next time.Duration) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, now time.Time) (bool, error) {
		if c.Parked == nil {
			return false, nil
		}
		c.Parked.Probes++
		c.Parked.NextProbeAt = now.Add(next)
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("note failed probe: %w", err)
	}
	return nil
}

// ParkedDue leases up to limit parked connections whose next probe is due.
// Each is given to one caller, who has two minutes to call Unpark or
// ProbeFailed before it is due again.
func (s *Store) ParkedDue(ctx context.Context, limit int) (due []connection.ID, err error) {
	var any int64
	if err := s.reader.QueryRowContext(ctx, s.q.AnyParkedDue).Scan(&any); err != nil {
		return nil, fmt.Errorf("list parked connections: %w", err)
	}
	if any == 0 {
		return nil, nil // no write lock is taken while nothing is parked
	}
	err = s.write(ctx, func(t *tx) error {
		due = nil
		rows, err := t.rows(s.q.LeaseParked, limit, millis(probeLease))
		return each(rows, err, func(r *sql.Rows) error {
			var id connection.ID
			err := r.Scan(&id)
			due = append(due, id)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list parked connections: %w", err)
	}
	return due, nil
}
