package storetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// installed are one hook and one script.
func installed(hook int64, script string) func(*connection.Installed) {
	return func(i *connection.Installed) {
		i.Hooks = []connection.Hook{{ID: hook, Scope: "store/order/created", Active: true}}
		i.Scripts = []connection.Script{{ID: script, ChannelID: 1}}
	}
}

func replacing(t *testing.T, open Open) {
	// shop is a connection that is at work, and further authentications of its
	// store.
	shop := func(t *testing.T) (s *store.Store, c connection.Connection, b, third connection.AuthenticationID) {
		s = open(t)
		c, err := s.Connection(t.Context(), connected(t, s))
		require.NoError(t, err)
		require.NoError(t, s.SetInstalledWith(t.Context(), c.ID, c.AuthenticationID, installed(1, "one")))
		return s, c, newAuthentication(t, s, c.StoreHash), newAuthentication(t, s, c.StoreHash)
	}
	want := func(t *testing.T, s *store.Store, id connection.ID, to connection.AuthenticationID) connection.Connection {
		t.Helper()
		c, begun, err := s.ReplaceAuthentication(t.Context(), id, to)
		require.NoError(t, err)
		assert.True(t, begun)
		return c
	}
	left := func(c connection.Connection) (ids []connection.AuthenticationID) {
		for _, one := range c.Replacing.Left {
			ids = append(ids, one.AuthenticationID)
		}
		return ids
	}
	read := func(t *testing.T, s *store.Store, id connection.ID) connection.Connection {
		t.Helper()
		c, err := s.Connection(t.Context(), id)
		require.NoError(t, err)
		return c
	}

	t.Run("the new one waits until it does, and the old one until it is cleared", func(t *testing.T) {
		s, a, b, _ := shop(t)
		c := want(t, s, a.ID, b)
		assert.Equal(t, a.AuthenticationID, c.AuthenticationID)
		assert.Equal(t, b, c.Replacing.Wanted.AuthenticationID)
		assert.Equal(t, a.Version+1, c.Version)
		again := want(t, s, a.ID, b)
		assert.Equal(t, c, again, "asked twice, it is wanted once")
		require.NoError(t, s.SetInstalledWith(t.Context(), c.ID, b, installed(2, "two")))
		assert.Equal(t, "one", read(t, s, c.ID).Installed.Scripts[0].ID)

		switched, unparked, err := s.SwitchAuthentication(t.Context(), c.ID, b)
		require.NoError(t, err)
		assert.True(t, switched)
		assert.False(t, unparked)
		c = read(t, s, c.ID)
		assert.Equal(t, b, c.AuthenticationID)
		assert.Equal(t, "two", c.Installed.Scripts[0].ID)
		assert.Equal(t, int64(2), c.Installed.Hooks[0].ID)
		assert.Nil(t, c.Replacing.Wanted)
		assert.Equal(t, "one", c.With(a.AuthenticationID).Installed.Scripts[0].ID)
		switched, _, err = s.SwitchAuthentication(t.Context(), c.ID, b)
		require.NoError(t, err)
		assert.False(t, switched, "it is wanted no more")

		for range 2 {
			require.NoError(t, s.AuthenticationCleared(t.Context(), c.ID, a.AuthenticationID))
			assert.True(t, read(t, s, c.ID).Replacing.Empty())
		}
		wishes, err := s.ReconcileWishes(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, wishes, 1, "webhooks may have been missing")
		require.NoError(t, s.SetInstalledWith(t.Context(), c.ID, a.AuthenticationID, installed(1, "late")))
		assert.Equal(t, "two", read(t, s, c.ID).Installed.Scripts[0].ID, "a late word of the old one says nothing")
	})
	t.Run("the one in force is no change", func(t *testing.T) {
		s, a, _, _ := shop(t)
		c, begun, err := s.ReplaceAuthentication(t.Context(), a.ID, a.AuthenticationID)
		require.NoError(t, err)
		assert.False(t, begun)
		assert.Equal(t, a.Version, c.Version)
		assert.True(t, c.Replacing.Empty())
	})
	t.Run("of two that follow quickly the later counts, and both are cleared", func(t *testing.T) {
		s, a, b, third := shop(t)
		want(t, s, a.ID, b)
		require.NoError(t, s.SetInstalledWith(t.Context(), a.ID, b, installed(2, "two")))
		c := want(t, s, a.ID, third)
		assert.Equal(t, third, c.Replacing.Wanted.AuthenticationID)
		assert.Equal(t, []connection.AuthenticationID{b}, left(c))
		switched, _, err := s.SwitchAuthentication(t.Context(), a.ID, b)
		require.NoError(t, err)
		assert.False(t, switched)
		switched, _, err = s.SwitchAuthentication(t.Context(), a.ID, third)
		require.NoError(t, err)
		assert.True(t, switched)
		assert.Equal(t, []connection.AuthenticationID{b, a.AuthenticationID}, left(read(t, s, a.ID)))

		c = want(t, s, a.ID, b) // wanted after all, before it was cleared
		assert.Equal(t, []connection.AuthenticationID{a.AuthenticationID}, left(c))
		assert.Equal(t, "two", c.Replacing.Wanted.Installed.Scripts[0].ID)
		c = want(t, s, a.ID, third) // and not
		assert.Nil(t, c.Replacing.Wanted)
		assert.Equal(t, third, c.AuthenticationID)
		assert.ElementsMatch(t, []connection.AuthenticationID{a.AuthenticationID, b}, left(c))
	})
	t.Run("one that does not do is left", func(t *testing.T) {
		s, a, b, third := shop(t)
		want(t, s, a.ID, b)
		require.NoError(t, s.GiveUpAuthentication(t.Context(), a.ID, third))
		assert.Equal(t, b, read(t, s, a.ID).Replacing.Wanted.AuthenticationID)
		require.NoError(t, s.GiveUpAuthentication(t.Context(), a.ID, b))
		c := read(t, s, a.ID)
		assert.Nil(t, c.Replacing.Wanted)
		assert.Equal(t, []connection.AuthenticationID{b}, left(c))
		assert.Equal(t, a.AuthenticationID, c.AuthenticationID)
	})
	t.Run("one that is still needed is not deleted", func(t *testing.T) {
		s, a, b, third := shop(t)
		want(t, s, a.ID, b)
		require.ErrorIs(t, s.DeleteAuthentication(t.Context(), b), store.ErrInUse)
		require.NoError(t, s.DeleteAuthentication(t.Context(), third))
		_, _, err := s.SwitchAuthentication(t.Context(), a.ID, b)
		require.NoError(t, err)
		require.ErrorIs(t, s.DeleteAuthentication(t.Context(), a.AuthenticationID), store.ErrInUse)
		require.NoError(t, s.AuthenticationCleared(t.Context(), a.ID, a.AuthenticationID))
		require.NoError(t, s.DeleteAuthentication(t.Context(), a.AuthenticationID))
	})
	t.Run("a removal erases all of them, but for those of another connection", func(t *testing.T) {
		s, a, b, third := shop(t)
		want(t, s, a.ID, b)
		_, _, err := s.SwitchAuthentication(t.Context(), a.ID, b)
		require.NoError(t, err)
		want(t, s, a.ID, third)
		_, err = s.CreateConnection(t.Context(), connection.Connection{AuthenticationID: third, StoreHash: a.StoreHash, IdentificationCode: "other", Timezone: "UTC"})
		require.NoError(t, err)
		require.NoError(t, s.Erase(t.Context(), a.ID))
		for id, there := range map[connection.AuthenticationID]bool{a.AuthenticationID: false, b: false, third: true} {
			_, err := s.Authentication(t.Context(), id)
			assert.Equal(t, there, err == nil, id)
		}
	})
	t.Run("a parked connection goes on, a failed one is set up again", func(t *testing.T) {
		s, a, b, third := shop(t)
		require.NoError(t, s.Park(t.Context(), a.ID, connection.Parked{Code: connection.BigCommerceCredentials, Detail: "refused"}))
		require.NoError(t, s.Attend(t.Context(), a.ID, connection.Attention{Code: connection.AppUninstalled, Action: "create another"}))
		c := want(t, s, a.ID, b)
		assert.NotNil(t, c.Parked)
		_, unparked, err := s.SwitchAuthentication(t.Context(), a.ID, b)
		require.NoError(t, err)
		assert.True(t, unparked)
		c = read(t, s, a.ID)
		assert.Nil(t, c.Parked)
		assert.Empty(t, c.Attention)

		require.NoError(t, s.Fail(t.Context(), a.ID, connection.Failure{Code: connection.FailureInvalidCredentials}))
		c = want(t, s, a.ID, third)
		assert.Equal(t, connection.Validating, c.Phase)
		assert.Nil(t, c.Failure)
	})
	t.Run("what cannot be", func(t *testing.T) {
		s, a, b, _ := shop(t)
		_, _, err := s.ReplaceAuthentication(t.Context(), a.ID, newAuthentication(t, s, "elsewhere"))
		require.ErrorIs(t, err, store.ErrNotFound)
		_, _, err = s.ReplaceAuthentication(t.Context(), a.ID, "nobody")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, _, err = s.ReplaceAuthentication(t.Context(), "nowhere", b)
		require.ErrorIs(t, err, store.ErrNotFound)
		want(t, s, a.ID, b)
		_, err = s.SetPhase(t.Context(), a.ID, connection.Removing)
		require.NoError(t, err)
		_, _, err = s.ReplaceAuthentication(t.Context(), a.ID, b)
		require.ErrorIs(t, err, store.ErrRemoving)
		switched, _, err := s.SwitchAuthentication(t.Context(), a.ID, b)
		require.NoError(t, err)
		assert.False(t, switched)
	})
}
