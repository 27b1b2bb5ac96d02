package browser

import (
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// connectsASecondStore connects another store of an Ometria account, which wants
// a prefix, while BigCommerce rests at times.
func connectsASecondStore(w *world) {
	s, b := w.shops[second], w.open(wide)
	first := w.connect(w.shops[shoes])
	b.signIn(adminToken)
	b.visit("/connections/new")
	b.fill("Identification Code", first.IdentificationCode)
	b.press("New authentication")
	b.authenticate(s, s.key, s.token)
	b.press("Back")
	b.press("New authentication")
	assert.Equal(w.t, s.clientID, evaluate[string](b, `document.getElementById("client_id").value`), "going back loses nothing")
	assert.Empty(w.t, evaluate[string](b, `document.getElementById("access_token").value`), "but secrets")
	b.authenticate(s, s.key, s.token)
	b.press("Create")
	b.sees("This cannot be checked from here")
	b.click("field", "Yes, this is the store")
	b.press("Next")

	away, err := s.Faults().Order(faults.Fault{Method: "GET", Path: "/v2/order_statuses", Status: 503})
	require.NoError(w.t, err)
	b.press("Next")
	b.sees("could not be read", "You can go on without them")
	assert.True(w.t, s.Faults().Remove(away.ID))
	b.press("Try again")
	b.press("Add a custom status")
	b.fill("Custom status", "Redy to pick")
	b.fill("Status in Ometria for the custom status", "picked")
	b.press("Next")
	b.sees("The store has no order status")
	assert.Equal(w.t, 1, b.count(`input[value="Redy to pick"][aria-invalid=true]`))
	b.fill("Custom status", "Ready to pick")
	b.press("Next")

	b.sees("Review")
	b.press("Finish")
	b.sees("Another store sends its records to this Ometria account already")
	b.fill("Record ID prefix", "two-")
	b.press("Finish")
	w.until("a prefixed order is in", func() bool {
		ids := w.account(s).IDs("order", "")
		return len(ids) > 0 && strings.HasPrefix(ids[0], "two-")
	})
}
