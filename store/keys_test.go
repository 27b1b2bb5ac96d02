package store_test

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestParseKeys(t *testing.T) {
	raw := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for _, good := range []string{"a:" + raw, "a:" + raw + ",b:" + raw, " a:" + raw + " , b:" + raw, store.NewKey()} {
		_, err := store.ParseKeys(good)
		assert.NoError(t, err)
	}
	for name, bad := range map[string]string{
		"nothing":          "",
		"no id":            raw,
		"an empty id":      ":" + raw,
		"an id with space": "a b:" + raw,
		"no base64":        "a:not-a-key",
		"16 bytes":         "a:" + base64.StdEncoding.EncodeToString(make([]byte, 16)),
		"the same id":      "a:" + raw + ",a:" + raw,
		"a trailing comma": "a:" + raw + ",",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.ParseKeys(bad)
			require.Error(t, err)
			if secret := strings.TrimPrefix(bad, "a:"); len(secret) > 4 {
				assert.NotContains(t, err.Error(), secret, "the error shows the key")
			}
		})
	}
	assert.NotEqual(t, store.NewKey(), store.NewKey())
}

func TestKeysChange(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	oldKey, newKey := store.NewKey(), store.NewKey()
	keys := func(list ...string) *store.Keyring {
		k, err := store.ParseKeys(strings.Join(list, ","))
		require.NoError(t, err)
		return k
	}
	id := connection.NewAuthenticationID()
	secrets := connection.Credentials{OmetriaAPIKey: "ometria", AccessToken: "token"}
	s := open(t, url, keys(oldKey))
	require.NoError(t, s.CreateAuthentication(t.Context(), connection.Authentication{ID: id, StoreHash: "a"}, secrets))

	got, err := open(t, url, keys(newKey, oldKey)).Credentials(t.Context(), id)
	require.NoError(t, err, "a key behind the first still opens")
	assert.Equal(t, secrets, got)

	_, err = open(t, url, keys(newKey)).Credentials(t.Context(), id)
	oldID, oldRaw, _ := strings.Cut(oldKey, ":")
	require.ErrorContains(t, err, `encryption key "`+oldID+`" is not among the keys given`)
	assert.NotContains(t, err.Error(), oldRaw)

	_, newRaw, _ := strings.Cut(newKey, ":")
	_, err = open(t, url, keys(oldID+":"+newRaw)).Credentials(t.Context(), id)
	require.ErrorContains(t, err, `encryption key "`+oldID+`" is not the one it was sealed with`)

	_, err = open(t, url, nil).Credentials(t.Context(), id)
	require.ErrorContains(t, err, "no encryption key")
}

func TestOpenNamesTheForm(t *testing.T) {
	for _, url := range []string{"", "mysql://root:hunter2@host/db", "sqlite:", "postgres://user:hunter2@host:notaport/db"} {
		_, err := store.Open(t.Context(), url, nil, nil)
		require.Error(t, err, url)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	_, err := store.Open(t.Context(), "postgres://user:hunter2@127.0.0.1:1/db", nil, nil)
	require.EqualError(t, err, "reach database: PostgreSQL refused the connection: check host, user, password and database of the URL")
}

func TestSealedTextOpensForItsPurposeAlone(t *testing.T) {
	old, newer := store.NewKey(), store.NewKey()
	keys, err := store.ParseKeys(old)
	require.NoError(t, err)
	sealed, err := keys.Seal([]byte("who"), "session")
	require.NoError(t, err)
	assert.NotContains(t, sealed, "who")

	rotated, err := store.ParseKeys(newer + "," + old)
	require.NoError(t, err)
	plain, err := rotated.Open(sealed, "session")
	require.NoError(t, err)
	assert.Equal(t, "who", string(plain))

	_, err = rotated.Open(sealed, "draft")
	assert.Error(t, err)
	for _, forged := range []string{"", ":", sealed + "A", "k:" + sealed, "no-such-key:AAAA"} {
		_, err = rotated.Open(forged, "session")
		assert.Error(t, err, forged)
	}
}
