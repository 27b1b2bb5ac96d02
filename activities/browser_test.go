package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// browser is Chromium before a world's storefronts: every host it knows is on
// one local server, over TLS as in life.
type browser struct {
	*world
	ctx context.Context

	mu     sync.Mutex // guards what follows
	fronts map[string]http.Handler
	errors []string // thrown into a page since the last look
}

// watchFetches lets a test wait until a page has nothing under way.
const watchFetches = `
window.fetching = 0;
const real = window.fetch;
window.fetch = (...args) => {
	window.fetching++;
	const over = () => setTimeout(() => window.fetching--, 0);
	return real(...args).then(answer => { answer.clone().text().finally(over); return answer }, cause => { over(); throw cause });
};`

// newBrowser opens Chromium, or skips the test where there is none.
func newBrowser(t *testing.T, settings connection.Settings) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("no chromium is installed: the JavaScript tag is not tried in a browser")
	}
	b := &browser{fronts: map[string]http.Handler{"cdn.example.com": ometriasim.Tag(ometriasim.TagOptions{})}}
	b.world = newWorld(t, func(o *worldOptions) {
		o.shop.Customers, o.shop.Products, o.shop.Orders = 5, 60, 5
		o.settings = settings
	})
	server := httptest.NewUnstartedServer(http.HandlerFunc(b.serve))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // Chromium tries its hosts without TLS first
	server.StartTLS()
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.IgnoreCertErrors,
		chromedp.Flag("host-resolver-rules", "MAP * "+server.Listener.Addr().String()), chromedp.WindowSize(900, 500))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	b.ctx, _ = chromedp.NewContext(allocator)
	t.Cleanup(func() { _ = chromedp.Cancel(b.ctx) }) // waits until the browser has ended
	require.NoError(t, chromedp.Listen(b.ctx, func(event any) {
		if thrown, ok := event.(*runtime.EventExceptionThrown); ok {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.errors = append(b.errors, thrown.ExceptionDetails.Text)
		}
	}))
	_, err := chromedp.Call(b.ctx, devtools.AddScriptToEvaluateOnNewDocument, devtools.AddScriptToEvaluateOnNewDocumentParams{Source: watchFetches})
	require.NoError(t, err)
	return b
}

// serve is every host. The policy is the one that the documentation asks of a
// shop with a content security policy.
func (b *browser) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	front := b.fronts[r.Host]
	b.mu.Unlock()
	if front == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline' https://cdn.example.com")
	front.ServeHTTP(w, r)
}

func (b *browser) host(name string, front http.Handler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fronts[name] = front
}

// open shows a storefront at the shop's address.
func (b *browser) open(o bigcommercesim.StorefrontOptions) *bigcommercesim.Storefront {
	front := b.shop.Storefront(o)
	b.host("shop.example.com", front)
	return front
}

// visit opens a page, waits until nothing is under way, and returns the calls
// that the tag file saw, a line each.
func (b *browser) visit(path string) (calls []string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Navigate("https://shop.example.com"+path),
		chromedp.Poll[chromedp.Void](`document.readyState === "complete" && window.fetching === 0`, chromedp.WithPollingTimeout(10*time.Second))), path)
	raw := evaluate[string](b, `JSON.stringify(window.ometriaCalls || [])`)
	var made []struct {
		Call  string            `json:"call"`
		Args  []json.RawMessage `json:"args"`
		Wrong string            `json:"wrong"`
	}
	require.NoError(b.t, json.Unmarshal([]byte(raw), &made))
	for _, call := range made {
		args := make([]string, len(call.Args))
		for n, arg := range call.Args {
			args[n] = string(arg)
		}
		assert.Empty(b.t, call.Wrong, "%s: %s%s", path, call.Call, args)
		calls = append(calls, call.Call+"("+strings.Join(args, ", ")+")")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Empty(b.t, b.errors, path)
	b.errors = nil
	return calls
}

// evaluate runs JavaScript in the page.
func evaluate[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, expression)
	return value
}

// count returns how many elements of the page a selector finds.
func (b *browser) count(selector string) int {
	b.t.Helper()
	return evaluate[int](b, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
}

// stock are products of the shop by what matters to a basket.
type stock struct{ withVariants, plain, digital, bundled bigcommerce.Product }

func (b *browser) stock() (s stock) {
	b.t.Helper()
	for _, p := range list[bigcommerce.Product](b.world, ours, "/v3/catalog/products?include=variants&limit=250") {
		base := len(p.Variants) == 1 && len(p.Variants[0].OptionValues) == 0
		switch {
		case p.Type == "digital" && base && s.digital.ID == 0:
			s.digital = p
		case p.Type != "digital" && !base && s.withVariants.ID == 0:
			s.withVariants = p
		case p.Type != "digital" && base && s.plain.ID == 0:
			s.plain = p
		case p.Type != "digital" && base:
			s.bundled = p
		}
	}
	for _, p := range []bigcommerce.Product{s.withVariants, s.plain, s.digital, s.bundled} {
		require.NotZero(b.t, p.ID, "the simulated shop lacks a kind of product")
	}
	return s
}

// pushed are the ids of the Ometria records that a product is pushed as: its
// own, and its variants' by place.
func (b *browser) pushed(p bigcommerce.Product) (own string, variants []string) {
	b.t.Helper()
	result := mapping.Product(p, mapping.Context{Settings: b.reload(b.c.ID).Settings, Store: b.reload(b.c.ID).Store}, connection.RecordState{})
	require.NotEmpty(b.t, result.Records)
	for n, record := range result.Records {
		if id := record.(*ometria.Product).ID; n == 0 {
			own = id
		} else {
			variants = append(variants, id)
		}
	}
	return own, variants
}

// pushedOrder is the id that an order is pushed with.
func (b *browser) pushedOrder(id int64) string {
	b.t.Helper()
	gone := mapping.Gone(connection.Orders, connection.RecordID(id), mapping.Context{Settings: b.reload(b.c.ID).Settings}, connection.RecordState{Exists: true})
	require.Len(b.t, gone.Records, 1)
	return gone.Records[0].Key().ID
}

func (b *browser) settings(change func(*connection.Settings)) {
	b.t.Helper()
	_, err := b.Store.UpdateConnection(b.t.Context(), b.c.ID, 0, func(c *connection.Connection) error {
		change(&c.Settings)
		return nil
	})
	require.NoError(b.t, err)
}

// first is the id of the shop's first record of an entity.
func (b *browser) first(entity string) int64 {
	b.t.Helper()
	ids, err := b.shop.IDs(entity, 0, 1)
	require.NoError(b.t, err)
	require.Len(b.t, ids, 1)
	return ids[0]
}

// screenshot keeps a picture of the page where OBC_SCREENSHOTS names a folder.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	folder := os.Getenv("OBC_SCREENSHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(folder, name), picture, 0o600))
}
