package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func claims(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := connected(t, s)

	t.Run("a page is claimed, pushed and finished", func(t *testing.T) {
		f := seq(t, s)
		g := seq(t, s)
		assert.Equal(t, ids(1, 2, 3), claim(t, s, id, f, 1, 2, 3))
		row := record(t, s, order(id, 1))
		assert.True(t, row.Inflight)
		assert.Equal(t, connection.Waiting, row.Outcome)
		assert.Equal(t, 3, finish(t, s, id, f, g, connection.Accepted, 1, 2, 3))
		row = record(t, s, order(id, 1))
		assert.Equal(t, connection.Accepted, row.Outcome)
		assert.Equal(t, g, row.PushedSeq)
		assert.Zero(t, row.DirtySeq)
		assert.False(t, row.Inflight)
		assert.False(t, row.PushedAt.IsZero())
		assert.Len(t, row.RequestIDs, 1)
		assert.Zero(t, finish(t, s, id, f, g, connection.Rejected, 1), "a claim is finished once")
	})
	t.Run("an event during the push keeps the record dirty", func(t *testing.T) {
		f := seq(t, s)
		g := seq(t, s)
		claim(t, s, id, f, 10)
		markDirty(t, s, id, 10)
		assert.Equal(t, 1, finish(t, s, id, f, g, connection.Accepted, 10))
		assert.Equal(t, connection.Waiting, record(t, s, order(id, 10)).Outcome)
		push(t, s, id, connection.Accepted, 10)
		assert.Equal(t, connection.Accepted, record(t, s, order(id, 10)).Outcome)
	})
	t.Run("an event before the fetch is settled by it", func(t *testing.T) {
		markDirty(t, s, id, 11)
		push(t, s, id, connection.Accepted, 11)
		assert.Zero(t, record(t, s, order(id, 11)).DirtySeq)
	})
	t.Run("a read that overlaps an earlier push's read cannot be pushed", func(t *testing.T) {
		late := seq(t, s)
		early := seq(t, s) // begins after late did, ends before it
		g := seq(t, s)
		claim(t, s, id, early, 12)
		finish(t, s, id, early, g, connection.Accepted, 12)
		got, err := s.Claim(ctx, store.Claim{ConnectionID: id, Entity: connection.Orders, Fetched: late,
			Items: []store.ClaimItem{{RecordID: 12, Fingerprint: []byte("another state")}}})
		require.NoError(t, err)
		assert.Empty(t, got)
		assert.Greater(t, record(t, s, order(id, 12)).DirtySeq, g, "so it is read again")
	})
	t.Run("unless it read what was pushed", func(t *testing.T) {
		late := seq(t, s)
		push(t, s, id, connection.Accepted, 13)
		assert.Empty(t, claim(t, s, id, late, 13))
		assert.Zero(t, record(t, s, order(id, 13)).DirtySeq)
	})
	t.Run("what is in flight is not claimed twice", func(t *testing.T) {
		first, second := seq(t, s), seq(t, s)
		assert.Equal(t, ids(14), claim(t, s, id, first, 14))
		assert.Equal(t, ids(15), claim(t, s, id, second, 14, 15))
		assert.Positive(t, record(t, s, order(id, 14)).DirtySeq)
		assert.Equal(t, 1, finish(t, s, id, first, seq(t, s), connection.Accepted, 14))
		assert.Equal(t, connection.Waiting, record(t, s, order(id, 14)).Outcome, "it changed meanwhile")
		assert.Equal(t, 1, finish(t, s, id, second, seq(t, s), connection.Accepted, 15))
	})
	t.Run("a released claim loses nothing", func(t *testing.T) {
		f := seq(t, s)
		claim(t, s, id, f, 20)
		require.NoError(t, s.Release(ctx, id, connection.Orders, f, ids(20)))
		row := record(t, s, order(id, 20))
		assert.False(t, row.Inflight)
		assert.Positive(t, row.DirtySeq)
		assert.Equal(t, ids(20), claim(t, s, id, f, 20), "the same read may be tried again")
		assert.Equal(t, 1, finish(t, s, id, f, seq(t, s), connection.Accepted, 20))
	})
	t.Run("a renewed claim stands longer", func(t *testing.T) {
		f := seq(t, s)
		claim(t, s, id, f, 21, 22)
		Elapse(t, s, 40*time.Second)
		still, err := s.Renew(ctx, id, connection.Orders, f, ids(21))
		require.NoError(t, err)
		assert.Equal(t, ids(21), still)
		Elapse(t, s, 40*time.Second)
		still, err = s.Renew(ctx, id, connection.Orders, f, ids(21, 22))
		require.NoError(t, err)
		assert.Equal(t, ids(21), still, "22 expired")
		expired, err := s.ExpireClaims(ctx)
		require.NoError(t, err)
		assert.Equal(t, 1, expired)
	})
	t.Run("an expired claim makes the record dirty, and only a later read may follow", func(t *testing.T) {
		before := seq(t, s)
		f := seq(t, s)
		claim(t, s, id, f, 23)
		Elapse(t, s, time.Minute+time.Second)
		assert.Empty(t, claim(t, s, id, before, 23))
		row := record(t, s, order(id, 23))
		assert.Greater(t, row.DirtySeq, f)
		assert.True(t, row.State.Exists, "the push may have happened")
		assert.Zero(t, finish(t, s, id, f, seq(t, s), connection.Accepted, 23))
		push(t, s, id, connection.Accepted, 23)
	})
	t.Run("a push that came after its claim had gone to another makes the record dirty anew", func(t *testing.T) {
		late := seq(t, s)
		claim(t, s, id, late, 25)
		g := seq(t, s)
		Elapse(t, s, time.Minute+time.Second)
		_, err := s.ExpireClaims(ctx)
		require.NoError(t, err)
		push(t, s, id, connection.Accepted, 25)
		require.Zero(t, record(t, s, order(id, 25)).DirtySeq)
		assert.Zero(t, finish(t, s, id, late, g, connection.Accepted, 25))
		row := record(t, s, order(id, 25))
		assert.Positive(t, row.DirtySeq)
		read := seq(t, s) // even if it reads what was pushed last by the book
		assert.Equal(t, ids(25), claim(t, s, id, read, 25))
		assert.Equal(t, 1, finish(t, s, id, read, seq(t, s), connection.Accepted, 25))
		assert.Zero(t, record(t, s, order(id, 25)).DirtySeq)
	})
	t.Run("a finish that comes late but first counts", func(t *testing.T) {
		f := seq(t, s)
		claim(t, s, id, f, 24)
		Elapse(t, s, time.Minute+time.Second)
		assert.Equal(t, 1, finish(t, s, id, f, seq(t, s), connection.Accepted, 24))
	})
	t.Run("what earlier pushes left behind comes with the claim", func(t *testing.T) {
		f := seq(t, s)
		left := connection.RecordState{Children: []int64{1, 9007199254740993}, ConsentSeen: connection.ConsentYes, ConsentSent: connection.ConsentOut}
		claim(t, s, id, f, 30)
		_, err := s.Finish(ctx, store.Finish{ConnectionID: id, Entity: connection.Orders, Fetched: f, Read: seq(t, s),
			Results: []store.Result{{RecordID: 30, Outcome: connection.Accepted, State: left, SourceModifiedAt: time.UnixMilli(1700000000123).UTC()}}})
		require.NoError(t, err)
		left.Exists = true
		got, err := s.Claim(ctx, store.Claim{ConnectionID: id, Entity: connection.Orders, Fetched: seq(t, s), Items: claimItems(ids(30, 31))})
		require.NoError(t, err)
		assert.Equal(t, map[connection.RecordID]connection.RecordState{30: left, 31: {}}, got)
		assert.Equal(t, int64(1700000000123), record(t, s, order(id, 30)).SourceModifiedAt.UnixMilli())
	})
	t.Run("what several reads found is claimed and finished together, each by its own numbers", func(t *testing.T) {
		late, early := seq(t, s), seq(t, s)
		push(t, s, id, connection.Accepted, 35) // after both began
		markDirty(t, s, id, 34)
		fresh := seq(t, s)
		g := seq(t, s)
		got, err := s.Claim(ctx, store.Claim{ConnectionID: id, Entity: connection.Orders, Items: []store.ClaimItem{
			{RecordID: 33, Fetched: early}, {RecordID: 34, Fetched: fresh}, {RecordID: 35, Fetched: late, Fingerprint: []byte("other")},
		}})
		require.NoError(t, err)
		assert.Equal(t, map[connection.RecordID]connection.RecordState{33: {}, 34: {}}, got)
		assert.Positive(t, record(t, s, order(id, 35)).DirtySeq)
		markDirty(t, s, id, 33)
		for f, records := range map[int64][]connection.RecordID{early: ids(33), fresh: ids(34)} {
			still, err := s.Renew(ctx, id, connection.Orders, f, ids(33, 34, 35))
			require.NoError(t, err)
			assert.Equal(t, records, still, "a claim is of its own read")
		}
		n, err := s.Finish(ctx, store.Finish{ConnectionID: id, Entity: connection.Orders, Results: []store.Result{
			{RecordID: 33, Outcome: connection.Accepted, Fetched: early, Read: g - 1},
			{RecordID: 34, Outcome: connection.Accepted, Fetched: fresh, Read: g},
			{RecordID: 35, Outcome: connection.Accepted, Fetched: late, Read: g},
		}})
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		row := record(t, s, order(id, 33))
		assert.Equal(t, g-1, row.PushedSeq)
		assert.Positive(t, row.DirtySeq, "it changed after its read")
		row = record(t, s, order(id, 34))
		assert.Equal(t, g, row.PushedSeq)
		assert.Zero(t, row.DirtySeq)
	})
	t.Run("failed attempts are counted until the record ends", func(t *testing.T) {
		markDirty(t, s, id, 40)
		reason := connection.Reason{Code: "timeout", Text: "no answer"}
		require.NoError(t, s.Attempted(ctx, order(id, 40), reason, time.Now().Add(time.Hour)))
		require.NoError(t, s.Attempted(ctx, order(id, 40), reason, time.Now().Add(time.Hour)))
		row := record(t, s, order(id, 40))
		assert.Equal(t, 2, row.Attempts)
		assert.Equal(t, &reason, row.LastError)
		assert.False(t, row.FirstFailedAt.IsZero())
		assert.WithinDuration(t, time.Now().Add(time.Hour), row.BackoffUntil, time.Minute)
		assert.Equal(t, connection.Waiting, row.Outcome)
		push(t, s, id, connection.Accepted, 40)
		row = record(t, s, order(id, 40))
		assert.Zero(t, row.Attempts)
		assert.True(t, row.BackoffUntil.IsZero())
	})
	t.Run("giving up ends a record unless something came since", func(t *testing.T) {
		reason := connection.Reason{Code: connection.ReasonGaveUp, Text: "three days"}
		markDirty(t, s, id, 41)
		upTo := record(t, s, order(id, 41)).DirtySeq
		require.NoError(t, s.GiveUp(ctx, order(id, 41), upTo, reason))
		row := record(t, s, order(id, 41))
		assert.Equal(t, connection.Rejected, row.Outcome)
		assert.Equal(t, &reason, row.Reason)
		markDirty(t, s, id, 42)
		upTo = record(t, s, order(id, 42)).DirtySeq
		markDirty(t, s, id, 42)
		require.NoError(t, s.GiveUp(ctx, order(id, 42), upTo, reason))
		assert.Equal(t, connection.Waiting, record(t, s, order(id, 42)).Outcome)
		markDirty(t, s, id, 44)
		before, f := seq(t, s), seq(t, s)
		claim(t, s, id, f, 44) // and nobody knows whether the push arrived
		require.NoError(t, s.GiveUp(ctx, order(id, 44), record(t, s, order(id, 44)).DirtySeq, reason))
		Elapse(t, s, 2*time.Minute)
		_, err := s.ExpireClaims(ctx)
		require.NoError(t, err)
		row = record(t, s, order(id, 44))
		assert.Equal(t, connection.Rejected, row.Outcome, "the claim does not make it dirty again")
		assert.Zero(t, row.DirtySeq)
		assert.True(t, row.State.Exists, "the push may have happened")
		assert.Empty(t, claim(t, s, id, before, 44), "only a later read may follow")
		markDirty(t, s, id, 43)
		require.NoError(t, s.Attempted(ctx, order(id, 43), reason, time.Now()))
		markDirty(t, s, id, 43)
		upTo = record(t, s, order(id, 43)).DirtySeq
		require.NoError(t, s.GiveUp(ctx, order(id, 43), upTo, reason))
		assert.Equal(t, connection.Waiting, record(t, s, order(id, 43)).Outcome, "no attempt has looked at that event")
	})
	t.Run("numbers grow and never come twice", func(t *testing.T) {
		last := seq(t, s)
		for range 20 {
			next := seq(t, s)
			assert.Greater(t, next, last)
			last = next
		}
	})
}

