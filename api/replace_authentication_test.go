package api

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func TestReplaceAuthentication(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	s.starter.take()
	path := "/v1/connections/" + string(id)
	before, _ := s.call(adminToken, "GET", path, nil).want(200).object()["authentication_id"].(string)
	to := func(id string) map[string]any { return map[string]any{"authentication_id": id} }

	got := s.call(adminToken, "PUT", path+"/authentication", to(before)).want(202).object()
	assert.Nil(t, got["next_authentication_id"])
	assert.Empty(t, s.starter.take(), "it is in force")

	next := s.authentication("abc1")
	for range 2 { // whoever asks again may not know that it was heard
		got = s.call(adminToken, "PUT", path+"/authentication", to(next)).want(202).object()
		assert.Equal(t, before, got["authentication_id"], "until the new one has done")
		assert.Equal(t, next, got["next_authentication_id"])
		assert.Equal(t, "connected", got["status"])
		assert.Equal(t, []string{"ReplaceAuthentication " + string(id)}, s.starter.take())
	}
	assert.Contains(t, s.call(adminToken, "DELETE", "/v1/authentications/"+next, nil).problem(409).Detail, "replace it")
	_, _, err := s.store.SwitchAuthentication(t.Context(), id, connection.AuthenticationID(next))
	require.NoError(t, err)
	got = s.call(adminToken, "GET", path, nil).want(200).object()
	assert.Equal(t, next, got["authentication_id"])
	assert.Nil(t, got["next_authentication_id"])
	s.call(adminToken, "DELETE", "/v1/authentications/"+before, nil).problem(409)
	require.NoError(t, s.store.AuthenticationCleared(t.Context(), id, connection.AuthenticationID(before)))
	s.call(adminToken, "DELETE", "/v1/authentications/"+before, nil).want(204)

	entries, _ := s.call(adminToken, "GET", "/v1/audit-log?connection_id="+string(id), nil).want(200).object()["data"].([]any)
	entry := entries[0].(map[string]any)
	assert.Equal(t, "replaced the authentication", entry["action"])
	assert.Equal(t, next, entry["detail"])
	assert.Equal(t, "ada", entry["name"])
}

func TestReplaceAuthenticationRefused(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	path := "/v1/connections/" + string(id) + "/authentication"
	s.starter.take()
	next := map[string]any{"authentication_id": s.authentication("abc1")}
	for name, tc := range map[string]struct {
		body any
		code string
		says string
	}{
		"none":        {map[string]any{}, "required", "name the authentication"},
		"no string":   {map[string]any{"authentication_id": 7}, "invalid", "must be a string"},
		"unknown":     {map[string]any{"authentication_id": string(connection.NewAuthenticationID())}, "unknown", "create it first"},
		"other store": {map[string]any{"authentication_id": s.authentication("xyz9")}, "invalid", "is of store xyz9, and the connection of store abc1"},
	} {
		p := s.call(adminToken, "PUT", path, tc.body).problem(422)
		require.Len(t, p.Errors, 1, name)
		assert.Equal(t, "authentication_id", p.Errors[0].Field, name)
		assert.Equal(t, tc.code, p.Errors[0].Code, name)
		assert.Contains(t, p.Errors[0].Message, tc.says, name)
	}
	s.call(adminToken, "PUT", "/v1/connections/"+string(connection.NewID())+"/authentication", next).problem(404)
	s.call(supportToken, "PUT", path, next).problem(403)
	assert.Empty(t, s.starter.take())

	s.starter.at = map[string]error{"Ready": errors.New("away")}
	s.call(adminToken, "PUT", path, next).problem(503)
	c, err := s.store.Connection(t.Context(), id)
	require.NoError(t, err)
	assert.True(t, c.Replacing.Empty(), "nothing was noted")
	s.starter.at = map[string]error{"ReplaceAuthentication": errors.New("away")}
	assert.Contains(t, s.call(adminToken, "PUT", path, next).problem(503).Detail, "noted, and not taken up yet")

	s.starter.at = nil
	s.phase(id, connection.Removing)
	assert.Contains(t, s.call(adminToken, "PUT", path, next).problem(409).Detail, "being removed")
}

// A failed connection is set up again, as resuming it does; when that does not
// begin it goes on saying why it failed.
func TestReplaceAuthenticationOfAFailedConnection(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	require.NoError(t, s.store.Fail(t.Context(), id, connection.Failure{Code: connection.FailureInvalidCredentials, Detail: "d", Action: "a"}))
	path := "/v1/connections/" + string(id)
	next := map[string]any{"authentication_id": s.authentication("abc1")}
	s.starter.at = map[string]error{"ReplaceAuthentication": errors.New("away")}
	s.call(adminToken, "PUT", path+"/authentication", next).problem(503)
	assert.Equal(t, "failed", s.call(adminToken, "GET", path, nil).want(200).object()["status"])
	s.starter.at = nil
	s.starter.take()
	assert.Equal(t, "validating", s.call(adminToken, "PUT", path+"/authentication", next).want(202).object()["status"])
	assert.Equal(t, []string{"ReplaceAuthentication " + string(id)}, s.starter.take())
}

// While one API account takes the other's place, webhooks of both come: neither
// is taken for forged.
func TestSignaturesWhileAuthenticationsChange(t *testing.T) {
	s, _ := watched(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	body := authenticationOf("abc1")
	body["client_secret"] = "new-client-secret"
	next, _ := s.call(adminToken, "POST", "/v1/authentications", body).want(201).object()["id"].(string)
	s.call(adminToken, "PUT", "/v1/connections/"+string(id)+"/authentication", map[string]any{"authentication_id": next}).want(202)
	order := delivery("store/order/created", `{"type":"order","id":250}`)
	both := func() {
		t.Helper()
		for _, secret := range []string{secretClient, "new-client-secret"} {
			s.deliverSigned(id, order, sign(t, secret, order, time.Now()))
			assert.Empty(t, s.attention(id))
		}
	}
	both()
	_, _, err := s.store.SwitchAuthentication(t.Context(), id, connection.AuthenticationID(next))
	require.NoError(t, err)
	both()
	assert.Equal(t, 4.0, gathered(t, s.gatherer, "obc_webhook_signatures_total", "valid"))
}
