package service

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/store"
)

// testConfig is a service on a database of its own.
func testConfig(t *testing.T) Config {
	t.Helper()
	config, err := LoadConfig([]string{
		"OBC_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "obc.db"),
		"OBC_ENCRYPTION_KEYS=" + store.NewKey(),
		"OBC_TOKENS=admin:test-token",
	})
	require.NoError(t, err)
	return config
}

// deadAddress is one where nothing listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// run starts a service and returns its address; it must stop in order.
func run(t *testing.T, config Config, roles Roles, environ ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	serving, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- Run(ctx, config, roles, Options{
			Environ: append(environ, "TEMPORAL_CONFIG_FILE=/dev/null"), Logger: slog.New(slog.DiscardHandler), Listener: listener,
			Serving: func() { close(serving) },
		})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			assert.NoError(t, err)
		case <-time.After(30 * time.Second):
			t.Error("the service did not stop")
		}
	})
	select {
	case <-serving:
	case err := <-done:
		t.Fatalf("the service did not start: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the service did not start")
	}
	return listener.Addr().String()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(raw)
}

func TestIntakeIsUpWhileTemporalIsAway(t *testing.T) {
	addr := run(t, testConfig(t), Roles{API: true, Worker: true}, "TEMPORAL_ADDRESS="+deadAddress(t))
	status, _ := get(t, "http://"+addr+"/healthz")
	assert.Equal(t, http.StatusOK, status)
	status, _ = get(t, "http://"+addr+"/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)

	// A secret that was never issued is told so by the database alone.
	resp, err := http.Post("http://"+addr+"/webhooks/bigcommerce/0198c5f2-0000-7000-8000-000000000000",
		"application/json", strings.NewReader(`{"scope":"store/order/created","producer":"stores/abc","data":{"type":"order","id":1}}`))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
}

func TestMetricsOfSDKAndOursStandInOnePlace(t *testing.T) {
	for name, roles := range map[string]Roles{
		"serve": {API: true, Worker: true}, "api": {API: true}, "worker": {Worker: true},
	} {
		t.Run(name, func(t *testing.T) {
			addr := run(t, testConfig(t), roles, "TEMPORAL_ADDRESS="+deadAddress(t))
			_, _ = get(t, "http://"+addr+"/readyz") // makes a request of the SDK
			status, body := get(t, "http://"+addr+"/metrics")
			assert.Equal(t, http.StatusOK, status)
			assert.Contains(t, body, "go_goroutines")
			assert.Contains(t, body, "temporal_")
			if roles.Worker {
				assert.Contains(t, body, "obc_dirty_records")
			}
		})
	}
}

func TestRunSaysWhyItCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	config := testConfig(t)
	config.HTTPAddr = taken.Addr().String()
	options := Options{Logger: slog.New(slog.DiscardHandler)}
	assert.ErrorContains(t, Run(t.Context(), config, Roles{API: true}, options), "listen: ")
	assert.ErrorContains(t, Run(t.Context(), config, Roles{}, options), "no role given")

	config = testConfig(t)
	config.HTTPAddr = "127.0.0.1:0"
	config.DatabaseURL = "sqlite:/nowhere/at/all/obc.db"
	assert.ErrorContains(t, Run(t.Context(), config, Roles{API: true}, options), "open database: ")
}

func TestPrepareTemporalSaysWhereItLooked(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	address := deadAddress(t)
	_, err := PrepareTemporal(ctx, []string{"TEMPORAL_ADDRESS=" + address, "TEMPORAL_CONFIG_FILE=/dev/null"}, slog.New(slog.DiscardHandler))
	assert.ErrorContains(t, err, fmt.Sprintf("reach temporal at %s: check TEMPORAL_ADDRESS", address))
}
