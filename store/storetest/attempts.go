package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// story reads all of an order's attempts.
func story(t *testing.T, s *store.Store, key connection.RecordKey) store.Story {
	t.Helper()
	told, err := s.Story(t.Context(), key, 1000)
	require.NoError(t, err)
	require.False(t, told.Truncated)
	require.True(t, slices.IsSortedFunc(told.Attempts, func(a, b store.Attempt) int { return a.At.Compare(b.At) }))
	return told
}

func kinds(told store.Story) []store.Kind {
	list := make([]store.Kind, len(told.Attempts))
	for i, a := range told.Attempts {
		list[i] = a.Kind
	}
	return list
}

// webhooks receives deliveries of an order, a scope each, one after another.
func webhooks(t *testing.T, s *store.Store, key connection.RecordKey, scopes ...string) {
	t.Helper()
	secret, err := s.WebhookSecret(t.Context(), key.ConnectionID)
	require.NoError(t, err)
	for _, scope := range scopes {
		received, err := s.Receive(t.Context(), store.Event{
			ConnectionID: key.ConnectionID, SecretHash: store.HashSecret(secret), Entity: key.Entity, RecordID: key.RecordID, Scope: scope,
		})
		require.NoError(t, err)
		require.Equal(t, store.Accepted, received)
	}
}

func attempts(t *testing.T, open Open) {
	t.Run("a record's story is told in order", func(t *testing.T) { wholeStory(t, open(t)) })
	t.Run("webhooks of one burst are told once a scope", func(t *testing.T) { webhookBurst(t, open(t)) })
	t.Run("what ends an attempt is told once", func(t *testing.T) { toldOnce(t, open(t)) })
	t.Run("changes are counted by the hour", func(t *testing.T) { changesByHour(t, open(t)) })
	t.Run("only so many are told", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		for range 4 {
			require.NoError(t, s.Wish(t.Context(), order(id, 1)))
		}
		push(t, s, id, connection.Accepted, 1)
		told, err := s.Story(t.Context(), order(id, 1), 2)
		require.NoError(t, err)
		assert.True(t, told.Truncated)
		assert.Equal(t, []store.Kind{store.KindWished, store.KindPushed}, kinds(told))
		told, err = s.Story(t.Context(), order(id, 1), 5)
		require.NoError(t, err)
		assert.False(t, told.Truncated)
		told, err = s.Story(t.Context(), order(id, 99), 5)
		require.NoError(t, err)
		assert.Equal(t, store.Story{}, told)
	})
	t.Run("old ones are pruned and the others stay", func(t *testing.T) { pruned(t, open(t)) })
	t.Run("whoever writes gets between the batches of a prune", func(t *testing.T) { pruneSharesTheLock(t, open(t)) })
	t.Run("they are erased with their connection", func(t *testing.T) {
		s := open(t)
		a, b := newConnection(t, s, "one", "A").ID, newConnection(t, s, "two", "B").ID
		fill(t, s, a, 12_000)
		require.NoError(t, s.Wish(t.Context(), order(b, 1)))
		require.NoError(t, s.Erase(t.Context(), a))
		assert.Equal(t, 1, countAttempts(t, s))
		require.NoError(t, s.Wish(t.Context(), order(a, 1)))
		assert.Equal(t, 1, countAttempts(t, s), "nothing grows on a removed connection")
		assert.Equal(t, []store.Kind{store.KindWished}, kinds(story(t, s, order(b, 1))))
	})
}

