package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

// oneBatch takes everything that waits into one batch.
var oneBatch = store.Limits{Backlog: 1, BatchSize: 10_000}

func (w *world) dirty(entity connection.Entity, ids ...connection.RecordID) {
	w.t.Helper()
	require.NoError(w.t, w.Store.MarkDirty(w.ctx, w.c.ID, entity, ids))
}

// batchOf makes records dirty and stamps them as one batch.
func (w *world) batchOf(entity connection.Entity, ids ...connection.RecordID) Batch {
	w.t.Helper()
	w.dirty(entity, ids...)
	handed, err := w.Store.DispatchBatches(w.ctx, oneBatch)
	require.NoError(w.t, err)
	require.Len(w.t, handed, 1)
	require.Equal(w.t, len(ids), handed[0].Size)
	return Batch{ConnectionID: w.c.ID, Entity: entity, BatchID: handed[0].ID}
}

// alone are the records that are handed over by themselves now.
func (w *world) alone() []connection.RecordID {
	w.t.Helper()
	handed, err := w.Store.Dispatch(w.ctx, store.Limits{AtWork: 1000, Batch: 1000})
	require.NoError(w.t, err)
	var ids []connection.RecordID
	for _, h := range handed {
		ids = append(ids, h.RecordID)
	}
	slices.Sort(ids)
	return ids
}

// settledAll expects that each record but some ended as accepted.
func (w *world) settledAll(entity connection.Entity, ids []connection.RecordID, but ...connection.RecordID) {
	w.t.Helper()
	for _, id := range ids {
		row := w.row(entity, id)
		if slices.Contains(but, id) {
			assert.NotZero(w.t, row.DirtySeq, "%s %d", entity, id)
			continue
		}
		assert.Zero(w.t, row.DirtySeq, "%s %d", entity, id)
		assert.Equal(w.t, connection.Accepted, row.Outcome, "%s %d", entity, id)
	}
}

// asked counts the requests to a path since the last look.
func asked(requests []string, path string) (n int) {
	for _, request := range requests {
		if strings.HasPrefix(request, "GET /stores/") && strings.Contains(request, path) {
			n++
		}
	}
	return n
}

func (w *world) attempt(n int32, in Batch) (*batch, error) {
	s, held, err := w.open(w.ctx, w.c.ID, pacing.Bulk)
	require.NoError(w.t, err)
	require.Equal(w.t, NotHeld, held)
	s.bulk, s.attempt = true, n
	b := &batch{session: s, key: in.key(), started: time.Now()}
	return b, b.run(w.ctx)
}

func TestSyncBatchOfEachEntity(t *testing.T) {
	w := newWorld(t, populated)
	for _, entity := range connection.Entities() {
		ids := w.all(entity)
		require.NotEmpty(t, ids)
		result, err := w.SyncBatch(w.ctx, w.batchOf(entity, ids...))
		require.NoError(t, err, entity)
		assert.Equal(t, BatchResult{Done: int64(len(ids))}, result, entity)
		for _, id := range ids {
			row := w.row(entity, id)
			assert.Zero(t, row.DirtySeq, "%s %d", entity, id)
			assert.NotEqual(t, connection.Waiting, row.Outcome)
		}
		assert.Empty(t, w.alone(), entity)
	}
	fields, err := w.Store.Fields(w.ctx, w.c.ID)
	require.NoError(t, err)
	assert.NotEmpty(t, fields, "the merchant's fields are noted as with single records")
}

// The whole of a burst, by what it costs and not by the clock: reads are full,
// and so are pushes, across pages and executions.
func TestSyncBatchCostsHardlyMoreThanTheLeast(t *testing.T) {
	const products = 1500
	w := newWorld(t, func(o *worldOptions) { o.shop.Products = products })
	ids := w.all(connection.Products)
	w.dirty(connection.Products, ids...)
	for batches := 0; ; batches++ {
		require.Less(t, batches, 10)
		handed, err := w.Store.DispatchBatches(w.ctx, store.Limits{BatchSize: 500})
		require.NoError(t, err)
		if len(handed) == 0 {
			break
		}
		var both sync.WaitGroup
		for _, h := range handed {
			both.Go(func() {
				for left := int64(1); left > 0; { // an execution lasts 30 s
					result, err := w.SyncBatch(w.ctx, Batch{ConnectionID: w.c.ID, Entity: h.Entity, BatchID: h.ID})
					if !assert.NoError(t, err) {
						return
					}
					assert.Zero(t, result.Alone)
					left = result.Left
				}
			})
		}
		both.Wait()
	}
	assert.Empty(t, w.alone(), "nothing fell out")
	w.settledAll(connection.Products, ids)

	pushed, pushes := 0, 0
	for _, push := range w.pushes {
		pushed += len(push)
		pushes++
	}
	reads := len(w.requested())
	t.Logf("%d products: %d requests (least %d), %d Ometria records in %d pushes (least %d)",
		products, reads, products/50, pushed, pushes, (pushed+99)/100)
	assert.LessOrEqual(t, reads, products/50*120/100)
	assert.LessOrEqual(t, pushes, (pushed+99)/100*120/100)
	assert.Equal(t, w.account.Counts().Types["product"], pushed, "each once")
}

