package browser

import (
	"fmt"
	"strconv"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// supports is a support agent's session: what they may do works, what they may
// not is neither shown nor accepted.
func supports(w *world) {
	s, b := w.shops[shoes], w.open(wide)
	c := w.connect(s)
	who := shopper{}
	who.settle(w, s)
	b.signIn(supportToken)
	assert.Zero(w.t, b.count(`a[href="/connections/new"]`))
	here := "/connections/" + c.ID
	b.visit(here)
	for _, never := range []string{"Pause", "Re-sync", "Update JavaScript tracking", "Edit", "Remove"} {
		assert.NotContains(w.t, b.text(), never)
	}
	record := here + "/records/customers/" + strconv.FormatInt(who.customer, 10)
	for _, address := range []string{"/connections/new", here + "/edit", here + "/resync", here + "/remove", record + "/preview"} {
		b.visit(address)
		b.sees("Not allowed")
	}
	for _, address := range []string{"/connections/new", here + "/pause", here + "/resume", here + "/script", here + "/resync", here + "/remove"} {
		status := evaluate[int](b, fmt.Sprintf(`fetch(%q, { method: "POST", body: new URLSearchParams({ confirmation: "remove", what: "orders" }) }).then(a => a.status)`, address))
		assert.Equal(w.t, 403, status, address)
	}
	found, err := w.api.Connection(w.t.Context(), c.ID)
	require.NoError(w.t, err)
	assert.Equal(w.t, "connected", found.Status)

	b.visit(here + "/records")
	b.fill("Id", who.email)
	b.click("button", "Show the record")
	assert.Equal(w.t, here+"/records", b.address(), "an e-mail address is no id: the browser keeps it")
	b.fill("Id", "")
	b.fill("Customer's e-mail", who.email)
	b.press("Look up")
	b.sees("Customer "+strconv.FormatInt(who.customer, 10), "Order "+strconv.FormatInt(who.order, 10))
	b.press("Customer " + strconv.FormatInt(who.customer, 10))
	assert.NotContains(w.t, b.text(), "Preview")
	b.press("Sync now")
	b.sees("The record is read and pushed now.")
	w.until("it is accepted", func() bool {
		r, err := w.api.Record(w.t.Context(), c.ID, "customers", strconv.FormatInt(who.customer, 10))
		return err == nil && r.Outcome == "accepted"
	})
	b.press("Compare with Ometria")
	b.sees("Ometria holds the record as it would be sent now")
	b.press("Activity log")
	b.sees("sam (support)")
	b.press("Sign out")
	b.visit(here)
	b.sees("Sign in")
}

// retries sees a record fail and brings it in once the cause is gone.
func retries(w *world) {
	s, b := w.shops[shoes], w.open(wide)
	c := w.connect(s)
	account := w.account(s)
	products, err := s.IDs("products", 0, 1)
	require.NoError(w.t, err)
	id := strconv.FormatInt(products[0], 10)
	require.NoError(w.t, account.Reject(ometriasim.Rule{Type: "product", ID: id, When: "now", ErrorMessage: "no such currency"}))
	_, err = s.Update("products", products[0], map[string]any{"name": "Refused shoe"})
	require.NoError(w.t, err)
	is := func(outcome string) func() bool {
		return func() bool {
			r, err := w.api.Record(w.t.Context(), c.ID, "products", id)
			return err == nil && r.Outcome == outcome
		}
	}
	w.until("the change was refused", is("rejected"))

	b.signIn(supportToken)
	b.visit("/connections/" + c.ID + "/failures")
	b.sees("1 product: Ometria refused")
	b.press("See the records")
	b.press("Product " + id)
	b.sees("Failed", "Retry")
	b.press("Failures")
	account.ClearRules()
	b.press("Retry all 1")
	b.sees("1 record is tried again.")
	w.until("the change is in", is("accepted"))
	b.press("Failures")
	b.sees("No record has failed.")
	held, ok := account.Record("product", "", id)
	require.True(w.t, ok)
	assert.Contains(w.t, string(held.Record), "Refused shoe")
}

// readsWithoutScripts goes through the pages in a browser that runs no scripts.
func readsWithoutScripts(w *world) {
	s, b := w.shops[shoes], w.open(wide)
	c := w.connect(s)
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(w.t, err)
	b.signIn(adminToken)
	b.visit("/connections/" + c.ID)
	b.sees("The history is in")
	b.press("Records")
	orders, err := s.IDs("orders", 0, 1)
	require.NoError(w.t, err)
	b.fill("or order number", strconv.FormatInt(orders[0], 10))
	b.press("Look up")
	b.sees("Order "+strconv.FormatInt(orders[0], 10), "What happened")
	b.press("Overview")
	b.press("Edit")
	assert.Less(w.t, b.count("#timezones option"), 20, "no script has filled them in")
	for range 3 {
		b.press("Next")
	}
	b.sees("Review", "nothing")
}

// removes takes a connection away, and all that it put into the store.
func removes(w *world) {
	s, b := w.shops[gone], w.open(wide)
	c := w.connect(s)
	require.NotEmpty(w.t, s.State().Hooks)
	b.signIn(adminToken)
	b.visit("/connections/" + c.ID)
	b.press("Remove")
	b.press("Remove ")
	b.sees("Nothing was removed")
	b.fill("Type remove to confirm", "remove")
	b.press("Remove ")
	b.sees("is being removed")
	b.until("its tile goes by itself", fmt.Sprintf(`!document.querySelector('a[href="/connections/%s"]')`, c.ID))
	assert.Empty(w.t, s.State().Hooks)
	assert.Empty(w.t, s.State().Scripts)
	b.visit("/connections/" + c.ID)
	b.sees("There is nothing here")
}
