package activities

import (
	"context"
	"errors"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// pushKey says whose records one push may carry: one type, for one account, and
// read since what earlier pushes left behind was last forgotten.
type pushKey struct {
	connection     connection.ID
	authentication connection.AuthenticationID
	account        string
	epoch          int64
	entity         connection.Entity
}

// pushTogether pushes a reading of one record with others that wait for a token
// of the account. Each is claimed and finished by the numbers of its own read.
func (s *session) pushTogether(ctx context.Context, r reading) (verdicts, error) {
	if len(r.items) != 1 || r.items[0].Size > ometria.MaxPushRecords || s.loners.has(s.keyOf(r)) {
		return s.push(ctx, r)
	}
	key := pushKey{s.connection.ID, s.connection.AuthenticationID, s.accounts.Account(), s.connection.Epoch, r.entity}
	return s.pushes.do(ctx, key, r, sharing[reading, verdicts]{fits: fitsPush, work: s.pushGathered})
}

func (s *session) keyOf(r reading) connection.RecordKey {
	return connection.RecordKey{ConnectionID: s.connection.ID, Entity: r.entity, RecordID: r.items[0].ID}
}

func fitsPush(gathered []reading, r reading) bool {
	room := ometria.MaxPushRecords
	for _, other := range gathered {
		if room -= other.items[0].Size; other.items[0].ID == r.items[0].ID {
			return false
		}
	}
	return r.items[0].Size <= room
}

func (s *session) pushGathered(ctx context.Context, take func() []reading) func(reading) (verdicts, error) {
	err := s.accounts.TakePush(ctx)
	var c *chunk
	if err == nil {
		gathered := take()
		s.Metrics.together("push", len(gathered))
		c, err = s.pushClaimed(ctx, gathered...)
	}
	err = s.share(ctx, err)
	if err != nil && c != nil && len(c.finished) == len(c.states) {
		s.Logger.Warn("after a push", "connection_id", s.connection.ID, "err", err)
	}
	return func(r reading) (verdicts, error) {
		if c == nil {
			return nil, err
		}
		id := r.items[0].ID
		if verdict, ok := c.finished[id]; ok {
			return verdicts{id: verdict}, nil
		}
		if _, claimed := c.states[id]; !claimed {
			return nil, nil
		}
		return nil, err
	}
}

// shared is an error of what several records waited for. What it says of an
// account has been dealt with, once for all of them.
type shared struct {
	cause  error
	parked bool // the connection, because an account was at fault
}

func (e *shared) Error() string { return e.cause.Error() }
func (e *shared) Unwrap() error { return e.cause }

// share deals with an error once for all who get it.
func (s *session) share(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	s.accounts.Throttled(ctx, err)
	blamed := s.blame(ctx, err)
	if blamed != nil {
		if err := s.park(ctx, s.connection.ID, *blamed); err != nil {
			return err
		}
	}
	return &shared{cause: err, parked: blamed != nil}
}

// accountAtFault parks the connection when err is the fault of an account or a
// service, unless that was done already, and reports whether it is.
func (s *session) accountAtFault(ctx context.Context, err error) (parked bool, _ error) {
	if e, ok := errors.AsType[*shared](err); ok {
		return e.parked, nil
	}
	if blamed := s.blame(ctx, err); blamed != nil {
		return true, s.park(ctx, s.connection.ID, *blamed)
	}
	return false, nil
}