func TestSyncBatchLeavesWhatIsMissingAlone(t *testing.T) {
	w := newWorld(t, populated)
	for _, entity := range connection.Entities() {
		ids := w.all(entity)
		in := w.batchOf(entity, ids...)
		require.NoError(t, w.shop.Delete(string(entity), int64(ids[3])))
		result, err := w.SyncBatch(w.ctx, in)
		require.NoError(t, err)
		assert.EqualValues(t, 1, result.Alone, entity)
		assert.EqualValues(t, len(ids)-1, result.Done, entity)
		assert.Zero(t, result.Left)
		assert.Equal(t, ids[3:4], w.alone(), entity)
	}
}

func TestSyncBatchWithARecordThatOmetriaRefuses(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 150 })
	ids := w.all(connection.Customers)
	require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "contact", Collection: "customers", ID: fmt.Sprint(ids[70]), When: "now"}))
	result, err := w.SyncBatch(w.ctx, w.batchOf(connection.Customers, ids...))
	require.NoError(t, err)
	assert.Equal(t, BatchResult{Done: 150}, result)
	assert.Equal(t, connection.Rejected, w.row(connection.Customers, ids[70]).Outcome)
	assert.Equal(t, 149, w.held())
}

// A record whose own reads fail is found out, and only it goes alone.
func TestSyncBatchWithAPoisonedRecord(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Products = 120 })
	var ids []connection.RecordID
	var poisoned connection.RecordID // its variants are asked for beside it
	for _, id := range w.all(connection.Products) {
		product, err := w.session().accounts.BigCommerce.Products.Get(w.ctx, int64(id))
		require.NoError(t, err)
		switch n := len(product.Variants); {
		case n == 10 && poisoned == 0:
			poisoned = id
			ids = append(ids, id)
		case n < 10:
			ids = append(ids, id)
		}
	}
	require.NotZero(t, poisoned)
	w.orderShop(faults.Fault{Path: fmt.Sprintf(`/products/%d/variants`, poisoned), Status: 500})
	in := w.batchOf(connection.Products, ids...)
	_, err := w.SyncBatch(w.ctx, in)
	require.Error(t, err, "first the page is tried again")
	b, err := w.attempt(leaveOutAfter, in)
	require.NoError(t, err)
	assert.EqualValues(t, 1, b.result.Alone)
	w.settledAll(connection.Products, ids, poisoned)
	assert.Equal(t, []connection.RecordID{poisoned}, w.alone())
}

// A page or a push that keeps failing as a whole goes alone, and the others
// arrive.
func TestSyncBatchLeavesAPageThatKeepsFailing(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 250 })
	ids := w.all(connection.Customers)
	w.orderShop(faults.Fault{Path: fmt.Sprintf(`/v3/customers\?.*id(:|%%3A)in=%d(,|%%2C)`, ids[0]), Effect: "malformed"})
	in := w.batchOf(connection.Customers, ids...)
	_, err := w.attempt(1, in)
	require.Error(t, err)
	b, err := w.attempt(leaveOutAfter, in)
	require.NoError(t, err)
	assert.EqualValues(t, batchPage, b.result.Alone)
	w.settledAll(connection.Customers, ids, ids[:batchPage]...)
	assert.Equal(t, ids[:batchPage], w.alone())
}

