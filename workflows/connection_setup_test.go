package workflows_test

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// wish sends a mode to the run at so much of its own time. A run is started
// together with its first wish.
func (s *workflowSuite) wish(after time.Duration, mode workflows.SetupMode) {
	s.at(after, func() { s.env.SignalWorkflow(workflows.ModeSignal, mode) })
}

// childStarts lets the child BulkSync start and returns the inputs it was
// started with.
func (s *workflowSuite) childStarts() *[]workflows.BulkSyncInput {
	inputs := &[]workflows.BulkSyncInput{}
	s.env.OnWorkflow(workflows.BulkSync, mock.Anything, mock.Anything).
		Return(func(ctx workflow.Context, in workflows.BulkSyncInput) error {
			info := workflow.GetInfo(ctx)
			s.Equal(workflows.BulkSyncID(connectionID), info.WorkflowExecution.ID)
			s.Equal(workflows.BulkTaskQueue, info.TaskQueueName)
			*inputs = append(*inputs, in)
			return nil
		}).Maybe()
	return inputs
}

func (s *workflowSuite) TestSetupMakesEverythingAndStartsTheBulkSync() {
	children := s.childStarts()
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.run(workflows.ConnectionSetup, input)

	s.NoError(s.env.GetWorkflowError())
	s.Equal([]string{"Validate", "InstallScript", "InstallHooks", "CreateSchedules"}, s.ran())
	s.Equal([]connection.Status{connection.Validating, connection.Installing}, s.phases)
	s.Equal([]workflows.BulkSyncInput{{
		ConnectionInput: input, Wishes: []workflows.Resync{{Entities: connection.Entities()}},
	}}, *children)
	s.Equal([]string{workflows.StatusRunning, workflows.StatusCompleted}, s.statuses)
	progress := query[workflows.SetupProgress](s, workflows.ProgressQuery)
	s.Equal(workflows.SetUp, progress.Mode)
	s.Len(progress.Done, 5, "validate, script, hooks, schedules, bulk sync")
}

func (s *workflowSuite) TestSetupUndoesWhatItBeganWhenAStepFailsForGood() {
	step := func(kind string) func(context.Context, activities.Connection) error {
		return func(context.Context, activities.Connection) error { return named(kind, "do this and that") }
	}
	for name, tc := range map[string]struct {
		failing, kind string
		undone        []string
	}{
		"credentials": {"Validate", connection.FailureInvalidCredentials, nil},
		"scope":       {"Validate", connection.FailureMissingScope, nil},
		"currencies":  {"Validate", connection.FailureMultiCurrencyStore, nil},
		"store hash":  {"Validate", connection.FailureUnknownStore, nil},
		// The step that failed is undone too: it may have done its work.
		"script limit": {"InstallScript", connection.FailureScriptLimitReached, []string{"RemoveScript"}},
		"script scope": {"InstallScript", connection.FailureMissingScope, []string{"RemoveScript"}},
		"hook scope":   {"InstallHooks", connection.FailureMissingScope, []string{"RemoveHooks", "RemoveScript"}},
		"schedules": {
			"CreateSchedules", connection.FailureInvalidCredentials,
			[]string{"RemoveSchedules", "RemoveHooks", "RemoveScript"},
		},
	} {
		s.Run(name, func() {
			s.SetupTest()
			children := s.childStarts()
			s.on(tc.failing, step(tc.kind))
			s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
			s.run(workflows.ConnectionSetup, input)

			s.Equal("do this and that", s.failsWith(tc.kind).Message())
			ran := s.ran()
			s.Equal(append(append([]string{tc.failing}, tc.undone...), "FailSetup"), ran[len(ran)-len(tc.undone)-2:])
			steps := map[string]string{
				"Validate": connection.StepCredentials, "InstallScript": connection.StepScript,
				"InstallHooks": connection.StepWebhooks, "CreateSchedules": connection.StepSchedules,
			}
			s.Equal(&activities.Failure{ConnectionID: connectionID, Code: tc.kind, Step: steps[tc.failing], Detail: "do this and that"}, s.failure)
			s.Empty(*children)
			s.Equal(workflows.StatusFailed, s.lastStatus())
		})
	}
}

func (s *workflowSuite) TestSetupGoesOnWithTheUndoingWhenOnePartOfItFails() {
	s.on("InstallHooks", func(context.Context, activities.Connection) error {
		return named(connection.FailureMissingScope, "grant it")
	})
	s.on("RemoveHooks", func(context.Context, activities.Connection) (activities.Removed, error) {
		return activities.Removed{}, errors.New("service unavailable")
	})
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.run(workflows.ConnectionSetup, input)

	s.failsWith(connection.FailureMissingScope)
	s.Contains(s.ran(), "RemoveScript")
	s.Equal(connection.FailureMissingScope, s.failure.Code, "the first failure is the one that is told")
}

