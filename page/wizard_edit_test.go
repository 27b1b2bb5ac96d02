package page

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// editAPI is a service with a connection that has a mapping and a prefix of its
// own; what is sent to change it is noted.
func editAPI(sent *[]map[string]any) map[string]any {
	a := wizardAPI()
	c := a["GET /v1/connections/c1"].(map[string]any)
	for field, value := range map[string]any{
		"name": "Fancy", "authentication_id": "a1", "identification_code": "hats", "bulk_sync_start_date": "2024-01-31", "status": "connected",
		"settings":             map[string]any{"id_prefix": "us-", "discount": "negative"},
		"order_status_mapping": []any{map[string]any{"status_id": 14, "label": "Lent", "status": "lent", "is_valid": false, "send": true}},
	} {
		c[field] = value
	}
	a["PATCH /v1/connections/c1"] = bodies(sent, c)
	a["POST /v1/connections/c1/script"] = c
	return a
}

// onlyRenamed goes through an edit that changes the name alone, with the lines of
// the mapping as they are shown.
func (w *wizardTab) onlyRenamed(lines ...string) seen {
	w.t.Helper()
	w.send("sync", "next", "identification_code", "hats", "name", "Hats", "bulk_sync_start_date", "2024-01-31", "timezone", "Europe/London")
	w.send("mapping", "next", lines...)
	return w.send("update", "next")
}

func TestEditSendsOnlyWhatDiffers(t *testing.T) {
	var sent []map[string]any
	w := newWizard(t, editAPI(&sent), "/connections/c1/edit")
	got := w.onlyRenamed(asFilledIn("rule2_status", "lent", "rule2_valid", "")...) // as it was
	assert.Contains(t, got.text, "us-")
	w.send("review", "finish")
	require.Len(t, sent, 1)
	assert.Equal(t, map[string]any{"name": "Hats"}, sent[0])

	w.at = w.do("GET", "/connections/c1/edit", nil)
	w.onlyRenamed(asFilledIn()...)
	w.send("review", "finish")
	assert.Equal(t, map[string]any{"name": "Hats", "order_status_mapping": []any{}}, sent[1])
}

func TestEditGoesOnWithoutTheStatuses(t *testing.T) {
	var sent []map[string]any
	answers := editAPI(&sent)
	answers["GET /v1/authentications/a1/order-statuses"] = refusal{502, `{"title":"A remote account did not answer","status":502,"detail":"the access token was revoked"}`}
	w := newWizard(t, answers, "/connections/c1/edit")
	got := w.send("sync", "next", "identification_code", "hats", "name", "Hats", "bulk_sync_start_date", "2024-01-31", "timezone", "Europe/London")
	assert.Equal(t, http.StatusBadGateway, got.StatusCode)
	assert.Contains(t, got.text, "The access token was revoked.")
	assert.Contains(t, got.text, "You can go on without them")
	assert.Contains(t, got.text, `value="lent"`)
	w.send("mapping", "next", "rule0_status", "lent", "rule0_send", "yes")
	w.send("update", "next")
	w.send("review", "finish")
	require.Len(t, sent, 1)
	assert.Equal(t, map[string]any{"name": "Hats"}, sent[0], "the mapping stays")
}

func TestEditThatFailedHalfWayGoesOn(t *testing.T) {
	var sent []map[string]any
	answers := editAPI(&sent)
	script := answers["POST /v1/connections/c1/script"]
	answers["POST /v1/connections/c1/script"] = away("Temporal rests")
	w := newWizard(t, answers, "/connections/c1/edit")
	w.send("sync", "next", "identification_code", "hats", "name", "Hats", "bulk_sync_start_date", "2024-01-31", "timezone", "Europe/London")
	w.send("update", "next", "update_script", "yes")
	got := w.send("review", "finish")
	assert.Contains(t, got.text, "Temporal rests.")
	assert.True(t, w.draft().UpdateScript)
	answers["POST /v1/connections/c1/script"] = script
	got = w.send("review", "finish")
	assert.Equal(t, "/connections/c1", got.Request.URL.Path)
	assert.Len(t, sent, 1, "the change is not made twice")
}

func TestEditAsksForAPrefix(t *testing.T) {
	var sent []map[string]any
	answers := editAPI(&sent)
	patch := answers["PATCH /v1/connections/c1"]
	answers["PATCH /v1/connections/c1"] = refusal{409, samePrefix}
	w := newWizard(t, answers, "/connections/c1/edit")
	w.send("sync", "next", "identification_code", "others", "name", "Fancy", "bulk_sync_start_date", "2024-01-31", "timezone", "Europe/London")
	got := w.send("review", "finish")
	assert.Contains(t, got.text, `name="id_prefix" value="us-"`)
	answers["PATCH /v1/connections/c1"] = patch
	w.send("review", "finish", "id_prefix", "fr-")
	require.Len(t, sent, 1)
	assert.Equal(t, map[string]any{"identification_code": "others", "settings": map[string]any{"id_prefix": "fr-"}}, sent[0])
}
