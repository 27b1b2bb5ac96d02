package storetest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func intake(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	a, b := newConnection(t, s, "one", "A").ID, newConnection(t, s, "two", "B").ID
	secret, err := s.WebhookSecret(ctx, a)
	require.NoError(t, err)
	hash := store.HashSecret(secret)
	receive := func(e store.Event) store.Received {
		t.Helper()
		received, err := s.Receive(ctx, e)
		require.NoError(t, err)
		return received
	}

	t.Run("an event makes its record dirty", func(t *testing.T) {
		assert.Equal(t, store.Accepted, receive(store.Event{ConnectionID: a, SecretHash: hash, Entity: connection.Orders, RecordID: 1}))
		row := record(t, s, order(a, 1))
		assert.Equal(t, connection.Waiting, row.Outcome)
		assert.Positive(t, row.DirtySeq)
		assert.False(t, row.LastEventAt.IsZero())
		assert.False(t, row.FirstSeenAt.IsZero())
		c, err := s.Connection(ctx, a)
		require.NoError(t, err)
		assert.False(t, c.LastWebhookAt.IsZero())
	})
	t.Run("the same again takes a new number", func(t *testing.T) {
		before := record(t, s, order(a, 1)).DirtySeq
		assert.Equal(t, store.Accepted, receive(store.Event{ConnectionID: a, SecretHash: hash, Entity: connection.Orders, RecordID: 1}))
		assert.Greater(t, record(t, s, order(a, 1)).DirtySeq, before)
	})
	t.Run("an event without a record leaves no row", func(t *testing.T) {
		assert.Equal(t, store.Accepted, receive(store.Event{ConnectionID: a, SecretHash: hash}))
	})
	t.Run("a secret never issued is unknown", func(t *testing.T) {
		assert.Equal(t, store.Unknown, receive(store.Event{ConnectionID: a, SecretHash: store.HashSecret("guess"), Entity: connection.Orders, RecordID: 2}))
		_, err := s.Record(ctx, order(a, 2))
		require.ErrorIs(t, err, store.ErrNotFound)
	})
	t.Run("a secret of another connection is orphaned", func(t *testing.T) {
		issued, err := s.SecretIssued(t.Context(), hash)
		require.NoError(t, err)
		assert.True(t, issued)
		issued, err = s.SecretIssued(t.Context(), store.HashSecret("never issued"))
		require.NoError(t, err)
		assert.False(t, issued)
		assert.Equal(t, store.Orphaned, receive(store.Event{ConnectionID: b, SecretHash: hash, Entity: connection.Orders, RecordID: 2}))
		_, err = s.Record(ctx, order(b, 2))
		require.ErrorIs(t, err, store.ErrNotFound)
	})
	t.Run("an ended context is an error", func(t *testing.T) {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, err := s.Receive(ended, store.Event{ConnectionID: a, SecretHash: hash, Entity: connection.Orders, RecordID: 2})
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("it wakes the dispatcher", func(t *testing.T) {
		for drained := false; !drained; {
			select {
			case <-s.Wake():
			default:
				drained = true
			}
		}
		receive(store.Event{ConnectionID: a, SecretHash: hash, Entity: connection.Orders, RecordID: 3})
		select {
		case <-s.Wake():
		default:
			t.Error("no signal")
		}
	})
	t.Run("concurrent deliveries share transactions and all arrive", func(t *testing.T) {
		const deliveries = 400
		first := seq(t, s)
		var wg sync.WaitGroup
		for n := range deliveries {
			wg.Go(func() {
				e := store.Event{ConnectionID: a, SecretHash: hash, Entity: connection.Products, RecordID: connection.RecordID(n%100 + 1)}
				if n%10 == 0 {
					e.SecretHash = store.HashSecret("guess")
				}
				received, err := s.Receive(ctx, e)
				assert.NoError(t, err)
				assert.Equal(t, n%10 == 0, received == store.Unknown)
			})
		}
		wg.Wait()
		// Each transaction draws one number, so the numbers drawn tell how many there were.
		assert.Less(t, seq(t, s)-first, int64(deliveries/2), "deliveries were committed one by one")
		rows, _, err := s.Records(ctx, a, store.Filter{Entity: connection.Products}, "", 250)
		require.NoError(t, err)
		assert.Len(t, rows, 90)
	})
	t.Run("a closed store refuses", func(t *testing.T) {
		closed := open(t)
		require.NoError(t, closed.Close())
		require.NoError(t, closed.Close())
		_, err := closed.Receive(ctx, store.Event{ConnectionID: a, SecretHash: hash})
		require.ErrorIs(t, err, store.ErrClosed)
	})
}
