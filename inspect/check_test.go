package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

func (w *world) check(key connection.RecordKey) RecordCheck {
	w.t.Helper()
	c, err := w.Check(w.ctx, key)
	require.NoError(w.t, err)
	return c
}

func TestCheckWalksThroughTheVerdicts(t *testing.T) {
	w := newWorld(t)
	key := w.customer()
	c := w.check(key)
	assert.Equal(t, Missing, c.Verdict)
	assert.Equal(t, []CheckedRecord{{Type: "contact", ID: key.RecordID.String(), Collection: "customers", Verdict: Missing, Differs: []string{}}}, c.Records)
	assert.False(t, c.CheckedAt.IsZero())

	p, err := w.Preview(w.ctx, key)
	require.NoError(t, err)
	w.push(p.Records)
	c = w.check(key)
	assert.Equal(t, Same, c.Verdict, "%+v", c.Records)

	_, err = w.shop.Update("customers", int64(key.RecordID), map[string]any{"first_name": "Joan", "email": "joan@example.com"})
	require.NoError(t, err)
	c = w.check(key)
	assert.Equal(t, Differs, c.Verdict)
	assert.Equal(t, []string{"email", "firstname"}, c.Records[0].Differs)
	said, err := json.Marshal(c)
	require.NoError(t, err)
	for _, value := range []string{"Joan", "Jane", "joan@example.com", jane} {
		assert.NotContains(t, string(said), value, "the verdict only")
	}

	require.NoError(t, w.shop.Delete("customers", int64(key.RecordID)))
	w.remember(key, connection.RecordState{Exists: true})
	c = w.check(key)
	assert.Equal(t, Gone, c.Verdict)
	assert.Empty(t, c.Records, "nothing is sent for a customer that is gone")

	skipped := w.make(connection.Customers, map[string]any{"email": "nobody"})
	c = w.check(skipped)
	assert.Equal(t, NotSent, c.Verdict)
	assert.Equal(t, connection.ReasonInvalidEmail, c.Reason.Code)
}

// What was pushed compares equal, in a store with some of everything, and
// something says of each field what makes it.
func TestWhatWasPushedIsTheSame(t *testing.T) {
	w := newWorld(t, func(o *bigcommercesim.Options) {
		o.Customers, o.Subscribers, o.Products, o.Orders = 15, 15, 12, 25
	})
	for _, entity := range connection.Entities() {
		ids, err := w.shop.IDs(string(entity), 0, 1000)
		require.NoError(t, err)
		same := 0
		for _, id := range ids {
			key := w.key(entity, id)
			p, err := w.Preview(w.ctx, key)
			require.NoError(t, err)
			for _, f := range p.Fields {
				assert.NotEmpty(t, f.Rule, "%s: %s", entity, f.Target)
			}
			if p.Outcome == connection.Skipped {
				assert.Equal(t, NotSent, w.check(key).Verdict)
				continue
			}
			w.push(p.Records)
			if c := w.check(key); assert.Equal(t, Same, c.Verdict, "%s %d: %+v", entity, id, c.Records) {
				same++
			}
		}
		assert.Greater(t, same, 8, entity)
	}
}

// A consent that was sent before is left out now, and is no difference.
func TestCheckLeavesOutConsent(t *testing.T) {
	w := newWorld(t)
	key := w.make(connection.Subscribers, map[string]any{"email": jane, "consents": []string{"marketing_newsletter"}})
	p, err := w.Preview(w.ctx, key)
	require.NoError(t, err)
	sent := object(t, p.Records[0])
	sent["marketing_optin"] = "EXPLICITLY_OPTEDOUT" // the person left at Ometria
	changed, err := json.Marshal(sent)
	require.NoError(t, err)
	w.push([]json.RawMessage{changed})
	assert.Equal(t, Differs, w.check(key).Verdict)
	w.remember(key, connection.RecordState{Exists: true, ConsentSeen: connection.ConsentYes, ConsentSent: connection.ConsentYes})
	assert.Equal(t, Same, w.check(key).Verdict)
}

