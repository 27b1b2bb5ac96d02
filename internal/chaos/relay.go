package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// recordID names a record of the store.
type recordID struct {
	entity connection.Entity
	id     int64
}

func (r recordID) String() string { return fmt.Sprintf("%s %d", r.entity, r.id) }

// astray says how webhooks go astray. Fractions are of deliveries.
type astray struct{ double, delay, drop float64 }

// The sorts of calls that intake gets.
const (
	genuine   = "genuine"
	repeated  = "repeated" // a genuine one, again
	forged    = "forged"
	oversized = "oversized"
)

// answers are what intake may answer. 0 is no answer: it was killed, or is
// being started. It may always say that it cannot store.
var answers = map[string][]int{
	genuine: {200, 503, 0}, repeated: {200, 503, 0}, forged: {401, 503, 0}, oversized: {413, 503, 0},
}

const (
	heldBack     = 8 * time.Second // the longest that a delayed webhook waits
	remembered   = 200             // webhooks to replay and forge from
	replayable   = time.Minute     // their age at most: signatures hold for minutes only
	oversizeBody = 200 << 10
)

// webhook is one call of the simulated store.
type webhook struct {
	path   string
	header http.Header
	body   []byte
	at     time.Time
}

// relay stands where BigCommerce is told to send webhooks and passes them on to
// the processes that take them in, or does not.
type relay struct {
	client  *http.Client
	intakes []string // base URLs
	ctx     context.Context
	working sync.WaitGroup

	mu       sync.Mutex // guards all below
	random   *rand.Rand
	astray   astray
	recent   []webhook
	owed     int // taken over from the store and not delivered yet
	answered map[string]map[int]int
	wrong    []string      // what intake must not have answered
	slowest  time.Duration // genuine call answered 200
	counts   struct{ received, doubled, delayed, dropped int }
}

func newRelay(ctx context.Context, seed uint64, intakes []string) *relay {
	r := &relay{
		client:  &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
		intakes: intakes, ctx: ctx, random: rand.New(rand.NewPCG(seed, 0x3e1a)),
		answered: map[string]map[int]int{},
	}
	for kind := range answers {
		r.answered[kind] = map[int]int{}
	}
	return r
}

func (r *relay) setAstray(a astray) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.astray = a
}

// ServeHTTP is called by the store.
func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	hook := webhook{path: req.URL.Path, header: req.Header.Clone(), body: body, at: time.Now()}
	hook.header.Del("Connection")
	r.mu.Lock()
	r.counts.received++
	fate, a := r.random.Float64(), r.astray
	pause := time.Duration(r.random.Int64N(int64(heldBack)))
	switch {
	case fate < a.drop:
		r.counts.dropped++
		r.mu.Unlock()
		w.WriteHeader(http.StatusOK) // as far as the store can tell
		return
	case fate < a.drop+a.delay:
		r.counts.delayed++
		r.mu.Unlock()
		r.owe(genuine, hook, pause)
		w.WriteHeader(http.StatusOK)
		return
	case fate < a.drop+a.delay+a.double:
		r.counts.doubled++
		r.mu.Unlock()
		r.owe(repeated, hook, pause/8)
	default:
		r.mu.Unlock()
	}
	status := r.pass(genuine, hook)
	if status == 0 {
		status = http.StatusBadGateway
	}
	w.WriteHeader(status)
}

// owe delivers a webhook later, again and again until it is taken.
func (r *relay) owe(kind string, hook webhook, pause time.Duration) {
	r.mu.Lock()
	r.owed++
	r.mu.Unlock()
	r.working.Go(func() {
		defer func() {
			r.mu.Lock()
			r.owed--
			r.mu.Unlock()
		}()
		for sleep(r.ctx, pause) {
			if status := r.pass(kind, hook); status != 0 && status != http.StatusServiceUnavailable {
				return
			}
			pause = time.Second
		}
	})
}