func records(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := connected(t, s)
	push(t, s, id, connection.Accepted, 1, 2, 3)
	push(t, s, id, connection.Skipped, 4)
	markDirty(t, s, id, 2, 5)
	require.NoError(t, s.MarkDirty(ctx, id, connection.Products, ids(1)))

	list := func(f store.Filter, limit int) (keys []string) {
		for cursor := ""; ; {
			page, next, err := s.Records(ctx, id, f, cursor, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page), limit)
			for _, row := range page {
				keys = append(keys, string(row.Key.Entity)+" "+row.Key.RecordID.String()+" "+string(row.Outcome))
			}
			if next == "" {
				return keys
			}
			cursor = next
		}
	}
	everything := []string{"products 1 waiting", "orders 1 accepted", "orders 2 waiting", "orders 3 accepted", "orders 4 skipped", "orders 5 waiting"}
	for _, limit := range []int{1, 2, 5, 6, 50} {
		assert.Equal(t, everything, list(store.Filter{}, limit), "limit %d", limit)
	}
	assert.Equal(t, []string{"products 1 waiting", "orders 2 waiting", "orders 5 waiting"}, list(store.Filter{Outcome: connection.Waiting}, 1))
	assert.Equal(t, []string{"orders 1 accepted", "orders 3 accepted"}, list(store.Filter{Entity: connection.Orders, Outcome: connection.Accepted}, 2))
	_, _, err := s.Records(ctx, id, store.Filter{}, "nonsense", 2)
	require.ErrorIs(t, err, store.ErrBadCursor)
}
