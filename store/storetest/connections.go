package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func connections(t *testing.T, open Open) {
	t.Run("what is created is read back", func(t *testing.T) {
		s := open(t)
		shipped := 2
		want := connection.Connection{
			Name: "Shop", AuthenticationID: newAuthentication(t, s, "abc123"), StoreHash: "abc123", IdentificationCode: "A",
			BulkSyncStartDate: "2024-02-29", Timezone: "Europe/London",
			StatusMapping: []connection.StatusRule{{StatusID: &shipped, Status: "sent", IsValid: true, Send: true}},
			Settings:      connection.Settings{IDPrefix: "uk-", ParentID: true},
		}
		created, err := s.CreateConnection(t.Context(), want)
		require.NoError(t, err)
		got, err := s.Connection(t.Context(), created.ID)
		require.NoError(t, err)
		assert.Equal(t, created, got)
		want.ID, want.Phase, want.Version, want.Attention = got.ID, connection.Validating, 1, []connection.Attention{}
		want.CreatedAt, want.UpdatedAt = got.CreatedAt, got.UpdatedAt
		assert.Equal(t, want, got)
		assert.WithinDuration(t, time.Now(), got.CreatedAt, time.Minute)
	})
	t.Run("each has a secret and a fingerprint key of its own, sealed", func(t *testing.T) {
		s := open(t)
		a, b := newConnection(t, s, "one", "A"), newConnection(t, s, "two", "B")
		secretA, err := s.WebhookSecret(t.Context(), a.ID)
		require.NoError(t, err)
		secretB, err := s.WebhookSecret(t.Context(), b.ID)
		require.NoError(t, err)
		assert.NotEqual(t, secretA, secretB)
		assert.GreaterOrEqual(t, len(secretA), 40)
		keyA, err := s.FingerprintKey(t.Context(), a.ID)
		require.NoError(t, err)
		keyB, err := s.FingerprintKey(t.Context(), b.ID)
		require.NoError(t, err)
		assert.Len(t, keyA, 32)
		assert.NotEqual(t, keyA, keyB)
		var sealed []byte
		require.NoError(t, s.DB().QueryRow("SELECT webhook_secret FROM connections WHERE store_hash = 'one'").Scan(&sealed))
		assert.NotContains(t, string(sealed), secretA.Reveal())
	})
	t.Run("conflicts", conflicts(open))
	t.Run("an update wants the version it read", func(t *testing.T) {
		s := open(t)
		c := newConnection(t, s, "one", "A")
		rename := func(c *connection.Connection) error {
			c.Name, c.Phase = "New", connection.Connected
			return nil
		}
		updated, err := s.UpdateConnection(t.Context(), c.ID, c.Version, rename)
		require.NoError(t, err)
		assert.Equal(t, "New", updated.Name)
		assert.Equal(t, connection.Validating, updated.Phase, "the phase is no person's choice")
		assert.Equal(t, c.Version+1, updated.Version)
		_, err = s.UpdateConnection(t.Context(), c.ID, c.Version, rename)
		require.ErrorIs(t, err, store.ErrStale)
		refuse := errors.New("refused")
		_, err = s.UpdateConnection(t.Context(), c.ID, updated.Version, func(*connection.Connection) error { return refuse })
		require.ErrorIs(t, err, refuse)
		got, err := s.Connection(t.Context(), c.ID)
		require.NoError(t, err)
		assert.Equal(t, updated.Version, got.Version)
	})
	t.Run("of many updates at one version one wins", func(t *testing.T) {
		s := open(t)
		c := newConnection(t, s, "one", "A")
		var wg sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			wg.Go(func() {
				_, results[i] = s.UpdateConnection(t.Context(), c.ID, c.Version, func(c *connection.Connection) error {
					c.Name = fmt.Sprint(i)
					return nil
				})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else {
				require.ErrorIs(t, err, store.ErrStale)
			}
		}
		assert.Equal(t, 1, won)
	})
	t.Run("lists leave removed ones out", func(t *testing.T) {
		s := open(t)
		first, second, third := newConnection(t, s, "1", "A"), newConnection(t, s, "2", "B"), newConnection(t, s, "3", "C")
		require.NoError(t, s.Erase(t.Context(), second.ID))
		page, next, err := s.Connections(t.Context(), "", 1)
		require.NoError(t, err)
		require.Len(t, page, 1)
		assert.Equal(t, first.ID, page[0].ID)
		page, next, err = s.Connections(t.Context(), next, 1)
		require.NoError(t, err)
		require.Len(t, page, 1)
		assert.Equal(t, third.ID, page[0].ID)
		assert.Empty(t, next)
	})
	t.Run("an authentication that does not exist is not found", func(t *testing.T) {
		s := open(t)
		_, err := s.CreateConnection(t.Context(), connection.Connection{AuthenticationID: "nobody", StoreHash: "x", IdentificationCode: "A", Timezone: "UTC"})
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func conflicts(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		s := open(t)
		first := newConnection(t, s, "uk", "A")
		for _, c := range []struct {
			name, hash, code, prefix, kind string
		}{
			{"same store and code", "uk", "A", "", store.ConflictSameStore},
			{"same store and code, another prefix", "uk", "A", "x-", store.ConflictSameStore},
			{"another store without a prefix", "us", "A", "", store.ConflictSamePrefix},
			{"another store whose prefix could be a number", "us", "A", "1", store.ConflictSamePrefix},
			{"another store whose prefix could be a product id", "us", "A", "12-", store.ConflictSamePrefix},
			{"another store with a prefix", "us", "A", "us-", ""},
			{"a third store with that prefix", "de", "A", "us-", store.ConflictSamePrefix},
			{"a third store with that prefix and a number", "de", "A", "us-4", store.ConflictSamePrefix},
			{"the same store to another account", "uk", "B", "", ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				hash := connection.StoreHash(c.hash)
				_, err := s.CreateConnection(t.Context(), connection.Connection{
					AuthenticationID: newAuthentication(t, s, hash), StoreHash: hash, IdentificationCode: c.code,
					Timezone: "UTC", Settings: connection.Settings{IDPrefix: c.prefix},
				})
				if c.kind == "" {
					require.NoError(t, err)
					return
				}
				conflict, ok := errors.AsType[*store.ConflictError](err)
				require.True(t, ok, "got %v", err)
				assert.Equal(t, c.kind, conflict.Kind)
				assert.NotEmpty(t, conflict.ConnectionID)
			})
		}
		t.Run("an update can conflict too", func(t *testing.T) {
			other := newConnection(t, s, "fr", "C")
			_, err := s.UpdateConnection(t.Context(), other.ID, other.Version, func(c *connection.Connection) error {
				c.IdentificationCode = "A"
				return nil
			})
			conflict, ok := errors.AsType[*store.ConflictError](err)
			require.True(t, ok, "got %v", err)
			assert.Equal(t, first.ID, conflict.ConnectionID)
		})
		t.Run("a removed connection is in nobody's way", func(t *testing.T) {
			require.NoError(t, s.Erase(t.Context(), first.ID))
			newConnection(t, s, "uk", "A")
		})
		t.Run("of many at once one wins", func(t *testing.T) {
			authentication := newAuthentication(t, s, "it")
			var wg sync.WaitGroup
			errs := make([]error, 8)
			for i := range errs {
				wg.Go(func() {
					_, errs[i] = s.CreateConnection(t.Context(), connection.Connection{
						AuthenticationID: authentication, StoreHash: "it", IdentificationCode: "D", Timezone: "UTC",
						Settings: connection.Settings{IDPrefix: fmt.Sprintf("p%d-", i)},
					})
				})
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
					continue
				}
				_, ok := errors.AsType[*store.ConflictError](err)
				assert.True(t, ok, "got %v", err)
			}
			assert.Equal(t, 1, won)
		})
	}
}

func phases(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := newConnection(t, s, "one", "A").ID
	set := func(to connection.Status, from ...connection.Status) bool {
		t.Helper()
		moved, err := s.SetPhase(ctx, id, to, from...)
		require.NoError(t, err)
		return moved
	}
	read := func() connection.Connection {
		t.Helper()
		c, err := s.Connection(ctx, id)
		require.NoError(t, err)
		return c
	}
	assert.True(t, set(connection.Installing, connection.Validating))
	assert.False(t, set(connection.Connected, connection.Validating, connection.Syncing))
	assert.Equal(t, connection.Installing, read().Phase)

	require.NoError(t, s.Fail(ctx, id, connection.Failure{Code: connection.FailureMissingScope, Detail: "d", Action: "a"}))
	assert.Equal(t, connection.Failed, read().Status())
	require.NotNil(t, read().Failure)
	assert.False(t, read().Failure.At.IsZero())
	assert.True(t, set(connection.Validating, connection.Failed))
	assert.Nil(t, read().Failure)

	version := read().Version
	require.NoError(t, s.Pause(ctx, id))
	paused := read()
	assert.Equal(t, connection.Paused, paused.Status())
	require.NoError(t, s.Pause(ctx, id))
	assert.Equal(t, paused.PausedAt, read().PausedAt)
	assert.Equal(t, version+1, read().Version)
	require.NoError(t, s.Unpause(ctx, id))
	assert.Equal(t, connection.Validating, read().Status())

	require.NoError(t, s.SetStoreInfo(ctx, id, connection.StoreInfo{Name: "Shop", Currency: "GBP"}))
	require.NoError(t, s.SetAccountHeldContacts(ctx, id, true))
	require.NoError(t, s.SetInstalled(ctx, id, func(i *connection.Installed) { i.Scripts = []connection.Script{{ID: "script", ChannelID: 1}} }))
	require.NoError(t, s.SetInstalled(ctx, id, func(i *connection.Installed) { i.Hooks = []connection.Hook{{ID: 7, Scope: "store/order/*"}} }))
	require.NoError(t, s.Reconciled(ctx, id))
	c := read()
	assert.Equal(t, "GBP", c.Store.Currency)
	assert.True(t, c.AccountHeldContacts)
	assert.Equal(t, []connection.Script{{ID: "script", ChannelID: 1}}, c.Installed.Scripts)
	assert.Equal(t, int64(7), c.Installed.Hooks[0].ID)
	assert.False(t, c.LastReconcileAt.IsZero())

	assert.True(t, set(connection.Removing))
	assert.False(t, set(connection.Connected), "nothing leaves removing by itself")
	require.NoError(t, s.Fail(ctx, id, connection.Failure{Code: "x"}))
	assert.Equal(t, connection.Removing, read().Phase)

	_, err := s.SetPhase(ctx, "nobody", connection.Connected)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, s.Reconciled(ctx, "nobody"), store.ErrNotFound)
}

