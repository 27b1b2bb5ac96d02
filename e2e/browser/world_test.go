package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/internal/devserver"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// patience is when a test gives up on what should take seconds: it may share its
// cores with much else.
const patience = 90 * time.Second

// The tokens of the page's visitors. Each secret and personal value that the
// tests use holds the word planted.
const (
	adminToken   = "planted-admin-token-0123456789"
	supportToken = "planted-support-token-0123456789"
)

// product is the program under test, which TestMain builds.
var product string

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (code int, err error) {
	if missing() != "" {
		return m.Run(), nil // each test skips, and says so
	}
	dir, err := os.MkdirTemp("", "obc-browser-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	product = filepath.Join(dir, "ometria-bigcommerce")
	build := exec.Command("go", "build", "-o", product, "../../cmd/ometria-bigcommerce")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("build the product: %w", err)
	}
	return m.Run(), nil
}

// missing says what the tests cannot do without and does not find.
func missing() string {
	if chromium() == "" {
		return "no chromium is installed"
	}
	if _, err := os.Stat(devserverPath()); err != nil {
		return "no devserver program; build it with make bin/devserver, or set OBC_DEVSERVER"
	}
	return ""
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func devserverPath() string {
	if path := os.Getenv("OBC_DEVSERVER"); path != "" {
		return path
	}
	return filepath.Join("..", "..", "bin", "devserver")
}

// world is everything that runs.
type world struct {
	t        *testing.T
	url      string // of the page
	api      *apiclient.Client
	shops    map[string]*shop // by store hash
	ometria  *ometriasim.Server
	log      *output // all that the product says
	database string
	chromium context.Context
	asked    *addresses
}

// addresses are those that the browser has asked for.
type addresses struct {
	mu   sync.Mutex // guards seen
	seen map[string]bool
}

func (a *addresses) add(url string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[url] = true
}

// shop is one simulated store with the credentials of its accounts. Its Ometria
// account has the name of its store hash.
type shop struct {
	*bigcommercesim.Server
	hash, key      string
	token, another string // access tokens; the other one lacks scopes
	clientID       string
	clientSecret   string
}

// account is the shop's account at Ometria.
func (w *world) account(s *shop) *ometriasim.Account { return w.ometria.Account(s.hash) }

// newWorld starts everything, with a store of each hash that is given.
func newWorld(t *testing.T, stores map[string]func(*bigcommercesim.Options)) *world {
	t.Helper()
	if what := missing(); what != "" {
		t.Skip("the page is not tried in a browser: " + what)
	}
	w := &world{t: t, shops: map[string]*shop{}, log: &output{}, asked: &addresses{seen: map[string]bool{}}}
	bigcommerce, ometria := w.simulate(stores)
	w.database = filepath.Join(t.TempDir(), "obc.db")
	address := freeAddress(t)
	w.url = "http://" + address
	w.serve(
		"OBC_HTTP_ADDR="+address, "OBC_DATABASE_URL=sqlite:"+w.database, "OBC_ENCRYPTION_KEYS="+store.NewKey(),
		"OBC_TOKENS=admin:ann:"+adminToken+",support:sam:"+supportToken, "OBC_LOG_LEVEL=debug",
		"OBC_BIGCOMMERCE_URL="+bigcommerce, "OBC_OMETRIA_URL="+ometria, "OBC_OMETRIA_PUSHES_PER_SECOND=0",
		"TEMPORAL_ADDRESS="+w.temporal(), "TEMPORAL_CONFIG_FILE=/dev/null", "OBC_TEMPORAL_UI_URL=http://127.0.0.1:8233",
	)
	w.api = apiclient.New(w.url, adminToken, &http.Client{Timeout: patience})
	w.browse()
	return w
}

// in is the same world in a part of its test.
func (w *world) in(t *testing.T) *world {
	part := *w
	part.t = t
	return &part
}

// simulate starts the stand-ins and returns their addresses. All stores are
// behind one, as at BigCommerce.
func (w *world) simulate(stores map[string]func(*bigcommercesim.Options)) (bigcommerce, ometria string) {
	w.t.Helper()
	marketing := ometriasim.DefaultOptions()
	marketing.PushesPerSecond, marketing.ReadsPerSecond, marketing.QueueLimit = 0, 0, 0
	marketing.Keys = map[string]string{}
	for hash, change := range stores {
		o := bigcommercesim.DefaultOptions()
		o.Customers, o.Subscribers, o.Products, o.Orders = 12, 8, 15, 20
		o.Quota = bigcommercesim.Quota{Requests: 100_000, Window: 30 * time.Second}
		o.Timezone = "Europe/London"
		o.Domain = hash + ".example.com"
		o.StoreHash, o.AccessToken, o.ClientID, o.ClientSecret = hash, "planted-token-"+hash, "client-"+hash, "planted-secret-"+hash
		if change != nil {
			change(&o)
		}
		server, err := bigcommercesim.New(o)
		require.NoError(w.t, err)
		w.t.Cleanup(func() { _ = server.Close() })
		s := &shop{
			Server: server, hash: hash, key: "planted-key-" + hash, token: o.AccessToken, another: "planted-other-" + hash,
			clientID: o.ClientID, clientSecret: o.ClientSecret,
		}
		require.NoError(w.t, server.AddAccount(bigcommercesim.APIAccount{
			AccessToken: s.another, ClientID: "other-" + hash, Scopes: []string{"store_v2_information_read_only", "store_v2_customers_read_only", "store_v2_orders_read_only", "store_v2_products_read_only"},
		}))
		w.shops[hash], marketing.Keys[s.key] = s, hash
	}
	var err error
	w.ometria, err = ometriasim.New(marketing)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = w.ometria.Close() })
	all := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		hash, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/stores/"), "/")
		if s := w.shops[hash]; s != nil {
			s.ServeHTTP(rw, r)
			return
		}
		http.Error(rw, `{"status":404,"title":"no such store"}`, http.StatusNotFound)
	}))
	w.t.Cleanup(all.Close)
	account := httptest.NewServer(w.ometria)
	w.t.Cleanup(account.Close)
	return all.URL, account.URL
}

