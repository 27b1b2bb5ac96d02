package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// Effect says what a fault does to a call.
type Effect string

// The effects.
const (
	Answer    Effect = "answer"    // status, headers and body as ordered
	Delay     Effect = "delay"     // only wait, then answer as always
	Drop      Effect = "drop"      // close the connection without an answer
	Truncate  Effect = "truncate"  // announce the whole body, send half, close
	Malformed Effect = "malformed" // a complete answer whose JSON breaks off
	HTML      Effect = "html"      // a proxy's HTML page with the status
)

// Fault is one order. Go's HTTP transport silently repeats a GET whose reused
// connection was dropped, so order a Drop more than once to see one.
type Fault struct {
	ID string `json:"id"`
	// Method is the HTTP method; empty matches each.
	Method string `json:"method,omitempty"`
	// Path is a regular expression, not anchored, over the path with its
	// query; empty matches each.
	Path string `json:"path,omitempty"`
	// Skip lets that many matching calls pass first.
	Skip int `json:"skip,omitempty"`
	// Times is how often the fault strikes; 0 means without end.
	Times int `json:"times,omitempty"`
	// Fraction strikes at random, seeded; 0 and 1 mean each matching call.
	Fraction float64 `json:"fraction,omitempty"`
	// Effect defaults to Answer when a status is given, else to Delay.
	Effect  Effect            `json:"effect,omitempty"`
	Status  int               `json:"status,omitempty"` // 503 for Answer and HTML unless given
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	DelayMS int               `json:"delay_ms,omitempty"`
	// Work does the work before it fails. Truncate and Malformed always do.
	Work bool `json:"work,omitempty"`
	// Struck counts how often the fault struck.
	Struck int `json:"struck"`
}

type order struct {
	Fault
	path    *regexp.Regexp
	matched int
}

// Header names the effect in every answer that a fault spoilt, so that a test
// which holds answers to a contract lets it pass.
const Header = "X-Simulator-Fault"

// Injector holds the orders for one service. The zero value is not usable.
type Injector struct {
	mu      sync.Mutex // guards all below
	orders  []*order
	random  *rand.Rand
	nextID  int
	latency time.Duration
}

// New returns an injector without faults; seed decides what fractions strike.
func New(seed int64) *Injector {
	return &Injector{random: rand.New(rand.NewPCG(uint64(seed), 0xfa017))}
}

// Order adds a fault and returns it with its id. It errs on a path that is no
// regular expression, an unknown effect, and numbers out of range.
func (i *Injector) Order(f Fault) (Fault, error) {
	path, err := regexp.Compile(f.Path)
	if err != nil {
		return Fault{}, fmt.Errorf("compile path: %w", err)
	}
	if f.Fraction < 0 || f.Fraction > 1 || f.Times < 0 || f.Skip < 0 || f.DelayMS < 0 {
		return Fault{}, errors.New("fraction must be within 0 and 1; times, skip and delay_ms not negative")
	}
	if f.Effect == "" {
		f.Effect = Delay
		if f.Status != 0 {
			f.Effect = Answer
		}
	}
	switch f.Effect {
	case Answer, HTML:
		if f.Status == 0 {
			f.Status = http.StatusServiceUnavailable
		}
		if f.Status < 200 || f.Status > 599 {
			return Fault{}, fmt.Errorf("status %d: must be within 200 and 599", f.Status)
		}
	case Delay, Drop, Truncate, Malformed:
	default:
		return Fault{}, fmt.Errorf("unknown effect %q", f.Effect)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.nextID++
	f.ID, f.Struck = strconv.Itoa(i.nextID), 0
	i.orders = append(i.orders, &order{Fault: f, path: path})
	return f, nil
}

// List returns the orders that still stand, oldest first.
func (i *Injector) List() []Fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := make([]Fault, 0, len(i.orders))
	for _, o := range i.orders {
		list = append(list, o.Fault)
	}
	return list
}

// Remove takes one order away and reports whether it stood.
func (i *Injector) Remove(id string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n, o := range i.orders {
		if o.ID == id {
			i.orders = append(i.orders[:n], i.orders[n+1:]...)
			return true
		}
	}
	return false
}

// Clear takes all orders and the latency away.
func (i *Injector) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.orders, i.latency = nil, 0
}

// SetLatency makes each call take at least d longer.
func (i *Injector) SetLatency(d time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.latency = d
}

// strike returns the first fault that strikes this call, or nil.
func (i *Injector) strike(r *http.Request) (*Fault, time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	target := r.URL.RequestURI()
	for _, o := range i.orders {
		if o.Method != "" && o.Method != r.Method || !o.path.MatchString(target) {
			continue
		}
		o.matched++
		if o.matched <= o.Skip || o.Times > 0 && o.Struck >= o.Times {
			continue
		}
		if o.Fraction > 0 && i.random.Float64() >= o.Fraction {
			continue
		}
		o.Struck++
		struck := o.Fault
		return &struck, i.latency
	}
	return nil, i.latency
}

// Wrap returns next with the ordered faults and latency before it.
func (i *Injector) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, latency := i.strike(r)
		if fault != nil {
			latency += time.Duration(fault.DelayMS) * time.Millisecond
		}
		if !wait(r.Context(), latency) {
			return
		}
		if fault == nil || fault.Effect == Delay {
			next.ServeHTTP(w, r)
			return
		}
		fault.apply(w, r, next)
	})
}

func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
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

const htmlPage = "<html>\r\n<head><title>%d %[2]s</title></head>\r\n" +
	"<body>\r\n<center><h1>%[1]d %[2]s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

func (f *Fault) apply(w http.ResponseWriter, r *http.Request, next http.Handler) {
	real := httptest.NewRecorder()
	if f.Work || f.Effect == Truncate || f.Effect == Malformed {
		next.ServeHTTP(real, r)
	}
	w.Header().Set(Header, string(f.Effect))
	switch f.Effect {
	case Drop:
		panic(http.ErrAbortHandler)
	case Truncate, Malformed:
		f.cut(w, real)
	case HTML:
		f.headers(w, "text/html; charset=utf-8")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, htmlPage, f.Status, http.StatusText(f.Status))
	default:
		f.headers(w, "application/json")
		w.WriteHeader(f.Status)
		if f.Status != http.StatusNoContent && f.Status != http.StatusNotModified {
			_, _ = w.Write([]byte(f.Body))
		}
	}
}

func (f *Fault) headers(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	for name, value := range f.Headers {
		w.Header().Set(name, value)
	}
}

// cut sends half of the real answer. Truncate announces its whole length, so
// that the client sees the connection end early.
func (f *Fault) cut(w http.ResponseWriter, real *httptest.ResponseRecorder) {
	for name, values := range real.Header() {
		w.Header()[name] = values
	}
	body := real.Body.Bytes()
	half := body[:len(body)/2]
	if f.Effect == Malformed {
		half = append([]byte(`{"data":[`), half...)
	}
	length := len(half)
	if f.Effect == Truncate {
		length = len(body) + 1
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	status := real.Code
	if status == http.StatusNoContent {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = w.Write(half)
	if f.Effect == Truncate {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}
