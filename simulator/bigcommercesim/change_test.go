package bigcommercesim_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

func admin(t *testing.T, s *bigcommercesim.Server, method, path, body string, status int) object {
	t.Helper()
	w := send(s, method, "/_simulator"+path, body)
	require.Equal(t, status, w.Code, "%s %s: %s", method, path, w.Body)
	var v object
	if w.Body.Len() > 0 && w.Body.Bytes()[0] == '{' {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
	}
	return v
}

func TestChangesShowInTheAPI(t *testing.T) {
	now := startOfTests
	s := store(t, func(o *bigcommercesim.Options) { o.Now = func() time.Time { return now } })
	now = now.Add(time.Minute)
	for entity, c := range map[string]struct{ create, patch, list, field string }{
		"customers":   {`{"email":"ada@example.com"}`, `{"first_name":"Ada"}`, "/v3/customers?id:in=%d", "first_name"},
		"subscribers": {`{"email":"ada@example.com"}`, `{"first_name":"Ada"}`, "/v3/customers/subscribers?id:in=%d", "first_name"},
		"products":    {`{"name":"Fez"}`, `{"name":"Red fez"}`, "/v3/catalog/products?id:in=%d", "name"},
		"brands":      {`{"name":"Acme"}`, `{"name":"Acme Ltd"}`, "/v3/catalog/brands?id:in=%d", "name"},
		"categories":  {`{"name":"New"}`, `{"name":"Newer"}`, "/v3/catalog/trees/categories?category_id:in=%d", "name"},
	} {
		made := admin(t, s, "POST", "/"+entity, c.create, 201)
		key := "id"
		if entity == "categories" {
			key = "category_id"
		}
		id := int(made[key].(float64))
		list := fmt.Sprintf(c.list, id)
		require.Len(t, get[page](t, s, list).Data, 1, entity)
		one := fmt.Sprintf("/%s/%d", entity, id)
		admin(t, s, "PATCH", one, c.patch, 200)
		var want object
		require.NoError(t, json.Unmarshal([]byte(c.patch), &want))
		got := get[page](t, s, list).Data[0]
		require.Equal(t, want[c.field], got[c.field])
		if modified, ok := got["date_modified"].(string); ok {
			require.Contains(t, modified, "2026-05-14T09:35:00", entity)
			require.Contains(t, got["date_created"], "2026-05-14T09:35:00", entity)
		}
		require.NotNil(t, admin(t, s, "GET", one, "", 200))
		admin(t, s, "DELETE", one, "", 204)
		admin(t, s, "DELETE", one, "", 404)
		admin(t, s, "GET", one, "", 404)
		admin(t, s, "PATCH", one, c.patch, 404)
		require.Empty(t, get[page](t, s, list).Data)
	}
	for path, body := range map[string]string{
		"/customers":  `{"emial":"a"}`,
		"/orders":     `{"status_id":15}`,
		"/refunds":    `{"order_id":1}`,
		"/products":   `{"id":5}`,
		"/variants":   `{"product_id":77}`,
		"/categories": `[1]`,
	} {
		admin(t, s, "POST", path, body, 422)
	}
	admin(t, s, "POST", "/baskets", `{}`, 404)
	require.Contains(t, admin(t, s, "GET", "/", "", 200), "PATCH /_simulator/store")
	require.JSONEq(t, `[4,5]`, send(s, "GET", "/_simulator/customers?after=3&limit=2", "").Body.String())
	require.Equal(t, 60, s.State().Counts["customers"])
}

