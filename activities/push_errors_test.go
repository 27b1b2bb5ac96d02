package activities

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/store"
)

// poll polls now, as though the last poll were long ago.
func (w *world) poll() bool {
	w.t.Helper()
	_, err := w.Store.DB().ExecContext(w.ctx, "UPDATE error_polls SET last_poll_at = last_poll_at - 60000 WHERE last_poll_at > 0")
	require.NoError(w.t, err)
	polled, err := w.PollPushErrors(w.ctx)
	require.NoError(w.t, err)
	return polled
}

func (w *world) rejectLaterRule(kind, collection, id string, times int) {
	w.t.Helper()
	require.NoError(w.t, w.account.Reject(ometriasim.Rule{
		Type: kind, Collection: collection, ID: id, When: "later", Times: times, ErrorMessage: "invalid email", ErrorPath: "email",
	}))
}

func TestPollWithoutPushesAsksNothing(t *testing.T) {
	w := newWorld(t)
	assert.False(t, w.poll())
	assert.Empty(t, w.account.Counts().Requests)
}

func TestPollRejectsWhatOmetriaFoundWrongLater(t *testing.T) {
	w := newWorld(t)
	w.rejectLaterRule("contact", "customers", "2", 1)
	_, err := w.session().push(w.ctx, w.contacts(1, 3))
	require.NoError(t, err)
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, 2).Outcome, "200 means received, not validated")
	assert.True(t, w.poll())

	row := w.row(connection.Customers, 2)
	assert.Equal(t, connection.Rejected, row.Outcome)
	assert.Equal(t, connection.ReasonRefused, row.Reason.Code)
	assert.Equal(t, "email", row.Reason.Path)
	assert.NotContains(t, row.Reason.Text, "c2@example.com")
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, 1).Outcome)
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, 3).Outcome)

	done, err := w.session().push(w.ctx, w.contacts(2, 2)) // mended in the store
	require.NoError(t, err)
	assert.Len(t, done, 1)
	assert.True(t, w.poll())
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, 2).Outcome, "the old error is of an older push")
}

// An older push's error must not reject what a newer push mended.
func TestPollIgnoresErrorsOfOlderPushes(t *testing.T) {
	w := newWorld(t)
	w.rejectLaterRule("contact", "customers", "1", 1)
	for range 2 {
		_, err := w.session().push(w.ctx, w.contacts(1, 1))
		require.NoError(t, err)
	}
	assert.True(t, w.poll())
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, 1).Outcome)
}

// A poll may see an error before the push it is of has been noted.
func TestPollThatComesBeforeThePushIsNotedLooksAgain(t *testing.T) {
	w := newWorld(t)
	_, err := w.session().push(w.ctx, w.contacts(1, 1)) // so that a poll is due
	require.NoError(t, err)
	w.rejectLaterRule("contact", "customers", "2", 1)
	w.afterPush = func() { assert.True(t, w.poll()) }
	_, err = w.session().push(w.ctx, w.contacts(2, 2))
	require.NoError(t, err)
	w.afterPush = nil
	assert.Equal(t, connection.Accepted, w.row(connection.Customers, 2).Outcome)
	assert.True(t, w.poll())
	assert.Equal(t, connection.Rejected, w.row(connection.Customers, 2).Outcome)
}

func TestPollOfEachEntity(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.settings.IDPrefix = "eu." })
	for _, entity := range connection.Entities() {
		id := w.create(entity, map[string]any{})
		kind, collection := "contact", string(entity)
		switch entity {
		case connection.Products:
			kind, collection = "product", ""
		case connection.Orders:
			kind, collection = "order", ""
		}
		w.rejectLaterRule(kind, collection, "eu."+id.String(), 0)
		_, err := w.SyncRecord(w.ctx, w.record(entity, id))
		require.NoError(t, err)
		require.Equal(t, connection.Accepted, w.row(entity, id).Outcome, entity)
		assert.True(t, w.poll())
		assert.Equal(t, connection.Rejected, w.row(entity, id).Outcome, entity)
	}
}

// products pushes one product with two variants.
func (w *world) productWithVariants(id connection.RecordID, variants ...string) {
	w.t.Helper()
	r := w.many(int(id), 1)
	mapped := r.items[0].Map
	r.items[0].Map = func(prev connection.RecordState) mapping.Result {
		m := mapped(prev)
		m.Records[0].(*ometria.Product).ID = id.String()
		m.State.Children = nil
		for _, variant := range variants {
			child := *m.Records[0].(*ometria.Product)
			child.ID = variant
			m.Records = append(m.Records, &child)
			var number int64
			_, err := fmt.Sscan(variant, &number)
			require.NoError(w.t, err)
			m.State.Children = append(m.State.Children, number)
		}
		return m
	}
	done, err := w.session().push(w.ctx, r)
	require.NoError(w.t, err)
	require.Equal(w.t, map[connection.Outcome]int{connection.Accepted: 1}, count(done))
}

