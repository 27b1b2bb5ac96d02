package bigcommercesim_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

func TestRefusals(t *testing.T) {
	s := store(t, func(o *bigcommercesim.Options) {
		o.Scopes = slices.DeleteFunc(bigcommercesim.MinimumScopes(), func(scope string) bool {
			return scope == "store_v2_orders_read_only" || scope == "store_content_checkout"
		})
		o.Scopes = append(o.Scopes, "store_v2_content_read_only")
	})
	missing := `{"status":403,"title":"You don't have a required scope to access the endpoint","type":"https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes","errors":{}}`
	cases := map[string]struct {
		method, path, token string
		status              int
		body                string
	}{
		"no token":        {"GET", "/stores/simstore/v2/store", "", 401, "X-Auth-Token header is required"},
		"bad token":       {"GET", "/stores/simstore/v2/store", "nope", 401, `{"status":401,"title":"Unauthorized - the v3 Auth client ID or token in the request are not a valid combination for this store.","type":"/api-docs/getting-started/api-status-codes"}`},
		"unknown hash":    {"GET", "/stores/other/v2/time", "bigcommerce-token", 403, missing},
		"missing scope":   {"GET", "/stores/simstore/v2/order_statuses", "bigcommerce-token", 403, missing},
		"time needs none": {"GET", "/stores/simstore/v2/time", "bigcommerce-token", 200, fmt.Sprintf(`{"time":%d}`, startOfTests.Unix())},
		"unknown route":   {"GET", "/stores/simstore/v3/nothing", "bigcommerce-token", 404, `{"status":404,"title":"The route is not found, check the URL","type":"https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"}`},
		"no product":      {"GET", "/stores/simstore/v3/catalog/products/5", "bigcommerce-token", 404, `{"status":404,"title":"A product was not found with an id of 5","type":"/api-docs/getting-started/api-status-codes"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var headers []string
			if c.token != "" {
				headers = []string{"X-Auth-Token", c.token}
			}
			w := send(s, c.method, c.path, "", headers...)
			require.Equal(t, c.status, w.Code)
			require.Equal(t, c.body, w.Body.String())
		})
	}
	tag := `{"name":"Tag","src":"https://cdn.example.com/a.js","kind":"src","location":"footer","visibility":"%s"}`
	require.Equal(t, 403, call(s, "POST", "/v3/content/scripts", fmt.Sprintf(tag, "all_pages")).Code, "checkout content is needed too")
	require.Equal(t, 200, call(s, "POST", "/v3/content/scripts", fmt.Sprintf(tag, "storefront")).Code)
	require.NoError(t, s.SetScopes([]string{"store_v2_content_read_only"}))
	require.Equal(t, 403, call(s, "POST", "/v3/content/scripts", `{}`).Code, "reading is not modifying")
	require.Equal(t, 200, call(s, "GET", "/v3/content/scripts", "").Code)
}

func TestQuota(t *testing.T) {
	now := startOfTests
	s := store(t, func(o *bigcommercesim.Options) {
		o.Quota = bigcommercesim.Quota{Requests: 3, Window: 30 * time.Second}
		o.Now = func() time.Time { return now }
	})
	var got []int
	for range 5 {
		got = append(got, call(s, "GET", "/v2/time", "").Code)
	}
	require.Equal(t, []int{200, 200, 200, 429, 429}, got)
	now = now.Add(10 * time.Second)
	w := call(s, "GET", "/v2/time", "")
	require.Equal(t, 429, w.Code)
	require.Equal(t, []string{"30000", "20000", "3", "0"}, []string{
		w.Header().Get("X-Rate-Limit-Time-Window-Ms"), w.Header().Get("X-Rate-Limit-Time-Reset-Ms"),
		w.Header().Get("X-Rate-Limit-Requests-Quota"), w.Header().Get("X-Rate-Limit-Requests-Left"),
	})
	now = now.Add(20 * time.Second)
	require.Equal(t, "2", call(s, "GET", "/v2/time", "").Header().Get("X-Rate-Limit-Requests-Left"))
	require.Equal(t, 3, s.State().Throttled)
}

func TestFaultsReachTheAPIAndNotTheAdmin(t *testing.T) {
	s := store(t, nil)
	_, err := s.Faults().Order(faults.Fault{Status: 503, Body: `{"status":503}`})
	require.NoError(t, err)
	require.Equal(t, 503, call(s, "GET", "/v2/time", "").Code)
	require.Equal(t, 200, send(s, "GET", "/_simulator/state", "").Code)
}

func TestOrderLists(t *testing.T) {
	s := store(t, nil)
	all := get[[]object](t, s, "/v2/orders?limit=250")
	require.Len(t, all, 250)
	require.Equal(t, 100, ids(all)[0])
	require.True(t, slices.IsSorted(ids(all)))

	newest := get[[]object](t, s, "/v2/orders?limit=3&sort=id:desc&max_id=250")
	require.Equal(t, []int{250, 249, 248}, ids(newest))
	require.Equal(t, []int{399}, ids(get[[]object](t, s, "/v2/orders?min_id=399")))
	require.Equal(t, 204, call(s, "GET", "/v2/orders?min_id=400", "").Code)
	require.Zero(t, call(s, "GET", "/v2/orders?min_id=400", "").Body.Len())
	w := call(s, "GET", "/v2/orders?limit=251", "")
	require.Equal(t, 413, w.Code)
	require.JSONEq(t, `[{"status":413,"message":"The specified limit exceeds the maximum allowed.","details":{"max_limit":250}}]`, w.Body.String())
	require.Equal(t, 400, call(s, "GET", "/v2/orders?min_date_created=yesterday", "").Code)
	require.JSONEq(t, `[{"status":404,"message":"The requested resource was not found."}]`, call(s, "GET", "/v2/orders/5", "").Body.String())

	bound := all[100]["date_modified"].(string)
	at, err := time.Parse(time.RFC1123Z, bound)
	require.NoError(t, err)
	for _, form := range []string{bound, at.Format(time.RFC3339), at.In(time.FixedZone("", 7200)).Format("2006-01-02T15:04:05.000-07:00")} {
		later := get[[]object](t, s, "/v2/orders?limit=250&sort=date_modified:asc&min_date_modified="+url.QueryEscape(form))
		require.Equal(t, bound, later[0]["date_modified"], "the bound is inclusive")
		require.True(t, slices.IsSortedFunc(later, func(a, b object) int { return modified(t, a).Compare(modified(t, b)) }))
	}
	type counted struct {
		Count    int
		Statuses []struct {
			ID, Count   int
			CustomLabel string `json:"custom_label"`
		}
	}
	count := get[counted](t, s, "/v2/orders/count")
	require.Equal(t, 300, count.Count)
	for _, st := range count.Statuses {
		require.NotZero(t, st.Count, "status %d", st.ID)
		filtered := get[[]object](t, s, fmt.Sprintf("/v2/orders?limit=250&status_id=%d", st.ID))
		require.Len(t, filtered, st.Count)
		require.Equal(t, st.CustomLabel, filtered[0]["custom_status"])
	}
}

func modified(t *testing.T, o object) time.Time {
	at, err := time.Parse(time.RFC1123Z, o["date_modified"].(string))
	require.NoError(t, err)
	return at
}

func TestOrdersHaveAllKinds(t *testing.T) {
	s := store(t, func(o *bigcommercesim.Options) { o.Orders = 1000 })
	seen := map[string]int{}
	for from := 100; from < 1100; from += 250 {
		path := fmt.Sprintf("/v2/orders?limit=250&min_id=%d&include=consignments.line_items&consignment_structure=object", from)
		var list []struct {
			ID           int
			CustomerID   int                    `json:"customer_id"`
			Credit       string                 `json:"store_credit_amount"`
			Certificate  string                 `json:"gift_certificate_amount"`
			Discount     string                 `json:"discount_amount"`
			Coupon       string                 `json:"coupon_discount"`
			Items        int                    `json:"items_total"`
			Billing      struct{ Email string } `json:"billing_address"`
			Consignments map[string]json.RawMessage
		}
		w := call(s, "GET", path, "")
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
		for _, o := range list {
			note := func(name string, yes bool) {
				if yes {
					seen[name]++
				}
			}
			note("guest", o.CustomerID == 0)
			note("no e-mail", o.Billing.Email == "")
			note("store credit", o.Credit != "0.0000")
			note("gift certificate paid", o.Certificate != "0.0000")
			note("discount", o.Discount != "0.0000")
			note("coupon", o.Coupon != "0.0000")
			for kind, raw := range o.Consignments {
				note(kind, len(raw) > 2 && string(raw) != `{"gift_certificates":[]}`)
			}
			var ships []struct {
				Lines   []object `json:"line_items"`
				Warning *object  `json:"__warning__"`
			}
			require.NoError(t, json.Unmarshal(o.Consignments["shipping"], &ships))
			for _, ship := range ships {
				note("cut", ship.Warning != nil)
				require.LessOrEqual(t, len(ship.Lines), 50)
				if ship.Warning != nil {
					require.Len(t, ship.Lines, 50)
					lines := get[[]object](t, s, fmt.Sprintf("/v2/orders/%d/products?limit=250", o.ID))
					require.Greater(t, len(lines), 50)
				}
				for _, l := range ship.Lines {
					note("custom product", l["product_id"].(float64) == 0)
					note("options", len(l["product_options"].([]any)) > 0)
				}
			}
		}
	}
	for _, kind := range []string{
		"guest", "no e-mail", "store credit", "gift certificate paid", "discount", "coupon", "shipping", "pickups", "downloads",
		"email", "cut", "custom product", "options",
	} {
		require.NotZero(t, seen[kind], "%s: %v", kind, seen)
	}
	refunds := get[page](t, s, "/v3/orders/payment_actions/refunds?limit=250&order_id:in=104,105,114")
	require.Equal(t, []int{104, 114}, ids(refunds.Data), "orders 104 and 114 have the refunded statuses")
}

// A few orders are not plain sales of the storefront.
func TestOddOrders(t *testing.T) {
	s := store(t, nil)
	type row struct {
		PaymentMethod  string                 `json:"payment_method"`
		ExternalSource *string                `json:"external_source"`
		BillingAddress struct{ Email string } `json:"billing_address"`
	}
	of := func(id int) row { return get[row](t, s, fmt.Sprintf("/v2/orders/%d", id)) }
	require.Equal(t, "Test Payment Gateway", of(310).PaymentMethod)
	require.Equal(t, "POS (Square)", *of(311).ExternalSource)
	require.Empty(t, of(311).BillingAddress.Email)
	require.Equal(t, "M-MIG", *of(312).ExternalSource)
	type line struct {
		ID      int
		Parent  *int   `json:"parent_order_product_id"`
		Bundled bool   `json:"is_bundled_product"`
		Total   string `json:"total_ex_tax"`
	}
	var parts int
	lines := get[[]line](t, s, "/v2/orders/313/products")
	for _, l := range lines {
		if l.Bundled {
			parts++
			require.Equal(t, lines[0].ID, *l.Parent)
			require.Equal(t, "0.0000", l.Total)
		}
	}
	require.Equal(t, 1, parts)
}

func TestOldConsignmentsWereAnArray(t *testing.T) {
	s := store(t, nil)
	o := get[object](t, s, "/v2/orders/100?include=consignments.line_items")
	require.IsType(t, []any{}, o["consignments"])
	o = get[object](t, s, "/v2/orders/100")
	require.Equal(t, "/orders/100/shippingaddresses", o["shipping_addresses"].(object)["resource"])
	require.NotContains(t, o, "coupon_list")
}

func TestCustomerPaging(t *testing.T) {
	s := store(t, nil)
	first := get[page](t, s, "/v3/customers?limit=25")
	require.Equal(t, 60, first.Meta.Pagination.Total)
	require.Equal(t, 3, first.Meta.Pagination.TotalPages)
	require.NotNil(t, first.Meta.Cursor)
	require.Nil(t, get[page](t, s, "/v3/customers?limit=25&page=2").Meta.Cursor)

	walk := ids(first.Data)
	cursor := first.Meta.Cursor.EndCursor
	for {
		next := get[page](t, s, "/v3/customers?limit=25&after="+url.QueryEscape(cursor))
		require.Nil(t, next.Meta.Pagination)
		walk = append(walk, ids(next.Data)...)
		if next.Meta.Cursor.Links.Next == "" {
			break
		}
		cursor = next.Meta.Cursor.EndCursor
	}
	require.Len(t, walk, 60)
	require.True(t, slices.IsSorted(walk))
	back := get[page](t, s, "/v3/customers?limit=2&before="+url.QueryEscape(first.Meta.Cursor.EndCursor))
	require.Equal(t, []int{23, 24}, ids(back.Data))
	require.Equal(t, 422, call(s, "GET", "/v3/customers?after=!", "").Code)

	require.Equal(t, []int{3, 7}, ids(get[page](t, s, "/v3/customers?id:in=7,3,999").Data))
	require.Empty(t, get[page](t, s, "/v3/customers?id:in=999").Data)
	sorted := get[page](t, s, "/v3/customers?sort=date_modified:desc&limit=250")
	require.True(t, slices.IsSortedFunc(sorted.Data, func(a, b object) int {
		return -1 * compareText(a["date_modified"], b["date_modified"])
	}))
	bound := sorted.Data[10]["date_modified"].(string)
	require.Len(t, get[page](t, s, "/v3/customers?date_modified:min="+bound).Data, 11)
	bare := first.Data[0]
	require.NotContains(t, bare, "form_fields")
	require.NotContains(t, bare, "addresses")
}

func compareText(a, b any) int {
	x, y := a.(string), b.(string)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func TestFormFieldValuesTellTypes(t *testing.T) {
	s := store(t, nil)
	total := 0
	for _, kind := range []string{"checkboxes", "date", "multiline", "numbers", "password", "radiobuttons", "text", "picklist"} {
		p := get[page](t, s, "/v3/customers/form-field-values?limit=250&field_type="+kind)
		require.NotEmpty(t, p.Data, kind)
		total += p.Meta.Pagination.Total
	}
	walked := 0
	path := "/v3/customers/form-field-values?limit=50"
	for next := path; ; {
		p := get[page](t, s, next)
		walked += len(p.Data)
		if p.Meta.Cursor.Links.Next == "" {
			break
		}
		next = path + "&after=" + url.QueryEscape(p.Meta.Cursor.EndCursor)
	}
	require.Equal(t, total, walked)
	one := get[page](t, s, "/v3/customers/form-field-values?customer_id=1")
	full := get[page](t, s, "/v3/customers?id:in=1&include=formfields").Data[0]["form_fields"].([]any)
	require.Len(t, one.Data, len(full))
}

func TestSubscriberWindows(t *testing.T) {
	s := store(t, nil)
	all := get[page](t, s, "/v3/customers/subscribers?limit=250").Data
	require.Len(t, all, 50)
	middle := all[25]["date_created"].(string)
	at, err := time.Parse(time.RFC3339, middle)
	require.NoError(t, err)
	early := get[page](t, s, "/v3/customers/subscribers?limit=250&date_created:max="+url.QueryEscape(at.Add(-time.Second).Format(time.RFC3339)))
	late := get[page](t, s, "/v3/customers/subscribers?limit=250&date_created:min="+middle)
	require.Equal(t, 50, len(early.Data)+len(late.Data))
	sharing := 0
	customers := map[any]bool{}
	for _, c := range get[page](t, s, "/v3/customers?limit=250").Data {
		customers[c["email"]] = true
	}
	consents := map[int]bool{}
	for _, r := range all {
		if customers[r["email"]] {
			sharing++
		}
		consents[len(r["consents"].([]any))] = true
	}
	require.Equal(t, 30, sharing)
	require.Equal(t, map[int]bool{0: true, 1: true, 2: true}, consents)
}

func TestProductLists(t *testing.T) {
	s := store(t, nil)
	p := get[page](t, s, "/v3/catalog/products?limit=250&include=options")
	require.Equal(t, 10, p.Meta.Pagination.PerPage)
	require.Len(t, get[page](t, s, "/v3/catalog/products?limit=250").Data, 80)
	require.Equal(t, []int{90, 91}, ids(get[page](t, s, "/v3/catalog/products?limit=2&sort=id&direction=asc&id:greater=89").Data))
	require.Equal(t, []int{88, 87}, ids(get[page](t, s, "/v3/catalog/products?limit=2&direction=desc&id:less=89").Data))
	named := get[page](t, s, "/v3/catalog/products?limit=1&include_fields=name&include=variants").Data[0]
	require.ElementsMatch(t, []string{"id", "name", "variants"}, keys(named))
	for _, path := range []string{"/v3/catalog/products?limit=1&exclude_fields=description", "/v3/catalog/products?limit=1&exclude_fields=description,sku"} {
		require.NotContains(t, get[page](t, s, path).Data[0], "description")
		require.Contains(t, get[page](t, s, path).Data[0], "price")
	}
	require.Contains(t, get[page](t, s, "/v3/catalog/products?limit=1").Data[0], "description", "what one call leaves out another gets")

	products, collide, simple, fancy := map[int]bool{}, 0, 0, 0
	all := get[page](t, s, "/v3/catalog/products?limit=250&include=variants,custom_fields").Data
	for _, p := range all {
		products[int(p["id"].(float64))] = true
	}
	seen := map[int]bool{}
	for _, p := range all {
		list := p["variants"].([]any)
		for _, v := range list {
			id := int(v.(object)["id"].(float64))
			require.False(t, seen[id], "variant ids are unique")
			seen[id] = true
			if products[id] {
				collide++
			}
		}
		if first := list[0].(object); len(first["option_values"].([]any)) == 0 {
			require.Len(t, list, 1)
			require.Nil(t, first["sku_id"])
			require.Equal(t, first["id"], p["base_variant_id"])
			simple++
		}
		for _, f := range p["custom_fields"].([]any) {
			if f.(object)["name"] == "fancy hats" {
				fancy++
			}
		}
	}
	require.NotZero(t, collide)
	require.NotZero(t, simple)
	require.NotZero(t, fancy)
	variants := get[page](t, s, "/v3/catalog/variants?limit=250&page=1")
	require.Equal(t, len(seen), variants.Meta.Pagination.Total)
	require.Equal(t, seen[int(variants.Data[0]["id"].(float64))], true)
	one := get[page](t, s, "/v3/catalog/variants?product_id:in=80,81")
	for _, v := range one.Data {
		require.Contains(t, []any{80.0, 81.0}, v["product_id"])
	}
	now := startOfTests.Format(time.DateOnly)
	require.Empty(t, get[page](t, s, "/v3/catalog/products?date_modified:min="+now).Data, "the time of day is added")
}

func keys(o object) []string {
	var out []string
	for k := range o {
		out = append(out, k)
	}
	return out
}

func TestMisspeltParametersShow(t *testing.T) {
	s := store(t, nil)
	get[page](t, s, "/v3/customers?date_modified_min=2024-05-14")
	require.Equal(t, map[string]int{"GET /v3/customers date_modified_min": 1}, s.State().Ignored)
}

func TestMultiCurrencyStore(t *testing.T) {
	s := store(t, func(o *bigcommercesim.Options) {
		o.Currencies, o.DisplayCurrencies = []string{"USD", "EUR"}, []string{"GBP"}
	})
	rows := get[[]object](t, s, "/v2/currencies")
	require.Equal(t, []any{true, true, false}, []any{rows[0]["is_transactional"], rows[1]["is_transactional"], rows[2]["is_transactional"]})
	paid := map[any]bool{}
	for _, o := range get[[]object](t, s, "/v2/orders?limit=250") {
		paid[o["default_currency_code"]] = true
	}
	require.Equal(t, map[any]bool{"USD": true, "EUR": true}, paid)
	single := store(t, nil)
	require.NoError(t, single.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"USD", "EUR"}}))
	require.Len(t, get[[]object](t, single, "/v2/currencies"), 2)
}

func TestSameSeedSameStore(t *testing.T) {
	paths := []string{
		"/v2/orders?limit=250&include=consignments.line_items&consignment_structure=object",
		"/v3/customers?limit=250&include=addresses,storecredit,attributes,formfields", "/v3/customers/subscribers?limit=250",
		"/v3/catalog/products?limit=250&include=variants,custom_fields,images", "/v3/catalog/brands",
	}
	a, b := store(t, nil), store(t, nil)
	other := store(t, func(o *bigcommercesim.Options) { o.Seed = 2 })
	for _, path := range paths {
		require.Equal(t, call(a, "GET", path, "").Body.String(), call(b, "GET", path, "").Body.String(), path)
		require.NotEqual(t, call(a, "GET", path, "").Body.String(), call(other, "GET", path, "").Body.String(), path)
	}
}