func TestOrderChanges(t *testing.T) {
	s := store(t, nil)
	made := admin(t, s, "POST", "/orders", `{"customer_id":0,"billing_address":{"email":"guest@example.com"}}`, 201)
	id := int(made["id"].(float64))
	require.Equal(t, 400, id)
	o := get[object](t, s, "/v2/orders/400")
	require.Equal(t, []any{11.0, "Awaiting Fulfillment", "Ready to pick", "guest@example.com"},
		[]any{o["status_id"], o["status"], o["custom_status"], o["billing_address"].(object)["email"]})
	require.Equal(t, "Thu, 14 May 2026 09:34:00 +0000", o["date_created"])
	require.NotEmpty(t, o["billing_address"].(object)["city"], "what is not given stays")

	admin(t, s, "PATCH", "/orders/400", `{"consignments":{"shipping":[{"cost_ex_tax":5,"cost_inc_tax":6,"line_items":[{"product_id":80,"name":"Hat","base_price":"10","quantity":3}]}],"pickups":[],"downloads":[],"email":{"gift_certificates":[]}},"discount_amount":"1.0000","coupon_discount":"0.0000"}`, 200)
	o = get[object](t, s, "/v2/orders/400?include=consignments.line_items&consignment_structure=object")
	require.Equal(t, []any{"30.0000", "32.4900", "37.4900", 3.0}, []any{o["subtotal_ex_tax"], o["subtotal_inc_tax"], o["total_inc_tax"], o["items_total"]})
	line := get[[]object](t, s, "/v2/orders/400/products")[0]

	admin(t, s, "POST", "/refunds", fmt.Sprintf(`{"order_id":400,"items":[{"item_type":"PRODUCT","item_id":%.0f,"quantity":1}]}`, line["id"]), 201)
	o = get[object](t, s, "/v2/orders/400")
	require.Equal(t, []any{14.0, "partially refunded", "0.0000"}, []any{o["status_id"], o["payment_status"], o["refunded_amount"]})
	line = get[[]object](t, s, "/v2/orders/400/products")[0]
	require.Equal(t, []any{1.0, false}, []any{line["quantity_refunded"], line["is_refunded"]})
	admin(t, s, "POST", "/refunds", `{"order_id":400}`, 201)
	refunds := get[page](t, s, "/v3/orders/payment_actions/refunds?order_id:in=400").Data
	require.Len(t, refunds, 2)
	require.Equal(t, []any{10.83, 21.66}, []any{refunds[0]["total_amount"], refunds[1]["total_amount"]})
	require.Equal(t, 4.0, get[object](t, s, "/v2/orders/400")["status_id"])
	admin(t, s, "POST", "/refunds", fmt.Sprintf(`{"order_id":400,"items":[{"item_type":"PRODUCT","item_id":%.0f,"quantity":1}]}`, line["id"]), 422)

	admin(t, s, "DELETE", "/orders/400", "", 204)
	require.Equal(t, 204, call(s, "GET", "/v2/orders?min_id=400", "").Code, "lists leave archived orders out")
	require.Equal(t, true, get[object](t, s, "/v2/orders/400")["is_deleted"])
	gone := store(t, func(o *bigcommercesim.Options) { o.ArchivedGone = true })
	require.NoError(t, gone.Delete("orders", 100))
	require.Equal(t, 404, call(gone, "GET", "/v2/orders/100", "").Code)
	require.NoError(t, gone.ChangeSettings(bigcommercesim.Settings{CustomStatusLabels: map[int]string{0: "Half done"}}))
	require.Contains(t, call(gone, "GET", "/v2/order_statuses/0", "").Body.String(), "Half done")
}

func TestVariantChanges(t *testing.T) {
	s := store(t, nil)
	_, optioned := products(t, s)
	path := fmt.Sprintf("/v3/catalog/products/%d/variants?limit=250", optioned)
	before := get[page](t, s, path).Data
	first := before[0]
	raw, err := json.Marshal(first["option_values"])
	require.NoError(t, err)
	made := admin(t, s, "POST", "/variants", fmt.Sprintf(`{"product_id":%d,"sku":"NEW","option_values":%s}`, optioned, raw), 201)
	after := get[page](t, s, path).Data
	require.Len(t, after, len(before)+1)
	require.Equal(t, made["id"], after[len(before)]["id"])
	admin(t, s, "PATCH", fmt.Sprintf("/variants/%.0f", first["id"]), `{"price":3.5}`, 200)
	require.Equal(t, []any{3.5, 3.5}, []any{get[page](t, s, path).Data[0]["price"], get[page](t, s, path).Data[0]["calculated_price"]})
	admin(t, s, "DELETE", fmt.Sprintf("/variants/%.0f", made["id"]), "", 204)
	require.Len(t, get[page](t, s, path).Data, len(before))

	for range 12 { // new products, with options and without, take new variant ids
		p := admin(t, s, "POST", "/products", `{}`, 201)
		for _, v := range p["variants"].([]any) {
			require.Greater(t, v.(object)["id"].(float64), made["id"].(float64))
		}
	}
	all := map[float64]bool{}
	total := get[page](t, s, "/v3/catalog/variants?limit=1").Meta.Pagination.Total
	for n := 1; len(all) < total; n++ {
		list := get[page](t, s, fmt.Sprintf("/v3/catalog/variants?limit=250&page=%d", n)).Data
		require.NotEmpty(t, list)
		for _, v := range list {
			require.False(t, all[v["id"].(float64)])
			all[v["id"].(float64)] = true
		}
	}
}

