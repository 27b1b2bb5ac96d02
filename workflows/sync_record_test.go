package workflows_test

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

var order = workflows.RecordInput{ConnectionID: connectionID, StoreHash: storeHash, Entity: connection.Orders, RecordID: 118}

// fetch is one execution of the SyncRecord activity.
type fetch struct {
	at time.Time
	in activities.Record
}

// fetches lets each fetch take two seconds and answer as do says.
func (s *workflowSuite) fetches(do func(n int) (activities.RecordResult, error)) *[]fetch {
	made := &[]fetch{}
	s.replaced["SyncRecord"] = true
	s.env.OnActivity("SyncRecord", mock.Anything, mock.Anything).After(2 * time.Second).
		Return(func(_ context.Context, in activities.Record) (activities.RecordResult, error) {
			*made = append(*made, fetch{s.env.Now(), in})
			return do(len(*made))
		})
	return made
}

func ends(with activities.RecordResult) func(int) (activities.RecordResult, error) {
	return func(int) (activities.RecordResult, error) { return with, nil }
}

func (s *workflowSuite) recordState() workflows.RecordState {
	return query[workflows.RecordState](s, workflows.StateQuery)
}

func (s *workflowSuite) TestRecordOutcomes() {
	for name, tc := range map[string]struct {
		result activities.RecordResult
		status string
	}{
		"accepted": {activities.RecordResult{Outcome: connection.Accepted}, workflows.StatusCompleted},
		"skipped":  {activities.RecordResult{Outcome: connection.Skipped, Reason: connection.ReasonNotSent}, workflows.StatusCompleted},
		"deleted":  {activities.RecordResult{Outcome: connection.Deleted}, workflows.StatusCompleted},
		"paused":   {activities.RecordResult{Held: activities.HeldPaused}, workflows.StatusCompleted},
		"parked":   {activities.RecordResult{Held: activities.HeldParked}, workflows.StatusCompleted},
		"removed":  {activities.RecordResult{Held: activities.HeldRemoved}, workflows.StatusCompleted},
	} {
		s.Run(name, func() {
			s.SetupTest()
			made := s.fetches(ends(tc.result))
			s.signal(0, workflows.ChangedSignal, nil) // the one it was started with
			s.run(workflows.SyncRecord, order)
			s.NoError(s.env.GetWorkflowError())
			s.Len(*made, 1)
			s.Equal(activities.Record{ConnectionID: connectionID, Entity: connection.Orders, RecordID: 118}, (*made)[0].in)
			s.Equal([]string{tc.status}, s.statuses)
			s.Equal(workflows.RecordState{
				Step: "done", Rounds: 1, Signals: 1, Outcome: tc.result.Outcome, Reason: tc.result.Reason,
			}, s.recordState())
		})
	}
}

func (s *workflowSuite) TestRecordRejectedFailsAndSaysWhatToDo() {
	made := s.fetches(ends(activities.RecordResult{Outcome: connection.Rejected, Reason: connection.ReasonTooLarge}))
	s.run(workflows.SyncRecord, order)
	app := s.failsWith(connection.FailureRecordRejected)
	s.True(app.NonRetryable())
	s.Contains(app.Message(), "too_large")
	s.Contains(app.Message(), "mend the record in BigCommerce or retry it")
	s.Len(*made, 1, "it is not tried for ever")
	s.Equal(workflows.StatusFailed, s.lastStatus())
	s.Equal(connection.Rejected, s.recordState().Outcome)
}

func (s *workflowSuite) TestRecordGoneIsBelievedAfterASecondReadTenSecondsLater() {
	made := s.fetches(func(n int) (activities.RecordResult, error) {
		if n == 1 {
			return activities.RecordResult{GoneOnce: true}, nil
		}
		return activities.RecordResult{Outcome: connection.Deleted}, nil
	})
	s.at(5*time.Second, func() { s.Equal("confirming_gone", s.recordState().Step) })
	s.run(workflows.SyncRecord, order)

	s.NoError(s.env.GetWorkflowError())
	s.Require().Len(*made, 2)
	s.False((*made)[0].in.GoneSeen)
	s.True((*made)[1].in.GoneSeen)
	s.GreaterOrEqual((*made)[1].at.Sub((*made)[0].at), 10*time.Second)
	s.Equal(connection.Deleted, s.recordState().Outcome)
}

func (s *workflowSuite) TestRecordGoneOnceThenPresentIsNoDeletion() {
	made := s.fetches(func(n int) (activities.RecordResult, error) {
		switch n {
		case 1, 3:
			return activities.RecordResult{GoneOnce: true}, nil
		case 2:
			s.env.SignalWorkflow(workflows.ChangedSignal, nil)
			return activities.RecordResult{Outcome: connection.Accepted}, nil
		default:
			return activities.RecordResult{Outcome: connection.Deleted}, nil
		}
	})
	s.run(workflows.SyncRecord, order)
	s.NoError(s.env.GetWorkflowError())
	var seen []bool
	for _, f := range *made {
		seen = append(seen, f.in.GoneSeen)
	}
	s.Equal([]bool{false, true, false, true}, seen, "after it was present, gone must be seen twice anew")
}

func (s *workflowSuite) TestRecordChangedDuringAFetchMeansOneMoreRoundHoweverOften() {
	made := s.fetches(ends(activities.RecordResult{Outcome: connection.Accepted}))
	for i := range 25 {
		s.signal(time.Duration(i)*10*time.Millisecond+time.Second, workflows.ChangedSignal, nil)
	}
	s.run(workflows.SyncRecord, order)
	s.NoError(s.env.GetWorkflowError())
	s.Len(*made, 2)
	s.Equal(25, s.recordState().Signals)
}