// What Ometria gives back need not be of the types that we send.
func TestCheckReadsOtherForms(t *testing.T) {
	w := newWorld(t)
	w.make(connection.Products, map[string]any{"name": "Hat", "price": 10}) // for the order's lines
	key := w.order(jane, nil)
	p, err := w.Preview(w.ctx, key)
	require.NoError(t, err)
	answer := func(held map[string]any) {
		body, err := json.Marshal(held)
		require.NoError(t, err)
		w.marketing.Faults().Clear()
		_, err = w.marketing.Faults().Order(faults.Fault{Method: "GET", Path: "/orders/", Status: 200, Body: string(body)})
		require.NoError(t, err)
	}
	held := object(t, p.Records[0])
	held["is_valid"], held["grand_total"] = "true", fmt.Sprintf("%.4f", held["grand_total"])
	line := held["lineitems"].([]any)[0].(map[string]any)
	line["quantity"] = fmt.Sprint(line["quantity"])
	answer(held)
	assert.Equal(t, Same, w.check(key).Verdict, "%+v", w.check(key).Records)
	line["quantity"] = "99"
	answer(held)
	assert.Equal(t, []string{"lineitems[0].quantity"}, w.check(key).Records[0].Differs)
	w.marketing.Faults().Clear()
	_, err = w.marketing.Faults().Order(faults.Fault{Method: "GET", Path: "/orders/", Status: 200, Body: "<html>"})
	require.NoError(t, err)
	_, err = w.Check(w.ctx, key)
	var account *AccountError
	require.ErrorAs(t, err, &account)
	assert.Equal(t, "Ometria", account.Account)
}

func TestCheckIsBounded(t *testing.T) {
	w := newWorld(t)
	key := w.make(connection.Products, map[string]any{"name": "Hat", "price": 10})
	gone := make([]int64, 120)
	for i := range gone {
		gone[i] = int64(990_000 + i)
	}
	w.remember(key, connection.RecordState{Exists: true, Children: gone})
	taken := 0
	open := w.open
	w.open = func(ctx context.Context, id connection.AuthenticationID, account string) (accounts, error) {
		a, err := open(ctx, id, account)
		assert.Equal(t, w.c.IdentificationCode, account, "the budget is the account's")
		a.takeRead = func(context.Context) error {
			taken++
			return nil
		}
		return a, err
	}
	c := w.check(key)
	assert.Len(t, c.Records, 100)
	assert.Equal(t, 21, c.Unchecked)
	assert.Equal(t, 100, taken, "each read takes of the budget")

	w.open = func(ctx context.Context, id connection.AuthenticationID, account string) (accounts, error) {
		a, err := open(ctx, id, account)
		a.takeRead = func(context.Context) error { return &pacing.WaitError{RetryIn: 40 * time.Second} }
		return a, err
	}
	_, err := w.Check(w.ctx, key)
	var spent *AccountError
	require.ErrorAs(t, err, &spent)
	assert.Equal(t, 40*time.Second, spent.RetryIn)
	assert.Contains(t, spent.Detail, "try again in 40s")
}

