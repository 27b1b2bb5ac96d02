package ometriasim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"

	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/journal"
)

// Server is the stand-in. It binds nowhere: give it to an http.Server.
type Server struct {
	options  Options
	schemas  *Schemas // nil without Options.SchemaDir
	journal  *journal.Journal
	faults   *faults.Injector
	handler  http.Handler
	accounts map[string]*Account

	keys  sync.RWMutex // guards byKey
	byKey map[string]*Account

	closing chan struct{}
	closed  sync.Once
	pending sync.WaitGroup // records that wait out ProcessingDelay
}

// New builds a stand-in and, with Options.Dir, replays its journal.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("check options: %w", err)
	}
	s := &Server{
		options: o, faults: faults.New(o.Seed), closing: make(chan struct{}),
		accounts: map[string]*Account{}, byKey: map[string]*Account{},
	}
	for key, name := range o.Keys {
		if s.accounts[name] == nil {
			s.accounts[name] = newAccount(name, o)
		}
		s.byKey[key] = s.accounts[name]
	}
	if o.SchemaDir != "" {
		if s.schemas, err = ReadSchemas(o.SchemaDir); err != nil {
			return nil, fmt.Errorf("read schemas: %w", err)
		}
	}
	if o.Dir != "" {
		if s.journal, err = journal.Open(filepath.Join(o.Dir, "ometria.jsonl"), s.replay); err != nil {
			return nil, err
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/v2/", s.faults.Wrap(s.api()))
	s.registerAdmin(mux)
	s.faults.Register(mux, "/_simulator/faults")
	s.handler = mux
	return s, nil
}

// ServeHTTP serves the Data API under /v2/ and the stand-in's own under
// /_simulator/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close drops what waits to be processed, as a killed process would, waits for
// every goroutine and closes the journal. It may be called twice.
func (s *Server) Close() error {
	s.closed.Do(func() { close(s.closing) })
	s.pending.Wait()
	return s.journal.Close()
}

// Faults returns the orders to misbehave.
func (s *Server) Faults() *faults.Injector { return s.faults }

// Account returns the account of that name; with an empty name the only one.
// It returns nil when there is none such.
func (s *Server) Account(name string) *Account {
	if name == "" && len(s.accounts) == 1 {
		for _, a := range s.accounts {
			return a
		}
	}
	return s.accounts[name]
}

// accountOf returns the account that an API key opens, or nil.
func (s *Server) accountOf(key string) *Account {
	s.keys.RLock()
	defer s.keys.RUnlock()
	return s.byKey[key]
}

// ReplaceKey revokes an API key and has another open its account. It errs on a
// key that opens none, and on another that is in use. Options.Keys count again
// for the next stand-in, whatever its journal says.
func (s *Server) ReplaceKey(key, by string) error {
	s.keys.Lock()
	defer s.keys.Unlock()
	account := s.byKey[key]
	switch {
	case account == nil:
		return errors.New("the key to revoke opens no account")
	case by == "" || s.byKey[by] != nil:
		return errors.New("the key in its place must be one that is not in use")
	}
	delete(s.byKey, key)
	s.byKey[by] = account
	return nil
}

// Accounts returns the names of the accounts, sorted.
func (s *Server) Accounts() []string {
	names := make([]string, 0, len(s.accounts))
	for name := range s.accounts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// api routes /v2/. A bad or missing key gets 403 before anything else; its
// body is documented nowhere.
func (s *Server) api() http.Handler {
	mux := http.NewServeMux()
	read := func(h func(*Account, http.ResponseWriter, *http.Request)) accountHandler {
		return func(a *Account, w http.ResponseWriter, r *http.Request) {
			if !a.reads.AllowN(s.options.Now(), 1) {
				a.count(func(c *Counts) { c.TooManyReads++ })
				fail(w, http.StatusTooManyRequests, "Too many requests")
				return
			}
			h(a, w, r)
		}
	}
	for pattern, h := range map[string]accountHandler{
		"POST /v2/push":                         s.push,
		"GET /v2/push/_errors":                  read(pushErrors),
		"GET /v2/contacts":                      read(listCollections),
		"GET /v2/contacts/{collection}":         read(listContacts),
		"GET /v2/contacts/{collection}/{id...}": read(getContact),
		"GET /v2/profiles":                      read(listProfiles),
		"GET /v2/profiles/{id}":                 read(getProfile),
		"GET /v2/orders":                        read(listOrders),
		"GET /v2/orders/{id...}":                read(getOrder),
		"GET /v2/products":                      read(listProducts),
		"GET /v2/products/{id...}":              read(getProduct),
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			a := s.accountOf(r.Header.Get("X-Ometria-Auth"))
			if a == nil {
				fail(w, http.StatusForbidden, "Forbidden")
				return
			}
			a.count(func(c *Counts) { c.Requests[pattern]++ })
			h(a, w, r)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "Not found")
	})
	return mux
}

type accountHandler func(*Account, http.ResponseWriter, *http.Request)

func fail(w http.ResponseWriter, status int, message string) {
	write(w, status, map[string]any{"status": "ERROR", "message": message})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