// Signals of before a fetch are answered by it.
func (s *workflowSuite) TestRecordChangedBeforeTheFetchMeansNoMoreRounds() {
	made := s.fetches(ends(activities.RecordResult{Outcome: connection.Accepted}))
	for range 3 {
		s.signal(0, workflows.ChangedSignal, nil)
	}
	s.run(workflows.SyncRecord, order)
	s.NoError(s.env.GetWorkflowError())
	s.Len(*made, 1)
}

// The signal is in the same workflow task as the fetch's result: the run would
// complete in that task.
func (s *workflowSuite) TestRecordChangedAsTheRunCompletesIsNotLost() {
	for name, result := range map[string]activities.RecordResult{
		"completing": {Outcome: connection.Accepted},
		"failing":    {Outcome: connection.Rejected, Reason: connection.ReasonRefused},
	} {
		s.Run(name, func() {
			s.SetupTest()
			made := s.fetches(func(n int) (activities.RecordResult, error) {
				if n == 1 {
					s.env.SignalWorkflowSkippingWorkflowTask(workflows.ChangedSignal, nil)
					return result, nil
				}
				return activities.RecordResult{Outcome: connection.Accepted}, nil
			})
			s.run(workflows.SyncRecord, order)
			s.NoError(s.env.GetWorkflowError(), "the last round counts")
			s.Len(*made, 2)
		})
	}
}

func (s *workflowSuite) TestRecordContinuesAsNewOnlyWhenAnotherRoundIsDue() {
	s.env.SetContinueAsNewSuggested(true)
	made := s.fetches(func(n int) (activities.RecordResult, error) {
		s.env.SignalWorkflow(workflows.ChangedSignal, nil)
		return activities.RecordResult{Outcome: connection.Accepted}, nil
	})
	s.run(workflows.SyncRecord, order)
	next, ok := errors.AsType[*workflow.ContinueAsNewError](s.env.GetWorkflowError())
	s.Require().True(ok, "got %v", s.env.GetWorkflowError())
	var in workflows.RecordInput
	s.NoError(converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	s.Equal(order, in)
	s.Len(*made, 1)
}

func (s *workflowSuite) TestRecordIsGivenUpAfterThreeDays() {
	start := s.env.Now()
	s.replaced["SyncRecord"] = true
	// The test environment makes at most ten attempts: each takes ten hours.
	s.env.OnActivity("SyncRecord", mock.Anything, mock.Anything).After(10*time.Hour).
		Return(activities.RecordResult{}, errors.New("ometria answered 500"))
	s.run(workflows.SyncRecord, order)

	s.InDelta((72 * time.Hour).Hours(), s.env.Now().Sub(start).Hours(), 10)
	app := s.failsWith(connection.FailureRecordRejected)
	s.Contains(app.Message(), connection.ReasonGaveUp)
	s.Equal("GiveUpRecord", s.ran()[len(s.ran())-1])
	s.Equal(workflows.StatusFailed, s.lastStatus())
}

// The test environment makes at most ten attempts, so it does not come to the
// longest pause, which TestRecordOptions holds.
func (s *workflowSuite) TestRecordIsTriedWithGrowingPauses() {
	made := s.fetches(func(int) (activities.RecordResult, error) {
		return activities.RecordResult{}, errors.New("bigcommerce answered 500")
	})
	s.run(workflows.SyncRecord, order)
	s.Require().Len(*made, 10)
	for n, pause := 1, time.Second; n < len(*made); n, pause = n+1, 2*pause {
		s.Equal(pause+2*time.Second, (*made)[n].at.Sub((*made)[n-1].at), "between attempts %d and %d", n, n+1)
	}
}

func (s *workflowSuite) TestRecordGivenUpButChangedSinceGoesOn() {
	s.replaced["SyncRecord"] = true
	s.env.OnActivity("SyncRecord", mock.Anything, mock.Anything).After(10*time.Hour).
		Return(activities.RecordResult{}, errors.New("ometria answered 500")).Times(8)
	s.env.OnActivity("SyncRecord", mock.Anything, mock.Anything).Return(activities.RecordResult{Outcome: connection.Accepted}, nil)
	s.on("GiveUpRecord", func(context.Context, activities.Record) error {
		s.env.SignalWorkflow(workflows.ChangedSignal, nil)
		return nil
	})
	s.run(workflows.SyncRecord, order)
	s.NoError(s.env.GetWorkflowError())
	s.Equal("SyncRecord", s.ran()[len(s.ran())-1])
}

func (s *workflowSuite) TestRecordCancelled() {
	for name, after := range map[string]time.Duration{"in a fetch": time.Second, "between two reads": 5 * time.Second} {
		s.Run(name, func() {
			s.SetupTest()
			s.fetches(ends(activities.RecordResult{GoneOnce: true}))
			s.at(after, s.env.CancelWorkflow)
			s.run(workflows.SyncRecord, order)
			s.True(temporal.IsCanceledError(s.env.GetWorkflowError()), "got %v", s.env.GetWorkflowError())
			s.NotContains(s.ran(), "GiveUpRecord")
			s.Equal(workflows.StatusFailed, s.lastStatus())
		})
	}
}

func (s *workflowSuite) TestRecordOptions() {
	options := s.activityOptions()
	s.run(workflows.SyncRecord, order)
	got := (*options)["SyncRecord"]
	s.Equal(72*time.Hour, got.ScheduleToCloseTimeout)
	s.Equal(5*time.Minute, got.RetryPolicy.MaximumInterval)
	s.Equal(string(connectionID), got.Priority.FairnessKey)
}
