package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/contract"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim/ometriatest"
	"github.com/ometria/ometria-bigcommerce/store"
)

// world is an Inspector over a real database and stand-ins of both services.
type world struct {
	*Inspector
	t         *testing.T
	ctx       context.Context
	database  *store.Store
	file      string // SQLite's
	shop      *bigcommercesim.Server
	marketing *ometriasim.Server
	api       string // Ometria's address
	c         connection.Connection
	logs      *lockedBuffer // of everything, at debug level

	mu    sync.Mutex // guards calls
	calls []string   // method and path of each call to either service
}

// newWorld opens a connected connection of an empty store without quotas.
func newWorld(t *testing.T, change ...func(*bigcommercesim.Options)) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), file: filepath.Join(t.TempDir(), "inspect.db"), logs: &lockedBuffer{}}
	shopOptions, marketingOptions := bigcommercesim.DefaultOptions(), ometriasim.DefaultOptions()
	shopOptions.Customers, shopOptions.Subscribers, shopOptions.Products, shopOptions.Orders = 0, 0, 0, 0
	shopOptions.Quota = bigcommercesim.Quota{}
	for _, c := range change {
		c(&shopOptions)
	}
	marketingOptions.PushesPerSecond, marketingOptions.ReadsPerSecond, marketingOptions.QueueLimit = 0, 0, 0
	var err error
	w.shop, err = bigcommercesim.New(shopOptions)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.shop.Close() })
	w.marketing = ometriatest.New(t, marketingOptions)
	serve := func(h http.Handler) string {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.mu.Lock()
			w.calls = append(w.calls, r.Method+" "+r.URL.Path)
			w.mu.Unlock()
			h.ServeHTTP(rw, r)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	shop := serve(contract.Handler(t, w.shop))
	w.api = serve(w.marketing)

	log := slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	w.database, err = store.Open(w.ctx, "sqlite:"+w.file, keys, log)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.database.Close() })
	require.NoError(t, w.database.Migrate(w.ctx))
	w.Inspector = New(w.database, remote.NewDialer(w.database, pacing.New(w.database, pacing.Options{}, log), remote.Options{
		BigCommerceURL: shop, OmetriaURL: w.api, Logger: log,
	}))
	w.c = w.connect(shopOptions)
	return w
}

func (w *world) connect(shop bigcommercesim.Options) connection.Connection {
	w.t.Helper()
	id := connection.NewAuthenticationID()
	require.NoError(w.t, w.database.CreateAuthentication(w.ctx, connection.Authentication{
		ID: id, Name: "test", StoreHash: connection.StoreHash(shop.StoreHash), ClientID: shop.ClientID,
	}, connection.Credentials{OmetriaAPIKey: "ometria-key", AccessToken: connection.Secret(shop.AccessToken)}))
	c, err := w.database.CreateConnection(w.ctx, connection.Connection{
		Name: "test", AuthenticationID: id, StoreHash: connection.StoreHash(shop.StoreHash), IdentificationCode: "code", Timezone: "UTC",
	})
	require.NoError(w.t, err)
	_, err = w.database.SetPhase(w.ctx, c.ID, connection.Connected)
	require.NoError(w.t, err)
	require.NoError(w.t, w.database.SetStoreInfo(w.ctx, c.ID, connection.StoreInfo{
		Name: "Shop", Domain: "shop.example.com", SecureURL: "https://shop.example.com", Currency: "USD", Country: "US",
	}))
	return c
}

// make adds a record to the store and returns its key.
func (w *world) make(entity connection.Entity, fields map[string]any) connection.RecordKey {
	w.t.Helper()
	id, _, err := w.shop.Create(string(entity), fields)
	require.NoError(w.t, err)
	return w.key(entity, id)
}

func (w *world) key(entity connection.Entity, id int64) connection.RecordKey {
	return connection.RecordKey{ConnectionID: w.c.ID, Entity: entity, RecordID: connection.RecordID(id)}
}

// push brings records to Ometria as a sync would.
func (w *world) push(records []json.RawMessage) {
	w.t.Helper()
	body, err := json.Marshal(records)
	require.NoError(w.t, err)
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.api+"/v2/push", bytes.NewReader(body))
	require.NoError(w.t, err)
	req.Header.Set("X-Ometria-Auth", "ometria-key")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	require.Equal(w.t, http.StatusOK, resp.StatusCode)
	require.Empty(w.t, w.marketing.Account("demo").Errors())
}

// remember notes a record as pushed, with this state.
func (w *world) remember(key connection.RecordKey, state connection.RecordState) {
	w.t.Helper()
	fetched, err := w.database.NextSeq(w.ctx)
	require.NoError(w.t, err)
	read, err := w.database.NextSeq(w.ctx)
	require.NoError(w.t, err)
	_, err = w.database.Claim(w.ctx, store.Claim{
		ConnectionID: key.ConnectionID, Entity: key.Entity, Fetched: fetched,
		Items: []store.ClaimItem{{RecordID: key.RecordID, Fingerprint: []byte("1")}},
	})
	require.NoError(w.t, err)
	_, err = w.database.Finish(w.ctx, store.Finish{
		ConnectionID: key.ConnectionID, Entity: key.Entity, Fetched: fetched, Read: read,
		Results: []store.Result{{RecordID: key.RecordID, Outcome: connection.Accepted, State: state}},
	})
	require.NoError(w.t, err)
}

// written reports whether the database's files hold text.
func (w *world) written(text string) bool {
	w.t.Helper()
	files, err := filepath.Glob(w.file + "*")
	require.NoError(w.t, err)
	require.NotEmpty(w.t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(w.t, err)
		if bytes.Contains(bytes.ToLower(content), bytes.ToLower([]byte(text))) {
			return true
		}
	}
	return false
}

// rows counts what preview could write besides the budgets of calls.
func (w *world) rows() (n int) {
	w.t.Helper()
	require.NoError(w.t, w.database.DB().QueryRowContext(w.ctx,
		`SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM fields) + (SELECT count(*) FROM requests)`).Scan(&n))
	return n
}

// changes counts the calls that change anything at either service.
func (w *world) changes() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, call := range w.calls {
		if call[:4] != "GET " {
			n++
		}
	}
	return n
}

// lockedBuffer takes logs of several goroutines.
type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
