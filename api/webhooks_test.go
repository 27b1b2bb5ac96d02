package api

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func delivery(scope, data string) string {
	return fmt.Sprintf(`{"scope":%q,"store_id":"1001","data":%s,"hash":"cafe","created_at":1732395600,"producer":"stores/abc1"}`, scope, data)
}

// deliver posts as BigCommerce does.
func (s *service) deliver(id connection.ID, secret, body string) answer {
	s.t.Helper()
	headers := []string{}
	if secret != "" {
		headers = []string{connection.WebhookSecretHeader, secret}
	}
	return s.call("", "POST", "/webhooks/bigcommerce/"+string(id), body, headers...)
}

func (s *service) dirty(k connection.RecordKey) bool {
	s.t.Helper()
	row, err := s.store.Record(s.t.Context(), k)
	if err != nil {
		require.ErrorIs(s.t, err, store.ErrNotFound)
		return false
	}
	return row.DirtySeq > 0
}

// watched is a service whose webhook counter can be read.
func watched(t *testing.T, adjust ...func(*Options)) (s *service, count func(result string) float64) {
	t.Helper()
	registry := prometheus.NewRegistry()
	s = newService(t, append(adjust, func(o *Options) { o.Registerer, o.Gatherer = registry, registry })...)
	s.gatherer = registry
	return s, func(result string) float64 { return gathered(t, registry, "obc_webhooks_total", result) }
}

// gathered is a counter's value by its only label.
func gathered(t *testing.T, from prometheus.Gatherer, name, label string) float64 {
	t.Helper()
	families, err := from.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == label {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no %s for %s", name, label)
	return 0
}

func TestDeliveriesMarkTheirRecord(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	secret := s.secret(id)
	cases := []struct {
		scope, data string
		entity      connection.Entity
		record      connection.RecordID
	}{
		{"store/order/statusUpdated", `{"type":"order","id":250}`, connection.Orders, 250},
		{"store/customer/created", `{"type":"customer","id":7}`, connection.Customers, 7},
		{"store/customer/address/updated", `{"type":"customer","id":900,"address":{"customer_id":8}}`, connection.Customers, 8},
		{"store/subscriber/deleted", `{"type":"subscriber","id":12}`, connection.Subscribers, 12},
		{"store/product/updated", `{"type":"product","id":206}`, connection.Products, 206},
		{"store/sku/updated", `{"type":"sku","id":461,"sku":{"product_id":207,"variant_id":509}}`, connection.Products, 207},
		{"store/shipment/created", `{"type":"shipment","id":3,"orderId":251}`, connection.Orders, 251},
	}
	for _, c := range cases {
		got := s.deliver(id, secret, delivery(c.scope, c.data)).want(200)
		assert.Empty(t, got.Body)
		assert.True(t, s.dirty(key(id, c.entity, c.record)), c.scope)
	}
	assert.Equal(t, float64(len(cases)), count("accepted"))
	assert.Equal(t, int64(len(cases)), s.woken.Load())
	assert.NotNil(t, s.call(supportToken, "GET", "/v1/connections/"+string(id), nil).object()["last_webhook_at"])
	assert.NotContains(t, s.logs.String(), secret)
}

// BigCommerce really made these calls, so they get 200 whatever they say.
func TestDeliveriesAboutNothingWeSync(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	for body, result := range map[string]string{
		delivery("store/category/updated", `{"type":"category"}`):            "ignored",
		delivery("store/anything/new", `{"type":"order","id":3}`):            "ignored",
		delivery("store/order/created", `{"type":"order","id":-3}`):          "ignored",
		delivery("store/order/metafield/created", `{"type":"order","id":3}`): "ignored",
		delivery("store/information/updated", `{"type":"store"}`):            "noted",
		`{"scope":`: "unreadable",
		`[]`:        "unreadable",
		"":          "unreadable",
		delivery("store/order/created", `{"type":"order","id":92233720368547758070}`): "unreadable",
		delivery("store/order/created", `{"type":"order","id":"jane@example.com"}`):   "unreadable",
		"\x00\xff": "unreadable",
	} {
		before := count(result)
		s.deliver(id, s.secret(id), body).want(200)
		assert.Equal(t, before+1, count(result), body)
	}
	rows, _, err := s.store.Records(t.Context(), id, store.Filter{}, "", 10)
	require.NoError(t, err)
	assert.Empty(t, rows)
}

func TestForgedAndOrphanedDeliveries(t *testing.T) {
	s, count := watched(t)
	id, other := s.connection("abc1"), s.connection("abc2")
	secret := s.secret(id)
	order := delivery("store/order/created", `{"type":"order","id":250}`)

	for _, forged := range []string{"", "guess", secret[:len(secret)-1], secret + "x", strings.ToUpper(secret) + "!"} {
		s.deliver(id, forged, order).problem(http.StatusUnauthorized)
	}
	assert.Equal(t, 5.0, count("forged"))

	// Ours, but of another connection, or of an address that never was.
	s.deliver(other, secret, order).want(200)
	s.deliver("no-such-connection", secret, order).want(200)
	s.deliver(connection.NewID(), secret, order).want(200)
	assert.Equal(t, 3.0, count("orphaned"))
	assert.False(t, s.dirty(key(other, connection.Orders, 250)))

	require.NoError(t, s.store.Erase(t.Context(), id))
	s.deliver(id, secret, order).want(200)
	s.deliver(id, secret, "not even JSON").want(200)
	assert.Equal(t, 5.0, count("orphaned"))
	assert.False(t, s.dirty(key(id, connection.Orders, 250)), "leaves no row")
	assert.Equal(t, 0.0, count("accepted"))
}

func TestOversizedDelivery(t *testing.T) {
	s, count := watched(t, func(o *Options) { o.WebhookBodyLimit = 1000 })
	id := s.connection("abc1")
	s.deliver(id, s.secret(id), strings.Repeat("x", 1001)).problem(http.StatusRequestEntityTooLarge)
	assert.Equal(t, 1.0, count("too_large"))
	s.deliver(id, s.secret(id), strings.Repeat("x", 1000)).want(200)
}

// While another process holds the database's write lock nothing can be
// committed: BigCommerce is asked to come again, and afterwards it is 200.
func TestDeliveryThatCannotBeCommitted(t *testing.T) {
	s, count := watched(t, func(o *Options) { o.WebhookTimeout = 200 * time.Millisecond })
	id := s.connection("abc1")
	secret := s.secret(id)
	order := delivery("store/order/created", `{"type":"order","id":250}`)

	db, err := sql.Open("sqlite", s.database)
	require.NoError(t, err)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	began := time.Now()
	got := s.deliver(id, secret, order)
	got.problem(http.StatusServiceUnavailable)
	assert.Less(t, time.Since(began), 5*time.Second)
	assert.NotEmpty(t, got.Header.Get("Retry-After"))
	assert.Equal(t, 1.0, count("unavailable"))
	_, err = conn.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.deliver(id, secret, order).Status == 200 }, 10*time.Second, 20*time.Millisecond)
	assert.True(t, s.dirty(key(id, connection.Orders, 250)))

	require.NoError(t, s.store.Close())
	s.deliver(id, secret, order).problem(http.StatusServiceUnavailable)
}

