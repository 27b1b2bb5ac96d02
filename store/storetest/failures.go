package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// reject ends one order as rejected for a reason.
func reject(t *testing.T, s *store.Store, id connection.ID, n int64, reason connection.Reason) {
	t.Helper()
	f := seq(t, s)
	claim(t, s, id, f, n)
	_, err := s.Finish(t.Context(), store.Finish{ConnectionID: id, Entity: connection.Orders, Fetched: f, Read: seq(t, s),
		Results: []store.Result{{RecordID: connection.RecordID(n), Outcome: connection.Rejected, Reason: &reason, RequestIDs: []string{"r"}}}})
	require.NoError(t, err)
}

func failures(t *testing.T, open Open) {
	refused := connection.Reason{Code: connection.ReasonRefused, Path: "total", Text: "is not a number"}
	email := connection.Reason{Code: connection.ReasonInvalidEmail, Text: "is no e-mail address"}
	t.Run("they are grouped, and retried by reason, entity or record", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		for n := range int64(3) {
			reject(t, s, id, n+1, refused)
		}
		reject(t, s, id, 4, email)
		reject(t, s, id, 5, refused)
		markDirty(t, s, id, 5)
		push(t, s, id, connection.Accepted, 6)

		groups, err := s.Failures(ctx, id)
		require.NoError(t, err)
		require.Len(t, groups, 2)
		assert.Equal(t, refused, groups[0].Reason)
		assert.Equal(t, connection.Orders, groups[0].Entity)
		assert.Equal(t, int64(3), groups[0].Count, "one that is tried again is no failure")
		assert.WithinDuration(t, time.Now(), groups[0].FirstAt, time.Minute)
		assert.False(t, groups[0].LastAt.Before(groups[0].FirstAt))
		assert.Equal(t, email, groups[1].Reason)

		retry := func(f store.RetryFilter) int {
			t.Helper()
			n, err := s.RetryFailures(ctx, id, f)
			require.NoError(t, err)
			return n
		}
		assert.Zero(t, retry(store.RetryFilter{Entity: connection.Products}))
		assert.Equal(t, 1, retry(store.RetryFilter{RecordID: 2}))
		assert.Equal(t, connection.Waiting, record(t, s, order(id, 2)).Outcome)
		assert.Equal(t, 1, retry(store.RetryFilter{Reason: connection.ReasonInvalidEmail, Entity: connection.Orders}))
		assert.Equal(t, 2, retry(store.RetryFilter{}))
		assert.Zero(t, retry(store.RetryFilter{}))
		groups, err = s.Failures(ctx, id)
		require.NoError(t, err)
		assert.Empty(t, groups)
	})
	t.Run("a group is listed and retried alone", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		other := connection.Reason{Code: refused.Code, Path: "currency", Text: "is unknown"}
		for n := range int64(3) {
			reject(t, s, id, n+1, refused)
		}
		reject(t, s, id, 4, other)
		groups, err := s.Failures(ctx, id)
		require.NoError(t, err)
		require.Len(t, groups, 2)
		assert.NotEqual(t, groups[0].ID(), groups[1].ID())
		few := groups[1].ID()

		listed := func(f store.Filter) (ids []int64) {
			t.Helper()
			rows, next, err := s.Records(ctx, id, f, "", 10)
			require.NoError(t, err)
			assert.Empty(t, next)
			for _, row := range rows {
				ids = append(ids, int64(row.Key.RecordID))
			}
			return ids
		}
		assert.Equal(t, []int64{1, 2, 3}, listed(store.Filter{Group: groups[0].ID()}))
		assert.Equal(t, []int64{4}, listed(store.Filter{Group: few, Entity: connection.Orders, Outcome: connection.Rejected, Reason: refused.Code}))
		assert.Empty(t, listed(store.Filter{Group: few, Entity: connection.Products}))
		assert.Empty(t, listed(store.Filter{Group: "none"}))
		n, err := s.RetryFailures(ctx, id, store.RetryFilter{Group: few, RecordID: 1})
		require.NoError(t, err)
		assert.Zero(t, n, "of another group")
		for _, want := range []int{1, 0} { // nothing is left of it, and nothing else is meant
			n, err = s.RetryFailures(ctx, id, store.RetryFilter{Group: few})
			require.NoError(t, err)
			assert.Equal(t, want, n)
		}
		assert.Empty(t, listed(store.Filter{Group: few}))
		assert.Equal(t, connection.Rejected, record(t, s, order(id, 1)).Outcome)
	})
	t.Run("an error that comes later rejects the latest push only", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		finishAs := func(requests ...string) {
			f := seq(t, s)
			claim(t, s, id, f, 1)
			_, err := s.Finish(ctx, store.Finish{ConnectionID: id, Entity: connection.Orders, Fetched: f, Read: seq(t, s),
				Results: []store.Result{{RecordID: 1, Outcome: connection.Accepted, RequestIDs: requests, Fingerprint: []byte("x"),
					State: connection.RecordState{
						Children: []int64{7, 8}, ConsentSeen: connection.ConsentYes, ConsentSent: connection.ConsentYes,
						ConsentBefore: connection.ConsentNo,
					}}}})
			require.NoError(t, err)
		}
		later := func(account, request, prefix string) bool {
			t.Helper()
			hit, err := s.RejectLater(ctx, account, connection.Orders, 1, request, prefix, refused, time.Now())
			require.NoError(t, err)
			return hit
		}
		finishAs("first")
		finishAs("second", `th"ird`)
		assert.False(t, later("ACCOUNT", "first", ""), "the push after it answered it")
		assert.False(t, later("OTHER", "second", ""))
		assert.False(t, later("ACCOUNT", "second", "uk-"))
		assert.Equal(t, connection.Accepted, record(t, s, order(id, 1)).Outcome)

		found, err := s.RecordsByRequest(ctx, id, `th"ird`)
		require.NoError(t, err)
		assert.Equal(t, []store.RequestRecord{{Key: order(id, 1), Children: []int64{7, 8}}}, found)
		found, err = s.RecordsByRequest(ctx, id, "first")
		require.NoError(t, err)
		assert.Empty(t, found)

		assert.True(t, later("ACCOUNT", `th"ird`, ""))
		row := record(t, s, order(id, 1))
		assert.Equal(t, connection.Rejected, row.Outcome)
		assert.Equal(t, &refused, row.Reason)
		assert.Equal(t, connection.ConsentNo, row.State.ConsentSeen, "the opt-in did not arrive: the next push says it again")
		f := seq(t, s)
		g := seq(t, s)
		claim(t, s, id, f, 1)
		finish(t, s, id, f, g, connection.Accepted, 1)
		assert.Equal(t, connection.Accepted, record(t, s, order(id, 1)).Outcome)
	})
	t.Run("fingerprints since a moment can be forgotten", func(t *testing.T) {
		s := open(t)
		ctx := t.Context()
		id := connected(t, s)
		push(t, s, id, connection.Accepted, 1)
		Elapse(t, s, time.Hour)
		overlapping := seq(t, s)
		push(t, s, id, connection.Accepted, 2, 3)
		cleared, err := s.ClearFingerprintsSince(ctx, "ACCOUNT", time.Now().Add(-time.Minute))
		require.NoError(t, err)
		assert.Equal(t, 2, cleared)
		claim(t, s, id, overlapping, 2)
		assert.Positive(t, record(t, s, order(id, 2)).DirtySeq, "nothing equals a forgotten fingerprint")
		cleared, err = s.ClearFingerprintsSince(ctx, "ACCOUNT", time.Time{})
		require.NoError(t, err)
		assert.Equal(t, 1, cleared)
		cleared, err = s.ClearFingerprintsSince(ctx, "OTHER", time.Time{})
		require.NoError(t, err)
		assert.Zero(t, cleared)
	})
}

