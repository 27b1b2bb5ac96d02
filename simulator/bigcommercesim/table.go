package bigcommercesim

import (
	"cmp"
	"slices"
	"sync"
)

// table holds one entity: seeded records that generate makes anew on each
// read, and over them what was created, changed or deleted. Records are never
// changed in place. Callers hold the server's lock; the orders have their own,
// since readers build them.
type table[T any] struct {
	seeded   timeline
	generate func(id int64) *T
	// dates reads a changed record's creation and modification, Unix seconds.
	dates func(*T) (created, modified int64)
	// hidden reports whether lists leave a record out.
	hidden func(*T) bool
	// noted, when set, sees each record that is put.
	noted func(*T)

	changed map[int64]entry[T]
	shadow  []uint64 // a bit for each seeded id that changed overrides
	next    int64
	version int

	cache  sync.Mutex // guards orders
	orders map[string]*ordering
}

type entry[T any] struct {
	record            *T // nil once deleted
	created, modified int64
}

// ordering is the ids of the live records by one of the sort keys.
type ordering struct {
	base    []int32 // seeded ids, never rebuilt
	ids     []int32 // what is live now
	version int
}

func newTable[T any](seeded timeline, generate func(int64) *T, dates func(*T) (int64, int64)) *table[T] {
	return &table[T]{
		seeded: seeded, generate: generate, dates: dates,
		changed: map[int64]entry[T]{}, shadow: make([]uint64, seeded.count/64+1),
		next: seeded.first + seeded.count, orders: map[string]*ordering{}, version: 1,
	}
}

func (t *table[T]) isSeeded(id int64) bool {
	return id >= t.seeded.first && id < t.seeded.first+t.seeded.count
}

// get returns the record, or nil when there is none.
func (t *table[T]) get(id int64) *T {
	if e, ok := t.changed[id]; ok {
		return e.record
	}
	if t.isSeeded(id) {
		return t.generate(id)
	}
	return nil
}

func (t *table[T]) exists(id int64) bool {
	if e, ok := t.changed[id]; ok {
		return e.record != nil
	}
	return t.isSeeded(id)
}

func (t *table[T]) listed(id int64) bool {
	e, ok := t.changed[id]
	if !ok {
		return t.isSeeded(id)
	}
	return e.record != nil && (t.hidden == nil || !t.hidden(e.record))
}

func (t *table[T]) times(id int64) (created, modified int64) {
	if e, ok := t.changed[id]; ok {
		return e.created, e.modified
	}
	return t.seeded.created(id), t.seeded.modified(id)
}

// put keeps a record; nil deletes it.
func (t *table[T]) put(id int64, record *T) {
	e := entry[T]{record: record}
	if record != nil {
		e.created, e.modified = t.dates(record)
		if t.noted != nil {
			t.noted(record)
		}
	}
	t.changed[id] = e
	if t.isSeeded(id) {
		n := id - t.seeded.first
		t.shadow[n/64] |= 1 << (n % 64)
	}
	t.next = max(t.next, id+1)
	t.version++
}

func (t *table[T]) len() int {
	n := int(t.seeded.count)
	for id := range t.changed {
		if t.isSeeded(id) {
			n--
		}
		if t.listed(id) {
			n++
		}
	}
	return n
}

const (
	byID       = "id"
	byCreated  = "date_created"
	byModified = "date_modified"
)

func (t *table[T]) key(sort string, id int64) int64 {
	switch sort {
	case byCreated:
		created, _ := t.times(id)
		return created
	case byModified:
		_, modified := t.times(id)
		return modified
	default:
		return id
	}
}

// ordered returns the listed ids by a sort key, ties by id. The slice is
// shared: do not write to it.
func (t *table[T]) ordered(sort string) []int32 {
	t.cache.Lock()
	defer t.cache.Unlock()
	o := t.orders[sort]
	if o == nil {
		o = &ordering{base: t.base(sort)}
		t.orders[sort] = o
	}
	if o.version != t.version {
		o.ids = t.merge(sort, o.base)
		o.version = t.version
	}
	return o.ids
}

func (t *table[T]) base(sort string) []int32 {
	ids := make([]int32, t.seeded.count)
	for n := range ids {
		ids[n] = int32(t.seeded.first + int64(n))
	}
	if sort != byModified { // creation dates rise with the id
		return ids
	}
	keys := make([]int64, len(ids))
	for n, id := range ids {
		keys[n] = t.seeded.modified(int64(id))
	}
	slices.SortFunc(ids, func(a, b int32) int {
		return cmp.Or(cmp.Compare(keys[int64(a)-t.seeded.first], keys[int64(b)-t.seeded.first]), cmp.Compare(a, b))
	})
	return ids
}

func (t *table[T]) merge(sort string, base []int32) []int32 {
	if len(t.changed) == 0 {
		return base
	}
	var changed []int32
	for id := range t.changed {
		if t.listed(id) {
			changed = append(changed, int32(id))
		}
	}
	less := func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.key(sort, int64(a)), t.key(sort, int64(b))), cmp.Compare(a, b))
	}
	slices.SortFunc(changed, less)
	ids := make([]int32, 0, len(base)+len(changed))
	for _, id := range base {
		n := int64(id) - t.seeded.first
		if t.shadow[n/64]&(1<<(n%64)) != 0 {
			continue
		}
		for len(changed) > 0 && less(changed[0], id) < 0 {
			ids = append(ids, changed[0])
			changed = changed[1:]
		}
		ids = append(ids, id)
	}
	return append(ids, changed...)
}
