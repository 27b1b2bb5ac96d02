package browser

import (
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// shopper is a person of a store, with an account, a newsletter subscription and
// an order.
type shopper struct {
	email           string
	customer, order int64
}

// settle makes the shopper a customer of a store.
func (p *shopper) settle(w *world, s *shop) {
	w.t.Helper()
	p.email = "planted.shopper@" + s.hash + ".example.com"
	person := map[string]any{"email": p.email, "first_name": "Plantedfirst", "last_name": "Plantedlast"}
	var err error
	p.customer, _, err = s.Create("customers", person)
	require.NoError(w.t, err)
	_, _, err = s.Create("subscribers", person)
	require.NoError(w.t, err)
	p.order, _, err = s.Create("orders", map[string]any{"customer_id": p.customer, "billing_address": person})
	require.NoError(w.t, err)
}

// refuse makes Ometria refuse a product and a subscriber of a store.
func (w *world) refuse(s *shop) (product string) {
	w.t.Helper()
	products, err := s.IDs("products", 0, 1)
	require.NoError(w.t, err)
	subscribers, err := s.IDs("subscribers", 0, 1)
	require.NoError(w.t, err)
	product = strconv.FormatInt(products[0], 10)
	account := w.account(s)
	require.NoError(w.t, account.Reject(ometriasim.Rule{Type: "product", ID: product, When: "now"}))
	require.NoError(w.t, account.Reject(ometriasim.Rule{
		Type: "contact", Collection: "subscribers", ID: strconv.FormatInt(subscribers[0], 10), When: "later",
		ErrorPath: "email", ErrorMessage: "domain takes no mail",
	}))
	return product
}

// refuseHook makes the next setup end: a webhook is refused for want of a scope.
func (s *shop) refuseHook(w *world) {
	w.t.Helper()
	_, err := s.Faults().Order(faults.Fault{
		Method: "POST", Path: "/v3/hooks", Status: 403, Skip: 3, Times: 1,
		Body: `{"status":403,"title":"You don't have a required scope to access the endpoint"}`,
	})
	require.NoError(w.t, err)
}

// tour goes through every screen of a service that has no connection yet, as an
// admin, and shows each under its name.
func tour(w *world, b *tab, s *shop, show func(name string)) {
	who := shopper{}
	who.settle(w, s)
	product := w.refuse(s)

	b.visit("/")
	show("sign-in")
	b.fill("Token", "planted-wrong-token-0123456789")
	b.press("Sign in")
	show("sign-in-refused")
	b.fill("Token", adminToken)
	b.press("Sign in")
	show("first-steps")

	b.press("Connect BigCommerce")
	show("wizard-1-sync")
	b.press("Next")
	show("wizard-1-sync-errors")
	b.fill("Identification Code", s.hash)
	b.fill("Name of this connection", "Fancy Hats")
	b.press("New authentication")
	show("wizard-1-authentication")
	b.authenticate(s, "", s.another)
	b.press("Create")
	show("wizard-1-authentication-errors")
	b.authenticate(s, s.key, s.another)
	b.press("Create")
	show("wizard-2-test-failed")
	b.press("New authentication")
	b.authenticate(s, s.key, s.token)
	b.press("Create")
	show("wizard-2-test")
	b.click("field", "Yes, this is the store")
	b.press("Next")
	show("wizard-3-dates")
	b.press("Next")
	b.press("Add a custom status")
	show("wizard-4-mapping")
	b.press("Next")
	show("wizard-5-review")

	s.refuseHook(w)
	b.press("Finish")
	b.sees("The setup ended")
	show("connection-failed")
	w.ometria.Faults().SetLatency(700 * time.Millisecond)
	b.press("Set up again")
	b.sees("Bulk sync running")
	b.until("some are in", `[...document.querySelectorAll("progress")].some(p => p.value > 0)`)
	show("connection-syncing")
	w.ometria.Faults().SetLatency(0)
	b.sees("The history is in")
	connection := b.address()
	w.until("both refusals are known", func() bool {
		b.visit(connection + "/failures")
		return b.count(".rows > li") >= 2
	})
	show("failures")
	b.visit(connection)
	show("connection")

	b.press("Records")
	show("records")
	b.fill("Customer's e-mail", who.email)
	b.press("Look up")
	b.sees("Found in the store")
	show("records-found")
	b.visit(connection + "/records?entity=products&record_id=no+number")
	show("records-errors")
	b.visit(connection + "/records/products/" + product)
	show("record")
	b.press("Compare with Ometria")
	show("record-compared")
	b.press("Preview what would be sent")
	show("preview")
	b.visit(connection + "/records/orders/" + strconv.FormatInt(who.order, 10))
	show("record-order")
	b.visit(connection + "/records/orders/987654")
	show("record-unknown")
	b.press("Custom fields")
	show("custom-fields")
	b.press("Overview")
	b.press("Re-sync")
	show("resync")
	b.visit(connection + "/authentication")
	show("authentication")
	b.press("Create and test")
	show("authentication-errors")
	b.visit(connection + "/remove")
	b.press("Remove ")
	show("remove")
	b.visit(connection + "/log")
	show("connection-log")
	b.visit("/log")
	show("log")
	b.visit(connection + "/edit")
	show("edit-1-sync")
	b.press("Next")
	b.press("Next")
	show("edit-3-update")
	b.visit("/nowhere")
	show("nothing-here")
	b.visit("/")
	show("connections")
}