func TestRestartKeepsTheStore(t *testing.T) {
	dir, now := t.TempDir(), startOfTests
	persist := func(o *bigcommercesim.Options) {
		o.Dir = dir
		o.Now = func() time.Time { return now }
	}
	s := store(t, persist)
	down := httptest.NewServer(nil)
	down.Close() // nobody answers there yet
	w := call(s, "POST", "/v3/hooks", fmt.Sprintf(listen, "store/customer/updated", down.URL))
	require.Equal(t, 200, w.Code)
	hook := dataOf(t, w.Body.Bytes())["id"].(float64)
	require.Equal(t, 200, call(s, "POST", "/v3/content/scripts", fmt.Sprintf(tag, 1)).Code)
	_, err := s.Update("customers", 3, object{"first_name": "Ada"})
	require.NoError(t, err)
	require.NoError(t, s.Delete("customers", 4))
	_, _, err = s.Create("products", object{"name": "Fez"})
	require.NoError(t, err)
	_, _, err = s.Refund(object{"order_id": 111})
	require.NoError(t, err)
	require.NoError(t, s.Delete("orders", 112))
	require.NoError(t, s.SetScopes(bigcommercesim.MinimumScopes()))
	require.NoError(t, s.ChangeSettings(bigcommercesim.Settings{Domain: new("new.example.com"), Currencies: []string{"GBP"}}))
	paths := []string{
		"/v3/customers?limit=250&include=addresses,formfields,attributes,storecredit", "/v3/catalog/products?limit=250&include=variants,images",
		"/v2/orders?limit=250&include=consignments.line_items&consignment_structure=object&sort=date_modified:desc",
		"/v3/orders/payment_actions/refunds?limit=250", "/v3/content/scripts", "/v3/hooks", "/v2/store", "/v2/currencies", "/v3/channels",
		"/v2/orders/112",
	}
	before := map[string]string{}
	for _, path := range paths {
		before[path] = call(s, "GET", path, "").Body.String()
	}
	// No Close: the file must already hold everything, as after a kill -9.
	journal := filepath.Join(dir, "bigcommerce.jsonl")
	raw, err := os.ReadFile(journal)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(journal, append(raw, `{"op":"put","enti`...), 0o600))

	now = now.Add(40 * 24 * time.Hour) // the seeded past must not move
	again := store(t, persist)
	for _, path := range paths {
		require.Equal(t, before[path], call(again, "GET", path, "").Body.String(), path)
	}
	require.Equal(t, 1, again.Webhooks().Pending, "what was not delivered goes out again")
	r := receive(t)
	require.Equal(t, 200, call(again, "PUT", fmt.Sprintf("/v3/hooks/%.0f", hook), fmt.Sprintf(`{"destination":%q}`, r.URL)).Code)
	require.NoError(t, again.Close())
	delivered := store(t, persist)
	require.Equal(t, 3.0, r.take(t, delivered, 1)[0].Data["id"])
	require.NoError(t, delivered.Close())
	require.Zero(t, store(t, persist).Webhooks().Pending, "and only until it was")

	o := bigcommercesim.DefaultOptions()
	o.Dir = dir
	_, err = bigcommercesim.New(o)
	require.ErrorContains(t, err, "another seed or size")
}

func TestNewRefusesBadOptions(t *testing.T) {
	for name, change := range map[string]func(*bigcommercesim.Options){
		"hash":     func(o *bigcommercesim.Options) { o.StoreHash = "A/B" },
		"token":    func(o *bigcommercesim.Options) { o.AccessToken = "" },
		"count":    func(o *bigcommercesim.Options) { o.Orders = -1 },
		"quota":    func(o *bigcommercesim.Options) { o.Quota.Window = 0 },
		"timezone": func(o *bigcommercesim.Options) { o.Timezone = "Mars/Olympus" },
		"delivery": func(o *bigcommercesim.Options) { o.Delivery.Double = 2 },
	} {
		o := bigcommercesim.DefaultOptions()
		change(&o)
		_, err := bigcommercesim.New(o)
		require.Error(t, err, name)
	}
}

// TestAMillionRecords walks a few pages of a store that would not fit in
// memory as records.
func TestAMillionRecords(t *testing.T) {
	s := store(t, func(o *bigcommercesim.Options) {
		o.Customers, o.Subscribers, o.Products, o.Orders = 300_000, 100_000, 100_000, 500_000
	})
	require.Equal(t, 300_000, get[page](t, s, "/v3/customers?limit=1").Meta.Pagination.Total)
	require.Len(t, get[page](t, s, "/v3/catalog/products?limit=250&id:greater=90000&include=variants").Data, 250)
	orders := get[[]object](t, s, "/v2/orders?limit=250&sort=id:desc&max_id=400000&include=consignments.line_items&consignment_structure=object")
	require.Equal(t, 400_000, ids(orders)[0])
	require.Len(t, get[[]object](t, s, "/v2/orders?limit=250&sort=date_modified:asc&min_date_modified=2026-01-01"), 250)
	require.NoError(t, s.Delete("customers", 150_000))
	require.Equal(t, 299_999, get[page](t, s, "/v3/customers?limit=1").Meta.Pagination.Total)
	window := get[page](t, s, "/v3/customers/subscribers?limit=250&date_created:min=2026-01-01T00:00:00Z&date_created:max=2026-01-01T12:00:00Z")
	require.Equal(t, window.Meta.Pagination.Total, len(window.Data))
	require.NotEmpty(t, window.Data)
}

func TestOrderOfAStatusYetToCome(t *testing.T) {
	s := store(t, nil)
	made := admin(t, s, "POST", "/orders", `{"status_id":15,"status":"Awaiting Courier"}`, 201)
	require.Equal(t, []any{15.0, "Awaiting Courier"}, []any{made["status_id"], made["status"]})
	admin(t, s, "PATCH", "/orders/400", `{"staff_notes":"seen"}`, 200)
	require.Equal(t, 15.0, get[object](t, s, "/v2/orders/400")["status_id"])
	require.Len(t, get[object](t, s, "/v2/orders/count")["statuses"], 15)
}
