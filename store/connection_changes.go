package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// change rewrites a live connection under its row's lock. edit gets the
// database's time and reports whether anything is to be written.
func (s *Store) change(ctx context.Context, id connection.ID, edit func(t *tx, c *connection.Connection, now time.Time) (bool, error)) (connection.Connection, error) {
	var changed connection.Connection
	err := s.write(ctx, func(t *tx) error {
		c, err := scanConnection(t.row(s.q.LockConnection, string(id)))
		if err != nil {
			return notFound(err)
		}
		now, err := t.now()
		if err != nil {
			return err
		}
		before := c.IdentificationCode + "\x00" + c.Settings.IDPrefix
		write, err := edit(t, &c, now)
		if err != nil || !write {
			changed = c
			return err
		}
		if before != c.IdentificationCode+"\x00"+c.Settings.IDPrefix {
			if err := t.advisoryLock(connectionsLock); err != nil {
				return err
			}
			if err := t.checkRivals(c); err != nil {
				return err
			}
		}
		if err := t.saveConnection(c); err != nil {
			return err
		}
		changed, err = scanConnection(t.row(s.q.SelectConnection, string(id)))
		return err
	})
	return changed, err
}

func (t *tx) now() (time.Time, error) {
	var ms int64
	if err := t.row(t.s.q.SelectNow).Scan(&ms); err != nil {
		return time.Time{}, fmt.Errorf("read the database's clock: %w", err)
	}
	return toTime(ms), nil
}

func (t *tx) saveConnection(c connection.Connection) error {
	var (
		failure, parked, replacing string
		nextProbe                  int64
	)
	if c.Failure != nil {
		failure = encode(c.Failure)
	}
	if c.Parked != nil {
		parked, nextProbe = encode(c.Parked), toMillis(c.Parked.NextProbeAt)
	}
	if !c.Replacing.Empty() {
		replacing = encode(c.Replacing)
	}
	_, err := t.exec(t.s.q.UpdateConnection, string(c.ID), c.Name, string(c.AuthenticationID), c.IdentificationCode,
		c.Settings.IDPrefix, c.BulkSyncStartDate, c.Timezone, encode(c.StatusMapping), encode(c.Settings),
		string(c.Phase), toMillis(c.PausedAt), failure, encode(c.Attention), parked, nextProbe,
		encode(c.Store), encode(c.Installed), flag(c.AccountHeldContacts), c.Version, c.Epoch, toMillis(c.AccountSince), replacing)
	return err
}

// UpdateConnection changes what persons choose and counts the version up.
// ErrStale when the connection is not at ifVersion; 0 means any version. What
// the product itself notes (phase, attention, …) is left alone, but for what
// was sent: where records go by other names from now on, or to another account,
// that is forgotten.
func (s *Store) UpdateConnection(ctx context.Context, id connection.ID, ifVersion int64, change func(*connection.Connection) error) (connection.Connection, error) {
	c, err := s.change(ctx, id, func(t *tx, c *connection.Connection, now time.Time) (bool, error) {
		if ifVersion != 0 && c.Version != ifVersion {
			return false, ErrStale
		}
		before, wish := *c, *c
		if err := change(&wish); err != nil {
			return false, err
		}
		c.Name, c.AuthenticationID, c.IdentificationCode = wish.Name, wish.AuthenticationID, wish.IdentificationCode
		c.BulkSyncStartDate, c.Timezone = wish.BulkSyncStartDate, wish.Timezone
		c.StatusMapping, c.Settings = wish.StatusMapping, wish.Settings
		c.Version++
		return true, t.forgetPushes(before, c, now)
	})
	if err != nil {
		return c, fmt.Errorf("update connection: %w", err)
	}
	return c, nil
}

// forgetPushes forgets consents and contents that were sent under names, or to
// an account, that the connection uses no more, so that all of it is sent again.
// What was seen of a record is kept: that it is there, its variants, the consent
// its row gave. Whoever opts out, and whatever is deleted, before the next sync
// is told under the present names. That may be a partial push ({id, @merge,
// is_active: false}) for a record that was never held by those: harmless, where
// saying nothing would leave a product on sale and people subscribed.
func (t *tx) forgetPushes(before connection.Connection, c *connection.Connection, now time.Time) error {
	moved := before.IdentificationCode != c.IdentificationCode || before.Settings.IDPrefix != c.Settings.IDPrefix
	var entities []connection.Entity
	for _, e := range connection.Entities() {
		if moved || renamed(e, before.Settings, c.Settings) {
			entities = append(entities, e)
		}
	}
	if len(entities) == 0 {
		return nil
	}
	c.Epoch++
	if slices.Contains(entities, connection.Subscribers) {
		// What people chose so far is history there, and they may have left
		// without the shop knowing.
		c.AccountSince = now
		c.AccountHeldContacts = c.AccountHeldContacts || c.Installed.HooksMadeAt != nil
	}
	seq, err := t.nextSeq()
	if err != nil {
		return err
	}
	if _, err := t.exec(t.s.q.ForgetPushes, string(c.ID), seq, encode(entities)); err != nil {
		return fmt.Errorf("forget pushes: %w", err)
	}
	t.dirtied = true
	return nil
}

