package service

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver named sqlite

	"github.com/ometria/ometria-bigcommerce/api"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

const benchToken = "a-token-of-twenty-four-chars"

// BenchmarkPage asks for pages of 200 connections of 1,000 records each, one of
// which has 10,000 failures more, as a browser over loopback does; beside them
// the page that costs nothing to find out, the sign-in.
func BenchmarkPage(b *testing.B) {
	base, client, failing := benchmarkPage(b)
	for name, path := range map[string]string{
		"sign-in":          "/sign-in",
		"connections":      "/",
		"connection":       "/connections/" + failing,
		"failures":         "/connections/" + failing + "/failures",
		"failed records":   "/connections/" + failing + "/records?outcome=rejected",
		"last failed ones": "/connections/" + failing + "/records?outcome=rejected&cursor=orders/9950",
	} {
		b.Run(name, func(b *testing.B) {
			var size int64
			for b.Loop() {
				size = fetch(b, client, base+path)
			}
			b.ReportMetric(float64(size)/1000, "kB")
		})
	}
}

// BenchmarkFirstPaint opens the list of 200 connections in Chromium, nothing of
// it in the cache, and reports when something is painted, the median; beside it
// a page of ours with nothing on it, and one of a single paragraph, which is what
// the browser itself takes. Each is opened from a page that has come to rest: what
// a browser still does for the page before is no part of it.
func BenchmarkFirstPaint(b *testing.B) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		b.Skip("no chromium is installed")
	}
	base, client, _ := benchmarkPage(b)
	allocator, stop := chromedp.NewExecAllocator(b.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(b.TempDir()))...)
	b.Cleanup(stop)
	ctx, _ := chromedp.NewContext(allocator)
	b.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits until the browser has ended
	address, err := url.Parse(base)
	require.NoError(b, err)
	for _, cookie := range client.Jar.Cookies(address) { // signed in
		_, err = chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: base})
		require.NoError(b, err)
	}
	_, err = chromedp.Call(ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	require.NoError(b, err)
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>Bare</title><p>Hello")
	}))
	b.Cleanup(bare.Close)
	for name, address := range map[string]string{"connections": base + "/", "an empty page": base + "/nowhere", "a bare page": bare.URL} {
		b.Run(name, func(b *testing.B) {
			var painted []float64
			var transferred float64
			for b.Loop() {
				require.NoError(b, chromedp.Do(ctx, chromedp.Navigate(base+"/nowhere"), chromedp.Sleep(atRest), chromedp.Navigate(address)))
				got, err := chromedp.Run(ctx, chromedp.Evaluate[[2]float64](paint, chromedp.EvalAwaitPromise))
				require.NoError(b, err)
				painted, transferred = append(painted, got[0]), got[1]
			}
			slices.Sort(painted)
			b.ReportMetric(painted[len(painted)/2], "ms-painted")
			b.ReportMetric(transferred/1000, "kB")
		})
	}
}

// atRest is how long a browser may have to do with a page once it is there.
const atRest = 500 * time.Millisecond

// paint waits for a page's first paint and until its list is whole, and tells
// when the paint was, in ms, and how many bytes were transferred.
const paint = `new Promise(done => {
	const look = () => {
		const paint = performance.getEntriesByName("first-contentful-paint")[0];
		const whole = !document.querySelector("[data-rest]") || document.querySelectorAll(".tile").length > 200;
		if (!paint || !whole) return setTimeout(look, 5);
		const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
		done([paint.startTime, all.reduce((sum, e) => sum + e.transferSize, 0)]);
	};
	look();
})`

func fetch(b *testing.B, client *http.Client, address string) int64 {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	require.NoError(b, err)
	req.Header.Set("Accept-Encoding", "gzip") // what is transferred counts
	res, err := client.Do(req)
	require.NoError(b, err)
	defer func() { _ = res.Body.Close() }() // read whole
	n, err := io.Copy(io.Discard, res.Body)
	require.NoError(b, err)
	require.Equal(b, http.StatusOK, res.StatusCode)
	return n
}

func benchmarkPage(b *testing.B) (base string, client *http.Client, failing string) {
	b.Helper()
	secret := store.NewKey()
	keys, err := store.ParseKeys(secret)
	require.NoError(b, err)
	file := filepath.Join(b.TempDir(), "bench.db")
	s, err := store.Open(b.Context(), "sqlite:"+file, keys, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	require.NoError(b, s.Migrate(b.Context()))
	db, err := sql.Open("sqlite", "file:"+file)
	require.NoError(b, err)
	defer func() { require.NoError(b, db.Close()) }()
	for n := range 200 {
		hash := connection.StoreHash(fmt.Sprintf("store%d", n))
		login := connection.NewAuthenticationID()
		require.NoError(b, s.CreateAuthentication(b.Context(), connection.Authentication{ID: login, StoreHash: hash}, connection.Credentials{}))
		c, err := s.CreateConnection(b.Context(), connection.Connection{
			Name: fmt.Sprintf("Shop number %d", n), AuthenticationID: login, StoreHash: hash, IdentificationCode: fmt.Sprintf("CODE%d", n), Timezone: "Europe/London"})
		require.NoError(b, err)
		_, err = s.SetPhase(b.Context(), c.ID, connection.Connected)
		require.NoError(b, err)
		fill(b, db, c.ID, "products", 1000, "accepted")
		if failing == "" {
			failing = string(c.ID)
			fill(b, db, c.ID, "orders", 10_000, "rejected")
		}
	}
	_, err = db.ExecContext(b.Context(), "ANALYZE")
	require.NoError(b, err)
	handler, err := api.New(api.Options{
		Store: s, Starter: struct{ api.Starter }{}, Inspector: struct{ api.Inspector }{}, // no page here asks them
		Tokens: []api.Token{{Role: api.Admin, Name: "ada", Token: benchToken}}, Ready: func(context.Context) error { return nil },
	})
	require.NoError(b, err)
	server := httptest.NewUnstartedServer(nil)
	base = "http://" + server.Listener.Addr().String()
	server.Config.Handler, err = withPage(handler, Config{EncryptionKeys: connection.Secret(secret), PublicURL: base}, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	server.Start()
	b.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(b, err)
	client = &http.Client{Jar: jar}
	res, err := client.PostForm(base+"/sign-in", url.Values{"token": {benchToken}})
	require.NoError(b, err)
	require.NoError(b, res.Body.Close())
	return base, client, failing
}

func fill(b *testing.B, db *sql.DB, id connection.ID, entity string, n int, outcome string) {
	b.Helper()
	_, err := db.ExecContext(b.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
		INSERT INTO records (connection_id, entity, record_id, outcome, outcome_at, reason_code, reason_text)
		SELECT ?1, ?2, i, ?4, 1700000000000 + i, CASE WHEN ?4 = 'rejected' THEN 'r' || (i % 20) ELSE '' END, '' FROM n`, string(id), entity, n, outcome)
	require.NoError(b, err)
}
