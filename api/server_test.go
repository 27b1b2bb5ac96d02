package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func TestNotFoundAndMethodNotAllowed(t *testing.T) {
	s := newService(t)
	for _, path := range []string{"/", "/v1", "/v1/connections/", "/nothing", "/v1/connections/not-a-uuid",
		"/v1/connections/0192F0A0-0000-7000-8000-000000000000", "/v1/connections/" + string(connection.NewID())} {
		s.call(adminToken, "GET", path, nil).problem(404)
	}
	got := s.call(adminToken, "PUT", "/v1/connections", map[string]any{})
	got.problem(405)
	assert.Contains(t, got.Header.Get("Allow"), "GET")
	assert.Contains(t, got.Header.Get("Allow"), "POST")
}

func TestSecurityHeaders(t *testing.T) {
	s := newService(t)
	for _, path := range []string{"/healthz", "/nothing", "/v1/connections", "/openapi.json", "/metrics"} {
		got := s.call("", "GET", path, nil)
		assert.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-store", got.Header.Get("Cache-Control"), path)
		assert.Contains(t, got.Header.Get("Content-Security-Policy"), "default-src 'none'", path)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	s := newService(t)
	s.call("", "GET", "/healthz", nil).want(200)
	s.call("", "GET", "/readyz", nil).want(200)

	s.starter.fail(errors.New("dial tcp 10.1.2.3:7233: connection refused"))
	got := s.call("", "GET", "/readyz", nil)
	p := got.problem(503)
	assert.Equal(t, []connection.FieldError{field("temporal", "unavailable", "temporal does not answer")}, p.Errors)
	assert.NotContains(t, string(got.Body), "10.1.2.3")

	require.NoError(t, s.store.Close())
	p = s.call("", "GET", "/readyz", nil).problem(503)
	require.Len(t, p.Errors, 2)
	assert.Equal(t, "database", p.Errors[0].Field)
	s.call("", "GET", "/healthz", nil).want(200)
}

func TestReadyOption(t *testing.T) {
	s := newService(t, func(o *Options) { o.Ready = func(context.Context) error { return errors.New("no") } })
	s.call("", "GET", "/readyz", nil).problem(503)
}

func TestMetricsHaveClosedLabels(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := newService(t, func(o *Options) { o.Registerer, o.Gatherer = registry, registry })
	id := string(s.connection("abc1"))
	s.call(adminToken, "GET", "/v1/connections/"+id, nil).want(200)
	s.call(adminToken, "GET", "/v1/connections/who@example.com", nil).want(404)
	s.call(adminToken, "GET", "/who@example.com", nil).want(404)
	s.call(adminToken, "BREW", "/v1/connections", nil).want(405)
	text := string(s.call("", "GET", "/metrics", nil).want(200).Body)
	assert.Contains(t, text, `obc_http_requests_total{method="GET",route="/v1/connections/:connection_id",status="200"} 1`)
	assert.Contains(t, text, `obc_http_requests_total{method="GET",route="none",status="404"} 1`)
	assert.Contains(t, text, `method="other"`)
	assert.Contains(t, text, `obc_webhooks_total{result="forged"} 0`)
	assert.Contains(t, text, "obc_http_request_duration_seconds_bucket")
	for _, never := range []string{id, "who@example.com", "BREW"} {
		assert.NotContains(t, text, never)
	}
}

func TestAccessLogNamesRouteNotURL(t *testing.T) {
	s := newService(t)
	s.call(supportToken, "GET", "/v1/connections/who@example.com?email=who@example.com", nil)
	s.call(supportToken, "GET", "/who@example.com", nil)
	log := s.logs.String()
	assert.NotContains(t, log, "who@example.com")
	assert.Contains(t, log, "route=/v1/connections/:connection_id")
	assert.Contains(t, log, "caller=sam")
	assert.Contains(t, log, "role=support")
}

// brokenStarter panics with what no answer and no log may hold.
type brokenStarter struct{ *fakeStarter }

func (brokenStarter) SetUp(context.Context, connection.Connection) (string, error) {
	panic("shopper@example.com")
}

func TestPanicBecomesAProblem(t *testing.T) {
	s := newService(t, func(o *Options) { o.Starter = brokenStarter{o.Starter.(*fakeStarter)} })
	body := map[string]any{"authentication_id": s.authentication("abc1"), "identification_code": "a", "timezone": "UTC"}
	for range 2 { // its idempotency key is free again
		got := s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", "k")
		if got.Status == 500 {
			p := got.problem(500)
			assert.Equal(t, "urn:ometria-bigcommerce:problem:internal", p.Type)
			assert.NotContains(t, string(got.Body), "shopper")
		} else {
			got.problem(409) // the first one's connection stands
		}
	}
	assert.Contains(t, s.logs.String(), "handler panicked")
	assert.NotContains(t, s.logs.String(), "shopper@example.com")
}

func TestUnexpectedErrorShowsNothing(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	require.NoError(t, s.store.Close())
	got := s.call(adminToken, "GET", "/v1/connections/"+string(id), nil)
	assert.GreaterOrEqual(t, got.Status, 500)
	got.problem(got.Status)
	assert.NotContains(t, string(got.Body), "sql")
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := New(Options{})
	for _, want := range []string{"Store is missing", "Starter is missing", "Inspector is missing", "Tokens: none given"} {
		assert.ErrorContains(t, err, want)
	}
	s := newService(t)
	whole := Options{Store: s.store, Starter: s.starter, Inspector: s.inspector, Tokens: []Token{{Admin, "", "secret-one"}}}
	for want, change := range map[string]func(*Options){
		"Tokens[1]: role is neither admin nor support":   func(o *Options) { o.Tokens = append(o.Tokens, Token{"root", "", "secret-two"}) },
		"Tokens[1]: token is empty":                      func(o *Options) { o.Tokens = append(o.Tokens, Token{Admin, "", ""}) },
		"Tokens[1]: the same token is given twice":       func(o *Options) { o.Tokens = append(o.Tokens, Token{Support, "", "secret-one"}) },
		"PublicURL: want http:// or https:// and a host": func(o *Options) { o.PublicURL = "example.com" },
		"TemporalUIURL: want":                            func(o *Options) { o.TemporalUIURL = "ftp://x" },
	} {
		options := whole
		options.Tokens = append([]Token(nil), whole.Tokens...)
		change(&options)
		_, err := New(options)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "secret-")
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", options, options, options), "secret-one")
	}
}