func parking(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := newConnection(t, s, "one", "A").ID
	read := func() connection.Connection {
		t.Helper()
		c, err := s.Connection(ctx, id)
		require.NoError(t, err)
		return c
	}
	require.NoError(t, s.Attend(ctx, id, connection.Attention{Code: connection.UnmappedStatus, Action: "map it"}))
	since := read().Attention[0].Since
	assert.False(t, since.IsZero())
	require.NoError(t, s.Attend(ctx, id, connection.Attention{Code: connection.UnmappedStatus, Action: "map it soon", Since: time.Now().Add(time.Hour)}))
	require.Len(t, read().Attention, 1)
	assert.Equal(t, since, read().Attention[0].Since)
	assert.Equal(t, "map it soon", read().Attention[0].Action)

	was, err := s.Unpark(ctx, id)
	require.NoError(t, err)
	assert.False(t, was)
	require.NoError(t, s.Park(ctx, id, connection.Parked{Code: connection.OmetriaUnavailable, Detail: "wait"}))
	parked := read()
	require.NotNil(t, parked.Parked)
	assert.Len(t, parked.Attention, 2)
	due, err := s.ParkedDue(ctx, 10)
	require.NoError(t, err)
	assert.Empty(t, due, "the first probe is not due at once")

	Elapse(t, s, time.Minute)
	due, err = s.ParkedDue(ctx, 10)
	require.NoError(t, err)
	assert.Equal(t, []connection.ID{id}, due)
	due, err = s.ParkedDue(ctx, 10)
	require.NoError(t, err)
	assert.Empty(t, due, "one prober at a time")

	require.NoError(t, s.ProbeFailed(ctx, id, 10*time.Minute))
	require.NoError(t, s.Park(ctx, id, connection.Parked{Code: connection.OmetriaUnavailable, Detail: "still"}))
	again := read().Parked
	assert.Equal(t, 1, again.Probes)
	assert.Equal(t, parked.Parked.Since, again.Since)
	assert.Equal(t, "still", again.Detail)
	due, err = s.ParkedDue(ctx, 10)
	require.NoError(t, err)
	assert.Empty(t, due)

	require.NoError(t, s.Park(ctx, id, connection.Parked{Code: connection.BigCommerceCredentials, Detail: "new token"}))
	assert.Len(t, read().Attention, 2, "the other reason took the first one's place")
	was, err = s.Unpark(ctx, id)
	require.NoError(t, err)
	assert.True(t, was)
	assert.Nil(t, read().Parked)
	require.Len(t, read().Attention, 1)
	require.NoError(t, s.Unattend(ctx, id, connection.UnmappedStatus))
	assert.Empty(t, read().Attention)
	Elapse(t, s, time.Hour)
	due, err = s.ParkedDue(ctx, 10)
	require.NoError(t, err)
	assert.Empty(t, due)
}

