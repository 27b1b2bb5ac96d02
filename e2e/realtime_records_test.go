package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRealTime goes through what may happen to single records while everything
// runs. The parts share one world, and each has records of its own.
func TestRealTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, part := range []struct {
		name string
		do   func(*testing.T, *world)
	}{
		{"an older state held back", olderStateHeldBack},
		{"events while it runs", eventsWhileItRuns},
		{"a customer's events", customersEvents},
		{"gone and there again", goneAndThereAgain},
		{"deletions", deletions},
	} {
		t.Run(part.name, func(t *testing.T) {
			part.do(t, w.in(t))
		})
	}
}

// olderStateHeldBack holds a push of version 1 back on its way while the record
// changes, and while a re-sync reads it again.
func olderStateHeldBack(t *testing.T, w *world) {
	id, bystander := w.ids("customers")[0], w.ids("products")[0]
	before, came := len(w.pushed(customer(id), "lastname")), w.ometria.count(pushes(customer(id)))
	held := w.ometria.holdBack(t, pushes(customer(id)))
	w.change("customers", id, map[string]any{"last_name": "Version1"})
	held.await(t, "the push of version 1")

	w.change("customers", id, map[string]any{"last_name": "Version2"})
	others := w.ometria.count(pushes(customer(w.ids("customers")[1])))
	_, err := w.api.Act(t.Context(), w.connection, "resync", map[string]any{"entities": []string{"customers"}})
	require.NoError(t, err)
	w.await("the re-sync's push of the other customers", func() bool {
		return w.ometria.count(pushes(customer(w.ids("customers")[1]))) > others
	})
	w.lap(bystander)
	assert.Equal(t, came+1, w.ometria.count(pushes(customer(id))), "nothing is pushed of a record while a push of it is on its way")

	held.deliver()
	w.arrives(customer(id), "lastname", "Version2")
	w.settles("customers", id)
	versions := w.pushed(customer(id), "lastname")[before:]
	assert.Equal(t, "Version1", versions[0])
	for _, later := range versions[1:] {
		assert.Equal(t, "Version2", later)
	}
}

// eventsWhileItRuns lets twenty webhooks come while the record's fetch is held
// back: one more fetch, which finds the last state, answers them all.
func eventsWhileItRuns(t *testing.T, w *world) {
	id, bystander := w.ids("customers")[2], w.ids("products")[1]
	fetches, pushed := w.store.count(reads("customers", id)), w.ometria.count(pushes(customer(id)))
	held := w.store.holdBack(t, reads("customers", id))
	w.change("customers", id, map[string]any{"last_name": "First"})
	held.await(t, "the fetch")

	came := w.door.count()
	for n := range 20 {
		w.change("customers", id, map[string]any{"last_name": fmt.Sprintf("Change%d", n+1)})
	}
	answered := func() (answered int) {
		for _, d := range w.door.since(came) {
			if d.kind == "customer" && d.id == id {
				assert.Equal(t, http.StatusOK, d.status)
				answered++
			}
		}
		return answered
	}
	w.await("an answer to each webhook", func() bool { return answered() == 20 })
	w.lap(bystander)
	w.lap(bystander) // the run has been told of all of them
	held.deliver()

	w.settles("customers", id)
	w.lap(bystander)
	w.settles("customers", id)
	assert.Equal(t, "Change20", w.atOmetria(customer(id))["lastname"])
	assert.Equal(t, 2, w.store.count(reads("customers", id))-fetches, "the fetch held back, and one more")
	assert.Equal(t, 2, w.ometria.count(pushes(customer(id)))-pushed)
	assert.Equal(t, 20, answered())
}

// customersEvents shows that an event about a customer, be it of an address
// alone, brings everything of the customer that Ometria shows, also what
// changes without an event of its own.
func customersEvents(t *testing.T, w *world) {
	id := w.ids("customers")[3]
	w.change("customers", id, map[string]any{"email": "New.Address@Example.com", "first_name": "Nova"})
	w.arrives(customer(id), "email", "new.address@example.com")
	assert.Equal(t, "Nova", w.atOmetria(customer(id))["firstname"])

	came := w.door.count()
	w.change("customers", id, map[string]any{"form_fields": []map[string]any{{"name": "Shoe size", "value": "42"}}})
	assert.Equal(t, came, w.door.count(), "a form field has no event")
	w.change("customers", id, map[string]any{"addresses": []map[string]any{{
		"address1": "1 New Street", "city": "Lisbon", "country_code": "PT", "country": "Portugal", "postal_code": "1000-001",
	}}})
	w.arrives(customer(id), "country_id", "PT")
	properties, _ := w.atOmetria(customer(id))["properties"].(map[string]any)
	assert.Equal(t, "42", fmt.Sprint(properties["shoe_size"]))
	for _, d := range w.door.since(came) {
		assert.Contains(t, d.scope, "store/customer/address/", "no event but the address's")
	}
}

