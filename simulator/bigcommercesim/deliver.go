package bigcommercesim

import (
	"bytes"
	"container/heap"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// retries are the pauses before each further attempt; after the last one the
// hook is deactivated (page "Webhooks overview").
var retries = []time.Duration{
	60 * time.Second, 180 * time.Second, 300 * time.Second, 600 * time.Second, 900 * time.Second, 1800 * time.Second,
	3600 * time.Second, 7200 * time.Second, 21_600 * time.Second, 50_400 * time.Second, 86_400 * time.Second,
}

const (
	deliverers      = 16
	deliveryTimeout = 10 * time.Second
)

// event is something that hooks may listen for.
type event struct {
	Scope string
	Data  map[string]any
}

func about(scope, kind string, id int64) event {
	return event{scope, map[string]any{"type": kind, "id": id}}
}

// payload is what BigCommerce posts: a pointer, never the record.
type payload struct {
	Scope     string         `json:"scope"`
	StoreID   string         `json:"store_id"`
	Data      map[string]any `json:"data"`
	Hash      string         `json:"hash"`
	CreatedAt int64          `json:"created_at"`
	Producer  string         `json:"producer"`
}

// delivery is one payload on its way to one hook.
type delivery struct {
	ID   string          `json:"id"`
	Hook int64           `json:"hook"`
	Body json.RawMessage `json:"body"`

	message  string // the webhook-id; a doubled delivery repeats it
	forged   bool
	attempts int
	due      time.Time
	place    int // in the heap
}

// deliveriesOf addresses events to the active hooks that listen. It needs s.mu.
func (s *Server) deliveriesOf(events []event) []*delivery {
	if len(events) == 0 {
		return nil
	}
	ids, _ := s.hooks.find(query[hook]{})
	var list []*delivery
	for _, e := range events {
		p := payload{
			Scope: e.Scope, StoreID: strconv.Itoa(storeNumber), Data: e.Data, CreatedAt: s.options.Now().Unix(),
			Producer: "stores/" + s.options.StoreHash,
		}
		unsigned, err := json.Marshal(p)
		if err != nil {
			continue // our own type always encodes
		}
		sum := sha1.Sum(unsigned)
		p.Hash = hex.EncodeToString(sum[:])
		body, err := json.Marshal(p)
		if err != nil {
			continue
		}
		for _, id := range ids {
			if h := s.hooks.get(id); h.IsActive && h.listens(e.Scope) {
				list = append(list, &delivery{ID: uuid.NewString(), Hook: id, Body: body})
			}
		}
	}
	return list
}

func (h *hook) listens(scope string) bool {
	prefix, wildcard := strings.CutSuffix(h.Scope, "*")
	return h.Scope == scope || wildcard && strings.HasPrefix(scope, prefix)
}

// DeliveryCounts is what became of webhooks.
type DeliveryCounts struct {
	Delivered   int `json:"delivered"` // answered 2xx
	Failed      int `json:"failed"`    // attempts that were not
	Suppressed  int `json:"suppressed"`
	GivenUp     int `json:"given_up"` // hook gone, inactive, or the last retry failed
	Pending     int `json:"pending"`
	Deactivated int `json:"deactivated"` // hooks
	Blocked     int `json:"blocked"`     // how often a domain was
	Forged      int `json:"forged"`
}

// deliveries sends webhooks, at least once each.
type deliveries struct {
	s       *Server
	client  *http.Client
	context context.Context
	cancel  context.CancelFunc
	wake    chan struct{}
	working sync.WaitGroup
	slots   chan struct{}

	mu      sync.Mutex // guards all below
	waiting schedule
	known   map[string]*delivery // waiting or under way
	ways    Delivery
	random  *rand.Rand
	counts  DeliveryCounts
	domains domains
}

func newDeliveries(s *Server) *deliveries {
	ctx, cancel := context.WithCancel(context.Background())
	return &deliveries{
		s: s, context: ctx, cancel: cancel, wake: make(chan struct{}, 1), slots: make(chan struct{}, deliverers),
		client: &http.Client{
			Timeout:       deliveryTimeout,
			Transport:     &http.Transport{MaxIdleConnsPerHost: deliverers, Proxy: nil},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		known: map[string]*delivery{}, ways: s.options.Delivery, domains: newDomains(s.options.WebhookRetryScale),
		random: rand.New(rand.NewPCG(uint64(s.options.Seed), 0xde11)),
	}
}

func (d *deliveries) start() { d.working.Go(d.run) }

func (d *deliveries) close() {
	d.cancel()
	d.working.Wait()
	d.client.CloseIdleConnections()
}

// add schedules deliveries, as far as Options.Delivery lets them go.
func (d *deliveries) add(list []*delivery) {
	if len(list) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range list {
		if d.random.Float64() < d.ways.Suppress {
			d.counts.Suppressed++
			continue
		}
		one.message = "msg_" + one.ID
		pause := time.Duration(d.ways.DelayMS) * time.Millisecond
		if d.random.Float64() < d.ways.Reorder {
			pause += time.Duration(d.random.Int64N(int64(max(time.Second, 10*pause))))
		}
		one.due = time.Now().Add(pause)
		d.push(one)
		if d.random.Float64() < d.ways.Double {
			twin := *one
			twin.ID += "-twin"
			d.push(&twin)
		}
		if d.random.Float64() < d.ways.Forge {
			forged := *one
			forged.ID += "-forged"
			forged.forged = true
			d.push(&forged)
		}
	}
	d.poke()
}

func (d *deliveries) push(one *delivery) {
	d.known[one.ID] = one
	heap.Push(&d.waiting, one)
}

// forget takes back what the journal says was done.
func (d *deliveries) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one := d.known[id]; one != nil {
		heap.Remove(&d.waiting, one.place)
		delete(d.known, id)
	}
}

func (d *deliveries) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run hands due deliveries to at most so many goroutines.
func (d *deliveries) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		one, pause := d.next()
		if one == nil {
			timer.Reset(pause)
			select {
			case <-d.context.Done():
				return
			case <-d.wake:
			case <-timer.C:
			}
			continue
		}
		select {
		case <-d.context.Done():
			return
		case d.slots <- struct{}{}:
		}
		d.working.Go(func() {
			defer func() { <-d.slots }()
			d.attempt(one)
		})
	}
}

