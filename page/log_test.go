package page

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// An entry names what it is about, and leads there only if that is still there.
func TestLogNamesWhatItIsAbout(t *testing.T) {
	list := func(items ...any) map[string]any { return map[string]any{"data": items, "next_cursor": nil} }
	answers := map[string]any{
		"GET /v1/connections":     list(map[string]any{"id": "c1", "name": "Shoes"}),
		"GET /v1/connections/c1":  map[string]any{"id": "c1", "name": "Shoes", "timezone": "UTC"},
		"GET /v1/authentications": list(map[string]any{"id": "a1", "name": "Shoes of the spring"}),
		"GET /v1/audit-log": list(
			map[string]any{"action": "paused the connection", "connection_id": "c1"},
			map[string]any{"action": "synced the record", "connection_id": "c1", "entity": "orders", "record_id": "7"},
			map[string]any{"action": "removed the connection", "connection_id": "c0"},
			map[string]any{"action": "synced the record", "connection_id": "c0", "entity": "orders", "record_id": "8"},
			map[string]any{"action": "created the authentication", "authentication_id": "a1"},
			map[string]any{"action": "deleted the authentication", "authentication_id": "a0"},
		),
	}
	b := newBrowser(t, answers, "")
	b.signIn(supportToken)
	page := b.do("GET", "/log", nil).text
	for _, said := range []string{
		`<a href="/connections/c1">Shoes</a>`, `<a href="/connections/c1/records/orders/7">Order 7</a>`,
		"connection <code>c0</code>, removed", "Order 8", "authentication “Shoes of the spring”", "authentication <code>a0</code>, deleted",
	} {
		assert.Contains(t, page, said)
	}
	assert.NotContains(t, page, "/connections/c0")
	assert.NotContains(t, page, ">Connection<")

	page = b.do("GET", "/connections/c1/log", nil).text
	assert.Contains(t, page, `records/orders/7">Order 7</a>`)
	assert.NotContains(t, page, `<a href="/connections/c1">Shoes</a>`, "its own log names it at the top")
}
