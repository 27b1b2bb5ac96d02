package store

import (
	"context"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// ReplaceAuthentication wants to to take the place of the connection's
// authentication. begun reports whether there is something to do: nothing is
// for the one in force already. One that was wanted before is left, and a
// failed connection is to be set up again. ErrNotFound when there is no such
// authentication of the store, ErrRemoving when the connection is going.
func (s *Store) ReplaceAuthentication(ctx context.Context, id connection.ID, to connection.AuthenticationID) (c connection.Connection, begun bool, err error) {
	c, err = s.change(ctx, id, func(t *tx, c *connection.Connection, _ time.Time) (bool, error) {
		r := &c.Replacing
		// Whoever asks again may not know that it was heard.
		again := r.Wanted != nil && r.Wanted.AuthenticationID == to
		begun = r.Wanted != nil || c.AuthenticationID != to
		switch {
		case c.Phase == connection.Removing:
			return false, ErrRemoving
		case !begun, again && c.Phase != connection.Failed:
			return false, nil
		case !again:
			if err := t.want(c, to); err != nil {
				return false, err
			}
		}
		if c.Phase == connection.Failed {
			c.Phase, c.Failure = connection.Validating, nil
		}
		c.Version++
		return true, nil
	})
	if err != nil {
		return c, false, fmt.Errorf("replace authentication: %w", err)
	}
	return c, begun, nil
}

// want notes which authentication is wanted; the one in force ends the change.
func (t *tx) want(c *connection.Connection, to connection.AuthenticationID) error {
	var hash string
	if err := t.row(t.s.q.LockAuthentication, string(to)).Scan(&hash); err != nil {
		return fmt.Errorf("read authentication: %w", notFound(err))
	}
	if hash != string(c.StoreHash) {
		return fmt.Errorf("authentication of another store: %w", ErrNotFound)
	}
	r := &c.Replacing
	if r.Wanted != nil {
		r.Left, r.Wanted = append(r.Left, *r.Wanted), nil
	}
	if c.AuthenticationID != to {
		wanted := r.Leave(to)
		r.Wanted = &wanted
	}
	return nil
}

// SwitchAuthentication puts the wanted authentication in force and lets the
// connection go on if it was parked, since both accounts have just let us in.
// switched is false when it is wanted no more.
func (s *Store) SwitchAuthentication(ctx context.Context, id connection.ID, to connection.AuthenticationID) (switched, unparked bool, err error) {
	_, err = s.change(ctx, id, func(t *tx, c *connection.Connection, _ time.Time) (bool, error) {
		r := &c.Replacing
		switched, unparked = r.Wanted != nil && r.Wanted.AuthenticationID == to && c.Phase != connection.Removing, false
		if !switched {
			return false, nil
		}
		made, before := r.Wanted.Installed, c.Installed
		r.Left = append(r.Left, connection.Replacement{
			AuthenticationID: c.AuthenticationID, Installed: connection.Installed{Hooks: before.Hooks, Scripts: before.Scripts},
		})
		r.Wanted, c.AuthenticationID = nil, to
		c.Installed.Hooks, c.Installed.Scripts = made.Hooks, made.Scripts
		if c.Installed.HooksMadeAt == nil { // or else what came since is ours
			c.Installed.HooksMadeAt = made.HooksMadeAt
		}
		unattend(c, connection.AppUninstalled, connection.WebhookSignature)
		if unparked = c.Parked != nil; unparked {
			unattend(c, c.Parked.Code)
			c.Parked = nil
			t.dirtied = true // what came meanwhile is dispatched now
		}
		if c.Phase == connection.Failed {
			c.Phase, c.Failure = connection.Validating, nil
		}
		return true, nil
	})
	if err != nil {
		return false, false, fmt.Errorf("switch authentication: %w", err)
	}
	return switched, unparked, nil
}

// GiveUpAuthentication leaves an authentication that was wanted and did not do.
func (s *Store) GiveUpAuthentication(ctx context.Context, id connection.ID, wanted connection.AuthenticationID) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, _ time.Time) (bool, error) {
		r := &c.Replacing
		if r.Wanted == nil || r.Wanted.AuthenticationID != wanted {
			return false, nil
		}
		r.Left, r.Wanted = append(r.Left, *r.Wanted), nil
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("give up authentication: %w", err)
	}
	return nil
}

// AuthenticationCleared notes that nothing is left in the store of what was
// made with an authentication, or nothing that we can remove. After the last
// one Reconcile is to run at once: webhooks may have been missing.
func (s *Store) AuthenticationCleared(ctx context.Context, id connection.ID, left connection.AuthenticationID) error {
	_, err := s.change(ctx, id, func(t *tx, c *connection.Connection, _ time.Time) (bool, error) {
		before := len(c.Replacing.Left)
		c.Replacing.Leave(left)
		if len(c.Replacing.Left) == before {
			return false, nil
		}
		if c.Replacing.Empty() {
			if err := t.markStoreEvents(nil, []connectionItem{{ID: id}}); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("note that an authentication is cleared: %w", err)
	}
	return nil
}

// SetInstalledWith changes the note of what was put into the store with one of
// the connection's authentications. One that is none of them any more has its
// word too late: nothing is noted.
func (s *Store) SetInstalledWith(ctx context.Context, id connection.ID, with connection.AuthenticationID, change func(*connection.Installed)) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, _ time.Time) (bool, error) {
		if c.AuthenticationID == with {
			change(&c.Installed)
			return true, nil
		}
		other := c.Replacing.Of(with)
		if other == nil {
			return false, nil
		}
		change(&other.Installed)
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("set installed: %w", err)
	}
	return nil
}
