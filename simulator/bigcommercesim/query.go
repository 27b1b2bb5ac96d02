package bigcommercesim

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// span is an inclusive range; the zero value is everything.
type span struct {
	min, max       int64
	hasMin, hasMax bool
}

func (s span) given() bool { return s.hasMin || s.hasMax }

func (s span) holds(v int64) bool { return (!s.hasMin || v >= s.min) && (!s.hasMax || v <= s.max) }

func (s *span) atLeast(v int64) {
	if !s.hasMin || v > s.min {
		s.min, s.hasMin = v, true
	}
}

func (s *span) atMost(v int64) {
	if !s.hasMax || v < s.max {
		s.max, s.hasMax = v, true
	}
}

// query is what a list is asked for.
type query[T any] struct {
	ids               []int64 // only these; nil for all
	id                span
	created, modified span
	keep              func(*T) bool // costs making the record
	keepID            func(id int64) bool
	sort              string // byID unless given
	less              func(a, b *T) int
	desc              bool
	// after goes on behind a cursor, in the order asked for.
	after         *position
	offset, limit int
	count         bool // the total is wanted
}

// position is one record's place in an order.
type position struct{ key, id int64 }

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.key, q.key), cmp.Compare(p.id, q.id))
}

// find returns one page of ids and, if counted, how many match in all.
func (t *table[T]) find(q query[T]) (page []int64, total int) {
	if q.sort == "" {
		q.sort = byID
	}
	if q.limit == 0 {
		q.limit = math.MaxInt
	}
	if q.less != nil {
		return t.findSorted(q)
	}
	ids, ordering := t.candidates(q)
	if ordering != q.sort {
		return t.findSorted(q)
	}
	step := func(n int) int64 { return int64(ids[n]) }
	if q.desc {
		step = func(n int) int64 { return int64(ids[len(ids)-1-n]) }
	}
	if q.bare() {
		for n := q.offset; n < len(ids) && len(page) < q.limit; n++ {
			page = append(page, step(n))
		}
		return page, len(ids)
	}
	for n := range len(ids) {
		id := step(n)
		if !t.matches(q, id) || !t.within(q, id) {
			continue
		}
		if total >= q.offset && len(page) < q.limit {
			page = append(page, id)
		}
		total++
		if !q.count && len(page) == q.limit {
			break
		}
	}
	return page, total
}

// bare reports whether the candidates by id need no further check.
func (q query[T]) bare() bool {
	return q.sort == byID && !q.created.given() && !q.modified.given() && q.keep == nil && q.keepID == nil && q.after == nil &&
		(q.ids == nil || !q.id.given())
}

// candidates narrows the listed ids by binary search as far as one order can.
func (t *table[T]) candidates(q query[T]) ([]int32, string) {
	if q.ids != nil {
		ids := make([]int32, 0, len(q.ids))
		for _, id := range q.ids {
			if t.listed(id) {
				ids = append(ids, int32(id))
			}
		}
		slices.Sort(ids)
		return slices.Compact(ids), byID
	}
	ordering, bounds := byID, q.id
	switch {
	case q.sort != byID:
		ordering = q.sort
	case q.modified.given():
		ordering = byModified
	case q.created.given() && q.count && !q.id.given():
		ordering = byCreated
	}
	switch ordering {
	case byCreated:
		bounds = q.created
	case byModified:
		bounds = q.modified
	}
	if ordering == byID && q.after != nil && !q.desc {
		bounds.atLeast(q.after.id)
	}
	ids := t.ordered(ordering)
	low, high := 0, len(ids)
	if bounds.hasMin {
		low = sort.Search(len(ids), func(n int) bool { return t.key(ordering, int64(ids[n])) >= bounds.min })
	}
	if bounds.hasMax {
		high = sort.Search(len(ids), func(n int) bool { return t.key(ordering, int64(ids[n])) > bounds.max })
	}
	return ids[low:max(low, high)], ordering
}

func (t *table[T]) matches(q query[T], id int64) bool {
	if !q.id.holds(id) {
		return false
	}
	if q.created.given() || q.modified.given() {
		created, modified := t.times(id)
		if !q.created.holds(created) || !q.modified.holds(modified) {
			return false
		}
	}
	return (q.keepID == nil || q.keepID(id)) && (q.keep == nil || q.keep(t.get(id)))
}

// within applies the cursor.
func (t *table[T]) within(q query[T], id int64) bool {
	if q.after == nil {
		return true
	}
	here := position{t.key(q.sort, id), id}
	if q.desc {
		return here.compare(*q.after) < 0
	}
	return here.compare(*q.after) > 0
}

// findSorted gathers all matches, then sorts them.
func (t *table[T]) findSorted(q query[T]) ([]int64, int) {
	var ids []int64
	candidates, _ := t.candidates(query[T]{ids: q.ids, id: q.id, created: q.created, modified: q.modified, count: true})
	for _, id := range candidates {
		if t.matches(q, int64(id)) && t.within(q, int64(id)) {
			ids = append(ids, int64(id))
		}
	}
	less := func(a, b int64) int {
		return position{t.key(q.sort, a), a}.compare(position{t.key(q.sort, b), b})
	}
	if q.less != nil {
		records := make(map[int64]*T, len(ids))
		for _, id := range ids {
			records[id] = t.get(id)
		}
		less = func(a, b int64) int { return cmp.Or(q.less(records[a], records[b]), cmp.Compare(a, b)) }
	}
	slices.SortFunc(ids, func(a, b int64) int {
		if q.desc {
			return less(b, a)
		}
		return less(a, b)
	})
	total := len(ids)
	low := min(q.offset, total)
	return ids[low : min(total-low, q.limit)+low], total
}
