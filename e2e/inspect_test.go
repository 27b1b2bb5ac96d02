package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// ask does a request of the API that must succeed.
func ask(t *testing.T, client *apiclient.Client, method, path string, in, out any) {
	t.Helper()
	answer, err := client.Do(t.Context(), method, path, nil, in)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(answer.Body, out))
}

// cli runs the product's command line against the running service.
func (s state) cli(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), programs.product, args...)
	cmd.Env = append(clean(os.Environ()), "OBC_API_URL=http://"+s.Addresses.HTTP, "OBC_API_TOKEN="+s.AdminToken)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", args, &stderr)
	return string(out)
}

// TestWhatWouldBeSent looks at every record of a synced store in each way there
// is, and then for what that left behind.
func TestWhatWouldBeSent(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), []string{"OBC_LOG_LEVEL=debug"}, "--customers", "4", "--subscribers", "4", "--products", "3", "--orders", "5")
	s := p.ready()
	client := s.client()
	c := connect(t, p, client, s.authentication(), "what-would-be-sent", "connected")
	path := "/v1/connections/" + c.ID + "/records/"

	verdicts := map[string]int{}
	emails := map[string]bool{}
	var order string
	for record, err := range client.Records(t.Context(), c.ID, "", "") {
		require.NoError(t, err)
		var preview apiclient.Preview
		ask(t, client, http.MethodGet, path+record.Entity+"/"+record.RecordID+"/preview", nil, &preview)
		assert.Equal(t, record.Outcome, preview.Outcome, "%s %s", record.Entity, record.RecordID)
		assert.NotEqual(t, "null", string(preview.Source))
		for _, f := range preview.Fields {
			assert.NotEmpty(t, f.Rule, "%s: nothing says what makes %s", record.Entity, f.Target)
		}
		var check apiclient.RecordCheck
		ask(t, client, http.MethodPost, path+record.Entity+"/"+record.RecordID+"/check", nil, &check)
		verdicts[record.Outcome+" "+check.Verdict]++
		if record.Entity == "orders" {
			order = record.RecordID
		}
		if check.Verdict != "same" && record.Outcome == "accepted" {
			t.Errorf("%s %s is not at Ometria as it was sent: %+v", record.Entity, record.RecordID, check.Records)
		}
		var source struct {
			Email          string
			BillingAddress struct{ Email string } `json:"billing_address"`
		}
		require.NoError(t, json.Unmarshal(preview.Source, &source))
		for _, email := range []string{source.Email, source.BillingAddress.Email} {
			if email != "" {
				emails[email] = true
			}
		}
	}
	assert.Greater(t, verdicts["accepted same"], 10, "%v", verdicts)
	require.NotEmpty(t, emails)

	looked := 0
	for email := range emails {
		if looked++; looked > 3 {
			break // each costs several of the store's requests
		}
		var found struct{ Data []apiclient.Match }
		ask(t, client, http.MethodPost, path+"lookup", map[string]string{"email": strings.ToUpper(email)}, &found)
		require.NotEmpty(t, found.Data)
		for _, m := range found.Data {
			assert.True(t, m.Known)
		}
		assert.Contains(t, s.cli(t, email+"\n", "records", "lookup", c.ID, "--email", "-"), found.Data[0].RecordID)
	}
	assert.Contains(t, s.cli(t, "", "records", "preview", c.ID, "orders", order), "grand_total")
	assert.Contains(t, s.cli(t, "", "connections", "fields", c.ID), "form field")
	assert.Contains(t, s.cli(t, "", "records", "show", c.ID, "orders", order), "outcome")

	metrics, err := http.Get("http://" + s.Addresses.HTTP + "/metrics")
	require.NoError(t, err)
	defer func() { _ = metrics.Body.Close() }()
	measured, err := io.ReadAll(metrics.Body)
	require.NoError(t, err)
	places := map[string][]byte{"log": []byte(p.out.String()), "metrics": measured}
	require.Contains(t, string(places["log"]), "records/lookup")
	require.Contains(t, string(places["metrics"]), "records/lookup")
	for _, pattern := range []string{"obc.db*", "temporal/*.db*"} {
		files, err := filepath.Glob(filepath.Join(p.dir, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			places[filepath.Base(file)], err = os.ReadFile(file)
			require.NoError(t, err)
		}
	}
	for place, content := range places {
		content = bytes.ToLower(content)
		for email := range emails {
			assert.False(t, bytes.Contains(content, bytes.ToLower([]byte(email))), "an e-mail address is in %s", place)
		}
		assert.False(t, bytes.Contains(content, []byte("%40example.")), "an escaped e-mail address is in %s", place)
	}
}
