package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim/ometriatest"
)

// tinyShop plays BigCommerce and Ometria for one store with a record of each
// entity. It is written from the services' published pages, apart from the
// simulators: the product must not need those.
type tinyShop struct {
	bigcommerce, ometria *httptest.Server
	schemas              *ometriasim.Schemas // nil when they are not present

	mu      sync.Mutex // guards all below
	hooks   []map[string]any
	scripts []map[string]any
	pushed  map[string]map[string]any // by type, collection and id
	errs    []string
}

const (
	tinyHash  = "tinystore9"
	tinyToken = "tiny-access-token"
	tinyKey   = "tiny-ometria-key"
)

func newTinyShop(t *testing.T) *tinyShop {
	s := &tinyShop{pushed: map[string]map[string]any{}}
	if dir := ometriatest.SchemaDir(t); dir != "" {
		var err error
		s.schemas, err = ometriasim.ReadSchemas(dir)
		require.NoError(t, err)
	}
	s.bigcommerce = httptest.NewServer(s.routes())
	s.ometria = httptest.NewServer(s.ometriaRoutes())
	t.Cleanup(s.bigcommerce.Close)
	t.Cleanup(s.ometria.Close)
	return s
}

func (s *tinyShop) complain(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = append(s.errs, fmt.Sprintf(format, args...))
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the caller sees a short answer
}

// data is a v3 answer that holds everything on one page.
func data(records ...any) map[string]any {
	if records == nil {
		records = []any{}
	}
	return map[string]any{"data": records, "meta": map[string]any{
		"pagination": map[string]any{"total": len(records), "count": len(records), "per_page": 50, "current_page": 1,
			"total_pages": 1, "links": map[string]any{"current": "?limit=50&page=1"}},
		"cursor_pagination": map[string]any{"count": len(records), "per_page": 50, "links": map[string]any{}},
	}}
}

// without a page of its own a record list is empty: v2 says 204, v3 an empty list.
func (s *tinyShop) routes() http.Handler {
	mux := http.NewServeMux()
	at := func(pattern string, handle http.HandlerFunc) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /stores/"+tinyHash+path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Auth-Token") != tinyToken {
				answer(w, http.StatusUnauthorized, map[string]any{"status": 401, "title": "Unauthorized"})
				return
			}
			handle(w, r)
		})
	}
	once := func(pattern string, value any) {
		at(pattern, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, value) })
	}
	// list serves its one record on a first page; what is asked beyond it is empty.
	list := func(pattern string, record map[string]any, wrap bool) {
		at(pattern, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			beyond := q.Get("after") != "" || q.Get("id:greater") != "" && q.Get("id:greater") != "0" ||
				q.Get("page") != "" && q.Get("page") != "1"
			switch {
			case wrap && beyond:
				answer(w, 200, data())
			case wrap:
				answer(w, 200, data(record))
			case beyond || q.Get("max_id") != "" && q.Get("max_id") != "1000":
				w.WriteHeader(http.StatusNoContent)
			default:
				answer(w, 200, []any{record})
			}
		})
	}
	at("GET /v2/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	at("GET /v3/", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, data()) })
	once("GET /v2/time", map[string]any{"time": time.Now().Unix()})
	once("GET /v2/store", map[string]any{
		"id": tinyHash, "name": "Tiny Shop", "domain": "tiny.example.com", "secure_url": "https://tiny.example.com",
		"currency": "GBP", "country_code": "GB", "plan_name": "Standard", "status": "live",
	})
	once("GET /v2/currencies", []any{map[string]any{"id": 1, "currency_code": "GBP", "is_default": true, "enabled": true, "is_transactional": true}})
	once("GET /v2/order_statuses", []any{map[string]any{"id": 10, "name": "Completed", "system_label": "Completed", "custom_label": "Done", "order": 1}})
	once("GET /v2/orders/count", map[string]any{"count": 1, "statuses": []any{}})
	list("GET /v2/orders", tinyOrder(), false)
	once("GET /v2/orders/1000", tinyOrder())
	once("GET /v2/orders/1000/products", []any{tinyLine()})
	list("GET /v3/customers", map[string]any{
		"id": 5, "email": "tina@example.com", "first_name": "Tina", "last_name": "Tiny", "company": "", "phone": "",
		"date_created": "2024-02-03T04:05:06Z", "date_modified": "2024-02-03T04:05:06Z", "customer_group_id": 0,
		"addresses": []any{}, "attributes": []any{}, "form_fields": []any{}, "store_credit_amounts": []any{},
	}, true)
	list("GET /v3/customers/subscribers", map[string]any{
		"id": 6, "email": "sub@example.com", "first_name": "", "last_name": "", "source": "storefront", "order_id": nil,
		"channel_id": 1, "consents": []string{}, "date_created": "2024-02-03T04:05:06Z", "date_modified": "2024-02-03T04:05:06Z",
	}, true)
	list("GET /v3/catalog/products", map[string]any{
		"id": 7, "name": "Tiny hat", "type": "physical", "sku": "HAT", "price": 10, "calculated_price": 10, "categories": []int{},
		"brand_id": 0, "inventory_level": 3, "inventory_tracking": "none", "is_visible": true, "availability": "available",
		"base_variant_id": 70, "custom_url": map[string]any{"url": "/hat/", "is_customized": false},
		"date_created": "2024-02-03T04:05:06+00:00", "date_modified": "2024-02-03T04:05:06+00:00",
		"variants": []any{map[string]any{"id": 70, "product_id": 7, "sku": "HAT", "option_values": []any{}, "calculated_price": 10}},
		"images":   []any{}, "custom_fields": []any{}, "options": []any{},
	}, true)
	s.kept(at, "/v3/hooks", &s.hooks)
	s.kept(at, "/v3/content/scripts", &s.scripts)
	return mux
}

