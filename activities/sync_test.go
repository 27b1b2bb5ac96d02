package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/store"
)

func (w *world) orderShop(f faults.Fault) {
	w.t.Helper()
	_, err := w.shop.Faults().Order(f)
	require.NoError(w.t, err)
}

func (w *world) create(entity connection.Entity, fields map[string]any) connection.RecordID {
	w.t.Helper()
	id, _, err := w.shop.Create(string(entity), fields)
	require.NoError(w.t, err)
	return connection.RecordID(id)
}

// record is one to sync: it has changed, or nobody would hand it over.
func (w *world) record(entity connection.Entity, id connection.RecordID) Record {
	require.NoError(w.t, w.Store.MarkDirty(w.ctx, w.c.ID, entity, []connection.RecordID{id}))
	return Record{ConnectionID: w.c.ID, Entity: entity, RecordID: id}
}

func (w *world) slice(entity connection.Entity, sync string) Slice {
	return Slice{ConnectionID: w.c.ID, SyncID: sync, Entity: entity}
}

func TestSyncRecordOfEachEntity(t *testing.T) {
	w := newWorld(t)
	for _, entity := range connection.Entities() {
		id := w.create(entity, map[string]any{})
		result, err := w.SyncRecord(w.ctx, w.record(entity, id))
		require.NoError(t, err, entity)
		assert.Equal(t, RecordResult{Outcome: connection.Accepted}, result, entity)
		assert.Equal(t, connection.Accepted, w.row(entity, id).Outcome)
	}
	counts := w.account.Counts()
	assert.Equal(t, map[string]int{"customers": 1, "subscribers": 1}, counts.Collections)
	assert.Equal(t, 1, counts.Types["order"])
	assert.GreaterOrEqual(t, counts.Types["product"], 1)
}

func TestSyncRecordGone(t *testing.T) {
	w := newWorld(t)
	for _, entity := range connection.Entities() {
		t.Run(string(entity), func(t *testing.T) {
			id := w.create(entity, map[string]any{})
			_, err := w.SyncRecord(w.ctx, w.record(entity, id))
			require.NoError(t, err)
			require.NoError(t, w.shop.Delete(string(entity), int64(id)))
			pushes := w.pushCount()
			once, err := w.SyncRecord(w.ctx, w.record(entity, id))
			require.NoError(t, err)
			twice := once
			if entity != connection.Orders { // an archived order is still answered
				assert.Equal(t, RecordResult{GoneOnce: true}, once)
				assert.Equal(t, pushes, w.pushCount(), "not believed yet")
				seen := w.record(entity, id)
				seen.GoneSeen = true
				twice, err = w.SyncRecord(w.ctx, seen)
				require.NoError(t, err)
			}
			assert.Equal(t, connection.Deleted, twice.Outcome)
			assert.Equal(t, connection.Deleted, w.row(entity, id).Outcome)
			if entity == connection.Customers {
				assert.Equal(t, pushes, w.pushCount(), "nothing is sent of a deleted customer")
			}
		})
	}
}

// A gateway that knows no such path speaks of the store, not of the record.
func TestSyncRecordDoesNotTakeAGatewaysWordForADeletion(t *testing.T) {
	w := newWorld(t)
	id := w.create(connection.Products, map[string]any{})
	w.orderShop(faults.Fault{Path: "/catalog/products/", Status: 404, Effect: faults.HTML})
	in := w.record(connection.Products, id)
	in.GoneSeen = true
	result, err := w.SyncRecord(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, HeldParked, result.Held)
	assert.Zero(t, w.pushCount())
	assert.Equal(t, connection.BigCommerceUnavailable, w.reload(w.c.ID).Parked.Code)
}