func errorPolls(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := connected(t, s)
	lease := func() *store.ErrorPoll {
		t.Helper()
		poll, err := s.LeaseErrorPoll(ctx, 30*time.Second)
		require.NoError(t, err)
		return poll
	}
	assert.Nil(t, lease(), "nothing was pushed")
	require.NoError(t, s.PushHappened(ctx, "ACCOUNT"))
	require.NoError(t, s.PushHappened(ctx, "ACCOUNT"))
	poll := lease()
	require.NotNil(t, poll)
	assert.Equal(t, &store.ErrorPoll{Account: "ACCOUNT", Seen: []string{}, Connections: []connection.ID{id}}, poll)
	assert.Nil(t, lease(), "one poller at a time")
	Elapse(t, s, 31*time.Second)
	require.NotNil(t, lease(), "a poller that died is replaced")
	require.NoError(t, s.SaveErrorPoll(ctx, store.ErrorPoll{Account: "ACCOUNT", Seen: []string{"a", "b"}}))
	assert.Nil(t, lease(), "not twice in ten seconds")
	Elapse(t, s, 11*time.Second)
	poll = lease()
	require.NotNil(t, poll, "errors come later than their push")
	assert.Equal(t, []string{"a", "b"}, poll.Seen)
	assert.WithinDuration(t, time.Now().Add(-11*time.Second), poll.Since, 5*time.Second)
	require.NoError(t, s.SaveErrorPoll(ctx, *poll))
	Elapse(t, s, 2*time.Minute)
	require.NotNil(t, lease(), "once more after the last error may have come")
	require.NoError(t, s.SaveErrorPoll(ctx, *poll))
	Elapse(t, s, time.Hour)
	assert.Nil(t, lease(), "nothing was pushed for long")
}
