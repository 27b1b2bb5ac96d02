package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestDeliveriesAboutCategories(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	for _, scope := range []string{"store/category/created", "store/category/updated", "store/category/deleted"} {
		s.deliver(id, s.secret(id), delivery(scope, `{"type":"category","id":29}`)).want(200)
	}
	assert.Equal(t, 3.0, count("accepted"))
	changed, _, err := s.store.CategoryChanges(t.Context(), id, 0)
	require.NoError(t, err)
	assert.Equal(t, []int64{29}, changed)
	leased, err := s.store.LeaseCategories(t.Context(), time.Minute)
	require.NoError(t, err)
	require.NotNil(t, leased)
	assert.Equal(t, []int64{29}, leased.IDs)
	rows, _, err := s.store.Records(t.Context(), id, store.Filter{}, "", 10)
	require.NoError(t, err)
	assert.Empty(t, rows, "intake asks the store nothing, so it knows no product")
}

func TestDeliveriesAboutTheStoreAskForReconcile(t *testing.T) {
	s, count := watched(t)
	updated, uninstalled := s.connection("abc1"), s.connection("abc2")
	s.phase(updated, connection.Connected)
	s.phase(uninstalled, connection.Connected)
	s.starter.take()
	s.deliver(updated, s.secret(updated), delivery("store/information/updated", `{"type":"store"}`)).want(200)
	s.deliver(uninstalled, s.secret(uninstalled), producedBy("abc2", delivery("store/app/uninstalled", `{"type":"store"}`))).want(200)
	assert.Equal(t, 2.0, count("noted"))
	wishes, err := s.store.ReconcileWishes(t.Context(), 10)
	require.NoError(t, err)
	var asked []connection.ID
	for _, w := range wishes {
		asked = append(asked, w.ConnectionID)
	}
	assert.Equal(t, []connection.ID{updated, uninstalled}, asked)
	assert.Empty(t, s.starter.take(), "Temporal is not asked for it by the delivery")
	assert.Empty(t, s.attention(updated))
	assert.Equal(t, []string{"app_uninstalled"}, s.attention(uninstalled))
}

func producedBy(hash, body string) string {
	return strings.Replace(body, "stores/abc1", "stores/"+hash, 1)
}

// The ids of another store's records mean other records here.
func TestDeliveriesOfAnotherStoreMarkNothing(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	order := delivery("store/order/created", `{"type":"order","id":250}`)
	s.deliver(id, s.secret(id), producedBy("zzz9", order)).want(200)
	s.deliver(id, s.secret(id), producedBy("zzz9", delivery("store/app/uninstalled", `{"type":"store"}`))).want(200)
	assert.Equal(t, 2.0, count("foreign"))
	assert.False(t, s.dirty(key(id, connection.Orders, 250)))
	assert.Empty(t, s.attention(id))
	assert.Contains(t, s.logs.String(), "webhook of another store")

	// What names no store at all is taken for this one's.
	s.deliver(id, s.secret(id), `{"scope":"store/order/created","data":{"type":"order","id":250}}`).want(200)
	assert.True(t, s.dirty(key(id, connection.Orders, 250)))
}

// A connection that is held loses nothing meanwhile.
func TestDeliveriesForHeldConnections(t *testing.T) {
	s, count := watched(t)
	ctx := t.Context()
	for i, hold := range []func(id connection.ID) error{
		func(id connection.ID) error { return s.store.Pause(ctx, id) },
		func(id connection.ID) error {
			return s.store.Park(ctx, id, connection.Parked{Code: connection.OmetriaUnavailable})
		},
		func(id connection.ID) error { return s.store.Fail(ctx, id, connection.Failure{Code: "SetupGaveUp"}) },
		func(id connection.ID) error { _, err := s.store.SetPhase(ctx, id, connection.Removing); return err },
	} {
		hash := "abc" + string(rune('1'+i))
		id := s.connection(hash)
		require.NoError(t, hold(id))
		s.deliver(id, s.secret(id), producedBy(hash, delivery("store/order/created", `{"type":"order","id":250}`))).want(200)
		assert.Equal(t, float64(i+1), count("accepted"))
		assert.True(t, s.dirty(key(id, connection.Orders, 250)))
	}
}

// Whatever BigCommerce or a proxy makes of the envelope, it is taken for what it
// says inside.
func TestDeliveriesInOddEnvelopes(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	order := delivery("store/order/created", `{"type":"order","id":"250"}`)
	for _, headers := range [][]string{
		{"Content-Type", "text/plain"}, {"Content-Type", "application/x-www-form-urlencoded"}, {"Content-Type", "nonsense/"},
		{"Content-Encoding", "identity"}, {"Accept", "image/png"}, {"Authorization", "Bearer nobody"}, {"Idempotency-Key", ""},
	} {
		s.call("", "POST", "/webhooks/bigcommerce/"+string(id), order, append(headers, connection.WebhookSecretHeader, s.secret(id))...).want(200)
	}
	assert.Equal(t, 7.0, count("accepted"))
	assert.True(t, s.dirty(key(id, connection.Orders, 250)))
	s.call("", "POST", "/webhooks/bigcommerce/"+string(id), "\x1f\x8b\x08 not really gzip", "Content-Encoding", "gzip",
		connection.WebhookSecretHeader, s.secret(id)).want(200)
	assert.Equal(t, 1.0, count("unreadable"))
}

// A database that takes no more, or may not be written, is the one thing that
// asks BigCommerce to come again.
func TestDeliveryWhenTheDatabaseIsFullOrReadOnly(t *testing.T) {
	s, count := watched(t)
	id := s.connection("abc1")
	secret := s.secret(id)
	order := delivery("store/order/created", `{"type":"order","id":250}`)
	s.deliver(id, secret, order).want(200)
	var pages int
	require.NoError(t, s.store.DB().QueryRow("PRAGMA page_count").Scan(&pages))
	for i, trouble := range []struct{ begin, end string }{
		{"PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"}, // as many as there are: SQLite takes no fewer
		{"PRAGMA query_only = 1", "PRAGMA query_only = 0"},
	} {
		before := count("unavailable")
		_, err := s.store.DB().Exec(trouble.begin)
		require.NoError(t, err)
		last, refused := int64(0), false
		for n := int64(i+1) * 10_000; n < int64(i+1)*10_000+3000 && !refused; n++ { // fills the pages that are there
			got := s.deliver(id, secret, strings.Replace(order, "250", connection.RecordID(n).String(), 1))
			if refused = got.Status != 200; refused {
				got.problem(http.StatusServiceUnavailable)
				last = n
			}
		}
		require.True(t, refused, trouble.begin)
		assert.Equal(t, before+1, count("unavailable"))
		assert.False(t, s.dirty(key(id, connection.Orders, connection.RecordID(last))))
		_, err = s.store.DB().Exec(trouble.end)
		require.NoError(t, err)
		s.deliver(id, secret, strings.Replace(order, "250", connection.RecordID(last).String(), 1)).want(200)
		assert.True(t, s.dirty(key(id, connection.Orders, connection.RecordID(last))))
	}
}
