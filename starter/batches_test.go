package starter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

func (d *dispatching) backlog(n int) {
	d.t.Helper()
	ids := make([]connection.RecordID, n)
	for i := range ids {
		ids[i] = connection.RecordID(i + 1)
	}
	d.dirty(ids...)
}

func TestDispatcherHandsABacklogOverInBatches(t *testing.T) {
	d := newDispatching(t)
	d.backlog(2*batchSize + backlog + 1)
	assert.Zero(t, d.handOver(), "none goes by itself")
	assert.Zero(t, d.handOver())
	assert.Zero(t, d.handOver())
	require.Len(t, d.temporal.started, batchesAtWork)
	for _, s := range d.temporal.started {
		in := s.input[0].(workflows.BatchInput)
		assert.Equal(t, "sync-batch/"+string(d.id)+"/orders/"+in.BatchID, s.id)
		assert.Equal(t, workflows.BatchInput{
			ConnectionID: d.id, StoreHash: shop.StoreHash, Entity: connection.Orders, BatchID: in.BatchID, Size: batchSize,
		}, in)
		assert.Equal(t, "SyncBatch", workflowName(s.workflow))
		assert.Equal(t, workflows.BulkTaskQueue, s.options.TaskQueue, "real time has its slots to itself")
		assert.Equal(t, workflows.BatchPriority, s.options.Priority.PriorityKey, "ahead of history")
		assert.Equal(t, string(d.id), s.options.Priority.FairnessKey)
		assert.Equal(t, "Sync 2000 orders of store abc123", s.options.StaticSummary)
		assertKeyword(t, s.options.TypedSearchAttributes, workflows.ConnectionIDAttribute, string(d.id))
		assertKeyword(t, s.options.TypedSearchAttributes, workflows.EntityAttribute, "orders")
		assertKeyword(t, s.options.TypedSearchAttributes, workflows.SyncStatusAttribute, workflows.StatusRunning)
	}
	assert.EqualValues(t, batchesAtWork, d.metric("obc_batches_started_total"))
	assert.EqualValues(t, batchesAtWork*batchSize, d.metric("obc_records_dispatched_total"))
}

func TestDispatcherTakesBackABatchThatTemporalDidNotTake(t *testing.T) {
	d := newDispatching(t)
	d.backlog(backlog + 1)
	d.temporal.startErr = func(id string) error {
		assert.True(t, strings.HasPrefix(id, "sync-batch/"), id)
		return errAway
	}
	_, err := d.round(t.Context())
	assert.ErrorIs(t, err, errAway)
	assert.Zero(t, d.metric("obc_batches_started_total"))
	d.temporal.startErr = nil
	d.handOver()
	require.Len(t, d.temporal.started, 1, "at once, not when it would be dead")
	assert.EqualValues(t, backlog+1, d.temporal.started[0].input[0].(workflows.BatchInput).Size)
}
