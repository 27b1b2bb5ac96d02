package api

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestPauseAndResume(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	s.starter.take()
	path := "/v1/connections/" + string(id)
	for range 2 { // twice is once
		assert.Equal(t, "paused", s.call(adminToken, "POST", path+"/pause", nil).want(202).object()["status"])
	}
	assert.Equal(t, []string{"Pause " + string(id), "Pause " + string(id)}, s.starter.take())
	assert.Equal(t, "connected", s.call(adminToken, "POST", path+"/resume", nil).want(202).object()["status"])
	assert.Equal(t, []string{"Resume " + string(id)}, s.starter.take())

	// A pause holds by its mark alone; a resume must reach the bulk sync.
	s.starter.fail(errors.New("away"))
	assert.Equal(t, "paused", s.call(adminToken, "POST", path+"/pause", nil).want(202).object()["status"])
	s.call(adminToken, "POST", path+"/resume", nil).problem(503)
	s.starter.fail(nil)
	s.starter.take()
	s.call(adminToken, "POST", path+"/resume", nil).want(202)
	assert.Equal(t, []string{"Resume " + string(id)}, s.starter.take(), "told again, though no longer paused")
}

func TestScriptAndResync(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	s.starter.take()
	path := "/v1/connections/" + string(id)
	s.call(adminToken, "POST", path+"/script", nil).want(202)
	s.call(adminToken, "POST", path+"/resync", nil).want(202)
	s.call(adminToken, "POST", path+"/resync", map[string]any{"entities": []string{"orders", "products", "orders"}, "since": "2024-02-29"}).want(202)
	assert.Equal(t, []string{
		"UpdateScript " + string(id),
		"Resync " + string(id) + ` {"entities":["products","customers","subscribers","orders"]}`,
		"Resync " + string(id) + ` {"entities":["products","orders"],"since":"2024-02-29"}`,
	}, s.starter.take())

	s.starter.fail(errors.New("away"))
	for _, action := range []string{"/script", "/resync"} {
		assert.Equal(t, "10", s.call(adminToken, "POST", path+action, nil).want(503).Header.Get("Retry-After"))
	}
}

func TestFailedConnection(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	require.NoError(t, s.store.Fail(t.Context(), id, connection.Failure{Code: connection.FailureInvalidCredentials, Detail: "d", Action: "a"}))
	s.starter.take()
	path := "/v1/connections/" + string(id)
	for _, action := range []string{"/script", "/resync"} {
		assert.Contains(t, s.call(adminToken, "POST", path+action, nil).problem(409).Detail, "resume")
	}
	assert.Empty(t, s.starter.take())

	s.starter.fail(errors.New("away"))
	s.call(adminToken, "POST", path+"/resume", nil).problem(503)
	assert.Equal(t, "failed", s.call(adminToken, "GET", path, nil).want(200).object()["status"], "still says why")
	s.starter.fail(nil)
	s.starter.take()
	assert.Equal(t, "validating", s.call(adminToken, "POST", path+"/resume", nil).want(202).object()["status"])
	assert.Equal(t, []string{"SetUp " + string(id)}, s.starter.take())
}

// Pausing and resuming a connection whose setup is at work must not set it up
// twice; one whose setup was never started, or was lost, is helped.
func TestResumeWhileValidating(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.starter.atWork("connection-setup/"+string(id), true)
	s.starter.take()
	path := "/v1/connections/" + string(id)
	s.call(adminToken, "POST", path+"/pause", nil).want(202)
	assert.Equal(t, "validating", s.call(adminToken, "POST", path+"/resume", nil).want(202).object()["status"])
	assert.Equal(t, []string{"Pause " + string(id), "Resume " + string(id)}, s.starter.take())

	s.starter.atWork("connection-setup/"+string(id), false)
	s.call(adminToken, "POST", path+"/resume", nil).want(202)
	assert.Equal(t, []string{"SetUp " + string(id)}, s.starter.take())

	s.starter.at = map[string]error{"Running": errors.New("away")}
	s.call(adminToken, "POST", path+"/resume", nil).problem(503)
	assert.Empty(t, s.starter.take(), "nothing is guessed")
}

func TestRemoveConnection(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	s.starter.take()
	path := "/v1/connections/" + string(id)

	s.starter.fail(errors.New("away"))
	s.call(adminToken, "DELETE", path, nil).problem(503)
	s.starter.fail(nil)
	assert.Equal(t, "removing", s.call(adminToken, "GET", path, nil).want(200).object()["status"])
	s.starter.take()
	assert.Equal(t, "removing", s.call(adminToken, "DELETE", path, nil).want(202).object()["status"], "goes on from there")
	assert.Equal(t, []string{"Remove " + string(id)}, s.starter.take())

	for _, action := range []string{"/script", "/resync", "/pause", "/resume", "/records/orders/1/sync", "/failures/retry"} {
		assert.Contains(t, s.call(adminToken, "POST", path+action, nil).problem(409).Detail, "being removed", action)
	}
	s.call(adminToken, "PATCH", path, map[string]any{"name": "x"}, "If-Match", "*").problem(409)
	next := map[string]any{"authentication_id": s.authentication("abc1")}
	s.call(adminToken, "PUT", path+"/authentication", next).problem(409)
	assert.Empty(t, s.starter.take())

	require.NoError(t, s.store.Erase(t.Context(), id))
	s.inspector.err = store.ErrNotFound // as the live questions find it
	bodies := map[string]any{"lookUpRecords": map[string]any{"order_number": "1"}, "decideDeletions": map[string]any{"decision": "confirm"}, "replaceAuthentication": next}
	for _, o := range operations(t) {
		if o.role() == nobody || !strings.Contains(o.path, "{connection_id}") {
			continue
		}
		got := s.call(adminToken, o.method, replaceConnection(o, id), bodies[o.OperationID], "If-Match", "*")
		got.problem(404)
	}
}
