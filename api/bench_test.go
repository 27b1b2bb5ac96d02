package api

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// BenchmarkIntake delivers webhooks as fast as 64 callers can over loopback: to
// Gin answering 200 and doing nothing, and to the intake with each row on disk.
func BenchmarkIntake(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		gin.SetMode(gin.ReleaseMode)
		engine := gin.New()
		engine.POST("/webhooks/bigcommerce/:connection_id", func(c *gin.Context) { c.Status(http.StatusOK) })
		deliverAll(b, engine, "bare", nil)
	})
	b.Run("intake", func(b *testing.B) {
		handler, id, secret := benchmarkIntake(b)
		deliverAll(b, handler, string(id), http.Header{connection.WebhookSecretHeader: {secret}})
	})
}

func benchmarkIntake(b *testing.B) (http.Handler, connection.ID, string) {
	b.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(b, err)
	s, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "bench.db"), keys, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	require.NoError(b, s.Migrate(b.Context()))
	authentication := connection.NewAuthenticationID()
	require.NoError(b, s.CreateAuthentication(b.Context(), connection.Authentication{ID: authentication, StoreHash: "abc1"}, connection.Credentials{}))
	c, err := s.CreateConnection(b.Context(), connection.Connection{AuthenticationID: authentication, StoreHash: "abc1", IdentificationCode: "A", Timezone: "UTC"})
	require.NoError(b, err)
	secret, err := s.WebhookSecret(b.Context(), c.ID)
	require.NoError(b, err)
	handler, err := New(Options{Store: s, Starter: &fakeStarter{}, Inspector: &fakeInspector{}, Tokens: []Token{{Admin, "ada", adminToken}}})
	require.NoError(b, err)
	return handler, c.ID, secret.Reveal()
}

// deliverAll measures deliveries a second and the slowest hundredth.
func deliverAll(b *testing.B, handler http.Handler, id string, headers http.Header) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	server := NewServer("", handler)
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	const callers = 64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	b.Cleanup(client.CloseIdleConnections)
	url := "http://" + listener.Addr().String() + "/webhooks/bigcommerce/" + id
	var (
		next  atomic.Int64
		mu    sync.Mutex // guards took
		took  []time.Duration
		group sync.WaitGroup
	)
	b.ResetTimer()
	for range callers {
		group.Go(func() {
			var own []time.Duration
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				body := fmt.Appendf(nil, `{"scope":"store/product/updated","store_id":"1001","data":{"type":"product","id":%d},"hash":"3f9ea420af83450d7ef9f78b08c8af25b2213637","created_at":1732395600,"producer":"stores/abc1"}`, n%50_000+1)
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				req.Header = headers.Clone()
				if req.Header == nil {
					req.Header = http.Header{}
				}
				req.Header.Set("Content-Type", "application/json")
				began := time.Now()
				res, err := client.Do(req)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				own = append(own, time.Since(began))
				if res.StatusCode != http.StatusOK {
					b.Errorf("answered %d", res.StatusCode)
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, own...)
		})
	}
	group.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
