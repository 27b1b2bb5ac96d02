package ometria_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/ometria"
)

const key = "key-of-the-test-account"

// serve answers below a sub-path, so that a path built from the root is caught.
func serve(t *testing.T, handler http.HandlerFunc, change ...func(*ometria.Config)) *ometria.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/sub/path/", http.StripPrefix("/sub/path", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	config := ometria.Config{BaseURL: server.URL + "/sub/path/", APIKey: key}
	for _, c := range change {
		c(&config)
	}
	client, err := ometria.New(config)
	require.NoError(t, err)
	return client
}

func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func contacts(n int) []ometria.Record {
	records := make([]ometria.Record, n)
	for i := range records {
		records[i] = &ometria.Contact{Collection: "customers", ID: string(rune('a' + i%26)), Email: "ann@example.com"}
	}
	return records
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		config ometria.Config
		want   string
	}{
		"no key":          {ometria.Config{}, "API key: missing"},
		"key with spaces": {ometria.Config{APIKey: "a b"}, "API key: holds a space"},
		"no scheme":       {ometria.Config{APIKey: key, BaseURL: "api.ometria.com"}, "base URL: want http"},
		"query":           {ometria.Config{APIKey: key, BaseURL: "https://x.test?key=1"}, "base URL: want no user"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ometria.New(c.config)
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), key)
		})
	}
}

func TestPushSendsOneArray(t *testing.T) {
	var seen []ometria.Exchange
	var logs bytes.Buffer
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "POST /v2/push", r.Method+" "+r.URL.Path)
		assert.Equal(t, key, r.Header.Get("X-Ometria-Auth"))
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Equal(t, "a test", r.Header.Get("User-Agent"))
		body, _ := io.ReadAll(r.Body)
		assert.JSONEq(t, `[{"@type":"contact","@collection":"customers","@merge":true,"id":"7","email":"a<b>&c@example.com"}]`, string(body))
		assert.Contains(t, string(body), `a<b>&c@`, "not escaped to six bytes each")
		w.Header().Set("X-QueueSize-Remaining", "49999")
		io.WriteString(w, `{"status":"OK","request_id":"e8d96762-7ee7","accepted":1,"rejected":0,"new":[1]}`)
	}, func(c *ometria.Config) {
		c.UserAgent = "a test"
		c.Observe = func(e ometria.Exchange) { seen = append(seen, e) }
		c.Logger = slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	got, err := client.Push(t.Context(), []ometria.Record{
		&ometria.Contact{Collection: "customers", Merge: true, ID: "7", Email: "a<b>&c@example.com"}})
	require.NoError(t, err)
	assert.Equal(t, ometria.PushResponse{
		Status: "OK", RequestID: "e8d96762-7ee7", Accepted: 1, HTTPStatus: 200, QueueRemaining: 49999}, got)
	require.Len(t, seen, 1)
	assert.Equal(t, "/push", seen[0].Route)
	assert.Equal(t, 200, seen[0].Status)
	assert.Contains(t, logs.String(), "route=/push")
	assert.NotContains(t, logs.String(), key)
	assert.NotContains(t, logs.String(), "example.com")
}

func TestPushAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   ometria.PushResponse
		err    string
	}{
		"201":              {201, `{"status":"OK","request_id":"r","accepted":2,"rejected":0}`, ometria.PushResponse{Status: "OK", RequestID: "r", Accepted: 2, HTTPStatus: 201, QueueRemaining: -1}, ""},
		"202 with no body": {202, ``, ometria.PushResponse{Accepted: 2, HTTPStatus: 202, QueueRemaining: -1}, ""},
		"rejected in 200":  {200, `{"status":"OK","request_id":"r","accepted":1,"rejected":1}`, ometria.PushResponse{Status: "OK", RequestID: "r", Accepted: 1, Rejected: 1, HTTPStatus: 200, QueueRemaining: -1}, ""},
		"rejected in 400":  {400, `{"status":"ERROR","request_id":"r","accepted":0,"rejected":2}`, ometria.PushResponse{Status: "ERROR", RequestID: "r", Rejected: 2, HTTPStatus: 400, QueueRemaining: -1}, ""},
		"skipped":          {200, `{"status":"OK","request_id":"r","accepted":1,"rejected":0,"skipped":1}`, ometria.PushResponse{Status: "OK", RequestID: "r", Accepted: 1, Skipped: 1, HTTPStatus: 200, QueueRemaining: -1}, ""},
		"error in 200":     {200, `{"status":"ERROR","request_id":"r","accepted":0,"rejected":0}`, ometria.PushResponse{}, "push: ometria answered 200 OK (request r)"},
		"truncated":        {200, `{"status":"OK","request_`, ometria.PushResponse{}, "push: ometria answered 200 OK with a body that is not the documented JSON"},
		"another page":     {200, `<html>`, ometria.PushResponse{}, "push: ometria answered 200 OK with a body that is not the documented JSON"},
		"too large":        {400, `{"message":"Payload invalid: Record is too large ann@example.com"}`, ometria.PushResponse{}, "push: ometria answered 400 Bad Request: record is too large"},
		"500 html":         {500, `<html>ann@example.com</html>`, ometria.PushResponse{}, "push: ometria answered 500 Internal Server Error"},
		"403 with a body":  {403, `{"request_id":"ann","rejected":3}`, ometria.PushResponse{}, "push: ometria answered 403 Forbidden: the API key is wrong, revoked or less than ten minutes old"},
		"strange id":       {500, `{"request_id":"ann@example.com"}`, ometria.PushResponse{}, "push: ometria answered 500 Internal Server Error"},
		"redirect":         {302, ``, ometria.PushResponse{}, "push: ometria answered 302 Found"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := serve(t, answer(c.status, c.body, "Location", "http://127.0.0.1:1/elsewhere")).Push(t.Context(), contacts(2))
			if c.err != "" {
				require.EqualError(t, err, c.err)
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestPushRefusesBeforeSending(t *testing.T) {
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for name, records := range map[string][]ometria.Record{
		"none":      nil,
		"101":       contacts(101),
		"two types": {contacts(1)[0], &ometria.Order{ID: "1"}},
		"too large": {contacts(1)[0], &ometria.Contact{Collection: "customers", ID: "9", FirstName: strings.Repeat("x", ometria.MaxRecordBytes)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.Push(t.Context(), records)
			require.Error(t, err)
			assert.True(t, ometria.DidNothing(err))
			if name == "too large" {
				e, ok := errors.AsType[*ometria.RecordTooLargeError](err)
				require.True(t, ok)
				assert.Equal(t, ometria.Key{Type: "contact", Collection: "customers", ID: "9"}, e.Key)
				assert.True(t, ometria.IsRefused(err))
			}
		})
	}
}

func TestThrottle(t *testing.T) {
	date := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	for name, c := range map[string]struct {
		headers   []string
		least     time.Duration
		most      time.Duration
		full      bool
		remaining int
	}{
		"silent":   {nil, 0, 0, false, -1},
		"seconds":  {[]string{"Retry-After", "3"}, 3 * time.Second, 3 * time.Second, false, -1},
		"date":     {[]string{"Retry-After", date}, 80 * time.Second, 90 * time.Second, false, -1},
		"nonsense": {[]string{"Retry-After", "-NaN", "X-QueueSize-Remaining", "many"}, 0, 0, false, -1},
		"forever":  {[]string{"Retry-After", "1e300"}, time.Hour, time.Hour, false, -1},
		"full":     {[]string{"X-QueueSize-Limit", "50000", "X-QueueSize-Remaining", "0"}, 0, 0, true, 0},
		"rate":     {[]string{"X-QueueSize-Remaining", "17"}, 0, 0, false, 17},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, answer(429, `{"rejected":5}`, c.headers...)).Push(t.Context(), contacts(1))
			e, ok := errors.AsType[*ometria.ThrottledError](err)
			require.True(t, ok, "%v", err)
			assert.GreaterOrEqual(t, e.RetryIn, c.least)
			assert.LessOrEqual(t, e.RetryIn, c.most)
			assert.Equal(t, c.full, e.QueueFull)
			assert.Equal(t, c.remaining, e.QueueRemaining)
			assert.True(t, ometria.DidNothing(err))
		})
	}
}

func TestWhatIsKnownOfAnOutcome(t *testing.T) {
	status := func(code int) error {
		_, err := serve(t, answer(code, "")).Push(t.Context(), contacts(1))
		return err
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	unreachable := func(base string) error {
		client, err := ometria.New(ometria.Config{BaseURL: base, APIKey: key, Timeout: 5 * time.Second})
		require.NoError(t, err)
		_, err = client.Push(t.Context(), contacts(1))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "/v2/push", "the URL is left out")
		return err
	}
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	})
	_, closing := cut.Push(t.Context(), contacts(1))
	release := make(chan struct{})
	slow := serve(t, func(http.ResponseWriter, *http.Request) { <-release }, func(c *ometria.Config) { c.Timeout = 50 * time.Millisecond })
	_, late := slow.Push(t.Context(), contacts(1))
	close(release)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, unsent := slow.Push(ended, contacts(1))
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	t.Cleanup(secure.Close)

	for _, c := range []struct {
		name                                        string
		err                                         error
		nothing, credentials, unavailable, isRefuse bool
	}{
		{"400", status(400), true, false, false, true},
		{"401", status(401), true, true, false, false},
		{"403", status(403), true, true, false, false},
		{"413", status(413), true, false, false, true},
		{"500", status(500), false, false, false, false},
		{"502", status(502), false, false, true, false},
		{"503", status(503), false, false, true, false},
		{"connection refused", unreachable("http://" + closed.Addr().String()), true, false, true, false},
		{"no such host", unreachable("http://ometria.invalid"), true, false, true, false},
		{"unknown certificate", unreachable(secure.URL), true, false, true, false},
		{"connection closed", closing, false, false, false, false},
		{"timeout", late, false, false, false, false},
		{"context ended before", unsent, true, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Error(t, c.err)
			assert.Equal(t, c.nothing, ometria.DidNothing(c.err), "DidNothing(%v)", c.err)
			assert.Equal(t, c.credentials, ometria.IsCredentials(c.err))
			assert.Equal(t, c.unavailable, ometria.IsUnavailable(c.err))
			assert.Equal(t, c.isRefuse, ometria.IsRefused(c.err))
			assert.Equal(t, c.name == "timeout", ometria.IsTimeout(c.err))
		})
	}
	assert.False(t, ometria.DidNothing(nil))
}
