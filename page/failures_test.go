package page

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// download asks for the failures of connection c1 as CSV.
func download(t *testing.T, answers map[string]any) (text string, err error) {
	b := newBrowser(t, answers, "")
	b.signIn(adminToken)
	r, err := http.NewRequestWithContext(t.Context(), "GET", b.base+"/connections/c1/failures.csv", nil)
	require.NoError(t, err)
	got, err := b.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = got.Body.Close() }()
	whole, err := io.ReadAll(got.Body)
	return string(whole), err
}

func TestDownloadOfFailures(t *testing.T) {
	answers := wizardAPI()
	answers["GET /v1/connections/c1/records"] = map[string]any{"data": []any{
		map[string]any{"entity": "orders", "record_id": "7", "reason": map[string]any{"code": "refused", "text": "=1+1"}},
	}, "next_cursor": nil}
	text, err := download(t, answers)
	require.NoError(t, err)
	assert.Contains(t, text, "orders,7,refused,,'=1+1", "no formula for a spreadsheet")

	delete(answers, "GET /v1/connections/c1/records")
	_, err = download(t, answers)
	assert.Error(t, err, "what is cut off does not look whole")
}

// What stands at a group is about that group alone.
func TestGroupIsRetriedAlone(t *testing.T) {
	answers := wizardAPI()
	reason := map[string]any{"code": "refused", "text": "no such currency", "path": "currency"}
	answers["GET /v1/connections/c1/failures"] = map[string]any{"data": []any{
		map[string]any{"group": "g300", "entity": "orders", "count": 300, "reason": map[string]any{"code": "refused", "text": "is empty"}},
		map[string]any{"group": "g12", "entity": "orders", "count": 12, "reason": reason},
	}, "next_cursor": nil}
	answers["POST /v1/connections/c1/failures/retry"] = func(r *http.Request) any {
		var body map[string]string
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		assert.Equal(t, map[string]string{"group": "g12"}, body)
		return map[string]any{"retried": 12}
	}
	answers["GET /v1/connections/c1/records"] = func(r *http.Request) any {
		assert.Equal(t, "g12", r.URL.Query().Get("group"))
		return map[string]any{"data": []any{map[string]any{"entity": "orders", "record_id": "7", "reason": reason}}, "next_cursor": nil}
	}
	b := newBrowser(t, answers, "")
	b.signIn(supportToken)
	page := b.do("GET", "/connections/c1/failures", nil).text
	assert.Contains(t, page, `name="group" value="g12"`)
	const address = "/connections/c1/records?entity=orders&amp;outcome=rejected&amp;group=g12"
	assert.Contains(t, page, `href="`+address+`"`)
	assert.Contains(t, b.do("GET", html.UnescapeString(address), nil).text, "Only those of one group of failures: no such currency")
	assert.Contains(t, b.do("POST", "/connections/c1/failures/retry", url.Values{"group": {"g12"}}).text, "12 records are tried again.")
}

func TestNoFormulaForASpreadsheet(t *testing.T) {
	for _, text := range []string{"=1", "+1", "-1", "@a", "\t=1", "\r=1"} {
		assert.Equal(t, "'"+text, unformula(text))
	}
	for _, text := range []string{"", "is empty", "é="} {
		assert.Equal(t, text, unformula(text))
	}
}