// goneAndThereAgain lets the store deny a product once, which is no deletion,
// then twice, which is one, and then have it again.
func goneAndThereAgain(t *testing.T, w *world) {
	blinks, returns := w.ids("products")[2], w.ids("products")[3]
	before := len(w.pushed(product(blinks), "is_active"))
	w.store.gone(1, "products", blinks)
	w.change("products", blinks, map[string]any{"name": "Blinks", "is_visible": true})
	there := w.store.gone(-1, "products", returns)
	w.change("products", returns, map[string]any{"name": "Returns", "is_visible": true})

	w.arrives(product(blinks), "title", "Blinks")
	assert.NotContains(t, w.pushed(product(blinks), "is_active")[before:], false, "one answer that says gone is no deletion")
	w.arrives(product(returns), "is_active", false)
	assert.Equal(t, "deleted", w.settles("products", returns).Outcome)
	there()
	w.change("products", returns, map[string]any{"name": "Returned"})
	w.arrives(product(returns), "title", "Returned")
	assert.Equal(t, true, w.atOmetria(product(returns))["is_active"])
	assert.Equal(t, "accepted", w.settles("products", returns).Outcome)
}

// deletions takes a record of each entity away and sees what Ometria is told.
func deletions(t *testing.T, w *world) {
	created := func(entity string, fields map[string]any) int64 {
		id, _, err := w.shop.Create(entity, fields)
		require.NoError(t, err)
		return id
	}
	hat := created("products", map[string]any{"name": "Hat", "type": "physical", "weight": 1, "price": 19.5})
	dora := created("customers", map[string]any{"email": "dora.gone@example.com", "first_name": "Dora", "last_name": "Gone"})
	in := created("subscribers", map[string]any{"email": "in@example.com", "consents": []string{"marketing_newsletter"}})
	out := created("subscribers", map[string]any{"email": "out@example.com", "consents": []string{}})
	sale := created("orders", map[string]any{"status_id": 11})
	all := map[string]struct {
		id int64
		at key
	}{
		"products": {hat, product(hat)}, "customers": {dora, customer(dora)}, "orders": {sale, orderAt(sale)},
	}
	for entity, one := range all {
		w.await(entity+" at Ometria", func() bool { return w.atOmetria(one.at) != nil })
		w.settles(entity, one.id)
	}
	for _, id := range []int64{in, out} {
		w.await("subscriber at Ometria", func() bool { return w.atOmetria(subscriber(id)) != nil })
		w.settles("subscribers", id)
	}
	title := w.atOmetria(product(hat))["title"]
	pushedOf := func(k key) int { return w.ometria.count(pushes(k)) }
	ofDora, ofOut := pushedOf(customer(dora)), pushedOf(subscriber(out))

	for entity, one := range all {
		require.NoError(t, w.shop.Delete(entity, one.id))
	}
	require.NoError(t, w.shop.Delete("subscribers", in))
	require.NoError(t, w.shop.Delete("subscribers", out))

	w.arrives(product(hat), "is_active", false)
	assert.Equal(t, title, w.atOmetria(product(hat))["title"], "the rest of the record is kept")
	w.arrives(orderAt(sale), "is_valid", false)
	w.arrives(subscriber(in), "marketing_optin", "EXPLICITLY_OPTEDOUT")
	for entity, one := range all {
		w.await(entity+" deleted", func() bool { return w.story(entity, one.id).Outcome == "deleted" })
	}
	for _, id := range []int64{in, out} {
		w.await("subscriber deleted", func() bool { return w.story("subscribers", id).Outcome == "deleted" })
	}
	assert.Equal(t, ofDora, pushedOf(customer(dora)), "a customer who leaves has not opted out")
	assert.Equal(t, ofOut, pushedOf(subscriber(out)), "who was never seen to be in is not opted out")
}
