package browser

import (
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// refusesWhatIsWrong goes through what merchants get wrong, one thing after
// another in one wizard, and ends with what was right all along.
func refusesWhatIsWrong(w *world) {
	s, b := w.shops[wrong], w.open(wide)
	b.signIn(adminToken)
	b.visit("/connections/new")
	b.fill("Identification Code", "wrong-code")
	b.press("New authentication")

	b.authenticate(s, "planted-bad-key", s.token)
	b.press("Create")
	b.sees("Something is not right yet", "failed: Ometria: API key", "passed: BigCommerce: orders")
	assert.Zero(w.t, b.count("input[name=confirmed]"), "there is no way on")

	b.press("New authentication")
	b.authenticate(s, s.key, "planted-bad-token")
	b.press("Create")
	b.sees("store hash or token wrong", "passed: Ometria: API key")

	b.press("New authentication")
	b.authenticate(s, s.key, s.another)
	b.press("Create")
	b.sees("access token lacks Content: modify and Checkout Content: modify", "passed: BigCommerce: orders")

	b.press("New authentication")
	b.authenticate(s, s.key, s.token)
	require.NoError(w.t, s.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"USD", "EUR"}}))
	b.press("Create")
	b.sees("shoppers can pay in USD, EUR", "Leave one currency transactional")

	require.NoError(w.t, s.ChangeSettings(bigcommercesim.Settings{Currencies: []string{"USD"}}))
	away, err := s.Faults().Order(faults.Fault{Effect: faults.Drop})
	require.NoError(w.t, err)
	b.press("Test again")
	b.sees("Something is not right yet", "failed: BigCommerce: orders")
	assert.True(w.t, s.Faults().Remove(away.ID))
	b.press("Test again")
	b.sees("Everything that is needed is there")
	kept := 0
	for a, err := range w.api.Authentications(w.t.Context()) {
		require.NoError(w.t, err)
		if a.StoreHash == s.hash {
			kept++
		}
	}
	assert.Equal(w.t, 1, kept, "what did not do is not kept")

	b.click("field", "Yes, this is the store")
	b.press("Next")
	b.fill("Timezone", "Europe/Rome")
	b.offline(true)
	b.press("Next")
	b.offline(false)
	require.NoError(w.t, chromedp.Do(b.ctx, chromedp.Reload()))
	b.sees("Order mapping")
	b.press("Next")
	b.sees("Europe/Rome")

	s.refuseHook(w)
	b.press("Finish")
	b.sees("Setup failed", "The setup ended", "What to do: ", "Set up again")
	_, err = s.Faults().Order(faults.Fault{Method: "POST", Path: "/v3/hooks", Status: 503, Times: 3})
	require.NoError(w.t, err)
	b.press("Set up again")
	b.sees("The history is in")
}

// offline takes the browser's network away, or gives it back.
func (b *tab) offline(off bool) {
	b.t.Helper()
	var conditions []*network.Conditions
	if off {
		conditions = []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}}
	}
	_, err := chromedp.Call(b.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: conditions})
	require.NoError(b.t, err)
}

// refusesASecondConnection connects a store that is connected already.
func refusesASecondConnection(w *world) {
	s, b := w.shops[shoes], w.open(wide)
	c := w.connect(s)
	b.signIn(adminToken)
	b.press("BigCommerce")
	b.fill("Identification Code", s.hash)
	b.click("field", s.hash)
	b.press("Next")
	b.click("field", "Yes, this is the store")
	for range 3 {
		b.press("Next")
	}
	b.tickAll()
	b.press("Finish")
	b.sees("This store is connected already")
	b.press("Open its connection")
	assert.Equal(w.t, "/connections/"+c.ID, b.address())
}