// next takes what is due, or says how long to sleep.
func (d *deliveries) next() (*delivery, time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) == 0 {
		return nil, time.Hour
	}
	if pause := time.Until(d.waiting[0].due); pause > 0 {
		return nil, pause
	}
	return heap.Pop(&d.waiting).(*delivery), 0
}

// attempt posts once; what fails waits for the next retry.
func (d *deliveries) attempt(one *delivery) {
	h, secret := d.s.hookFor(one.Hook)
	if h == nil {
		d.done(one, func(c *DeliveryCounts) { c.GivenUp++ })
		return
	}
	if one.forged {
		_ = d.post(h, secret, one) // whatever it is answered
		d.done(one, func(c *DeliveryCounts) { c.Forged++ })
		return
	}
	domain := domainOf(h.Destination)
	err := d.barred(domain)
	if err == nil {
		err = d.post(h, secret, one)
		if d.context.Err() != nil {
			return // still in the journal
		}
		d.noteAnswer(domain, err == nil)
	}
	if err == nil {
		d.done(one, func(c *DeliveryCounts) { c.Delivered++ })
		return
	}
	d.s.options.Logger.Debug("deliver webhook", "err", err, "attempt", one.attempts+1)
	one.attempts++
	if one.attempts > len(retries) {
		d.s.deactivate(one.Hook)
		d.done(one, func(c *DeliveryCounts) { c.Failed++; c.GivenUp++; c.Deactivated++ })
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts.Failed++
	pause := float64(retries[one.attempts-1]) * d.s.options.WebhookRetryScale
	one.due = time.Now().Add(time.Duration(pause))
	heap.Push(&d.waiting, one)
	d.poke()
}

// barred is an error while a domain is blocked: the delivery waits for its next
// retry without having been sent.
func (d *deliveries) barred(domain string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.domains.left(domain, time.Now()) > 0 {
		return errors.New("the domain is blocked")
	}
	return nil
}

func (d *deliveries) noteAnswer(domain string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.domains.note(domain, ok, time.Now()) {
		d.counts.Blocked++
	}
}

func (d *deliveries) done(one *delivery, count func(*DeliveryCounts)) {
	_ = d.s.keep(line{Op: opDelivered, Key: one.ID}) // else it goes out again: at least once
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, one.ID)
	count(&d.counts)
}

// post sends one payload with the hook's own headers, signed as Standard
// Webhooks asks with the raw bytes of the client secret for a key (page "HTTPS
// webhook overview").
func (d *deliveries) post(h *hook, secret string, one *delivery) error {
	req, err := http.NewRequestWithContext(d.context, http.MethodPost, h.Destination, bytes.NewReader(one.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "BigCommerce Webhooks")
	d.mu.Lock()
	signature := d.ways.Signature
	d.mu.Unlock()
	for name, value := range h.Headers {
		if one.forged {
			value = "guessed"
		}
		req.Header.Set(name, value)
	}
	if one.forged || signature == WrongSignature {
		secret = "another account's client secret"
	}
	if secret != "" && signature != NoSignature {
		now := d.s.options.Now()
		signer, err := standardwebhooks.NewWebhookRaw([]byte(secret))
		if err != nil {
			return err
		}
		signature, err := signer.Sign(one.message, now, one.Body)
		if err != nil {
			return err
		}
		req.Header.Set(standardwebhooks.HeaderWebhookID, one.message)
		req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
		req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	}
	res, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("answered %d", res.StatusCode)
	}
	return nil
}

// hookFor returns an active hook and the secret of its account.
func (s *Server) hookFor(id int64) (*hook, string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h := s.hooks.get(id)
	if h == nil || !h.IsActive {
		return nil, ""
	}
	for _, a := range s.accounts {
		if a.ClientID == h.ClientID {
			return h, a.ClientSecret
		}
	}
	return nil, "" // the account is gone, and its hooks with it
}

func (s *Server) deactivate(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.hooks.get(id); h != nil {
		off := *h
		off.IsActive, off.UpdatedAt = false, s.options.Now().Unix()
		s.saveHook(&off)
	}
}

// schedule is a heap of deliveries by due time.
type schedule []*delivery

func (q schedule) Len() int           { return len(q) }
func (q schedule) Less(a, b int) bool { return q[a].due.Before(q[b].due) }
func (q schedule) Swap(a, b int) {
	q[a], q[b] = q[b], q[a]
	q[a].place, q[b].place = a, b
}

func (q *schedule) Push(x any) {
	one := x.(*delivery)
	one.place = len(*q)
	*q = append(*q, one)
}

func (q *schedule) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
