package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
	"github.com/ometria/ometria-bigcommerce/internal/contract"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim/ometriatest"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is activities over a real database and stand-ins of both services.
type world struct {
	*Activities
	t         *testing.T
	ctx       context.Context
	shop      *bigcommercesim.Server
	marketing *ometriasim.Server
	account   *ometriasim.Account
	c         connection.Connection

	// onRequest sees each request to BigCommerce before it is answered. Set it
	// before any is made.
	onRequest func(request string)
	// afterPush runs when Ometria has taken a push and its answer is not read
	// yet. Set it while no push is under way.
	afterPush func()

	mu       sync.Mutex // guards what follows
	requests []string   // to BigCommerce: method and path with query, in order
	pushes   [][]string // ids of each push, in order, whatever became of it
}

type worldOptions struct {
	shop      bigcommercesim.Options
	marketing ometriasim.Options
	settings  connection.Settings
	store     []store.Option
	pacing    pacing.Options
}

// newWorld opens a connected connection of an empty store without quotas.
func newWorld(t *testing.T, change ...func(*worldOptions)) *world {
	t.Helper()
	o := worldOptions{shop: bigcommercesim.DefaultOptions(), marketing: ometriasim.DefaultOptions()}
	o.shop.Customers, o.shop.Subscribers, o.shop.Products, o.shop.Orders = 0, 0, 0, 0
	o.shop.Quota = bigcommercesim.Quota{}
	o.marketing.PushesPerSecond, o.marketing.ReadsPerSecond, o.marketing.QueueLimit = 0, 0, 0
	for _, c := range change {
		c(&o)
	}
	w := &world{t: t, ctx: t.Context()}
	var err error
	w.shop, err = bigcommercesim.New(o.shop)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.shop.Close() })
	w.marketing = ometriatest.New(t, o.marketing)
	w.account = w.marketing.Account("demo")

	shop := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		request := r.Method + " " + r.URL.RequestURI()
		if w.onRequest != nil {
			w.onRequest(request)
		}
		w.mu.Lock()
		w.requests = append(w.requests, request)
		w.mu.Unlock()
		w.shop.ServeHTTP(rw, r)
	}))
	t.Cleanup(shop.Close)
	marketing := httptest.NewServer(http.HandlerFunc(w.notePush))
	t.Cleanup(marketing.Close)

	log := slog.New(slog.DiscardHandler)
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	s, err := store.Open(w.ctx, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), keys, log, o.store...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrate(w.ctx))
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	dialer := remote.NewDialer(s, pacing.New(s, o.pacing, log), remote.Options{
		BigCommerceURL: shop.URL, OmetriaURL: marketing.URL, Transport: contract.Transport(t, transport), Logger: log,
	})
	w.Activities = &Activities{
		Store: s, Dialer: dialer, Tester: inspect.New(s, dialer), PublicURL: "https://sync.example.com/",
		TagURL: "https://cdn.example.com/tags/", Logger: log,
	}
	w.c = w.connect(o.shop, o.settings)
	return w
}

// connect makes an authentication and a connection that uses it, connected.
func (w *world) connect(shop bigcommercesim.Options, settings connection.Settings) connection.Connection {
	w.t.Helper()
	authentication := connection.Authentication{
		ID: connection.NewAuthenticationID(), Name: "test", StoreHash: connection.StoreHash(shop.StoreHash), ClientID: shop.ClientID,
	}
	require.NoError(w.t, w.Store.CreateAuthentication(w.ctx, authentication, connection.Credentials{
		OmetriaAPIKey: "ometria-key", AccessToken: connection.Secret(shop.AccessToken),
	}))
	c, err := w.Store.CreateConnection(w.ctx, connection.Connection{
		Name: "test", AuthenticationID: authentication.ID, StoreHash: authentication.StoreHash,
		IdentificationCode: "code", Timezone: "UTC", Settings: settings,
	})
	require.NoError(w.t, err)
	_, err = w.Store.SetPhase(w.ctx, c.ID, connection.Connected)
	require.NoError(w.t, err)
	require.NoError(w.t, w.Store.SetStoreInfo(w.ctx, c.ID, connection.StoreInfo{
		Name: "Shop", Domain: "shop.example.com", SecureURL: "https://shop.example.com", Currency: "USD", Country: "US",
	}))
	return w.reload(c.ID)
}

func (w *world) reload(id connection.ID) connection.Connection {
	w.t.Helper()
	c, err := w.Store.Connection(w.ctx, id)
	require.NoError(w.t, err)
	return c
}

func (w *world) notePush(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		var records []struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(body, &records)
		ids := make([]string, len(records))
		for i, record := range records {
			ids[i] = record.ID
		}
		w.mu.Lock()
		w.pushes = append(w.pushes, ids)
		w.mu.Unlock()
	}
	w.marketing.ServeHTTP(rw, r)
	if r.Method == http.MethodPost && w.afterPush != nil {
		w.afterPush()
	}
}

func (w *world) pushCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pushes)
}

// requested returns the requests made to BigCommerce since the last call.
func (w *world) requested() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	made := w.requests
	w.requests = nil
	return made
}

// session opens the connection as an activity does.
func (w *world) session() *session {
	w.t.Helper()
	s, err := w.openFor(w.ctx, w.reload(w.c.ID), pacing.Realtime)
	require.NoError(w.t, err)
	return s
}

func (w *world) key(e connection.Entity, id connection.RecordID) connection.RecordKey {
	return connection.RecordKey{ConnectionID: w.c.ID, Entity: e, RecordID: id}
}

func (w *world) row(e connection.Entity, id connection.RecordID) store.RecordRow {
	w.t.Helper()
	row, err := w.Store.Record(w.ctx, w.key(e, id))
	require.NoError(w.t, err)
	return row
}

func (w *world) ref() Connection { return Connection{ConnectionID: w.c.ID} }

func (w *world) nextSeq() int64 {
	w.t.Helper()
	seq, err := w.Store.NextSeq(w.ctx)
	require.NoError(w.t, err)
	return seq
}

// contacts are items of one Ometria contact each, as a page of customers would
// hold them, read just now.
func (w *world) contacts(from, to int) reading {
	r := reading{entity: connection.Customers, f: w.nextSeq()}
	for id := from; id <= to; id++ {
		r.items = append(r.items, contactItem(id, contact(id)))
	}
	r.g = w.nextSeq()
	return r
}

func contact(id int) *ometria.Contact {
	return &ometria.Contact{
		Collection: connection.CollectionCustomers, Merge: true, ID: fmt.Sprint(id), Email: fmt.Sprintf("c%d@example.com", id),
	}
}

func contactItem(id int, record ometria.Record) source.Record {
	return source.Record{
		ID: connection.RecordID(id), Size: 1, Fingerprint: []byte(fmt.Sprint("content of ", id)),
		Map: func(prev connection.RecordState) mapping.Result {
			prev.Exists = true
			return mapping.Result{Records: []ometria.Record{record}, State: prev}
		},
	}
}

// held counts the contacts that Ometria holds of the customers' collection.
func (w *world) held() int { return w.account.Counts().Collections[connection.CollectionCustomers] }
