package ometriasim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Rule orders the fate of one record from now on.
type Rule struct {
	Type       string `json:"type"`
	Collection string `json:"collection,omitempty"`
	ID         string `json:"id"`
	// Times is how many pushes of the record it strikes; 0 for all.
	Times int `json:"times,omitempty"`
	// When is "now" for rejected in the answer, "later" for an error after it.
	When         string `json:"when,omitempty"`
	ErrorMessage string `json:"error_message,omitempty"`
	ErrorPath    string `json:"error_path,omitempty"`
	// Drop answers accepted and loses the record.
	Drop   bool `json:"drop,omitempty"`
	Struck int  `json:"struck"`
}

// Drop makes the account answer accepted for a record and lose it.
func (a *Account) Drop(r Rule) error {
	r.Drop = true
	return a.addRule(r)
}

// Reject makes the account refuse a record, in the answer (When "now") or
// afterwards ("later", the default).
func (a *Account) Reject(r Rule) error {
	if r.When == "" {
		r.When = "later"
	}
	if r.When != "now" && r.When != "later" {
		return fmt.Errorf("when %q: must be now or later", r.When)
	}
	if r.ErrorMessage == "" {
		r.ErrorMessage = "rejected by order"
	}
	r.Drop = false
	return a.addRule(r)
}

func (a *Account) addRule(r Rule) error {
	if r.Type != "contact" && r.Type != "order" && r.Type != "product" {
		return fmt.Errorf("type %q: must be contact, order or product", r.Type)
	}
	if r.ID == "" || (r.Type == "contact") != (r.Collection != "") {
		return fmt.Errorf("an id is needed, and a collection for contacts alone")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	r.Struck = 0
	a.rules = append(a.rules, &r)
	return nil
}

// ClearRules ends all that Drop and Reject ordered.
func (a *Account) ClearRules() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rules = nil
}

// rule returns the rule that strikes a record now, or nil.
func (a *Account) rule(key Key) *Rule {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.rules {
		if (Key{r.Type, r.Collection, r.ID}) == key && (r.Times == 0 || r.Struck < r.Times) {
			r.Struck++
			struck := *r
			return &struck
		}
	}
	return nil
}

// index is what GET /_simulator/ answers: what there is, and what for.
var index = map[string]string{
	"GET /_simulator/state":                             "records held, pushes, refusals; ?account= when there are several",
	"GET /_simulator/errors":                            "the latest 100 errors, outside the read limit",
	"GET /_simulator/violations":                        "what was pushed and breaks the contract; schemas decide when Options.SchemaDir is set",
	"GET /_simulator/ids/{order|product}":               "ids in the order in which they came",
	"GET /_simulator/ids/contact/{collection}":          "ids of a collection",
	"GET /_simulator/records/{order|product}/{id}":      "a record, its pushes and revisions",
	"GET /_simulator/records/contact/{collection}/{id}": "a contact, its pushes and revisions",
	"POST /_simulator/drop":                             `lose a record: {"type","collection","id","times"}`,
	"POST /_simulator/reject":                           `refuse a record: {"type","collection","id","when":"now|later","error_message","error_path"}`,
	"DELETE /_simulator/rules":                          "end drop and reject",
	"POST, GET, DELETE /_simulator/faults":              `{"method","path","times","skip","fraction","effect":"answer|delay|drop|truncate|malformed|html","status","headers","body","delay_ms","work"}`,
	"PUT /_simulator/faults/latency":                    `{"latency_ms"}`,
}

// registerAdmin serves /_simulator/. ?account= names the account when there
// are several.
func (s *Server) registerAdmin(mux *http.ServeMux) {
	mux.HandleFunc("GET /_simulator/{$}", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, index)
	})
	route := func(pattern string, h accountHandler) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			a := s.Account(r.URL.Query().Get("account"))
			if a == nil {
				write(w, http.StatusNotFound, map[string]any{"error": "name one account by ?account=", "accounts": s.Accounts()})
				return
			}
			h(a, w, r)
		})
	}
	route("GET /_simulator/state", func(a *Account, w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, a.Counts())
	})
	route("GET /_simulator/errors", func(a *Account, w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, a.Errors())
	})
	route("GET /_simulator/violations", func(a *Account, w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, a.Violations())
	})
	route("GET /_simulator/records/{type}/{id...}", func(a *Account, w http.ResponseWriter, r *http.Request) {
		kind, collection, id := r.PathValue("type"), "", r.PathValue("id")
		if kind == "contact" {
			collection, id, _ = strings.Cut(id, "/")
		}
		record, ok := a.Record(kind, collection, id)
		if !ok {
			write(w, http.StatusNotFound, map[string]string{"error": "no such record"})
			return
		}
		write(w, http.StatusOK, record)
	})
	route("GET /_simulator/ids/{type}", func(a *Account, w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusOK, idsOrEmpty(a.IDs(r.PathValue("type"), "")))
	})
	route("GET /_simulator/ids/contact/{collection}", func(a *Account, w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusOK, idsOrEmpty(a.IDs("contact", r.PathValue("collection"))))
	})
	rule := func(add func(*Account, Rule) error) accountHandler {
		return func(a *Account, w http.ResponseWriter, r *http.Request) {
			var order Rule
			in := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
			in.DisallowUnknownFields()
			err := in.Decode(&order)
			if err == nil {
				err = add(a, order)
			}
			if err != nil {
				write(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}
	}
	route("POST /_simulator/drop", rule((*Account).Drop))
	route("POST /_simulator/reject", rule((*Account).Reject))
	route("DELETE /_simulator/rules", func(a *Account, w http.ResponseWriter, _ *http.Request) {
		a.ClearRules()
		w.WriteHeader(http.StatusNoContent)
	})
}

func idsOrEmpty(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}
