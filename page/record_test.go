package page

import (
	"net/http"
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
	for _, said := range []string{"1 Mar 2026, 11:00 GMT", "<strong>Refused</strong>: no such currency", "<code>price</code>"} {
		assert.Contains(t, got.text, said)
	}
	assert.NotContains(t, got.text, "Preview what would be sent")
}
