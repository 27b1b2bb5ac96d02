package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate stands before a stand-in: it keeps what was asked, and can hold a
// request back, change it or answer in the stand-in's place.
type gate struct {
	url  string
	next http.Handler

	mu    sync.Mutex // guards what follows
	seen  []request
	rules []*rule
}

// request is one that came to a gate, whatever became of it.
type request struct {
	at     time.Time
	method string
	uri    string // with the query, decoded
	body   string
	by     string // which of the gate's addresses it came to
}

// rule does with the requests that it fits something else than pass them on.
type rule struct {
	fits func(request) bool
	do   http.HandlerFunc
	left int // times; below 0 without end
}

func newGate(t *testing.T, next http.Handler) *gate {
	g := &gate{next: next}
	g.url = g.open(t, "")
	return g
}

// open listens at one more address, so that callers can be told apart.
func (g *gate) open(t *testing.T, by string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(by, w, r) }))
	t.Cleanup(server.Close)
	return server.URL
}

func (g *gate) serve(by string, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut short by its caller's death
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	uri := r.URL.Path
	if query := r.URL.Query().Encode(); query != "" {
		uri += "?" + strings.NewReplacer("%3A", ":", "%2C", ",").Replace(query)
	}
	req := request{time.Now(), r.Method, uri, string(body), by}
	g.mu.Lock()
	g.seen = append(g.seen, req)
	do := g.next.ServeHTTP
	if i := slices.IndexFunc(g.rules, func(rule *rule) bool { return rule.left != 0 && rule.fits(req) }); i >= 0 {
		g.rules[i].left--
		do = g.rules[i].do
	}
	g.mu.Unlock()
	do(w, r)
}

// on makes a rule, which holds that often, or below 0 until it is taken back.
func (g *gate) on(times int, fits func(request) bool, do http.HandlerFunc) (takeBack func()) {
	made := &rule{fits, do, times}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules = append(g.rules, made)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		made.left = 0
	}
}

// answers answers with a status and an empty object.
func answers(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, status, map[string]any{}) }
}

// requests returns those that came and fit.
func (g *gate) requests(fits func(request) bool) []request {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found []request
	for _, r := range g.seen {
		if fits(r) {
			found = append(found, r)
		}
	}
	return found
}

func (g *gate) count(fits func(request) bool) int { return len(g.requests(fits)) }

// heldBack is a request on its way. It goes on when it is released, whether or
// not its caller still lives.
type heldBack struct {
	arrived, released, done chan struct{}
	once                    sync.Once
}

// holdBack holds the next request back that fits.
func (g *gate) holdBack(t *testing.T, fits func(request) bool) *heldBack {
	h := &heldBack{arrived: make(chan struct{}), released: make(chan struct{}), done: make(chan struct{})}
	g.on(1, fits, func(w http.ResponseWriter, r *http.Request) {
		defer close(h.done)
		close(h.arrived)
		<-h.released
		g.next.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
	})
	t.Cleanup(h.release) // before the server closes, which waits for it
	return h
}

func (h *heldBack) release() { h.once.Do(func() { close(h.released) }) }

func (h *heldBack) await(t *testing.T, what string) {
	t.Helper()
	select {
	case <-h.arrived:
	case <-time.After(patience):
		t.Fatalf("not within %s: %s", patience, what)
	}
}

// deliver lets the request go on and waits until the stand-in has answered it.
func (h *heldBack) deliver() {
	h.release()
	<-h.done
}

// pushes fits pushes that hold a record.
func pushes(k key) func(request) bool {
	return func(r request) bool {
		if r.method != http.MethodPost || !strings.HasPrefix(r.uri, "/v2/push") {
			return false
		}
		var records []struct {
			Type       string `json:"@type"`
			Collection string `json:"@collection"`
			ID         string `json:"id"`
		}
		if json.Unmarshal([]byte(r.body), &records) != nil {
			return false
		}
		for _, record := range records {
			if (key{record.Type, record.Collection, record.ID}) == k {
				return true
			}
		}
		return false
	}
}

// reads fits requests for a record of the store itself, alone or among others,
// not for what belongs to it.
func reads(entity string, id int64) func(request) bool {
	text := strconv.FormatInt(id, 10)
	return func(r request) bool {
		path, query, _ := strings.Cut(r.uri, "?")
		if r.method != http.MethodGet || !strings.HasSuffix(strings.TrimSuffix(path, "/"+text), recordPaths[entity]) {
			return false
		}
		if strings.HasSuffix(path, "/"+text) {
			return true
		}
		for part := range strings.SplitSeq(query, "&") {
			if list, ok := strings.CutPrefix(part, "id:in="); ok {
				return slices.Contains(strings.Split(list, ","), text)
			}
		}
		return false
	}
}

var recordPaths = map[string]string{
	"customers": "/v3/customers", "subscribers": "/v3/customers/subscribers", "products": "/v3/catalog/products", "orders": "/v2/orders",
}

// nobody is an id that no record of the store has.
const nobody = "999999999"

// gone makes the store say, in its own words, that it has no such record.
func (g *gate) gone(times int, entity string, id int64) (takeBack func()) {
	text := strconv.FormatInt(id, 10)
	return g.on(times, reads(entity, id), func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.Replace(r.URL.Path, recordPaths[entity]+"/"+text, recordPaths[entity]+"/"+nobody, 1)
		query := r.URL.Query()
		if list := query.Get("id:in"); list != "" {
			ids := strings.Split(list, ",")
			ids[slices.Index(ids, text)] = nobody
			query.Set("id:in", strings.Join(ids, ","))
			r.URL.RawQuery = query.Encode()
		}
		r.RequestURI = r.URL.RequestURI()
		g.next.ServeHTTP(w, r)
	})
}

// door is where webhooks come to: it hands them to the API's processes in turn
// and keeps what they were answered.
type door struct {
	url    string
	client *http.Client

	mu        sync.Mutex // guards what follows
	to        []string   // addresses
	turn      int
	delivered []delivered
}

// delivered is one webhook and its answer; 502 when nobody answered.
type delivered struct {
	scope  string
	kind   string
	id     int64
	to     string
	status int
	took   time.Duration
}

func newDoor(t *testing.T, to ...string) *door {
	d := &door{to: to, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
	server := httptest.NewServer(d)
	d.url = server.URL
	t.Cleanup(d.client.CloseIdleConnections)
	t.Cleanup(server.Close)
	return d
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	d.mu.Lock()
	to := d.to[d.turn%len(d.to)]
	d.turn++
	d.mu.Unlock()
	var said struct {
		Scope string
		Data  struct {
			Type string
			ID   int64
		}
	}
	_ = json.Unmarshal(body, &said) // what is no webhook has no scope
	out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+to+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	out.Header = r.Header.Clone()
	began, status := time.Now(), http.StatusBadGateway
	if resp, err := d.client.Do(out); err == nil {
		status = resp.StatusCode
		_ = resp.Body.Close()
	}
	d.mu.Lock()
	d.delivered = append(d.delivered, delivered{said.Scope, said.Data.Type, said.Data.ID, to, status, time.Since(began)})
	d.mu.Unlock()
	w.WriteHeader(status)
}

// since returns what was delivered after the first n.
func (d *door) since(n int) []delivered {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.delivered[n:])
}

func (d *door) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.delivered)
}
