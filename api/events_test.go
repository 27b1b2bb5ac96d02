package api

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func TestEventsFollowAConnection(t *testing.T) {
	stopping := make(chan struct{})
	s := newService(t, func(o *Options) { o.Stopping = stopping })
	id := s.connection("abc1")
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/v1/connections/"+string(id)+"/events", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+supportToken)
	stream, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = stream.Body.Close() }()
	require.Equal(t, http.StatusOK, stream.StatusCode)
	assert.Equal(t, "text/event-stream", stream.Header.Get("Content-Type"))

	lines := bufio.NewScanner(stream.Body)
	next := func() (e connectionEvent) {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data:"); ok {
				require.NoError(t, json.Unmarshal([]byte(data), &e))
				return e
			}
		}
		t.Fatal("the stream ended")
		return e
	}
	assert.Equal(t, connection.Validating, next().Status)
	s.phase(id, connection.Connected)
	assert.Equal(t, connection.Connected, next().Status)
	require.NoError(t, s.store.MarkDirty(t.Context(), id, connection.Orders, []connection.RecordID{7}))
	assert.EqualValues(t, 1, next().Progress[connection.Orders].Waiting)

	require.NoError(t, s.store.Park(t.Context(), id, connection.Parked{Code: connection.OmetriaUnavailable, NextProbeAt: time.Now()}))
	assert.Equal(t, connection.OmetriaUnavailable, next().Parked.Code)

	require.NoError(t, s.store.NoteMend(t.Context(), id, 2, false))
	assert.EqualValues(t, 2, next().LastReconcile.HooksMended)

	close(stopping)
	for lines.Scan() {
		assert.NotContains(t, lines.Text(), "data:")
	}
	s.call(supportToken, "GET", "/v1/connections/"+string(connection.NewID())+"/events", nil).problem(404)
}