// kept serves what is created, read, changed and deleted at path.
func (s *tinyShop) kept(at func(string, http.HandlerFunc), path string, items *[]map[string]any) {
	find := func(id string) int {
		for i, item := range *items {
			if fmt.Sprint(item["id"]) == id || item["uuid"] == id {
				return i
			}
		}
		return -1
	}
	at("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var all []any
		for _, item := range *items {
			all = append(all, item)
		}
		answer(w, 200, data(all...))
	})
	at("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		item := map[string]any{}
		if err := json.NewDecoder(r.Body).Decode(&item); err != nil {
			answer(w, 422, map[string]any{"status": 422, "title": "not JSON"})
			return
		}
		item["id"], item["uuid"] = len(*items)+1, uuid.NewString()
		item["api_client_id"], item["client_id"] = "tiny-client", "tiny-client"
		*items = append(*items, item)
		answer(w, 200, map[string]any{"data": item, "meta": map[string]any{}})
	})
	at("PUT "+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		i := find(r.PathValue("id"))
		if i < 0 || json.NewDecoder(r.Body).Decode(&(*items)[i]) != nil {
			answer(w, 404, map[string]any{"status": 404, "title": "not found"})
			return
		}
		answer(w, 200, map[string]any{"data": (*items)[i], "meta": map[string]any{}})
	})
	at("DELETE "+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if i := find(r.PathValue("id")); i >= 0 {
			*items = append((*items)[:i], (*items)[i+1:]...)
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func tinyLine() map[string]any {
	return map[string]any{
		"id": 1, "order_id": 1000, "product_id": 7, "variant_id": 70, "name": "Tiny hat", "sku": "HAT", "type": "physical", "quantity": 1,
		"base_price": "10.0000", "price_inc_tax": "10.0000", "price_ex_tax": "8.3300", "total_inc_tax": "10.0000",
		"total_ex_tax": "8.3300", "total_tax": "1.6700", "quantity_refunded": 0, "refund_amount": "0.0000",
		"product_options": []any{}, "applied_discounts": []any{},
	}
}

func tinyOrder() map[string]any {
	return map[string]any{
		"id": 1000, "customer_id": 5, "status_id": 10, "status": "Completed", "custom_status": "Done", "is_deleted": false,
		"date_created": "Sat, 03 Feb 2024 04:05:06 +0000", "date_modified": "Sat, 03 Feb 2024 04:05:06 +0000",
		"subtotal_inc_tax": "10.0000", "subtotal_ex_tax": "8.3300", "total_inc_tax": "10.0000", "total_ex_tax": "8.3300",
		"total_tax": "1.6700", "shipping_cost_inc_tax": "0.0000", "discount_amount": "0.0000", "coupon_discount": "0.0000",
		"refunded_amount": "0.0000", "gift_certificate_amount": "0.0000", "store_credit_amount": "0.0000",
		"currency_code": "GBP", "default_currency_code": "GBP", "store_default_currency_code": "GBP", "channel_id": 1,
		"items_total": 1, "payment_method": "Cash", "ip_address": "", "external_source": nil, "is_email_opt_in": false,
		"billing_address": map[string]any{"email": "tina@example.com", "first_name": "Tina", "last_name": "Tiny", "country_iso2": "GB"},
		"products":        []any{tinyLine()},
		"consignments":    []any{map[string]any{"shipping": []any{}, "pickups": []any{}, "downloads": []any{}, "email": map[string]any{}}},
		"coupons":         []any{},
	}
}

func (s *tinyShop) ometriaRoutes() http.Handler {
	mux := http.NewServeMux()
	at := func(pattern string, handle http.HandlerFunc) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Ometria-Auth") != tinyKey {
				answer(w, http.StatusForbidden, map[string]any{"message": "Forbidden"})
				return
			}
			handle(w, r)
		})
	}
	empty := func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, []any{}) }
	at("GET /v2/contacts", empty)
	at("GET /v2/push/_errors", empty)
	at("POST /v2/push", func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var records []json.RawMessage
		if err == nil {
			err = json.Unmarshal(raw, &records)
		}
		if err != nil {
			s.complain("a push is not a JSON array: %v", err)
			answer(w, 400, map[string]any{"status": "ERROR"})
			return
		}
		for _, raw := range records {
			s.push(raw)
		}
		answer(w, 200, map[string]any{"status": "OK", "request_id": uuid.NewString(), "accepted": len(records), "rejected": 0})
	})
	return mux
}

// push keeps one record, and complains of what breaks the published contract.
func (s *tinyShop) push(raw json.RawMessage) {
	var record map[string]any
	if err := json.Unmarshal(raw, &record); err != nil {
		s.complain("a record is no object: %v", err)
		return
	}
	if s.schemas != nil {
		for _, why := range s.schemas.Check(raw) {
			s.complain("%v %v breaks the contract: %s: %s", record["@type"], record["id"], why.ErrorPath, why.ErrorMessage)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	collection, _ := record["@collection"].(string)
	s.pushed[fmt.Sprintf("%v %s %v", record["@type"], collection, record["id"])] = record
}

// held returns what Ometria was sent, by type, collection and id.
func (s *tinyShop) held() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.pushed {
		keys = append(keys, key)
	}
	return keys
}