// renamed reports whether records of an entity get other names at Ometria.
func renamed(e connection.Entity, before, after connection.Settings) bool {
	switch e {
	case connection.Customers:
		return before.CustomersIn() != after.CustomersIn()
	case connection.Subscribers:
		return before.SubscribersIn() != after.SubscribersIn()
	case connection.Products:
		return before.RawVariantIDs() != after.RawVariantIDs()
	}
	return false
}

// SetPhase moves a connection to phase to if it is in one of from; without
// from, in any but removing. It reports whether the phase is now to because of
// this call. A connection that leaves failed loses its Failure.
func (s *Store) SetPhase(ctx context.Context, id connection.ID, to connection.Status, from ...connection.Status) (moved bool, err error) {
	_, err = s.change(ctx, id, func(_ *tx, c *connection.Connection, _ time.Time) (bool, error) {
		moved = slices.Contains(from, c.Phase) || len(from) == 0 && c.Phase != connection.Removing
		if !moved {
			return false, nil
		}
		c.Phase = to
		if to != connection.Failed {
			c.Failure = nil
		}
		return true, nil
	})
	if err != nil {
		return false, fmt.Errorf("set phase: %w", err)
	}
	return moved, nil
}

// Fail ends a connection's setup for good. A connection being removed stays so.
func (s *Store) Fail(ctx context.Context, id connection.ID, f connection.Failure) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, now time.Time) (bool, error) {
		if c.Phase == connection.Removing {
			return false, nil
		}
		if f.At.IsZero() {
			f.At = now
		}
		c.Phase, c.Failure = connection.Failed, &f
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("fail connection: %w", err)
	}
	return nil
}

// Pause holds a connection by a person's wish. Twice is once.
func (s *Store) Pause(ctx context.Context, id connection.ID) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, now time.Time) (bool, error) {
		if !c.PausedAt.IsZero() {
			return false, nil
		}
		c.PausedAt = now
		c.Version++
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("pause connection: %w", err)
	}
	return nil
}

// Unpause lets a connection go on.
func (s *Store) Unpause(ctx context.Context, id connection.ID) error {
	_, err := s.change(ctx, id, func(t *tx, c *connection.Connection, _ time.Time) (bool, error) {
		if c.PausedAt.IsZero() {
			return false, nil
		}
		c.PausedAt = time.Time{}
		c.Version++
		t.dirtied = true // what came meanwhile is dispatched now
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("unpause connection: %w", err)
	}
	return nil
}

// SetStoreInfo notes what the store says of itself.
func (s *Store) SetStoreInfo(ctx context.Context, id connection.ID, info connection.StoreInfo) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, _ time.Time) (bool, error) {
		changed := c.Store != info
		c.Store = info
		return changed, nil
	})
	if err != nil {
		return fmt.Errorf("set store information: %w", err)
	}
	return nil
}

// SetAccountHeldContacts notes whether the Ometria account held contacts
// before this connection first pushed.
func (s *Store) SetAccountHeldContacts(ctx context.Context, id connection.ID, held bool) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, _ time.Time) (bool, error) {
		changed := c.AccountHeldContacts != held
		c.AccountHeldContacts = held
		return changed, nil
	})
	if err != nil {
		return fmt.Errorf("set account held contacts: %w", err)
	}
	return nil
}

// SetInstalled changes the note of what we have put into the store.
func (s *Store) SetInstalled(ctx context.Context, id connection.ID, change func(*connection.Installed)) error {
	_, err := s.change(ctx, id, func(_ *tx, c *connection.Connection, _ time.Time) (bool, error) {
		change(&c.Installed)
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("set installed: %w", err)
	}
	return nil
}

// Reconciled notes that a reconcile just ended.
func (s *Store) Reconciled(ctx context.Context, id connection.ID) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.exec(s.q.TouchReconciled, string(id))
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note reconcile: %w", err)
	}
	return nil
}
