package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	// categoryLease must outlast the reading of one page.
	categoryLease = 2 * time.Minute
	// deepestCategory ends what is deeper than BigCommerce's trees, which have
	// eight levels (Platform Limits): a tree in a circle ends too.
	deepestCategory = 16
)

// PassCategoriesOn marks the products of categories that a webhook named, and
// hands the change down to their subcategories, because a product is sent with
// every category above its own. It reports whether there were any. Broken off,
// it goes on at the last page. It is no activity: a loop beside the worker
// calls it, under a lease for the categories.
func (a *Activities) PassCategoriesOn(ctx context.Context) (found bool, err error) {
	changed, err := a.Store.LeaseCategories(ctx, categoryLease)
	if err != nil || changed == nil {
		return false, err
	}
	c, held, err := a.held(ctx, changed.ConnectionID)
	if err != nil || held != NotHeld {
		return true, err // held since: they wait for their lease to end
	}
	accounts, err := a.Dialer.Open(ctx, c.AuthenticationID, c.IdentificationCode, pacing.Realtime)
	if err != nil {
		return true, err
	}
	err = a.passOn(ctx, accounts.BigCommerce, *changed)
	if err == nil {
		return true, nil
	}
	accounts.Throttled(ctx, err)
	if blamed := blameStore(err); blamed != nil && ctx.Err() == nil {
		return true, a.park(ctx, c.ID, *blamed)
	}
	return true, fmt.Errorf("pass categories on: %w", err)
}

func (a *Activities) passOn(ctx context.Context, shop *bigcommerce.Client, changed store.Categories) error {
	if changed.Cursor == 0 && changed.Depth < deepestCategory {
		var below []int64
		for category, err := range shop.Categories.All(ctx, bigcommerce.CategoryFilter{ParentIDIn: changed.IDs}) {
			if err != nil {
				return fmt.Errorf("list subcategories: %w", err)
			}
			below = append(below, category.ID)
		}
		for some := range slices.Chunk(below, bigcommerce.MaxLimit) {
			if err := a.Store.CategoriesBelow(ctx, changed, some); err != nil {
				return err
			}
		}
	}
	marked := 0
	for page, err := range shop.Products.Pages(ctx, bigcommerce.ProductFilter{
		CategoriesIn: changed.IDs, IDGreater: changed.Cursor, Include: []string{}, Fields: []string{"is_visible"},
	}) {
		if err != nil {
			return fmt.Errorf("list products of categories: %w", err)
		}
		ids := make([]connection.RecordID, 0, page.Len())
		for _, product := range page.Records {
			ids = append(ids, connection.RecordID(product.ID))
		}
		for _, row := range page.Unreadable {
			if row.ID > 0 {
				ids = append(ids, connection.RecordID(row.ID))
			}
		}
		if err := a.Store.MarkDirty(ctx, changed.ConnectionID, connection.Products, ids); err != nil {
			return err
		}
		marked += len(ids)
		if page.More && page.LastID > 0 {
			if err := a.Store.AdvanceCategories(ctx, changed, page.LastID, categoryLease); err != nil {
				return err
			}
		}
	}
	if err := a.Store.SettleCategories(ctx, changed); err != nil {
		return err
	}
	a.Logger.Info("categories passed on", "connection_id", changed.ConnectionID, "categories", len(changed.IDs), "records", marked)
	return nil
}
