package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// sliceTime is how long each slice takes in tests that act in the middle of one.
const sliceTime = 30 * time.Second

var everything = workflows.BulkSyncInput{
	ConnectionInput: input, Wishes: []workflows.Resync{{Entities: connection.Entities()}},
}

func bulkOf(entities ...connection.Entity) workflows.BulkSyncInput {
	return workflows.BulkSyncInput{ConnectionInput: input, Wishes: []workflows.Resync{{Entities: entities}}}
}

// slices lets each slice take its time and answer as do says, and returns what
// was asked for.
func (s *workflowSuite) slices(do func(n int, in activities.Slice) (activities.SliceResult, error)) *[]activities.Slice {
	asked := &[]activities.Slice{}
	s.replaced["SyncSlice"] = true
	s.env.OnActivity("SyncSlice", mock.Anything, mock.Anything).After(sliceTime).
		Return(func(_ context.Context, in activities.Slice) (activities.SliceResult, error) {
			told := in
			told.Upcoming = nil // TestBulkSyncTellsWhatIsToCome looks at those
			*asked = append(*asked, told)
			return do(len(*asked), in)
		})
	return asked
}

// Everything is counted with the first slice, so that progress knows from the
// start what there is to do.
func (s *workflowSuite) TestBulkSyncTellsWhatIsToCome() {
	var told [][]activities.Upcoming
	s.slices(func(n int, in activities.Slice) (activities.SliceResult, error) {
		told = append(told, in.Upcoming)
		return activities.SliceResult{Cursor: "on", Done: n != 1}, nil
	})
	s.run(workflows.BulkSync, workflows.BulkSyncInput{ConnectionInput: input, Wishes: []workflows.Resync{
		{Entities: []connection.Entity{connection.Products, connection.Orders}, Since: "2024-02-01"},
	}})
	s.NoError(s.env.GetWorkflowError())
	s.Len(told, 3)
	s.Len(told[0], 1)
	s.Equal(connection.Orders, told[0][0].Entity)
	s.Equal("2024-02-01", told[0][0].Since)
	s.Empty(told[1], "it has been told")
	s.Empty(told[2], "nothing is to come")
}

func done(int, activities.Slice) (activities.SliceResult, error) {
	return activities.SliceResult{Done: true, Cursor: "end", Pages: 1, Read: 3, Accepted: 3}, nil
}

func (s *workflowSuite) signal(after time.Duration, name string, payload any) {
	s.at(after, func() { s.env.SignalWorkflow(name, payload) })
}

func (s *workflowSuite) bulkProgress() workflows.BulkProgress {
	return query[workflows.BulkProgress](s, workflows.ProgressQuery)
}

func (s *workflowSuite) TestBulkSyncWalksTheEntitiesInOrderAndFeedsCursorsBack() {
	asked := s.slices(func(_ int, in activities.Slice) (activities.SliceResult, error) {
		if in.Cursor == "" {
			return activities.SliceResult{Cursor: "half of " + string(in.Entity), Pages: 2, Read: 500, Accepted: 497, Rejected: 1, Skipped: 1, Waiting: 1}, nil
		}
		return activities.SliceResult{Cursor: "end", Done: true, Pages: 1, Read: 10, Accepted: 10}, nil
	})
	s.run(workflows.BulkSync, everything)

	s.NoError(s.env.GetWorkflowError())
	var want []activities.Slice
	run := "default-test-run-id"
	for i, entity := range connection.Entities() {
		first := activities.Slice{ConnectionID: connectionID, SyncID: fmt.Sprintf("%s/%d", run, i+1), Entity: entity}
		second := first
		second.Cursor = "half of " + string(entity)
		want = append(want, first, second)
	}
	s.Equal(want, *asked)
	s.Equal([]connection.Status{
		connection.Syncing, connection.Connected,
	}, s.phases, "products, customers, subscribers, orders, end")
	s.Equal([]string{workflows.StatusCompleted}, s.statuses)
	progress := s.bulkProgress()
	s.Empty(progress.Entity)
	s.Equal(workflows.BulkCounts{Pages: 3, Read: 510, Accepted: 507, Rejected: 1, Skipped: 1, Waiting: 1}, progress.Entities[connection.Orders])
	s.Equal(8, progress.Slices)
	s.Equal(1, progress.Runs)
}

func (s *workflowSuite) TestBulkSyncProgressInTheMiddle() {
	s.slices(done)
	s.at(sliceTime+sliceTime/2, func() {
		progress := s.bulkProgress()
		s.Equal(connection.Customers, progress.Entity)
		s.Equal([]connection.Entity{connection.Subscribers, connection.Orders}, progress.Queue)
		s.EqualValues(3, progress.Entities[connection.Products].Accepted)
	})
	s.run(workflows.BulkSync, everything)
	s.NoError(s.env.GetWorkflowError())
}

