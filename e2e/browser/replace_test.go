package browser

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// replaces gives a connection another authentication, after one that does not
// do, and has the store looked through with it.
func replaces(w *world) {
	s, b := w.shops[rotated], w.open(wide)
	c := w.connect(s)
	b.signIn(adminToken)
	b.visit("/connections/" + c.ID)
	b.press("Replace the authentication")
	b.press("Create and test")
	b.sees("The new one is tried first")
	assert.Positive(w.t, b.count("[aria-invalid=true]"))

	b.replace(s, s.another)
	b.sees("Something is not right yet")
	b.replace(s, s.token)
	b.sees("Everything that is needed is there")
	b.click("button", "Replace the authentication")
	b.sees("The authentication is being replaced.")
	w.until("the other is in force", func() bool {
		now, err := w.api.Connection(w.t.Context(), c.ID)
		require.NoError(w.t, err)
		return now.AuthenticationID != c.AuthenticationID && now.NextAuthentication == ""
	})
	b.press("Look at everything")
	b.sees("A sweep has begun", "nothing missed")
}

// replace creates an authentication of the connection's store.
func (b *tab) replace(s *shop, token string) {
	b.t.Helper()
	b.fill("Name", s.hash+" again")
	b.fill("API key", s.key)
	b.fill("Client ID", s.clientID)
	b.fill("Access token", token)
	b.fill("Client secret", s.clientSecret)
	b.press("Create and test")
}
