package page

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

// rotationAPI is a service with a connection of store abc1 that uses a1, and
// authentications of this store and another.
func rotationAPI() map[string]any {
	a := wizardAPI()
	connection := a["GET /v1/connections/c1"].(map[string]any)
	connection["authentication_id"], connection["status"] = "a1", "connected"
	a["GET /v1/authentications"] = map[string]any{"data": []any{
		map[string]any{"id": "a1", "name": "Present", "store_hash": "abc1"},
		map[string]any{"id": "a2", "name": "Next", "store_hash": "abc1"},
		map[string]any{"id": "a9", "name": "Elsewhere", "store_hash": "xyz9"},
	}, "next_cursor": nil}
	a["POST /v1/authentications"] = map[string]any{"id": "a2", "name": "Next", "store_hash": "abc1"}
	a["POST /v1/authentications/a2/test"] = map[string]any{"ok": false, "checks": []any{
		map[string]any{"name": "BigCommerce: scripts", "ok": false, "message": "access token lacks Content: modify"},
	}}
	a["PUT /v1/connections/c1/authentication"] = connection
	return a
}

func TestReplaceTheAuthentication(t *testing.T) {
	b := newBrowser(t, rotationAPI(), "")
	b.signIn(adminToken)
	assert.Contains(t, b.do("GET", "/connections/c1", nil).text, `href="/connections/c1/authentication"`)
	got := b.do("GET", "/connections/c1/authentication", nil)
	assert.Contains(t, got.text, `value="a2"`)
	assert.NotContains(t, got.text, `value="a1"`, "it is in force")
	assert.NotContains(t, got.text, "Elsewhere", "of another store")
	assert.Contains(t, got.text, `value="abc1" readonly`)

	got = b.do("POST", "/connections/c1/authentication", url.Values{"go": {"replace"}})
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text, "Choose an authentication")

	got = b.do("POST", "/connections/c1/authentication", url.Values{"go": {"test"}, "authentication": {"a2"}})
	assert.Contains(t, got.text, "Access token lacks Content: modify.")
	assert.Contains(t, got.text, `value="a2" checked`)
	got = b.do("POST", "/connections/c1/authentication", url.Values{"go": {"test"}, "authentication": {"gone"}})
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text, "This authentication is gone")

	got = b.do("POST", "/connections/c1/authentication", url.Values{"go": {"replace"}, "authentication": {"a2"}})
	assert.Equal(t, "/connections/c1", got.Request.URL.Path)
	assert.Contains(t, got.text, "The authentication is being replaced.")
}

func TestReplaceByANewAuthentication(t *testing.T) {
	answers := rotationAPI()
	b := newBrowser(t, answers, "")
	b.signIn(adminToken)
	form := url.Values{"go": {"create"}, "name": {"Next"}, "ometria_api_key": {"hush-key"}, "client_id": {"new-client"},
		"access_token": {"hush-token"}, "client_secret": {"hush-secret"}, "store_hash": {"xyz9"}}
	got := b.do("POST", "/connections/c1/authentication", form)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Contains(t, got.text, `value="a2" checked`, "it is made, tested and chosen")
	assert.Contains(t, got.text, `name="made" value="a2"`)
	assert.Contains(t, got.text, "Access token lacks Content: modify.")
	assert.NotContains(t, got.text, "hush-")

	answers["POST /v1/authentications"] = refusal{422, `{"title":"Some fields are not valid","status":422,"errors":[` +
		`{"field":"access_token","code":"required","message":"enter the ACCESS TOKEN"},{"field":"name","code":"too_long","message":"use at most 200 characters"}]}`}
	got = b.do("POST", "/connections/c1/authentication", form)
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text, `id="token-error" role="alert">Enter the ACCESS TOKEN.`)
	assert.Contains(t, got.text, `id="name-error" role="alert">Use at most 200 characters.`)
	assert.Contains(t, got.text, `value="new-client"`)
	assert.NotContains(t, got.text, "hush-", "credentials never come back")

	answers["PUT /v1/connections/c1/authentication"] = refusal{422, `{"title":"Some fields are not valid","status":422,"errors":[` +
		`{"field":"authentication_id","code":"invalid","message":"this authentication is of store xyz9"}]}`}
	got = b.do("POST", "/connections/c1/authentication", url.Values{"go": {"replace"}, "authentication": {"a9"}})
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text, "This authentication is of store xyz9.")
}

func TestSupportReplacesNoAuthentication(t *testing.T) {
	b := newBrowser(t, rotationAPI(), "")
	b.signIn(supportToken)
	assert.NotContains(t, b.do("GET", "/connections/c1", nil).text, "/authentication")
	assert.Equal(t, http.StatusForbidden, b.do("GET", "/connections/c1/authentication", nil).StatusCode)
	assert.Equal(t, http.StatusForbidden, b.do("POST", "/connections/c1/authentication", url.Values{}).StatusCode)
}
