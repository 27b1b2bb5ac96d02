package workflows_test

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

var products = workflows.BatchInput{
	ConnectionID: connectionID, StoreHash: storeHash, Entity: connection.Products,
	BatchID: "0198c000-0000-7000-8000-000000000001", Size: 2000,
}

// batches lets each execution of SyncBatch answer as do says.
func (s *workflowSuite) batches(do func(n int) (activities.BatchResult, error)) *int {
	n := new(int)
	s.env.OnActivity("SyncBatch", mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.Batch) (activities.BatchResult, error) {
			s.Equal(activities.Batch{ConnectionID: connectionID, Entity: connection.Products, BatchID: products.BatchID}, in)
			*n++
			return do(*n)
		})
	return n
}

// givesBack notes what is given back.
func (s *workflowSuite) givesBack(left int64) *[]activities.GivenBack {
	made := &[]activities.GivenBack{}
	s.env.OnActivity("GiveBackBatch", mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.GivenBack) (int64, error) {
			*made = append(*made, in)
			return left, nil
		})
	return made
}

func (s *workflowSuite) details() string {
	value, err := s.env.QueryWorkflow("__temporal_workflow_metadata")
	s.Require().NoError(err)
	var metadata sdkpb.WorkflowMetadata
	s.Require().NoError(value.Get(&metadata))
	return metadata.GetCurrentDetails()
}

func (s *workflowSuite) TestBatchGoesOnUntilNothingIsLeft() {
	n := s.batches(func(n int) (activities.BatchResult, error) {
		if n == 1 {
			return activities.BatchResult{Done: 1247, Alone: 3, Left: 750}, nil
		}
		return activities.BatchResult{Done: 760, Adopted: 10}, nil
	})
	s.run(workflows.SyncBatch, products)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(2, *n)
	s.Equal([]string{workflows.StatusCompleted}, s.statuses)
	s.Equal("2,007 of 2,010 products done, 3 left to their own sync.", s.details())
}

func (s *workflowSuite) TestBatchOfAHeldConnectionEnds() {
	n := s.batches(func(int) (activities.BatchResult, error) {
		return activities.BatchResult{Held: activities.HeldParked, Done: 5, Left: 1995}, nil
	})
	s.run(workflows.SyncBatch, products)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(1, *n)
	s.Equal(workflows.StatusCompleted, s.lastStatus())
	s.Equal("5 of 2,000 products done. The connection is parked: the rest waits and is handed over again.", s.details())
}

func (s *workflowSuite) TestBatchWaitsForABudget() {
	var at []time.Time
	s.batches(func(n int) (activities.BatchResult, error) {
		at = append(at, s.env.Now())
		switch n {
		case 1:
			return activities.BatchResult{Left: 2000, Wait: 20 * time.Second}, nil
		case 2:
			return activities.BatchResult{Left: 2000, Wait: time.Hour}, nil
		}
		return activities.BatchResult{Done: 2000}, nil
	})
	s.run(workflows.SyncBatch, products)
	s.NoError(s.env.GetWorkflowError())
	s.Require().Len(at, 3)
	s.InDelta(20, at[1].Sub(at[0]).Seconds(), 1)
	s.InDelta(60, at[2].Sub(at[1]).Seconds(), 1, "heard of before it is taken for dead")
}

func (s *workflowSuite) TestBatchThatKeepsFailingGoesOneByOne() {
	n := s.batches(func(int) (activities.BatchResult, error) { return activities.BatchResult{}, errors.New("broken") })
	given := s.givesBack(2000)
	s.run(workflows.SyncBatch, products)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(5, *n, "not for days")
	s.Equal([]activities.GivenBack{{Batch: activities.Batch{
		ConnectionID: connectionID, Entity: connection.Products, BatchID: products.BatchID,
	}, Alone: true}}, *given)
	s.Equal(workflows.StatusFailed, s.lastStatus())
	s.Contains(s.details(), "2,000 left to their own sync. The rest failed as a whole")
}

func (s *workflowSuite) TestBatchCancelledLetsTheRestWait() {
	s.batches(func(int) (activities.BatchResult, error) {
		return activities.BatchResult{Left: 2000, Wait: 30 * time.Second}, nil
	})
	given := s.givesBack(2000)
	s.at(5*time.Second, s.env.CancelWorkflow)
	s.run(workflows.SyncBatch, products)
	s.True(temporal.IsCanceledError(s.env.GetWorkflowError()), "%v", s.env.GetWorkflowError())
	s.Require().Len(*given, 1)
	s.False((*given)[0].Alone)
	s.Equal(workflows.StatusFailed, s.lastStatus())
}

func (s *workflowSuite) TestBatchContinuesAsNewWithItsCounts() {
	s.batches(func(int) (activities.BatchResult, error) {
		return activities.BatchResult{Done: 100, Left: 1900}, nil
	})
	s.env.SetContinueAsNewSuggested(true)
	s.run(workflows.SyncBatch, products)
	next, ok := errors.AsType[*workflow.ContinueAsNewError](s.env.GetWorkflowError())
	s.Require().True(ok, "%v", s.env.GetWorkflowError())
	var in workflows.BatchInput
	s.Require().NoError(converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	want := products
	want.Counts.Done = 100
	s.Equal(want, in)
}

func (w *world) onBatch(id connection.ID, do func() (activities.BatchResult, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches[id] = do
}

func (w *world) batch(_ context.Context, in activities.Batch) (activities.BatchResult, error) {
	w.mu.Lock()
	do := w.batches[in.ConnectionID]
	w.mu.Unlock()
	return do()
}

func (r *recorder) recordSyncBatch(name string, do func() (activities.BatchResult, error)) {
	r.onBatch(r.c.ID, do)
	id, err := r.starter.SyncBatch(r.ctx, store.BatchHandover{
		Batch: store.Batch{ConnectionID: r.c.ID, Entity: connection.Products, ID: products.BatchID}, StoreHash: storeHash, Size: 2000,
	})
	require.NoError(r, err)
	require.NoError(r, r.await(id))
	r.save(name, id, "")
}

func recordBatch(r *recorder) {
	n := 0
	r.recordSyncBatch("batch", func() (activities.BatchResult, error) {
		switch n++; n {
		case 1:
			return activities.BatchResult{Done: 1247, Alone: 3, Left: 750}, nil
		case 2:
			return activities.BatchResult{Left: 750, Wait: time.Second}, nil
		}
		return activities.BatchResult{Done: 750}, nil
	})
}

func recordBatchGivenBack(r *recorder) {
	r.recordSyncBatch("batch_given_back", func() (activities.BatchResult, error) {
		return activities.BatchResult{}, temporal.NewApplicationErrorWithOptions("broken", "test", temporal.ApplicationErrorOptions{NextRetryDelay: time.Millisecond})
	})
}
