package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/store"
)

// atDoor holds every token back, begins the works, each when the one before has
// gathered at a door, lets the tokens go, and waits for the works' end. A token
// needs a write to the database, which has one writer.
func (w *world) atDoor(gathered func() int, works ...func()) {
	w.t.Helper()
	writer, err := w.Store.DB().Conn(w.ctx)
	require.NoError(w.t, err)
	var wg sync.WaitGroup
	for i, work := range works {
		wg.Go(work)
		require.Eventually(w.t, func() bool { return gathered() == i+1 }, time.Minute, 100*time.Microsecond)
	}
	require.NoError(w.t, writer.Close())
	wg.Wait()
}

// gathered counts the callers whose group has not been taken.
func gathered[K comparable, In, Out any](t *together[K, In, Out], groups map[*group[In, Out]]bool) func() int {
	return func() (n int) {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, g := range t.open {
			groups[g] = true // full ones are open no more
		}
		for g := range groups {
			n += len(g.members)
		}
		return n
	}
}

func (w *world) readsGathered() func() int {
	return gathered(&w.reads, map[*group[connection.RecordID, fetched]]bool{})
}

func (w *world) pushesGathered() func() int {
	return gathered(&w.Activities.pushes, map[*group[reading, verdicts]]bool{})
}

// reads of records by their ids, whether alone or together.
func readsByID(requests []string) (n int) {
	for _, r := range requests {
		if strings.Contains(r, "id:in=") && !strings.Contains(r, "brands") && !strings.Contains(r, "categories") ||
			strings.Contains(r, "/catalog/products/") && !strings.Contains(r, "/variants") {
			n++
		}
	}
	return n
}

func TestRecordsThatWaitAreReadTogether(t *testing.T) {
	for _, entity := range []connection.Entity{connection.Products, connection.Customers, connection.Subscribers} {
		t.Run(string(entity), func(t *testing.T) {
			const n = 45
			w := newWorld(t)
			var works []func()
			var ids []connection.RecordID
			for range n {
				id := w.create(entity, map[string]any{})
				ids = append(ids, id)
				in := w.record(entity, id)
				works = append(works, func() {
					result, err := w.SyncRecord(w.ctx, in)
					assert.NoError(t, err)
					assert.Equal(t, RecordResult{Outcome: connection.Accepted}, result)
				})
			}
			w.atDoor(w.readsGathered(), works...)
			assert.Equal(t, 1, readsByID(w.requested()))
			for _, id := range ids {
				assert.Equal(t, connection.Accepted, w.row(entity, id).Outcome)
			}
		})
	}
}

func TestMoreThanOneReadCarries(t *testing.T) {
	const n = 2*50 + 20
	w := newWorld(t, func(o *worldOptions) { o.pacing.PushesPerSecond = 8 })
	var works []func()
	for range n {
		in := w.record(connection.Customers, w.create(connection.Customers, map[string]any{}))
		works = append(works, func() {
			_, err := w.SyncRecord(w.ctx, in)
			assert.NoError(t, err)
		})
	}
	w.atDoor(w.readsGathered(), works...)
	assert.Equal(t, 3, readsByID(w.requested()))
	assert.Less(t, w.pushCount(), n/4, "pushes gather by themselves where they wait for a token")
	assert.Equal(t, n, w.held())
}

func TestQuietRecordGoesAlone(t *testing.T) {
	w := newWorld(t)
	id := w.create(connection.Products, map[string]any{})
	_, err := w.SyncRecord(w.ctx, w.record(connection.Products, id))
	require.NoError(t, err)
	assert.Contains(t, w.requested()[0], fmt.Sprintf("/v3/catalog/products/%d?", id))
	assert.Equal(t, 1, w.pushCount())
}

// Gone in company is asked about alone, since a list may leave out for other
// reasons; one that cannot be read is rejected by itself; the rest arrives.
func TestReadTogetherKeepsRecordsApart(t *testing.T) {
	w := newWorld(t)
	good := w.create(connection.Products, map[string]any{})
	gone := w.create(connection.Products, map[string]any{})
	require.NoError(t, w.shop.Delete("products", int64(gone)))
	results := map[connection.RecordID]RecordResult{}
	var mu sync.Mutex
	sync := func(id connection.RecordID) func() {
		in := w.record(connection.Products, id)
		return func() {
			result, err := w.SyncRecord(w.ctx, in)
			assert.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			results[id] = result
		}
	}
	w.atDoor(w.readsGathered(), sync(good), sync(gone))
	assert.Equal(t, map[connection.RecordID]RecordResult{good: {Outcome: connection.Accepted}, gone: {GoneOnce: true}}, results)
	assert.Contains(t, strings.Join(w.requested(), "\n"), fmt.Sprintf("/v3/catalog/products/%d?", gone))
}

