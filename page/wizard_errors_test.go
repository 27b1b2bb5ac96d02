package page

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wizardTab is a visitor amid the wizard.
type wizardTab struct {
	*browser
	at seen
}

func newWizard(t *testing.T, answers map[string]any, path string) *wizardTab {
	b := newBrowser(t, answers, "")
	b.signIn(adminToken)
	return &wizardTab{b, b.do("GET", path, nil)}
}

// send presses a button of a step whose fields are given as name and value.
func (w *wizardTab) send(step, button string, fields ...string) seen {
	w.t.Helper()
	form := url.Values{"draft": {draftIn(w.t, w.at)}, "step": {step}, "go": {button}}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	w.at = w.do("POST", "/connections/new", form)
	return w.at
}

// draft is what the page carries on.
func (w *wizardTab) draft() *draft {
	w.t.Helper()
	return readDraft(draftIn(w.t, w.at))
}

// toMapping goes to the mapping of a new connection.
func (w *wizardTab) toMapping() seen {
	w.t.Helper()
	w.send("sync", "next", "identification_code", "hats", "authentication", "a1", "name", "Fancy")
	w.send("test", "next", "confirmed", "yes", "customers_in", "magento", "history_consent", "omit")
	return w.send("dates", "next", "timezone", "Europe/Paris", "bulk_sync_start_date", "2024-01-31")
}

// toReview goes on to the review.
func (w *wizardTab) toReview() seen {
	w.t.Helper()
	w.toMapping()
	return w.send("mapping", "next", asFilledIn()...)
}

// asFilledIn are the lines of the store's own statuses, but for what is given; a
// box is given as empty to take its tick away.
func asFilledIn(further ...string) (fields []string) {
	given := map[string]string{"rule0_status": "shipped", "rule0_valid": "yes", "rule0_send": "yes", "rule1_status": "incomplete",
		"rule2_status": "partially_refunded", "rule2_valid": "yes", "rule2_send": "yes"}
	for i := 0; i < len(further); i += 2 {
		given[further[i]] = further[i+1]
	}
	for name, value := range given {
		fields = append(fields, name, value)
	}
	return fields
}

var ticks = []string{"old_connection_gone", "yes", "old_script_gone", "yes", "campaigns_paused", "yes"}

func away(detail string) refusal {
	return refusal{http.StatusServiceUnavailable, `{"title":"Not available at the moment","status":503,"detail":"` + detail + `"}`}
}

func TestWizardKeepsTheDraftWhenAStepCannotBeRead(t *testing.T) {
	answers := wizardAPI()
	statuses, list := answers["GET /v1/authentications/a1/order-statuses"], answers["GET /v1/authentications"]
	test := answers["POST /v1/authentications/a1/test"]
	answers["GET /v1/authentications/a1/order-statuses"] = away("BigCommerce rests")
	w := newWizard(t, answers, "/connections/new")

	got := w.toMapping()
	assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	assert.Contains(t, got.text, "BigCommerce rests.")
	assert.Equal(t, "Europe/Paris", w.draft().Timezone)
	answers["GET /v1/authentications/a1/order-statuses"] = statuses
	got = w.send("mapping", "again")
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Contains(t, got.text, "On its way (Shipped)")

	w.send("mapping", "back", asFilledIn()...)
	answers["POST /v1/authentications/a1/test"] = away("too many tests")
	got = w.send("dates", "back", "timezone", "Europe/Paris")
	assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	assert.Contains(t, got.text, "Too many tests.")
	assert.Contains(t, got.text, "Test again")
	answers["POST /v1/authentications/a1/test"] = test
	w.send("test", "again")
	assert.Equal(t, "magento", w.draft().CustomersIn)

	answers["GET /v1/authentications"] = away("the database rests")
	got = w.send("test", "back")
	assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	assert.Contains(t, got.text, "The database rests.")
	assert.NotContains(t, got.text, "There is none yet")
	answers["GET /v1/authentications"] = list
	got = w.send("sync", "again", "identification_code", "hats", "name", "Fancy")
	assert.Contains(t, got.text, `value="a1" checked`)
	assert.Contains(t, got.text, `value="Fancy"`)

	answers["POST /v1/authentications"] = away("the database rests")
	w.send("sync", "new-authentication", "identification_code", "hats", "name", "Fancy")
	got = w.send("authentication", "create", "name", "Mine", "client_id", "c-1", "access_token", "hush-token")
	assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	assert.Contains(t, got.text, "The database rests.")
	assert.Contains(t, got.text, `value="c-1"`)
	assert.NotContains(t, got.text, "hush-")
}

