package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func syncs(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := connected(t, s)
	progress := func() connection.EntityProgress {
		t.Helper()
		all, err := s.Progress(ctx, id)
		require.NoError(t, err)
		require.Len(t, all, 4)
		for entity, p := range all {
			assert.Equal(t, p.Total, p.Accepted+p.Rejected+p.Skipped+p.Waiting, entity)
			assert.GreaterOrEqual(t, p.Waiting, int64(0), entity)
		}
		return all[connection.Orders]
	}
	counts := func(total, accepted, rejected, skipped, waiting, deleted int64) connection.Counts {
		return connection.Counts{Total: total, Accepted: accepted, Rejected: rejected, Skipped: skipped, Waiting: waiting, Deleted: deleted}
	}
	assert.Equal(t, connection.EntityProgress{}, progress())
	_, err := s.EntitySync(ctx, id, "first", connection.Orders)
	require.ErrorIs(t, err, store.ErrNotFound)

	require.NoError(t, s.BeginEntitySync(ctx, id, "first", connection.Orders, 10))
	Elapse(t, s, time.Hour)
	require.NoError(t, s.BeginEntitySync(ctx, id, "first", connection.Orders, 99), "its turn comes: it starts now, and was counted before")
	Elapse(t, s, time.Minute)
	p := progress()
	assert.Equal(t, counts(10, 0, 0, 0, 10, 0), p.Counts, "what is not read yet waits")
	assert.Nil(t, p.ETA)
	require.NotNil(t, p.StartedAt)
	assert.WithinDuration(t, time.Now().Add(-time.Minute), *p.StartedAt, 20*time.Second)

	push(t, s, id, connection.Accepted, 1, 2)
	push(t, s, id, connection.Skipped, 3)
	push(t, s, id, connection.Rejected, 4)
	require.NoError(t, s.CommitPage(ctx, id, "first", connection.Orders, store.Page{Cursor: "4", Read: 4}))
	require.NoError(t, s.BeginEntitySync(ctx, id, "first", connection.Orders, 99), "again changes nothing once it has a page")
	sync, err := s.EntitySync(ctx, id, "first", connection.Orders)
	require.NoError(t, err)
	assert.Equal(t, "4", sync.Cursor)
	assert.Equal(t, []int64{1, 4, 10}, []int64{sync.Pages, sync.Read, sync.Expected})
	p = progress()
	assert.Equal(t, counts(10, 2, 1, 1, 6, 0), p.Counts)
	require.NotNil(t, p.ETA)
	assert.WithinDuration(t, time.Now().Add(90*time.Second), *p.ETA, 30*time.Second, "6 of 10 to go after a minute for 4")

	push(t, s, id, connection.Deleted, 5)
	markDirty(t, s, id, 1)
	f := seq(t, s)
	claim(t, s, id, f, 2)
	assert.Equal(t, counts(10, 0, 1, 1, 8, 1), progress().Counts, "dirty or in flight is waiting, deleted is left out")
	finish(t, s, id, f, seq(t, s), connection.Accepted, 2)

	require.NoError(t, s.CommitPage(ctx, id, "first", connection.Orders, store.Page{Done: true, Read: 1}))
	require.NoError(t, s.CommitPage(ctx, id, "first", connection.Orders, store.Page{Cursor: "late", Read: 1}))
	sync, err = s.EntitySync(ctx, id, "first", connection.Orders)
	require.NoError(t, err)
	assert.True(t, sync.Done)
	assert.Empty(t, sync.Cursor, "after done nothing moves")
	assert.False(t, sync.DoneAt.IsZero())
	p = progress()
	assert.Equal(t, counts(4, 1, 1, 1, 1, 1), p.Counts, "a finished sync read all there is")
	assert.Equal(t, int64(2), p.Pages)

	require.NoError(t, s.BeginEntitySync(ctx, id, "second", connection.Orders, 3))
	p = progress()
	assert.Equal(t, int64(4), p.Total, "never less than the rows")
	assert.Zero(t, p.Pages, "the latest sync is shown")
}

