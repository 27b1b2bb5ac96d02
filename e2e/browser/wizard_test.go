package browser

import (
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connectsAStore goes from an empty page to a connected store, with what people
// forget on the way.
func connectsAStore(w *world) {
	s, b := w.shops[hats], w.open(wide)
	b.visit("/connections/new")
	assert.Equal(w.t, "/sign-in?next=%2Fconnections%2Fnew", b.address())
	b.fill("Token", "planted-wrong-token-0123456789")
	b.press("Sign in")
	b.sees("No such token")
	b.fill("Token", adminToken)
	b.press("Sign in")
	assert.Equal(w.t, "/connections/new", b.address(), "back to where it was")
	b.press("Cancel")
	assert.Equal(w.t, "/", b.address())
	b.visit("/connections/new")

	b.press("Next")
	b.sees("Enter the Identification Code", "Choose an authentication")
	b.fill("Identification Code", "hats-code")
	b.press("New authentication")
	b.sees("Create a new authentication")
	b.press("Create")
	assert.GreaterOrEqual(w.t, b.count(".error"), 5, "each required field says what it wants")
	b.authenticate(s, s.key, s.token)
	b.press("Create")

	b.sees("Everything that is needed is there", "Is this the store?", s.hash+".example.com")
	b.press("Next")
	b.sees("Confirm that this is the store")
	b.click("field", "Yes, this is the store")
	b.press("Next")

	b.sees("Bulk sync start date")
	assert.Equal(w.t, "Europe/London", evaluate[string](b, `document.getElementById("timezone").value`), "the store's own")
	assert.Greater(w.t, b.count("#timezones option"), 300, "the browser's own time zones are offered")
	b.fill("Timezone", "Atlantis")
	b.press("Next")
	assert.Equal(w.t, 1, b.count("#zone-error"))
	b.fill("Timezone", "Europe/Berlin")
	b.press("Next")
	b.sees("Status in Ometria", "Delivered (Completed)")
	b.leave(func() { require.NoError(w.t, chromedp.Do(b.ctx, chromedp.NavigateBack())) }) // the browser's own
	b.sees("Bulk sync start date")
	b.fill("Timezone", "Europe/Paris")
	b.fillDate("Bulk sync start date", "2019-01-31")
	b.press("Next")

	b.fill("Status in Ometria for Shipped", "sent")
	b.press("Add a custom status")
	b.fill("Custom status", "Ready to pick")
	b.fill("Status in Ometria for the custom status", "picked")
	b.press("Back")
	assert.Equal(w.t, "2019-01-31", evaluate[string](b, `document.getElementById("bulk_sync_start_date").value`), "going back loses nothing")
	b.press("Next")
	b.press("Next")

	b.sees("Review", "hats-code", "2019-01-31", "Europe/Paris", "Shipped → sent", "Ready to pick → picked")
	w.ometria.Faults().SetLatency(500 * time.Millisecond) // so that there is something to watch
	defer w.ometria.Faults().SetLatency(0)
	b.press("Finish")
	b.sees("Your connection with BigCommerce is made")
	evaluate[bool](b, `[...document.querySelectorAll("button")].find(e => e.textContent === "Pause").focus(), true`)
	b.watch()
	assert.Equal(w.t, "Pause", evaluate[string](b, "document.activeElement.textContent"), "the focus stays while the page changes")
	w.until("hats arrived", func() bool { return len(w.account(s).IDs("order", "")) > 0 })
}

// authenticate fills the form of a new authentication.
func (b *tab) authenticate(s *shop, key, token string) {
	b.t.Helper()
	b.fill("Name", s.hash)
	b.fill("API key", key)
	b.fill("Client ID", s.clientID)
	b.fill("Access token", token)
	b.fill("Store hash", "https://api.bigcommerce.com/stores/"+s.hash+"/v3/")
	b.fill("Client secret", s.clientSecret)
}

// watch sees a connection's progress to the end, on a page that is loaded once.
func (b *tab) watch() {
	b.t.Helper()
	evaluate[bool](b, `(() => {
		window.progress = new Set();
		const note = () => window.progress.add([...document.querySelectorAll("progress")].map(p => p.value).join());
		new MutationObserver(note).observe(document.body, { subtree: true, childList: true });
		note();
		window.said = document.querySelector("main > [role=status]#said");
		return true;
	})()`)
	b.sees("Connected", "The history is in")
	require.Greater(b.t, evaluate[int](b, "window.progress?.size ?? 0"), 3, "the bars move while one looks on")
	b.until("it is said by what is never replaced", `window.said.isConnected && window.said.textContent === "Connected"`)
}
