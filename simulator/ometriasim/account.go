package ometriasim

import (
	"encoding/json"
	"iter"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Key names one record: contacts are unique by collection and id, orders and
// products by id, and a product's variants share the products' key space.
type Key struct {
	Type       string `json:"type"`
	Collection string `json:"collection,omitempty"`
	ID         string `json:"id"`
}

// Push is one time that a record was pushed.
type Push struct {
	RequestID string    `json:"request_id"`
	At        time.Time `json:"at"`
	// Record is the record as sent; only with Options.History.
	Record json.RawMessage `json:"record,omitempty"`
}

// Record is what the stand-in holds of one record.
type Record struct {
	Key       Key             `json:"key"`
	Record    json.RawMessage `json:"record"`
	Pushes    []Push          `json:"pushes"` // oldest first; the last ten without Options.History
	Revisions int             `json:"revisions"`
	arrival   int             // when it first came, counted over all records
}

// PushError is an item of GET /v2/push/_errors.
type PushError struct {
	RequestID  string          `json:"request_id"`
	RecordType string          `json:"record_type"`
	RecordID   string          `json:"record_id"`
	Record     json.RawMessage `json:"record"`
	Timestamp  time.Time       `json:"timestamp"`
	Message    ErrorMessage    `json:"message"`
}

// ErrorMessage says what is wrong with a record, and where in it.
type ErrorMessage struct {
	ErrorMessage string `json:"error_message"`
	ErrorPath    string `json:"error_path"`
}

// Counts is what an account has seen and holds.
type Counts struct {
	Account      string         `json:"account"`
	Types        map[string]int `json:"types"`       // records held of each type
	Collections  map[string]int `json:"collections"` // contacts held of each collection
	Pushes       int            `json:"pushes"`      // pushes answered 200
	Records      int            `json:"records"`     // records in them
	Accepted     int            `json:"accepted"`
	Rejected     int            `json:"rejected"` // at once
	Errors       int            `json:"errors"`   // later
	Lost         int            `json:"lost"`     // by order
	TooMany      int            `json:"too_many"` // pushes answered 429
	TooManyReads int            `json:"too_many_reads"`
	Refused      int            `json:"refused"`    // pushes answered 400
	Waiting      int            `json:"waiting"`    // records accepted, not processed yet
	Violations   int            `json:"violations"` // of the contract
	Requests     map[string]int `json:"requests"`
}

// Account is one Ometria account: its records, errors and limits.
type Account struct {
	name          string
	history       bool
	countOnly     bool
	pushes, reads *rate.Limiter

	intake sync.Mutex    // held while a push is accepted; guards last
	last   chan struct{} // closed once the push before is processed

	mu     sync.Mutex // guards all below
	held   map[Key]*Record
	order  map[bucket][]string // ids as they first came, as Ometria lists them
	errors []PushError         // oldest first
	// violations are the first ones, oldest first.
	violations []Violation
	rules      []*Rule
	counts     Counts
}

// bucket is a type or, for contacts, a collection.
type bucket struct{ kind, collection string }

func newAccount(name string, o Options) *Account {
	return &Account{
		name: name, history: o.History, countOnly: o.CountOnly, pushes: limiter(o.PushesPerSecond), reads: limiter(o.ReadsPerSecond),
		held: map[Key]*Record{}, order: map[bucket][]string{},
		counts: Counts{Account: name, Types: map[string]int{}, Collections: map[string]int{}, Requests: map[string]int{}},
	}
}

func limiter(perSecond int) *rate.Limiter {
	if perSecond == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), perSecond)
}

func (a *Account) count(change func(*Counts)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.counts)
}

// Name returns the account's name.
func (a *Account) Name() string { return a.name }

// Counts returns what the account has seen and holds.
func (a *Account) Counts() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.counts
	c.Types, c.Collections, c.Requests = map[string]int{}, map[string]int{}, maps.Clone(c.Requests)
	for b, ids := range a.order {
		c.Types[b.kind] += len(ids)
		if b.kind == "contact" {
			c.Collections[b.collection] = len(ids)
		}
	}
	return c
}

// Record returns one record and reports whether the account holds it.
func (a *Account) Record(kind, collection, id string) (Record, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	held := a.held[Key{kind, collection, id}]
	if held == nil {
		return Record{}, false
	}
	return held.copy(), true
}

func (r *Record) copy() Record {
	c := *r
	c.Pushes = append([]Push(nil), r.Pushes...)
	return c
}

// IDs returns the ids of a type ("order", "product"), or of a contact
// collection, in the order in which they first came.
func (a *Account) IDs(kind, collection string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.order[bucket{kind, collection}]...)
}

// Recorded walks all records held; those that come while it walks may be left
// out.
func (a *Account) Recorded() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		a.mu.Lock()
		buckets := maps.Clone(a.order)
		a.mu.Unlock()
		for b, ids := range buckets {
			for _, id := range ids {
				record, ok := a.Record(b.kind, b.collection, id)
				if ok && !yield(record) {
					return
				}
			}
		}
	}
}

// Errors returns the latest 100 errors, newest first.
func (a *Account) Errors() []PushError {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]PushError, 0, maxErrors)
	for n := len(a.errors) - 1; n >= 0 && len(list) < maxErrors; n-- {
		list = append(list, a.errors[n])
	}
	return list
}

const (
	maxErrors     = 100
	keptPushes    = 10
	errorsToPrune = 1000
)

// store upserts one record. It needs a.mu.
func (a *Account) store(key Key, raw json.RawMessage, push Push) {
	held := a.held[key]
	if held == nil {
		held = &Record{Key: key, arrival: len(a.held)}
		a.held[key] = held
		b := bucket{key.Type, key.Collection}
		a.order[b] = append(a.order[b], key.ID)
	}
	held.Revisions++
	if a.countOnly {
		return
	}
	held.Record = upsert(held.Record, raw)
	if a.history {
		push.Record = raw
	} else if len(held.Pushes) == keptPushes {
		held.Pushes = append(held.Pushes[:0], held.Pushes[1:]...)
	}
	held.Pushes = append(held.Pushes, push)
}

// fail keeps an error that came after the answer. It needs a.mu.
func (a *Account) fail(e PushError) {
	a.counts.Errors++
	a.errors = append(a.errors, e)
	if len(a.errors) > errorsToPrune {
		a.errors = append(a.errors[:0], a.errors[len(a.errors)-maxErrors:]...)
	}
}

// upsert replaces the stored record by the pushed one; with @merge, fields
// that the push leaves out are kept (page "Merge"). What is a list, such as
// attributes or lineitems, is replaced as a whole.
func upsert(stored, pushed json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(pushed, &fields) != nil {
		return pushed // checked before: always an object
	}
	merge := string(fields["@merge"]) == "true"
	if !merge {
		if _, named := fields["@merge"]; !named {
			return pushed
		}
	}
	delete(fields, "@merge")
	if merge && stored != nil {
		var before map[string]json.RawMessage
		if json.Unmarshal(stored, &before) == nil {
			for name, value := range before {
				if _, given := fields[name]; !given {
					fields[name] = value
				}
			}
		}
	}
	merged, err := json.Marshal(fields)
	if err != nil {
		return pushed
	}
	return merged
}
