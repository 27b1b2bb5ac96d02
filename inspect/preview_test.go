package inspect

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/store"
)

const jane = "Jane.Doe@example.com"

func object(t *testing.T, raw json.RawMessage) map[string]any {
	t.Helper()
	var o map[string]any
	require.NoError(t, json.Unmarshal(raw, &o), "%s", raw)
	return o
}

func (w *world) customer() connection.RecordKey {
	return w.make(connection.Customers, map[string]any{
		"email": jane, "first_name": "Jane", "last_name": "Doe", "phone": "(212) 555-0123",
		"addresses":   []any{map[string]any{"first_name": "Jane", "country_code": "US", "form_fields": []any{map[string]any{"name": "Gate code", "value": "4711"}}}},
		"form_fields": []any{map[string]any{"name": "Shoe Size", "value": "38"}, map[string]any{"name": "Secret word", "value": "swordfish"}},
	})
}

func TestPreviewOfACustomer(t *testing.T) {
	w := newWorld(t)
	key := w.customer()
	before := w.rows()
	p, err := w.Preview(w.ctx, key)
	require.NoError(t, err)
	assert.Equal(t, connection.Accepted, p.Outcome)
	assert.False(t, p.Gone)
	assert.Nil(t, p.Reason)
	assert.Equal(t, jane, object(t, p.Source)["email"], "the source as it is")
	require.Len(t, p.Records, 1)
	sent := object(t, p.Records[0])
	assert.Equal(t, strings.ToLower(jane), sent["email"])
	assert.Equal(t, "38", sent["properties"].(map[string]any)["shoe_size"])

	made := map[string]PreviewedField{}
	for _, f := range p.Fields {
		made[f.Target] = f
	}
	assert.Equal(t, []string{"first_name"}, made["firstname"].Source)
	assert.Equal(t, []string{"form_fields[Shoe Size].name", "form_fields[Shoe Size].value"}, made["properties.shoe_size"].Source)
	assert.NotEmpty(t, made["phone_number"].Rule)

	shown, err := json.Marshal(p)
	require.NoError(t, err)
	for _, secret := range []string{"swordfish", "4711"} {
		assert.NotContains(t, string(shown), secret, "a password, or an address's field of unknown type")
	}
	assert.Equal(t, before, w.rows(), "nothing is stored")
	assert.Zero(t, w.changes(), "nothing is pushed")
	_, err = w.database.Record(w.ctx, key)
	assert.ErrorIs(t, err, store.ErrNotFound)
}

func TestPreviewOfARefundedOrder(t *testing.T) {
	w := newWorld(t)
	w.make(connection.Products, map[string]any{"name": "Hat", "price": 10}) // for the order's lines
	order := w.order(jane, nil)
	p, err := w.Preview(w.ctx, order)
	require.NoError(t, err)
	assert.NotContains(t, object(t, p.Source), "refund")
	_, _, err = w.shop.Refund(map[string]any{"order_id": int64(order.RecordID)})
	require.NoError(t, err)
	p, err = w.Preview(w.ctx, order)
	require.NoError(t, err)
	assert.Len(t, object(t, p.Source)["refund"], 1)
	assert.EqualValues(t, order.RecordID, object(t, p.Source)["id"])
}

// A name that no sync has met is shown under the key it would get, beside those
// that have theirs for good.
func TestPreviewGivesKeysAway(t *testing.T) {
	w := newWorld(t)
	key := w.customer()
	_, err := w.database.FieldKeys(w.ctx, w.c.ID, connection.Customers, []connection.NewField{
		{FieldID: connection.FieldID{Kind: connection.FormField, Name: "Shoe-size"}, Plain: "shoe_size"},
	}, nil)
	require.NoError(t, err)
	before := w.rows()
	for range 2 {
		p, err := w.Preview(w.ctx, key)
		require.NoError(t, err)
		assert.Equal(t, "38", object(t, p.Records[0])["properties"].(map[string]any)["shoe_size_2"])
	}
	assert.Equal(t, before, w.rows())
}

