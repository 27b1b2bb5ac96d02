package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func passes(t *testing.T, open Open) {
	clock := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	first := clock.Add(-24 * time.Hour)
	t.Run("the watermark moves when a pass ends", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		p, err := s.Pass(ctx, id, connection.FastPass, connection.Orders)
		require.NoError(t, err)
		assert.Zero(t, p.Seq)
		p, err = s.BeginPass(ctx, id, connection.FastPass, connection.Orders, clock, first)
		require.NoError(t, err)
		assert.Positive(t, p.Seq)
		assert.Equal(t, first, p.Watermark)
		assert.Equal(t, clock, p.Clock)
		require.NoError(t, s.CommitPassPage(ctx, id, p, "17", 250, 3))

		again, err := s.BeginPass(ctx, id, connection.FastPass, connection.Orders, clock.Add(time.Hour), first.Add(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, p.Seq, again.Seq, "one that has not ended goes on")
		assert.Equal(t, "17", again.Cursor)
		assert.Equal(t, clock, again.Clock)
		found := overview(t, s, id).Reconcile
		assert.Nil(t, found)

		require.NoError(t, s.CommitPassPage(ctx, id, p, "18", 50, 1))
		require.NoError(t, s.FinishPass(ctx, id, p, 2))
		require.NoError(t, s.CommitPassPage(ctx, id, p, "late", 1, 1))
		next, err := s.BeginPass(ctx, id, connection.FastPass, connection.Orders, clock.Add(time.Hour), first)
		require.NoError(t, err)
		assert.Greater(t, next.Seq, p.Seq)
		assert.Equal(t, clock, next.Watermark)
		assert.Empty(t, next.Cursor)
		assert.Zero(t, next.Looked)
		found = overview(t, s, id).Reconcile
		assert.Equal(t, connection.PassCounts{Looked: 300, Differed: 4, Gone: 2}, found.Entities[connection.Orders])
		require.NoError(t, s.NoteMend(ctx, id, 2, true))
		require.NoError(t, s.NoteMend(ctx, id, 1, true))
		found = overview(t, s, id).Reconcile
		assert.Equal(t, int64(1), found.Hooks)
		assert.True(t, found.Script)
		assert.WithinDuration(t, time.Now(), found.At, time.Minute)
		found = overview(t, s, id).Sweep
		assert.Nil(t, found, "each kind for itself")

		require.NoError(t, s.Erase(ctx, id))
		p, err = s.Pass(ctx, id, connection.FastPass, connection.Orders)
		require.NoError(t, err)
		assert.Zero(t, p.Clock)
		assert.Zero(t, p.FinishedAt)
		p, err = s.BeginPass(ctx, id, connection.FastPass, connection.Orders, clock, first)
		require.NoError(t, err)
		assert.Zero(t, p.Seq, "nothing begins for a connection that is gone")
		require.NoError(t, s.NoteMend(ctx, id, 1, false))
	})
	t.Run("wanted until it begins", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		require.NoError(t, s.WantPasses(ctx, id))
		p, err := s.Pass(ctx, id, connection.FullPass, connection.Customers)
		require.NoError(t, err)
		assert.True(t, p.Wanted)
		assert.Zero(t, p.Seq)
		p, err = s.BeginPass(ctx, id, connection.FullPass, connection.Customers, clock, first)
		require.NoError(t, err)
		assert.False(t, p.Wanted)
		assert.Positive(t, p.Seq)
		assert.Equal(t, first, p.Watermark)
		require.NoError(t, s.WantPasses(ctx, id))
		p, err = s.BeginPass(ctx, id, connection.FullPass, connection.Customers, clock, first)
		require.NoError(t, err)
		assert.True(t, p.Wanted, "meanwhile: once more")
	})
	t.Run("what is known of a page", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		push(t, s, id, connection.Accepted, 1, 2, 3)
		markDirty(t, s, id, 2)
		f := seq(t, s)
		claim(t, s, id, f, 3)
		known, err := s.See(ctx, id, connection.Orders, seq(t, s), ids(1, 2, 3, 4))
		require.NoError(t, err)
		require.Len(t, known, 3, "the fourth was never heard of")
		assert.Equal(t, store.Seen{Fingerprint: []byte{1}, Outcome: connection.Accepted, SourceModifiedAt: known[1].SourceModifiedAt}, known[1])
		assert.True(t, known[2].Busy)
		assert.True(t, known[3].Busy)
		assert.Nil(t, known[3].Fingerprint)
	})
	begin := func(t *testing.T, s *store.Store, id connection.ID) store.Pass {
		t.Helper()
		p, err := s.BeginPass(t.Context(), id, connection.FullPass, connection.Orders, clock, first)
		require.NoError(t, err)
		return p
	}
	t.Run("what a full pass did not see is read by itself", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		push(t, s, id, connection.Accepted, 1, 10, 11, 12, 13)
		push(t, s, id, connection.Deleted, 14)
		p := begin(t, s, id)
		push(t, s, id, connection.Accepted, 11, 20) // 20 came once the pass was past it
		_, err := s.See(ctx, id, connection.Orders, p.Seq, ids(10))
		require.NoError(t, err)
		unseen, err := s.SettleUnseen(ctx, id, p, 10)
		require.NoError(t, err)
		assert.Equal(t, store.Unseen{Gone: 2}, unseen)
		for n, dirty := range map[int64]bool{1: false, 10: false, 11: false, 12: true, 13: true, 14: false, 20: false} {
			assert.Equal(t, dirty, record(t, s, order(id, n)).DirtySeq > 0, "order %d", n)
		}
		unseen, err = s.SettleUnseen(ctx, id, p, 10)
		require.NoError(t, err)
		assert.Zero(t, unseen, "twice is once")
	})
}