func TestDifferences(t *testing.T) {
	for name, c := range map[string]struct {
		sent, held string
		want       []string
	}{
		"equal":                   {`{"id":"1"}`, `{"id":"1"}`, nil},
		"further fields held":     {`{"id":"1","listings":[{"title":"Hat"}]}`, `{"id":"1","score":9,"listings":[{"title":"Hat","x":1}]}`, nil},
		"how it was sent":         {`{"@type":"order","@merge":true,"id":"1"}`, `{"id":"1"}`, nil},
		"number as string":        {`{"price":10.5,"quantity":2}`, `{"price":"10.5000","quantity":"2"}`, nil},
		"string as number":        {`{"properties":{"size":"38"}}`, `{"properties":{"size":38}}`, nil},
		"number differs":          {`{"price":10.5}`, `{"price":"10.51"}`, []string{"price"}},
		"number lost":             {`{"price":0}`, `{}`, []string{"price"}},
		"number became text":      {`{"price":10.5}`, `{"price":"ten"}`, []string{"price"}},
		"boolean as string":       {`{"is_active":false}`, `{"is_active":"false"}`, nil},
		"boolean as number":       {`{"is_active":true}`, `{"is_active":1}`, nil},
		"boolean differs":         {`{"is_active":false}`, `{"is_active":true}`, []string{"is_active"}},
		"boolean lost":            {`{"is_active":false}`, `{}`, []string{"is_active"}},
		"zone form":               {`{"timestamp":"2026-03-01T10:00:00Z"}`, `{"timestamp":"2026-03-01T11:00:00.000+0100"}`, nil},
		"no zone":                 {`{"timestamp":"2026-03-01T10:00:00Z"}`, `{"timestamp":"2026-03-01T10:00:00"}`, nil},
		"another moment":          {`{"timestamp":"2026-03-01T10:00:00Z"}`, `{"timestamp":"2026-03-01T10:00:01Z"}`, []string{"timestamp"}},
		"no moment":               {`{"timestamp":"2026-03-01T10:00:00Z"}`, `{"timestamp":"yesterday"}`, []string{"timestamp"}},
		"email's case":            {`{"email":"jane@example.com"}`, `{"email":"Jane@Example.com "}`, nil},
		"another email":           {`{"customer":{"email":"jane@example.com"}}`, `{"customer":{"email":"joan@example.com"}}`, []string{"customer.email"}},
		"phone as object":         {`{"phone_number":"+447700900123"}`, `{"phone_number":{"number":"07700 900123","country_code":"GB"}}`, nil},
		"phone by calling code":   {`{"phone_number":"+447700900123"}`, `{"phone_number":{"number":"7700900123","country_code":"44"}}`, nil},
		"phone as number":         {`{"phone_number":"+447700900123"}`, `{"phone_number":447700900123}`, nil},
		"another phone":           {`{"phone_number":"+447700900123"}`, `{"phone_number":{"number":"+447700900124"}}`, []string{"phone_number"}},
		"no phone":                {`{"phone_number":"+447700900123"}`, `{"phone_number":{}}`, []string{"phone_number"}},
		"opt-in as boolean":       {`{"marketing_optin":"EXPLICITLY_OPTEDIN"}`, `{"marketing_optin":true}`, nil},
		"opted out":               {`{"marketing_optin":"EXPLICITLY_OPTEDIN"}`, `{"marketing_optin":"EXPLICITLY_OPTEDOUT"}`, []string{"marketing_optin"}},
		"opt-in not sent":         {`{"id":"1"}`, `{"id":"1","marketing_optin":"EXPLICITLY_OPTEDOUT"}`, nil},
		"attributes turned round": {`{"attributes":[{"type":"size","id":"m"},{"type":"size","id":"l"}]}`, `{"attributes":[{"type":"size","id":"l"},{"type":"size","id":"m"}]}`, nil},
		"attribute too many":      {`{"attributes":[{"type":"size","id":"m"}]}`, `{"attributes":[{"type":"size","id":"l"},{"type":"size","id":"m"}]}`, []string{"attributes"}},
		"attributes kept":         {`{"attributes":[]}`, `{"attributes":[{"type":"size","id":"m"}]}`, []string{"attributes"}},
		"nothing is nothing":      {`{"attributes":[],"properties":{}}`, `{"properties":null}`, nil},
		"one line differs": {`{"lineitems":[{"sku":"a","total":1},{"sku":"b","total":2}]}`,
			`{"lineitems":[{"sku":"b","total":3},{"sku":"a","total":"1.0"}]}`, []string{"lineitems[1].total"}},
		"whole object lost": {`{"billing_address":{"city":"York"}}`, `{}`, []string{"billing_address"}},
		"not an object":     {`{"id":"1"}`, `[]`, []string{"(whole)"}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want == nil {
				c.want = []string{}
			}
			assert.Equal(t, c.want, differences(json.RawMessage(c.sent), json.RawMessage(c.held)))
		})
	}
}
