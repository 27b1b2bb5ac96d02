package bigcommercesim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/contract"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

type received struct {
	Scope     string
	StoreID   string `json:"store_id"`
	Data      object
	Hash      string
	CreatedAt int64 `json:"created_at"`
	Producer  string

	header http.Header
	body   []byte
}

// receiver collects what is delivered to it.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex // guards both
	got  []received
	fail int // how many to answer with 500 first
}

func receive(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var one received
		one.body, one.header = []byte(text(t, req.Body)), req.Header
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.fail > 0 {
			r.fail--
			w.WriteHeader(500)
			return
		}
		if err := json.Unmarshal(one.body, &one); err != nil {
			t.Error(err)
		}
		r.got = append(r.got, one)
	}))
	t.Cleanup(r.Close)
	return r
}

// take waits for n deliveries and that no more are on their way.
func (r *receiver) take(t *testing.T, s *bigcommercesim.Server, n int) []received {
	t.Helper()
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.got) >= n && s.Webhooks().Pending == 0
	}, 10*time.Second, time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	require.Len(t, got, n, "%v", got)
	slices.SortFunc(got, func(a, b received) int { return compareText(a.Scope, b.Scope) })
	return got
}

func (r *receiver) hook(t *testing.T, s *bigcommercesim.Server, scopes ...string) {
	t.Helper()
	for _, scope := range scopes {
		w := call(s, "POST", "/v3/hooks", fmt.Sprintf(listen, scope, r.URL))
		require.Equal(t, 200, w.Code, w.Body)
	}
}

var everything = []string{"store/customer/*", "store/subscriber/*", "store/order/*", "store/product/*", "store/sku/*", "store/information/updated"}

func TestWebhooksAreSignedAndShapedAsInLife(t *testing.T) {
	s, r := store(t, func(o *bigcommercesim.Options) { o.Now = time.Now }), receive(t)
	r.hook(t, s, everything...)
	change := func(entity string, id int64, fields object) {
		t.Helper()
		_, err := s.Update(entity, id, fields)
		require.NoError(t, err)
	}
	check := func(want map[string]string) {
		t.Helper()
		verifier, err := standardwebhooks.NewWebhookRaw([]byte("bigcommerce-secret"))
		require.NoError(t, err)
		seen := map[string]string{}
		for _, one := range r.take(t, s, len(want)) {
			data, err := json.Marshal(one.Data)
			require.NoError(t, err)
			seen[one.Scope] = string(data)
			require.NoError(t, verifier.Verify(one.body, one.header))
			require.Equal(t, "s3", one.header.Get("X-Secret"))
			require.Equal(t, "stores/simstore", one.Producer)
			require.Equal(t, "1025646", one.StoreID)
			require.Len(t, one.Hash, 40)
			require.InDelta(t, time.Now().Unix(), one.CreatedAt, 60)
		}
		require.Equal(t, want, seen)
	}
	id, _, err := s.Create("customers", object{"email": "new@example.com"})
	require.NoError(t, err)
	check(map[string]string{"store/customer/created": fmt.Sprintf(`{"id":%d,"type":"customer"}`, id)})
	change("customers", id, object{"first_name": "Ada"})
	check(map[string]string{"store/customer/updated": fmt.Sprintf(`{"id":%d,"type":"customer"}`, id)})
	change("customers", 3, object{"addresses": []object{{"first_name": "A", "city": "Leeds"}}, "form_fields": []object{}})
	got := r.take(t, s, 1+addresses(t, 3))
	require.Equal(t, "store/customer/address/created", got[0].Scope)
	require.Equal(t, object{"customer_id": 3.0}, got[0].Data["address"])
	require.NoError(t, s.Delete("customers", id))
	check(map[string]string{"store/customer/deleted": fmt.Sprintf(`{"id":%d,"type":"customer"}`, id)})

	change("orders", 111, object{"status_id": 2})
	check(map[string]string{
		"store/order/updated":       `{"id":111,"type":"order"}`,
		"store/order/statusUpdated": `{"id":111,"status":{"new_status_id":2,"previous_status_id":11},"type":"order"}`,
	})
	refundID, _, err := s.Refund(object{"order_id": 111})
	require.NoError(t, err)
	check(map[string]string{
		"store/order/refund/created": fmt.Sprintf(`{"id":111,"refund":{"refund_id":%d},"type":"order"}`, refundID),
		"store/order/updated":        `{"id":111,"type":"order"}`,
		"store/order/statusUpdated":  `{"id":111,"status":{"new_status_id":4,"previous_status_id":2},"type":"order"}`,
	})
	require.NoError(t, s.Delete("orders", 111))
	check(map[string]string{"store/order/archived": `{"id":111,"type":"order"}`})

	simple, optioned := products(t, s)
	change("products", simple, object{"price": 3})
	check(map[string]string{"store/product/updated": fmt.Sprintf(`{"id":%d,"type":"product"}`, simple)})
	change("products", simple, object{"inventory_level": 4})
	check(map[string]string{
		"store/product/updated":           fmt.Sprintf(`{"id":%d,"type":"product"}`, simple),
		"store/product/inventory/updated": fmt.Sprintf(`{"id":%d,"inventory":{"method":"absolute","product_id":%[1]d,"value":4},"type":"product"}`, simple),
	})
	variant := get[struct{ Data []struct{ ID, SKUID int64 } }](t, s, fmt.Sprintf("/v3/catalog/products/%d/variants", optioned)).Data[0].ID
	change("variants", variant, object{"price": 4.5})
	check(map[string]string{
		"store/sku/updated": fmt.Sprintf(`{"id":%d,"sku":{"product_id":%d,"variant_id":%d},"type":"sku"}`, variant+5000, optioned, variant),
	})
	require.NoError(t, s.ChangeSettings(bigcommercesim.Settings{Domain: new("new.example.com")}))
	check(map[string]string{"store/information/updated": `{"type":"store"}`})
}