func requests(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	begin := func(token, key, fingerprint string) (*store.SavedResponse, error) {
		return s.BeginRequest(ctx, token, key, fingerprint)
	}
	saved, err := begin("token", "key", "POST /a")
	require.NoError(t, err)
	assert.Nil(t, saved)
	_, err = begin("token", "key", "POST /a")
	require.ErrorIs(t, err, store.ErrInProgress)
	_, err = begin("token", "key", "POST /b")
	require.ErrorIs(t, err, store.ErrReused)
	saved, err = begin("another token", "key", "POST /b")
	require.NoError(t, err)
	assert.Nil(t, saved)

	answer := store.SavedResponse{Status: 202, Headers: map[string][]string{"Location": {"/x"}}, Body: []byte(`{"id":1}`)}
	require.NoError(t, s.SaveRequest(ctx, "token", "key", answer))
	saved, err = begin("token", "key", "POST /a")
	require.NoError(t, err)
	assert.Equal(t, &answer, saved)
	_, err = begin("token", "key", "POST /b")
	require.ErrorIs(t, err, store.ErrReused)

	_, err = begin("token", "dropped", "POST /a")
	require.NoError(t, err)
	require.NoError(t, s.DropRequest(ctx, "token", "dropped"))
	saved, err = begin("token", "dropped", "POST /c")
	require.NoError(t, err)
	assert.Nil(t, saved)
	Elapse(t, s, 2*time.Minute)
	saved, err = begin("token", "dropped", "POST /c")
	require.NoError(t, err, "its process died")
	assert.Nil(t, saved)

	Elapse(t, s, 25*time.Hour)
	saved, err = begin("token", "key", "POST /b")
	require.NoError(t, err, "forgotten after a day")
	assert.Nil(t, saved)
	var plain int
	require.NoError(t, s.DB().QueryRow("SELECT count(*) FROM requests WHERE token LIKE '%token%'").Scan(&plain))
	assert.Zero(t, plain)
}

func pace(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	slots := store.Slots{Limit: 2, TTL: time.Minute}
	take := func(realtime bool) (string, time.Duration) {
		t.Helper()
		slot, wait, err := s.TakeBigCommerce(ctx, "shop", 0.5, realtime, slots)
		require.NoError(t, err)
		return slot, wait
	}
	require.NoError(t, s.ObserveBigCommerce(ctx, "shop", store.Quota{Window: time.Minute, Reset: time.Minute, Limit: 8, Left: 8}))
	first, _ := take(true)
	second, _ := take(false)
	assert.NotEmpty(t, first)
	assert.NotEmpty(t, second)
	none, wait := take(true)
	assert.Empty(t, none, "all slots are taken")
	assert.Positive(t, wait)
	assert.Less(t, wait, time.Second)
	require.NoError(t, s.ReleaseSlot(ctx, "shop", first))
	third, _ := take(true)
	assert.NotEmpty(t, third)
	Elapse(t, s, 30*time.Second)
	none, _ = take(true)
	assert.Empty(t, none)
	Elapse(t, s, 31*time.Second) // slots and the window end
	require.NoError(t, s.ObserveBigCommerce(ctx, "shop", store.Quota{Window: time.Minute, Reset: time.Minute, Limit: 8, Left: 5}))
	slot, _ := take(true)
	assert.NotEmpty(t, slot, "slots that were never released expire")
	require.NoError(t, s.ReleaseSlot(ctx, "shop", slot))
	none, wait = take(true)
	assert.Empty(t, none, "half is left to others")
	assert.Greater(t, wait, 50*time.Second)
	Elapse(t, s, time.Minute)
	slot, _ = take(true)
	assert.NotEmpty(t, slot)
	require.NoError(t, s.BackOffBigCommerce(ctx, "shop", time.Hour))
	none, wait = take(true)
	assert.Empty(t, none)
	assert.Greater(t, wait, 50*time.Minute)

	ok, wait, err := s.TakeOmetria(ctx, "ACCOUNT", 0.1, store.OmetriaPush, true)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Zero(t, wait)
	ok, wait, err = s.TakeOmetria(ctx, "ACCOUNT", 0.1, store.OmetriaPush, true)
	require.NoError(t, err)
	assert.False(t, ok)
	assert.Greater(t, wait, 5*time.Second)
	ok, _, err = s.TakeOmetria(ctx, "ACCOUNT", 0.1, store.OmetriaRead, true)
	require.NoError(t, err)
	assert.True(t, ok, "reads have a rate of their own")
	require.NoError(t, s.BackOffOmetria(ctx, "ACCOUNT", store.OmetriaPush, time.Hour))
	Elapse(t, s, time.Minute)
	ok, wait, err = s.TakeOmetria(ctx, "ACCOUNT", 0.1, store.OmetriaPush, true)
	require.NoError(t, err)
	assert.False(t, ok)
	assert.Greater(t, wait, 50*time.Minute)
}
