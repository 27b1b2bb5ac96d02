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
