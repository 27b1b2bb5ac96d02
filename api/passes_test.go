package api

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func TestReconcileNow(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	s.starter.take()
	path := "/v1/connections/" + string(id)
	s.call(supportToken, "POST", path+"/reconcile", nil).want(202)
	s.call(supportToken, "POST", path+"/reconcile", map[string]any{"full": true}).want(202)
	assert.Equal(t, []string{"ReconcileNow " + string(id), "ReconcileNow " + string(id)}, s.starter.take())
	p, err := s.store.Pass(t.Context(), id, connection.FullPass, connection.Customers)
	require.NoError(t, err)
	assert.True(t, p.Wanted, "contacts too, whenever they were last read")
	s.starter.fail(errors.New("away"))
	s.call(supportToken, "POST", path+"/reconcile", nil).problem(503)
}

func TestConnectionShowsItsPasses(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	path := "/v1/connections/" + string(id)
	shown := s.call(supportToken, "GET", path, nil).want(200).object()
	assert.Nil(t, shown["last_reconcile"])
	assert.Nil(t, shown["last_sweep"])
	p, err := s.store.BeginPass(t.Context(), id, connection.FullPass, connection.Products, time.Now(), time.Now())
	require.NoError(t, err)
	require.NoError(t, s.store.CommitPassPage(t.Context(), id, p, "7", 250, 2))
	require.NoError(t, s.store.FinishPass(t.Context(), id, p, 1))
	require.NoError(t, s.store.NoteMend(t.Context(), id, 3, true))
	shown = s.call(supportToken, "GET", path, nil).want(200).object()
	reconcile, sweep := shown["last_reconcile"].(map[string]any), shown["last_sweep"].(map[string]any)
	assert.EqualValues(t, 3, reconcile["hooks_mended"])
	assert.Equal(t, true, reconcile["script_mended"])
	assert.Equal(t, map[string]any{"products": map[string]any{"looked": 250.0, "differed": 2.0, "gone": 1.0}}, sweep["entities"])
	assert.NotEmpty(t, sweep["at"])
}

func TestDeletionsAreDecidedByAnAdmin(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	path := "/v1/connections/" + string(id)
	s.call(supportToken, "POST", path+"/deletions", map[string]any{"decision": "confirm"}).problem(403)
	s.call(adminToken, "POST", path+"/deletions", map[string]any{"decision": "perhaps"}).problem(422)
	s.call(adminToken, "POST", path+"/deletions", map[string]any{"decision": "confirm"}).want(202)
	require.NoError(t, s.store.MarkDirty(t.Context(), id, connection.Products, []connection.RecordID{1}))
	_, err := s.store.DB().Exec("UPDATE records SET dirty_seq = NULL, ever_pushed = 1, reason_code = 'mass_deletion'")
	require.NoError(t, err)
	require.NoError(t, s.store.Attend(t.Context(), id, connection.Attention{Code: connection.MassDeletion, Action: "decide"}))
	shown := s.call(adminToken, "POST", path+"/deletions", map[string]any{"decision": "confirm"}).want(202).object()
	assert.Empty(t, shown["attention"])
	row, err := s.store.Record(t.Context(), connection.RecordKey{ConnectionID: id, Entity: connection.Products, RecordID: 1})
	require.NoError(t, err)
	assert.Positive(t, row.DirtySeq, "read once more before it is believed")
}
