package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	passCategoriesEvery = 2 * time.Second
	grantEvery          = 2 * time.Second
	grantsAtOnce        = 100
)

// passCategories hands changes of categories on to their products.
func (w *Worker) passCategories(ctx context.Context) error {
	for {
		found, err := w.activities.PassCategoriesOn(ctx)
		if err != nil || !found {
			return err
		}
		w.dispatcher.Wake()
	}
}

// sweeper lets Sweep run now.
type sweeper interface {
	SweepNow(ctx context.Context, id connection.ID) error
}

func (w *Worker) grantSweeps(ctx context.Context) error {
	return w.grantSweepsBy(ctx, w.options.Starter)
}

// grantSweepsBy lets Sweep run for the connections whose whole store a person
// wants looked through. A second run has nothing left to do: harmless.
func (w *Worker) grantSweepsBy(ctx context.Context, to sweeper) error {
	ids, err := w.options.Store.SweepWishes(ctx, grantsAtOnce)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range ids {
		err := to.SweepNow(ctx, id)
		if err == nil {
			err = w.options.Store.GrantSweep(ctx, id)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("connection %s: %w", id, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// reconciler lets Reconcile run now.
type reconciler interface {
	ReconcileNow(ctx context.Context, id connection.ID) error
}

func (w *Worker) grantReconciles(ctx context.Context) error {
	return w.grant(ctx, w.options.Starter)
}

// grant lets Reconcile run for the stores that said that they changed. One that
// is asked for by two workers runs once more: harmless.
func (w *Worker) grant(ctx context.Context, to reconciler) error {
	wishes, err := w.options.Store.ReconcileWishes(ctx, grantsAtOnce)
	if err != nil {
		return err
	}
	var failed error
	for _, wish := range wishes {
		if err := w.grantOne(ctx, wish, to); err != nil {
			failed = errors.Join(failed, fmt.Errorf("connection %s: %w", wish.ConnectionID, err))
			if ctx.Err() != nil {
				break
			}
		}
	}
	return failed
}

func (w *Worker) grantOne(ctx context.Context, wish store.ReconcileWish, to reconciler) error {
	if err := to.ReconcileNow(ctx, wish.ConnectionID); err != nil {
		return err
	}
	return w.options.Store.GrantReconcile(ctx, wish)
}