// temporal starts the Temporal server and returns its address.
func (w *world) temporal() string {
	w.t.Helper()
	log, err := os.Create(filepath.Join(w.t.TempDir(), "temporal.log"))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = log.Close() })
	server, err := devserver.Start(w.t.Context(), devserver.Options{
		Path: devserverPath(), Frontend: "127.0.0.1:0", UI: "off", Attributes: workflows.SearchAttributeNames(), Log: log,
	})
	require.NoError(w.t, err)
	w.t.Cleanup(server.Kill)
	return server.Frontend
}

// serve runs the product and waits until it answers.
func (w *world) serve(environ ...string) {
	w.t.Helper()
	cmd := exec.Command(product, "serve")
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "OBC_") && !strings.HasPrefix(variable, "TEMPORAL_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, environ...)
	cmd.Stdout, cmd.Stderr = w.log, w.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(w.t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed
	}()
	w.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		if w.t.Failed() {
			w.t.Logf("the product said:\n%s", w.log.tail(40))
		}
	})
	w.until("the product is ready", func() bool {
		answer, err := http.Get(w.url + "/readyz")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// browse starts Chromium.
func (w *world) browse() {
	w.t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(w.t.TempDir()),
		chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1100, 800))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	w.t.Cleanup(stop)
	ctx, _ := chromedp.NewContext(allocator)
	w.t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits until the browser has ended
	require.NoError(w.t, chromedp.Do(ctx))
	w.chromium = ctx
}

// until polls until the condition holds.
func (w *world) until(what string, condition func() bool) {
	w.t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// connect connects a store over the API, once, and waits until its records have
// arrived.
func (w *world) connect(s *shop) apiclient.Connection {
	w.t.Helper()
	for c, err := range w.api.Connections(w.t.Context()) {
		require.NoError(w.t, err)
		if c.StoreHash == s.hash {
			return c
		}
	}
	made, err := w.api.CreateAuthentication(w.t.Context(), apiclient.NewAuthentication{
		Name: s.hash, OmetriaAPIKey: s.key, ClientID: s.clientID, ClientSecret: s.clientSecret, AccessToken: s.token, StoreHash: s.hash,
	})
	require.NoError(w.t, err)
	c, err := w.api.CreateConnection(w.t.Context(), apiclient.NewConnection{
		AuthenticationID: made.ID, IdentificationCode: s.hash, Timezone: "Europe/London",
	})
	require.NoError(w.t, err)
	w.until("the store is connected", func() bool {
		c, err = w.api.Connection(w.t.Context(), c.ID)
		require.NoError(w.t, err)
		require.Nil(w.t, c.Failure)
		return c.Status == "connected" && c.Waiting() == 0
	})
	return c
}

// output collects what the product says while others read it.
type output struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// tail is the last lines.
func (o *output) tail(n int) string {
	lines := strings.Split(o.String(), "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], "\n")
}

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