func erase(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	shared := newAuthentication(t, s, "one")
	create := func(code string) connection.ID {
		c, err := s.CreateConnection(ctx, connection.Connection{AuthenticationID: shared, StoreHash: "one", IdentificationCode: code, Timezone: "UTC"})
		require.NoError(t, err)
		return c.ID
	}
	a, b := create("A"), create("B")
	secret, err := s.WebhookSecret(ctx, a)
	require.NoError(t, err)
	markDirty(t, s, a, 1, 2, 3)
	markDirty(t, s, b, 1)
	require.NoError(t, s.BeginEntitySync(ctx, a, "sync", connection.Orders, 3))

	require.NoError(t, s.Erase(ctx, a))
	_, err = s.Connection(ctx, a)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.WebhookSecret(ctx, a)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.Record(ctx, order(a, 1))
	require.ErrorIs(t, err, store.ErrNotFound)
	record(t, s, order(b, 1))
	_, err = s.Credentials(ctx, shared)
	require.NoError(t, err, "another connection still uses it")

	markDirty(t, s, a, 9)
	f := seq(t, s)
	assert.Empty(t, claim(t, s, a, f, 9))
	_, err = s.Record(ctx, order(a, 9))
	require.ErrorIs(t, err, store.ErrNotFound, "nothing grows on a removed connection")
	received, err := s.Receive(ctx, store.Event{ConnectionID: a, SecretHash: store.HashSecret(secret), Entity: connection.Orders, RecordID: 1})
	require.NoError(t, err)
	assert.Equal(t, store.Orphaned, received)

	require.NoError(t, s.Erase(ctx, a), "again is nothing")
	require.NoError(t, s.Erase(ctx, b))
	_, err = s.Credentials(ctx, shared)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, s.Erase(ctx, "nobody"), store.ErrNotFound)
}
