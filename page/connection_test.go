package page

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestConnectionShowsChangesAndPasses(t *testing.T) {
	at := time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)
	answers := map[string]any{
		"GET /v1/connections/c1": map[string]any{
			"id": "c1", "name": "Shoes", "status": "connected", "timezone": "Europe/London",
			"attention":      []any{map[string]any{"code": "mass_deletion", "since": at, "action": "200 orders are gone"}},
			"last_reconcile": map[string]any{"at": at, "hooks_mended": 2, "script_mended": true, "entities": map[string]any{"orders": map[string]int{"looked": 10, "differed": 1}}},
			"last_sweep":     map[string]any{"at": at, "entities": map[string]any{"orders": map[string]int{"looked": 3000, "gone": 1200}}},
		},
		"GET /v1/connections/c1/changes": map[string]any{"data": []any{
			map[string]any{"hour": at.Add(-time.Hour), "received": 10, "delivered": 5},
			map[string]any{"hour": at, "received": 0, "delivered": 1},
		}},
		"POST /v1/connections/c1/reconcile": map[string]any{"id": "c1"},
		"POST /v1/connections/c1/deletions": map[string]any{"id": "c1"},
	}
	b := newBrowser(t, answers, "")
	b.signIn(adminToken)
	page := b.do(http.MethodGet, "/connections/c1", nil).text
	for _, text := range []string{
		"10 received", "6 accepted by Ometria", "at most 10 in an hour",
		`<rect class="in" x="2" y="0" width="9" height="80">`, `<rect class="out" x="11" y="40" width="9" height="40">`,
		`<rect class="out" x="35" y="72" width="9" height="8">`,
		"an hour ago: 10 records looked at, 1 brought up to date; mended 2 webhooks and JavaScript tracking.",
		"an hour ago: 3,000 records looked at, 0 brought up to date, 1,200 gone from the store.",
		"Confirm the deletions", "200 orders are gone",
	} {
		assert.Contains(t, page, text)
	}
	assert.Contains(t, b.do(http.MethodPost, "/connections/c1/deletions", url.Values{"decision": {"discard"}}).text, "Ometria keeps what it has")
	assert.Contains(t, b.do(http.MethodPost, "/connections/c1/reconcile", url.Values{"full": {"yes"}}).text, "A sweep has begun")

	b.signIn(supportToken)
	assert.NotContains(t, b.do(http.MethodGet, "/connections/c1", nil).text, "Confirm the deletions")
	assert.Equal(t, http.StatusForbidden, b.do(http.MethodPost, "/connections/c1/deletions", url.Values{"decision": {"confirm"}}).StatusCode)

	delete(answers, "GET /v1/connections/c1/changes")
	assert.Contains(t, b.do(http.MethodGet, "/connections/c1", nil).text, "cannot be counted at the moment")
}
