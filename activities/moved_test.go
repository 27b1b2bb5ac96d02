package activities

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// optin is what Ometria holds of a subscriber's consent.
func (w *world) optin(id string) (optin string, held bool) {
	w.t.Helper()
	record, held := w.account.Record("contact", connection.CollectionSubscribers, id)
	var contact struct {
		Optin string `json:"marketing_optin"`
	}
	if held {
		require.NoError(w.t, json.Unmarshal(record.Record, &contact))
	}
	return contact.Optin, held
}

// A person changes the prefix while a page is being read: what was read before
// is not pushed under the old ids, and the slice ends so that the next one
// takes up the change.
func TestSyncSliceEndsWhenRecordsGetOtherNames(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 600 })
	var once sync.Once
	w.onRequest = func(request string) {
		if strings.Contains(request, "/v3/customers?") && strings.Contains(request, "after=") {
			once.Do(func() { w.choose(func(c *connection.Connection) { c.Settings.IDPrefix = "uk-" }) })
		}
	}
	result, err := w.SyncSlice(w.ctx, w.slice(connection.Customers, "s/1"))
	require.NoError(t, err)
	assert.Equal(t, NotHeld, result.Held)
	assert.False(t, result.Done)
	old := w.account.IDs("contact", connection.CollectionCustomers)
	in := w.slice(connection.Customers, "s/1")
	in.Cursor = result.Cursor
	rest, err := w.SyncSlice(w.ctx, in)
	require.NoError(t, err)
	assert.True(t, rest.Done)
	assert.EqualValues(t, 600, result.Read+rest.Read)
	for _, id := range w.account.IDs("contact", connection.CollectionCustomers)[len(old):] {
		assert.True(t, strings.HasPrefix(id, "uk-"), id)
	}
}

// A consent that was sent to one account is not known to another, and what
// people chose before is history there: whoever left since must not come back.
func TestConsentAfterAMoveToAnotherAccount(t *testing.T) {
	for _, history := range []string{"", connection.HistoryConsentSend} {
		w := newWorld(t)
		require.NoError(t, w.InstallHooks(w.ctx, w.ref()))
		in := w.create(connection.Subscribers, map[string]any{"consents": []string{"marketing_newsletter"}, "date_created": "2024-01-02T03:04:05Z"})
		w.sync(connection.Subscribers, in)
		optin, held := w.optin(in.String())
		require.True(t, held, "an empty account takes history")
		require.Equal(t, "EXPLICITLY_OPTEDIN", optin)

		w.choose(func(c *connection.Connection) {
			c.IdentificationCode, c.Settings.IDPrefix, c.Settings.HistoryConsent = "other", "new-", history
		})
		w.sync(connection.Subscribers, in)
		optin, held = w.optin("new-" + in.String())
		require.True(t, held)
		if history == "" {
			assert.Empty(t, optin)
		} else {
			assert.Equal(t, "EXPLICITLY_OPTEDIN", optin, "a setting says so")
		}
		w.edit(connection.Subscribers, in, map[string]any{"consents": []string{}})
		optin, _ = w.optin("new-" + in.String())
		assert.Equal(t, "EXPLICITLY_OPTEDOUT", optin, "an observed change is sent wherever it goes")
	}
}

// What happens between a change of names and the re-sync is told under the new
// names, and the re-sync takes nothing of it back.
func TestChangesBetweenAMoveAndItsResync(t *testing.T) {
	for name, change := range map[string]func(*connection.Connection){
		"identification_code":    func(c *connection.Connection) { c.IdentificationCode = "other" },
		"id_prefix":              func(c *connection.Connection) { c.Settings.IDPrefix = "new-" },
		"subscribers_collection": func(c *connection.Connection) { c.Settings.SubscribersCollection = "news" },
		"variant_id":             func(c *connection.Connection) { c.Settings.VariantID = connection.VariantRaw },
	} {
		for _, history := range []string{connection.HistoryConsentOmit, connection.HistoryConsentSend} {
			t.Run(name+"/history_consent="+history, func(t *testing.T) {
				w := newWorld(t, func(o *worldOptions) { o.settings.HistoryConsent, o.marketing.History = history, true })
				betweenAMoveAndItsResync(w, change, history)
			})
		}
	}
}

