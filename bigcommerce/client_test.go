package bigcommerce

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseStoreHash(t *testing.T) {
	good := map[string]string{
		"abc123":    "abc123",
		" abc123\n": "abc123",
		"ABC":       "ABC",
		"https://api.bigcommerce.com/stores/abc123/v3/":             "abc123",
		"https://api.bigcommerce.com/stores/abc123/v3":              "abc123",
		"https://api.bigcommerce.com/stores/abc123":                 "abc123",
		"api.bigcommerce.com/stores/abc123/":                        "abc123",
		"stores/abc123":                                             "abc123",
		"https://localhost:9/prefix/stores/abc123/v2/?x=/stores/no": "abc123",
	}
	for text, want := range good {
		got, err := ParseStoreHash(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", " ", "abc-123", "abc 123", "store-abc123.mybigcommerce.com", "../abc", "abc/def",
		"https://api.bigcommerce.com/stores//v3/", "https://api.bigcommerce.com/stores/a_b/v3/", "https://x/?q=/stores/abc", "ábc"} {
		_, err := ParseStoreHash(text)
		require.ErrorContains(t, err, "store hash", text)
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	base := Config{StoreHash: "abc123", AccessToken: "t"}
	cases := map[string]func(*Config){
		"store hash":                func(c *Config) { c.StoreHash = "not-a-hash" },
		"access token: missing":     func(c *Config) { c.AccessToken = "" },
		"access token: holds":       func(c *Config) { c.AccessToken = "a\nb" },
		"base URL: not a URL":       func(c *Config) { c.BaseURL = "http://[" },
		"base URL: want http":       func(c *Config) { c.BaseURL = "api.bigcommerce.com" },
		"base URL: want no user":    func(c *Config) { c.BaseURL = "https://u:p@host" },
		"base URL: want no user, q": func(c *Config) { c.BaseURL = "https://host?x=1" },
	}
	for want, change := range cases {
		config := base
		change(&config)
		_, err := New(config)
		require.ErrorContains(t, err, want)
	}
	client, err := New(base)
	require.NoError(t, err)
	require.Equal(t, "https://api.bigcommerce.com/stores/abc123", client.base.String())
	require.Equal(t, "abc123", client.StoreHash())
}

func TestHeaders(t *testing.T) {
	v := serve(t, answer(200, `{"data":{"id":1}}`), func(c *Config) { c.UserAgent = "agent/1" })
	_, err := v.client.Hooks.Create(t.Context(), HookInput{Scope: "store/order/created", Destination: "https://x"})
	require.NoError(t, err)
	_, err = v.client.Hooks.Admin(t.Context())
	require.NoError(t, err)
	post, get := v.requests[0].Header, v.requests[1].Header
	for _, header := range []http.Header{post, get} {
		require.Equal(t, testToken, header.Get("X-Auth-Token"))
		require.Equal(t, "application/json", header.Get("Accept"))
		require.Equal(t, "agent/1", header.Get("User-Agent"))
	}
	require.Equal(t, "application/json", post.Get("Content-Type"))
	require.Empty(t, get.Get("Content-Type"))
}

func TestRedirectIsNotFollowed(t *testing.T) {
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	})
	_, err := v.client.Store.Time(t.Context())
	e, ok := errors.AsType[*APIError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, 301, e.Status)
	require.Len(t, v.seen(), 1)
}

type exhausted struct{}

func (*exhausted) Error() string { return "budget used up" }

func TestBefore(t *testing.T) {
	var taken, released atomic.Int32
	refuse := false
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if released.Load() != 0 {
			t.Error("released before the answer was read")
		}
		answer(200, `[{"id":1}]`)(w, r)
	}, func(c *Config) {
		c.Before = func(context.Context) (func(), error) {
			if refuse {
				return nil, &exhausted{}
			}
			taken.Add(1)
			return func() { released.Add(1) }, nil
		}
	})
	_, err := v.client.Orders.Statuses(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, taken.Load())
	require.EqualValues(t, 1, released.Load())

	refuse = true
	_, err = v.client.Orders.Statuses(t.Context())
	_, ok := errors.AsType[*exhausted](err)
	require.True(t, ok, "%v", err)
	require.Len(t, v.seen(), 1, "a refused request must not be sent")
}

func TestBeforeIsCalledForEachPage(t *testing.T) {
	var calls atomic.Int32
	first := `{"data":[{"id":1}],"meta":{"pagination":{"total":2,"per_page":1,"current_page":1,"total_pages":2}}}`
	second := `{"data":[{"id":2}],"meta":{"pagination":{"total":2,"per_page":1,"current_page":2,"total_pages":2}}}`
	v := serve(t, answers(first, second), func(c *Config) {
		c.Before = func(context.Context) (func(), error) { calls.Add(1); return nil, nil }
	})
	hooks, err := v.client.Hooks.List(t.Context())
	require.NoError(t, err)
	require.Len(t, hooks, 2)
	require.EqualValues(t, 2, calls.Load())
}

