package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/internal/devserver"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// limits are what the stand-ins allow and the product is told.
type limits struct {
	quota   bigcommercesim.Quota
	pushes  int    // a second; 0 for no limit
	reserve string // OBC_BIGCOMMERCE_RESERVE
}

var (
	// BigCommerce's headers still come, and speak of more than anybody uses:
	// without any, the product assumes the smallest quota.
	unlimited = limits{quota: bigcommercesim.Quota{Requests: 10_000_000, Window: 30 * time.Second}, reserve: "0"}
	// documented are the Standard plan, Ometria's rate, and the product's own
	// reserve for the merchant's other apps.
	documented = limits{quota: bigcommercesim.Quota{Requests: 150, Window: 30 * time.Second}, pushes: 8, reserve: "20%"}
	// whole is documented without the reserve.
	whole = limits{quota: documented.quota, pushes: documented.pushes, reserve: "0"}
)

// shop is a simulated store with its connection and Ometria account.
type shop struct {
	*bigcommercesim.Server
	options bigcommercesim.Options
	account string // at Ometria; the identification code too
	key     string // of that account
	id      string // of the connection, once it is connected
	hook    hook
}

// world is everything that a row runs against.
type world struct {
	bench  *bench
	dir    string
	limits limits
	role   string // of the product's process

	temporal     *devserver.Server
	temporalArgs devserver.Options
	bigcommerce  *httptest.Server
	ometria      *httptest.Server
	product      *child
	productLog   *os.File
	api          *apiclient.Client
	address      string // of the product
	token, keys  string
	starts       int // of the product

	mu        sync.RWMutex // guards the two below
	shops     map[string]*shop
	marketing *ometriasim.Server
}

// open starts Temporal, the stand-ins and the product. Close it.
func open(ctx context.Context, b *bench, l limits) (w *world, err error) {
	w = &world{
		bench: b, limits: l, role: roleProduct, shops: map[string]*shop{},
		token: "a-token-for-a-benchmark", keys: store.NewKey(),
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "obc-bench-"); err != nil {
		return w, fmt.Errorf("make data directory: %w", err)
	}
	b.say("starting Temporal and the product")
	if err := w.startTemporal(ctx); err != nil {
		return w, err
	}
	w.bigcommerce = httptest.NewServer(http.HandlerFunc(w.serveShop))
	w.ometria = httptest.NewServer(http.HandlerFunc(w.serveOmetria))
	if err := w.openOmetria(nil); err != nil {
		return w, err
	}
	if w.productLog, err = os.Create(filepath.Join(w.dir, "product.log")); err != nil {
		return w, fmt.Errorf("make log: %w", err)
	}
	if w.address, err = freeAddress(); err != nil {
		return w, err
	}
	return w, w.startProduct()
}

// freeAddress is one that the product can come back to: webhooks are made for it.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// startTemporal starts the server, or starts it again where it was.
func (w *world) startTemporal(ctx context.Context) error {
	if w.temporalArgs.Path == "" {
		path, err := devserver.Find(os.Getenv("OBC_DEVSERVER"))
		if err != nil {
			return err
		}
		address, err := freeAddress()
		if err != nil {
			return err
		}
		log, err := os.Create(filepath.Join(w.dir, "temporal.log"))
		if err != nil {
			return fmt.Errorf("make log: %w", err)
		}
		w.temporalArgs = devserver.Options{
			Path: path, Dir: filepath.Join(w.dir, "temporal"), Frontend: address,
			Attributes: workflows.SearchAttributeNames(), Log: log,
		}
	}
	var err error
	w.temporal, err = devserver.Start(ctx, w.temporalArgs)
	return err
}

func (w *world) stopTemporal() {
	if w.temporal != nil {
		w.temporal.Stop()
		w.temporal = nil
	}
}