func losses(t *testing.T, open Open) {
	admit := func(t *testing.T, s *store.Store, id connection.ID, from, to int64) int {
		t.Helper()
		held, err := s.AdmitLosses(t.Context(), id, connection.Orders, ids(numbers(from, to)...))
		require.NoError(t, err)
		return int(to-from+1) - len(held)
	}
	// lose ends orders as a push does after the guard was asked.
	lose := func(t *testing.T, s *store.Store, id connection.ID, from, to int64) (admitted int) {
		t.Helper()
		list := ids(numbers(from, to)...)
		f := seq(t, s)
		got, err := s.Claim(t.Context(), store.Claim{ConnectionID: id, Entity: connection.Orders, Fetched: f, Items: claimItems(list)})
		require.NoError(t, err)
		require.Len(t, got, len(list))
		g := seq(t, s)
		held, err := s.AdmitLosses(t.Context(), id, connection.Orders, list)
		require.NoError(t, err)
		var results []store.Result
		for _, recordID := range list {
			result := store.Result{RecordID: recordID, Outcome: connection.Deleted, State: got[recordID]}
			if held[recordID] {
				result.Outcome = connection.Waiting
				result.Reason = &connection.Reason{Code: connection.ReasonMassDeletion, Text: connection.MassDeletionText}
			}
			results = append(results, result)
		}
		_, err = s.Finish(t.Context(), store.Finish{ConnectionID: id, Entity: connection.Orders, Fetched: f, Read: g, Results: results})
		require.NoError(t, err)
		return len(list) - len(held)
	}
	heldNow := func(t *testing.T, s *store.Store, id connection.ID) int64 {
		t.Helper()
		held, err := s.HeldLosses(t.Context(), id)
		require.NoError(t, err)
		return held[connection.Orders]
	}
	t.Run("a hundred a day are free", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		push(t, s, id, connection.Accepted, numbers(1, 250)...)
		assert.Equal(t, 60, lose(t, s, id, 1, 60))
		assert.Equal(t, 60, admit(t, s, id, 1, 60), "told already")
		assert.Equal(t, 40, lose(t, s, id, 61, 110))
		assert.Equal(t, int64(10), heldNow(t, s, id))
		assert.Zero(t, lose(t, s, id, 111, 120), "as long as any is held")
		Elapse(t, s, 25*time.Hour)
		assert.Zero(t, lose(t, s, id, 121, 210), "an admin is still asked")
		assert.Equal(t, int64(110), heldNow(t, s, id))
		row := record(t, s, order(id, 120))
		assert.Equal(t, connection.Waiting, row.Outcome)
		assert.Equal(t, connection.ReasonMassDeletion, row.Reason.Code)
		assert.Zero(t, row.DirtySeq, "it is not handed over again and again")
		assert.True(t, row.State.Exists)
	})
	t.Run("five percent of many are free", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		push(t, s, id, connection.Accepted, numbers(1, 3000)...)
		assert.Equal(t, 150, lose(t, s, id, 1, 151))
	})
	t.Run("the next day begins anew", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		push(t, s, id, connection.Accepted, numbers(1, 250)...)
		assert.Equal(t, 100, lose(t, s, id, 1, 100))
		Elapse(t, s, 25*time.Hour)
		assert.Equal(t, 100, lose(t, s, id, 101, 200))
	})
	t.Run("confirmed, all of a day go through", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		push(t, s, id, connection.Accepted, numbers(1, 500)...)
		lose(t, s, id, 1, 150)
		n, err := s.DecideLosses(t.Context(), id, true)
		require.NoError(t, err)
		assert.Equal(t, int64(50), n)
		assert.Positive(t, record(t, s, order(id, 150)).DirtySeq)
		assert.Equal(t, 50, lose(t, s, id, 101, 150))
		assert.Zero(t, heldNow(t, s, id))
		assert.Equal(t, 150, lose(t, s, id, 151, 300), "what follows within the day, too")
		Elapse(t, s, 25*time.Hour)
		assert.Equal(t, 100, lose(t, s, id, 301, 450), "then it is as before")
	})
	t.Run("discarded, they are read anew and held again", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		push(t, s, id, connection.Accepted, numbers(1, 250)...)
		lose(t, s, id, 1, 150)
		Elapse(t, s, 25*time.Hour)
		n, err := s.DecideLosses(t.Context(), id, false)
		require.NoError(t, err)
		assert.Equal(t, int64(50), n)
		push(t, s, id, connection.Accepted, numbers(101, 110)...) // these are back
		assert.Equal(t, int64(40), heldNow(t, s, id))
		assert.Equal(t, 40, lose(t, s, id, 111, 150), "few are no mass")
		n, err = s.DecideLosses(t.Context(), id, false)
		require.NoError(t, err)
		assert.Zero(t, n, "nothing to decide")
	})
	t.Run("a list that lacks too many holds all of them", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		push(t, s, id, connection.Accepted, numbers(1, 200)...)
		p, err := s.BeginPass(ctx, id, connection.FullPass, connection.Orders, time.Now(), time.Now())
		require.NoError(t, err)
		unseen, err := s.SettleUnseen(ctx, id, p, 0)
		require.NoError(t, err)
		assert.Equal(t, store.Unseen{Gone: 200, Held: true}, unseen)
		assert.Equal(t, int64(200), heldNow(t, s, id))
		progress, err := s.Progress(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, int64(200), progress[connection.Orders].Waiting)
		sample, err := s.SampleHeld(ctx, id, connection.Orders, 5)
		require.NoError(t, err)
		assert.Len(t, sample, 5)
		assert.Zero(t, lose(t, s, id, 1, 1), "a webhook's deletion is held with them")

		require.NoError(t, s.RestoreHeld(ctx, id, connection.Orders, ids(1, 2, 3)))
		assert.Equal(t, connection.Accepted, record(t, s, order(id, 2)).Outcome)
		assert.Equal(t, connection.Waiting, record(t, s, order(id, 1)).Outcome, "it was read by itself: a push must tell")
		require.NoError(t, s.ReleaseHeld(ctx, id, connection.Orders))
		assert.Equal(t, connection.Accepted, record(t, s, order(id, 200)).Outcome, "needs no push")
		assert.Zero(t, record(t, s, order(id, 200)).DirtySeq)
		assert.Positive(t, record(t, s, order(id, 1)).DirtySeq)
	})
}

func overview(t *testing.T, s *store.Store, id connection.ID) store.Overview {
	t.Helper()
	all, err := s.Overviews(t.Context(), id, "conn_other")
	require.NoError(t, err)
	require.Nil(t, all["conn_other"].Reconcile)
	return all[id]
}