func (s *workflowSuite) TestSetupStepFailsAndRecovers() {
	children := s.childStarts()
	attempts := 0
	s.on("InstallHooks", func(context.Context, activities.Connection) error {
		if attempts++; attempts < 4 {
			return errors.New("store answered 502")
		}
		return nil
	})
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.run(workflows.ConnectionSetup, input)

	s.NoError(s.env.GetWorkflowError())
	s.Equal(4, attempts)
	s.NotContains(s.ran(), "RemoveScript")
	s.Len(*children, 1)
}

func (s *workflowSuite) TestSetupGivesAStepUpAfterAnHour() {
	start := s.env.Now()
	// Each attempt takes ten minutes, because the test environment makes at
	// most ten of them.
	s.replaced["InstallScript"] = true
	s.env.OnActivity("InstallScript", mock.Anything, mock.Anything).After(10 * time.Minute).Return(errors.New("store answered 502"))
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.run(workflows.ConnectionSetup, input)

	s.Error(s.env.GetWorkflowError())
	s.InDelta(time.Hour.Minutes(), s.env.Now().Sub(start).Minutes(), 10, "it was tried for an hour")
	s.Equal(connection.FailureGaveUp, s.failure.Code)
	s.NotContains(s.failure.Detail, "502", "people are told in their words")
	s.Equal([]string{"RemoveScript", "FailSetup"}, s.ran()[len(s.ran())-2:])
	s.Equal(workflows.StatusFailed, s.lastStatus())
}

func (s *workflowSuite) TestSetupSaysWhatItCouldNotUndo() {
	s.on("InstallHooks", func(context.Context, activities.Connection) error {
		return temporal.NewNonRetryableApplicationError("lacks a scope", connection.FailureMissingScope, nil)
	})
	s.on("RemoveHooks", func(context.Context, activities.Connection) (activities.Removed, error) {
		return activities.Removed{}, temporal.NewNonRetryableApplicationError("store is gone", "Gone", nil)
	})
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.run(workflows.ConnectionSetup, input)

	s.Equal([]string{"RemoveHooks", "RemoveScript", "FailSetup"}, s.ran()[len(s.ran())-3:], "the rest is undone all the same")
	s.True(s.failure.LeftBehind)
	s.Equal(connection.FailureMissingScope, s.failure.Code)
}

func (s *workflowSuite) TestSetupCancelledInTheMiddleUndoesWhatItMade() {
	children := s.childStarts()
	s.on("InstallHooks", func(context.Context, activities.Connection) error {
		s.env.CancelWorkflow()
		return errors.New("store answered 502") // waits for a retry when the cancellation comes
	})
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.wish(time.Millisecond, workflows.SetupMode{Mode: workflows.UpdateScript})
	s.run(workflows.ConnectionSetup, input)

	s.True(temporal.IsCanceledError(s.env.GetWorkflowError()), "got %v", s.env.GetWorkflowError())
	s.Equal([]string{"Validate", "InstallScript", "InstallHooks", "RemoveHooks", "RemoveScript", "FailSetup"}, s.ran())
	s.Equal(connection.FailureCanceled, s.failure.Code)
	s.False(s.failure.LeftBehind)
	s.Empty(*children)
	s.Equal(workflows.StatusFailed, s.lastStatus())
}

// An undoing that runs beside the step it undoes may miss what that step makes.
// (The test environment does not wait for a cancelled activity; the server
// does, see the history setup_cancelled.)
func (s *workflowSuite) TestSetupStepsAreAwaitedWhenCancelledAndShareFairly() {
	s.childStarts()
	options := s.activityOptions()
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.run(workflows.ConnectionSetup, input)
	for _, name := range []string{"Validate", "InstallScript", "InstallHooks", "CreateSchedules"} {
		got := (*options)[name]
		s.True(got.WaitForCancellation, name)
		s.Equal(time.Hour, got.ScheduleToCloseTimeout, name)
		s.Equal(string(connectionID), got.Priority.FairnessKey, name)
		s.NotEmpty(got.Summary, name)
		for _, kind := range []string{
			connection.FailureInvalidCredentials, connection.FailureMissingScope, connection.FailureMultiCurrencyStore,
			connection.FailureUnknownStore, connection.FailureRecordRejected, connection.FailureScriptLimitReached,
		} {
			s.Contains(got.RetryPolicy.NonRetryableErrorTypes, kind, name)
		}
	}
}

