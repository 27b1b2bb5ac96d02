package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// What a webhook says of the store itself, or of a category, changes records
// that it does not name. Intake only notes it; loops beside the worker act.

// categoriesAtOnce is how many categories are passed on together: as many ids
// as one call to BigCommerce takes.
const categoriesAtOnce = 50

// ReconcileWish says that a connection's Reconcile is to run at once.
type ReconcileWish struct {
	ConnectionID connection.ID
	Seq          int64 // of the latest event that asked for it
}

// Categories are changed categories whose products, and whose subcategories,
// are to be marked.
type Categories struct {
	ConnectionID connection.ID
	IDs          []int64
	Cursor       int64 // products up to this id are marked already
	Depth        int   // levels below the category that a webhook named
	upTo         int64 // the changes that are meant
}

// markStoreEvents comes after the records are marked: whoever locks both locks
// records first.
func (t *tx) markStoreEvents(categories []recordItem, stores []connectionItem) error {
	if len(categories) > 0 {
		if err := t.markCategories(distinct(categories), 0); err != nil {
			return err
		}
	}
	if len(stores) == 0 {
		return nil
	}
	seq, err := t.nextSeq()
	if err != nil {
		return err
	}
	if _, err := t.exec(t.s.q.UpsertReconcileWish, seq, encode(distinct(stores))); err != nil {
		return fmt.Errorf("wish for reconcile: %w", err)
	}
	return nil
}

// markCategories wants categoriesLock, so that numbers are committed in their
// order: whoever has seen a change has seen all with lower numbers.
func (t *tx) markCategories(categories []recordItem, depth int) error {
	seq, err := t.nextSeq()
	if err != nil {
		return err
	}
	if _, err := t.exec(t.s.q.UpsertCategoryChanges, seq, encode(categories), depth); err != nil {
		return fmt.Errorf("mark categories: %w", err)
	}
	return nil
}

func (t *tx) forgetStoreEvents(id connection.ID) error {
	if _, err := t.exec(t.s.q.DeleteCategoryChanges, string(id)); err != nil {
		return err
	}
	_, err := t.exec(t.s.q.DeleteReconcileWishes, string(id))
	return err
}

// CategoryChanges returns the categories whose webhooks came after number
// since, and the number up to which these are all: names read from now on are
// as of it.
func (s *Store) CategoryChanges(ctx context.Context, id connection.ID, since int64) (changed []int64, asOf int64, err error) {
	asOf = since
	rows, err := s.reader.QueryContext(ctx, s.q.SelectCategoryChanges, string(id), since)
	err = each(rows, err, func(r *sql.Rows) error {
		var category int64
		err := r.Scan(&category, &asOf)
		changed = append(changed, category)
		return err
	})
	if err != nil {
		return nil, since, fmt.Errorf("list changed categories: %w", err)
	}
	return changed, asOf, nil
}

// LeaseCategories gives one caller changed categories of one connection that
// is not held. Nobody else gets them within ttl. nil when there are none.
func (s *Store) LeaseCategories(ctx context.Context, ttl time.Duration) (*Categories, error) {
	var due Categories
	err := s.reader.QueryRowContext(ctx, s.q.SelectCategoriesDue).Scan(&due.ConnectionID, &due.Cursor, &due.Depth)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil // no write lock is taken while nothing is due
	}
	if err != nil {
		return nil, fmt.Errorf("look for changed categories: %w", err)
	}
	err = s.write(ctx, func(t *tx) error {
		due.IDs, due.upTo = nil, 0
		rows, err := t.rows(s.q.LeaseCategories, string(due.ConnectionID), due.Cursor, due.Depth, millis(ttl), categoriesAtOnce)
		return each(rows, err, func(r *sql.Rows) error {
			var category, seq int64
			err := r.Scan(&category, &seq)
			due.IDs, due.upTo = append(due.IDs, category), max(due.upTo, seq)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("lease changed categories: %w", err)
	}
	if len(due.IDs) == 0 {
		return nil, nil // another was quicker
	}
	return &due, nil
}

// CategoriesBelow notes that subcategories of c's changed with them.
func (s *Store) CategoriesBelow(ctx context.Context, c Categories, ids []int64) error {
	items := make([]recordItem, len(ids))
	for i, id := range ids {
		items[i] = recordItem{Connection: c.ConnectionID, ID: id}
	}
	err := s.write(ctx, func(t *tx) error {
		if err := t.advisoryLock(categoriesLock); err != nil {
			return err
		}
		return t.markCategories(distinct(items), c.Depth+1)
	})
	if err != nil {
		return fmt.Errorf("mark subcategories: %w", err)
	}
	return nil
}

// AdvanceCategories notes that the products up to id cursor are marked, and
// keeps the lease for another ttl. A category that changed since begins anew.
func (s *Store) AdvanceCategories(ctx context.Context, c Categories, cursor int64, ttl time.Duration) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.AdvanceCategories, string(c.ConnectionID), encode(c.IDs), c.upTo, cursor, millis(ttl))
		return err
	})
	if err != nil {
		return fmt.Errorf("note marked products: %w", err)
	}
	return nil
}

// SettleCategories ends the lease: every product is marked. A category that
// changed since stays to be done.
func (s *Store) SettleCategories(ctx context.Context, c Categories) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.SettleCategories, string(c.ConnectionID), encode(c.IDs), c.upTo)
		return err
	})
	if err != nil {
		return fmt.Errorf("settle changed categories: %w", err)
	}
	return nil
}

// ReconcileWishes lists up to limit wishes, the oldest first. Those of
// connections that are parked or not set up yet wait.
func (s *Store) ReconcileWishes(ctx context.Context, limit int) (wishes []ReconcileWish, err error) {
	rows, err := s.reader.QueryContext(ctx, s.q.SelectReconcileWishes, limit)
	err = each(rows, err, func(r *sql.Rows) error {
		var w ReconcileWish
		err := r.Scan(&w.ConnectionID, &w.Seq)
		wishes = append(wishes, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list reconcile wishes: %w", err)
	}
	return wishes, nil
}

// GrantReconcile takes a wish off the list, unless another came since.
func (s *Store) GrantReconcile(ctx context.Context, w ReconcileWish) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.DeleteReconcileWish, string(w.ConnectionID), w.Seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("grant reconcile wish: %w", err)
	}
	return nil
}