func addresses(t *testing.T, id int) int {
	return len(get[page](t, store(t, nil), fmt.Sprintf("/v3/customers/addresses?customer_id:in=%d", id)).Data)
}

// products returns one without options and one with.
func products(t *testing.T, s *bigcommercesim.Server) (simple, optioned int64) {
	for _, p := range get[page](t, s, "/v3/catalog/products?limit=250").Data {
		id := int64(p["id"].(float64))
		if p["base_variant_id"] == nil {
			optioned = id
		} else {
			simple = id
		}
	}
	require.NotZero(t, simple*optioned)
	return simple, optioned
}

// TestPayloadsHaveTheDocumentedFields compares names and types with the
// example deliveries of BigCommerce's docs.
func TestPayloadsHaveTheDocumentedFields(t *testing.T) {
	folder, err := contract.Folder()
	if errors.Is(err, contract.ErrAbsent) {
		t.Skip(err)
	}
	require.NoError(t, err)
	root := filepath.Join(folder, "webhooks")
	s, r := store(t, nil), receive(t)
	r.hook(t, s, everything...)
	_, optioned := products(t, s)
	variant := get[struct{ Data []struct{ ID int64 } }](t, s, fmt.Sprintf("/v3/catalog/products/%d/variants", optioned)).Data[0].ID
	for file, do := range map[string]func() error{
		"store_customer_updated": func() error { _, err := s.Update("customers", 1, object{"company": "X"}); return err },
		"store_customer_address_created": func() error {
			_, err := s.Update("customers", 2, object{"addresses": []object{{"city": "Leeds"}}})
			return err
		},
		"store_subscriber_updated":        func() error { _, err := s.Update("subscribers", 1, object{"consents": []string{}}); return err },
		"store_order_statusUpdated":       func() error { _, err := s.Update("orders", 111, object{"status_id": 10}); return err },
		"store_order_refund_created":      func() error { _, _, err := s.Refund(object{"order_id": 112}); return err },
		"store_product_inventory_updated": func() error { _, err := s.Update("products", 77, object{"inventory_level": 999}); return err },
		"store_sku_updated":               func() error { _, err := s.Update("variants", variant, object{"upc": "1"}); return err },
	} {
		raw, err := os.ReadFile(filepath.Join(root, file+".json"))
		require.NoError(t, err)
		var want object
		require.NoError(t, json.Unmarshal(raw, &want))
		require.NoError(t, do())
		var shapes []string
		require.Eventually(t, func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			shapes = nil
			for _, one := range r.got {
				var got object
				if json.Unmarshal(one.body, &got) == nil {
					shapes = append(shapes, shapeOf(got))
				}
			}
			return slices.Contains(shapes, shapeOf(want))
		}, 5*time.Second, 5*time.Millisecond, "%s: want %s, got %v", file, shapeOf(want), &shapes)
	}
}