func (s *workflowSuite) TestSetupModes() {
	products := workflows.Resync{Entities: []connection.Entity{connection.Products}, Since: "2024-02-01"}
	for name, tc := range map[string]struct {
		mode     workflows.SetupMode
		ran      []string
		children []workflows.Resync
	}{
		"script": {workflows.SetupMode{Mode: workflows.UpdateScript}, []string{"InstallScript"}, nil},
		"hooks":  {workflows.SetupMode{Mode: workflows.UpdateHooks}, []string{"InstallHooks"}, nil},
		"resync": {workflows.SetupMode{Mode: workflows.ResyncHistory, Resync: &products}, nil, []workflows.Resync{products}},
		"resync of everything": {
			workflows.SetupMode{Mode: workflows.ResyncHistory}, nil, []workflows.Resync{{Entities: connection.Entities()}},
		},
		"unknown": {workflows.SetupMode{Mode: "dance"}, nil, nil},
	} {
		s.Run(name, func() {
			s.SetupTest()
			children := s.childStarts()
			s.wish(0, tc.mode)
			s.run(workflows.ConnectionSetup, input)
			s.NoError(s.env.GetWorkflowError())
			s.Equal(tc.ran, s.ran())
			s.Empty(s.phases, "only a whole setup changes the phase")
			var wishes []workflows.Resync
			for _, child := range *children {
				wishes = append(wishes, child.Wishes...)
			}
			s.Equal(tc.children, wishes)
			s.Equal(workflows.StatusCompleted, s.lastStatus())
		})
	}
}

func (s *workflowSuite) TestSetupDoesAWishThatComesDuringTheRun() {
	children := s.childStarts()
	orders := workflows.Resync{Entities: []connection.Entity{connection.Orders}}
	s.on("CreateSchedules", func(context.Context, activities.Connection) error {
		s.env.SignalWorkflow(workflows.ModeSignal, workflows.SetupMode{Mode: workflows.UpdateScript})
		s.env.SignalWorkflow(workflows.ModeSignal, workflows.SetupMode{Mode: workflows.UpdateScript})
		s.env.SignalWorkflow(workflows.ModeSignal, workflows.SetupMode{Mode: workflows.ResyncHistory, Resync: &orders})
		return nil
	})
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.run(workflows.ConnectionSetup, input)

	s.NoError(s.env.GetWorkflowError())
	s.Equal([]string{"Validate", "InstallScript", "InstallHooks", "CreateSchedules", "InstallScript"}, s.ran(),
		"two equal wishes are one")
	s.Len(*children, 2)
	s.Equal([]workflows.Resync{orders}, (*children)[1].Wishes)
}

// A person pauses and resumes while the setup is at work: it has done what the
// second wish wants, and history is walked once.
func (s *workflowSuite) TestSetupWishIsCoveredByTheSetUpAtWork() {
	children := s.childStarts()
	s.on("Validate", func(context.Context, activities.Connection) error {
		if len(s.ran()) == 1 {
			s.env.SignalWorkflow(workflows.ModeSignal, workflows.SetupMode{Mode: workflows.SetUp})
		}
		return nil
	})
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal([]string{"Validate", "InstallScript", "InstallHooks", "CreateSchedules"}, s.ran())
	s.Len(*children, 1)
}

// A wish that waits behind a set-up still to be done is done by it. One of each
// comes during a set-up that fails: the second set-up covers the hooks.
func (s *workflowSuite) TestSetupWishCoveredByAWaitingSetUpIsDropped() {
	s.childStarts()
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.on("Validate", func(context.Context, activities.Connection) error {
		if len(s.ran()) > 1 {
			return nil
		}
		s.env.SignalWorkflow(workflows.ModeSignal, workflows.SetupMode{Mode: workflows.SetUp})
		s.env.SignalWorkflow(workflows.ModeSignal, workflows.SetupMode{Mode: workflows.UpdateHooks})
		return named(connection.FailureInvalidCredentials, "store hash or token wrong")
	})
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal([]string{"Validate", "FailSetup", "Validate", "InstallScript", "InstallHooks", "CreateSchedules"}, s.ran())
}

// A failed setup followed by another that succeeds is a success; one followed
// by a lesser wish stays a failure.
func (s *workflowSuite) TestSetupFailureIsForgottenOnlyByAnotherSetUp() {
	for mode, failed := range map[string]bool{workflows.SetUp: false, workflows.UpdateScript: true} {
		s.Run(mode, func() {
			s.SetupTest()
			s.childStarts()
			first := true
			s.on("Validate", func(context.Context, activities.Connection) error {
				if !first {
					return nil
				}
				first = false
				s.env.SignalWorkflow(workflows.ModeSignal, workflows.SetupMode{Mode: mode})
				return named(connection.FailureInvalidCredentials, "store hash or token wrong")
			})
			s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
			s.run(workflows.ConnectionSetup, input)
			s.Contains(s.ran(), "InstallScript", "the second wish was done")
			if failed {
				s.failsWith(connection.FailureInvalidCredentials)
				s.Equal(workflows.StatusFailed, s.lastStatus())
				return
			}
			s.NoError(s.env.GetWorkflowError())
			s.Equal(workflows.StatusCompleted, s.lastStatus())
		})
	}
}