func TestSyncRecordParksTheConnectionWhenAnAccountIsAtFault(t *testing.T) {
	push := "/v2/push$"
	for name, tc := range map[string]struct {
		shop, marketing *faults.Fault
		code            string
		inflight        bool
	}{
		"token revoked":       {shop: &faults.Fault{Status: 401, Body: `{"status":401,"title":"Unauthorized"}`}, code: connection.BigCommerceCredentials},
		"scope gone":          {shop: &faults.Fault{Status: 403, Body: `{"status":403,"title":"Forbidden"}`}, code: connection.BigCommerceCredentials},
		"store down":          {shop: &faults.Fault{Status: 503}, code: connection.BigCommerceUnavailable},
		"key revoked":         {marketing: &faults.Fault{Path: push, Status: 403}, code: connection.OmetriaCredentials},
		"ometria unavailable": {marketing: &faults.Fault{Path: push, Status: 503}, code: connection.OmetriaUnavailable, inflight: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.create(connection.Customers, map[string]any{})
			require.NoError(t, w.Store.MarkDirty(w.ctx, w.c.ID, connection.Customers, []connection.RecordID{id}))
			if tc.shop != nil {
				w.orderShop(*tc.shop)
			} else {
				_, err := w.marketing.Faults().Order(*tc.marketing)
				require.NoError(t, err)
			}
			result, err := w.SyncRecord(w.ctx, w.record(connection.Customers, id))
			require.NoError(t, err, "the record is not at fault")
			assert.Equal(t, RecordResult{Held: HeldParked}, result)
			c := w.reload(w.c.ID)
			require.NotNil(t, c.Parked)
			assert.Equal(t, tc.code, c.Parked.Code)
			require.Len(t, c.Attention, 1)
			assert.Equal(t, tc.code, c.Attention[0].Code)
			row := w.row(connection.Customers, id)
			assert.NotZero(t, row.DirtySeq, "nothing is lost")
			assert.Equal(t, tc.inflight, row.Inflight)
			assert.Zero(t, row.Attempts, "the time does not count")

			asked := len(w.requested())
			again, err := w.SyncRecord(w.ctx, w.record(connection.Customers, id))
			require.NoError(t, err)
			assert.Equal(t, HeldParked, again.Held)
			assert.Empty(t, w.requested(), "nothing is tried while parked, after %d requests", asked)
		})
	}
}

func TestActivitiesOfHeldConnectionsDoNothing(t *testing.T) {
	for held, hold := range map[Held]func(*world) error{
		HeldPaused: func(w *world) error { return w.Store.Pause(w.ctx, w.c.ID) },
		HeldParked: func(w *world) error {
			return w.Store.Park(w.ctx, w.c.ID, connection.Parked{Code: connection.OmetriaUnavailable})
		},
		HeldRemoved: func(w *world) error {
			_, err := w.Store.SetPhase(w.ctx, w.c.ID, connection.Removing)
			return err
		},
	} {
		t.Run(string(held), func(t *testing.T) {
			w := newWorld(t)
			id := w.create(connection.Customers, map[string]any{})
			require.NoError(t, hold(w))
			result, err := w.SyncRecord(w.ctx, w.record(connection.Customers, id))
			require.NoError(t, err)
			assert.Equal(t, RecordResult{Held: held}, result)
			slice, err := w.SyncSlice(w.ctx, Slice{ConnectionID: w.c.ID, SyncID: "s", Entity: connection.Customers, Cursor: "here"})
			require.NoError(t, err)
			assert.Equal(t, SliceResult{Cursor: "here", Held: held}, slice)
			assert.Empty(t, w.requested())
		})
	}
	t.Run("erased", func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Store.Erase(w.ctx, w.c.ID))
		result, err := w.SyncRecord(w.ctx, w.record(connection.Customers, 1))
		require.NoError(t, err)
		assert.Equal(t, RecordResult{Held: HeldRemoved}, result)
	})
}