func TestSyncBatchLeavesAPushThatKeepsFailing(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 250 })
	ids := w.all(connection.Customers)
	in := w.batchOf(connection.Customers, ids...)
	_, err := w.marketing.Faults().Order(faults.Fault{Method: "POST", Status: 500, Times: 1})
	require.NoError(t, err)
	b, err := w.attempt(leaveOutAfter, in)
	require.NoError(t, err)
	assert.Positive(t, b.result.Alone)
	assert.EqualValues(t, 250, b.result.Alone+b.result.Done)
	assert.Empty(t, w.alone(), "nobody knows what became of that push: its claims expire first")
	rows, err := w.Store.BatchPage(w.ctx, in.key(), 0, 1000)
	require.NoError(t, err)
	assert.Empty(t, rows)
}

func TestSyncBatchOfAHeldConnectionGivesItBack(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 30 })
	ids := w.all(connection.Customers)
	in := w.batchOf(connection.Customers, ids...)
	require.NoError(t, w.Store.Pause(w.ctx, w.c.ID))
	result, err := w.SyncBatch(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, BatchResult{Held: HeldPaused, Left: 30}, result)
	require.NoError(t, w.Store.Unpause(w.ctx, w.c.ID))
	handed, err := w.Store.DispatchBatches(w.ctx, oneBatch)
	require.NoError(t, err)
	require.Len(t, handed, 1)
	assert.Equal(t, 30, handed[0].Size, "as soon as it is held no more")
}

func TestSyncBatchIsHeldBetweenPages(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 500 })
	ids := w.all(connection.Customers)
	in := w.batchOf(connection.Customers, ids...)
	var once sync.Once
	w.afterPush = func() { once.Do(func() { assert.NoError(t, w.Store.Pause(w.ctx, w.c.ID)) }) }
	result, err := w.SyncBatch(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, HeldPaused, result.Held)
	assert.Positive(t, result.Left)
	assert.EqualValues(t, 500, result.Left+result.Done)
}

func TestSyncBatchParksTheConnection(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 250 })
	in := w.batchOf(connection.Customers, w.all(connection.Customers)...)
	_, err := w.marketing.Faults().Order(faults.Fault{Status: 503})
	require.NoError(t, err)
	result, err := w.SyncBatch(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, BatchResult{Held: HeldParked, Left: 250}, result)
	assert.Equal(t, connection.OmetriaUnavailable, w.reload(w.c.ID).Parked.Code)
	assert.Zero(t, w.row(connection.Customers, 1).Attempts, "no record is at fault")
}

func TestSyncBatchWaitsForABudgetWithoutFailing(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 150 })
	in := w.batchOf(connection.Customers, w.all(connection.Customers)...)
	w.orderShop(faults.Fault{Path: `/v3/customers\?`, Status: 429, Times: 1, Headers: map[string]string{
		"X-Rate-Limit-Time-Reset-Ms": "20000", "X-Rate-Limit-Time-Window-Ms": "30000", "X-Rate-Limit-Requests-Left": "0", "X-Rate-Limit-Requests-Quota": "150",
	}})
	result, err := w.SyncBatch(w.ctx, in)
	require.NoError(t, err)
	assert.Positive(t, result.Wait)
	assert.Positive(t, result.Left)
}

// What another push has in its hands comes after it, alone.
func TestSyncBatchBesideAnotherPush(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 30 })
	ids := w.all(connection.Customers)
	f := w.nextSeq()
	in := w.batchOf(connection.Customers, ids...)
	_, err := w.Store.Claim(w.ctx, store.Claim{
		ConnectionID: w.c.ID, Entity: connection.Customers, Fetched: f, Items: []store.ClaimItem{{RecordID: ids[4]}},
	})
	require.NoError(t, err)
	result, err := w.SyncBatch(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, BatchResult{Done: 29, Alone: 1}, result)
	assert.Empty(t, w.alone(), "it is on its way")
	require.NoError(t, w.Store.Release(w.ctx, w.c.ID, connection.Customers, f, ids[4:5]))
	assert.Equal(t, ids[4:5], w.alone())
}

func TestSyncBatchCancelled(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 500 })
	in := w.batchOf(connection.Customers, w.all(connection.Customers)...)
	ctx, cancel := context.WithCancel(w.ctx)
	w.afterPush = cancel
	_, err := w.SyncBatch(ctx, in)
	require.ErrorIs(t, err, context.Canceled)
	left, err := w.GiveBackBatch(w.ctx, GivenBack{Batch: in})
	require.NoError(t, err)
	assert.Positive(t, left)
}