func TestQuotaIsObserved(t *testing.T) {
	var seen []Quota
	status := 200
	v := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-rate-limit-time-window-ms", "30000")
		w.Header().Set("x-rate-limit-time-reset-ms", "15500")
		w.Header().Set("x-rate-limit-requests-quota", "150")
		w.Header().Set("x-rate-limit-requests-left", "35")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"time":1529512970}`))
	}, func(c *Config) { c.OnQuota = func(q Quota) { seen = append(seen, q) } })
	want := Quota{Window: 30 * time.Second, Reset: 15500 * time.Millisecond, Limit: 150, Left: 35}

	now, err := v.client.Store.Time(t.Context())
	require.NoError(t, err)
	require.Equal(t, time.Unix(1529512970, 0).UTC(), now)
	status = 429
	_, err = v.client.Store.Time(t.Context())
	e, ok := errors.AsType[*QuotaError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want.Reset, e.ResetIn)
	require.Equal(t, want, e.Quota)
	require.False(t, e.PlatformLoad)
	require.Equal(t, []Quota{want, want}, seen)
}

func TestReadQuota(t *testing.T) {
	header := func(window, reset, quota, left string) http.Header {
		h := http.Header{}
		for name, value := range map[string]string{"Time-Window-Ms": window, "Time-Reset-Ms": reset, "Requests-Quota": quota, "Requests-Left": left} {
			if value != "" {
				h.Set("X-Rate-Limit-"+name, value)
			}
		}
		return h
	}
	q, ok := readQuota(header("", "1", "2", "0"))
	require.True(t, ok)
	require.Equal(t, Quota{Reset: time.Millisecond, Limit: 2}, q)
	for _, h := range []http.Header{{}, header("1", "", "2", "3"), header("1", "1", "2", ""), header("1", "soon", "2", "3"),
		header("1", "-5", "2", "3"), header("1", "999999999999999999", "2", "3")} {
		_, ok := readQuota(h)
		require.False(t, ok, "%v", h)
	}
}

func TestObserverAndLogTellNothingPrivate(t *testing.T) {
	var out bytes.Buffer
	var exchanges []Exchange
	v := serve(t, answer(404, `{"status":404,"title":"gone: jane@example.com `+testToken+`"}`), func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.OnResponse = func(e Exchange) { exchanges = append(exchanges, e) }
	})
	_, err := v.client.Products.Get(t.Context(), 77)
	require.True(t, IsNotFound(err), "%v", err)
	for _, text := range []string{err.Error(), out.String()} {
		require.NotContains(t, text, testToken)
		require.NotContains(t, text, "jane@example.com")
	}
	require.Contains(t, out.String(), "path="+testRoot+"/v3/catalog/products/77 ")
	require.Contains(t, out.String(), "status=404")
	require.NotContains(t, out.String(), "primary_image", "no query's values in the log")
	require.Len(t, exchanges, 1)
	require.Equal(t, "/v3/catalog/products/{id}", exchanges[0].Route)
	require.Equal(t, "GET", exchanges[0].Method)
	require.Equal(t, 404, exchanges[0].Status)
	require.Positive(t, exchanges[0].Took)
}

func TestTimeout(t *testing.T) {
	v := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		func(c *Config) { c.Timeout = 30 * time.Millisecond })
	_, err := v.client.Store.Time(t.Context())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.True(t, IsTemporary(err))
	require.NotContains(t, err.Error(), v.URL)
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		_, _ = w.Write([]byte(`[`))
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	_, err := v.client.Orders.Page(ctx, OrderFilter{})
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, IsTemporary(err))
}

func TestConnectionRefused(t *testing.T) {
	v := serve(t, answer(200, ""))
	v.Close()
	_, err := v.client.Store.Time(t.Context())
	_, ok := errors.AsType[*TransportError](err)
	require.True(t, ok, "%v", err)
	require.True(t, IsTemporary(err))
}

func TestDamagedAnswers(t *testing.T) {
	cases := map[string]struct {
		handler http.HandlerFunc
		reason  string
	}{
		"empty":          {answer(200, ""), "got nothing"},
		"HTML":           {answer(200, "<html>jane@example.com</html>"), "want object"},
		"cut short":      {answer(200, `{"data":[{"id":1},`), "cut short"},
		"malformed":      {answer(200, `{"data":[{"id":1}{]}`), "not JSON"},
		"no data":        {answer(200, `{"meta":{}}`), "data is missing"},
		"null data":      {answer(200, `{"data":null}`), "data is missing"},
		"data an object": {answer(200, `{"data":{}}`), "got object"},
		"larger":         {answer(200, `{"data":[],"x":"`+strings.Repeat("y", 4000)+`"}`), "larger than 4000 bytes"},
		"no content":     {answer(204, ""), "got nothing"},
		"connection lost": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"data":[`))
		}, "cut short"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			v := serve(t, tc.handler, func(c *Config) { c.MaxBody = 4000 })
			_, err := v.client.Customers.Page(t.Context(), CustomerFilter{})
			e, ok := errors.AsType[*DecodeError](err)
			require.True(t, ok, "%v", err)
			require.Contains(t, e.Error(), tc.reason)
			require.NotContains(t, e.Error(), "jane")
			require.Equal(t, name != "data an object", IsTemporary(err))
		})
	}
}

func TestMalformedHTTPIsNotQuoted(t *testing.T) {
	for name, said := range map[string]string{
		"no status line":       "jane@example.com is no status line\r\n\r\n",
		"header without colon": "HTTP/1.1 200 OK\r\njane Doe\r\n\r\n",
		"header indented":      "HTTP/1.1 200 OK\r\n jane: Doe\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			v := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					_, _ = io.WriteString(conn, said)
					_ = conn.Close()
				}
			})
			_, err := v.client.Store.Time(t.Context())
			require.ErrorContains(t, err, "malformed HTTP answer")
			require.NotContains(t, err.Error(), "jane")
			require.True(t, IsTemporary(err))
		})
	}
}

func TestIDsCannotNameAnotherPath(t *testing.T) {
	v := serve(t, answer(200, `{}`))
	for _, uuid := range []string{"", ".", "..", "a/b", "0", "a?b", "%2e"} {
		require.ErrorContains(t, v.client.Scripts.Delete(t.Context(), uuid), "id is missing or malformed", uuid)
	}
	for _, id := range []int64{0, -1} {
		require.ErrorContains(t, v.client.Hooks.Delete(t.Context(), id), "id is missing or malformed")
	}
	require.Empty(t, v.seen())
}
