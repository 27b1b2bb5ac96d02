package ometria_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim/ometriatest"
)

// TestPushedRecordsReadBackEqual pushes a record of each type with every field
// that this client knows, which the stand-in holds to the published schemas,
// and reads each back.
func TestPushedRecordsReadBackEqual(t *testing.T) {
	options := ometriasim.DefaultOptions()
	options.Keys = map[string]string{key: "demo"}
	options.PushesPerSecond, options.ReadsPerSecond = 0, 0
	server := httptest.NewServer(ometriatest.New(t, options))
	t.Cleanup(server.Close)
	client, err := ometria.New(ometria.Config{BaseURL: server.URL, APIKey: key})
	require.NoError(t, err)

	amount := func(s string) *ometria.Amount { return ometria.NewAmount(decimal.RequireFromString(s)) }
	at := ometria.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	size := ometria.Attribute{Type: "size", ID: "m", Label: "M"}
	// What is read back is as it was pushed but for @merge, which is an order
	// to Ometria and no field.
	contact := &ometria.Contact{
		Collection: "eu/customers", ID: "7", CustomerID: "7", Email: "ann@example.com", MarketingOptin: ometria.OptedIn,
		ForceOptin: true, FirstName: "Ann", LastName: "Lee", PhoneNumber: "+442071234567", CountryID: "GB",
		TimestampAcquired: at, TimestampSubscribed: at, TimestampUnsubscribed: at, StoreIDs: []string{"shop.example.com"},
		Properties: ometria.Properties{"fancy_hats": "2"},
	}
	order := &ometria.Order{
		ID: "eu-100", Timestamp: at, Status: "shipped", IsValid: new(true), GrandTotal: amount("20.5"), Subtotal: amount("15"),
		Discount: amount("1.5"), Shipping: amount("3"), Tax: amount("2.5"), Currency: "GBP", WebID: "100",
		Customer: &ometria.Customer{ID: "7", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"},
		LineItems: []ometria.LineItem{{
			ProductID: "77", VariantID: "77-1", VariantOptions: []ometria.Attribute{size}, SKU: "HAT", Quantity: 2,
			UnitPrice: amount("7.5"), Subtotal: amount("15"), Discount: amount("1.5"), Tax: amount("2.5"), Total: amount("16"),
			Refunded: amount("8"), QuantityRefunded: 1, Properties: ometria.Properties{"engraving": "A"},
		}},
		ShippingAddress: &ometria.Address{City: "London", State: "Greater London", Postcode: "N1", CountryCode: "GB"},
		BillingAddress:  &ometria.Address{City: "Leeds", CountryCode: "GB"},
		CouponCode:      "TEN", Store: "shop.example.com", Channel: "online", PaymentMethod: "card", ShippingMethod: "post",
		IPAddress: "192.0.2.1", Properties: ometria.Properties{"gift": "yes"},
	}
	product := &ometria.Product{
		ID: "77", Title: "Hat", SKU: "HAT", Price: amount("7.5"), SpecialPrice: amount("5"), URL: "https://shop.example.com/hat/",
		ImageURL: "https://shop.example.com/hat.png", IsActive: new(true), IsInStock: new(true), IsVariant: new(false),
		Attributes: []ometria.Attribute{size}, Properties: ometria.Properties{"wool": "yes"},
		Listings: []ometria.Listing{{Store: "shop.example.com", Currency: "GBP", Title: "Hat", Price: amount("7.5"),
			SpecialPrice: amount("5"), IsActive: new(true), URL: "https://shop.example.com/hat/"}},
	}
	for _, record := range []ometria.Record{contact, order, product} {
		said, err := client.Push(t.Context(), []ometria.Record{record})
		require.NoError(t, err)
		assert.Equal(t, 1, said.Accepted)
		assert.NotEmpty(t, said.RequestID)
	}

	raw, readContact, err := client.Contact(t.Context(), "eu/customers", "7")
	require.NoError(t, err)
	assert.Equal(t, contact, readContact)
	sameRecord(t, contact, raw)
	raw, readOrder, err := client.Order(t.Context(), "eu-100")
	require.NoError(t, err)
	sameRecord(t, order, raw)
	sameRecord(t, readOrder, raw)
	raw, readProduct, err := client.Product(t.Context(), "77")
	require.NoError(t, err)
	sameRecord(t, product, raw)
	sameRecord(t, readProduct, raw)

	_, _, err = client.Order(t.Context(), "eu-101")
	assert.True(t, ometria.IsNotFound(err))
	_, _, err = client.Contact(t.Context(), "customers", "7")
	assert.True(t, ometria.IsNotFound(err), "a contact is looked for in its own collection")
}

func sameRecord(t *testing.T, want ometria.Record, raw json.RawMessage) {
	t.Helper()
	encoded, err := ometria.Encode(want)
	require.NoError(t, err)
	assert.JSONEq(t, string(encoded), string(raw))
}