// startProduct starts the product, or starts it again where it was.
func (w *world) startProduct() error {
	environ := slices.DeleteFunc(slices.Clone(w.bench.options.environ), func(v string) bool {
		return strings.HasPrefix(v, "OBC_") || strings.HasPrefix(v, "TEMPORAL_")
	})
	for name, value := range map[string]string{
		"OBC_HTTP_ADDR":                 w.address,
		"OBC_DATABASE_URL":              "sqlite:" + filepath.Join(w.dir, "obc.db"),
		"OBC_ENCRYPTION_KEYS":           w.keys,
		"OBC_TOKENS":                    "admin:bench:" + w.token,
		"OBC_BIGCOMMERCE_URL":           w.bigcommerce.URL,
		"OBC_OMETRIA_URL":               w.ometria.URL,
		"OBC_BIGCOMMERCE_RESERVE":       w.limits.reserve,
		"OBC_OMETRIA_PUSHES_PER_SECOND": strconv.Itoa(w.limits.pushes),
		"OBC_LOG_LEVEL":                 "warn",
		"TEMPORAL_ADDRESS":              w.temporalArgs.Frontend,
		"TEMPORAL_CONFIG_FILE":          os.DevNull,
	} {
		environ = append(environ, name+"="+value)
	}
	profile := ""
	if dir := w.bench.options.profile; dir != "" {
		w.starts++
		profile = filepath.Join(dir, fmt.Sprintf("%s-%d.prof", w.bench.row, w.starts))
	}
	var err error
	if w.product, err = startChild(w.role, environ, profile, w.productLog); err != nil {
		return fmt.Errorf("%w: %s", err, lastWords(w.productLog.Name()))
	}
	w.api = apiclient.New("http://"+w.address, w.token, &http.Client{Timeout: time.Minute})
	return nil
}

func (w *world) stopProduct() {
	if w.product != nil {
		w.product.stop()
		w.product = nil
	}
}

// close stops everything and removes what it kept.
func (w *world) close() {
	w.stopProduct()
	w.stopTemporal()
	for _, server := range []*httptest.Server{w.bigcommerce, w.ometria} {
		if server != nil {
			server.CloseClientConnections()
			server.Close()
		}
	}
	for _, s := range w.shops {
		_ = s.Close()
	}
	if w.marketing != nil {
		_ = w.marketing.Close()
	}
	for _, file := range []*os.File{w.productLog, w.temporalArgs.Log} {
		if file != nil {
			_ = file.Close()
		}
	}
	if w.dir != "" {
		_ = os.RemoveAll(w.dir)
	}
}

// explain adds what the product complained of last.
func (w *world) explain(err error) error {
	if err == nil {
		return nil
	}
	if said := lastWords(w.productLog.Name()); said != "" {
		return fmt.Errorf("%w; the product said last:\n%s", err, said)
	}
	return err
}

// serveShop leads a call to the store that its path names.
func (w *world) serveShop(rw http.ResponseWriter, r *http.Request) {
	rest, _ := strings.CutPrefix(r.URL.Path, "/stores/")
	hash, _, _ := strings.Cut(rest, "/")
	w.mu.RLock()
	s := w.shops[hash]
	var server *bigcommercesim.Server
	if s != nil {
		server = s.Server
	}
	w.mu.RUnlock()
	if server == nil {
		http.NotFound(rw, r)
		return
	}
	server.ServeHTTP(rw, r)
}

func (w *world) serveOmetria(rw http.ResponseWriter, r *http.Request) {
	w.mu.RLock()
	server := w.marketing
	w.mu.RUnlock()
	server.ServeHTTP(rw, r)
}

