package activities

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/store/storetest"
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

// What neither a date nor a webhook tells: form fields, custom fields, a brand's
// name, and that a record is no more.
func TestFullPassFindsWhatNoDateTells(t *testing.T) {
	w := synced(t, populated)
	customer, product := w.all(connection.Customers)[2], w.all(connection.Products)[2]
	gone := map[connection.Entity]connection.RecordID{}
	for _, entity := range connection.Entities() {
		gone[entity] = w.all(entity)[7]
		require.NoError(t, w.shop.Delete(string(entity), int64(gone[entity])))
	}
	w.change(connection.Customers, customer, map[string]any{"form_fields": []map[string]any{{"name": "Shoe size", "value": "43"}}})
	w.change(connection.Products, product, map[string]any{"custom_fields": []map[string]any{{"name": "Fabric", "value": "Wool"}}})

	assert.Zero(t, w.fast().Gone)
	before := w.pushCount()
	got := w.full()
	assert.Equal(t, int64(2), got.Differed)
	assert.Equal(t, int64(4), got.Gone)
	assert.ElementsMatch(t, []string{customer.String(), product.String()}, w.pushedIDs(before, product))
	w.settle()
	for entity, id := range gone {
		assert.Equal(t, connection.Deleted, w.row(entity, id).Outcome, entity)
	}
	brand, _, err := w.shop.Create("brands", map[string]any{"name": "Acme"})
	require.NoError(t, err)
	w.change(connection.Products, product, map[string]any{"brand_id": brand})
	assert.NotZero(t, w.fast().Differed)
	_, err = w.shop.Update("brands", brand, map[string]any{"name": "Acme & Sons"})
	require.NoError(t, err)
	assert.Zero(t, w.fast().Differed, "no date tells of it")
	assert.Equal(t, int64(1), w.full().Differed)
	before = w.pushCount()
	again := w.full()
	assert.Zero(t, again.Differed)
	assert.Zero(t, again.Gone)
	assert.Equal(t, before, w.pushCount())
}

