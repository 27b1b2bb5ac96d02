package e2e

import (
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
)

// freeAddress is one where nothing listens at the moment. Its port is none of
// those that the system gives to outgoing connections, which would take it
// before it is listened on.
func freeAddress(t *testing.T) string {
	t.Helper()
	const first, ports = 15000, 15000
	for range 100 {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(first+rand.IntN(ports))))
		if err != nil {
			continue
		}
		require.NoError(t, listener.Close())
		return listener.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

// TestProductionBinary runs the product as in production: API and worker apart
// on PostgreSQL, in a Temporal namespace that "admin init" makes, commanded by
// the command line. The dev command lends Temporal and the stand-ins.
func TestProductionBinary(t *testing.T) {
	t.Parallel()
	dev := start(t, t.TempDir(), nil, "--customers", "20", "--subscribers", "10", "--products", "10", "--orders", "30")
	s := dev.ready()
	address, workerAddress := freeAddress(t), freeAddress(t)
	environ := []string{
		"OBC_DATABASE_URL=" + pgtest.URL(t), "OBC_ENCRYPTION_KEYS=" + s.EncryptionKeys, "OBC_TOKENS=admin:first,support:second",
		"OBC_BIGCOMMERCE_URL=http://" + s.Addresses.BigCommerce, "OBC_OMETRIA_URL=http://" + s.Addresses.Ometria,
		"TEMPORAL_ADDRESS=" + s.Addresses.Temporal, "TEMPORAL_NAMESPACE=production", "TEMPORAL_CONFIG_FILE=/dev/null",
		"OBC_API_URL=http://" + address, "OBC_API_TOKEN=first",
		"OBC_OMETRIA_API_KEY=" + s.Accounts.OmetriaKey, "OBC_BIGCOMMERCE_ACCESS_TOKEN=" + s.Accounts.AccessToken,
		"OBC_BIGCOMMERCE_CLIENT_ID=" + s.Accounts.ClientID, "OBC_BIGCOMMERCE_STORE_HASH=" + s.Accounts.StoreHash,
	}
	command := func(code int, args ...string) string {
		t.Helper()
		p := launch(t, programs.product, environ, args...)
		require.Equal(t, code, p.wait(2*time.Minute), "%s", p.out)
		return p.out.String()
	}

	assert.Contains(t, command(0, "admin", "init"), "namespace production: made\nsearch attributes: made: ConnectionId, StoreHash, Entity, SyncStatus")
	again := command(0, "admin", "init")
	assert.Contains(t, again, "namespace production: was there")
	assert.Contains(t, again, "search attributes: were there")

	public := "OBC_PUBLIC_URL=http://" + address
	api := launch(t, programs.product, append(environ, public, "OBC_HTTP_ADDR="+address), "api")
	worker := launch(t, programs.product, append(environ, public, "OBC_HTTP_ADDR="+workerAddress), "worker")
	for p, at := range map[*process]string{api: address, worker: workerAddress} {
		p.eventually(time.Minute, "ready", func() bool {
			resp, err := http.Get("http://" + at + "/readyz")
			if err != nil {
				return false
			}
			_ = resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
	}

	list := exec.Command(programs.product, "authentications", "create", "--name", "shop", "--output", "json")
	list.Env = environ
	raw, err := list.Output()
	require.NoError(t, err)
	id := idOf(t, raw)
	assert.Contains(t, command(0, "authentications", "test", id), "BigCommerce: orders")
	created := command(0, "connections", "create", "--authentication", id, "--identification-code", "production",
		"--timezone", "Europe/London", "--order-status", "Ready to pick=ready", "--wait")
	assert.Regexp(t, `status +connected`, created)
	assert.Regexp(t, `products +10 +10 +0 +0 +0`, created)

	for _, p := range []*process{api, worker} {
		require.Equal(t, 0, p.stop(), "an orderly stop")
	}
}
