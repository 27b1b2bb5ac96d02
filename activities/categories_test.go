package activities

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/store"
)

// tellCategory is the webhook of a category.
func (w *world) tellCategory(id int64) {
	w.t.Helper()
	secret, err := w.Store.WebhookSecret(w.ctx, w.c.ID)
	require.NoError(w.t, err)
	received, err := w.Store.Receive(w.ctx, store.Event{ConnectionID: w.c.ID, SecretHash: store.HashSecret(secret), CategoryID: id})
	require.NoError(w.t, err)
	require.Equal(w.t, store.Accepted, received)
}

// passOnAll passes on until nothing is left and says how often that was.
func (w *world) passOnAll() (rounds int) {
	w.t.Helper()
	for {
		found, err := w.PassCategoriesOn(w.ctx)
		require.NoError(w.t, err)
		if !found {
			return rounds
		}
		rounds++
	}
}

func (w *world) category(name string, parent int64) int64 {
	w.t.Helper()
	id, _, err := w.shop.Create("categories", map[string]any{"name": name, "parent_id": parent})
	require.NoError(w.t, err)
	return id
}

func (w *world) productIn(categories ...int64) connection.RecordID {
	w.t.Helper()
	id, _, err := w.shop.Create("products", map[string]any{"name": "Hat", "price": 10, "brand_id": 0, "categories": categories})
	require.NoError(w.t, err)
	return connection.RecordID(id)
}

func (w *world) dirtyProducts() []connection.RecordID {
	w.t.Helper()
	rows, _, err := w.Store.Records(w.ctx, w.c.ID, store.Filter{Entity: connection.Products}, "", 1000)
	require.NoError(w.t, err)
	var dirty []connection.RecordID
	for _, row := range rows {
		if row.DirtySeq > 0 {
			dirty = append(dirty, row.Key.RecordID)
		}
	}
	slices.Sort(dirty)
	return dirty
}

// A renamed category reaches every product in it and below it, under its new
// name.
func TestCategoryChangeReachesItsProducts(t *testing.T) {
	w := newWorld(t)
	top := w.category("Clothes", 0)
	leaf := w.category("Hats", w.category("Headwear", top))
	elsewhere := w.category("Sale", 0)
	direct, below, outside := w.productIn(top, elsewhere), w.productIn(leaf), w.productIn(elsewhere)
	sync := func(id connection.RecordID) {
		t.Helper()
		result, err := w.SyncRecord(w.ctx, Record{ConnectionID: w.c.ID, Entity: connection.Products, RecordID: id})
		require.NoError(t, err)
		require.Equal(t, connection.Accepted, result.Outcome)
	}
	for _, id := range []connection.RecordID{direct, below, outside} {
		sync(id)
	}
	assert.Zero(t, w.passOnAll())
	assert.Empty(t, w.dirtyProducts())

	_, err := w.shop.Update("categories", top, map[string]any{"name": "Apparel"})
	require.NoError(t, err)
	w.tellCategory(top)
	w.requested()
	assert.Equal(t, 3, w.passOnAll(), "one a level")
	assert.Equal(t, []connection.RecordID{direct, below}, w.dirtyProducts())
	assert.Len(t, w.requested(), 6)
	for _, id := range w.dirtyProducts() {
		sync(id)
		record, ok := w.account.Record("product", "", id.String())
		require.True(t, ok)
		assert.Contains(t, string(record.Record), `"Apparel"`, "the remembered name is not believed")
		assert.NotContains(t, string(record.Record), `"Clothes"`)
	}
	assert.Empty(t, w.dirtyProducts())
}

// Broken off between two pages, it goes on at the second; and a held connection
// waits without a request.
func TestPassingCategoriesOnResumes(t *testing.T) {
	w := newWorld(t)
	sale := w.category("Sale", 0)
	for range bigcommerce.MaxLimit + 5 {
		w.productIn(sale)
	}
	w.tellCategory(sale)
	require.NoError(t, w.Store.Pause(w.ctx, w.c.ID))
	w.requested()
	assert.Zero(t, w.passOnAll())
	assert.Empty(t, w.requested())
	require.NoError(t, w.Store.Unpause(w.ctx, w.c.ID))

	_, err := w.shop.Faults().Order(faults.Fault{Method: "GET", Path: "/v3/catalog/products", Skip: 1, Times: 1, Effect: faults.Answer, Status: 500, Body: "{}"})
	require.NoError(t, err)
	_, err = w.PassCategoriesOn(w.ctx)
	require.Error(t, err)
	assert.Len(t, w.dirtyProducts(), bigcommerce.MaxLimit)
	assert.Zero(t, w.passOnAll(), "until the lease ends")
	_, err = w.Store.DB().ExecContext(w.ctx, "UPDATE category_changes SET leased_until = 1")
	require.NoError(t, err)
	w.requested()
	assert.Equal(t, 1, w.passOnAll())
	assert.Len(t, w.dirtyProducts(), bigcommerce.MaxLimit+5)
	assert.Len(t, w.requested(), 1)
}

func TestPassingCategoriesOnParksAConnectionWhoseTokenIsRefused(t *testing.T) {
	w := newWorld(t)
	sale := w.category("Sale", 0)
	id := w.productIn(sale)
	w.tellCategory(sale)
	_, err := w.shop.Faults().Order(faults.Fault{Method: "GET", Times: 1, Effect: faults.Answer, Status: 401, Body: "{}"})
	require.NoError(t, err)
	found, err := w.PassCategoriesOn(w.ctx)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, connection.BigCommerceCredentials, w.reload(w.c.ID).Parked.Code)
	_, err = w.Store.Unpark(w.ctx, w.c.ID)
	require.NoError(t, err)
	_, err = w.Store.DB().ExecContext(w.ctx, "UPDATE category_changes SET leased_until = 1")
	require.NoError(t, err)
	assert.Equal(t, 1, w.passOnAll())
	assert.Equal(t, []connection.RecordID{id}, w.dirtyProducts())
}

// The word that the API account was uninstalled was of an account that the
// connection uses no more.
func TestReconcileTakesUninstalledBack(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Store.Attend(w.ctx, w.c.ID, connection.Attention{Code: connection.AppUninstalled, Action: "x"}))
	_, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Empty(t, w.reload(w.c.ID).Attention)
}
