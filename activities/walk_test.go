package activities

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// pages walks an entity to its end, each page from the cursor of the one
// before, and returns the ids found with how often each was.
func (w *world) pages(entity connection.Entity, limit int, since time.Time) map[connection.RecordID]int {
	w.t.Helper()
	found := map[connection.RecordID]int{}
	cursor := ""
	for n := 0; ; n++ {
		require.Less(w.t, n, 2000, "the walk does not end")
		walk := &walk{session: w.session(), entity: entity, since: since, limit: limit} // as in another slice
		p, err := walk.read(w.ctx, cursor)
		require.NoError(w.t, err)
		assert.Less(w.t, p.f, p.g)
		assert.LessOrEqual(w.t, len(p.items), limit)
		for _, it := range p.items {
			found[it.ID]++
		}
		if p.last {
			return found
		}
		require.NotEqual(w.t, cursor, p.cursor, "the walk stands still")
		cursor = p.cursor
	}
}

// all returns the ids that the store lists.
func (w *world) all(entity connection.Entity) []connection.RecordID {
	w.t.Helper()
	ids, err := w.shop.IDs(string(entity), 0, 0)
	require.NoError(w.t, err)
	var all []connection.RecordID
	for _, id := range ids {
		all = append(all, connection.RecordID(id))
	}
	return all
}

func populated(o *worldOptions) {
	o.shop.Customers, o.shop.Subscribers, o.shop.Products, o.shop.Orders = 63, 57, 45, 70
}

func TestWalkFindsEveryRecord(t *testing.T) {
	for _, exclusive := range []bool{false, true} {
		w := newWorld(t, populated, func(o *worldOptions) { o.shop.DatesExclusive = exclusive })
		for _, entity := range connection.Entities() {
			for _, limit := range []int{7, 250} {
				t.Run(fmt.Sprintf("%s by %d, bounds exclusive: %t", entity, limit, exclusive), func(t *testing.T) {
					found := w.pages(entity, limit, time.Time{})
					assert.Equal(t, w.all(entity), slices.Sorted(maps.Keys(found)))
					if entity == connection.Subscribers {
						return // windows overlap by a second on purpose
					}
					for id, times := range found {
						assert.Equal(t, 1, times, "%s %d", entity, id)
					}
				})
			}
		}
	}
}

func TestWalkOfAnEmptyStoreEnds(t *testing.T) {
	w := newWorld(t)
	for _, entity := range connection.Entities() {
		assert.Empty(t, w.pages(entity, 250, time.Time{}), entity)
	}
}

// The start date filters contacts and orders by creation; products always come
// whole. A record created at the very moment belongs to it, whichever way the
// vendor reads its bounds.
func TestWalkSince(t *testing.T) {
	since := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, exclusive := range []bool{false, true} {
		t.Run(fmt.Sprintf("bounds exclusive: %t", exclusive), func(t *testing.T) {
			var now time.Time
			w := newWorld(t, func(o *worldOptions) {
				o.shop.DatesExclusive = exclusive
				o.shop.Now = func() time.Time { return now }
				now = since.Add(-24 * time.Hour)
			})
			create := func(at time.Time) map[connection.Entity]connection.RecordID {
				now = at
				ids := map[connection.Entity]connection.RecordID{}
				for _, entity := range connection.Entities() {
					id, _, err := w.shop.Create(string(entity), map[string]any{})
					require.NoError(t, err)
					ids[entity] = connection.RecordID(id)
				}
				return ids
			}
			create(since.Add(-time.Hour))
			create(since.Add(-time.Second))
			at, after := create(since), create(since.Add(time.Hour))
			now = since.Add(24 * time.Hour)
			for _, entity := range connection.Entities() {
				want := []connection.RecordID{at[entity], after[entity]}
				if entity == connection.Products {
					want = w.all(entity)
				}
				assert.Equal(t, want, slices.Sorted(maps.Keys(w.pages(entity, 250, since))), entity)
			}
		})
	}
}

func TestWalkOfProductsGoesByID(t *testing.T) {
	w := newWorld(t, populated)
	w.pages(connection.Products, 20, time.Time{})
	var bounds []string
	for _, r := range w.requested() {
		if strings.HasPrefix(r, "GET /stores/simstore/v3/catalog/products?") {
			bounds = append(bounds, r)
			assert.NotContains(t, r, "page=")
		}
	}
	require.Len(t, bounds, 3)
	assert.NotContains(t, bounds[0], "id:greater=20")
	assert.Contains(t, bounds[1], "id:greater=")
}