func TestWizardShowsErrorsOfTheMappingBesideItsLines(t *testing.T) {
	answers := wizardAPI()
	w := newWizard(t, answers, "/connections/new")
	w.toMapping()
	w.send("mapping", "add", asFilledIn()...)
	for name, c := range map[string]struct{ label, status, beside, said string }{
		"unknown label":   {"Borrowed", "lent", "rule3-label-error", `The store has no order status`},
		"no label":        {"", "lent", "rule3-label-error", "Enter the order status as it is called in BigCommerce."},
		"status too long": {"lent", strings.Repeat("x", 101), "rule3-status-error", "Use at most 100 characters."},
	} {
		got := w.send("mapping", "next", asFilledIn("rule3_label", c.label, "rule3_status", c.status)...)
		assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode, name)
		assert.Contains(t, got.text, `id="`+c.beside+`" role="alert">`+c.said, name)
	}
	got := w.send("mapping", "next", asFilledIn("rule2_status", "given_back", "rule3_label", "lent", "rule3_status", "lent")...)
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text, `id="rule3-label-error" role="alert">This order status is mapped twice`)

	got = w.send("mapping", "next", asFilledIn("rule3_label", "lent", "rule3_status", "lent", "rule3_send", "yes")...)
	assert.Contains(t, got.text, "lent → lent")
	answers["POST /v1/connections"] = refusal{422, `{"title":"Some fields are not valid","status":422,"errors":[` +
		`{"field":"order_status_mapping[0].label","code":"unknown","message":"it was renamed"}]}`}
	got = w.send("review", "finish", ticks...)
	assert.Contains(t, got.text, `id="rule3-label-error" role="alert">It was renamed.`, "the one line that was sent")
	assert.Contains(t, got.text, "<h1>Order mapping</h1>")
	assert.NotContains(t, got.text, "order_status_mapping[")
}

func TestWizardShowsOtherErrorsAtTheirSteps(t *testing.T) {
	answers := wizardAPI()
	w := newWizard(t, answers, "/connections/new")
	w.send("sync", "next", "identification_code", "hats", "authentication", "a1")
	got := w.send("test", "next", "confirmed", "yes", "customers_in", "magento", "subscribers_in", "magento")
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text, `id="subscribers-in-error" role="alert">`)

	got = w.send("test", "next", "confirmed", "yes", "customers_in", "customers", "subscribers_in", "subscribers")
	require.Equal(t, http.StatusOK, got.StatusCode)
	got = w.send("dates", "next", "bulk_sync_start_date", "2199-01-01", "timezone", "Europe/London")
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text, `id="start-error" role="alert">Lies in the future: use today`)

	w.toReview()
	answers["POST /v1/connections"] = refusal{422, `{"title":"Some fields are not valid","status":422,"errors":[` +
		`{"field":"bulk_sync_start_date","code":"invalid","message":"lies in the future"}]}`}
	got = w.send("review", "finish", ticks...)
	assert.Contains(t, got.text, `id="start-error" role="alert">Lies in the future.`)
	assert.Contains(t, got.text, "<h1>Bulk sync</h1>")
	answers["POST /v1/connections"] = refusal{422, `{"title":"Some fields are not valid","status":422,"errors":[` +
		`{"field":"settings.discount","code":"invalid","message":"use positive"}]}`}
	got = w.send("review", "finish", ticks...)
	assert.Contains(t, got.text, "settings.discount: Use positive.", "what no step asks for")
}

// bodies notes what is sent to an address of the API.
func bodies(into *[]map[string]any, answer any) func(*http.Request) any {
	return func(r *http.Request) any {
		var body map[string]any
		raw, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(raw, &body)
		*into = append(*into, body)
		return answer
	}
}

const samePrefix = `{"title":"Conflict","status":409,"detail":"see the other","connection_id":"c0","code":"same_id_prefix"}`