// pass calls one of the processes and returns its answer, or 0.
func (r *relay) pass(kind string, hook webhook) int {
	r.mu.Lock()
	intake := r.intakes[r.random.IntN(len(r.intakes))]
	r.mu.Unlock()
	began := time.Now()
	status := r.call(intake, hook)
	took := time.Since(began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answered[kind][status]++
	if !slices.Contains(answers[kind], status) && r.ctx.Err() == nil {
		r.wrong = append(r.wrong, fmt.Sprintf("a %s webhook about %s was answered %d", kind, subject(hook.body), status))
	}
	if status == http.StatusOK && kind == genuine {
		r.slowest = max(r.slowest, took)
		r.recent = append(r.recent, hook)
		if len(r.recent) > remembered {
			r.recent = r.recent[1:]
		}
	}
	return status
}

func (r *relay) call(intake string, hook webhook) int {
	req, err := http.NewRequestWithContext(r.ctx, http.MethodPost, intake+hook.path, bytes.NewReader(hook.body))
	if err != nil {
		return 0
	}
	req.Header = hook.header.Clone()
	res, err := r.client.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = res.Body.Close() }() // the status is all
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// some returns up to n genuine webhooks of the last minute.
func (r *relay) some(n int) []webhook {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := slices.DeleteFunc(slices.Clone(r.recent), func(h webhook) bool { return time.Since(h.at) > replayable })
	r.random.Shuffle(len(fresh), func(i, k int) { fresh[i], fresh[k] = fresh[k], fresh[i] })
	return fresh[:min(n, len(fresh))]
}

// replay sends genuine webhooks of before once more.
func (r *relay) replay(n int) {
	for _, hook := range r.some(n) {
		r.owe(repeated, hook, 0)
	}
}

// neverMade is a record that only forged webhooks are about.
const neverMade = 999_999_999

// forge sends webhooks about a record that does not exist, with every secret
// and signature a little wrong.
func (r *relay) forge(n int) {
	for _, hook := range r.some(n) {
		hook.header = hook.header.Clone()
		hook.header.Set(connection.WebhookSecretHeader, mirrored(hook.header.Get(connection.WebhookSecretHeader)))
		hook.header.Set("Webhook-Signature", "v1,"+mirrored(hook.header.Get("Webhook-Signature")))
		hook.body = fmt.Appendf(nil, `{"scope":"store/product/updated","store_id":"1001","data":{"type":"product","id":%d},`+
			`"hash":"cafe","created_at":%d,"producer":"stores/x"}`, neverMade, time.Now().Unix())
		r.pass(forged, hook)
	}
}

func mirrored(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// oversize sends webhooks that are right but for their size.
func (r *relay) oversize(n int) {
	for _, hook := range r.some(n) {
		hook.body = append(slices.Clone(hook.body), bytes.Repeat([]byte(" "), oversizeBody)...)
		r.pass(oversized, hook)
	}
}

// pending is how many webhooks are owed.
func (r *relay) pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.owed
}

// subject is the record that a webhook is about.
func subject(body []byte) recordID {
	var hook struct {
		Data struct {
			Type    string
			ID      int64
			OrderID int64
			SKU     struct {
				ProductID int64 `json:"product_id"`
			}
			Address struct {
				CustomerID int64 `json:"customer_id"`
			}
		}
	}
	if json.Unmarshal(body, &hook) != nil {
		return recordID{}
	}
	d := hook.Data
	switch d.Type {
	case "customer":
		if d.Address.CustomerID != 0 {
			return recordID{connection.Customers, d.Address.CustomerID}
		}
		return recordID{connection.Customers, d.ID}
	case "subscriber":
		return recordID{connection.Subscribers, d.ID}
	case "order":
		return recordID{connection.Orders, d.ID}
	case "shipment":
		return recordID{connection.Orders, d.OrderID}
	case "product":
		return recordID{connection.Products, d.ID}
	case "sku":
		return recordID{connection.Products, d.SKU.ProductID}
	}
	return recordID{}
}

// sleep waits and reports whether the context still stands.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