// A record that goes while the walk is under way shifts page numbers; keysets
// do not care.
func TestWalkWhileTheStoreChanges(t *testing.T) {
	for _, entity := range []connection.Entity{connection.Products, connection.Orders, connection.Customers} {
		t.Run(string(entity), func(t *testing.T) {
			w := newWorld(t, populated)
			all := w.all(entity)
			s := w.session()
			found := map[connection.RecordID]bool{}
			cursor := ""
			for {
				p, err := (&walk{session: s, entity: entity, limit: 10}).read(w.ctx, cursor)
				require.NoError(t, err)
				for _, it := range p.items {
					found[it.ID] = true
				}
				if len(p.items) > 0 && cursor == "" {
					for _, it := range p.items[:5] {
						require.NoError(t, w.shop.Delete(string(entity), int64(it.ID)))
					}
				}
				if p.last {
					break
				}
				cursor = p.cursor
			}
			assert.Equal(t, all, slices.Sorted(maps.Keys(found)), "nothing is passed over")
		})
	}
}

// More subscribers than a page within one second cannot be told apart by any
// window.
func TestWalkOfSubscribersOfOneSecond(t *testing.T) {
	for _, exclusive := range []bool{false, true} {
		now := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
		w := newWorld(t, func(o *worldOptions) {
			o.shop.Now = func() time.Time { return now }
			o.shop.DatesExclusive = exclusive
		})
		for i := range 35 {
			if i == 5 || i == 30 {
				now = now.Add(time.Second)
			}
			_, _, err := w.shop.Create("subscribers", map[string]any{"email": fmt.Sprintf("s%d@example.com", i)})
			require.NoError(t, err)
		}
		found := w.pages(connection.Subscribers, 10, time.Time{})
		assert.Len(t, found, 35)
	}
}

func TestWalkOfSubscribersHalvesItsWindowsAndWidensThemAgain(t *testing.T) {
	now := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, func(o *worldOptions) { o.shop.Now = func() time.Time { return now } })
	for i := range 60 { // a crowd within a minute, then one a day
		_, _, err := w.shop.Create("subscribers", map[string]any{"email": fmt.Sprintf("s%d@example.com", i)})
		require.NoError(t, err)
		now = now.Add(time.Second)
		if i >= 50 {
			now = now.Add(24 * time.Hour)
		}
	}
	assert.Len(t, w.pages(connection.Subscribers, 10, time.Time{}), 60)
	assert.Less(t, len(w.requested()), 120, "not a request a second of fifteen years")
}

func TestWalkCursorsThatAreNotOurs(t *testing.T) {
	w := newWorld(t)
	for entity, cursor := range map[connection.Entity]string{
		connection.Products: "x", connection.Orders: "1.5", connection.Subscribers: `{"span":0}`,
	} {
		_, err := (&walk{session: w.session(), entity: entity, limit: 250}).read(w.ctx, cursor)
		assert.Error(t, err, entity)
	}
	p, err := (&walk{session: w.session(), entity: connection.Orders, limit: 250}).read(w.ctx, "1")
	require.NoError(t, err)
	assert.True(t, p.last, "below the first order there is none")
}

func TestWalkAsksForLessWhenThePageIsTooMuch(t *testing.T) {
	w := newWorld(t, populated)
	_, err := w.shop.Faults().Order(faults.Fault{Path: `catalog/products\?.*limit=(250|125)\b`, Status: 500})
	require.NoError(t, err)
	walk := &walk{session: w.session(), entity: connection.Products, limit: bigcommerce.MaxLimit}
	p, err := walk.read(w.ctx, "")
	require.NoError(t, err)
	assert.Len(t, p.items, 45)
	assert.Equal(t, 62, walk.limit)
}

func TestWalkGivesUpOnPagesThatAreNeverAnswered(t *testing.T) {
	w := newWorld(t, populated)
	_, err := w.shop.Faults().Order(faults.Fault{Path: "catalog/products", Status: 502})
	require.NoError(t, err)
	_, err = (&walk{session: w.session(), entity: connection.Products, limit: bigcommerce.MaxLimit}).read(w.ctx, "")
	assert.Error(t, err)
	assert.LessOrEqual(t, len(w.requested()), 6)
}

func TestWalkExpectsWhatItWillFind(t *testing.T) {
	w := newWorld(t, populated)
	for _, entity := range connection.Entities() {
		n, err := (&walk{session: w.session(), entity: entity, limit: 250}).expected(w.ctx)
		require.NoError(t, err)
		assert.EqualValues(t, len(w.all(entity)), n, entity)
	}
}
