package store_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestBigCommerceQuotas(t *testing.T) {
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/quota.db", keys, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.NoError(t, s.Migrate(t.Context()))
	const shop = connection.StoreHash("abc1")
	unknown := func() {
		t.Helper()
		known, err := s.BigCommerceQuotas(t.Context(), shop)
		require.NoError(t, err)
		require.Empty(t, known)
	}
	read := func() store.QuotaLeft {
		t.Helper()
		known, err := s.BigCommerceQuotas(t.Context(), shop, "abc3")
		require.NoError(t, err)
		require.Len(t, known, 1)
		return known[shop]
	}
	unknown()
	_, _, err = s.TakeBigCommerce(t.Context(), shop, 0, true, store.Slots{Limit: 3, TTL: time.Minute})
	require.NoError(t, err)
	unknown() // assumed, not told

	require.NoError(t, s.ObserveBigCommerce(t.Context(), shop, store.Quota{Window: 30 * time.Second, Reset: 20 * time.Second, Limit: 450, Left: 400}))
	q := read()
	require.Equal(t, [2]int{450, 400}, [2]int{q.Limit, q.Left})
	require.WithinDuration(t, time.Now().Add(20*time.Second), q.ResetsAt, 10*time.Second)

	// Read only: asking takes nothing. Taking does.
	require.Equal(t, q, read())
	_, _, err = s.TakeBigCommerce(t.Context(), shop, 0, true, store.Slots{Limit: 3, TTL: time.Minute})
	require.NoError(t, err)
	require.Equal(t, 399, read().Left)

	// Once its window has ended, a quota is whole again.
	const other = connection.StoreHash("abc2")
	require.NoError(t, s.ObserveBigCommerce(t.Context(), other, store.Quota{Window: 30 * time.Second, Limit: 450, Left: 1}))
	both, err := s.BigCommerceQuotas(t.Context(), other, shop)
	require.NoError(t, err)
	require.Equal(t, store.QuotaLeft{Limit: 450, Left: 450, Window: 30 * time.Second}, both[other])
	require.Equal(t, 399, both[shop].Left)
}