// What was handed over before the connection was held is handed over again at
// once when it goes on.
func TestSyncRecordOfAHeldConnectionIsHandedBack(t *testing.T) {
	w := newWorld(t)
	id := w.create(connection.Customers, map[string]any{})
	require.NoError(t, w.Store.MarkDirty(w.ctx, w.c.ID, connection.Customers, []connection.RecordID{id}))
	dispatched := func() int {
		handed, err := w.Store.Dispatch(w.ctx, store.Limits{})
		require.NoError(t, err)
		return len(handed)
	}
	for name, hold := range map[string]func(){
		"store down": func() { w.orderShop(faults.Fault{Status: 503}) },
		"parked by another": func() {
			require.NoError(t, w.Store.Park(w.ctx, w.c.ID, connection.Parked{Code: connection.OmetriaUnavailable}))
		},
	} {
		require.Equal(t, 1, dispatched(), name)
		require.Zero(t, dispatched(), name)
		hold()
		result, err := w.SyncRecord(w.ctx, w.record(connection.Customers, id))
		require.NoError(t, err)
		require.Equal(t, HeldParked, result.Held, name)
		require.Zero(t, dispatched(), name)
		w.shop.Faults().Clear()
		_, err = w.Store.Unpark(w.ctx, w.c.ID)
		require.NoError(t, err)
	}
	assert.Equal(t, 1, dispatched())
}

func TestSyncRecordNotesAFailedAttempt(t *testing.T) {
	w := newWorld(t)
	id := w.create(connection.Customers, map[string]any{})
	in := w.record(connection.Customers, id)
	w.orderShop(faults.Fault{Path: `/v3/customers\?`, Status: 500, Times: 1})
	_, err := w.SyncRecord(w.ctx, in)
	require.Error(t, err)
	row := w.row(connection.Customers, id)
	assert.Equal(t, 1, row.Attempts)
	assert.Equal(t, "bigcommerce", row.LastError.Code)
	assert.False(t, row.BackoffUntil.IsZero())

	require.NoError(t, w.GiveUpRecord(w.ctx, in))
	row = w.row(connection.Customers, id)
	assert.Equal(t, connection.Rejected, row.Outcome)
	assert.Equal(t, connection.ReasonGaveUp, row.Reason.Code)
	assert.NotContains(t, row.Reason.Text, "500", "failures are grouped by their text")
	assert.Contains(t, row.LastError.Text, "500", "which stays with the record")
	w.requested()
	result, err := w.SyncRecord(w.ctx, in) // a signal that came while it was tried
	require.NoError(t, err)
	assert.Equal(t, RecordResult{Outcome: connection.Rejected, Reason: connection.ReasonGaveUp}, result)
	assert.Empty(t, w.requested(), "nothing has happened since: three more days do not begin")
	require.NoError(t, w.GiveUpRecord(w.ctx, Record{ConnectionID: w.c.ID, Entity: connection.Customers, RecordID: 4711}), "one that nobody knows")
}

func TestSyncRecordWhileAnotherPushIsOnItsWay(t *testing.T) {
	w := newWorld(t)
	id := w.create(connection.Customers, map[string]any{})
	f := w.nextSeq()
	claim := store.Claim{ConnectionID: w.c.ID, Entity: connection.Customers, Fetched: f, Items: []store.ClaimItem{{RecordID: id}}}
	_, err := w.Store.Claim(w.ctx, claim)
	require.NoError(t, err)

	_, err = w.SyncRecord(w.ctx, w.record(connection.Customers, id))
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, "ClaimedElsewhere", app.Type())
	assert.Positive(t, app.NextRetryDelay())
	assert.False(t, app.NonRetryable())

	require.NoError(t, w.Store.Release(w.ctx, w.c.ID, connection.Customers, f, []connection.RecordID{id}))
	result, err := w.SyncRecord(w.ctx, w.record(connection.Customers, id))
	require.NoError(t, err)
	assert.Equal(t, connection.Accepted, result.Outcome)
}

