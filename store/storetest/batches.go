package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// batching is a connection with a small idea of what a backlog is.
type batching struct {
	*testing.T
	s      *store.Store
	id     connection.ID
	limits store.Limits
}

func newBatching(t *testing.T, open Open) *batching {
	s := open(t)
	return &batching{t, s, connected(t, s), store.Limits{
		AtWork: 4, Batch: 10, Again: 3 * time.Minute, Backlog: 5, BatchSize: 8, Batches: 2,
	}}
}

func numbers(from, to int64) []int64 {
	var list []int64
	for n := from; n <= to; n++ {
		list = append(list, n)
	}
	return list
}

// batches hands batches over.
func (b *batching) batches() []store.BatchHandover {
	b.Helper()
	handed, err := b.s.DispatchBatches(b.Context(), b.limits)
	require.NoError(b, err)
	return handed
}

// batch hands one batch over.
func (b *batching) batch() store.Batch {
	b.Helper()
	handed := b.batches()
	require.Len(b, handed, 1)
	return handed[0].Batch
}

// singles hands records over one by one.
func (b *batching) singles() []connection.RecordID {
	b.Helper()
	handed, err := b.s.Dispatch(b.Context(), b.limits)
	require.NoError(b, err)
	got := []connection.RecordID{}
	for _, h := range handed {
		got = append(got, h.RecordID)
	}
	slices.Sort(got)
	return got
}

// page is what a batch still holds.
func (b *batching) page(batch store.Batch) []connection.RecordID {
	b.Helper()
	page, err := b.s.BatchPage(b.Context(), batch, 0, 1000)
	require.NoError(b, err)
	got := []connection.RecordID{}
	for _, r := range page {
		assert.WithinDuration(b, time.Now(), r.DirtyAt, time.Hour)
		got = append(got, r.ID)
	}
	return got
}