func TestWizardAsksForAPrefixOfASecondStore(t *testing.T) {
	answers := wizardAPI()
	made := answers["POST /v1/connections"]
	answers["POST /v1/connections"] = refusal{409, samePrefix}
	w := newWizard(t, answers, "/connections/new")
	assert.NotContains(t, w.toReview().text, "Record ID prefix")
	got := w.send("review", "finish", ticks...)
	assert.Equal(t, http.StatusConflict, got.StatusCode)
	assert.Contains(t, got.text, "Another store sends its records to this Ometria account already")
	assert.NotContains(t, got.text, "connected already")
	assert.Contains(t, got.text, `href="/connections/c0"`)
	assert.Contains(t, got.text, `id="prefix-error"`)
	got = w.send("review", "finish", append(ticks, "id_prefix", "1")...)
	assert.Contains(t, got.text, "could still have the same ids")
	assert.Contains(t, got.text, `name="id_prefix" value="1"`)

	answers["POST /v1/connections"] = refusal{422, `{"title":"Some fields are not valid","status":422,"errors":[` +
		`{"field":"settings.id_prefix","code":"invalid","message":"use letters"}]}`}
	got = w.send("review", "finish", append(ticks, "id_prefix", "ü")...)
	assert.Contains(t, got.text, `id="prefix-error" role="alert">Use letters.`)

	var sent []map[string]any
	answers["POST /v1/connections"] = bodies(&sent, made)
	got = w.send("review", "finish", append(ticks, "id_prefix", " us- ")...)
	assert.Equal(t, "/connections/c1", got.Request.URL.Path)
	require.Len(t, sent, 1)
	assert.Equal(t, map[string]any{"id_prefix": "us-", "customers_collection": "magento", "history_consent": "omit"}, sent[0]["settings"])

	answers["POST /v1/connections"] = refusal{409, strings.Replace(samePrefix, "same_id_prefix", "same_store", 1)}
	w.at = w.do("GET", "/connections/new", nil)
	w.toReview()
	got = w.send("review", "finish", ticks...)
	assert.Contains(t, got.text, "This store is connected already.")
	assert.NotContains(t, got.text, "Record ID prefix")
}

func TestAnotherAuthenticationBringsItsOwn(t *testing.T) {
	d := &draft{
		Authentication: "a1", Confirmed: true, StoreName: "Hats", Timezone: "Europe/London", StoreTimezone: "Europe/London", StartDate: "2024-01-31",
		Collections: []string{"magento"}, CustomersIn: "magento", SubscribersIn: "x", HistoryConsent: "send",
		OldConnectionGone: true, OldScriptGone: true, CampaignsPaused: true, AskPrefix: true, IDPrefix: "us-", Code: "hats",
	}
	typed := *d
	typed.Timezone = "Europe/Paris"
	d.choose("a2")
	assert.Equal(t, &draft{Authentication: "a2", StartDate: "2024-01-31", Code: "hats"}, d)
	typed.choose("a2")
	assert.Equal(t, "Europe/Paris", typed.Timezone, "somebody typed it")
}

func TestWizardKeepsWhatWasTypedOfAnAuthentication(t *testing.T) {
	answers := rotationAPI()
	var deleted []string
	answers["DELETE /v1/authentications/a2"] = func(*http.Request) any { deleted = append(deleted, "a2"); return nil }
	w := newWizard(t, answers, "/connections/new")
	w.send("sync", "new-authentication", "identification_code", "hats", "name", "Fancy")
	assert.Contains(t, w.at.text, `name="name" value="Fancy"`)
	typed := []string{"name", "Mine", "client_id", "c-1", "store_hash", "abc1", "access_token", "hush-token", "ometria_api_key", "hush-key", "client_secret", "hush-secret"}
	w.send("authentication", "back", typed...)
	w.send("sync", "new-authentication", "identification_code", "hats", "name", "Fancy")
	kept := []string{`name="name" value="Mine"`, `value="c-1"`, `name="store_hash" value="abc1"`}
	for _, field := range kept {
		assert.Contains(t, w.at.text, field, "going back loses nothing")
	}
	got := w.send("authentication", "create", typed...)
	assert.Contains(t, got.text, "Access token lacks Content: modify.")
	got = w.send("test", "new-authentication")
	for _, field := range kept {
		assert.Contains(t, got.text, field)
	}
	assert.NotContains(t, got.text, "hush-")

	w.send("authentication", "back", typed...)
	got = w.send("sync", "next", "identification_code", "hats", "authentication", "a2")
	assert.Empty(t, deleted, "the same is still chosen")
	w.send("test", "back")
	got = w.send("sync", "next", "identification_code", "hats", "authentication", "a1")
	assert.Contains(t, got.text, "Hats &amp; Caps")
	assert.Equal(t, []string{"a2"}, deleted, "nobody chose it")
	w.send("test", "back")
	w.send("sync", "next", "identification_code", "hats", "authentication", "a1")
	assert.Len(t, deleted, 1)
}

func TestWizardAsksToCompareTheOmetriaAccount(t *testing.T) {
	w := newWizard(t, wizardAPI(), "/connections/new")
	got := w.send("sync", "next", "identification_code", "hats", "authentication", "a1")
	before, _, found := strings.Cut(got.text, `name="confirmed"`)
	require.True(t, found)
	assert.Contains(t, before, "must be from one Ometria account. This cannot be checked from here")
}