func wholeStory(t *testing.T, s *store.Store) {
	ctx := t.Context()
	id := connected(t, s)
	key := order(id, 1)
	refused := connection.Reason{Code: connection.ReasonRefused, Path: "total", Text: "is not a number"}
	down := connection.Reason{Code: "bigcommerce", Text: "BigCommerce answered 503"}

	webhooks(t, s, key, "store/order/created")
	require.NoError(t, s.Attempted(ctx, key, down, time.Now().Add(time.Minute)))
	push(t, s, id, connection.Accepted, 1)
	request := record(t, s, key).RequestIDs
	said := time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)
	for range 2 { // a poller that died comes again
		hit, err := s.RejectLater(ctx, "ACCOUNT", key.Entity, key.RecordID, request[0], "", refused, said)
		require.NoError(t, err)
		require.True(t, hit)
	}
	n, err := s.RetryFailures(ctx, id, store.RetryFilter{})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	push(t, s, id, connection.Rejected, 1)
	require.NoError(t, s.Wish(ctx, key))
	push(t, s, id, connection.Skipped, 1)
	claim(t, s, id, seq(t, s), 1)
	Elapse(t, s, 2*time.Minute)
	_, err = s.ExpireClaims(ctx)
	require.NoError(t, err)
	gaveUp := connection.Reason{Code: connection.ReasonGaveUp, Text: "three days"}
	for range 2 { // an activity may run twice
		require.NoError(t, s.GiveUp(ctx, key, record(t, s, key).DirtySeq, gaveUp))
	}
	push(t, s, id, connection.Deleted, 1)
	last := record(t, s, key).RequestIDs

	told := story(t, s, key)
	assert.Equal(t, []store.Kind{
		store.KindWebhook, store.KindFailed, store.KindPushed, store.KindRefusedLater, store.KindWished, store.KindRejected,
		store.KindWished, store.KindSkipped, store.KindExpired, store.KindGaveUp, store.KindDeleted,
	}, kinds(told))
	ago := func(want time.Time, got time.Time) {
		t.Helper()
		assert.WithinDuration(t, want.Add(-2*time.Minute), got, 30*time.Second)
	}
	ago(time.Now(), told.Attempts[0].At)
	assert.Equal(t, "store/order/created", told.Attempts[0].Scope)
	assert.Equal(t, &down, told.Attempts[1].Reason)
	ago(time.Now().Add(time.Minute), told.Attempts[1].RetryAt)
	assert.Equal(t, request, told.Attempts[2].RequestIDs)
	assert.Nil(t, told.Attempts[2].Reason)
	assert.Equal(t, &refused, told.Attempts[3].Reason)
	assert.Equal(t, request, told.Attempts[3].RequestIDs)
	assert.Equal(t, said.Add(-2*time.Minute), told.Attempts[3].SaidAt)
	assert.Equal(t, "retry", told.Attempts[4].Reason.Code)
	assert.Equal(t, &refused, told.Attempts[5].Reason)
	assert.Equal(t, "sync", told.Attempts[6].Reason.Code)
	assert.Equal(t, &gaveUp, told.Attempts[9].Reason)
	assert.Equal(t, &told.Attempts[10], told.LastPush)
	assert.Equal(t, last, told.LastPush.RequestIDs)
	assert.Equal(t, &told.Attempts[3], told.Refusal)
}

func webhookBurst(t *testing.T, s *store.Store) {
	id := connected(t, s)
	key := order(id, 1)
	webhooks(t, s, key, "store/order/created", "store/order/updated", "store/order/updated", "store/order/updated")
	scopes := func() (list []string) {
		for _, a := range story(t, s, key).Attempts {
			list = append(list, a.Scope)
		}
		return list
	}
	assert.Equal(t, []string{"store/order/created", "store/order/updated"}, scopes())
	row := record(t, s, key)
	assert.Equal(t, "store/order/updated", row.LastWebhookScope)
	assert.WithinDuration(t, time.Now(), row.LastWebhookAt, time.Minute)

	Elapse(t, s, 2*time.Minute)
	webhooks(t, s, key, "store/order/updated", "store/order/updated")
	assert.Equal(t, []string{"store/order/created", "store/order/updated", "store/order/updated"}, scopes(), "once more a minute later")
	push(t, s, id, connection.Accepted, 1)
	webhooks(t, s, key, "store/order/updated")
	assert.Equal(t, []store.Kind{store.KindWebhook, store.KindWebhook, store.KindWebhook, store.KindPushed, store.KindWebhook},
		kinds(story(t, s, key)), "what comes after the push is told anew")

	Elapse(t, s, time.Hour)
	markDirty(t, s, id, 1)
	row = record(t, s, key)
	assert.WithinDuration(t, time.Now().Add(-time.Hour), row.LastWebhookAt, time.Minute, "a pass is no webhook")
	assert.WithinDuration(t, time.Now(), row.LastEventAt, time.Minute)
	assert.Equal(t, "store/order/updated", row.LastWebhookScope)
}

func toldOnce(t *testing.T, s *store.Store) {
	id := connected(t, s)
	f := seq(t, s)
	g := seq(t, s)
	claim(t, s, id, f, 1, 2)
	require.Equal(t, 1, finish(t, s, id, f, g, connection.Accepted, 1))
	require.Equal(t, 1, finish(t, s, id, f, g, connection.Accepted, 1, 2), "only what is still claimed")
	for _, n := range []int64{1, 2} {
		assert.Equal(t, []store.Kind{store.KindPushed}, kinds(story(t, s, order(id, n))))
	}
	require.NoError(t, s.Attempted(t.Context(), order(id, 3), connection.Reason{Code: "failed", Text: "x"}, time.Now()))
	require.NoError(t, s.GiveUp(t.Context(), order(id, 3), 1, connection.Reason{Code: "x"}))
	assert.Empty(t, kinds(story(t, s, order(id, 3))), "of a record that is not known nothing is told")
}

