package activities

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// synced is a connection whose history is in and that no webhook tells of
// anything.
func synced(t *testing.T, change ...func(*worldOptions)) *world {
	t.Helper()
	w := newWorld(t, change...)
	for _, entity := range connection.Entities() {
		for n := 0; ; n++ {
			require.Less(t, n, 200)
			result, err := w.SyncSlice(w.ctx, w.slice(entity, "history"))
			require.NoError(t, err)
			if result.Done {
				break
			}
		}
	}
	return w
}

// fast and full run passes to their end, as their workflows do.
func (w *world) fast() PassResult {
	w.t.Helper()
	return w.passes(PassSlice{ConnectionID: w.c.ID, Left: PassEntities()}, connection.FastPass)
}

func (w *world) full() PassResult {
	w.t.Helper()
	require.NoError(w.t, w.Store.WantPasses(w.ctx, w.c.ID))
	return w.passes(PassSlice{ConnectionID: w.c.ID, Left: PassEntities()}, connection.FullPass)
}

func (w *world) passes(in PassSlice, kind connection.PassKind) (total PassResult) {
	w.t.Helper()
	for n := 0; ; n++ {
		require.Less(w.t, n, 500, "the pass does not end")
		got, err := w.passSlice(w.ctx, kind, in)
		require.NoError(w.t, err)
		total.Looked += got.Looked
		total.Differed += got.Differed
		total.Gone += got.Gone
		total.Held, total.Left = got.Held, got.Left
		if in.Left = got.Left; len(got.Left) == 0 || got.Held != NotHeld {
			return total
		}
	}
}

// settle syncs what is dirty, each record by itself, as its workflow does.
func (w *world) settle() {
	w.t.Helper()
	for n := 0; ; n++ {
		require.Less(w.t, n, 100, "records do not become clean")
		var dirty []Record
		rows, err := w.Store.DB().Query("SELECT entity, record_id FROM records WHERE dirty_seq IS NOT NULL")
		require.NoError(w.t, err)
		for rows.Next() {
			r := Record{ConnectionID: w.c.ID}
			var id int64
			require.NoError(w.t, rows.Scan(&r.Entity, &id))
			r.RecordID = connection.RecordID(id)
			dirty = append(dirty, r)
		}
		require.NoError(w.t, rows.Close())
		if len(dirty) == 0 {
			return
		}
		for _, r := range dirty {
			result, err := w.SyncRecord(w.ctx, r)
			require.NoError(w.t, err)
			if result.GoneOnce {
				r.GoneSeen = true
				_, err = w.SyncRecord(w.ctx, r)
				require.NoError(w.t, err)
			}
		}
	}
}

func (w *world) change(entity connection.Entity, id connection.RecordID, fields map[string]any) {
	w.t.Helper()
	_, err := w.shop.Update(string(entity), int64(id), fields)
	require.NoError(w.t, err)
}

// pushedSince returns the ids pushed since the nth push.
func (w *world) pushedSince(n int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := slices.Concat(w.pushes[n:]...)
	slices.Sort(ids)
	return ids
}

func TestPassesPushNothingThatDoesNotDiffer(t *testing.T) {
	w := synced(t, populated)
	before := w.pushCount()
	w.fast()
	full := w.full()
	assert.Equal(t, int64(63+57+45+70), full.Looked)
	assert.Zero(t, full.Differed)
	assert.Zero(t, full.Gone)
	assert.Equal(t, before, w.pushCount())
}

func TestFastPassFindsWhatNobodyTold(t *testing.T) {
	w := synced(t, populated)
	before := w.pushCount()
	for _, entity := range connection.Entities() {
		id := w.all(entity)[3]
		switch entity {
		case connection.Orders:
			w.change(entity, id, map[string]any{"status_id": 2, "status": "Shipped"})
		case connection.Products:
			w.change(entity, id, map[string]any{"name": "Renamed"})
		default:
			w.change(entity, id, map[string]any{"first_name": "Renamed"})
		}
		w.create(entity, map[string]any{})
	}
	got := w.fast()
	assert.Equal(t, int64(8), got.Differed)
	assert.Greater(t, w.pushCount(), before)
	for _, entity := range connection.Entities() {
		for _, id := range w.all(entity) {
			assert.Equal(t, w.row(entity, id).Outcome != connection.Waiting, true, "%s %d", entity, id)
		}
	}
	before = w.pushCount()
	assert.Zero(t, w.fast().Differed)
	assert.Equal(t, before, w.pushCount(), "the overlap is read again, and pushed no more")
}