// A read that fails for all is tried again by each alone.
func TestReadTogetherThatFailsIsTriedAgainAlone(t *testing.T) {
	w := newWorld(t)
	var records []Record
	for range 3 {
		records = append(records, w.record(connection.Customers, w.create(connection.Customers, map[string]any{})))
		require.NoError(t, w.Store.MarkDirty(w.ctx, w.c.ID, connection.Customers, []connection.RecordID{records[len(records)-1].RecordID}))
	}
	w.orderShop(faults.Fault{Path: `customers\?.*id:in=\d+,`, Status: 500})
	var works []func()
	for _, in := range records {
		works = append(works, func() {
			_, err := w.SyncRecord(w.ctx, in)
			app, ok := errors.AsType[*temporal.ApplicationError](err)
			if assert.True(t, ok, "got %v", err) {
				assert.Equal(t, "bigcommerce", app.Type())
				assert.False(t, app.NonRetryable())
				row := w.row(connection.Customers, in.RecordID)
				assert.Equal(t, 1, row.Attempts)
				assert.WithinDuration(t, time.Now().Add(app.NextRetryDelay()), row.BackoffUntil, 10*time.Second)
			}
		})
	}
	w.atDoor(w.readsGathered(), works...)
	for i := range works {
		works[i] = func() {
			result, err := w.SyncRecord(w.ctx, records[i])
			assert.NoError(t, err)
			assert.Equal(t, connection.Accepted, result.Outcome)
		}
	}
	for _, work := range works {
		work()
	}
	assert.False(t, w.loners.has(records[0].key()), "it has come through")
}

// What a service says is dealt with once for all that shared the call.
func TestReadTogetherParksOnce(t *testing.T) {
	const n = 5
	w := newWorld(t)
	var works []func()
	for range n {
		in := w.record(connection.Customers, w.create(connection.Customers, map[string]any{}))
		works = append(works, func() {
			result, err := w.SyncRecord(w.ctx, in)
			assert.NoError(t, err)
			assert.Equal(t, RecordResult{Held: HeldParked}, result)
		})
	}
	w.orderShop(faults.Fault{Status: 503})
	w.atDoor(w.readsGathered(), works...)
	assert.Len(t, w.requested(), 1)
}

// pushAll pushes a reading each at once and returns what became of each.
func (w *world) pushAll(readings []reading) (outcomes map[connection.RecordID]connection.Outcome, errs map[connection.RecordID]error) {
	var mu sync.Mutex
	outcomes, errs = map[connection.RecordID]connection.Outcome{}, map[connection.RecordID]error{}
	var works []func()
	for _, r := range readings {
		s := w.session()
		works = append(works, func() {
			done, err := s.pushTogether(w.ctx, r)
			mu.Lock()
			defer mu.Unlock()
			id := r.items[0].ID
			if err != nil {
				errs[id] = err
			}
			for got, v := range done {
				assert.Equal(w.t, id, got, "each gets its own")
				outcomes[id] = v.Outcome
			}
		})
	}
	w.atDoor(w.pushesGathered(), works...)
	return outcomes, errs
}

func pushesPaced(o *worldOptions) { o.pacing.PushesPerSecond = 1000 }

// readings of one customer each, by a read of their own.
func (w *world) readings(from, to int) (all []reading) {
	for id := from; id <= to; id++ {
		all = append(all, w.contacts(id, id))
	}
	return all
}

func TestReadingsThatWaitArePushedTogether(t *testing.T) {
	const n = 150
	w := newWorld(t, pushesPaced)
	readings := w.readings(1, n)
	outcomes, errs := w.pushAll(readings)
	assert.Empty(t, errs)
	assert.Len(t, outcomes, n)
	assert.Equal(t, 2, w.pushCount())
	for _, r := range readings {
		row := w.row(connection.Customers, r.items[0].ID)
		assert.Equal(t, r.g, row.PushedSeq, "each by the numbers of its own read")
		assert.False(t, row.Inflight)
	}
}

func TestPushTogetherCountsOmetriaRecords(t *testing.T) {
	w := newWorld(t, pushesPaced)
	readings := w.readings(1, 5)
	for i := range readings {
		it := &readings[i].items[0]
		it.Size = 40
	}
	_, errs := w.pushAll(readings)
	assert.Empty(t, errs)
	assert.Equal(t, 3, w.pushCount(), "two of 40 fit into 100")
}

func TestRefusedRecordInAPushTogetherHarmsNobodyElse(t *testing.T) {
	w := newWorld(t, pushesPaced)
	require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "contact", Collection: "customers", ID: "7", When: "now"}))
	outcomes, errs := w.pushAll(w.readings(1, 20))
	assert.Empty(t, errs)
	for id := connection.RecordID(1); id <= 20; id++ {
		want := connection.Accepted
		if id == 7 {
			want = connection.Rejected
		}
		assert.Equal(t, want, outcomes[id])
		assert.Equal(t, want, w.row(connection.Customers, id).Outcome)
	}
}

func TestPushTogetherWithAnUnknownOutcomeKeepsEveryClaim(t *testing.T) {
	w := newWorld(t, pushesPaced)
	w.orderPush(faults.Fault{Status: 500})
	outcomes, errs := w.pushAll(w.readings(1, 3))
	assert.Empty(t, outcomes)
	assert.Len(t, errs, 3)
	for id := connection.RecordID(1); id <= 3; id++ {
		assert.True(t, w.row(connection.Customers, id).Inflight)
	}
}

