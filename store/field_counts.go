package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// FieldRow is one of the merchant's own fields, without any value.
type FieldRow struct {
	connection.FieldID
	Entity connection.Entity
	Key    string // in the properties; empty when the name makes none
	Plain  string // the key that the name makes by itself
	Type   string // text, number, date or list
	// Collisions are the names of other fields of the entity that make the same
	// plain key, at most 20.
	Collisions []string
	// Records and LeftOut are of the entity's latest bulk sync: the records that
	// carried the field, and those among them whose properties had no room for
	// it. A field seen since has at least one record.
	Records     int64
	LeftOut     int64
	FirstSeenAt time.Time
	LastSeenAt  time.Time // to the hour
}

// Fields lists the connection's fields by entity, kind and name.
func (s *Store) Fields(ctx context.Context, id connection.ID) (list []FieldRow, err error) {
	syncs, err := s.latestSyncs(ctx, []connection.ID{id})
	if err != nil {
		return nil, fmt.Errorf("list fields: %w", err)
	}
	rows, err := s.reader.QueryContext(ctx, s.q.ListFields, string(id))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			f           FieldRow
			syncID      string
			first, last int64
		)
		err := r.Scan(&f.Entity, &f.Kind, &f.Name, &f.Plain, &f.Key, &f.Type, &syncID, &f.Records, &f.LeftOut, &first, &last)
		f.FirstSeenAt, f.LastSeenAt = toTime(first), toTime(last)
		if sync := syncs[entityOf{id, f.Entity}]; sync.done && syncID != sync.id {
			// The latest sync met no record with it; a change since may have.
			var most int64
			if f.LastSeenAt.After(sync.startedAt) {
				most = 1
			}
			f.Records, f.LeftOut = min(f.Records, most), min(f.LeftOut, most)
		}
		list = append(list, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list fields: %w", err)
	}
	markCollisions(list)
	return list, nil
}

const maxCollisions = 20

func markCollisions(list []FieldRow) {
	same := map[plainKey][]FieldRow{}
	for _, f := range list {
		if f.Plain != "" {
			same[f.plainKey()] = append(same[f.plainKey()], f)
		}
	}
	for i, f := range list {
		for _, other := range same[f.plainKey()] {
			if other.FieldID != f.FieldID && len(list[i].Collisions) < maxCollisions {
				list[i].Collisions = append(list[i].Collisions, other.Name)
			}
		}
	}
}

// plainKey is the key that names of an entity's fields make by themselves.
type plainKey struct {
	entity connection.Entity
	key    string
}

func (f FieldRow) plainKey() plainKey { return plainKey{f.Entity, f.Plain} }

// FieldCounts are the fields that some records carried.
type FieldCounts map[connection.FieldID]FieldCount

// FieldCount is how many records carried a field, and how many of them had no
// room for it.
type FieldCount struct {
	connection.FieldID
	Type    string `json:"type"`
	Records int64  `json:"records"`
	LeftOut int64  `json:"left_out"`
}

// Add counts one record's fields.
func (c FieldCounts) Add(record []connection.SeenField) {
	for _, f := range record {
		n := c[f.FieldID]
		switch n.FieldID = f.FieldID; {
		case n.Type == "" || n.Type == f.Type:
			n.Type = f.Type
		case n.Type == connection.FieldList || f.Type == connection.FieldList:
			n.Type = connection.FieldList
		default:
			n.Type = connection.FieldText
		}
		n.Records++
		n.LeftOut += flag(f.LeftOut)
		c[f.FieldID] = n
	}
}

// items are the counts in an order of their own, so that two transactions lock
// alike, without the names that no field is kept of.
func (c FieldCounts) items() []FieldCount {
	items := slices.DeleteFunc(slices.Collect(maps.Values(c)), func(n FieldCount) bool { return !keepableName(n.Name) })
	slices.SortFunc(items, func(a, b FieldCount) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return items
}

// seenAgain is how exact the moment is at which a field was seen last.
const seenAgain = time.Hour

// SeeFields notes the fields of a record that a change brought. It writes only
// what is news.
func (s *Store) SeeFields(ctx context.Context, id connection.ID, entity connection.Entity, record []connection.SeenField) error {
	counts := FieldCounts{}
	counts.Add(record)
	items := counts.items()
	if len(items) == 0 {
		return nil
	}
	var news int64
	if err := s.reader.QueryRowContext(ctx, s.q.AnyNewsOfFields, string(id), string(entity), encode(items), millis(seenAgain)).Scan(&news); err != nil {
		return fmt.Errorf("look at fields: %w", err)
	}
	if news == 0 {
		return nil
	}
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.SeeFields, string(id), string(entity), encode(items))
		return err
	})
	if err != nil {
		return fmt.Errorf("note fields: %w", err)
	}
	return nil
}
