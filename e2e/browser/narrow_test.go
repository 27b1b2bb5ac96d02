package browser

import (
	"bytes"
	"net/http"
	"net/http/httptest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connectsOnAPhone connects a store in a window 320 px wide, which shows each
// page without scrolling sideways. Its Ometria account holds contacts already.
func connectsOnAPhone(w *world) {
	s, b := w.shops[phone], w.open(narrow)
	w.hold(s, `[{"@type":"contact","@collection":"magento","id":"1","email":"planted.earlier@example.com"}]`)
	b.signIn(adminToken)
	b.visit("/connections/new")
	b.fill("Identification Code", s.hash)
	b.press("New authentication")
	b.authenticate(s, s.key, s.token)
	b.press("Create")
	b.sees("Already connected to Ometria?")
	b.click("field", "Yes, this is the store")
	b.choose("Collection of customers", "magento")
	for range 3 {
		b.press("Next")
	}
	b.sees("customers in magento, subscribers in subscribers; earlier consents left out")
	b.press("Finish")
	b.sees("Tick all three before you finish")
	b.tickAll()
	b.press("Finish")
	b.sees("The history is in")
	b.fits()
	assert.NotEmpty(w.t, w.account(s).IDs("contact", "magento")[1:])
	for _, tab := range []string{"Records", "Failures", "Custom fields", "Activity log"} {
		b.press(tab)
	}
}

// tickAll says that an earlier connector is out of the way.
func (b *tab) tickAll() {
	b.t.Helper()
	for _, tick := range []string{"The old connection is removed", "The old script is deleted", "Welcome, post-purchase"} {
		b.click("field", tick)
	}
}

// hold makes a store's Ometria account hold records that somebody else pushed.
func (w *world) hold(s *shop, records string) {
	w.t.Helper()
	push := httptest.NewRequest(http.MethodPost, "/v2/push", bytes.NewBufferString(records))
	push.Header.Set("X-Ometria-Auth", s.key)
	push.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	w.ometria.ServeHTTP(answer, push)
	require.Equal(w.t, http.StatusOK, answer.Code, answer.Body)
}
