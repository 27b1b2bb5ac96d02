package page

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRecordTellsItsStory(t *testing.T) {
	b := newBrowser(t, map[string]any{
		"GET /v1/connections/c1": map[string]any{"id": "c1", "status": "connected", "timezone": "Europe/London"},
		"GET /v1/connections/c1/records/products/7": map[string]any{
			"entity": "products", "record_id": "7", "outcome": "rejected",
			"history": []any{map[string]any{"at": "2026-03-01T11:00:00Z", "kind": "rejected", "text": "no such currency", "path": "price"}},
		},
	}, "")
	b.signIn(supportToken)
	got := b.do("GET", "/connections/c1/records/products/7", nil)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	for _, said := range []string{"1 Mar 2026, 11:00 GMT", "<strong>Failed</strong>: no such currency", "<code>price</code>"} {
		assert.Contains(t, got.text, said)
	}
	assert.NotContains(t, got.text, "Preview what would be sent")
}

// The page of a record that failed says so with one word, offers to retry it
// and fetches what changes.
func TestFailedRecordIsRetried(t *testing.T) {
	answers := map[string]any{
		"GET /v1/connections/c1": map[string]any{"id": "c1", "status": "connected", "timezone": "UTC"},
		"GET /v1/connections/c1/records/orders/7": map[string]any{
			"entity": "orders", "record_id": "7", "outcome": "rejected", "reason": map[string]any{"code": "refused", "text": "is empty"},
			"standing":        map[string]any{"code": "rejected", "text": "Rejected: is empty.", "action": "retry it"},
			"last_fetched_at": "2026-03-01T10:30:00Z",
			"history": []any{
				map[string]any{"at": "2026-03-01T10:00:00Z", "kind": "webhook"},
				map[string]any{"at": "2026-03-01T11:00:00Z", "kind": "rejected", "text": "is empty"},
			},
		},
		"POST /v1/connections/c1/failures/retry": func(r *http.Request) any {
			var body map[string]string
			assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
			assert.Equal(t, map[string]string{"entity": "orders", "record_id": "7"}, body)
			return map[string]any{"retried": 1}
		},
	}
	const here = "/connections/c1/records/orders/7"
	b := newBrowser(t, answers, "")
	b.signIn(supportToken)
	page := b.do("GET", here, nil).text
	for _, said := range []string{
		`data-live="` + here + `/live"`, `<span class="badge bad">Failed</span> Is empty.</p>`, "Retry it.",
		`<input type="hidden" name="record_id" value="7"><button type="submit">Retry</button>`,
		"<dt>Changed in BigCommerce</dt><dd>not known</dd>",
	} {
		assert.Contains(t, page, said)
	}
	assert.NotContains(t, page, "Rejected")
	assert.Regexp(t, `(?s)told of a change.*10:30 UTC.*Last read from BigCommerce.*11:00 UTC`, page)
	got := b.do("POST", "/connections/c1/failures/retry", url.Values{"entity": {"orders"}, "record_id": {"7"}})
	assert.Equal(t, here, got.Request.URL.Path)
	assert.Contains(t, got.text, "1 record is tried again.")

	answers["GET /v1/connections/c1/records/orders/7"] = map[string]any{"entity": "orders", "record_id": "7", "outcome": "accepted"}
	live := b.do("GET", here+"/live", nil).text
	assert.Contains(t, live, "Accepted by Ometria")
	assert.NotContains(t, live, "<html")
	assert.NotContains(t, live, ">Retry<")
}

// "1234" alone is most often an order's number.
func TestLookUpIsOfOrdersAtFirst(t *testing.T) {
	b := newBrowser(t, map[string]any{
		"GET /v1/connections/c1":         map[string]any{"id": "c1", "status": "connected"},
		"GET /v1/connections/c1/records": map[string]any{"data": []any{}, "next_cursor": nil},
	}, "")
	b.signIn(supportToken)
	assert.Contains(t, b.do("GET", "/connections/c1/records", nil).text, `<option value="orders" selected>`)
	assert.Contains(t, b.do("GET", "/connections/c1/records?entity=products&record_id=x", nil).text, `<option value="products" selected>`)
	for said, form := range map[string]url.Values{
		"Enter an e-mail address or an order number.":           {},
		"Enter an e-mail address or an order number, not both.": {"email": {"a@example.com"}, "order_number": {"7"}},
	} {
		got := b.do("POST", "/connections/c1/records/lookup", form)
		assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
		assert.Contains(t, got.text, said)
	}
}