func TestSyncRecordThatIsPushedAlreadySaysHowItEnded(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	id := w.create(connection.Customers, map[string]any{})
	r, err := s.readRecord(w.ctx, connection.Customers, id)
	require.NoError(t, err)
	in := w.record(connection.Customers, id)
	_, err = w.SyncRecord(w.ctx, in) // overtakes
	require.NoError(t, err)
	done, err := s.push(w.ctx, r)
	require.NoError(t, err)
	assert.Empty(t, done)
	result, err := s.pushedElsewhere(w.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, RecordResult{Outcome: connection.Accepted}, result, "the same content need not be pushed twice")

	w.requested()
	pushes := w.pushCount()
	result, err = w.SyncRecord(w.ctx, in) // handed over again while it waited for its turn
	require.NoError(t, err)
	assert.Equal(t, RecordResult{Outcome: connection.Accepted}, result)
	assert.Empty(t, w.requested())
	assert.Equal(t, pushes, w.pushCount())
}

func TestSyncSliceWalksAndCounts(t *testing.T) {
	w := newWorld(t, populated)
	require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "order", ID: "110", When: "now"}))
	for _, entity := range connection.Entities() {
		result, err := w.SyncSlice(w.ctx, w.slice(entity, "s/1"))
		require.NoError(t, err, entity)
		assert.True(t, result.Done)
		assert.EqualValues(t, len(w.all(entity)), result.Read, entity)
		assert.Equal(t, result.Read, result.Accepted+result.Rejected+result.Skipped+result.Waiting)
		asked := w.requested()
		again, err := w.SyncSlice(w.ctx, w.slice(entity, "s/1"))
		require.NoError(t, err)
		assert.Equal(t, SliceResult{Cursor: result.Cursor, Done: true}, again, "twice is once")
		assert.Empty(t, w.requested(), "after %d requests", len(asked))
	}
	progress, err := w.Store.Progress(w.ctx, w.c.ID)
	require.NoError(t, err)
	for entity, p := range progress {
		assert.EqualValues(t, len(w.all(entity)), p.Total, entity)
		assert.Equal(t, p.Total, p.Accepted+p.Rejected+p.Skipped+p.Waiting, entity)
		assert.Zero(t, p.Waiting, entity)
	}
	assert.EqualValues(t, 1, progress[connection.Orders].Rejected)
}

func TestSyncSliceCountsWhatIsToCome(t *testing.T) {
	w := newWorld(t, populated)
	in := w.slice(connection.Customers, "s/1")
	in.Upcoming = []Upcoming{{SyncID: "s/2", Entity: connection.Orders}}
	_, err := w.SyncSlice(w.ctx, in)
	require.NoError(t, err)
	progress, err := w.Store.Progress(w.ctx, w.c.ID)
	require.NoError(t, err)
	orders := progress[connection.Orders]
	assert.Positive(t, orders.Total)
	assert.Equal(t, orders.Total, orders.Waiting, "what is not read yet waits")

	result, err := w.SyncSlice(w.ctx, w.slice(connection.Orders, "s/2"))
	require.NoError(t, err)
	assert.True(t, result.Done)
	assert.Equal(t, orders.Total, result.Read)
}

// The cursor is committed after a page's last push: a retry goes on there, and
// what an earlier attempt did is not done again.
func TestSyncSliceRetriedGoesOnAtTheCommittedCursor(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Products = 600 })
	var last int64
	w.orderShop(faults.Fault{Path: `catalog/products\?.*id:greater=[1-9]\d{2,}`, Status: 404, Body: `{"status":404,"title":"Not found"}`, Skip: 1, Times: 1})
	_, err := w.SyncSlice(w.ctx, w.slice(connection.Products, "s/1"))
	require.Error(t, err)
	at, err := w.Store.EntitySync(w.ctx, w.c.ID, "s/1", connection.Products)
	require.NoError(t, err)
	require.NotEmpty(t, at.Cursor)
	require.False(t, at.Done)
	require.NoError(t, json.Unmarshal([]byte(at.Cursor), &last))
	w.requested()

	result, err := w.SyncSlice(w.ctx, w.slice(connection.Products, "s/1")) // with the workflow's cursor of before
	require.NoError(t, err)
	assert.True(t, result.Done)
	assert.Contains(t, w.requested()[0], fmt.Sprintf("id:greater=%d", last))
	for _, id := range w.all(connection.Products) {
		assert.Equal(t, connection.Accepted, w.row(connection.Products, id).Outcome)
	}
}