// fill makes n orders with an attempt each.
func fill(t *testing.T, s *store.Store, id connection.ID, n int64) {
	t.Helper()
	for from := int64(1); from <= n; from += 5000 {
		f := seq(t, s)
		g := seq(t, s)
		var list []int64
		for i := from; i < min(from+5000, n+1); i++ {
			list = append(list, i)
		}
		claim(t, s, id, f, list...)
		require.Len(t, list, finish(t, s, id, f, g, connection.Accepted, list...))
	}
}

func countAttempts(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	require.NoError(t, s.DB().QueryRow("SELECT count(*) FROM attempts").Scan(&n))
	return n
}

func pruned(t *testing.T, s *store.Store) {
	ctx := t.Context()
	id := connected(t, s)
	fill(t, s, id, 2500)
	Elapse(t, s, 48*time.Hour)
	require.NoError(t, s.Wish(ctx, order(id, 1)))
	n, err := s.PruneAttempts(ctx, 72*time.Hour)
	require.NoError(t, err)
	assert.Zero(t, n)
	n, err = s.PruneAttempts(ctx, 24*time.Hour)
	require.NoError(t, err)
	assert.Equal(t, 2500, n, "batch after batch until none is left")
	assert.Equal(t, []store.Kind{store.KindWished}, kinds(story(t, s, order(id, 1))))
	assert.Equal(t, connection.Accepted, record(t, s, order(id, 2)).Outcome, "the record keeps its outcome")
	assert.NotEmpty(t, record(t, s, order(id, 2)).RequestIDs)
}

// pruneSharesTheLock receives webhooks for as long as a large prune goes on.
func pruneSharesTheLock(t *testing.T, s *store.Store) {
	id := connected(t, s)
	fill(t, s, id, 3125)
	for range 4 { // makes 50,000
		_, err := s.DB().Exec(`INSERT INTO attempts (connection_id, entity, record_id, at, kind, request_ids)
			SELECT connection_id, entity, record_id, at, kind, request_ids FROM attempts`)
		require.NoError(t, err)
	}
	Elapse(t, s, 48*time.Hour)
	secret, err := s.WebhookSecret(t.Context(), id)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() {
		defer stop()
		n, err := s.PruneAttempts(t.Context(), 24*time.Hour)
		if err == nil && n != 50_000 {
			err = errors.New("not all were pruned")
		}
		done <- err
	}()
	between := 0
	for n := int64(1); ctx.Err() == nil; n++ {
		_, err := s.Receive(t.Context(), store.Event{ConnectionID: id, SecretHash: store.HashSecret(secret),
			Entity: connection.Orders, RecordID: connection.RecordID(n%1000 + 1), Scope: "store/order/updated"})
		require.NoError(t, err)
		var left int
		require.NoError(t, s.DB().QueryRow("SELECT count(*) FROM attempts WHERE kind = 'pushed'").Scan(&left))
		if left > 0 && left < 50_000 {
			between++
		}
	}
	require.NoError(t, <-done)
	// 50 batches leave 49 pauses; each lets at least one commit through on a
	// machine that is not too busy.
	assert.Greater(t, between, 10, "events were committed while the prune went on")
}

func changesByHour(t *testing.T, s *store.Store) {
	id := connected(t, s)
	webhooks(t, s, order(id, 1), "store/order/created", "store/order/updated")
	push(t, s, id, connection.Accepted, 1)
	webhooks(t, s, order(id, 2), "store/order/created")
	push(t, s, id, connection.Rejected, 2)
	count := func(id connection.ID) (received, delivered int64) {
		changes, err := s.Changes(t.Context(), id, 24)
		require.NoError(t, err)
		require.Len(t, changes, 24)
		for i, c := range changes {
			assert.Equal(t, time.Duration(i)*time.Hour, c.Hour.Sub(changes[0].Hour))
			received, delivered = received+c.Received, delivered+c.Delivered
		}
		assert.WithinRange(t, time.Now(), changes[23].Hour.Add(-time.Minute), changes[23].Hour.Add(61*time.Minute))
		return received, delivered
	}
	received, delivered := count(id)
	assert.EqualValues(t, 3, received)
	assert.EqualValues(t, 1, delivered)
	received, delivered = count("conn_other")
	assert.Zero(t, received)
	assert.Zero(t, delivered)
}
