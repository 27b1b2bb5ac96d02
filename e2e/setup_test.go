package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// connect makes an authentication and a connection and waits until the
// connection has one of the statuses.
func connect(t *testing.T, p *process, client *apiclient.Client, a apiclient.NewAuthentication, code string, statuses ...string) apiclient.Connection {
	t.Helper()
	made, err := client.CreateAuthentication(t.Context(), a)
	require.NoError(t, err)
	c, err := client.CreateConnection(t.Context(), apiclient.NewConnection{
		Name: "e2e", AuthenticationID: made.ID, IdentificationCode: code, Timezone: "Europe/London",
	})
	require.NoError(t, err)
	p.eventually(2*time.Minute, strings.Join(statuses, " or "), func() bool {
		c, err = client.Connection(t.Context(), c.ID)
		require.NoError(t, err)
		for _, status := range statuses {
			if c.Status == status {
				return c.Waiting() == 0
			}
		}
		return false
	})
	return c
}

// authentication is the one that works with the stand-ins.
func (s state) authentication() apiclient.NewAuthentication {
	return apiclient.NewAuthentication{
		Name: "e2e", OmetriaAPIKey: s.Accounts.OmetriaKey, ClientID: s.Accounts.ClientID,
		ClientSecret: s.Accounts.ClientSecret, AccessToken: s.Accounts.AccessToken, StoreHash: s.Accounts.StoreHash,
	}
}

// shopGet asks the simulated store's own API, with the token that works.
func (s state) shopGet(t *testing.T, path string, into any) {
	t.Helper()
	getJSON(t, "http://"+s.Addresses.BigCommerce+"/stores/"+s.Accounts.StoreHash+path,
		http.Header{"X-Auth-Token": {s.Accounts.AccessToken}, "Accept": {"application/json"}}, into)
}

// getJSON reads what stands at an address.
func getJSON(t *testing.T, url string, header http.Header, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode, "%s: %s", url, raw)
	require.NoError(t, json.Unmarshal(raw, into))
}

// assertNothingLeft looks for hooks and scripts of ours in the store.
func (s state) assertNothingLeft(t *testing.T) {
	t.Helper()
	for _, path := range []string{"/v3/hooks", "/v3/content/scripts"} {
		var list struct{ Data []json.RawMessage }
		s.shopGet(t, path, &list)
		assert.Empty(t, list.Data, path)
	}
}

// order posts an order to misbehave to a stand-in.
func order(t *testing.T, address string, fault map[string]any) {
	t.Helper()
	body, err := json.Marshal(fault)
	require.NoError(t, err)
	resp, err := http.Post("http://"+address+"/_simulator/faults", "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(t, http.StatusCreated, resp.StatusCode)
}

// TestFailedSetupsLeaveNothingBehind goes through what a merchant gets wrong,
// one after another in one run.
func TestFailedSetupsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), nil, "--customers", "3", "--subscribers", "3", "--products", "3", "--orders", "3")
	s := p.ready()
	client := s.client()

	wrongToken := s.authentication()
	wrongToken.AccessToken = "no-such-token-at-all"
	c := connect(t, p, client, wrongToken, "wrong-token", "failed")
	require.NotNil(t, c.Failure)
	assert.Equal(t, "InvalidCredentials", c.Failure.Code)
	assert.Contains(t, c.Failure.Detail+c.Failure.Action, "store hash or token wrong")
	s.assertNothingLeft(t)

	wrongKey := s.authentication()
	wrongKey.OmetriaAPIKey = "no-such-key-at-all"
	c = connect(t, p, client, wrongKey, "wrong-key", "failed")
	require.NotNil(t, c.Failure)
	assert.Equal(t, "InvalidCredentials", c.Failure.Code)
	assert.Contains(t, c.Failure.Detail+c.Failure.Action, "10 minutes")
	s.assertNothingLeft(t)

	// The first POST is the check whether the token may write scripts.
	order(t, s.Addresses.BigCommerce, map[string]any{
		"method": "POST", "path": "/v3/content/scripts", "status": 422, "skip": 1, "times": 1,
		"body": `{"status":422,"title":"Too many scripts"}`,
	})
	c = connect(t, p, client, s.authentication(), "no-script", "failed")
	require.NotNil(t, c.Failure)
	assert.Equal(t, "ScriptLimitReached", c.Failure.Code)
	s.assertNothingLeft(t)

	// The script stands when the webhooks are refused for good: it goes again.
	order(t, s.Addresses.BigCommerce, map[string]any{
		"method": "POST", "path": "/v3/hooks", "status": 403, "skip": 3, "times": 1,
		"body": `{"status":403,"title":"You don't have a required scope to access the endpoint"}`,
	})
	c = connect(t, p, client, s.authentication(), "no-hooks", "failed")
	require.NotNil(t, c.Failure)
	assert.Equal(t, "MissingScope", c.Failure.Code)
	s.assertNothingLeft(t)

	// "resume" runs the setup again, and now nothing is in its way.
	_, err := client.Act(t.Context(), c.ID, "resume", nil)
	require.NoError(t, err)
	p.eventually(time.Minute, "connected", func() bool {
		c, err = client.Connection(t.Context(), c.ID)
		require.NoError(t, err)
		return c.Status == "connected"
	})
	assert.Nil(t, c.Failure)
}

// TestOtherServers connects to servers that are not the simulators.
func TestOtherServers(t *testing.T) {
	t.Parallel()
	shop := newTinyShop(t)
	p := start(t, t.TempDir(), []string{
		"OBC_BIGCOMMERCE_URL=" + shop.bigcommerce.URL, "OBC_OMETRIA_URL=" + shop.ometria.URL,
	}, "--no-simulators")
	client := p.ready().client()
	c := connect(t, p, client, apiclient.NewAuthentication{
		Name: "tiny", OmetriaAPIKey: tinyKey, ClientID: "tiny-client", AccessToken: tinyToken,
		StoreHash: shop.bigcommerce.URL + "/stores/" + tinyHash + "/v3/",
	}, "tiny-code", "connected", "failed")
	require.Equal(t, "connected", c.Status, "%+v", c.Failure)

	assert.ElementsMatch(t, []string{"product  7", "contact customers 5", "contact subscribers 6", "order  1000"}, shop.held())
	shop.mu.Lock()
	defer shop.mu.Unlock()
	assert.Empty(t, shop.errs)
	assert.NotEmpty(t, shop.hooks)
	require.Len(t, shop.scripts, 1)
	assert.Equal(t, "https://cdn.ometria.com/tags/tiny-code.js", shop.scripts[0]["src"])
}

// eventuallyGone waits until no process is left of those that p started. An
// address would not tell: another test may listen there by now.
func (p *process) eventuallyGone() {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		return errors.Is(syscall.Kill(-p.cmd.Process.Pid, 0), syscall.ESRCH)
	}, 20*time.Second, 100*time.Millisecond, "something that it started still runs")
}

// idOf returns the id in a JSON object.
func idOf(t *testing.T, raw []byte) string {
	t.Helper()
	var object struct{ ID string }
	require.NoError(t, json.Unmarshal(raw, &object), "%s", raw)
	require.NotEmpty(t, object.ID)
	return object.ID
}
