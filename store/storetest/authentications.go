package storetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func authentications(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	secrets := connection.Credentials{OmetriaAPIKey: "plain-ometria-key", ClientSecret: "plain-client-secret", AccessToken: "plain-access-token"}
	want := connection.Authentication{
		ID: connection.NewAuthenticationID(), Name: "Shop", StoreHash: "abc123", ClientID: "client",
		AccessTokenLast4: "oken", OmetriaKeyLast4: "-key", HasClientSecret: true,
	}
	require.NoError(t, s.CreateAuthentication(ctx, want, secrets))

	got, err := s.Authentication(ctx, want.ID)
	require.NoError(t, err)
	assert.False(t, got.CreatedAt.IsZero())
	want.CreatedAt, want.UpdatedAt = got.CreatedAt, got.UpdatedAt
	assert.Equal(t, want, got)

	opened, err := s.Credentials(ctx, want.ID)
	require.NoError(t, err)
	assert.Equal(t, secrets, opened)

	t.Run("the database holds no plain secret", func(t *testing.T) {
		var sealed []byte
		require.NoError(t, s.DB().QueryRow("SELECT credentials FROM authentications").Scan(&sealed))
		assert.NotEmpty(t, sealed)
		assert.NotContains(t, string(sealed), "plain")
		assert.NotContains(t, string(sealed), "access_token")
	})
	t.Run("a secret moved to another row does not open", func(t *testing.T) {
		other := newAuthentication(t, s, "other")
		_, err := s.DB().Exec("UPDATE authentications SET credentials = (SELECT a.credentials FROM authentications AS a WHERE a.store_hash = 'abc123') WHERE store_hash = 'other'")
		require.NoError(t, err)
		_, err = s.Credentials(ctx, other)
		require.ErrorContains(t, err, "is not the one it was sealed with")
		require.NoError(t, s.DeleteAuthentication(ctx, other))
	})
	t.Run("lists go on where they stopped", func(t *testing.T) {
		wanted := []connection.AuthenticationID{want.ID, newAuthentication(t, s, "b"), newAuthentication(t, s, "c")}
		var listed []connection.AuthenticationID
		cursor, pages := "", 0
		for {
			page, next, err := s.Authentications(ctx, cursor, 2)
			require.NoError(t, err)
			for _, a := range page {
				listed = append(listed, a.ID)
			}
			if pages++; next == "" {
				break
			}
			cursor = next
		}
		assert.Equal(t, wanted, listed)
		assert.Equal(t, 2, pages)
	})
	t.Run("one in use stays", func(t *testing.T) {
		c, err := s.CreateConnection(ctx, connection.Connection{AuthenticationID: want.ID, StoreHash: "abc123", IdentificationCode: "A", Timezone: "UTC"})
		require.NoError(t, err)
		require.ErrorIs(t, s.DeleteAuthentication(ctx, want.ID), store.ErrInUse)
		require.NoError(t, s.Erase(ctx, c.ID))
	})
	t.Run("what does not exist is not found", func(t *testing.T) {
		_, err := s.Authentication(ctx, "nobody")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Credentials(ctx, "nobody")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.ErrorIs(t, s.DeleteAuthentication(ctx, "nobody"), store.ErrNotFound)
	})
}
