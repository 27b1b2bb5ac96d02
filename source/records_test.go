package source_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/contract"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/source"
)

// shop is a simulated store, its client, and what was asked of it.
type shop struct {
	client *bigcommerce.Client
	server *bigcommercesim.Server

	mu       sync.Mutex // guards requests
	requests []string   // method and path, in order
}

func newShop(t *testing.T) *shop {
	t.Helper()
	o := bigcommercesim.DefaultOptions()
	o.Customers, o.Subscribers, o.Products, o.Orders = 60, 0, 60, 300
	o.Quota = bigcommercesim.Quota{}
	s := &shop{}
	var err error
	s.server, err = bigcommercesim.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.server.Close() })
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, route, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/stores/"), "/")
		s.mu.Lock()
		s.requests = append(s.requests, route)
		s.mu.Unlock()
		s.server.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s.client, err = bigcommerce.New(bigcommerce.Config{BaseURL: web.URL, StoreHash: "simstore", AccessToken: "bigcommerce-token", Transport: contract.Transport(t, transport)})
	require.NoError(t, err)
	return s
}

// asked returns the requests since it was last called.
func (s *shop) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.requests
	s.requests = nil
	return asked
}

func (s *shop) reader(t *testing.T) *source.Reader {
	t.Helper()
	r, err := source.New(source.Config{
		Connection: connection.Connection{ID: "c", Timezone: "UTC", Store: connection.StoreInfo{Domain: "shop.test", SecureURL: "https://shop.test", Currency: "USD"}},
		Shop:       s.client, Account: "a", FingerprintKey: []byte("key"),
	})
	require.NoError(t, err)
	return r
}

// The lines of a page of orders come with the page, from all four kinds of
// consignments; only an order that outgrew it is asked for by itself.
func TestLinesComeWithThePage(t *testing.T) {
	s := newShop(t)
	page, err := s.client.Orders.Page(t.Context(), bigcommerce.OrderFilter{MinID: 300, Limit: 100})
	require.NoError(t, err)
	require.Len(t, page.Records, 100)
	kinds := map[string]bool{}
	cut := map[int64]bool{}
	for _, o := range page.Records {
		kinds["pickup"] = kinds["pickup"] || len(o.Consignments.Pickups) > 0
		kinds["shipping"] = kinds["shipping"] || len(o.Consignments.Shipping) > 0
		kinds["download"] = kinds["download"] || len(o.Consignments.Downloads) > 0
		kinds["email"] = kinds["email"] || len(o.Consignments.Email.GiftCertificates) > 0
		if o.LinesTruncated() {
			cut[o.ID] = true
		}
	}
	assert.Equal(t, map[string]bool{"pickup": true, "shipping": true, "download": true, "email": true}, kinds)
	require.Equal(t, map[int64]bool{375: true}, cut, "the one of sixty lines")

	records, err := s.reader(t).Orders(t.Context(), page)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"v2/orders", "v2/orders/375/products", "v3/orders/payment_actions/refunds"}, s.asked(),
		"one request for the page, one for the order that was cut, one for all refunds")

	for _, record := range records {
		o := record.Source.(bigcommerce.Order)
		want, err := s.client.Orders.Products(t.Context(), o.ID)
		require.NoError(t, err)
		result := record.Map(connection.RecordState{Exists: true})
		require.Nil(t, result.Skip)
		require.Nil(t, result.Reject)
		lines := result.Records[0].(*ometria.Order).LineItems
		require.Len(t, lines, len(want), "order %d", o.ID)
	}
}

// One report tells of consignments whose lists of lines came back empty.
func TestEmptyConsignmentsAreReadFromTheOrder(t *testing.T) {
	s := newShop(t)
	order, err := s.client.Orders.Get(t.Context(), 310)
	require.NoError(t, err)
	want := len(order.Lines())
	require.Positive(t, want)
	for i := range order.Consignments.Shipping {
		order.Consignments.Shipping[i].LineItems = nil
	}
	order.Consignments.Pickups, order.Consignments.Downloads = nil, nil
	s.asked()
	records, err := s.reader(t).Orders(t.Context(), bigcommerce.Page[bigcommerce.Order]{Records: []bigcommerce.Order{order}})
	require.NoError(t, err)
	assert.Contains(t, s.asked(), "v2/orders/310/products")
	assert.Len(t, records[0].Map(connection.RecordState{Exists: true}).Records[0].(*ometria.Order).LineItems, want)
}

// BigCommerce shows ten addresses and ten attributes of a customer. The rest is
// read whichever way the customer is: a change must not push less than a walk.
func TestCustomersComeWhole(t *testing.T) {
	s := newShop(t)
	var addresses, attributes []map[string]any
	for n := range 12 {
		addresses = append(addresses, map[string]any{"city": "Leeds", "country_code": "GB"})
		attributes = append(attributes, map[string]any{"attribute_id": n + 1, "attribute_value": "x"})
	}
	fields, err := json.Marshal(map[string]any{"email": "many@example.com", "addresses": addresses, "attributes": attributes})
	require.NoError(t, err)
	id := create(t, s, "customers", string(fields))
	alone, err := s.reader(t).Record(t.Context(), connection.Customers, connection.RecordID(id))
	require.NoError(t, err)
	customer := alone.Source.(bigcommerce.Customer)
	assert.Len(t, customer.Addresses, 12)
	assert.Len(t, customer.Attributes, 12)

	page, err := s.client.Customers.ByIDs(t.Context(), id, s.firstCustomer(t))
	require.NoError(t, err)
	records, err := s.reader(t).Customers(t.Context(), page)
	require.NoError(t, err)
	for _, record := range records {
		if record.ID == alone.ID {
			assert.Equal(t, alone.Fingerprint, record.Fingerprint)
		}
	}
}

// Products come with every category above theirs.
func TestProductsCarryTheirCategoryPath(t *testing.T) {
	s := newShop(t)
	parent := create(t, s, "categories", `{"name":"Men","parent_id":0}`)
	child := create(t, s, "categories", fmt.Sprintf(`{"name":"Shoes","parent_id":%d}`, parent))
	id := create(t, s, "products", fmt.Sprintf(`{"name":"Brogue","price":12,"categories":[%d]}`, child))
	record, err := s.reader(t).Record(t.Context(), connection.Products, connection.RecordID(id))
	require.NoError(t, err)
	var labels []string
	for _, a := range record.Map(connection.RecordState{}).Records[0].(*ometria.Product).Attributes {
		if a.Type == "category" {
			labels = append(labels, a.Label)
		}
	}
	assert.Equal(t, []string{"Shoes", "Men"}, labels)
	assert.True(t, slices.Contains(s.asked(), fmt.Sprintf("v3/catalog/products/%d", id)))
}

func create(t *testing.T, s *shop, entity, fields string) int64 {
	t.Helper()
	id, _, err := s.server.Create(entity, json.RawMessage(fields))
	require.NoError(t, err)
	return id
}
