package activities

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// said is what each push of a contact said, oldest first.
func (w *world) said(collection string, id connection.RecordID, fields ...string) []map[string]any {
	w.t.Helper()
	record, ok := w.account.Record("contact", collection, id.String())
	require.True(w.t, ok)
	var all []map[string]any
	for _, push := range record.Pushes {
		var sent map[string]any
		require.NoError(w.t, json.Unmarshal(push.Record, &sent))
		said := map[string]any{}
		for _, field := range fields {
			if value, ok := sent[field]; ok {
				said[field] = value
			}
		}
		all = append(all, said)
	}
	return all
}

func (w *world) sync(entity connection.Entity, id connection.RecordID) {
	w.t.Helper()
	_, err := w.SyncRecord(w.ctx, w.record(entity, id))
	require.NoError(w.t, err)
}

func (w *world) edit(entity connection.Entity, id connection.RecordID, fields map[string]any) {
	w.t.Helper()
	_, err := w.shop.Update(string(entity), int64(id), fields)
	require.NoError(w.t, err)
	w.sync(entity, id)
}

// The consents of mapping's own walks, over a real database: what one push said
// is remembered for the next.
func TestConsentIsRememberedBetweenPushes(t *testing.T) {
	type fields = map[string]any
	newsletter, nothing := []string{"marketing_newsletter"}, []string{}
	in, out, silent := fields{"marketing_optin": "EXPLICITLY_OPTEDIN"}, fields{"marketing_optin": "EXPLICITLY_OPTEDOUT"}, fields{}
	for _, c := range []struct {
		settings connection.Settings
		first    fields
	}{
		{connection.Settings{HistoryConsent: connection.HistoryConsentSend}, in},
		{connection.Settings{HistoryConsent: connection.HistoryConsentOmit}, silent},
		{connection.Settings{}, in}, // the account was empty
	} {
		t.Run("history_consent="+c.settings.HistoryConsent, func(t *testing.T) {
			w := newWorld(t, func(o *worldOptions) { o.settings, o.marketing.History = c.settings, true })
			id := w.create(connection.Subscribers, fields{"email": "Ann@Example.com", "consents": newsletter, "date_created": "2020-01-02T03:04:05Z"})
			w.sync(connection.Subscribers, id)
			w.edit(connection.Subscribers, id, fields{"first_name": "Ann"})
			w.edit(connection.Subscribers, id, fields{"consents": nothing})
			w.sync(connection.Subscribers, id)

			w.rejectLaterRule("contact", "subscribers", id.String(), 1)
			w.edit(connection.Subscribers, id, fields{"consents": newsletter})
			assert.True(t, w.poll())
			assert.Equal(t, connection.Rejected, w.row(connection.Subscribers, id).Outcome)
			w.sync(connection.Subscribers, id)
			w.edit(connection.Subscribers, id, fields{"last_name": "Lee"})

			require.NoError(t, w.shop.Delete("subscribers", int64(id)))
			seen := w.record(connection.Subscribers, id)
			seen.GoneSeen = true
			for range 2 {
				_, err := w.SyncRecord(w.ctx, seen)
				require.NoError(t, err)
			}
			// One push of the opt-in was refused, and the next said it again.
			got := w.said("subscribers", id, "marketing_optin", "@force_optin")
			assert.Equal(t, []fields{c.first, silent, out, silent, in, silent, out}, got)
			assert.Equal(t, connection.Deleted, w.row(connection.Subscribers, id).Outcome)

			again := w.create(connection.Subscribers, fields{"email": "ann@example.com", "consents": newsletter, "date_created": "2099-01-02T03:04:05Z"})
			require.NotEqual(t, id, again)
			w.sync(connection.Subscribers, again)
			times := w.said("subscribers", again, "marketing_optin", "timestamp_subscribed")
			require.Len(t, times, 1)
			assert.Equal(t, fields{"marketing_optin": in["marketing_optin"], "timestamp_subscribed": "2099-01-02T03:04:05Z"}, times[0], "a new row is a new opt-in")
		})
	}
}

// A customer and a subscriber with one address are two contacts, whichever
// comes first, which Ometria joins by the address; only the subscriber's speaks
// of consent.
func TestOnePersonInTwoCollections(t *testing.T) {
	for _, order := range [][]connection.Entity{
		{connection.Customers, connection.Subscribers}, {connection.Subscribers, connection.Customers},
	} {
		w := newWorld(t, func(o *worldOptions) { o.marketing.History = true })
		ids := map[connection.Entity]connection.RecordID{
			connection.Customers:   w.create(connection.Customers, map[string]any{"email": "Ann@Example.com"}),
			connection.Subscribers: w.create(connection.Subscribers, map[string]any{"email": "ann@example.COM", "consents": []string{"marketing_newsletter"}}),
		}
		for _, entity := range order {
			w.sync(entity, ids[entity])
		}
		customer := w.said("customers", ids[connection.Customers], "email", "customer_id", "marketing_optin")
		subscriber := w.said("subscribers", ids[connection.Subscribers], "email", "customer_id", "marketing_optin")
		assert.Equal(t, []map[string]any{{"email": "ann@example.com", "customer_id": ids[connection.Customers].String()}}, customer)
		assert.Equal(t, []map[string]any{{"email": "ann@example.com", "marketing_optin": "EXPLICITLY_OPTEDIN"}}, subscriber)
	}
}

// A password field that a merchant adds is known for one before the first
// password in it goes anywhere, however lately the others were asked about.
func TestPasswordFieldIsNeverSent(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.marketing.History = true })
	type fields = map[string]any
	form := func(name string, value any) []fields { return []fields{{"name": name, "value": value}} }
	first := w.create(connection.Customers, fields{"email": "a@example.com", "form_fields": form("Shoe size", 38)})
	w.sync(connection.Customers, first)
	second := w.create(connection.Customers, fields{"email": "b@example.com", "form_fields": append(form("Shoe size", 39), form("Secret word", "hunter2")...)})
	w.sync(connection.Customers, second)
	w.sync(connection.Customers, second)
	for i, push := range w.said("customers", second, "properties") {
		properties, _ := push["properties"].(fields)
		assert.Equal(t, 39.0, properties["shoe_size"], "push "+strconv.Itoa(i))
		assert.NotContains(t, properties, "secret_word")
	}
	asked := 0
	for _, request := range w.requested() {
		if request == "GET /stores/"+string(w.c.StoreHash)+"/v3/customers/form-field-values?limit=250&field_type=password" {
			asked++
		}
	}
	assert.Equal(t, 2, asked, "once for each new field")
}
