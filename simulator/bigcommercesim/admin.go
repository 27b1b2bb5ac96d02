package bigcommercesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// State is what the store holds and has seen.
type State struct {
	Counts    map[string]int `json:"counts"` // listed records of each entity
	Hooks     []*hook        `json:"hooks"`  // of all accounts
	Scripts   []*script      `json:"scripts"`
	Requests  map[string]int `json:"requests"` // by method and route
	Throttled int            `json:"throttled"`
	// Ignored counts query parameters that nothing reads, by route and name.
	Ignored  map[string]int `json:"ignored_parameters"`
	Webhooks DeliveryCounts `json:"webhooks"`
}

// State returns what the store holds and has seen.
func (s *Server) State() State {
	st := State{Counts: map[string]int{}, Hooks: []*hook{}, Scripts: []*script{}}
	s.mu.RLock()
	for name, e := range s.entities {
		st.Counts[name] = e.len()
	}
	ids, _ := s.hooks.find(query[hook]{})
	for _, id := range ids {
		st.Hooks = append(st.Hooks, s.hooks.get(id))
	}
	st.Scripts = append(st.Scripts, s.scripts...)
	s.mu.RUnlock()
	s.counting.Lock()
	st.Requests, st.Ignored, st.Throttled = maps.Clone(s.requests), maps.Clone(s.ignored), s.throttled
	s.counting.Unlock()
	st.Webhooks = s.Webhooks()
	return st
}

// Webhooks returns what became of the webhooks so far.
func (s *Server) Webhooks() DeliveryCounts {
	s.delivery.mu.Lock()
	defer s.delivery.mu.Unlock()
	c := s.delivery.counts
	c.Pending = len(s.delivery.known)
	return c
}

// SetDelivery says from now on how webhooks go astray.
func (s *Server) SetDelivery(d Delivery) error {
	if err := d.check(); err != nil {
		return err
	}
	s.delivery.mu.Lock()
	defer s.delivery.mu.Unlock()
	s.delivery.ways = d
	return nil
}

// SetScopes changes the first account's scopes, which no real token allows, so
// that a test can take one away halfway.
func (s *Server) SetScopes(scopes []string) error {
	return s.changeAccounts(func(list []*APIAccount) ([]*APIAccount, error) {
		first := *list[0]
		first.Scopes = slices.Clone(scopes)
		return append([]*APIAccount{&first}, list[1:]...), nil
	})
}

// AddAccount makes another API account.
func (s *Server) AddAccount(a APIAccount) error {
	return s.changeAccounts(func(list []*APIAccount) ([]*APIAccount, error) {
		if a.AccessToken == "" || a.ClientID == "" {
			return nil, errors.New("an access_token and a client_id are needed")
		}
		for _, other := range list {
			if other.AccessToken == a.AccessToken || other.ClientID == a.ClientID {
				return nil, errors.New("the access_token or client_id is in use")
			}
		}
		return append(slices.Clone(list), &a), nil
	})
}

// RemoveAccount revokes an account's token; its hooks go with it, its scripts
// stay (page "API accounts").
func (s *Server) RemoveAccount(clientID string) error {
	return s.changeAccounts(func(list []*APIAccount) ([]*APIAccount, error) {
		left := slices.DeleteFunc(slices.Clone(list), func(a *APIAccount) bool { return a.ClientID == clientID })
		if len(left) == len(list) {
			return nil, fmt.Errorf("account: %w", ErrNotFound)
		}
		for _, h := range s.hooksOf(&APIAccount{ClientID: clientID}, nil) {
			if err := s.keep(line{Op: opDelete, Entity: "hooks", ID: h.ID}); err != nil {
				return nil, err
			}
			s.hooks.put(h.ID, nil)
		}
		return left, nil
	})
}

