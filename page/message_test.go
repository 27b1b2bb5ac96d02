package page

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What went wrong leads on to an address that can be opened: a form's own
// cannot.
func TestMessagesLeadBack(t *testing.T) {
	away := refusal{http.StatusServiceUnavailable, `{"title":"Not available","status":503,"detail":"it does not answer"}`}
	answers := map[string]any{
		"GET /v1/connections/c1":                            map[string]any{"id": "c1", "name": "Shoes", "status": "failed"},
		"POST /v1/connections/c1/pause":                     away,
		"POST /v1/connections/c1/script":                    refusal{http.StatusConflict, `{"title":"Conflict","status":409,"detail":"the setup failed"}`},
		"POST /v1/connections/c1/records/orders/7/check":    away,
		"GET /v1/connections/c1/records/orders/7":           away,
		"GET /v1/connections/c2":                            away,
		"POST /v1/connections/c1/records/lookup":            away,
		"POST /v1/connections/c1/failures/retry":            away,
		"GET /v1/connections/c1/records/products/8/preview": away,
	}
	const toConnection, toOrder = `href="/shops/connections/c1">Back to the connection`, `href="/shops/connections/c1/records/orders/7">Back to Order 7`
	b := newBrowser(t, answers, "/shops")
	b.signIn(adminToken)
	for _, c := range []struct {
		method, path string
		status       int
		back         string
		again        bool
	}{
		{"POST", "/connections/c1/pause", 503, toConnection, false},
		{"POST", "/connections/c1/script", 409, toConnection, false},
		{"POST", "/connections/c1/records/lookup", 503, toConnection, false},
		{"POST", "/connections/c1/failures/retry", 503, toConnection, false},
		{"POST", "/connections/c1/records/orders/7/check", 503, toOrder, false},
		{"GET", "/connections/c1/records/orders/7/check", 405, toOrder, false},
		{"GET", "/connections/c1/records/orders/7", 503, "", true},
		{"GET", "/connections/c1/records/products/8/preview", 503, `href="/shops/connections/c1/records/products/8">Back to Product 8`, true},
		{"GET", "/connections/c1/records/orders/6/preview", 404, `href="/shops/connections/c1/records/orders/6">Back to Order 6`, false},
		{"GET", "/connections/c2", 503, "", true},
		{"GET", "/connections/gone", 404, "", false},
		{"GET", "/nothing", 404, "", false},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			var form url.Values
			if c.method == http.MethodPost {
				form = url.Values{"order_number": {"7"}}
			}
			got := b.do(c.method, c.path, form)
			assert.Equal(t, c.status, got.StatusCode)
			assert.Equal(t, c.again, strings.Contains(got.text, "Try again</a>"))
			assert.Equal(t, c.back != "", strings.Count(got.text, ">Back to ") == 2, "another way back than to the first page")
			assert.Contains(t, got.text, c.back)
		})
	}
}
