package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	adminToken   = "admin-token-of-the-tests"
	supportToken = "support-token-of-the-tests"
)

// service is the API over a real store in a temporary folder. Every answer that
// call gets is held to the OpenAPI document.
type service struct {
	t         *testing.T
	url       string
	store     *store.Store
	database  string // the SQLite file
	starter   *fakeStarter
	inspector *fakeInspector
	woken     atomic.Int64 // calls of Wake
	logs      *lockedBuffer
	gatherer  prometheus.Gatherer // of watched
	router    routers.Router
}

func newService(t *testing.T, adjust ...func(*Options)) *service {
	t.Helper()
	s := &service{
		t: t, database: filepath.Join(t.TempDir(), "api.db"), starter: &fakeStarter{}, logs: &lockedBuffer{},
		inspector: &fakeInspector{
			preview: inspect.Preview{
				ConnectionID: connection.NewID(), Entity: connection.Orders, RecordID: 1, Outcome: connection.Accepted,
				Source: json.RawMessage("null"), Records: []json.RawMessage{}, Fields: []inspect.PreviewedField{}, Notes: []connection.Note{},
			},
			check: inspect.RecordCheck{Verdict: inspect.NotSent, Records: []inspect.CheckedRecord{}},
		},
	}
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	s.store, err = store.Open(t.Context(), "sqlite:"+s.database, keys, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.store.Close() })
	require.NoError(t, s.store.Migrate(t.Context()))
	options := Options{
		Store: s.store, Starter: s.starter, Inspector: s.inspector,
		Tokens:        []Token{{Admin, "ada", adminToken}, {Support, "sam", supportToken}},
		TemporalUIURL: "http://localhost:8233/", Wake: func() { s.woken.Add(1) },
		Logger: slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, a := range adjust {
		a(&options)
	}
	handler, err := New(options)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.url = server.URL
	s.router = loadRouter(t)
	return s
}

func loadDocument(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := document("")
	require.NoError(t, err)
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	return doc
}

func loadRouter(t *testing.T) routers.Router {
	t.Helper()
	doc := loadDocument(t)
	doc.Servers = nil // any host
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)
	return router
}

// answer is a whole HTTP answer.
type answer struct {
	t      *testing.T
	Status int
	Header http.Header
	Body   []byte
}

// call sends body, a string as it is and anything else as JSON. Headers come in
// pairs.
func (s *service) call(token, method, path string, body any, headers ...string) answer {
	s.t.Helper()
	var sent []byte
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	default:
		var err error
		sent, err = json.Marshal(b)
		require.NoError(s.t, err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(sent))
	require.NoError(s.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	got := answer{t: s.t, Status: resp.StatusCode, Header: resp.Header}
	got.Body, err = io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	s.holdToDocument(req, got)
	return got
}

func init() { openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.FileBodyDecoder) }

func (s *service) holdToDocument(req *http.Request, got answer) {
	s.t.Helper()
	route, params, err := s.router.FindRoute(req)
	if err != nil || strings.HasSuffix(req.URL.Path, "/") {
		return // nothing that is described: its answer is a problem, tested elsewhere
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 got.Status, Header: got.Header, Body: io.NopCloser(bytes.NewReader(got.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	require.NoError(s.t, err, "%s %s answered %d, not as the document says: %s", req.Method, route.Path, got.Status, got.Body)
}

func (a answer) want(status int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.Status, "%s", a.Body)
	return a
}

func (a answer) into(v any) answer {
	a.t.Helper()
	require.NoError(a.t, json.Unmarshal(a.Body, v), "%s", a.Body)
	return a
}

// problem reads a problem and checks the form that every one has.
func (a answer) problem(status int) problem {
	a.t.Helper()
	a.want(status)
	require.Equal(a.t, "application/problem+json", a.Header.Get("Content-Type"))
	var p problem
	a.into(&p)
	require.Equal(a.t, status, p.Status)
	require.NotEmpty(a.t, p.Title)
	require.NotEmpty(a.t, p.Detail)
	require.NotNil(a.t, p.Errors)
	require.True(a.t, strings.HasPrefix(p.Type, "urn:ometria-bigcommerce:problem:"), p.Type)
	return p
}

// object reads a JSON object loosely.
func (a answer) object() map[string]any {
	a.t.Helper()
	var m map[string]any
	a.into(&m)
	return m
}

const (
	secretKey    = "ometria-key-4711"
	secretToken  = "bigcommerce-token-0815"
	secretClient = "client-secret-2342"
)

func authenticationOf(hash string) map[string]any {
	return map[string]any{
		"name": "Hats", "ometria_api_key": secretKey, "client_id": "client-1", "client_secret": secretClient,
		"access_token": secretToken, "store_hash": hash,
	}
}

// authentication makes one and returns its id.
func (s *service) authentication(hash string) string {
	s.t.Helper()
	id, _ := s.call(adminToken, "POST", "/v1/authentications", authenticationOf(hash)).want(201).object()["id"].(string)
	return id
}

// connection makes one, of its own store, with these further fields.
func (s *service) connection(hash string, fields ...any) connection.ID {
	s.t.Helper()
	body := map[string]any{
		"authentication_id": s.authentication(hash), "identification_code": "code-" + hash, "timezone": "Europe/London",
	}
	for i := 0; i < len(fields); i += 2 {
		body[fields[i].(string)] = fields[i+1]
	}
	id, _ := s.call(adminToken, "POST", "/v1/connections", body).want(202).object()["id"].(string)
	return connection.ID(id)
}

func (s *service) phase(id connection.ID, to connection.Status) {
	s.t.Helper()
	changed, err := s.store.SetPhase(s.t.Context(), id, to)
	require.NoError(s.t, err)
	require.True(s.t, changed)
}

func (s *service) secret(id connection.ID) string {
	s.t.Helper()
	secret, err := s.store.WebhookSecret(s.t.Context(), id)
	require.NoError(s.t, err)
	return secret.Reveal()
}

// finish gives a record an outcome, by the way that activities go.
func (s *service) finish(key connection.RecordKey, result store.Result) {
	s.t.Helper()
	ctx := s.t.Context()
	fetched, err := s.store.NextSeq(ctx)
	require.NoError(s.t, err)
	read, err := s.store.NextSeq(ctx)
	require.NoError(s.t, err)
	content := sha256.Sum256([]byte(key.String()))
	_, err = s.store.Claim(ctx, store.Claim{
		ConnectionID: key.ConnectionID, Entity: key.Entity, Fetched: fetched,
		Items: []store.ClaimItem{{RecordID: key.RecordID, Fingerprint: content[:]}},
	})
	require.NoError(s.t, err)
	result.RecordID, result.Fingerprint = key.RecordID, content[:]
	n, err := s.store.Finish(ctx, store.Finish{
		ConnectionID: key.ConnectionID, Entity: key.Entity, Fetched: fetched, Read: read, Results: []store.Result{result},
	})
	require.NoError(s.t, err)
	require.Equal(s.t, 1, n)
}

// fakeStarter keeps what it was asked for.
type fakeStarter struct {
	mu    sync.Mutex // guards what follows
	calls []string
	err   error // of every call
	at    map[string]error
	found *starter.RecordWorkflow
	// running holds the ids of workflows that are at work.
	running map[string]bool
}

func (f *fakeStarter) note(call string, about string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call+" "+about)
	if err := f.at[call]; err != nil {
		return err
	}
	return f.err
}

func (f *fakeStarter) atWork(workflowID string, running bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = map[string]bool{workflowID: running}
}

func (f *fakeStarter) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// take returns the calls since it was last asked, without questions.
func (f *fakeStarter) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var done []string
	for _, c := range f.calls {
		if !strings.HasPrefix(c, "Ready") && !strings.HasPrefix(c, "Running") {
			done = append(done, c)
		}
	}
	f.calls = nil
	return done
}