func (s *Server) changeAccounts(do func([]*APIAccount) ([]*APIAccount, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := do(s.accounts)
	if err != nil {
		return err
	}
	if err := s.keep(line{Op: opAccounts, Accounts: list}); err != nil {
		return err
	}
	s.accounts = list
	return nil
}

// Settings are the store's own; nil leaves one as it is.
type Settings struct {
	Domain             *string        `json:"domain,omitempty"`
	Currencies         []string       `json:"currencies,omitempty"`
	DisplayCurrencies  []string       `json:"display_currencies,omitempty"`
	CustomStatusLabels map[int]string `json:"custom_status_labels,omitempty"`
}

// ChangeSettings changes the store and fires store/information/updated.
func (s *Server) ChangeSettings(to Settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range to.CustomStatusLabels {
		if id < 0 || id >= len(statusRows) {
			return fmt.Errorf("status %d: must be within 0 and 14", id)
		}
	}
	deliveries := s.deliveriesOf([]event{{"store/information/updated", map[string]any{"type": "store"}}})
	if err := s.keep(line{Op: opSettings, Settings: &to, Deliveries: deliveries}); err != nil {
		return err
	}
	s.apply(to)
	s.delivery.add(deliveries)
	return nil
}

func (s *Server) apply(to Settings) {
	set(&s.domain, to.Domain)
	maps.Copy(s.labels, to.CustomStatusLabels)
	if to.Currencies != nil || to.DisplayCurrencies != nil {
		g := *s.options.withCurrencies(to)
		s.currencies = (&generator{options: g, start: s.start}).currencyRows()
	}
}

func (o Options) withCurrencies(to Settings) *Options {
	if to.Currencies != nil {
		o.Currencies = to.Currencies
	}
	o.DisplayCurrencies = to.DisplayCurrencies
	return &o
}

// index is what GET /_simulator/ answers: what there is, and what for.
var index = map[string]string{
	"GET /_simulator/state":                        "records, hooks, scripts, requests, webhooks",
	"GET /_simulator/{entity}":                     "ids; ?after=&limit=; customers, subscribers, orders, products, variants, brands, categories, refunds",
	"POST /_simulator/{entity}":                    "make a record of random defaults and the fields given",
	"GET, PATCH, DELETE /_simulator/{entity}/{id}": "read, change, or take away a record; an order is archived",
	"POST /_simulator/scopes":                      `the first account's scopes: {"scopes":[]}`,
	"POST /_simulator/accounts":                    `another API account: {"access_token","client_id","client_secret","scopes"}`,
	"DELETE /_simulator/accounts/{client_id}":      "revoke an account",
	"PATCH /_simulator/store":                      `{"domain","currencies","display_currencies","custom_status_labels"}`,
	"PUT /_simulator/delivery":                     `how webhooks go astray: {"double","reorder","suppress","forge","delay_ms","signature":"|wrong|none"}`,
	"POST, GET, DELETE /_simulator/faults":         `{"method","path","times","skip","fraction","effect":"answer|delay|drop|truncate|malformed|html","status","headers","body","delay_ms","work"}`,
	"PUT /_simulator/faults/latency":               `{"latency_ms"}`,
}

// registerAdmin serves /_simulator/.
func (s *Server) registerAdmin(mux *http.ServeMux) {
	mux.HandleFunc("GET /_simulator/{$}", func(w http.ResponseWriter, _ *http.Request) {
		reply{200, index}.write(w)
	})
	mux.HandleFunc("GET /_simulator/state", func(w http.ResponseWriter, _ *http.Request) {
		reply{200, s.State()}.write(w)
	})
	wish(mux, "POST /_simulator/scopes", func(in struct {
		Scopes []string `json:"scopes"`
	}) error {
		return s.SetScopes(in.Scopes)
	})
	wish(mux, "POST /_simulator/accounts", s.AddAccount)
	wish(mux, "PATCH /_simulator/store", s.ChangeSettings)
	wish(mux, "PUT /_simulator/delivery", s.SetDelivery)
	mux.HandleFunc("DELETE /_simulator/accounts/{client}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 204, nil, s.RemoveAccount(r.PathValue("client")))
	})
	mux.HandleFunc("GET /_simulator/{entity}", func(w http.ResponseWriter, r *http.Request) {
		after, limit, err := window(r)
		var ids []int64
		if err == nil {
			ids, err = s.IDs(r.PathValue("entity"), after, limit)
		}
		if ids == nil {
			ids = []int64{}
		}
		answer(w, 200, ids, err)
	})
	mux.HandleFunc("POST /_simulator/{entity}", func(w http.ResponseWriter, r *http.Request) {
		raw, err := body(w, r)
		var record json.RawMessage
		if err == nil {
			_, record, err = s.Create(r.PathValue("entity"), raw)
		}
		answer(w, 201, record, err)
	})
	record := func(method string, status int, do func(entity string, id int64, raw json.RawMessage) (json.RawMessage, error)) {
		mux.HandleFunc(method+" /_simulator/{entity}/{id}", func(w http.ResponseWriter, r *http.Request) {
			id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
			var raw, record json.RawMessage
			if err == nil {
				raw, err = body(w, r)
			}
			if err == nil {
				record, err = do(r.PathValue("entity"), id, raw)
			}
			answer(w, status, record, err)
		})
	}
	record("GET", 200, func(entity string, id int64, _ json.RawMessage) (json.RawMessage, error) {
		return s.Get(entity, id)
	})
	record("PATCH", 200, func(entity string, id int64, raw json.RawMessage) (json.RawMessage, error) {
		return s.Update(entity, id, raw)
	})
	record("DELETE", 204, func(entity string, id int64, _ json.RawMessage) (json.RawMessage, error) {
		return nil, s.Delete(entity, id)
	})
}

// wishOf reads a body, strictly.
func wishOf[T any](r *http.Request, w http.ResponseWriter) (T, error) {
	var in T
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&in)
	return in, err
}

// wish serves an operation that takes a body and answers 204.
func wish[T any](mux *http.ServeMux, pattern string, do func(T) error) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		in, err := wishOf[T](r, w)
		if err == nil {
			err = do(in)
		}
		answer(w, 204, nil, err)
	})
}

func body(w http.ResponseWriter, r *http.Request) (json.RawMessage, error) {
	var raw json.RawMessage
	if r.ContentLength == 0 {
		return json.RawMessage("{}"), nil
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<20)).Decode(&raw)
	return raw, err
}

func window(r *http.Request) (after int64, limit int, err error) {
	if given := r.URL.Query().Get("after"); given != "" {
		if after, err = strconv.ParseInt(given, 10, 64); err != nil {
			return 0, 0, err
		}
	}
	if given := r.URL.Query().Get("limit"); given != "" {
		limit, err = strconv.Atoi(given)
	}
	return after, limit, err
}

func answer(w http.ResponseWriter, status int, v any, err error) {
	switch {
	case errors.Is(err, ErrNotFound):
		reply{404, map[string]string{"error": err.Error()}}.write(w)
	case err != nil:
		reply{422, map[string]string{"error": err.Error()}}.write(w)
	case status == 204:
		reply{status: 204}.write(w)
	default:
		reply{status, v}.write(w)
	}
}
