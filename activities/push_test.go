package activities

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestPack(t *testing.T) {
	sizes := func(sizes ...int) (items []source.Record) {
		for i, size := range sizes {
			items = append(items, source.Record{ID: connection.RecordID(i + 1), Size: size})
		}
		return items
	}
	for name, tc := range map[string]struct {
		items []source.Record
		want  []int // records of each group
	}{
		"nothing":                   {nil, nil},
		"one":                       {sizes(1), []int{1}},
		"exactly one push":          {sizes(99, 1), []int{100}},
		"one over":                  {sizes(60, 41), []int{60, 41}},
		"larger than a push":        {sizes(1, 250, 1), []int{1, 250, 1}},
		"larger than a push, first": {sizes(250, 1, 99), []int{250, 100}},
		"nothing to push":           {sizes(0, 0, 100), []int{100}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			order := connection.RecordID(0)
			for _, group := range pack(tc.items) {
				sum := 0
				for _, it := range group {
					sum += it.Size
					order++
					assert.Equal(t, order, it.ID, "in the order they came")
				}
				got = append(got, sum)
			}
			assert.Equal(t, tc.want, got)
			assert.Len(t, tc.items, int(order), "none is lost")
		})
	}
}

func count(v verdicts) map[connection.Outcome]int {
	counts := map[connection.Outcome]int{}
	for _, verdict := range v {
		counts[verdict.Outcome]++
	}
	return counts
}

func TestPushFinishesEachRecord(t *testing.T) {
	w := newWorld(t)
	r := w.contacts(1, 250)
	done, err := w.session().push(w.ctx, r)
	require.NoError(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 250}, count(done))
	assert.Equal(t, 3, w.pushCount())
	assert.Equal(t, 250, w.held())
	row := w.row(connection.Customers, 250)
	assert.Equal(t, connection.Accepted, row.Outcome)
	assert.Equal(t, r.g, row.PushedSeq)
	assert.Len(t, row.RequestIDs, 1)
	assert.False(t, row.Inflight)
}

func TestPushOneBadRecordAmongAHundred(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "contact", Collection: "customers", ID: "37", When: "now"}))
	done, err := w.session().push(w.ctx, w.contacts(1, 100))
	require.NoError(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 99, connection.Rejected: 1}, count(done))
	assert.Equal(t, 99, w.held())
	assert.LessOrEqual(t, w.pushCount(), 1+2*7, "halved until the bad one stands alone")
	bad := w.row(connection.Customers, 37)
	assert.Equal(t, connection.Rejected, bad.Outcome)
	assert.Equal(t, connection.ReasonRefused, bad.Reason.Code)
	assert.Zero(t, bad.DirtySeq, "it is not retried for ever")
	assert.False(t, bad.State.Exists, "nothing is remembered as sent")
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, 38).Outcome)
}

func TestPushSeveralBadRecords(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"1", "50", "51", "100"} {
		require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "contact", Collection: "customers", ID: id, When: "now"}))
	}
	done, err := w.session().push(w.ctx, w.contacts(1, 100))
	require.NoError(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 96, connection.Rejected: 4}, count(done))
	assert.Equal(t, 96, w.held())
}

func TestPushAllRejected(t *testing.T) {
	w := newWorld(t)
	for id := 1; id <= 10; id++ {
		require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "contact", Collection: "customers", ID: fmt.Sprint(id), When: "now"}))
	}
	done, err := w.session().push(w.ctx, w.contacts(1, 10))
	require.NoError(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Rejected: 10}, count(done))
	assert.Equal(t, 1, w.pushCount(), "nothing is to be found by splitting")
	assert.Zero(t, w.held())
}

// A push refused as a whole, by its status, is split as well.
func TestPushRefusedAsAWholeIsSplit(t *testing.T) {
	w := newWorld(t)
	body := `{"status":"ERROR"}`
	_, err := w.marketing.Faults().Order(faults.Fault{Method: "POST", Path: "/v2/push$", Status: 400, Body: body, Times: 1})
	require.NoError(t, err)
	done, err := w.session().push(w.ctx, w.contacts(1, 4))
	require.NoError(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 4}, count(done))
	assert.Equal(t, 3, w.pushCount())
}

func TestPushRecordTooLargeStandsAloneBeforeAnythingIsSent(t *testing.T) {
	w := newWorld(t)
	r := w.contacts(1, 3)
	large := contact(2)
	large.FirstName = strings.Repeat("é", 40_000)
	r.items[1] = contactItem(2, large)
	done, err := w.session().push(w.ctx, r)
	require.NoError(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 2, connection.Rejected: 1}, count(done))
	assert.Equal(t, 1, w.pushCount())
	bad := w.row(connection.Customers, 2)
	assert.Equal(t, connection.ReasonTooLarge, bad.Reason.Code)
	assert.Contains(t, bad.Reason.Text, "shorten")
	assert.NotContains(t, bad.Reason.Text, "é", "values of the record are not kept")
}