// Orders changed together are found by date, however far apart their ids.
func TestSyncBatchReadsOrdersByDate(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Orders = 1500 })
	all := w.all(connection.Orders)
	var ids []connection.RecordID
	for i, id := range all {
		if i%10 == 0 {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		_, err := w.shop.Update("orders", int64(id), map[string]any{"staff_notes": "seen"})
		require.NoError(t, err)
	}
	in := w.batchOf(connection.Orders, ids...)
	w.requested()
	result, err := w.SyncBatch(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, BatchResult{Done: int64(len(ids))}, result)
	assert.LessOrEqual(t, asked(w.requested(), "/v2/orders?"), 3, "150 orders")
}

// Orders that dates do not lead to are found by their ids where these lie close,
// and go alone where they do not.
func TestSyncBatchReadsOldOrdersByID(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) {
		o.shop.Orders = 1500
		o.shop.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) }
	})
	all := w.all(connection.Orders)
	ids := append(slices.Clone(all[100:220]), all[600], all[1100])
	in := w.batchOf(connection.Orders, ids...)
	w.requested()
	result, err := w.SyncBatch(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, BatchResult{Done: 120, Alone: 2}, result)
	assert.LessOrEqual(t, asked(w.requested(), "/v2/orders?"), 6)
	assert.Equal(t, ids[120:], w.alone())
}

// Orders that wait too and lie between are taken in: they were read anyway.
func TestSyncBatchTakesInOrdersThatWaitToo(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Orders = 400 })
	all := w.all(connection.Orders)
	for _, id := range all {
		_, err := w.shop.Update("orders", int64(id), map[string]any{"staff_notes": "seen"})
		require.NoError(t, err)
	}
	var some []connection.RecordID
	for i := 0; i < len(all); i += 4 {
		some = append(some, all[i])
	}
	in := w.batchOf(connection.Orders, some...)
	others := slices.DeleteFunc(slices.Clone(all), func(id connection.RecordID) bool { return slices.Contains(some, id) })
	w.dirty(connection.Orders, others...)
	w.requested()
	result, err := w.SyncBatch(w.ctx, in)
	require.NoError(t, err)
	assert.EqualValues(t, len(some), result.Done-result.Adopted)
	assert.Greater(t, result.Adopted, int64(250))
	assert.LessOrEqual(t, asked(w.requested(), "/v2/orders?"), 6)
}

// History rests while a batch of its connection is at work.
func TestSyncSliceRestsInABurst(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	began := time.Now()
	require.NoError(t, s.yield(w.ctx, time.Hour))
	assert.Less(t, time.Since(began), time.Second, "no burst")
	w.batchOf(connection.Customers, 1, 2, 3)
	require.NoError(t, s.yield(w.ctx, 30*time.Millisecond))
	assert.GreaterOrEqual(t, time.Since(began), 270*time.Millisecond)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	assert.ErrorIs(t, s.yield(ctx, time.Hour), context.Canceled)
}

func TestFilledKeepsWhatWouldNotFillAPush(t *testing.T) {
	items := func(sizes ...int) (list []source.Record) {
		for i, size := range sizes {
			list = append(list, source.Record{ID: connection.RecordID(i + 1), Size: size,
				Map: func(connection.RecordState) mapping.Result { return mapping.Result{Records: []ometria.Record{}} }})
		}
		return list
	}
	for name, tc := range map[string]struct {
		sizes      []int
		full, rest int
	}{
		"none":          {nil, 0, 0},
		"few":           {[]int{40, 40}, 0, 2},
		"exactly one":   {[]int{50, 50}, 1, 0},
		"one and some":  {[]int{60, 50}, 1, 1},
		"more than one": {[]int{250}, 1, 0},
	} {
		full, rest := filled(items(tc.sizes...))
		assert.Len(t, full, tc.full, name)
		assert.Len(t, rest, tc.rest, name)
	}
}

// Two readings joined claim no more than each alone.
func TestReadingsJoined(t *testing.T) {
	a := reading{connection.Customers, 5, 8, []source.Record{{ID: 1}}}
	b := reading{connection.Customers, 10, 12, []source.Record{{ID: 2}}}
	joined := a.with(b)
	assert.Equal(t, int64(5), joined.f)
	assert.Equal(t, int64(12), joined.g)
	assert.Len(t, joined.items, 2)
	assert.Equal(t, b, reading{entity: connection.Customers}.with(b))
}