func TestSyncSliceIsHeldBetweenPages(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 600 })
	var once sync.Once
	w.onRequest = func(request string) { // the second page is being read when a person pauses
		if strings.Contains(request, "/v3/customers?") && strings.Contains(request, "after=") {
			once.Do(func() { assert.NoError(t, w.Store.Pause(w.ctx, w.c.ID)) })
		}
	}
	result, err := w.SyncSlice(w.ctx, w.slice(connection.Customers, "s/1"))
	require.NoError(t, err)
	assert.Equal(t, HeldPaused, result.Held)
	assert.False(t, result.Done)
	assert.Less(t, result.Read, int64(600))

	require.NoError(t, w.Store.Unpause(w.ctx, w.c.ID))
	in := w.slice(connection.Customers, "s/1")
	in.Cursor = result.Cursor
	rest, err := w.SyncSlice(w.ctx, in)
	require.NoError(t, err)
	assert.True(t, rest.Done)
	assert.EqualValues(t, 600, result.Read+rest.Read)
}

func TestSyncSliceParksTheConnection(t *testing.T) {
	for name, tc := range map[string]struct {
		order func(*world)
		code  string
	}{
		"store down":  {func(w *world) { w.orderShop(faults.Fault{Status: 503}) }, connection.BigCommerceUnavailable},
		"key revoked": {func(w *world) { w.orderPush(faults.Fault{Status: 403}) }, connection.OmetriaCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, populated)
			tc.order(w)
			result, err := w.SyncSlice(w.ctx, w.slice(connection.Customers, "s/1"))
			require.NoError(t, err)
			assert.Equal(t, HeldParked, result.Held)
			assert.Equal(t, tc.code, w.reload(w.c.ID).Parked.Code)

			w.shop.Faults().Clear()
			w.marketing.Faults().Clear()
			_, err = w.Store.Unpark(w.ctx, w.c.ID)
			require.NoError(t, err)
			in := w.slice(connection.Customers, "s/1")
			in.Cursor = result.Cursor
			result, err = w.SyncSlice(w.ctx, in)
			require.NoError(t, err)
			assert.True(t, result.Done)
			assert.EqualValues(t, 63, result.Accepted)
		})
	}
}

func TestSyncSliceWaitsForTheQuotaByNextRetryDelay(t *testing.T) {
	w := newWorld(t, populated)
	w.orderShop(faults.Fault{
		Path: "/catalog/products", Status: 429, Headers: map[string]string{
			"X-Rate-Limit-Time-Reset-Ms": "4000", "X-Rate-Limit-Requests-Left": "0",
			"X-Rate-Limit-Requests-Quota": "150", "X-Rate-Limit-Time-Window-Ms": "30000",
		},
	})
	_, err := w.SyncSlice(w.ctx, w.slice(connection.Products, "s/1"))
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, "QuotaExhausted", app.Type())
	assert.InDelta(t, 4, app.NextRetryDelay().Seconds(), 0.5)
	assert.Nil(t, w.reload(w.c.ID).Parked)
}

// A cancelled slice must not leave pushed records unrecorded.
func TestSyncSliceCancelled(t *testing.T) {
	w := newWorld(t, populated)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	_, err := w.SyncSlice(ctx, w.slice(connection.Customers, "s/1"))
	assert.ErrorIs(t, err, context.Canceled)
}