// openOmetria opens an empty Ometria with an account for each key.
func (w *world) openOmetria(keys map[string]string) error {
	o := ometriasim.DefaultOptions()
	o.Keys = map[string]string{"unused": "unused"}
	maps.Copy(o.Keys, keys)
	o.PushesPerSecond = w.limits.pushes
	if w.limits.pushes == 0 {
		o.ReadsPerSecond, o.QueueLimit = 0, 0
	}
	opened, err := ometriasim.New(o)
	if err != nil {
		return fmt.Errorf("start simulated Ometria: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.marketing != nil {
		_ = w.marketing.Close()
	}
	w.marketing = opened
	return nil
}

func (w *world) account(s *shop) *ometriasim.Account {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.marketing.Account(s.account)
}

// addShops opens stores of so many products each. Their webhooks are ours to
// send, so that we know when each was answered.
func (w *world) addShops(n, products int) ([]*shop, error) {
	keys := map[string]string{}
	var added []*shop
	for range n {
		number := len(w.shops) + 1
		o := bigcommercesim.DefaultOptions()
		o.StoreHash, o.AccessToken = fmt.Sprintf("store%d", number), fmt.Sprintf("token%d", number)
		o.Domain = fmt.Sprintf("shop%d.example.com", number)
		o.Customers, o.Subscribers, o.Orders, o.Products = 10, 10, 10, products
		o.Seed, o.Quota, o.Delivery.Suppress = int64(number), w.limits.quota, 1
		o.Dir = filepath.Join(w.dir, o.StoreHash)
		s := &shop{options: o, account: "account" + strconv.Itoa(number), key: "key" + strconv.Itoa(number)}
		server, err := bigcommercesim.New(o)
		if err != nil {
			return nil, fmt.Errorf("start simulated BigCommerce: %w", err)
		}
		s.Server = server
		w.mu.Lock()
		w.shops[o.StoreHash] = s
		w.mu.Unlock()
		added = append(added, s)
	}
	for _, s := range w.shops {
		keys[s.key] = s.account
	}
	return added, w.openOmetria(keys)
}

// connect makes the connection of a store over the API.
func (w *world) connect(ctx context.Context, s *shop) error {
	a, err := w.api.CreateAuthentication(ctx, apiclient.NewAuthentication{
		Name: s.account, OmetriaAPIKey: s.key, ClientID: s.options.ClientID, ClientSecret: s.options.ClientSecret,
		AccessToken: s.options.AccessToken, StoreHash: s.options.StoreHash,
	})
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	c, err := w.api.CreateConnection(ctx, apiclient.NewConnection{
		Name: s.account, AuthenticationID: a.ID, IdentificationCode: s.account, Timezone: "Europe/London",
	})
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	s.id = c.ID
	return nil
}

// historyLimit is the longest that the import before a measurement may take.
const historyLimit = 20 * time.Minute

// awaitHistory waits until a store's history is in, and finds its hook.
func (w *world) awaitHistory(ctx context.Context, s *shop) error {
	w.bench.say("importing the history of %s", s.options.StoreHash)
	err := poll(ctx, 200*time.Millisecond, historyLimit, func() (bool, error) {
		c, err := w.api.Connection(ctx, s.id)
		if err == nil && c.Status == string(connection.Failed) {
			err = fmt.Errorf("the setup failed: %v", c.Failure)
		}
		return c.Status == string(connection.Connected) && c.Waiting() == 0, err
	})
	if err != nil {
		return fmt.Errorf("import history: %w", err)
	}
	s.hook, err = w.hookOf(s)
	return err
}

// restrict starts the product and the stand-ins anew under other limits. What
// Ometria held is forgotten.
func (w *world) restrict(l limits) error {
	w.stopProduct()
	w.limits = l
	keys := map[string]string{}
	for _, s := range w.shops {
		keys[s.key] = s.account
		s.options.Quota = l.quota
		if err := s.Close(); err != nil {
			return fmt.Errorf("stop simulated BigCommerce: %w", err)
		}
		server, err := bigcommercesim.New(s.options)
		if err != nil {
			return fmt.Errorf("start simulated BigCommerce: %w", err)
		}
		w.mu.Lock()
		s.Server = server
		w.mu.Unlock()
	}
	if err := w.openOmetria(keys); err != nil {
		return err
	}
	return w.startProduct()
}

// poll asks, every so often, until the answer is yes.
func poll(ctx context.Context, every, limit time.Duration, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not within %s", limit))
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		yes, err := ask()
		if yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

var errNoHook = errors.New("the store has no hook for product changes")
