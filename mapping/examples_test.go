package mapping_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// example reads a body of BigCommerce's documentation: bare in v2, under data
// in v3, a list or one.
func example[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(specs(t), "bigcommerce", "examples", name))
	require.NoError(t, err)
	var wrapped struct{ Data json.RawMessage }
	if json.Unmarshal(data, &wrapped) == nil && wrapped.Data != nil {
		data = wrapped.Data
	}
	var list []T
	if json.Unmarshal(data, &list) == nil {
		return list
	}
	var one T
	require.NoError(t, json.Unmarshal(data, &one), name)
	return []T{one}
}

func TestExamplesOfTheDocumentation(t *testing.T) {
	american := shop(func(c *mapping.Context) { c.Store.Currency, c.Store.Country = "USD", "US" })
	mapped := func(r mapping.Result) {
		t.Helper()
		valid(t, r.Records)
		assert.True(t, len(r.Records) > 0 || r.Skip != nil || r.Reject != nil)
	}
	refunds := example[bigcommerce.Refund](t, "v3_refund.json")
	for _, c := range example[bigcommerce.Customer](t, "v3_customers.json") {
		mapped(mapping.Customer(c, american, connection.RecordState{}))
	}
	for _, s := range example[bigcommerce.Subscriber](t, "v3_subscribers.json") {
		mapped(mapping.Subscriber(s, american, connection.RecordState{}))
	}
	for _, p := range example[bigcommerce.Product](t, "v3_products_full.json") {
		mapped(mapping.Product(p, american, connection.RecordState{Children: []int64{1}}))
	}
	for _, file := range []string{"v2_orders.json", "v2_orders_with_consignments_line_items.json"} {
		for _, o := range example[bigcommerce.Order](t, file) {
			for _, ctx := range []mapping.Context{american, shop()} {
				mapped(mapping.Order(o, refunds, ctx, connection.RecordState{}))
			}
		}
	}
	bought := order(func(o *bigcommerce.Order) {
		o.FetchedLines = example[bigcommerce.LineItem](t, "v2_order_products.json")
	})
	got := only[*ometria.Order](t, mapping.Order(bought, nil, shop(), connection.RecordState{}))
	require.NotEmpty(t, got.LineItems)
	assert.Equal(t, []ometria.Attribute{
		{Type: "color", ID: "orange", Label: "Orange"},
		{Type: "picklist", ID: "able_brewing_system", Label: "Able Brewing System"},
		{Type: "size", ID: "s", Label: "S"},
	}, got.LineItems[0].VariantOptions, "neither the text field nor the check box")
}