// orderPush makes the next pushes fail.
func (w *world) orderPush(f faults.Fault) {
	w.t.Helper()
	f.Method, f.Path = "POST", "/v2/push$"
	_, err := w.marketing.Faults().Order(f)
	require.NoError(w.t, err)
}

func TestPushThrottledReleasesItsClaims(t *testing.T) {
	w := newWorld(t)
	w.orderPush(faults.Fault{Status: 429, Headers: map[string]string{"Retry-After": "7"}, Times: 1})
	_, err := w.session().push(w.ctx, w.contacts(1, 5))
	throttled, ok := errors.AsType[*ometria.ThrottledError](err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, 7*time.Second, throttled.RetryIn)
	for id := connection.RecordID(1); id <= 5; id++ {
		row := w.row(connection.Customers, id)
		assert.False(t, row.Inflight)
		assert.NotZero(t, row.DirtySeq, "nothing is lost")
	}
	done, err := w.session().push(w.ctx, w.contacts(1, 5))
	require.NoError(t, err)
	assert.Len(t, done, 5, "and the next push takes them at once")
}

func TestPushOfUnknownOutcomeKeepsItsClaims(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"500":                     {Status: 500},
		"500 after the work":      {Status: 500, Work: true},
		"502":                     {Status: 502, Effect: faults.HTML},
		"connection closed":       {Effect: faults.Drop},
		"answer cut short":        {Effect: faults.Truncate},
		"answer is not JSON":      {Effect: faults.Malformed},
		"closed after the work":   {Effect: faults.Drop, Work: true},
		"503, the service's word": {Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			fault.Times = 1
			w.orderPush(fault)
			done, err := w.session().push(w.ctx, w.contacts(1, 5))
			require.Error(t, err)
			assert.False(t, ometria.DidNothing(err))
			assert.Empty(t, done)
			for id := connection.RecordID(1); id <= 5; id++ {
				assert.True(t, w.row(connection.Customers, id).Inflight, "another push must not overtake this one")
			}
			again, err := w.session().push(w.ctx, w.contacts(1, 5))
			require.NoError(t, err)
			assert.Empty(t, again, "none can be claimed")
			assert.NotZero(t, w.row(connection.Customers, 1).DirtySeq)
		})
	}
}

func TestPushOfUnknownOutcomeIsMadeAgainOnceItsClaimExpires(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.store = []store.Option{store.WithClaimTTL(50 * time.Millisecond)} })
	w.orderPush(faults.Fault{Effect: faults.Drop, Times: 1})
	_, err := w.session().push(w.ctx, w.contacts(1, 1))
	require.Error(t, err)
	require.Eventually(t, func() bool {
		expired, err := w.Store.ExpireClaims(w.ctx)
		return err == nil && expired == 1
	}, 5*time.Second, 10*time.Millisecond)
	row := w.row(connection.Customers, 1)
	assert.NotZero(t, row.DirtySeq)
	done, err := w.session().push(w.ctx, w.contacts(1, 1))
	require.NoError(t, err)
	assert.Len(t, done, 1)
	assert.Equal(t, 1, w.held())
}

// many is one BigCommerce record that becomes n Ometria records.
func (w *world) many(id, n int) reading {
	r := reading{entity: connection.Products, f: w.nextSeq()}
	records := make([]ometria.Record, n)
	for i := range records {
		records[i] = &ometria.Product{ID: fmt.Sprintf("%d-%d", id, i), Title: "Shirt", Price: ometria.NewAmount(decimal.NewFromInt(10)), URL: "https://shop.example.com/shirt", IsActive: new(true), IsVariant: new(false)}
	}
	r.items = []source.Record{{
		ID: connection.RecordID(id), Size: n, Fingerprint: []byte("content"),
		Map: func(connection.RecordState) mapping.Result {
			return mapping.Result{Records: records, State: connection.RecordState{Exists: true, Children: []int64{1}}}
		},
	}}
	r.g = w.nextSeq()
	return r
}

func TestPushProductWithManyVariantsTakesSeveralPushes(t *testing.T) {
	w := newWorld(t)
	done, err := w.session().push(w.ctx, w.many(5, 251))
	require.NoError(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 1}, count(done))
	assert.Equal(t, 3, w.pushCount())
	row := w.row(connection.Products, 5)
	assert.Len(t, row.RequestIDs, 3, "an error of any of them is found later")
	assert.Equal(t, []int64{1}, row.State.Children)
	assert.Equal(t, 251, w.account.Counts().Types["product"])
}