func (s *workflowSuite) TestBulkSyncSinceReachesTheSlices() {
	asked := s.slices(done)
	in := bulkOf(connection.Orders)
	in.Wishes[0].Since = "2024-02-01"
	s.run(workflows.BulkSync, in)
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 1)
	s.Equal("2024-02-01", (*asked)[0].Since)
}

func (s *workflowSuite) TestBulkSyncSliceFailsAndRecovers() {
	asked := s.slices(func(n int, _ activities.Slice) (activities.SliceResult, error) {
		if n < 5 {
			return activities.SliceResult{}, errors.New("store answered 500")
		}
		return activities.SliceResult{Done: true}, nil
	})
	s.run(workflows.BulkSync, bulkOf(connection.Products))
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 5)
	s.Equal([]string{workflows.StatusCompleted}, s.statuses)
}

func (s *workflowSuite) TestBulkSyncPausesAndResumesBySignal() {
	asked := s.slices(done)
	s.signal(sliceTime/2, workflows.PauseSignal, nil)
	s.at(4*time.Minute, func() {
		s.True(s.bulkProgress().Paused)
		s.Len(*asked, 1, "the slice at work ends, no other begins")
		s.Equal(workflows.StatusPaused, s.lastStatus())
	})
	s.signal(4*time.Minute+time.Second, workflows.ResumeSignal, nil)
	s.at(4*time.Minute+2*time.Second, func() {
		s.False(s.bulkProgress().Paused)
		s.Equal(workflows.StatusRunning, s.lastStatus())
	})
	s.run(workflows.BulkSync, everything)
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 4)
	s.Equal([]string{workflows.StatusPaused, workflows.StatusRunning, workflows.StatusCompleted}, s.statuses)
}

// The connection's own mark is what holds; signals only make it prompt. One
// that never comes costs minutes.
func (s *workflowSuite) TestBulkSyncHeldByThePausedMarkLooksAgain() {
	asked := s.slices(func(n int, _ activities.Slice) (activities.SliceResult, error) {
		if n <= 3 {
			return activities.SliceResult{Held: activities.HeldPaused, Cursor: "here"}, nil
		}
		return activities.SliceResult{Done: true}, nil
	})
	start := s.env.Now()
	s.run(workflows.BulkSync, bulkOf(connection.Orders))
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 4)
	s.Equal("here", (*asked)[3].Cursor, "what was done before the pause is kept")
	s.InDelta((3 * 5 * time.Minute).Minutes(), s.env.Now().Sub(start).Minutes(), 3)
	s.Contains(s.statuses, workflows.StatusPaused)
}

func (s *workflowSuite) TestBulkSyncHeldByThePausedMarkResumesAtTheSignal() {
	asked := s.slices(func(n int, _ activities.Slice) (activities.SliceResult, error) {
		if n == 1 {
			return activities.SliceResult{Held: activities.HeldPaused}, nil
		}
		return activities.SliceResult{Done: true}, nil
	})
	start := s.env.Now()
	s.signal(time.Minute, workflows.ResumeSignal, nil)
	s.run(workflows.BulkSync, bulkOf(connection.Orders))
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 2)
	s.Less(s.env.Now().Sub(start), 2*time.Minute)
}

func (s *workflowSuite) TestBulkSyncParkedGoesOnWhenTheAccountAnswersAgain() {
	asked := s.slices(func(n int, _ activities.Slice) (activities.SliceResult, error) {
		if n == 1 {
			return activities.SliceResult{Held: activities.HeldParked, Cursor: "here", Read: 7}, nil
		}
		return activities.SliceResult{Done: true}, nil
	})
	start := s.env.Now()
	s.at(time.Minute, func() {
		s.True(s.bulkProgress().Parked)
		s.False(s.bulkProgress().Paused, "paused is a person's wish")
	})
	s.signal(2*time.Minute, workflows.UnparkedSignal, nil)
	s.run(workflows.BulkSync, bulkOf(connection.Orders))
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 2)
	s.Equal("here", (*asked)[1].Cursor)
	s.Less(s.env.Now().Sub(start), 3*time.Minute)
	s.NotContains(s.statuses, workflows.StatusPaused)
}

func (s *workflowSuite) TestBulkSyncParkedAndPausedWaitsForBoth() {
	asked := s.slices(func(n int, _ activities.Slice) (activities.SliceResult, error) {
		if n == 1 {
			return activities.SliceResult{Held: activities.HeldParked}, nil
		}
		return activities.SliceResult{Done: true}, nil
	})
	s.signal(time.Minute, workflows.PauseSignal, nil)
	s.signal(2*time.Minute, workflows.UnparkedSignal, nil)
	s.at(3*time.Minute, func() { s.Len(*asked, 1) })
	s.signal(4*time.Minute, workflows.ResumeSignal, nil)
	s.at(4*time.Minute+sliceTime+time.Second, func() { s.Len(*asked, 2) })
	s.run(workflows.BulkSync, bulkOf(connection.Orders))
	s.NoError(s.env.GetWorkflowError())
}

