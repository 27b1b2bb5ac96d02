package ometriasim

import (
	"encoding/json"
	"fmt"
	"time"
)

// Violation is something pushed that breaks the contract. Nobody asked for it,
// so that a test or demo that sees one has failed, whatever Ometria does about
// it: an unknown field, for one, it may well take.
type Violation struct {
	At         time.Time `json:"at"`
	RequestID  string    `json:"request_id,omitempty"` // empty for a push refused as a whole
	Type       string    `json:"type,omitempty"`       // empty for a push refused as a whole
	Collection string    `json:"collection,omitempty"`
	ID         string    `json:"id,omitempty"`
	Path       string    `json:"path,omitempty"`
	Message    string    `json:"message"`
}

func (v Violation) String() string {
	if v.Type == "" {
		return "push: " + v.Message
	}
	record := v.Type + " " + v.ID
	if v.Collection != "" {
		record = v.Type + " " + v.Collection + "/" + v.ID
	}
	if v.Path == "" {
		return record + ": " + v.Message
	}
	return record + ": " + v.Path + ": " + v.Message
}

// keptViolations are kept of an account, the first ones; all are counted.
const keptViolations = 1000

// Violations returns what broke the contract, oldest first, 1,000 at most.
func (a *Account) Violations() []Violation {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Violation{}, a.violations...)
}

// Violations returns those of all accounts.
func (s *Server) Violations() []Violation {
	all := []Violation{}
	for _, name := range s.Accounts() {
		all = append(all, s.accounts[name].Violations()...)
	}
	return all
}

// violate keeps what broke the contract. It needs a.mu.
func (a *Account) violate(v Violation) {
	a.counts.Violations++
	if len(a.violations) < keptViolations {
		a.violations = append(a.violations, v)
	}
}

// check looks for what is wrong with a record.
func (s *Server) check(key Key, raw json.RawMessage) finding {
	if s.schemas != nil {
		return s.schemas.check(key, raw, s.options.Strict)
	}
	if why := lacksRequired(key, raw); why != nil {
		return refuses(*why)
	}
	return finding{}
}

// maxProperties is in characters of the properties as JSON, keys included
// (page "Ometria data architecture").
const maxProperties = 1000

func bulkyProperties(raw json.RawMessage) *ErrorMessage {
	var record struct {
		Properties json.RawMessage `json:"properties"`
		Lineitems  []struct {
			Properties json.RawMessage `json:"properties"`
		} `json:"lineitems"`
	}
	if json.Unmarshal(raw, &record) != nil {
		return nil // the schema has spoken
	}
	if len([]rune(string(record.Properties))) >= maxProperties {
		return &ErrorMessage{ErrorMessage: "properties are too large", ErrorPath: "properties"}
	}
	for n, line := range record.Lineitems {
		if len([]rune(string(line.Properties))) >= maxProperties {
			return &ErrorMessage{ErrorMessage: "properties are too large", ErrorPath: fmt.Sprintf("lineitems.%d.properties", n)}
		}
	}
	return nil
}

// lacksRequired is the check without schemas: only what a record cannot do
// without.
func lacksRequired(key Key, raw json.RawMessage) *ErrorMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return &ErrorMessage{ErrorMessage: "not an object"}
	}
	var id string
	if key.ID == "" || json.Unmarshal(fields["id"], &id) != nil && key.Type != "product" {
		return missing("id")
	}
	if string(fields["@merge"]) == "true" {
		return bulkyProperties(raw)
	}
	var needed []string
	switch key.Type {
	case "contact":
		if fields["email"] == nil && fields["phone_number"] == nil {
			return missing("email")
		}
	case "order":
		needed = []string{"timestamp", "grand_total", "currency"}
	case "product":
		needed = []string{"title", "price"}
	}
	for _, name := range needed {
		if fields[name] == nil {
			return missing(name)
		}
	}
	var lines []map[string]json.RawMessage
	if raw := fields["lineitems"]; raw != nil && json.Unmarshal(raw, &lines) != nil {
		return &ErrorMessage{ErrorMessage: "must be a list of objects", ErrorPath: "lineitems"}
	}
	for n, line := range lines {
		for _, name := range []string{"product_id", "quantity"} {
			if line[name] == nil {
				return missing(fmt.Sprintf("lineitems.%d.%s", n, name))
			}
		}
	}
	return bulkyProperties(raw)
}

func missing(path string) *ErrorMessage {
	return &ErrorMessage{ErrorMessage: "missing required field", ErrorPath: path}
}
