package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	// errorPollEvery is the shortest time between two polls of one account.
	errorPollEvery = 10 * time.Second
	// errorsComeFor is how long after a push its errors are looked for.
	errorsComeFor = 2 * time.Minute
	// pushNoteEvery bounds how often a process notes that pushes happen.
	pushNoteEvery = time.Second
)

// ErrorPoll is one look at an Ometria account's /push/_errors.
type ErrorPoll struct {
	Account     string          // the identification code
	Seen        []string        // what the poller noted of the errors already seen
	Since       time.Time       // the last poll; zero at the first
	Connections []connection.ID // live ones of the account; not saved
}

// PushHappened notes that something was pushed to an Ometria account, so that
// its errors are looked for.
func (s *Store) PushHappened(ctx context.Context, account string) error {
	s.pushedMu.Lock()
	recent := time.Since(s.pushed[account]) < pushNoteEvery
	s.pushedMu.Unlock()
	if recent {
		return nil // looked for two minutes on, so a second more or less is nothing
	}
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.TouchPush, account)
		return err
	})
	if err != nil {
		return fmt.Errorf("note push: %w", err)
	}
	s.pushedMu.Lock()
	s.pushed[account] = time.Now()
	s.pushedMu.Unlock()
	return nil
}

// LeaseErrorPoll gives one caller an account whose errors are due: pushed to
// within two minutes of its last poll, and that poll 10 s ago. Nobody else
// gets it within ttl. nil when none is due.
func (s *Store) LeaseErrorPoll(ctx context.Context, ttl time.Duration) (*ErrorPoll, error) {
	var due int64
	err := s.reader.QueryRowContext(ctx, s.q.CountErrorPollsDue, millis(errorsComeFor), millis(errorPollEvery)).Scan(&due)
	if err != nil {
		return nil, fmt.Errorf("look for error poll: %w", err)
	}
	if due == 0 {
		return nil, nil // no write lock is taken while nothing is due
	}
	var poll *ErrorPoll
	err = s.write(ctx, func(t *tx) error {
		var (
			p      ErrorPoll
			seen   string
			polled int64
		)
		poll = nil
		err := t.row(s.q.LeaseErrorPoll, millis(ttl), millis(errorsComeFor), millis(errorPollEvery)).Scan(&p.Account, &seen, &polled)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(seen), &p.Seen); err != nil {
			return fmt.Errorf("decode errors seen: %w", err)
		}
		p.Since = toTime(polled)
		rows, err := t.rows(s.q.ConnectionsOfAccount, p.Account)
		err = each(rows, err, func(r *sql.Rows) error {
			var id connection.ID
			err := r.Scan(&id)
			p.Connections = append(p.Connections, id)
			return err
		})
		poll = &p
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lease error poll: %w", err)
	}
	return poll, nil
}

// SaveErrorPoll notes what a poll saw, that it happened now, and ends its lease.
func (s *Store) SaveErrorPoll(ctx context.Context, p ErrorPoll) error {
	seen := p.Seen
	if seen == nil {
		seen = []string{}
	}
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.SaveErrorPoll, p.Account, encode(seen))
		return err
	})
	if err != nil {
		return fmt.Errorf("save error poll: %w", err)
	}
	return nil
}