// A raw variant id reads as a product's: the product is found by the request.
func TestPollOfRawVariantIDs(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.settings.VariantID = connection.VariantRaw })
	w.productWithVariants(7, "70", "71")
	w.productWithVariants(8, "80")
	w.rejectLaterRule("product", "", "91", 0)
	w.productWithVariants(9, "90", "91")
	assert.True(t, w.poll())
	assert.Equal(t, connection.Accepted, w.row(connection.Products, 7).Outcome)
	assert.Equal(t, connection.Accepted, w.row(connection.Products, 8).Outcome)
	assert.Equal(t, connection.Rejected, w.row(connection.Products, 9).Outcome)
}

// Ometria keeps 100 errors: as many unseen ones at once mean that others may be
// lost.
func TestPollOfMoreErrorsThanOmetriaKeeps(t *testing.T) {
	w := newWorld(t)
	for id := 1; id <= 120; id++ {
		w.rejectLaterRule("contact", "customers", fmt.Sprint(id), 1)
	}
	_, err := w.session().push(w.ctx, w.contacts(1, 130))
	require.NoError(t, err)
	assert.True(t, w.poll())
	attention := w.reload(w.c.ID).Attention
	require.Len(t, attention, 1)
	assert.Equal(t, connection.PushErrorsMissed, attention[0].Code)
	rejected := 0
	for id := connection.RecordID(1); id <= 130; id++ {
		if w.row(connection.Customers, id).Outcome == connection.Rejected {
			rejected++
		}
	}
	assert.Equal(t, 100, rejected, "those that could be seen")

	require.NoError(t, w.Store.Unattend(w.ctx, w.c.ID, connection.PushErrorsMissed))
	assert.True(t, w.poll())
	assert.Empty(t, w.reload(w.c.ID).Attention, "seen once, they say nothing new")
}

// The account may be full of another sender's errors when we come.
func TestPollAtFirstIsNotAlarmedByOldErrorsOfOthers(t *testing.T) {
	w := newWorld(t)
	for id := 1; id <= 100; id++ {
		w.rejectLaterRule("contact", "customers", fmt.Sprint(id), 1)
	}
	_, err := w.session().accounts.Ometria.Push(w.ctx, func() (records []ometria.Record) {
		for id := 1; id <= 100; id++ {
			records = append(records, contact(id))
		}
		return records
	}())
	require.NoError(t, err)
	_, err = w.session().push(w.ctx, w.contacts(500, 500))
	require.NoError(t, err)
	assert.True(t, w.poll())
	assert.Empty(t, w.reload(w.c.ID).Attention)
}

func TestPollThatFailsIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.rejectLaterRule("contact", "customers", "1", 1)
	_, err := w.session().push(w.ctx, w.contacts(1, 1))
	require.NoError(t, err)
	_, err = w.marketing.Faults().Order(faults.Fault{Path: "_errors", Status: 500, Times: 1})
	require.NoError(t, err)
	polled, err := w.PollPushErrors(w.ctx)
	assert.True(t, polled)
	require.Error(t, err)
	polled, err = w.PollPushErrors(w.ctx)
	require.NoError(t, err)
	assert.False(t, polled, "the lease keeps others and us off for a while")
	_, err = w.Store.DB().ExecContext(w.ctx, "UPDATE error_polls SET leased_until = 0")
	require.NoError(t, err)
	assert.True(t, w.poll())
	assert.Equal(t, connection.Rejected, w.row(connection.Customers, 1).Outcome)
}

func TestPollForARemovedConnectionAsksNothing(t *testing.T) {
	w := newWorld(t)
	_, err := w.session().push(w.ctx, w.contacts(1, 1))
	require.NoError(t, err)
	require.NoError(t, w.Store.Erase(w.ctx, w.c.ID))
	before := w.account.Counts().Requests
	require.NotEmpty(t, before)
	assert.True(t, w.poll())
	assert.Equal(t, before, w.account.Counts().Requests)
}

// What a shopper is called stays out of the record's story, too.
func TestStoryOfWhatOmetriaSaysLaterNamesNobody(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.account.Reject(ometriasim.Rule{
		Type: "contact", Collection: "customers", ID: "2", When: "later", Times: 1,
		ErrorMessage: "no mailbox c2@example.com, nor jane@example.org", ErrorPath: "email",
	}))
	_, err := w.session().push(w.ctx, w.contacts(2, 2))
	require.NoError(t, err)
	assert.True(t, w.poll())

	row := w.row(connection.Customers, 2)
	told, err := w.Store.Story(w.ctx, row.Key, 10)
	require.NoError(t, err)
	require.Len(t, told.Attempts, 2)
	require.NotNil(t, told.Refusal)
	assert.Equal(t, store.KindPushed, told.Attempts[0].Kind)
	assert.Equal(t, row.RequestIDs, told.Refusal.RequestIDs)
	assert.False(t, told.Refusal.SaidAt.IsZero())
	assert.Contains(t, told.Refusal.Reason.Text, "no mailbox")
	assert.NotContains(t, told.Refusal.Reason.Text, "example")
}
