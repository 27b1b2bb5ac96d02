package faults_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// gated is a service behind a gate and a client that keeps its connections.
func gated(t *testing.T) (*faults.Gate, *http.Client, string) {
	t.Helper()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 3000))
	}))
	t.Cleanup(service.Close)
	g, err := faults.NewGate("127.0.0.1:0", service.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = g.Close() })
	client := &http.Client{Transport: &http.Transport{}, Timeout: 300 * time.Millisecond}
	t.Cleanup(client.CloseIdleConnections)
	return g, client, "http://" + g.Address() + "/"
}

// ask posts, which the transport never repeats by itself.
func ask(client *http.Client, url string) (int, error) {
	res, err := client.Post(url, "text/plain", nil)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return len(body), err
}

func TestGate(t *testing.T) {
	g, client, url := gated(t)
	sound := func() {
		t.Helper()
		require.NoError(t, g.Set(faults.Open))
		n, err := ask(client, url)
		require.NoError(t, err)
		require.Equal(t, 3000, n)
	}
	sound()

	require.NoError(t, g.Set(faults.Refuse))
	_, err := ask(client, url) // on the connection of before
	require.Error(t, err)
	_, err = ask(client, url)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	sound()

	require.NoError(t, g.Set(faults.Reset))
	_, err = ask(client, url)
	require.Error(t, err)
	require.NotErrorIs(t, err, syscall.ECONNREFUSED)
	sound()

	require.NoError(t, g.Set(faults.Hang))
	_, err = ask(client, url)
	var timeout interface{ Timeout() bool }
	require.True(t, errors.As(err, &timeout) && timeout.Timeout(), "%v", err)
	sound()

	require.NoError(t, g.Set(faults.Crawl))
	_, err = ask(client, url) // five pauses, at least
	require.True(t, errors.As(err, &timeout) && timeout.Timeout(), "%v", err)
	client.Timeout = 10 * time.Second
	n, err := ask(client, url)
	require.NoError(t, err)
	require.Equal(t, 3000, n, "slow, but whole")
	sound()
}

// What waits when the line is cut fails at once, and Close leaves nobody
// hanging.
func TestGateCutsWhatHangs(t *testing.T) {
	g, client, url := gated(t)
	client.Timeout = 30 * time.Second
	for _, end := range []func(){g.Cut, func() { _ = g.Close() }} {
		require.NoError(t, g.Set(faults.Hang))
		failed := make(chan error, 1)
		go func() {
			_, err := ask(client, url)
			failed <- err
		}()
		require.Eventually(t, func() bool {
			end()
			select {
			case err := <-failed:
				require.Error(t, err)
				return true
			default:
				return false
			}
		}, 10*time.Second, 20*time.Millisecond)
	}
	require.Error(t, g.Set(faults.Open), "closed")
}
