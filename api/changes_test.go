package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestListChanges(t *testing.T) {
	s := newService(t)
	id := s.connection("abc8")
	s.finish(key(id, connection.Orders, 1), store.Result{Outcome: connection.Accepted, State: connection.RecordState{Exists: true}})
	hours := s.call(supportToken, "GET", "/v1/connections/"+string(id)+"/changes", nil).want(200).object()["data"].([]any)
	require.Len(t, hours, 24)
	var delivered float64
	for _, hour := range hours {
		delivered += hour.(map[string]any)["delivered"].(float64)
	}
	assert.EqualValues(t, 1, delivered)
	last, err := time.Parse(time.RFC3339, hours[23].(map[string]any)["hour"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), last, 61*time.Minute)
	s.call(supportToken, "GET", "/v1/connections/conn_none/changes", nil).problem(404)
}