// A wish that fails was answered 202: the connection shows it until the same
// wish succeeds, and each wish shows for itself.
func (s *workflowSuite) TestSetupWishThatFailsIsShown() {
	for mode, tc := range map[string]struct{ activity, about, action string }{
		workflows.UpdateScript: {"InstallScript", "The JavaScript tag was not renewed",
			"The JavaScript tag was not renewed. Delete one in Script Manager. Then update the script again."},
		workflows.UpdateHooks: {"InstallHooks", "The webhooks were not renewed",
			"The webhooks were not renewed. Delete one in Script Manager. The next reconcile tries again."},
	} {
		s.Run(mode, func() {
			s.SetupTest()
			s.on(tc.activity, func(context.Context, activities.Connection) error {
				return named(connection.FailureScriptLimitReached, "Delete one in Script Manager")
			})
			s.wish(0, workflows.SetupMode{Mode: mode})
			s.run(workflows.ConnectionSetup, input)
			s.failsWith(connection.FailureScriptLimitReached)
			s.Equal([]activities.StepFailed{{ConnectionID: connectionID, About: tc.about, Action: tc.action}}, s.attended)
			s.Empty(s.unattended)
			s.NotContains(s.ran(), "FailSetup", "the connection stays at work")
		})
	}
}

func (s *workflowSuite) TestResyncThatFailsIsShown() {
	s.env.OnWorkflow(workflows.BulkSync, mock.Anything, mock.Anything).Panic("child must not start").Maybe()
	s.bulkSyncIsAtWork(5)
	s.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(errors.New("unknown external workflow execution"))
	s.wish(0, workflows.SetupMode{Mode: workflows.ResyncHistory})
	s.run(workflows.ConnectionSetup, input)
	s.Error(s.env.GetWorkflowError())
	s.Require().Len(s.attended, 1)
	s.Equal("The re-sync was not started", s.attended[0].About)
	s.Contains(s.attended[0].Action, "re-sync again")
}

func (s *workflowSuite) TestSetupWishThatSucceedsIsShownNoMore() {
	for mode, about := range map[string]string{
		workflows.UpdateScript: "The JavaScript tag was not renewed", workflows.UpdateHooks: "The webhooks were not renewed",
		workflows.ResyncHistory: "The re-sync was not started", workflows.SetUp: "",
	} {
		s.Run(mode, func() {
			s.SetupTest()
			s.childStarts()
			s.wish(0, workflows.SetupMode{Mode: mode})
			s.run(workflows.ConnectionSetup, input)
			s.NoError(s.env.GetWorkflowError())
			s.Equal([]activities.StepFailed{{ConnectionID: connectionID, About: about}}, s.unattended, "a set-up clears all")
			s.Empty(s.attended)
		})
	}
}

func (s *workflowSuite) TestSetupWishCancelledIsNotShown() {
	s.on("InstallScript", func(context.Context, activities.Connection) error {
		s.env.CancelWorkflow()
		return errors.New("store answered 502")
	})
	s.wish(0, workflows.SetupMode{Mode: workflows.UpdateScript})
	s.run(workflows.ConnectionSetup, input)
	s.True(temporal.IsCanceledError(s.env.GetWorkflowError()))
	s.Empty(s.attended)
}

func (s *workflowSuite) TestResyncDuringABulkSyncSignalsIt() {
	s.bulkSyncIsAtWork(1)
	orders := workflows.Resync{Entities: []connection.Entity{connection.Orders}}
	var got []any
	s.env.OnSignalExternalWorkflow(mock.Anything, workflows.BulkSyncID(connectionID), "", workflows.ResyncSignal, mock.Anything).
		Return(func(_, _, _, _ string, arg any) error {
			got = append(got, arg)
			return nil
		})
	s.wish(0, workflows.SetupMode{Mode: workflows.ResyncHistory, Resync: &orders})
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal([]any{orders}, got)
}

// The bulk sync that stood in the way may complete before the signal reaches
// it: then a new one is started after all.
func (s *workflowSuite) TestResyncStartsABulkSyncWhenTheOneAtWorkHasJustEnded() {
	s.bulkSyncIsAtWork(1)
	children := s.childStarts()
	s.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(errors.New("unknown external workflow execution")).Once()
	s.wish(0, workflows.SetupMode{Mode: workflows.ResyncHistory})
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Len(*children, 1)
}
