package bigcommercesim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"
)

// ErrNotFound says that the store has no such entity or record.
var ErrNotFound = errors.New("not found")

// change is what one wish does: rows to keep and events to tell.
type change struct {
	id     int64
	record any // as it is now; nil when gone
	lines  []line
	events []event
	commit func()
}

// entity is one sort of record that /_simulator/ can change.
type entity interface {
	create(given []byte, now time.Time) (change, error)
	update(id int64, given []byte, now time.Time) (change, error)
	remove(id int64, now time.Time) (change, error)
	get(id int64) (any, bool)
	page(after int64, limit int) []int64
	len() int
	restore(readLine) error
}

// fields of a wish, by name.
type given map[string]json.RawMessage

// kind is an entity kept in a table.
type kind[T any] struct {
	name  string
	table *table[T]
	// fresh makes a new record's defaults.
	fresh func(id int64, now time.Time) *T
	// settle completes a record and says what follows from the change. before
	// is nil for a new record.
	settle func(before, after *T, fields given, now time.Time) ([]event, error)
	// erase returns what is kept of a record that goes, nil for nothing, and
	// the events of it.
	erase func(before *T, now time.Time) (*T, []event)
}

func (k *kind[T]) get(id int64) (any, bool) {
	record := k.table.get(id)
	return record, record != nil
}

func (k *kind[T]) page(after int64, limit int) []int64 {
	ids, _ := k.table.find(query[T]{id: span{min: after + 1, hasMin: true}, limit: limit})
	return ids
}

func (k *kind[T]) len() int { return k.table.len() }

func (k *kind[T]) restore(l readLine) error { return restore(k.table, l) }

func (k *kind[T]) create(raw []byte, now time.Time) (change, error) {
	id := k.table.next
	return k.write(id, nil, k.fresh(id, now), raw, now)
}

func (k *kind[T]) update(id int64, raw []byte, now time.Time) (change, error) {
	before := k.table.get(id)
	if before == nil {
		return change{}, fmt.Errorf("%s %d: %w", k.name, id, ErrNotFound)
	}
	return k.write(id, before, before, raw, now)
}

func (k *kind[T]) write(id int64, before, base *T, raw []byte, now time.Time) (change, error) {
	after, fields, err := patch(base, raw)
	if err != nil {
		return change{}, err
	}
	if _, ok := fields["id"]; ok {
		return change{}, errors.New("the store gives ids")
	}
	events, err := k.settle(before, after, fields, now)
	if err != nil {
		return change{}, err
	}
	return change{
		id: id, record: after, events: events, lines: []line{{Op: opPut, Entity: k.name, ID: id, Record: after}},
		commit: func() { k.table.put(id, after) },
	}, nil
}

func (k *kind[T]) remove(id int64, now time.Time) (change, error) {
	before := k.table.get(id)
	if before == nil || !k.table.listed(id) {
		return change{}, fmt.Errorf("%s %d: %w", k.name, id, ErrNotFound)
	}
	kept, events := k.erase(before, now)
	c := change{id: id, events: events, commit: func() { k.table.put(id, kept) }}
	if kept == nil {
		c.lines = []line{{Op: opDelete, Entity: k.name, ID: id}}
	} else {
		c.lines = []line{{Op: opPut, Entity: k.name, ID: id, Record: kept}}
	}
	return c, nil
}

// patch merges a wish into a copy of a record, as RFC 7396 does, but that null
// sets null. A field that the record does not know is an error.
func patch[T any](base *T, raw []byte) (*T, given, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = []byte("{}")
	}
	var fields given
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, nil, fmt.Errorf("read body: %w", err)
	}
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	if err := strict.Decode(new(T)); err != nil {
		return nil, nil, fmt.Errorf("read body: %w", err)
	}
	before, err := json.Marshal(base)
	if err != nil {
		return nil, nil, err
	}
	var target, wish map[string]any
	if err := errors.Join(decode(before, &target), decode(raw, &wish)); err != nil {
		return nil, nil, err
	}
	merge(target, wish)
	merged, err := json.Marshal(target)
	if err != nil {
		return nil, nil, err
	}
	after := new(T)
	if err := json.Unmarshal(merged, after); err != nil {
		return nil, nil, fmt.Errorf("read body: %w", err)
	}
	return after, fields, nil
}

func decode(raw []byte, into any) error {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	return in.Decode(into)
}

func merge(target, wish map[string]any) {
	for name, value := range wish {
		inner, isObject := value.(map[string]any)
		old, wasObject := target[name].(map[string]any)
		if isObject && wasObject {
			merge(old, inner)
			continue
		}
		target[name] = value
	}
}

// loud reports whether a wish names any field beyond the quiet ones.
func (g given) loud(quiet ...string) bool {
	rest := maps.Clone(g)
	for _, name := range quiet {
		delete(rest, name)
	}
	return len(rest) > 0
}

// Create makes a record of an entity (customers, subscribers, orders,
// products, variants, brands, categories, refunds) out of random defaults and
// the fields given, fires its webhooks, and returns it.
func (s *Server) Create(name string, fields any) (int64, json.RawMessage, error) {
	return s.change(name, fields, func(e entity, raw []byte, now time.Time) (change, error) { return e.create(raw, now) })
}

// Update changes fields of a record. As in life a change of form fields,
// attributes, custom fields, MPN, GTIN or further images moves no date and
// fires nothing.
func (s *Server) Update(name string, id int64, fields any) (json.RawMessage, error) {
	_, raw, err := s.change(name, fields, func(e entity, raw []byte, now time.Time) (change, error) {
		return e.update(id, raw, now)
	})
	return raw, err
}

// Delete takes a record away; an order is archived.
func (s *Server) Delete(name string, id int64) error {
	_, _, err := s.change(name, nil, func(e entity, _ []byte, now time.Time) (change, error) { return e.remove(id, now) })
	return err
}

func (s *Server) change(name string, fields any, do func(entity, []byte, time.Time) (change, error)) (int64, json.RawMessage, error) {
	var raw []byte
	if fields != nil {
		var err error
		if raw, err = json.Marshal(fields); err != nil {
			return 0, nil, fmt.Errorf("encode fields: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entities[name]
	if e == nil {
		return 0, nil, fmt.Errorf("entity %q: %w", name, ErrNotFound)
	}
	c, err := do(e, raw, s.options.Now().UTC().Truncate(time.Second))
	if err != nil {
		return 0, nil, err
	}
	deliveries := s.deliveriesOf(c.events)
	kept := c.lines[0]
	kept.Also, kept.Deliveries = c.lines[1:], deliveries
	if err := s.keep(kept); err != nil {
		return 0, nil, err
	}
	c.commit()
	s.delivery.add(deliveries)
	if c.record == nil {
		return c.id, nil, nil
	}
	answer, err := json.Marshal(c.record)
	return c.id, answer, err
}

// Get returns a record whole, and ErrNotFound when there is none.
func (s *Server) Get(entity string, id int64) (json.RawMessage, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.entities[entity]
	if e == nil {
		return nil, fmt.Errorf("entity %q: %w", entity, ErrNotFound)
	}
	record, ok := e.get(id)
	if !ok {
		return nil, fmt.Errorf("%s %d: %w", entity, id, ErrNotFound)
	}
	return json.Marshal(record)
}

// IDs returns the ids of the listed records above after, at most limit of
// them; 0 for all.
func (s *Server) IDs(entity string, after int64, limit int) ([]int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.entities[entity]
	if e == nil {
		return nil, fmt.Errorf("entity %q: %w", entity, ErrNotFound)
	}
	return e.page(after, limit), nil
}
