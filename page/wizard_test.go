package page

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wizardAPI is a service with one authentication, whose Ometria account holds
// contacts.
func wizardAPI() map[string]any {
	const authentication = "/v1/authentications/a1"
	return map[string]any{
		"GET /v1/connections":     map[string]any{"data": []any{}, "next_cursor": nil},
		"GET /v1/authentications": map[string]any{"data": []any{map[string]any{"id": "a1", "name": "Hats", "store_hash": "abc1"}}, "next_cursor": nil},
		"POST " + authentication + "/test": map[string]any{
			"ok": true, "checks": []any{map[string]any{"name": "BigCommerce: orders", "ok": true, "message": "may be used"}},
			"store":      map[string]any{"name": "Hats & Caps", "domain": "hats.example", "plan": "Plus", "currency": "GBP", "timezone": "Europe/London", "theme": "blueprint"},
			"currencies": []any{"GBP"}, "collections": []any{map[string]any{"name": "magento", "count": 7}, map[string]any{"name": "empty", "count": 0}},
		},
		"GET " + authentication + "/order-statuses": map[string]any{"data": []any{
			map[string]any{"id": 2, "name": "Shipped", "custom_label": "On its way"}, map[string]any{"id": 0, "name": "Incomplete", "custom_label": ""},
			map[string]any{"id": 14, "name": "Partially Refunded", "custom_label": "Lent"},
		}, "next_cursor": nil},
		"POST /v1/connections": map[string]any{"id": "c1"},
		"GET /v1/connections/c1": map[string]any{"id": "c1", "name": "", "store_hash": "abc1", "status": "validating", "timezone": "Europe/London",
			"store": map[string]any{"name": "Hats & Caps"}},
	}
}

var hiddenDraft = regexp.MustCompile(`name="draft" value="([^"]*)"`)

// draftIn is the draft that a page carries on.
func draftIn(t *testing.T, got seen) string {
	t.Helper()
	found := hiddenDraft.FindStringSubmatch(got.text)
	require.Len(t, found, 2, got.text)
	return html.UnescapeString(found[1])
}

func TestWizardConnectsAStore(t *testing.T) {
	b := newBrowser(t, wizardAPI(), "")
	b.signIn(adminToken)
	step := func(before seen, form url.Values) seen {
		form.Set("draft", draftIn(t, before))
		return b.do("POST", "/connections/new", form)
	}
	got := b.do("GET", "/connections/new", nil)
	assert.Contains(t, got.text, "Identification Code")

	missing := step(got, url.Values{"step": {"sync"}, "go": {"next"}})
	assert.Equal(t, http.StatusUnprocessableEntity, missing.StatusCode)
	assert.Contains(t, missing.text, "Enter the Identification Code")
	assert.Contains(t, missing.text, "Choose an authentication")

	got = step(got, url.Values{"step": {"sync"}, "go": {"next"}, "identification_code": {"hats"}, "authentication": {"a1"}})
	assert.Contains(t, got.text, "Hats &amp; Caps")
	assert.Contains(t, got.text, "Blueprint theme")
	assert.Contains(t, got.text, "Already connected to Ometria?")
	assert.NotContains(t, got.text, "<option>empty")
	unsure := step(got, url.Values{"step": {"test"}, "go": {"next"}})
	assert.Equal(t, http.StatusUnprocessableEntity, unsure.StatusCode)

	got = step(got, url.Values{"step": {"test"}, "go": {"next"}, "confirmed": {"yes"}, "customers_in": {"magento"}, "history_consent": {"omit"}})
	assert.Contains(t, got.text, `value="Europe/London"`, "the store's own")
	nowhere := step(got, url.Values{"step": {"dates"}, "go": {"next"}, "timezone": {"Atlantis"}})
	assert.Equal(t, http.StatusUnprocessableEntity, nowhere.StatusCode)

	got = step(got, url.Values{"step": {"dates"}, "go": {"next"}, "timezone": {"Europe/Paris"}, "bulk_sync_start_date": {"2024-01-31"}})
	assert.Contains(t, got.text, "On its way (Shipped)")
	got = step(got, url.Values{"step": {"mapping"}, "go": {"add"}, "rule0_status": {"sent"}, "rule0_valid": {"yes"}, "rule0_send": {"yes"}, "rule1_status": {"incomplete"}, "rule2_status": {"partially_refunded"}, "rule2_valid": {"yes"}, "rule2_send": {"yes"}})
	assert.Contains(t, got.text, "rule3_label")

	back := step(got, url.Values{"step": {"mapping"}, "go": {"back"}, "rule0_status": {"sent"}, "rule0_valid": {"yes"}, "rule0_send": {"yes"}, "rule1_status": {"incomplete"}, "rule2_status": {"partially_refunded"}, "rule2_valid": {"yes"}, "rule2_send": {"yes"}, "rule3_label": {"Lent"}, "rule3_status": {"lent"}})
	assert.Contains(t, back.text, `value="Europe/Paris"`, "going back loses nothing")
	got = step(back, url.Values{"step": {"dates"}, "go": {"next"}, "timezone": {"Europe/Paris"}, "bulk_sync_start_date": {"2024-01-31"}})
	assert.Contains(t, got.text, `value="Lent"`)

	got = step(got, url.Values{"step": {"mapping"}, "go": {"next"}, "rule0_status": {"sent"}, "rule0_valid": {"yes"}, "rule0_send": {"yes"}, "rule1_status": {"incomplete"}, "rule2_status": {"partially_refunded"}, "rule2_valid": {"yes"}, "rule2_send": {"yes"}, "rule3_label": {"Lent"}, "rule3_status": {"lent"}, "rule3_send": {"yes"}})
	for _, said := range []string{"2024-01-31", "Europe/Paris", "On its way (Shipped) → sent", "Lent → lent, not a sale", "customers in magento"} {
		assert.Contains(t, got.text, said)
	}
	early := step(got, url.Values{"step": {"review"}, "go": {"finish"}, "old_connection_gone": {"yes"}})
	assert.Equal(t, http.StatusUnprocessableEntity, early.StatusCode)
	assert.Contains(t, early.text, "Tick all three")

	got = step(got, url.Values{"step": {"review"}, "go": {"finish"}, "old_connection_gone": {"yes"}, "old_script_gone": {"yes"}, "campaigns_paused": {"yes"}})
	assert.Equal(t, "/connections/c1", got.Request.URL.Path)
	assert.Contains(t, got.text, "Your connection with BigCommerce is made")
}

func TestSupportSeesNoWizard(t *testing.T) {
	b := newBrowser(t, wizardAPI(), "")
	got := b.signIn(supportToken)
	assert.NotContains(t, got.text, "/connections/new")
	assert.Equal(t, http.StatusForbidden, b.do("GET", "/connections/new", nil).StatusCode)
	assert.Equal(t, http.StatusForbidden, b.do("POST", "/connections/new", url.Values{}).StatusCode)
	shown := b.do("GET", "/connections/c1", nil)
	assert.NotContains(t, shown.text, "/pause")
	assert.Equal(t, http.StatusForbidden, b.do("POST", "/connections/c1/pause", url.Values{}).StatusCode)
}
