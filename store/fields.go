package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	// maxFields bounds the fields of one entity that get a key for good. Who
	// has more makes names by machine.
	maxFields = 10_000
	// maxFieldName bounds a name and its key in bytes. A longer key would leave
	// no room for a value in the 1,000 bytes of a record's properties.
	maxFieldName = 1000
)

type fieldItem struct {
	Kind  connection.FieldKind `json:"kind"`
	Name  string               `json:"name"`
	Plain string               `json:"plain"`
	Key   string               `json:"key"`
}

// FieldKeys returns the property key of each of the merchant's own fields, and
// gives one to those seen for the first time: the plain key while it is free,
// the next numbered one (_2, _3 and so on) otherwise, never one of reserved. A
// key is given for good and to one field only, whichever process sees it first.
// The key is empty where the name makes none. A field that cannot be kept is
// not in the answer: the entity has 10,000 fields already, or the name is over
// 1,000 bytes. ErrNotFound when the connection is removed.
func (s *Store) FieldKeys(ctx context.Context, id connection.ID, entity connection.Entity, fields []connection.NewField, reserved []string) (map[connection.FieldID]string, error) {
	fields = keepable(fields)
	keys := s.fieldKeys.of(id, entity, fields)
	if len(keys) == len(fields) {
		return keys, nil
	}
	err := s.write(ctx, func(t *tx) error {
		// Whoever else sees new names of this connection waits here.
		if _, err := scanConnection(t.row(s.q.LockConnection, string(id))); err != nil {
			return notFound(err)
		}
		rows, err := t.rows(s.q.ListFieldKeys, string(id), string(entity))
		r, err := newRegistry(rows, err, reserved)
		if err != nil {
			return err
		}
		if added := r.add(fields); len(added) > 0 {
			if _, err := t.exec(s.q.InsertFields, string(id), string(entity), encode(added)); err != nil {
				return fmt.Errorf("insert fields: %w", err)
			}
		}
		keys = keysOf(fields, r.keys)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("give keys to fields: %w", err)
	}
	s.fieldKeys.add(id, entity, keys)
	return keys, nil
}

// PreviewFieldKeys returns what FieldKeys would, and keeps nothing.
func (s *Store) PreviewFieldKeys(ctx context.Context, id connection.ID, entity connection.Entity, fields []connection.NewField, reserved []string) (map[connection.FieldID]string, error) {
	fields = keepable(fields)
	rows, err := s.reader.QueryContext(ctx, s.q.ListFieldKeys, string(id), string(entity))
	r, err := newRegistry(rows, err, reserved)
	if err != nil {
		return nil, fmt.Errorf("read keys of fields: %w", err)
	}
	r.add(fields)
	return keysOf(fields, r.keys), nil
}

// keepableName reports whether the tables take a name: PostgreSQL knows no zero
// byte in a text, and bounds what an index holds.
func keepableName(name string) bool {
	return len(name) <= maxFieldName && !strings.ContainsRune(name, 0)
}

// keepable are the fields, each once, whose names and keys the tables take.
func keepable(fields []connection.NewField) []connection.NewField {
	var kept []connection.NewField
	seen := map[connection.FieldID]bool{}
	for _, f := range fields {
		if seen[f.FieldID] || !keepableName(f.Name) || len(f.Plain) > maxFieldName {
			continue
		}
		seen[f.FieldID] = true
		kept = append(kept, f)
	}
	return kept
}

// registry is the keys of all of an entity's fields.
type registry struct {
	keys  map[connection.FieldID]string
	taken map[string]bool
	next  map[string]int // the number to try next, by plain key
}

func newRegistry(rows *sql.Rows, err error, reserved []string) (*registry, error) {
	r := &registry{keys: map[connection.FieldID]string{}, taken: map[string]bool{}, next: map[string]int{}}
	err = each(rows, err, func(row *sql.Rows) error {
		var (
			field connection.FieldID
			key   string
		)
		err := row.Scan(&field.Kind, &field.Name, &key)
		r.keys[field], r.taken[key] = key, true
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, key := range reserved {
		r.taken[key] = true
	}
	return r, nil
}

// add gives keys to the fields that have none, as far as there is room. Of
// those that come together all that can have their plain key get it, so that
// none loses it to another's number.
func (r *registry) add(fields []connection.NewField) (added []fieldItem) {
	give := func(f connection.NewField, key string) {
		r.keys[f.FieldID], r.taken[key] = key, true
		added = append(added, fieldItem{Kind: f.Kind, Name: f.Name, Plain: f.Plain, Key: key})
	}
	var rest []connection.NewField
	for _, f := range fields {
		if _, known := r.keys[f.FieldID]; known || len(r.keys) == maxFields {
			continue
		}
		if f.Plain != "" && r.taken[f.Plain] {
			rest = append(rest, f)
			continue
		}
		give(f, f.Plain)
	}
	for _, f := range rest {
		if len(r.keys) < maxFields {
			give(f, r.numbered(f.Plain))
		}
	}
	return added
}

func (r *registry) numbered(plain string) string {
	for n := max(r.next[plain], 2); ; n++ {
		if key := plain + "_" + strconv.Itoa(n); !r.taken[key] {
			r.next[plain] = n + 1
			return key
		}
	}
}

// keysOf picks the keys of the given fields.
func keysOf(fields []connection.NewField, from map[connection.FieldID]string) map[connection.FieldID]string {
	keys := make(map[connection.FieldID]string, len(fields))
	for _, f := range fields {
		if key, ok := from[f.FieldID]; ok {
			keys[f.FieldID] = key
		}
	}
	return keys
}

// keyCache remembers keys that were given, which never change. The zero value
// is ready to use.
type keyCache struct {
	mu   sync.RWMutex // guards keys
	keys map[cachedEntity]map[connection.FieldID]string
}

type cachedEntity struct {
	id     connection.ID
	entity connection.Entity
}

func (c *keyCache) of(id connection.ID, entity connection.Entity, fields []connection.NewField) map[connection.FieldID]string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return keysOf(fields, c.keys[cachedEntity{id, entity}])
}

func (c *keyCache) add(id connection.ID, entity connection.Entity, keys map[connection.FieldID]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		c.keys = map[cachedEntity]map[connection.FieldID]string{}
	}
	at := cachedEntity{id, entity}
	if c.keys[at] == nil {
		c.keys[at] = map[connection.FieldID]string{}
	}
	maps.Copy(c.keys[at], keys)
}

func (c *keyCache) forget(id connection.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.keys, func(at cachedEntity, _ map[connection.FieldID]string) bool { return at.id == id })
}