// A customer that the mapping refuses has no notes to tell passwords by.
func TestPreviewHidesPasswordsOfASkippedCustomer(t *testing.T) {
	w := newWorld(t)
	key := w.make(connection.Customers, map[string]any{
		"email": "nobody", "form_fields": []any{map[string]any{"name": "Secret word", "value": "swordfish"}},
	})
	p, err := w.Preview(w.ctx, key)
	require.NoError(t, err)
	assert.Equal(t, connection.Skipped, p.Outcome)
	assert.Equal(t, connection.ReasonInvalidEmail, p.Reason.Code)
	assert.Empty(t, p.Records)
	assert.NotNil(t, p.Records)
	assert.Contains(t, string(p.Source), "Secret word")
	assert.NotContains(t, string(p.Source), "swordfish")
}

// The consent that was sent before is not sent again, and a variant that has
// vanished is taken out of use: both hang on what the database remembers.
func TestPreviewMapsWithWhatIsRemembered(t *testing.T) {
	w := newWorld(t)
	subscriber := w.make(connection.Subscribers, map[string]any{"email": jane, "consents": []string{"marketing_newsletter"}})
	p, err := w.Preview(w.ctx, subscriber)
	require.NoError(t, err)
	assert.Equal(t, "EXPLICITLY_OPTEDIN", object(t, p.Records[0])["marketing_optin"], "first sight")
	w.remember(subscriber, connection.RecordState{Exists: true, ConsentSeen: connection.ConsentYes, ConsentSent: connection.ConsentYes})
	p, err = w.Preview(w.ctx, subscriber)
	require.NoError(t, err)
	assert.NotContains(t, object(t, p.Records[0]), "marketing_optin")

	product := w.make(connection.Products, map[string]any{"name": "Hat", "price": 10})
	w.remember(product, connection.RecordState{Exists: true, Children: []int64{990001}})
	p, err = w.Preview(w.ctx, product)
	require.NoError(t, err)
	require.Len(t, p.Records, 2)
	gone := object(t, p.Records[1])
	assert.Equal(t, product.RecordID.String()+"-990001", gone["id"])
	assert.Equal(t, false, gone["is_active"])
	assert.Equal(t, 1, p.Fields[len(p.Fields)-1].Record)
}

// A record in a form that nobody documented is rejected, and shown as nothing.
func TestPreviewOfAnUnreadableRecord(t *testing.T) {
	w := newWorld(t)
	_, err := w.shop.Faults().Order(faults.Fault{Path: "/v3/customers\\?", Status: 200, Body: `{"data":[{"id":17,"email":{"address":"jane@example.com"}}],"meta":{}}`})
	require.NoError(t, err)
	p, err := w.Preview(w.ctx, w.key(connection.Customers, 17))
	require.NoError(t, err)
	assert.Equal(t, connection.Rejected, p.Outcome)
	assert.Equal(t, connection.ReasonUnmappable, p.Reason.Code)
	assert.Equal(t, "email", p.Reason.Path)
	assert.JSONEq(t, "null", string(p.Source))
	assert.Empty(t, p.Records)
	c, err := w.Check(w.ctx, w.key(connection.Customers, 17))
	require.NoError(t, err)
	assert.Equal(t, NotSent, c.Verdict)
	assert.Equal(t, p.Reason, c.Reason)
}

func TestPreviewOfAGoneRecord(t *testing.T) {
	w := newWorld(t)
	key := w.make(connection.Products, map[string]any{"name": "Hat", "price": 10})
	require.NoError(t, w.shop.Delete("products", int64(key.RecordID)))
	_, err := w.Preview(w.ctx, key)
	assert.ErrorIs(t, err, store.ErrNotFound, "neither the store nor we know it")

	w.remember(key, connection.RecordState{Exists: true})
	p, err := w.Preview(w.ctx, key)
	require.NoError(t, err)
	assert.True(t, p.Gone)
	assert.Equal(t, connection.Deleted, p.Outcome)
	assert.JSONEq(t, "null", string(p.Source))
	require.Len(t, p.Records, 1)
	assert.Equal(t, false, object(t, p.Records[0])["is_active"])

	_, err = w.Preview(w.ctx, connection.RecordKey{ConnectionID: connection.NewID(), Entity: connection.Orders, RecordID: 1})
	assert.ErrorIs(t, err, store.ErrNotFound)
}

