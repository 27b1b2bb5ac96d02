package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	bigCommercePace = "bigcommerce"
	// slotPoll is how soon to ask again when all slots are taken.
	slotPoll = 25 * time.Millisecond
)

// OmetriaKind is one of an Ometria account's two budgets.
type OmetriaKind string

// The kinds.
const (
	OmetriaPush OmetriaKind = "ometria_push"
	OmetriaRead OmetriaKind = "ometria_read"
)

// Slots bounds how many requests to one store run at once, in all processes.
type Slots struct {
	Limit int
	TTL   time.Duration // after which a slot not released is free again
}

// pace changes one budget under its row's lock. change reports whether to save.
func (s *Store) pace(ctx context.Context, kind, account string, change func(t *tx, b *budget, now int64) (bool, error)) error {
	return s.writeSoon(ctx, func(t *tx) error {
		if _, err := t.exec(s.q.InsertPace, kind, account); err != nil {
			return err
		}
		b, now, err := scanBudget(t.row(s.q.LockPace, kind, account))
		if err != nil {
			return err
		}
		before := b
		save, err := change(t, &b, now)
		if err != nil || !save || b == before {
			return err
		}
		_, err = t.exec(s.q.UpdatePace, kind, account, b.quota, b.remaining, b.window, b.resetsAt, b.confirmed,
			b.bulkTaken, b.nextAt, b.bulkNextAt, b.realtimeUntil, b.bulkUntil, b.backoffUntil)
		return err
	})
}

func scanBudget(row scanner) (b budget, now int64, err error) {
	err = row.Scan(&now, &b.quota, &b.remaining, &b.window, &b.resetsAt, &b.confirmed, &b.bulkTaken, &b.nextAt,
		&b.bulkNextAt, &b.realtimeUntil, &b.bulkUntil, &b.backoffUntil)
	return b, now, err
}

// TakeBigCommerce takes one request of a store's quota together with one of
// its slots, and leaves floorShare (0 to 1) of the quota alone. An empty slot
// means no: ask again after wait. Release the slot when the answer is read.
func (s *Store) TakeBigCommerce(ctx context.Context, hash connection.StoreHash, floorShare float64, realtime bool, slots Slots) (slot string, wait time.Duration, err error) {
	err = s.pace(ctx, bigCommercePace, string(hash), func(t *tx, b *budget, now int64) (bool, error) {
		slot, wait = "", 0
		if _, err := t.exec(s.q.ExpireSlots, string(hash)); err != nil {
			return false, err
		}
		var taken, left int64
		if err := t.row(s.q.CountSlots, string(hash)).Scan(&taken, &left); err != nil {
			return false, err
		}
		if taken >= int64(slots.Limit) {
			wait = max(time.Millisecond, min(slotPoll, time.Duration(left)*time.Millisecond))
			return false, nil
		}
		ok, waitMillis := b.takeWindow(now, floorShare, realtime)
		if !ok {
			wait = time.Duration(waitMillis) * time.Millisecond
			return true, nil
		}
		slot = uuid.NewString()
		_, err := t.exec(s.q.InsertSlot, string(hash), slot, millis(slots.TTL))
		return true, err
	})
	if err != nil {
		return "", 0, fmt.Errorf("take BigCommerce quota: %w", err)
	}
	return slot, wait, nil
}

// ReleaseSlot frees a slot. One that expired is nobody's.
func (s *Store) ReleaseSlot(ctx context.Context, hash connection.StoreHash, slot string) error {
	err := s.writeSoon(ctx, func(t *tx) error {
		_, err := t.exec(s.q.DeleteSlot, string(hash), slot)
		return err
	})
	if err != nil {
		return fmt.Errorf("release slot: %w", err)
	}
	return nil
}

// ObserveBigCommerce learns a store's quota from an answer's headers.
func (s *Store) ObserveBigCommerce(ctx context.Context, hash connection.StoreHash, q Quota) error {
	// Mostly headers say what is known: then no write lock is taken.
	b, now, err := scanBudget(s.reader.QueryRowContext(ctx, s.q.SelectPace, bigCommercePace, string(hash)))
	if err == nil && !b.observe(now, q) {
		return nil
	}
	err = s.pace(ctx, bigCommercePace, string(hash), func(_ *tx, b *budget, now int64) (bool, error) {
		return b.observe(now, q), nil
	})
	if err != nil {
		return fmt.Errorf("observe BigCommerce quota: %w", err)
	}
	return nil
}

// BackOffBigCommerce lets nobody call a store for d.
func (s *Store) BackOffBigCommerce(ctx context.Context, hash connection.StoreHash, d time.Duration) error {
	err := s.pace(ctx, bigCommercePace, string(hash), func(_ *tx, b *budget, now int64) (bool, error) {
		b.backOff(now, d)
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("back off from BigCommerce: %w", err)
	}
	return nil
}

// TakeOmetria gives out the next moment of an account's steady rate. ok: go
// ahead after wait. Not ok: ask again after wait.
func (s *Store) TakeOmetria(ctx context.Context, account string, perSecond float64, kind OmetriaKind, realtime bool) (ok bool, wait time.Duration, err error) {
	err = s.pace(ctx, string(kind), account, func(_ *tx, b *budget, now int64) (bool, error) {
		taken, waitMillis := b.takeRate(now, perSecond, realtime)
		ok, wait = taken, time.Duration(waitMillis)*time.Millisecond
		return true, nil
	})
	if err != nil {
		return false, 0, fmt.Errorf("take Ometria rate: %w", err)
	}
	return ok, wait, nil
}

// BackOffOmetria lets nobody call an account for d.
func (s *Store) BackOffOmetria(ctx context.Context, account string, kind OmetriaKind, d time.Duration) error {
	err := s.pace(ctx, string(kind), account, func(_ *tx, b *budget, now int64) (bool, error) {
		b.backOff(now, d)
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("back off from Ometria: %w", err)
	}
	return nil
}