func TestPushProductIsAcceptedOnlyWhenAllOfItIs(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"throttled":       {Status: 429, Skip: 1},
		"key revoked":     {Status: 403, Skip: 1},
		"unknown outcome": {Status: 500, Skip: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.orderPush(fault)
			done, err := w.session().push(w.ctx, w.many(5, 251))
			require.Error(t, err)
			assert.Empty(t, done)
			row := w.row(connection.Products, 5)
			assert.True(t, row.Inflight, "its first hundred were taken: only a read from after the expiry may follow")
			assert.Equal(t, connection.Waiting, row.Outcome)
			assert.False(t, row.State.Exists)
		})
	}
	t.Run("a variant refused", func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "product", ID: "5-120", When: "now"}))
		done, err := w.session().push(w.ctx, w.many(5, 251))
		require.NoError(t, err)
		assert.Equal(t, map[connection.Outcome]int{connection.Rejected: 1}, count(done))
		assert.Equal(t, 250, w.account.Counts().Types["product"], "the rest still arrives")
		assert.Empty(t, w.row(connection.Products, 5).State.Children, "a retry sends all of it again")
	})
}

// What had gone through before a push failed stays finished.
func TestPushKeepsWhatWasFinishedBeforeAFailure(t *testing.T) {
	w := newWorld(t)
	w.orderPush(faults.Fault{Status: 429, Skip: 1})
	r := w.contacts(1, 2)
	r.items[1] = source.Record{
		ID: 2, Size: 100, Fingerprint: []byte("x"),
		Map: func(connection.RecordState) mapping.Result {
			records := make([]ometria.Record, 100)
			for i := range records {
				records[i] = contact(1000 + i)
			}
			return mapping.Result{Records: records}
		},
	}
	c := reading{entity: r.entity, f: r.f, g: r.g, items: r.items}
	done, err := w.session().pushChunk(w.ctx, c) // one chunk of 101 records
	require.Error(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 1}, count(done))
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, 1).Outcome)
	assert.Equal(t, connection.Waiting, w.row(connection.Customers, 2).Outcome)
}

func TestPushLeavesRecordsAloneThatAnotherPushHas(t *testing.T) {
	w := newWorld(t)
	mine := w.contacts(1, 3)
	theirs := w.nextSeq()
	_, err := w.Store.Claim(w.ctx, store.Claim{
		ConnectionID: w.c.ID, Entity: connection.Customers, Fetched: theirs, Items: []store.ClaimItem{{RecordID: 2}},
	})
	require.NoError(t, err)
	done, err := w.session().push(w.ctx, mine)
	require.NoError(t, err)
	assert.Len(t, done, 2)
	assert.NotContains(t, done, connection.RecordID(2))
	assert.Equal(t, [][]string{{"1", "3"}}, w.pushes)
	row := w.row(connection.Customers, 2)
	assert.NotZero(t, row.DirtySeq, "it waits for a fetch of its own")
	assert.True(t, row.Inflight)
}

// Newer never loses to older: a read that began before another's had ended
// must not be pushed after it.
func TestPushOfAnOlderReadIsNotMade(t *testing.T) {
	w := newWorld(t)
	older := w.contacts(1, 1)
	newer := w.contacts(1, 1)
	_, err := w.session().push(w.ctx, newer)
	require.NoError(t, err)
	older.items[0].Fingerprint = []byte("other content")
	done, err := w.session().push(w.ctx, older)
	require.NoError(t, err)
	assert.Empty(t, done)
	assert.Equal(t, 1, w.pushCount())
	assert.NotZero(t, w.row(connection.Customers, 1).DirtySeq, "it is read once more")
}

func TestPushRecordsSkippedAndRejectedByTheMapping(t *testing.T) {
	w := newWorld(t)
	r := w.contacts(1, 3)
	reason := connection.Reason{Code: connection.ReasonInvalidEmail, Path: "email", Text: "the e-mail address is not valid"}
	r.items[0].Map = func(prev connection.RecordState) mapping.Result { return mapping.Result{Skip: &reason, State: prev} }
	r.items[1].Map = func(prev connection.RecordState) mapping.Result { return mapping.Result{Reject: &reason, State: prev} }
	done, err := w.session().push(w.ctx, r)
	require.NoError(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 1, connection.Rejected: 1, connection.Skipped: 1}, count(done))
	assert.Equal(t, [][]string{{"3"}}, w.pushes)
	assert.Equal(t, reason, *w.row(connection.Customers, 1).Reason)
}

func TestPushSaysThatAnOrderStatusIsUnmapped(t *testing.T) {
	w := newWorld(t)
	r := w.contacts(1, 1)
	r.items[0].Map = func(prev connection.RecordState) mapping.Result {
		return mapping.Result{Records: []ometria.Record{contact(1)}, Notes: []mapping.Note{{Code: mapping.NoteUnmappedStatus, Key: "27"}}}
	}
	_, err := w.session().push(w.ctx, r)
	require.NoError(t, err)
	attention := w.reload(w.c.ID).Attention
	require.Len(t, attention, 1)
	assert.Equal(t, connection.UnmappedStatus, attention[0].Code)
	assert.Contains(t, attention[0].Action, "27")
}