// A sender that never ends its header is cut off, not waited for.
func TestServerHasTimeouts(t *testing.T) {
	server := NewServer("127.0.0.1:0", http.NotFoundHandler())
	for _, timeout := range []time.Duration{server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout, server.IdleTimeout} {
		assert.Positive(t, timeout)
	}
	server.ReadHeaderTimeout = 50 * time.Millisecond
	listener, err := net.Listen("tcp", server.Addr)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n"))
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil { // net/http says so before it hangs up
		assert.Equal(t, http.StatusRequestTimeout, answer.StatusCode)
	} else {
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
	}
	require.NoError(t, server.Close())
	assert.ErrorIs(t, <-done, http.ErrServerClosed)
}

// A change that has begun is finished even when the caller goes away.
func TestCallerGoesAway(t *testing.T) {
	s := newService(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.inspector.resolve = func(rules []connection.StatusRule) ([]connection.StatusRule, connection.ValidationError) {
		cancel()
		two := 2
		rules[0].StatusID = &two
		return rules, nil
	}
	handler, err := New(Options{Store: s.store, Starter: s.starter, Inspector: s.inspector, Tokens: []Token{{Admin, "", adminToken}}})
	require.NoError(t, err)
	body := fmt.Sprintf(`{"authentication_id":%q,"identification_code":"a","timezone":"UTC","order_status_mapping":[{"label":"x"}]}`, s.authentication("abc1"))
	req := httptest.NewRequestWithContext(ctx, "POST", "/v1/connections", strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+adminToken)
	req.Header.Set("Content-Type", "application/json")
	recorded := httptest.NewRecorder()
	handler.ServeHTTP(recorded, req)
	assert.Equal(t, 202, recorded.Code, recorded.Body.String())
	assert.Len(t, s.starter.take(), 1)
}
