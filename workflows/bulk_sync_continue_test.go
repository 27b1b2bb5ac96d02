package workflows_test

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// continuedAs expects the run to have continued as new and returns the next
// run's input.
func (s *workflowSuite) continuedAs() workflows.BulkSyncInput {
	next, ok := errors.AsType[*workflow.ContinueAsNewError](s.env.GetWorkflowError())
	s.Require().True(ok, "want continue-as-new, got %v", s.env.GetWorkflowError())
	s.Equal("BulkSync", next.WorkflowType.Name)
	var in workflows.BulkSyncInput
	s.Require().NoError(converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	return in
}

func (s *workflowSuite) TestBulkSyncContinuesAsNewWithItsWholeState() {
	s.slices(func(n int, in activities.Slice) (activities.SliceResult, error) {
		return activities.SliceResult{
			Cursor: string(in.Entity) + " slice " + string(rune('0'+n)), Done: n == 1, Pages: 1, Read: 250, Accepted: 249, Rejected: 1,
		}, nil
	})
	in := everything
	in.SlicesPerRun = 2
	// These come while the last slice of the run is at work, and are taken just
	// before it continues as new.
	s.signal(sliceTime+sliceTime/2, workflows.ResyncSignal, workflows.Resync{Entities: []connection.Entity{connection.Products}, Since: "2024-02-01"})
	s.signal(sliceTime+sliceTime/2, workflows.PauseSignal, nil)
	s.run(workflows.BulkSync, in)

	run := "default-test-run-id"
	counts := workflows.BulkCounts{Pages: 1, Read: 250, Accepted: 249, Rejected: 1}
	s.Equal(workflows.BulkSyncInput{
		ConnectionInput: input,
		Queue: []workflows.Walk{
			{SyncID: run + "/2", Entity: connection.Customers, Cursor: "customers slice 2", Begun: true},
			{SyncID: run + "/3", Entity: connection.Subscribers},
			{SyncID: run + "/4", Entity: connection.Orders},
			{SyncID: run + "/5", Entity: connection.Products, Since: "2024-02-01"},
		},
		Counts: map[connection.Entity]workflows.BulkCounts{
			connection.Products: counts, connection.Customers: counts,
		},
		Paused: true, Walks: 5, Runs: 1, SyncID: run, SlicesPerRun: 2,
	}, s.continuedAs())
	s.NotContains(s.phases, connection.Connected, "it has not ended")
}

// A resync that arrives in the very task in which the run continues as new is
// in the next run's input.
func (s *workflowSuite) TestBulkSyncWishJustBeforeContinueAsNewIsCarried() {
	s.slices(func(int, activities.Slice) (activities.SliceResult, error) {
		s.env.SignalWorkflow(workflows.ResyncSignal, workflows.Resync{Entities: []connection.Entity{connection.Orders}})
		return activities.SliceResult{Cursor: "1"}, nil
	})
	in := bulkOf(connection.Products)
	in.SlicesPerRun = 1
	s.run(workflows.BulkSync, in)
	next := s.continuedAs()
	s.Len(next.Queue, 2)
	s.Equal(connection.Orders, next.Queue[1].Entity)
}

func (s *workflowSuite) TestBulkSyncContinuesAsNewWhenTheServerSuggestsIt() {
	s.env.SetContinueAsNewSuggested(true)
	asked := s.slices(done)
	s.run(workflows.BulkSync, everything)
	next := s.continuedAs()
	s.Empty(*asked)
	s.Len(next.Queue, 4)
	s.Equal(connection.Products, next.Queue[0].Entity)
}

func (s *workflowSuite) TestBulkSyncSecondRunGoesOnWhereTheFirstStood() {
	asked := s.slices(func(_ int, in activities.Slice) (activities.SliceResult, error) {
		return activities.SliceResult{Cursor: "end", Done: true, Pages: 1, Read: 10, Accepted: 10}, nil
	})
	s.at(time.Minute, func() {
		s.Empty(*asked, "the pause is carried")
		s.True(s.bulkProgress().Paused)
		s.Equal(workflows.StatusPaused, s.lastStatus())
	})
	s.signal(2*time.Minute, workflows.ResumeSignal, nil)
	s.run(workflows.BulkSync, workflows.BulkSyncInput{
		ConnectionInput: input,
		Queue: []workflows.Walk{
			{SyncID: "first/2", Entity: connection.Customers, Cursor: "here", Begun: true},
			{SyncID: "first/3", Entity: connection.Orders, Since: "2024-02-01"},
		},
		Wishes: []workflows.Resync{{Entities: []connection.Entity{connection.Products}}},
		Counts: map[connection.Entity]workflows.BulkCounts{connection.Customers: {Pages: 1, Read: 250, Accepted: 250}},
		Paused: true, Walks: 3, Runs: 1, SyncID: "first", SlicesPerRun: 10,
	})

	s.NoError(s.env.GetWorkflowError())
	s.Equal([]activities.Slice{
		{ConnectionID: connectionID, SyncID: "first/2", Entity: connection.Customers, Cursor: "here"},
		{ConnectionID: connectionID, SyncID: "first/3", Entity: connection.Orders, Since: "2024-02-01"},
		{ConnectionID: connectionID, SyncID: "first/4", Entity: connection.Products},
	}, *asked)
	progress := s.bulkProgress()
	s.EqualValues(260, progress.Entities[connection.Customers].Accepted, "counts go on")
	s.Equal(2, progress.Runs)
	s.Equal([]connection.Status{connection.Syncing, connection.Connected}, s.phases,
		"a walk that had begun says so only once")
}

// One walk of the same span that has not begun serves a further wish; one that
// has begun does not, because its first pages are older than the wish.
func (s *workflowSuite) TestBulkSyncResyncDuringARunQueuesAnotherWalk() {
	asked := s.slices(done)
	s.signal(sliceTime/2, workflows.ResyncSignal, workflows.Resync{
		Entities: []connection.Entity{connection.Orders, connection.Products}, // in any order
	})
	s.signal(sliceTime/2, workflows.ResyncSignal, workflows.Resync{Entities: []connection.Entity{connection.Products}})
	s.signal(sliceTime/2, workflows.ResyncSignal, workflows.Resync{Entities: []connection.Entity{connection.Orders}, Since: "2024-02-01"})
	s.run(workflows.BulkSync, bulkOf(connection.Products, connection.Orders))

	s.NoError(s.env.GetWorkflowError())
	run := "default-test-run-id"
	s.Equal([]activities.Slice{
		{ConnectionID: connectionID, SyncID: run + "/1", Entity: connection.Products},
		{ConnectionID: connectionID, SyncID: run + "/2", Entity: connection.Orders},
		{ConnectionID: connectionID, SyncID: run + "/3", Entity: connection.Products},
		{ConnectionID: connectionID, SyncID: run + "/4", Entity: connection.Orders, Since: "2024-02-01"},
	}, *asked)
}

func (s *workflowSuite) TestBulkSyncWishThatComesAsTheRunCompletesIsDone() {
	asked := s.slices(done)
	signalled := false
	s.on("SetPhase", func(_ context.Context, in activities.Phase) error {
		if in.To == connection.Connected && !signalled {
			signalled = true
			s.env.SignalWorkflow(workflows.ResyncSignal, workflows.Resync{Entities: []connection.Entity{connection.Orders}})
		}
		return nil
	})
	s.run(workflows.BulkSync, bulkOf(connection.Products))
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 2)
	s.Equal(connection.Orders, (*asked)[1].Entity)
	s.Equal([]connection.Status{connection.Syncing, connection.Connected, connection.Syncing, connection.Connected}, s.phases)
}
