package bigcommerce

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTargetOfExamples(t *testing.T) {
	type want struct {
		kind Kind
		id   int64
	}
	none := want{}
	cases := map[string]want{
		"store_category_updated.json":          {KindCategory, 42},
		"store_customer_address_created.json":  {KindCustomer, 32},
		"store_customer_address_deleted.json":  {KindCustomer, 32},
		"store_customer_address_updated.json":  {KindCustomer, 32},
		"store_customer_created.json":          {KindCustomer, 32},
		"store_customer_deleted.json":          {KindCustomer, 32},
		"store_customer_updated.json":          {KindCustomer, 32},
		"store_information_updated.json":       {KindStore, 0},
		"store_order_archived.json":            {KindOrder, 250},
		"store_order_created.json":             {KindOrder, 250},
		"store_order_refund_created.json":      {KindOrder, 250},
		"store_order_statusUpdated.json":       {KindOrder, 250},
		"store_order_updated.json":             {KindOrder, 250},
		"store_product_created.json":           {KindProduct, 205},
		"store_product_deleted.json":           {KindProduct, 205},
		"store_product_inventory_updated.json": {KindProduct, 167},
		"store_product_updated.json":           {KindProduct, 205},
		"store_shipment_created.json":          {KindOrder, 251},
		"store_sku_created.json":               {KindProduct, 206},
		"store_sku_deleted.json":               {KindProduct, 206},
		"store_sku_updated.json":               {KindProduct, 206},
		"store_subscriber_created.json":        {KindSubscriber, 5},
		"store_subscriber_deleted.json":        {KindSubscriber, 5},
		"store_subscriber_updated.json":        {KindSubscriber, 5},
	}
	files, err := filepath.Glob(filepath.Join(specs(t), "webhooks", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := filepath.Base(file)
		require.Contains(t, cases, name)
		d, err := ParseDelivery(spec(t, "webhooks", name))
		require.NoError(t, err, name)
		require.NotEmpty(t, d.Hash, name)
		require.False(t, d.CreatedAt.IsZero(), name)
		kind, id, ok := Target(d)
		require.Equal(t, cases[name], want{kind, id}, name)
		require.Equal(t, cases[name] != none, ok, name)
	}
}

func TestTargetOfOtherForms(t *testing.T) {
	cases := []struct {
		body string
		kind Kind
		id   int64
	}{
		{`{"scope":"store/order/transaction/created","data":{"type":"order_transaction","id":"9","order_id":"175"}}`, KindOrder, 175},
		{`{"scope":"store/order/message/created","data":{"type":"order","id":356,"message":{"order_message_id":3}}}`, KindOrder, 356},
		{`{"scope":"store/order/transaction/created","data":{"type":"order_transaction","id":9}}`, "", 0},
		{`{"scope":"store/order/metafield/created","data":{"type":"order","id":9}}`, "", 0},
		{`{"scope":"store/order/created","data":{"type":"order","id":"250"}}`, KindOrder, 250},
		{`{"scope":"store/order/created","data":{"type":"order"}}`, "", 0},
		{`{"scope":"store/order/created","data":{"type":"order","id":-1}}`, "", 0},
		{`{"scope":"store/order/created"}`, "", 0},
		{`{"scope":"store/shipment/updated","data":{"type":"shipment","id":12,"orderId":"251"}}`, KindOrder, 251},
		{`{"scope":"store/shipment/updated","data":{"type":"shipment","id":12}}`, "", 0},
		{`{"scope":"store/sku/inventory/updated","data":{"type":"sku","id":461,"inventory":{"product_id":206,"variant_id":5,"method":"absolute","value":3}}}`, KindProduct, 206},
		{`{"scope":"store/sku/updated","data":{"type":"sku","id":461}}`, "", 0},
		{`{"scope":"store/product/inventory/order/updated","data":{"type":"product","id":167,"inventory":{"method":"relative","value":-1}}}`, KindProduct, 167},
		{`{"scope":"store/product/metafield/updated","data":{"type":"product","id":3}}`, "", 0},
		{`{"scope":"store/customer/address/deleted","data":{"type":"customer","id":60}}`, "", 0},
		{`{"scope":"store/customer/payment/instrument/default/updated","data":{"type":"instrument","id":60}}`, "", 0},
		{`{"scope":"store/category/deleted","data":{"type":"category","id":"7"}}`, KindCategory, 7},
		{`{"scope":"store/category/metafield/updated","data":{"type":"category","id":7}}`, "", 0},
		{`{"scope":"store/app/uninstalled","data":{"type":"store"}}`, KindStore, 0},
		{`{"scope":"store/cart/created","data":{"type":"cart","id":"a-b"}}`, "", 0},
		{`{"scope":"other/order/created","data":{"type":"order","id":1}}`, "", 0},
		{`{"scope":"store/","data":{"type":"order","id":1}}`, "", 0},
	}
	for _, tc := range cases {
		d, err := ParseDelivery([]byte(tc.body))
		if tc.kind == "" && err != nil {
			continue // an id that is no number is no delivery of ours
		}
		require.NoError(t, err, tc.body)
		kind, id, ok := Target(d)
		require.Equal(t, tc.kind, kind, tc.body)
		require.Equal(t, tc.id, id, tc.body)
		require.Equal(t, tc.kind != "", ok, tc.body)
	}
}

func TestParseDelivery(t *testing.T) {
	for _, body := range []string{"", "{", "null", "[]", `{}`, `{"scope":""}`, `{"scope":7}`, `"jane@example.com"`, `{"scope":"store/order/created","data":{"id":"jane@example.com"}}`} {
		_, err := ParseDelivery([]byte(body))
		require.ErrorContains(t, err, "parse delivery", body)
		require.NotContains(t, err.Error(), "jane")
	}
	d, err := ParseDelivery([]byte(`{"scope":"store/order/created","store_id":1025646,"data":{"id":1},"producer":"stores/abc123","new":{}}`))
	require.NoError(t, err)
	require.Equal(t, "abc123", d.StoreHash())
	require.EqualValues(t, "1025646", d.StoreID)
	for _, producer := range []string{"", "abc123", "stores/", "stores/a/b", "stores/{store_hash}"} {
		require.Empty(t, Delivery{Producer: producer}.StoreHash(), producer)
	}
}

func TestHookScopes(t *testing.T) {
	scopes := HookScopes()
	slices.Sort(scopes)
	require.Len(t, slices.Compact(scopes), len(HookScopes()), "no scope twice")
	for _, scope := range scopes {
		require.NotContains(t, scope, "*", "a wildcard beside explicit scopes delivers twice")
		for _, noise := range []string{"cart", "message", "metafield", "transaction", "login"} {
			require.NotContains(t, scope, noise)
		}
	}
	for _, scope := range []string{"store/customer/address/updated", "store/order/refund/created", "store/shipment/created", "store/sku/inventory/updated", "store/category/updated", "store/app/uninstalled"} {
		require.Contains(t, scopes, scope)
	}
	HookScopes()[0] = "changed"
	require.NotEqual(t, "changed", HookScopes()[0])
}