func TestPushTogetherThatDidNothingReleasesEveryClaim(t *testing.T) {
	w := newWorld(t, pushesPaced)
	w.orderPush(faults.Fault{Status: 429, Headers: map[string]string{"Retry-After": "3"}})
	_, errs := w.pushAll(w.readings(1, 3))
	require.Len(t, errs, 3)
	for id := connection.RecordID(1); id <= 3; id++ {
		assert.True(t, expected(errs[id]))
		row := w.row(connection.Customers, id)
		assert.False(t, row.Inflight)
		assert.NotZero(t, row.DirtySeq)
	}
}

// One of the group is another's already: only that one goes on to be read anew.
func TestPushTogetherLeavesOutWhatIsClaimedElsewhere(t *testing.T) {
	w := newWorld(t, pushesPaced)
	readings := w.readings(1, 3)
	_, err := w.Store.Claim(w.ctx, store.Claim{ConnectionID: w.c.ID, Entity: connection.Customers, Fetched: w.nextSeq(),
		Epoch: w.c.Epoch, Items: []store.ClaimItem{{RecordID: 2}}})
	require.NoError(t, err)
	outcomes, errs := w.pushAll(readings)
	assert.Empty(t, errs)
	assert.Equal(t, map[connection.RecordID]connection.Outcome{1: connection.Accepted, 3: connection.Accepted}, outcomes)
	require.Equal(t, 1, w.pushCount())
	assert.ElementsMatch(t, []string{"1", "3"}, w.pushes[0])
}

// A mapping that panics fails those that went with it once; then each is alone.
func TestPoisonInAPushTogether(t *testing.T) {
	w := newWorld(t, pushesPaced)
	readings := w.readings(1, 3)
	readings[1].items[0].Map = func(connection.RecordState) mapping.Result { panic("poison") }
	_, errs := w.pushAll(readings)
	assert.Len(t, errs, 3)
	assert.ErrorContains(t, errs[1], "poison")
}

// Ten changes a second are more than the two services take one by one.
func TestTenChangesASecondKeepUp(t *testing.T) {
	const (
		changes = 80
		every   = 100 * time.Millisecond
		window  = 3 * time.Second
		quota   = 15 // of the documented 150 in 30 s, a tenth: five a second
	)
	w := newWorld(t, func(o *worldOptions) {
		o.shop.Quota = bigcommercesim.Quota{Requests: quota, Window: window}
		o.marketing.PushesPerSecond = 8
		o.pacing = pacing.Options{Reserve: 0.2, PushesPerSecond: 8}
	})
	var ids []connection.RecordID
	for range changes {
		ids = append(ids, w.create(connection.Customers, map[string]any{}))
	}
	start := time.Now()
	var wg sync.WaitGroup
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for _, id := range ids {
		<-ticker.C
		in := w.record(connection.Customers, id)
		wg.Go(func() { w.syncUntilDone(in) })
	}
	stopped := time.Since(start)
	wg.Wait()
	behind := time.Since(start) - stopped
	t.Logf("%d changes in %s, %d reads, %d pushes, the last %s after the last change",
		changes, stopped.Round(time.Millisecond), readsByID(w.requested()), w.pushCount(), behind.Round(time.Millisecond))
	for _, id := range ids {
		assert.Equal(t, connection.Accepted, w.row(connection.Customers, id).Outcome)
	}
	assert.Less(t, behind, 2*window, "the backlog is that of one window")
}

// syncUntilDone is what the workflow does.
func (w *world) syncUntilDone(in Record) {
	for {
		result, err := w.SyncRecord(w.ctx, in)
		if err == nil {
			assert.Equal(w.t, connection.Accepted, result.Outcome)
			return
		}
		app, ok := errors.AsType[*temporal.ApplicationError](err)
		if !assert.True(w.t, ok && !app.NonRetryable(), "got %v", err) {
			return
		}
		select {
		case <-time.After(app.NextRetryDelay()):
		case <-w.ctx.Done():
			return
		}
	}
}

// A merchant whose store hangs holds its share of the slots and no more.
func TestHangingStoreLeavesSlotsToOthers(t *testing.T) {
	w := newWorld(t)
	w.Slots = 10
	w.shop.Faults().SetLatency(time.Hour)
	ctx, cancel := context.WithCancel(w.ctx)
	var wg sync.WaitGroup
	turnedAway := make(chan error, 64)
	for id := range 64 {
		wg.Go(func() {
			_, err := w.SyncRecord(ctx, w.record(connection.Customers, connection.RecordID(id+1)))
			if ctx.Err() == nil {
				turnedAway <- err
			}
		})
	}
	const share = 10 * crowdFactor / (crowdFactor + 1)
	for range 64 - share {
		app, ok := errors.AsType[*temporal.ApplicationError](<-turnedAway)
		require.True(t, ok)
		assert.Equal(t, "Crowded", app.Type())
		assert.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category())
		assert.GreaterOrEqual(t, app.NextRetryDelay(), crowdedWait)
	}
	leave, ok := w.crowd.enter("another", w.Slots)
	require.True(t, ok)
	leave()
	cancel()
	wg.Wait()
}