func betweenAMoveAndItsResync(w *world, change func(*connection.Connection), history string) {
	t := w.t
	subscriber := map[string]any{"consents": []string{"marketing_newsletter"}, "date_created": "2024-01-02T03:04:05Z"}
	leaves, deleted, stays := w.create(connection.Subscribers, subscriber), w.create(connection.Subscribers, subscriber), w.create(connection.Subscribers, subscriber)
	for _, id := range []connection.RecordID{leaves, deleted, stays} {
		w.sync(connection.Subscribers, id)
	}
	product := w.create(connection.Products, map[string]any{"variants": []map[string]any{
		{"option_values": []map[string]any{{"option_display_name": "Size", "label": "M"}}},
	}})
	w.sync(connection.Products, product)
	variants := w.row(connection.Products, product).State.Children
	require.Len(t, variants, 1)

	w.choose(change)
	c := w.reload(w.c.ID)
	prefix, moved := c.Settings.IDPrefix, c.ConnectedAt().After(c.CreatedAt)
	w.edit(connection.Subscribers, leaves, map[string]any{"consents": []string{}})
	for entity, id := range map[connection.Entity]connection.RecordID{connection.Subscribers: deleted, connection.Products: product} {
		require.NoError(t, w.shop.Delete(string(entity), int64(id)))
		gone := w.record(entity, id)
		gone.GoneSeen = true
		result, err := w.SyncRecord(w.ctx, gone)
		require.NoError(t, err)
		require.Equal(t, connection.Deleted, result.Outcome)
	}
	variant := prefix + product.String() + "-" + strconv.FormatInt(variants[0], 10)
	if c.Settings.RawVariantIDs() {
		variant = strconv.FormatInt(variants[0], 10)
	}
	hold := func() {
		t.Helper()
		for _, id := range []connection.RecordID{leaves, deleted} {
			record, held := w.account.Record("contact", c.Settings.SubscribersIn(), prefix+id.String())
			require.True(t, held)
			assert.Equal(t, "EXPLICITLY_OPTEDOUT", field(t, record.Record, "marketing_optin"))
		}
		for _, id := range []string{prefix + product.String(), variant} {
			record, held := w.account.Record("product", "", id)
			require.True(t, held, id)
			assert.Equal(t, false, field(t, record.Record, "is_active"), id)
		}
	}
	hold()
	for _, entity := range []connection.Entity{connection.Subscribers, connection.Products} {
		result, err := w.SyncSlice(w.ctx, w.slice(entity, "s/1"))
		require.NoError(t, err)
		require.True(t, result.Done)
	}
	hold()
	record, held := w.account.Record("contact", c.Settings.SubscribersIn(), prefix+stays.String())
	require.True(t, held, "the re-sync sends everything again")
	var want any
	if moved && history == connection.HistoryConsentSend {
		want = "EXPLICITLY_OPTEDIN"
	}
	assert.Equal(t, want, field(t, record.Pushes[len(record.Pushes)-1].Record, "marketing_optin"))
}

// field is one of a record, or nil.
func field(t *testing.T, record json.RawMessage, name string) any {
	t.Helper()
	var fields map[string]any
	require.NoError(t, json.Unmarshal(record, &fields))
	return fields[name]
}

// BigCommerce tells of a deletion by the id alone.
func TestSubscriberThatIsDeletedIsOptedOutByID(t *testing.T) {
	w := newWorld(t)
	in := w.create(connection.Subscribers, map[string]any{"consents": []string{"marketing_newsletter"}})
	never := w.create(connection.Subscribers, map[string]any{"consents": []string{}})
	for _, id := range []connection.RecordID{in, never} {
		w.sync(connection.Subscribers, id)
		require.NoError(t, w.shop.Delete("subscribers", int64(id)))
		gone := w.record(connection.Subscribers, id)
		gone.GoneSeen = true
		for range 2 { // twice is once
			result, err := w.SyncRecord(w.ctx, gone)
			require.NoError(t, err)
			assert.Equal(t, connection.Deleted, result.Outcome)
		}
	}
	optin, held := w.optin(in.String())
	assert.True(t, held)
	assert.Equal(t, "EXPLICITLY_OPTEDOUT", optin)
	record, _ := w.account.Record("contact", connection.CollectionSubscribers, in.String())
	assert.Len(t, record.Pushes, 2, "an opt-out is said once")
	optin, _ = w.optin(never.String())
	assert.Empty(t, optin, "who never opted in is not opted out")
	assert.Empty(t, w.account.Errors())
}

// An order that is archived is still answered, and one that is deleted for good
// is not: neither counts as a sale.
func TestOrderThatIsArchivedOrGoneIsInvalid(t *testing.T) {
	w := newWorld(t)
	id := w.create(connection.Orders, map[string]any{"status_id": 10, "status": "Completed"})
	valid := func() *bool {
		record, held := w.account.Record("order", "", id.String())
		require.True(t, held)
		var order struct {
			IsValid *bool `json:"is_valid"`
		}
		require.NoError(t, json.Unmarshal(record.Record, &order))
		return order.IsValid
	}
	w.sync(connection.Orders, id)
	require.Equal(t, true, *valid())
	require.NoError(t, w.shop.Delete("orders", int64(id)))
	w.sync(connection.Orders, id)
	assert.Equal(t, connection.Deleted, w.row(connection.Orders, id).Outcome)
	assert.Equal(t, false, *valid())
	assert.Empty(t, w.account.Errors())
}