func batches(t *testing.T, open Open) {
	t.Run("a backlog goes in batches, oldest first, two at work", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(101, 120)...)
		markDirty(t, b.s, b.id, numbers(1, 20)...)
		first, second := b.batches(), b.batches()
		require.Len(t, first, 1)
		require.Len(t, second, 1)
		assert.Equal(t, store.BatchHandover{
			Batch:     store.Batch{ConnectionID: b.id, Entity: connection.Orders, ID: first[0].ID},
			StoreHash: "abc123", Size: 8,
		}, first[0])
		assert.NotEqual(t, first[0].ID, second[0].ID)
		both := append(b.page(first[0].Batch), b.page(second[0].Batch)...)
		for _, id := range both {
			assert.Greater(t, id, connection.RecordID(100), "the oldest")
		}
		assert.Len(t, distinctIDs(both), 16)
		assert.Empty(t, b.batches(), "two are at work")
		assert.Empty(t, b.singles(), "a backlog does not go one by one beside its batches")

		push(t, b.s, b.id, connection.Accepted, plain(b.page(first[0].Batch))...)
		assert.Empty(t, b.page(first[0].Batch))
		assert.Equal(t, 8, b.batches()[0].Size, "one is done, another begins")
	})
	t.Run("few go one by one", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(1, 5)...)
		assert.Empty(t, b.batches())
		assert.Len(t, b.singles(), 4)
	})
	t.Run("a remainder goes with the rest", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(1, 12)...)
		assert.Equal(t, 12, b.batches()[0].Size)
		assert.Empty(t, b.singles())
	})
	t.Run("another entity goes one by one beside a backlog", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(1, 30)...)
		require.NoError(t, b.s.MarkDirty(t.Context(), b.id, connection.Customers, ids(1000, 1001)))
		assert.Equal(t, ids(1000, 1001), b.singles())
		b.batch()
		assert.Empty(t, b.singles())
	})
	t.Run("a batch takes no room from single records", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		b.batch()
		markDirty(t, b.s, b.id, numbers(101, 105)...)
		assert.Equal(t, ids(101, 102, 103, 104), b.singles())
	})
	t.Run("records at work alone, in flight or in backoff are not batched", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, 1, 2)
		assert.Equal(t, ids(1, 2), b.singles())
		require.NoError(t, b.s.Attempted(t.Context(), order(b.id, 2), connection.Reason{Code: "x"}, time.Now().Add(time.Hour)))
		claim(t, b.s, b.id, seq(t, b.s), 3)
		markDirty(t, b.s, b.id, numbers(1, 9)...)
		batch := b.batch()
		assert.Equal(t, ids(4, 5, 6, 7, 8, 9), b.page(batch))
		assert.Equal(t, ids(1), b.singles(), "its run hears of it")
	})
	t.Run("a record that changes in a batch goes out anew once it is done", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		batch := b.batch()
		f := seq(t, b.s)
		markDirty(t, b.s, b.id, 1) // after the read began
		assert.Empty(t, b.singles(), "the batch stands")
		g := seq(t, b.s)
		claim(t, b.s, b.id, f, 1, 2)
		finish(t, b.s, b.id, f, g, connection.Accepted, 1, 2)
		assert.Equal(t, ids(3, 4, 5, 6, 7, 8), b.page(batch))
		assert.Equal(t, ids(1), b.singles())
		assert.Zero(t, record(t, b.s, order(b.id, 2)).DirtySeq)
	})
	t.Run("many that changed in a batch are batched again", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		b.batch()
		f, g := seq(t, b.s), seq(t, b.s)
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		claim(t, b.s, b.id, f, numbers(1, 8)...)
		finish(t, b.s, b.id, f, g, connection.Accepted, numbers(1, 8)...)
		assert.Empty(t, b.singles())
		assert.Equal(t, ids(numbers(1, 8)...), b.page(b.batch()))
	})
	t.Run("a dead batch is handed over again", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		dead := b.batch()
		Elapse(t, b.s, b.limits.Again/2)
		left, err := b.s.RefreshBatch(t.Context(), dead)
		require.NoError(t, err)
		assert.Equal(t, 8, left)
		Elapse(t, b.s, b.limits.Again/2+time.Second)
		assert.Empty(t, b.batches(), "it said that it lives")
		Elapse(t, b.s, b.limits.Again)
		again := b.batch()
		assert.NotEqual(t, dead.ID, again.ID)
		assert.Empty(t, b.page(dead))
		assert.Len(t, b.page(again), 8)

		push(t, b.s, b.id, connection.Accepted, 1, 2, 3, 4)
		Elapse(t, b.s, b.limits.Again+time.Second)
		assert.Equal(t, ids(5, 6, 7, 8), b.singles(), "few go one by one")
		assert.Empty(t, b.page(again))
	})
	t.Run("what leaves a batch goes alone until it is pushed", func(t *testing.T) {
		b := newBatching(t, open)
		ctx := t.Context()
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		batch := b.batch()
		left, err := b.s.LeaveBatch(ctx, batch, ids(3, 4))
		require.NoError(t, err)
		assert.Equal(t, 2, left)
		left, err = b.s.LeaveBatch(ctx, batch, ids(3, 99))
		require.NoError(t, err)
		assert.Zero(t, left, "twice is once")
		markDirty(t, b.s, b.id, numbers(101, 120)...)
		assert.Equal(t, ids(3, 4), b.singles(), "at once, beside a backlog")
		require.NoError(t, b.s.Undispatch(ctx, []connection.RecordKey{order(b.id, 3), order(b.id, 4)}))
		assert.NotContains(t, b.page(b.batch()), connection.RecordID(3))
		push(t, b.s, b.id, connection.Accepted, 3)
		push(t, b.s, b.id, connection.Accepted, plain(b.page(batch))...)
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		push(t, b.s, b.id, connection.Accepted, numbers(101, 120)...)
		assert.Contains(t, b.page(b.batch()), connection.RecordID(3), "once pushed, it is like any other")
	})
	t.Run("a batch given back waits for another one, or goes one by one", func(t *testing.T) {
		b := newBatching(t, open)
		ctx := t.Context()
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		left, err := b.s.EndBatch(ctx, b.batch(), false)
		require.NoError(t, err)
		assert.Equal(t, 8, left)
		batch := b.batch()
		_, err = b.s.EndBatch(ctx, batch, true)
		require.NoError(t, err)
		assert.Empty(t, b.batches())
		assert.Equal(t, ids(1, 2, 3, 4), b.singles())
		_, err = b.s.EndBatch(ctx, batch, true)
		require.NoError(t, err)
		assert.Empty(t, b.singles(), "they are at work, and no batch's any more")
	})
	t.Run("a batch adopts what waits, and nothing else", func(t *testing.T) {
		b := newBatching(t, open)
		ctx := t.Context()
		b.limits.AtWork = 1
		markDirty(t, b.s, b.id, 50)
		assert.Equal(t, ids(50), b.singles())
		markDirty(t, b.s, b.id, numbers(1, 30)...)
		first, second := b.batch(), b.batch()
		push(t, b.s, b.id, connection.Accepted, 60)
		_, err := b.s.LeaveBatch(ctx, first, ids(1))
		require.NoError(t, err)
		adopted, err := b.s.Adopt(ctx, first, ids(1, 9, 17, 18, 50, 60, 61), b.limits)
		require.NoError(t, err)
		slices.Sort(adopted)
		assert.Equal(t, ids(17, 18), adopted)
		assert.Contains(t, b.page(second), connection.RecordID(9))
		assert.Contains(t, b.page(first), connection.RecordID(18))
	})
	t.Run("held connections keep their backlog", func(t *testing.T) {
		b := newBatching(t, open)
		ctx := t.Context()
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		require.NoError(t, b.s.Pause(ctx, b.id))
		assert.Empty(t, b.batches())
		require.NoError(t, b.s.Park(ctx, b.id, connection.Parked{Code: connection.OmetriaUnavailable}))
		require.NoError(t, b.s.Unpause(ctx, b.id))
		assert.Empty(t, b.batches())
		_, err := b.s.Unpark(ctx, b.id)
		require.NoError(t, err)
		b.batch()
	})
	t.Run("a connection is in a burst while a batch is at work", func(t *testing.T) {
		b := newBatching(t, open)
		inBurst := func() bool {
			is, err := b.s.InBurst(t.Context(), b.id, b.limits)
			require.NoError(t, err)
			return is
		}
		markDirty(t, b.s, b.id, numbers(1, 8)...)
		assert.False(t, inBurst())
		b.batch()
		assert.True(t, inBurst())
		push(t, b.s, b.id, connection.Accepted, numbers(1, 8)...)
		assert.False(t, inBurst())
	})
	t.Run("replicas never get the same record", func(t *testing.T) {
		b := newBatching(t, open)
		markDirty(t, b.s, b.id, numbers(1, 60)...)
		var (
			mu  sync.Mutex
			got []store.BatchHandover
			wg  sync.WaitGroup
		)
		for range 6 {
			wg.Go(func() {
				handed, err := b.s.DispatchBatches(t.Context(), b.limits)
				assert.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				got = append(got, handed...)
			})
		}
		wg.Wait()
		require.NotEmpty(t, got)
		require.LessOrEqual(t, len(got), 2)
		var all []connection.RecordID
		for _, h := range got {
			all = append(all, b.page(h.Batch)...)
		}
		assert.Len(t, distinctIDs(all), 8*len(got))
	})
}

func distinctIDs(list []connection.RecordID) []connection.RecordID {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func plain(list []connection.RecordID) []int64 {
	var out []int64
	for _, id := range list {
		out = append(out, int64(id))
	}
	return out
}
