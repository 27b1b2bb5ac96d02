package page

import (
	"io"
	"net/http"
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
