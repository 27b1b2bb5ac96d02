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

func dispatch(t *testing.T, open Open) {
	limits := store.Limits{AtWork: 4, Batch: 10, Again: 3 * time.Minute}
	handed := func(t *testing.T, s *store.Store) []connection.RecordID {
		t.Helper()
		list, err := s.Dispatch(t.Context(), limits)
		require.NoError(t, err)
		got := []connection.RecordID{}
		for _, h := range list {
			got = append(got, h.RecordID)
		}
		slices.Sort(got)
		return got
	}
	t.Run("a dirty record is handed over once", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		markDirty(t, s, id, 1)
		list, err := s.Dispatch(t.Context(), limits)
		require.NoError(t, err)
		want := store.Handover{RecordKey: order(id, 1), StoreHash: "abc123", DirtySeq: record(t, s, order(id, 1)).DirtySeq}
		assert.Equal(t, []store.Handover{want}, list)
		assert.Empty(t, handed(t, s))
		Elapse(t, s, limits.Again+time.Second)
		assert.Equal(t, ids(1), handed(t, s), "still dirty: the handover was lost")
		push(t, s, id, connection.Accepted, 1)
		Elapse(t, s, limits.Again+time.Second)
		assert.Empty(t, handed(t, s))
	})
	t.Run("no more than AtWork of a connection, and room comes back", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		markDirty(t, s, id, 1, 2, 3, 4)
		markDirty(t, s, id, 5, 6)
		assert.Equal(t, ids(1, 2, 3, 4), handed(t, s))
		assert.Empty(t, handed(t, s))
		push(t, s, id, connection.Accepted, 1)
		assert.Equal(t, ids(5), handed(t, s))
		require.NoError(t, s.Attempted(t.Context(), order(id, 2), connection.Reason{Code: "x"}, time.Now().Add(time.Hour)))
		assert.Equal(t, ids(6), handed(t, s), "what waits out a backoff is not at work")
	})
	t.Run("a change is handed to the run at work, without taking room", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		markDirty(t, s, id, 1, 2, 3, 4)
		assert.Len(t, handed(t, s), 4)
		markDirty(t, s, id, 1, 2, 3, 4, 5)
		assert.Equal(t, ids(1, 2, 3, 4), handed(t, s))
		assert.Empty(t, handed(t, s))
	})
	t.Run("a record in backoff waits, though it changes, unless its run has ended", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		markDirty(t, s, id, 1)
		handed(t, s)
		require.NoError(t, s.Attempted(t.Context(), order(id, 1), connection.Reason{Code: "x"}, time.Now().Add(time.Hour)))
		Elapse(t, s, limits.Again+time.Second)
		assert.Empty(t, handed(t, s))
		markDirty(t, s, id, 1)
		assert.Empty(t, handed(t, s), "its run reads the present state when it tries again")
		Elapse(t, s, 2*time.Hour)
		assert.Equal(t, ids(1), handed(t, s))
		require.NoError(t, s.Attempted(t.Context(), order(id, 1), connection.Reason{Code: "x"}, time.Now().Add(time.Hour)))
		require.NoError(t, s.Undispatch(t.Context(), []connection.RecordKey{order(id, 1)}))
		assert.Equal(t, ids(1), handed(t, s), "no run is left to try again")
	})
	t.Run("a record in flight waits for its claim", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		f := seq(t, s)
		claim(t, s, id, f, 1)
		markDirty(t, s, id, 1)
		assert.Empty(t, handed(t, s))
		finish(t, s, id, f, seq(t, s), connection.Accepted, 1)
		assert.Equal(t, ids(1), handed(t, s))
	})
	t.Run("what could not be started is handed again", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		markDirty(t, s, id, 1, 2)
		handed(t, s)
		require.NoError(t, s.Undispatch(t.Context(), []connection.RecordKey{order(id, 2)}))
		assert.Equal(t, ids(2), handed(t, s))
	})
	t.Run("held connections keep their records", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		markDirty(t, s, id, 1)
		for _, held := range []struct {
			name      string
			hold, go_ func() error
		}{
			{"paused", func() error { return s.Pause(ctx, id) }, func() error { return s.Unpause(ctx, id) }},
			{"parked", func() error { return s.Park(ctx, id, connection.Parked{Code: connection.OmetriaUnavailable}) },
				func() error { _, err := s.Unpark(ctx, id); return err }},
			{"validating", func() error { _, err := s.SetPhase(ctx, id, connection.Validating); return err },
				func() error { _, err := s.SetPhase(ctx, id, connection.Installing); return err }},
			{"failed", func() error { return s.Fail(ctx, id, connection.Failure{Code: "x"}) },
				func() error { _, err := s.SetPhase(ctx, id, connection.Syncing); return err }},
		} {
			require.NoError(t, held.hold(), held.name)
			assert.Empty(t, handed(t, s), held.name)
			backlog, err := s.Backlog(ctx)
			require.NoError(t, err)
			assert.Zero(t, backlog.Dirty, held.name)
			require.NoError(t, held.go_(), held.name)
			assert.Equal(t, ids(1), handed(t, s), held.name)
			require.NoError(t, s.Undispatch(ctx, []connection.RecordKey{order(id, 1)}))
		}
	})
	t.Run("connections share a batch", func(t *testing.T) {
		s := open(t)
		var all []connection.ID
		for _, hash := range []connection.StoreHash{"a", "b", "c"} {
			id := newConnection(t, s, hash, string(hash)).ID
			_, err := s.SetPhase(t.Context(), id, connection.Connected)
			require.NoError(t, err)
			markDirty(t, s, id, 1, 2, 3, 4, 5)
			all = append(all, id)
		}
		list, err := s.Dispatch(t.Context(), store.Limits{AtWork: 64, Batch: 6, Again: time.Minute})
		require.NoError(t, err)
		per := map[connection.ID]int{}
		for _, h := range list {
			per[h.ConnectionID]++
		}
		for _, id := range all {
			assert.Equal(t, 2, per[id])
		}
	})
	t.Run("what one connection leaves of its share is another's", func(t *testing.T) {
		s := open(t)
		busy := newConnection(t, s, "busy", "busy").ID
		_, err := s.SetPhase(t.Context(), busy, connection.Connected)
		require.NoError(t, err)
		markDirty(t, s, busy, numbers(1, 20)...)
		for _, hash := range []connection.StoreHash{"one", "two", "three"} { // each with one record that waits out a backoff
			id := newConnection(t, s, hash, string(hash)).ID
			_, err := s.SetPhase(t.Context(), id, connection.Connected)
			require.NoError(t, err)
			markDirty(t, s, id, 1)
			require.NoError(t, s.Attempted(t.Context(), order(id, 1), connection.Reason{Code: "x"}, time.Now().Add(time.Hour)))
		}
		list, err := s.Dispatch(t.Context(), store.Limits{AtWork: 15, Batch: 12, Again: time.Minute})
		require.NoError(t, err)
		assert.Len(t, list, 12)
		list, err = s.Dispatch(t.Context(), store.Limits{AtWork: 15, Batch: 12, Again: time.Minute})
		require.NoError(t, err)
		assert.Len(t, list, 3, "no more than AtWork")
	})
	t.Run("replicas never get the same record", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		many := make([]int64, 100)
		for i := range many {
			many[i] = int64(i + 1)
		}
		markDirty(t, s, id, many...)
		var (
			mu  sync.Mutex
			got []connection.RecordID
			wg  sync.WaitGroup
		)
		for range 6 {
			wg.Go(func() {
				list, err := s.Dispatch(t.Context(), store.Limits{AtWork: 64, Batch: 40, Again: time.Minute})
				assert.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				for _, h := range list {
					got = append(got, h.RecordID)
				}
			})
		}
		wg.Wait()
		slices.Sort(got)
		assert.Equal(t, slices.Compact(slices.Clone(got)), got)
		assert.GreaterOrEqual(t, len(got), 40)
		assert.LessOrEqual(t, len(got), 64)
	})
	t.Run("the backlog has an age", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		markDirty(t, s, id, 1, 2)
		Elapse(t, s, time.Minute)
		markDirty(t, s, id, 1, 3)
		require.NoError(t, s.Attempted(t.Context(), order(id, 2), connection.Reason{Code: "x"}, time.Now().Add(time.Hour)))
		backlog, err := s.Backlog(t.Context())
		require.NoError(t, err)
		assert.Equal(t, int64(3), backlog.Dirty)
		assert.InDelta(t, time.Minute, backlog.Oldest, float64(30*time.Second), "changed again it has waited no less")
		assert.Equal(t, map[connection.ID]int64{id: 1}, backlog.InBackoff)
	})
}
