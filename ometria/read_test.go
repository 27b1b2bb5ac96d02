package ometria_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/ometria"
)

func TestCheck(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/v2/contacts?limit=1", r.URL.RequestURI())
		io.WriteString(w, `[{"collection":"customers","count":3}]`)
	})
	require.NoError(t, client.Check(t.Context()))
	assert.True(t, ometria.IsCredentials(serve(t, answer(403, "<html>")).Check(t.Context())))
	assert.ErrorContains(t, serve(t, answer(200, "<html>")).Check(t.Context()), "not the documented JSON",
		"another server's front page is no good key")
	assert.Error(t, serve(t, answer(202, "[]")).Check(t.Context()))
}

func TestCollections(t *testing.T) {
	got, err := serve(t, answer(200, `[{"collection":"customers","count":3,"x":1},{"collection":"subscribers"}]`)).Collections(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []ometria.Collection{{Name: "customers", Count: 3}, {Name: "subscribers"}}, got)
}

func TestPushErrors(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/v2/push/_errors", r.URL.Path)
		io.WriteString(w, `[
		 {"request_id":"r1","record_type":"contact","record_id":"7",
		  "record":{"@type":"contact","@collection":"subscribers","id":"7","email":"Ann@Example.com","properties":{"nick":"Annie","tags":["blue shoes"]}},
		  "timestamp":"2026-03-04T05:06:07Z",
		  "message":{"error_message":"Annie of 'bob' (other@mail.test) has 'email' Ann@Example.com and blue shoes","error_path":"email"}},
		 {"request_id":"r2","record_type":"product","record_id":9,"record":null,"timestamp":null,"message":"`+strings.Repeat("x", 400)+`"}]`)
	})
	got, err := client.PushErrors(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 2)
	assert.Equal(t, ometria.PushError{
		RequestID: "r1", RecordType: "contact", RecordID: "7", Collection: "subscribers",
		Timestamp: ometria.NewTime(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)),
		Message:   "[value] of [value] ([value]) has 'email' [value] and [value]", Path: "email",
	}, got[0])
	assert.Equal(t, "9", got[1].RecordID)
	assert.Equal(t, "Ometria refused the record", got[1].Message)
}

func TestReadBack(t *testing.T) {
	paths := map[string]string{
		"/v2/contacts/customers/a%2F7": `{"@type":"contact","id":"a/7","marketing_optin":true,"phone_number":{"number":"+442071234567","country_code":44},"timestamp_acquired":"2018-04-19T09:00:00+00"}`,
		"/v2/orders/1":                 `{"@type":"order","id":"1","grand_total":12.50,"lineitems":[],"is_valid":false}`,
		"/v2/products/2":               `{"@type":"product","id":2}`,
	}
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, ok := paths[r.URL.EscapedPath()]
		if !ok {
			w.WriteHeader(404)
		}
		io.WriteString(w, body)
	})
	raw, contact, err := client.Contact(t.Context(), "customers", "a/7")
	require.NoError(t, err)
	assert.JSONEq(t, paths["/v2/contacts/customers/a%2F7"], string(raw))
	assert.Equal(t, ometria.OptedIn, contact.MarketingOptin)
	assert.Equal(t, ometria.Phone("+442071234567"), contact.PhoneNumber)
	assert.Equal(t, time.Date(2018, 4, 19, 9, 0, 0, 0, time.UTC), contact.TimestampAcquired.Time)

	_, order, err := client.Order(t.Context(), "1")
	require.NoError(t, err)
	assert.True(t, order.GrandTotal.Equal(decimal.RequireFromString("12.5")))
	assert.False(t, *order.IsValid)

	raw, product, err := client.Product(t.Context(), "2")
	assert.NotEmpty(t, raw, "what cannot be typed still comes raw")
	assert.Nil(t, product)
	require.Error(t, err)

	for _, id := range []string{"", ".", ".."} {
		_, _, err = client.Contact(t.Context(), "customers", id)
		assert.ErrorContains(t, err, "not sent", "it would read the whole collection, or something else")
	}
	_, _, err = client.Order(t.Context(), "none")
	assert.True(t, ometria.IsNotFound(err))
}

func TestRecordsAsJSON(t *testing.T) {
	amount := func(s string) *ometria.Amount { return ometria.NewAmount(decimal.RequireFromString(s)) }
	at := ometria.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)))
	for name, c := range map[string]struct {
		record ometria.Record
		want   string
	}{
		"whole order": {&ometria.Order{ID: "1", Timestamp: at, Status: "shipped", IsValid: new(true), GrandTotal: amount("10.5000"),
			Tax: amount("0.00"), Currency: "GBP", LineItems: []ometria.LineItem{}},
			`{"@type":"order","id":"1","timestamp":"2026-01-02T02:04:05Z","status":"shipped","is_valid":true,"grand_total":10.5,"tax":0,"currency":"GBP","lineitems":[]}`},
		"gone order":   {&ometria.Order{ID: "1", Merge: true, IsValid: new(false)}, `{"@type":"order","@merge":true,"id":"1","is_valid":false}`},
		"gone product": {&ometria.Product{ID: "1", Merge: true, IsActive: new(false)}, `{"@type":"product","@merge":true,"id":"1","is_active":false}`},
		"large amount": {&ometria.Product{ID: "1", Price: amount("1e20"), Attributes: []ometria.Attribute{}}, `{"@type":"product","id":"1","price":100000000000000000000,"attributes":[]}`},
		"contact":      {&ometria.Contact{Collection: "c", ID: "1"}, `{"@type":"contact","@collection":"c","id":"1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ometria.Encode(c.record)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
		})
	}
}
