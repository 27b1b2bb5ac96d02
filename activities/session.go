package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

// session is what one activity execution works with.
type session struct {
	*Activities
	connection connection.Connection
	accounts   *remote.Accounts
	reader     *source.Reader
	bulk       bool  // a walk through history, which one record must not hold up
	attempt    int32 // of the activity, from 1
}

// open reads the connection and opens its accounts. A held connection is no
// error: nothing is done for it, and the reason comes back.
func (a *Activities) open(ctx context.Context, id connection.ID, class pacing.Class) (*session, Held, error) {
	c, held, err := a.held(ctx, id)
	if err != nil || held != NotHeld {
		return nil, held, err
	}
	s, err := a.openFor(ctx, c, class)
	return s, NotHeld, err
}

func (a *Activities) openFor(ctx context.Context, c connection.Connection, class pacing.Class) (*session, error) {
	accounts, err := a.Dialer.Open(ctx, c.AuthenticationID, c.IdentificationCode, class)
	if err != nil {
		return nil, err
	}
	key, err := a.Store.FingerprintKey(ctx, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read fingerprint key: %w", err)
	}
	s := &session{Activities: a, connection: c, accounts: accounts, attempt: attempt(ctx)}
	s.reader, err = source.New(source.Config{
		Connection: c, Shop: accounts.BigCommerce, Account: accounts.Account(), FingerprintKey: key,
		References: &a.references, Keys: a.Store.FieldKeys, LeaveOut: s.leaveOut,
		CategoryChanges: a.Store.CategoryChanges,
	})
	return s, err
}

// held reads the connection and says whether anything may be done for it now.
func (a *Activities) held(ctx context.Context, id connection.ID) (connection.Connection, Held, error) {
	c, err := a.Store.Connection(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return c, HeldRemoved, nil
	case err != nil:
		return c, NotHeld, fmt.Errorf("read connection: %w", err)
	case c.Phase == connection.Removing || c.Phase == connection.Failed:
		return c, HeldRemoved, nil
	case c.Parked != nil:
		return c, HeldParked, nil
	case !c.PausedAt.IsZero():
		return c, HeldPaused, nil
	}
	return c, NotHeld, nil
}

// park holds the connection until a probe succeeds.
func (a *Activities) park(ctx context.Context, id connection.ID, p connection.Parked) error {
	now := time.Now().UTC()
	p.Since, p.NextProbeAt = now, now.Add(firstProbe)
	if err := a.Store.Park(ctx, id, p); err != nil {
		return fmt.Errorf("park connection: %w", err)
	}
	a.Logger.Warn("connection parked", "connection_id", id, "status", p.Code)
	return nil
}

// beat proves life until the activity ends. Heartbeats carry nothing: cursors
// are committed in the database.
func beat(ctx context.Context) (stop func()) {
	if !activity.IsActivity(ctx) {
		return func() {}
	}
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(heartbeatEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-stopped }
}

const heartbeatEvery = 4 * time.Second