// pushedIDs are the BigCommerce records pushed since the nth push; a product's
// variants count as the product.
func (w *world) pushedIDs(n int, product connection.RecordID) []string {
	var ids []string
	for _, id := range w.pushedSince(n) {
		if strings.HasPrefix(id, product.String()+"-") {
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

func TestFullPassReadsContactsOnceAWeek(t *testing.T) {
	w := synced(t, func(o *worldOptions) { o.shop.Customers, o.shop.Products = 3, 3 })
	run := func() int64 {
		return w.passes(PassSlice{ConnectionID: w.c.ID, Left: PassEntities()}, connection.FullPass).Looked
	}
	assert.Equal(t, int64(6), run(), "never before")
	assert.Equal(t, int64(3), run())
	storetest.Elapse(t, w.Store, 6*24*time.Hour)
	assert.Equal(t, int64(3), run())
	storetest.Elapse(t, w.Store, 24*time.Hour)
	assert.Equal(t, int64(6), run())
	assert.Equal(t, int64(6), w.full().Looked, "wanted by a person")
}

// A worker that dies in the middle of a pass leaves its cursor; the next slice
// goes on there.
func TestAttentionsEnd(t *testing.T) {
	w := synced(t)
	attend := func(code string, since time.Time) {
		require.NoError(t, w.Store.Attend(w.ctx, w.c.ID, connection.Attention{Code: code, Since: since, Action: "x"}))
	}
	attend(connection.PushErrorsMissed, time.Now().Add(-7*24*time.Hour))
	w.full()
	assert.NotEmpty(t, w.attentionTo(connection.PushErrorsMissed), "contacts may not have been read since")
	require.NoError(t, w.Store.Unattend(w.ctx, w.c.ID, connection.PushErrorsMissed))
	attend(connection.PushErrorsMissed, time.Now().Add(-8*24*time.Hour-time.Minute))
	w.fast()
	assert.NotEmpty(t, w.attentionTo(connection.PushErrorsMissed))
	w.full()
	assert.Empty(t, w.attentionTo(connection.PushErrorsMissed))

	attend(connection.ManyFailing, time.Now())
	attend(connection.SyncStuck, time.Now())
	_, err := w.Reconcile(w.ctx, w.ref())
	require.NoError(t, err)
	assert.Empty(t, w.attentionTo(connection.ManyFailing), "few fail now")
	_, err = w.SyncSlice(w.ctx, w.slice(connection.Orders, "another"))
	require.NoError(t, err)
	assert.Empty(t, w.attentionTo(connection.SyncStuck), "whoever said so")
}

func TestPassGoesOnWhereItBrokeOff(t *testing.T) {
	w := synced(t, func(o *worldOptions) { o.shop.Products = 260 })
	w.orderShop(faults.Fault{Path: `/v3/catalog/products\?.*greater=[1-9]`, Status: 400})
	_, err := w.passSlice(w.ctx, connection.FullPass, PassSlice{ConnectionID: w.c.ID, Left: PassEntities()})
	require.Error(t, err)
	p, err := w.Store.Pass(w.ctx, w.c.ID, connection.FullPass, connection.Products)
	require.NoError(t, err)
	assert.Equal(t, int64(250), p.Looked)
	w.shop.Faults().Clear()
	w.requested()
	require.NoError(t, w.shop.Delete("products", int64(w.all(connection.Products)[0])))
	got := w.passes(PassSlice{ConnectionID: w.c.ID, Left: PassEntities()}, connection.FullPass)
	assert.Equal(t, int64(10), got.Looked, "what was looked at before the death is not read again")
	assert.Zero(t, got.Gone, "it was seen by the part before the death: the next pass finds it")
	assert.Equal(t, int64(1), w.full().Gone)
}

// A sweep that a person wants comes after what holds it, and one that broke off
// is gone on with.
func TestASweepThatIsHeldComesLater(t *testing.T) {
	w := synced(t)
	slice := func() Held {
		got, err := w.passSlice(w.ctx, connection.FullPass, PassSlice{ConnectionID: w.c.ID, Left: PassEntities()})
		require.NoError(t, err)
		return got.Held
	}
	wishes := func() int {
		ids, err := w.Store.SweepWishes(w.ctx, 10)
		require.NoError(t, err)
		return len(ids)
	}
	require.NoError(t, w.Store.WantPasses(w.ctx, w.c.ID))
	require.NoError(t, w.Store.GrantSweep(w.ctx, w.c.ID))
	_, err := w.Store.SetPhase(w.ctx, w.c.ID, connection.Syncing)
	require.NoError(t, err)
	assert.Equal(t, HeldSyncing, slice())
	assert.Zero(t, wishes(), "still held")
	_, err = w.Store.SetPhase(w.ctx, w.c.ID, connection.Connected)
	require.NoError(t, err)
	assert.Equal(t, 1, wishes())
	assert.Equal(t, NotHeld, slice())
	require.NoError(t, w.Store.GrantSweep(w.ctx, w.c.ID))
	assert.Zero(t, wishes(), "it is done")

	require.NoError(t, w.Store.WantPasses(w.ctx, w.c.ID))
	require.NoError(t, w.Store.GrantSweep(w.ctx, w.c.ID))
	w.orderShop(faults.Fault{Path: "/v3/customers", Status: 401})
	assert.Equal(t, HeldParked, slice())
	assert.Zero(t, wishes(), "still held")
	w.shop.Faults().Clear()
	_, err = w.Store.Unpark(w.ctx, w.c.ID)
	require.NoError(t, err)
	assert.Equal(t, 1, wishes(), "it broke off")
}

// A record that changes or goes while its page is read hides none of the others.
func TestPassOverAStoreThatShifts(t *testing.T) {
	w := synced(t, func(o *worldOptions) { o.shop.Products, o.marketing.History = 260, true })
	all := w.all(connection.Products)
	for _, id := range all {
		w.change(connection.Products, id, map[string]any{"name": "Renamed"})
	}
	shifted := false
	w.onRequest = func(request string) {
		if strings.Contains(request, "/v3/catalog/products?") && strings.Contains(request, "greater=") && !shifted {
			shifted = true
			w.change(connection.Products, all[10], map[string]any{"name": "Renamed again"})
			require.NoError(t, w.shop.Delete("products", int64(all[20])))
		}
	}
	got := w.fast()
	require.True(t, shifted)
	assert.Equal(t, int64(260), got.Differed)
	w.onRequest = nil
	w.fast()
	record, ok := w.account.Record("product", "", all[10].String())
	require.True(t, ok)
	assert.Contains(t, string(record.Pushes[len(record.Pushes)-1].Record), "Renamed again")
}

const noProducts = `{"data":[],"meta":{"pagination":{"total":0,"count":0,"per_page":250,"current_page":1,"total_pages":0,"links":{}}}}`

func (w *world) attended(code string) string {
	w.t.Helper()
	for _, a := range w.reload(w.c.ID).Attention {
		if a.Code == code {
			return a.Action
		}
	}
	return ""
}

// BigCommerce answers an empty list for a full catalogue. Nothing is switched
// off, an admin is asked, and once the list is back all goes on by itself.
func TestAnEmptiedCatalogueHolds(t *testing.T) {
	w := synced(t, func(o *worldOptions) { o.shop.Products = 150 })
	before := w.pushCount()
	w.orderShop(faults.Fault{Path: `/v3/catalog/products\?`, Status: 200, Body: noProducts, Headers: map[string]string{"Content-Type": "application/json"}})
	got := w.full()
	assert.Equal(t, int64(150), got.Gone)
	w.settle()
	assert.Equal(t, before, w.pushCount())
	assert.Contains(t, w.attended(connection.MassDeletion), "150 products")
	row := w.row(connection.Products, w.all(connection.Products)[0])
	assert.Equal(t, connection.Waiting, row.Outcome)
	assert.Equal(t, connection.ReasonMassDeletion, row.Reason.Code)
	w.shop.Faults().Clear()

	w.reconcile(NotHeld) // a few of them are read directly, and are there
	assert.Empty(t, w.attended(connection.MassDeletion))
	w.settle()
	assert.Equal(t, before, w.pushCount(), "they were never gone: nothing is to be told")
	assert.Equal(t, connection.Accepted, w.row(connection.Products, w.all(connection.Products)[0]).Outcome)
}

func TestAHalvedCatalogueIsDecidedByAnAdmin(t *testing.T) {
	w := synced(t, func(o *worldOptions) { o.shop.Products = 240 })
	all := w.all(connection.Products)
	for _, id := range all[:120] {
		require.NoError(t, w.shop.Delete("products", int64(id)))
	}
	before := w.pushCount()
	assert.Equal(t, int64(120), w.full().Gone)
	w.settle()
	w.reconcile(NotHeld)
	assert.Equal(t, before, w.pushCount())
	assert.Contains(t, w.attended(connection.MassDeletion), "120 products")

	decided, err := w.Store.DecideLosses(w.ctx, w.c.ID, false)
	require.NoError(t, err)
	assert.Equal(t, int64(120), decided)
	w.settle()
	assert.Equal(t, before, w.pushCount(), "still gone: held again")
	w.reconcile(NotHeld)
	assert.Contains(t, w.attended(connection.MassDeletion), "120 products")

	_, err = w.Store.DecideLosses(w.ctx, w.c.ID, true)
	require.NoError(t, err)
	w.settle()
	assert.Greater(t, w.pushCount(), before)
	for _, id := range all[:120] {
		assert.Equal(t, connection.Deleted, w.row(connection.Products, id).Outcome)
	}
	w.reconcile(NotHeld)
	assert.Empty(t, w.attended(connection.MassDeletion))
	require.NoError(t, w.shop.Delete("products", int64(all[130])))
	assert.Equal(t, int64(1), w.full().Gone)
	w.settle()
	assert.Equal(t, connection.Deleted, w.row(connection.Products, all[130]).Outcome, "what follows within the day")
}

// Webhooks of deletions go through the same guard, and so does a list that says
// everybody has opted out.
func TestMassOptOutHolds(t *testing.T) {
	w := newWorld(t)
	var subscribers []connection.RecordID
	for n := range 130 {
		subscribers = append(subscribers, w.create(connection.Subscribers, map[string]any{
			"email": "s" + strconv.Itoa(n) + "@example.com", "consents": []string{"marketing_newsletter"},
		}))
	}
	w.fast()
	for _, id := range subscribers {
		w.change(connection.Subscribers, id, map[string]any{"consents": []string{}})
	}
	w.fast()
	out, held := 0, 0
	for _, id := range subscribers {
		switch row := w.row(connection.Subscribers, id); {
		case row.State.ConsentSeen == connection.ConsentOut:
			out++
		case row.Outcome == connection.Waiting:
			held++
		}
	}
	assert.Equal(t, 100, out)
	assert.Equal(t, 30, held)
	w.reconcile(NotHeld)
	assert.Contains(t, w.attended(connection.MassDeletion), "30 subscribers")
	for _, id := range subscribers {
		w.change(connection.Subscribers, id, map[string]any{"consents": []string{"marketing_newsletter"}})
	}
	w.reconcile(NotHeld)
	w.settle()
	assert.Equal(t, connection.Accepted, w.row(connection.Subscribers, subscribers[129]).Outcome)
	w.reconcile(NotHeld)
	assert.Empty(t, w.attended(connection.MassDeletion))
}

func TestReconcileShowsABlockedDomain(t *testing.T) {
	w := reconciled(t)
	w.orderShop(faults.Fault{Path: `/v3/hooks/admin`, Status: 200, Headers: map[string]string{"Content-Type": "application/json"},
		Body: `{"data":{"emails":[],"hooks_list":[],"blocked_domains":[{"destination":"https://sync.example.com/webhooks","time_left":120,"reasons":[]}]},"meta":{}}`})
	w.reconcile(NotHeld)
	assert.Contains(t, w.attended(connection.WebhookDomainBlocked), "sync.example.com")
	w.shop.Faults().Clear()
	w.reconcile(NotHeld)
	assert.Empty(t, w.attended(connection.WebhookDomainBlocked))
}

func TestFullPassTakesATenthOfTheQuota(t *testing.T) {
	turn := newTicker(20 * time.Millisecond)
	begun := time.Now()
	for range 6 {
		require.NoError(t, turn.wait(t.Context()))
	}
	assert.GreaterOrEqual(t, time.Since(begun), 100*time.Millisecond)

	w := synced(t, func(o *worldOptions) {
		o.shop.Products = 3
		o.shop.Quota = bigcommercesim.Quota{Requests: 1500, Window: 30 * time.Second}
	})
	w.requested()
	begun = time.Now()
	w.full()
	made := len(w.requested())
	assert.GreaterOrEqual(t, time.Since(begun), time.Duration(made-1)*200*time.Millisecond, "%d requests", made)
}

// Errors of Ometria that nobody saw are made up for: what was pushed since is
// pushed again by the next full pass, and only that.
func TestFullPassPushesWhatWasForgotten(t *testing.T) {
	w := synced(t, func(o *worldOptions) { o.shop.Customers = 5 })
	assert.Zero(t, w.full().Differed)
	cleared, err := w.Store.ClearFingerprintsSince(w.ctx, w.c.IdentificationCode, time.Time{})
	require.NoError(t, err)
	assert.Equal(t, 5, cleared)
	assert.Equal(t, int64(5), w.full().Differed)
	assert.Zero(t, w.full().Differed)
}