// A person may look at a connection whatever its state.
func TestPreviewWhileHeld(t *testing.T) {
	w := newWorld(t)
	key := w.customer()
	require.NoError(t, w.database.Pause(w.ctx, w.c.ID))
	require.NoError(t, w.database.Park(w.ctx, w.c.ID, connection.Parked{
		Code: connection.OmetriaUnavailable, Since: time.Now(), NextProbeAt: time.Now().Add(time.Hour),
	}))
	require.NoError(t, w.database.Fail(w.ctx, w.c.ID, connection.Failure{Code: connection.FailureGaveUp, At: time.Now()}))
	p, err := w.Preview(w.ctx, key)
	require.NoError(t, err)
	assert.Len(t, p.Records, 1)
}

func TestAccountsThatDoNotAnswer(t *testing.T) {
	look := func(w *world, _ connection.RecordKey) error {
		_, err := w.ByEmail(w.ctx, w.c.ID, jane)
		return err
	}
	preview := func(w *world, key connection.RecordKey) error {
		_, err := w.Preview(w.ctx, key)
		return err
	}
	check := func(w *world, key connection.RecordKey) error {
		_, err := w.Check(w.ctx, key)
		return err
	}
	statuses := func(w *world, _ connection.RecordKey) error {
		_, err := w.OrderStatuses(w.ctx, w.c.AuthenticationID)
		return err
	}
	store := func(w *world) *faults.Injector { return w.shop.Faults() }
	marketing := func(w *world) *faults.Injector { return w.marketing.Faults() }
	quota := map[string]string{"X-Rate-Limit-Time-Window-Ms": "30000", "X-Rate-Limit-Time-Reset-Ms": "12000",
		"X-Rate-Limit-Requests-Quota": "150", "X-Rate-Limit-Requests-Left": "0"}
	echo := `{"status":403,"title":"no access to /customers?email:in=jane.doe%40example.com","errors":{"email:in":"jane.doe@example.com"}}`
	for name, c := range map[string]struct {
		fault  faults.Fault
		at     func(*world) *faults.Injector
		do     func(*world, connection.RecordKey) error
		detail string
	}{
		"store suspended":     {faults.Fault{Status: 503}, store, preview, "the store is unavailable (503)"},
		"store away":          {faults.Fault{Effect: faults.Drop}, store, preview, "BigCommerce could not be reached"},
		"store away at check": {faults.Fault{Status: 502}, store, check, "BigCommerce answered 502"},
		"no scope":            {faults.Fault{Status: 403, Body: echo}, store, look, "lacks Customers: read-only"},
		"no scope for orders": {faults.Fault{Status: 403, Body: echo}, store, statuses, "lacks Orders: read-only"},
		"token revoked":       {faults.Fault{Status: 401, Body: echo}, store, look, "refuses the access token"},
		"gateway repeats":     {faults.Fault{Status: 500, Body: echo}, store, look, "BigCommerce answered 500"},
		"unknown store":       {faults.Fault{Status: 404, Body: "The route is not found, check the URL"}, store, look, "knows no such store"},
		"quota used up":       {faults.Fault{Status: 429, Headers: quota}, store, look, "quota is used up"},
		"ometria away":        {faults.Fault{Status: 503}, marketing, check, "Ometria answered 503"},
		"ometria refuses":     {faults.Fault{Status: 403, Body: echo}, marketing, check, "refuses the API key"},
		"ometria throttles":   {faults.Fault{Status: 429}, marketing, check, "Ometria takes no more calls"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			key := w.customer()
			_, err := c.at(w).Order(c.fault)
			require.NoError(t, err)
			err = c.do(w, key)
			var account *AccountError
			require.ErrorAs(t, err, &account)
			assert.Contains(t, account.Detail, c.detail)
			assert.Equal(t, c.fault.Status == http.StatusTooManyRequests, account.RetryIn > 0)
			for _, text := range []string{err.Error(), account.Detail, w.logs.String()} {
				assert.NotContains(t, strings.ToLower(text), "jane")
			}
		})
	}
}
