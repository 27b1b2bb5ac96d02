package inspect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func (w *world) order(email string, fields map[string]any) connection.RecordKey {
	order := map[string]any{
		"billing_address": map[string]any{"first_name": "Jane", "last_name": "Doe", "email": email, "country": "United States", "country_iso2": "US"},
	}
	for name, value := range fields {
		order[name] = value
	}
	return w.make(connection.Orders, order)
}

func TestByEmail(t *testing.T) {
	w := newWorld(t)
	customer := w.customer()
	subscriber := w.make(connection.Subscribers, map[string]any{"email": strings.ToLower(jane)})
	w.make(connection.Customers, map[string]any{"email": "somebody@example.com"})
	w.make(connection.Subscribers, map[string]any{"email": "somebody@example.com"})
	first, other := w.order(strings.ToUpper(jane), nil), w.order("somebody@example.com", nil)
	second := w.order(jane, nil)
	third := w.order("work@example.com", map[string]any{"customer_id": int64(customer.RecordID)})
	w.remember(first, connection.RecordState{Exists: true})
	w.remember(other, connection.RecordState{Exists: true})

	for _, asked := range []string{jane, strings.ToLower(jane), strings.ToUpper(jane)} {
		found, err := w.ByEmail(w.ctx, w.c.ID, asked)
		require.NoError(t, err)
		assert.Equal(t, []Match{
			{connection.Customers, customer.RecordID, false},
			{connection.Subscribers, subscriber.RecordID, false},
			{connection.Orders, third.RecordID, false}, // newest first
			{connection.Orders, second.RecordID, false},
			{connection.Orders, first.RecordID, true},
		}, found)
	}
	found, err := w.ByEmail(w.ctx, w.c.ID, "nobody+here@example.com")
	require.NoError(t, err)
	assert.Empty(t, found)
	assert.NotNil(t, found)
	_, err = w.ByEmail(w.ctx, connection.NewID(), jane)
	assert.ErrorIs(t, err, store.ErrNotFound)
}

func TestByOrderNumber(t *testing.T) {
	w := newWorld(t)
	plain := w.order(jane, nil)
	amazon := w.order(jane, map[string]any{"external_order_id": "112-77"})
	for number, want := range map[string][]Match{
		plain.RecordID.String(): {{connection.Orders, plain.RecordID, false}},
		"112-77":                {{connection.Orders, amazon.RecordID, false}},
		"999999":                {},
		"none":                  {},
	} {
		found, err := w.ByOrderNumber(w.ctx, w.c.ID, number)
		require.NoError(t, err)
		assert.Equal(t, want, found, number)
	}
}

// Whoever was asked about stands in no log and in no row, whatever was asked.
func TestNothingPersonalIsKept(t *testing.T) {
	w := newWorld(t)
	key := w.customer()
	before := w.rows()
	p, err := w.Preview(w.ctx, key)
	require.NoError(t, err)
	w.push(p.Records)
	w.check(key)
	found, err := w.ByEmail(w.ctx, w.c.ID, jane)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, before, w.rows())
	require.NotEmpty(t, w.logs.String(), "the clients log at this level")
	for _, personal := range []string{"jane", "doe", "555-0123", "2125550123"} {
		assert.NotContains(t, strings.ToLower(w.logs.String()), personal)
		assert.False(t, w.written(personal), "%q is in the database", personal)
	}
	require.True(t, w.written("shop.example.com"), "the files are those that are written to")
}
