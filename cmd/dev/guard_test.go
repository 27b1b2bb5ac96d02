package main

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/service"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestRefuseRealStores(t *testing.T) {
	config := service.Config{
		DatabaseURL:    connection.Secret("sqlite:" + filepath.Join(t.TempDir(), "obc.db")),
		EncryptionKeys: connection.Secret(store.NewKey()),
	}
	require.NoError(t, refuseRealStores(t.Context(), config, "demostore1"), "an empty database")
	connect := func(hash connection.StoreHash) {
		database, err := service.OpenStore(t.Context(), config, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		defer func() { require.NoError(t, database.Close()) }()
		a := connection.Authentication{ID: connection.NewAuthenticationID(), Name: string(hash), StoreHash: hash}
		require.NoError(t, database.CreateAuthentication(t.Context(), a, connection.Credentials{AccessToken: "t", OmetriaAPIKey: "k"}))
		_, err = database.CreateConnection(t.Context(), connection.Connection{
			AuthenticationID: a.ID, StoreHash: hash, IdentificationCode: "code-" + string(hash), Timezone: "UTC",
		})
		require.NoError(t, err)
	}
	connect("demostore1")
	require.NoError(t, refuseRealStores(t.Context(), config, "demostore1"))
	connect("realstore")
	require.ErrorContains(t, refuseRealStores(t.Context(), config, "demostore1"), "store realstore")
}
