package worker

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

type fakeReconciler struct {
	asked  []connection.ID
	err    error
	during func()
}

func (f *fakeReconciler) ReconcileNow(_ context.Context, id connection.ID) error {
	f.asked = append(f.asked, id)
	if f.during != nil {
		f.during()
	}
	return f.err
}

func connectedStore(t *testing.T) (*store.Store, connection.Connection) {
	t.Helper()
	ctx := t.Context()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), keys, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrate(ctx))
	authentication := connection.NewAuthenticationID()
	require.NoError(t, s.CreateAuthentication(ctx, connection.Authentication{ID: authentication, StoreHash: "abc1"}, connection.Credentials{}))
	c, err := s.CreateConnection(ctx, connection.Connection{AuthenticationID: authentication, StoreHash: "abc1", IdentificationCode: "A", Timezone: "UTC"})
	require.NoError(t, err)
	_, err = s.SetPhase(ctx, c.ID, connection.Connected)
	require.NoError(t, err)
	return s, c
}

func TestReconcileWishesAreGranted(t *testing.T) {
	ctx := t.Context()
	s, c := connectedStore(t)
	secret, err := s.WebhookSecret(ctx, c.ID)
	require.NoError(t, err)
	tell := func() {
		t.Helper()
		_, err := s.Receive(ctx, store.Event{ConnectionID: c.ID, SecretHash: store.HashSecret(secret), Reconcile: true})
		require.NoError(t, err)
	}
	w := &Worker{options: Options{Store: s, Logger: slog.New(slog.DiscardHandler)}}
	to := &fakeReconciler{}
	asked := func() int {
		n := len(to.asked)
		to.asked = nil
		return n
	}

	require.NoError(t, w.grant(ctx, to))
	assert.Zero(t, asked(), "nobody wished")
	tell()
	to.err = errors.New("temporal is away")
	require.ErrorIs(t, w.grant(ctx, to), to.err)
	assert.Equal(t, 1, asked())
	to.err = nil
	require.NoError(t, w.grant(ctx, to))
	assert.Equal(t, 1, asked(), "the wish outlived Temporal's absence")
	require.NoError(t, w.grant(ctx, to))
	assert.Zero(t, asked())

	tell()
	to.during = tell
	require.NoError(t, w.grant(ctx, to))
	to.during = nil
	require.NoError(t, w.grant(ctx, to))
	assert.Equal(t, 2, asked(), "a wish that came meanwhile counts")
}

func (f *fakeReconciler) SweepNow(ctx context.Context, id connection.ID) error {
	return f.ReconcileNow(ctx, id)
}

func TestSweepWishesAreGranted(t *testing.T) {
	ctx := t.Context()
	s, c := connectedStore(t)
	w := &Worker{options: Options{Store: s, Logger: slog.New(slog.DiscardHandler)}}
	to := &fakeReconciler{}
	asked := func() int {
		t.Helper()
		to.asked = nil
		require.ErrorIs(t, w.grantSweepsBy(ctx, to), to.err)
		return len(to.asked)
	}
	assert.Zero(t, asked(), "nobody wished")
	_, err := s.SetPhase(ctx, c.ID, connection.Syncing)
	require.NoError(t, err)
	require.NoError(t, s.WantPasses(ctx, c.ID))
	assert.Zero(t, asked(), "not while its history comes in")
	_, err = s.SetPhase(ctx, c.ID, connection.Connected)
	require.NoError(t, err)
	to.err = errors.New("temporal is away")
	assert.Equal(t, 1, asked())
	to.err = nil
	assert.Equal(t, 1, asked(), "the wish outlived Temporal's absence")
	assert.Zero(t, asked())
	pass, err := s.Pass(ctx, c.ID, connection.FullPass, connection.Orders)
	require.NoError(t, err)
	assert.True(t, pass.Wanted, "until the pass begins")
	require.NoError(t, s.PostponeSweep(ctx, c.ID))
	assert.Equal(t, 1, asked(), "Sweep ended without a pass")
	for _, entity := range connection.Entities() {
		_, err := s.BeginPass(ctx, c.ID, connection.FullPass, entity, pass.Now, pass.Now)
		require.NoError(t, err)
	}
	assert.Zero(t, asked(), "all have begun")
	require.NoError(t, s.PostponeSweep(ctx, c.ID))
	assert.Equal(t, 1, asked(), "they broke off")
	assert.Zero(t, asked())
	pass, err = s.Pass(ctx, c.ID, connection.FullPass, connection.Orders)
	require.NoError(t, err)
	assert.False(t, pass.Wanted, "it goes on, and is not wanted once more")
}