func TestAppUninstalled(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	body := delivery("store/app/uninstalled", `{"type":"store"}`)
	for range 2 {
		s.deliver(id, s.secret(id), body).want(200)
	}
	attention := s.call(supportToken, "GET", "/v1/connections/"+string(id), nil).want(200).object()["attention"].([]any)
	require.Len(t, attention, 1)
	assert.Equal(t, "app_uninstalled", attention[0].(map[string]any)["code"])
	assert.Equal(t, 2.0, count("noted"))
	assert.Contains(t, s.logs.String(), "api account uninstalled")
	// Who does not know the secret cannot say so.
	other := s.connection("abc2")
	s.deliver(other, "guess", body).problem(401)
	assert.Empty(t, s.call(supportToken, "GET", "/v1/connections/"+string(other), nil).object()["attention"])
}

// Many at once: each is answered once its own row is on disk.
func TestConcurrentDeliveries(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	secret := s.secret(id)
	const callers, each = 16, 10
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for i := range each {
				record := caller*each + i + 1
				got := s.deliver(id, secret, delivery("store/order/updated", fmt.Sprintf(`{"type":"order","id":%d}`, record)))
				assert.Equal(t, 200, got.Status)
				assert.True(t, s.dirty(key(id, connection.Orders, connection.RecordID(record))))
			}
		})
	}
	group.Wait()
	assert.Equal(t, float64(callers*each), count("accepted"))
}

// The intake asks Temporal nothing.
func TestIntakeWithoutTemporal(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.starter.take()
	s.starter.fail(context.DeadlineExceeded)
	s.deliver(id, s.secret(id), delivery("store/order/created", `{"type":"order","id":250}`)).want(200)
	assert.Empty(t, s.starter.take())
}

// Every result is shown from the start, so that a rate of the rare ones works.
func TestWebhookResultsAreAllShown(t *testing.T) {
	_, count := watched(t)
	for _, r := range webhookResults {
		assert.Zero(t, count(string(r)))
	}
}