func (f *fakeStarter) Ready(context.Context) error { return f.note("Ready", "") }
func (f *fakeStarter) SetUp(_ context.Context, c connection.Connection) (string, error) {
	return "", f.note("SetUp", string(c.ID))
}
func (f *fakeStarter) UpdateScript(_ context.Context, c connection.Connection) (string, error) {
	return "", f.note("UpdateScript", string(c.ID))
}
func (f *fakeStarter) ReplaceAuthentication(_ context.Context, c connection.Connection) (string, error) {
	return "", f.note("ReplaceAuthentication", string(c.ID))
}
func (f *fakeStarter) Resync(_ context.Context, c connection.Connection, r starter.Resync) (string, error) {
	asked, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	return "", f.note("Resync", string(c.ID)+" "+string(asked))
}
func (f *fakeStarter) Pause(_ context.Context, id connection.ID) error {
	return f.note("Pause", string(id))
}
func (f *fakeStarter) Resume(_ context.Context, id connection.ID) error {
	return f.note("Resume", string(id))
}
func (f *fakeStarter) Remove(_ context.Context, c connection.Connection) (string, error) {
	return "", f.note("Remove", string(c.ID))
}
func (f *fakeStarter) ReconcileNow(_ context.Context, id connection.ID) error {
	return f.note("ReconcileNow", string(id))
}
func (f *fakeStarter) Running(_ context.Context, workflowID string) (bool, error) {
	err := f.note("Running", workflowID)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.running[workflowID], err
}
func (f *fakeStarter) RecordWorkflow(context.Context, connection.RecordKey) (*starter.RecordWorkflow, error) {
	return f.found, f.note("RecordWorkflow", "")
}

// fakeInspector answers what it was given.
type fakeInspector struct {
	report   connection.Report
	statuses []bigcommerce.OrderStatus
	resolve  func([]connection.StatusRule) ([]connection.StatusRule, connection.ValidationError)
	preview  inspect.Preview
	check    inspect.RecordCheck
	matches  []inspect.Match
	asked    []string // of the lookups
	err      error
}

func (f *fakeInspector) Preview(context.Context, connection.RecordKey) (inspect.Preview, error) {
	return f.preview, f.err
}
func (f *fakeInspector) Check(context.Context, connection.RecordKey) (inspect.RecordCheck, error) {
	return f.check, f.err
}
func (f *fakeInspector) ByEmail(_ context.Context, _ connection.ID, email string) ([]inspect.Match, error) {
	f.asked = append(f.asked, "email "+email)
	return f.matches, f.err
}
func (f *fakeInspector) ByOrderNumber(_ context.Context, _ connection.ID, number string) ([]inspect.Match, error) {
	f.asked = append(f.asked, "order "+number)
	return f.matches, f.err
}

func (f *fakeInspector) Test(context.Context, connection.AuthenticationID) (connection.Report, error) {
	return f.report, f.err
}
func (f *fakeInspector) OrderStatuses(context.Context, connection.AuthenticationID) ([]bigcommerce.OrderStatus, error) {
	return f.statuses, f.err
}
func (f *fakeInspector) ResolveStatusRules(_ context.Context, _ connection.AuthenticationID, rules []connection.StatusRule) ([]connection.StatusRule, connection.ValidationError, error) {
	if f.err != nil {
		return nil, nil, f.err
	}
	resolved, bad := f.resolve(rules)
	return resolved, bad, nil
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