func (s *workflowSuite) TestBulkSyncOfARemovedOrFailedConnectionEnds() {
	asked := s.slices(func(int, activities.Slice) (activities.SliceResult, error) {
		return activities.SliceResult{Held: activities.HeldRemoved}, nil
	})
	s.run(workflows.BulkSync, everything)
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 1)
	s.NotContains(s.phases, connection.Connected)
	s.Equal(workflows.StatusFailed, s.lastStatus())
}

// A setup begun anew signals the bulk sync that is still there. Its wish must
// not go down with the old ones.
func (s *workflowSuite) TestBulkSyncHeldAsRemovedStillDoesAWishOfASetupBegunAnew() {
	asked := s.slices(func(n int, in activities.Slice) (activities.SliceResult, error) {
		if n == 1 {
			s.env.SignalWorkflow(workflows.ResyncSignal, workflows.Resync{Entities: []connection.Entity{connection.Orders}})
			return activities.SliceResult{Held: activities.HeldRemoved}, nil
		}
		return activities.SliceResult{Done: true}, nil
	})
	s.run(workflows.BulkSync, bulkOf(connection.Products, connection.Customers))
	s.NoError(s.env.GetWorkflowError())
	s.Len(*asked, 2)
	s.Equal(connection.Orders, (*asked)[1].Entity)
	s.Equal(workflows.StatusCompleted, s.lastStatus())
}

func (s *workflowSuite) TestBulkSyncCancelledLeavesTheConnectionConnected() {
	for name, after := range map[string]time.Duration{"in a slice": sliceTime / 2, "while paused": 2 * time.Minute} {
		s.Run(name, func() {
			s.SetupTest()
			s.slices(done)
			s.signal(sliceTime/2, workflows.PauseSignal, nil)
			s.at(after, s.env.CancelWorkflow)
			s.run(workflows.BulkSync, everything)
			s.True(temporal.IsCanceledError(s.env.GetWorkflowError()), "got %v", s.env.GetWorkflowError())
			s.Equal(connection.Connected, s.phases[len(s.phases)-1])
			s.Equal([]connection.Status{connection.Installing, connection.Syncing}, s.from)
			s.Equal(workflows.StatusFailed, s.lastStatus())
		})
	}
}

// A re-sync asked for while the cancelled bulk sync is on its way out was
// answered 202, so it is done: alone, in a run of its own.
func (s *workflowSuite) TestBulkSyncWishWhileCancelledIsDone() {
	orders := workflows.Resync{Entities: []connection.Entity{connection.Orders}, Since: "2024-02-01"}
	wish := func() { s.env.SignalWorkflow(workflows.ResyncSignal, orders) }
	leave := func() {
		s.on("SetPhase", func(_ context.Context, in activities.Phase) error {
			if in.To == connection.Connected {
				wish()
			}
			return nil
		})
	}
	for name, prepare := range map[string]func(){
		"as it leaves": func() {
			s.slices(done)
			s.at(sliceTime/2, s.env.CancelWorkflow)
			leave()
		},
		"as it leaves from a pause": func() {
			s.slices(done)
			s.signal(sliceTime/2, workflows.PauseSignal, nil)
			s.at(2*time.Minute, s.env.CancelWorkflow)
			leave()
		},
		"in the slice that does not hear of the cancellation": func() {
			s.slices(func(n int, _ activities.Slice) (activities.SliceResult, error) {
				wish() // first: the run may be over as soon as it is cancelled
				s.env.CancelWorkflow()
				return activities.SliceResult{Done: true}, nil
			})
		},
	} {
		s.Run(name, func() {
			s.SetupTest()
			prepare()
			in := everything
			in.SlicesPerRun = 50
			s.run(workflows.BulkSync, in)
			next := s.continuedAs()
			s.Require().Len(next.Queue, 1)
			s.Equal(connection.Orders, next.Queue[0].Entity)
			s.Equal("2024-02-01", next.Queue[0].Since)
			s.False(next.Queue[0].Begun)
			s.Empty(next.Wishes)
			s.False(next.Syncing, "the next run sets the phase again")
			s.Equal(50, next.SlicesPerRun)
			s.Equal(connection.Connected, s.phases[len(s.phases)-1])
			s.Equal(workflows.StatusRunning, s.lastStatus())
		})
	}
}

func (s *workflowSuite) TestBulkSyncOptions() {
	options := s.activityOptions()
	s.slices(done)
	s.run(workflows.BulkSync, bulkOf(connection.Products))
	got := (*options)["SyncSlice"]
	s.Equal(string(connectionID), got.Priority.FairnessKey)
	s.Zero(got.ScheduleToCloseTimeout, "a slice is tried for ever")
	s.Zero(got.RetryPolicy.MaximumAttempts)
	s.NotZero(got.HeartbeatTimeout)
	s.True(got.WaitForCancellation)
}