// shapeOf is the names and types of a value.
func shapeOf(v any) string {
	o, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprintf("%T", v)
	}
	names := keys(o)
	slices.Sort(names)
	out := "{"
	for _, name := range names {
		out += name + ":" + shapeOf(o[name]) + " "
	}
	return out + "}"
}

func TestSilentChanges(t *testing.T) {
	s, r := store(t, nil), receive(t)
	r.hook(t, s, everything...)
	simple, _ := products(t, s)
	for _, c := range []struct {
		entity string
		id     int64
		fields object
	}{
		{"customers", 1, object{"form_fields": []object{{"name": "Shoe size", "value": 41}}}},
		{"products", simple, object{"custom_fields": []object{{"name": "fancy hats", "value": "Perhaps"}}}},
		{"products", simple, object{"mpn": "M-1", "gtin": "123"}},
		{"brands", 35, object{"name": "Renamed"}},
	} {
		_, err := s.Update(c.entity, c.id, c.fields)
		require.NoError(t, err)
	}
	require.Zero(t, s.Webhooks().Pending)
	require.Empty(t, r.take(t, s, 0))
	p := get[struct{ Data object }](t, s, fmt.Sprintf("/v3/catalog/products/%d?include=custom_fields", simple)).Data
	require.Equal(t, "Perhaps", p["custom_fields"].([]any)[0].(object)["value"])
	require.NotEqual(t, startOfTests.Format("2006-01-02T15:04:05-07:00"), p["date_modified"], "the date stays")
}

func TestFailedDeliveriesAreRetriedThenTheHookStops(t *testing.T) {
	s, r := store(t, func(o *bigcommercesim.Options) { o.WebhookRetryScale = 1e-7 }), receive(t)
	r.hook(t, s, "store/customer/updated")
	r.fail = 3
	_, err := s.Update("customers", 1, object{"company": "X"})
	require.NoError(t, err)
	r.take(t, s, 1)
	require.Equal(t, 3, s.Webhooks().Failed)

	r.mu.Lock()
	r.fail = 1000
	r.mu.Unlock()
	_, err = s.Update("customers", 1, object{"company": "Y"})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.Webhooks().Deactivated == 1 }, 10*time.Second, time.Millisecond)
	require.Equal(t, 3+12, s.Webhooks().Failed)
	require.Len(t, get[page](t, s, "/v3/hooks?is_active=false").Data, 1)
}

func TestDeliveriesGoAstrayToOrder(t *testing.T) {
	s, r := store(t, nil), receive(t)
	r.hook(t, s, "store/customer/updated")
	touch := func(n int) {
		for id := range n {
			_, err := s.Update("customers", int64(id)+1, object{"company": "X"})
			require.NoError(t, err)
		}
	}
	require.NoError(t, s.SetDelivery(bigcommercesim.Delivery{Double: 1}))
	touch(3)
	got := r.take(t, s, 6)
	messages := map[string]int{}
	for _, one := range got {
		messages[one.header.Get("webhook-id")]++
	}
	require.Len(t, messages, 3, "a doubled delivery repeats its id")

	require.NoError(t, s.SetDelivery(bigcommercesim.Delivery{Suppress: 1}))
	touch(3)
	require.Equal(t, 3, s.Webhooks().Suppressed)
	require.NoError(t, s.SetDelivery(bigcommercesim.Delivery{Reorder: 1}))
	touch(20)
	require.Eventually(t, func() bool { return s.Webhooks().Pending == 0 }, 10*time.Second, time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	var order []float64
	for _, one := range r.got {
		order = append(order, one.Data["id"].(float64))
	}
	require.Len(t, order, 20)
	require.False(t, slices.IsSorted(order))
	require.Error(t, s.SetDelivery(bigcommercesim.Delivery{Double: 2}))
}
