package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func storeEvents(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := connected(t, s)
	secret, err := s.WebhookSecret(ctx, id)
	require.NoError(t, err)
	receive := func(e store.Event) store.Received {
		t.Helper()
		e.ConnectionID, e.SecretHash = id, store.HashSecret(secret)
		received, err := s.Receive(ctx, e)
		require.NoError(t, err)
		return received
	}
	lease := func() *store.Categories {
		t.Helper()
		c, err := s.LeaseCategories(ctx, time.Minute)
		require.NoError(t, err)
		return c
	}

	t.Run("another store's event leaves no row", func(t *testing.T) {
		assert.Equal(t, store.Foreign, receive(store.Event{StoreHash: "other", Entity: connection.Orders, RecordID: 1, CategoryID: 1, Reconcile: true}))
		_, err := s.Record(ctx, order(id, 1))
		require.ErrorIs(t, err, store.ErrNotFound)
		assert.Nil(t, lease())
		wishes, err := s.ReconcileWishes(ctx, 10)
		require.NoError(t, err)
		assert.Empty(t, wishes)
		c, err := s.Connection(ctx, id)
		require.NoError(t, err)
		assert.True(t, c.LastWebhookAt.IsZero())
		assert.Equal(t, store.Accepted, receive(store.Event{StoreHash: "ABC123", Entity: connection.Orders, RecordID: 1}))
	})
	t.Run("changed categories are told to those who remember names", func(t *testing.T) {
		none, before, err := s.CategoryChanges(ctx, id, 0)
		require.NoError(t, err)
		assert.Empty(t, none)
		receive(store.Event{CategoryID: 20})
		receive(store.Event{CategoryID: 21})
		changed, asOf, err := s.CategoryChanges(ctx, id, before)
		require.NoError(t, err)
		assert.Equal(t, []int64{20, 21}, changed)
		assert.Greater(t, asOf, before)
		receive(store.Event{CategoryID: 20})
		changed, later, err := s.CategoryChanges(ctx, id, asOf)
		require.NoError(t, err)
		assert.Equal(t, []int64{20}, changed)
		assert.Greater(t, later, asOf)
	})
	t.Run("they are leased together, once", func(t *testing.T) {
		c := lease()
		require.NotNil(t, c)
		assert.Equal(t, id, c.ConnectionID)
		assert.ElementsMatch(t, []int64{20, 21}, c.IDs)
		assert.Nil(t, lease())
		require.NoError(t, s.AdvanceCategories(ctx, *c, 300, time.Minute))
		Elapse(t, s, 2*time.Minute)
		again := lease()
		require.NotNil(t, again, "a lease runs out")
		assert.EqualValues(t, 300, again.Cursor)
		assert.ElementsMatch(t, []int64{20, 21}, again.IDs)

		receive(store.Event{CategoryID: 21}) // while its products are being marked
		require.NoError(t, s.AdvanceCategories(ctx, *again, 600, time.Minute))
		require.NoError(t, s.SettleCategories(ctx, *again))
		anew := lease()
		require.NotNil(t, anew)
		assert.Equal(t, []int64{21}, anew.IDs)
		assert.Zero(t, anew.Cursor, "a change during the lease begins at the start")
		require.NoError(t, s.SettleCategories(ctx, *anew))
		assert.Nil(t, lease())
	})
	t.Run("a change goes down to subcategories", func(t *testing.T) {
		receive(store.Event{CategoryID: 20})
		c := lease()
		require.NotNil(t, c)
		require.NoError(t, s.CategoriesBelow(ctx, *c, []int64{30, 31, 30}))
		require.NoError(t, s.SettleCategories(ctx, *c))
		below := lease()
		require.NotNil(t, below)
		assert.ElementsMatch(t, []int64{30, 31}, below.IDs)
		assert.Equal(t, 1, below.Depth)
		require.NoError(t, s.SettleCategories(ctx, *below))
	})
	t.Run("a held connection's wait", func(t *testing.T) {
		receive(store.Event{CategoryID: 20})
		require.NoError(t, s.Pause(ctx, id))
		assert.Nil(t, lease())
		require.NoError(t, s.Unpause(ctx, id))
		require.NoError(t, s.Park(ctx, id, connection.Parked{Code: connection.BigCommerceUnavailable}))
		assert.Nil(t, lease())
		_, err := s.Unpark(ctx, id)
		require.NoError(t, err)
		assert.NotNil(t, lease())
	})
	t.Run("a wish for Reconcile is granted once, and not lost to a later one", func(t *testing.T) {
		for range 2 {
			receive(store.Event{Reconcile: true})
		}
		wishes, err := s.ReconcileWishes(ctx, 10)
		require.NoError(t, err)
		require.Len(t, wishes, 1)
		assert.Equal(t, id, wishes[0].ConnectionID)
		receive(store.Event{Reconcile: true})
		require.NoError(t, s.GrantReconcile(ctx, wishes[0]))
		later, err := s.ReconcileWishes(ctx, 10)
		require.NoError(t, err)
		require.Len(t, later, 1)
		require.NoError(t, s.Park(ctx, id, connection.Parked{Code: connection.BigCommerceUnavailable}))
		waiting, err := s.ReconcileWishes(ctx, 10)
		require.NoError(t, err)
		assert.Empty(t, waiting, "Reconcile does nothing while the connection is parked")
		_, err = s.Unpark(ctx, id)
		require.NoError(t, err)
		require.NoError(t, s.GrantReconcile(ctx, later[0]))
		none, err := s.ReconcileWishes(ctx, 10)
		require.NoError(t, err)
		assert.Empty(t, none)
	})
	t.Run("a removal forgets all", func(t *testing.T) {
		receive(store.Event{CategoryID: 40, Reconcile: true})
		require.NoError(t, s.Erase(ctx, id))
		changed, _, err := s.CategoryChanges(ctx, id, 0)
		require.NoError(t, err)
		assert.Empty(t, changed)
		assert.Nil(t, lease())
		assert.Equal(t, store.Orphaned, receive(store.Event{CategoryID: 40, Reconcile: true}))
		changed, _, err = s.CategoryChanges(ctx, id, 0)
		require.NoError(t, err)
		assert.Empty(t, changed)
	})
}
