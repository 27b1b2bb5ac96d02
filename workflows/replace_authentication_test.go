package workflows_test

import (
	"context"
	"errors"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

const nextAuthentication = connection.AuthenticationID("01939c1e-7c1d-7000-8000-00000000000a")

var replaceWish = workflows.SetupMode{Mode: workflows.ReplaceAuthentication}

// wants has the connection want an authentication, once; set up from the start
// with it or not.
func (s *workflowSuite) wants(setUp bool) {
	asked := 0
	s.on("NextAuthentication", func(context.Context, activities.Connection) (activities.Next, error) {
		if asked++; asked > 1 {
			return activities.Next{}, nil
		}
		return activities.Next{AuthenticationID: nextAuthentication, SetUp: setUp}, nil
	})
}

var replaced = []string{"NextAuthentication", "TryAuthentication", "InstallScriptWith", "InstallHooksWith", "SwitchAuthentication", "RemoveReplaced"}

func (s *workflowSuite) TestReplaceMakesTheNewBeforeItRemovesTheOld() {
	s.wants(false)
	var with []activities.Replacement
	s.on("TryAuthentication", func(_ context.Context, in activities.Replacement) error {
		with = append(with, in)
		return nil
	})
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(replaced, s.ran())
	s.Equal([]activities.Replacement{{ConnectionID: connectionID, AuthenticationID: nextAuthentication}}, with)
	s.Empty(s.phases, "the connection stays at work")
	s.Empty(s.attended)
	s.Equal(workflows.StatusCompleted, s.lastStatus())
}

// Two wishes, or a run that starts twice: the second finds nothing to do but to
// look for what is left.
func (s *workflowSuite) TestReplaceTwiceIsOnce() {
	s.wants(false)
	s.on("SwitchAuthentication", func(context.Context, activities.Replacement) (activities.Switched, error) {
		s.env.SignalWorkflow(workflows.ModeSignal, replaceWish)
		s.env.SignalWorkflow(workflows.ModeSignal, replaceWish)
		return activities.Switched{InForce: true}, nil
	})
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(append(replaced[:len(replaced):len(replaced)], "NextAuthentication", "RemoveReplaced"), s.ran())
}

// One that does not do is left, and what was made with it removed; the reason is
// shown, and the connection stays at work with the one before.
func (s *workflowSuite) TestReplaceByOneThatDoesNotDo() {
	for failing, ran := range map[string][]string{
		"TryAuthentication": {"NextAuthentication", "TryAuthentication", "GiveUpAuthentication", "RemoveReplaced"},
		"InstallScriptWith": {"NextAuthentication", "TryAuthentication", "InstallScriptWith", "GiveUpAuthentication", "RemoveReplaced"},
		"InstallHooksWith":  {"NextAuthentication", "TryAuthentication", "InstallScriptWith", "InstallHooksWith", "GiveUpAuthentication", "RemoveReplaced"},
	} {
		s.Run(failing, func() {
			s.SetupTest()
			s.wants(false)
			s.on(failing, func(context.Context, activities.Replacement) error {
				return named(connection.FailureMissingScope, "access token lacks Content: modify.")
			})
			s.wish(0, replaceWish)
			s.run(workflows.ConnectionSetup, input)
			s.failsWith(connection.FailureMissingScope)
			s.Equal(ran, s.ran())
			s.Equal([]activities.StepFailed{{
				ConnectionID: connectionID, About: "The authentication was not replaced",
				Action: "The authentication was not replaced. access token lacks Content: modify. The one before stays in force: mend that, then replace it again.",
			}}, s.attended)
			s.Nil(s.failure)
		})
	}
}

// What the old token may not remove is shown by the activity; the wish succeeded.
// A store that is away is tried again by Reconcile.
func (s *workflowSuite) TestReplaceWhoseOldOneCannotBeRemoved() {
	s.wants(false)
	s.on("RemoveReplaced", func(context.Context, activities.Connection) (activities.Removed, error) {
		return activities.Removed{LeftBehind: true}, nil
	})
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(replaced, s.ran())
	s.Empty(s.attended)

	s.SetupTest()
	s.wants(false)
	s.on("RemoveReplaced", func(context.Context, activities.Connection) (activities.Removed, error) {
		return activities.Removed{}, errors.New("store answered 503")
	})
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError(), "the new one is in force")
	s.Require().Len(s.attended, 1)
	s.Contains(s.attended[0].Action, "was not removed. A step did not succeed within an hour")
}

func (s *workflowSuite) TestReplaceOfOneThatIsWantedNoMore() {
	s.wants(false)
	s.on("SwitchAuthentication", func(context.Context, activities.Replacement) (activities.Switched, error) {
		return activities.Switched{}, nil
	})
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(replaced, s.ran(), "what was made is removed")
}

func (s *workflowSuite) TestReplaceLetsAParkedBulkSyncGoOn() {
	s.wants(false)
	s.on("SwitchAuthentication", func(context.Context, activities.Replacement) (activities.Switched, error) {
		return activities.Switched{InForce: true, Unparked: true}, nil
	})
	told := 0
	s.env.OnSignalExternalWorkflow(mock.Anything, workflows.BulkSyncID(connectionID), "", workflows.UnparkedSignal, mock.Anything).
		Return(func(_, _, _, _ string, _ any) error {
			told++
			return errors.New("no bulk sync is at work")
		})
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(1, told)
}

// A connection whose setup failed is set up whole, with the new one.
func (s *workflowSuite) TestReplaceSetsAFailedConnectionUp() {
	children := s.childStarts()
	s.wants(true)
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal([]string{"NextAuthentication", "TryAuthentication", "SwitchAuthentication",
		"Validate", "InstallScript", "InstallHooks", "CreateSchedules", "RemoveReplaced"}, s.ran())
	s.Len(*children, 1)

	s.SetupTest()
	s.wants(true)
	s.on("TryAuthentication", func(context.Context, activities.Replacement) error {
		return named(connection.FailureInvalidCredentials, "store hash or token wrong")
	})
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.failsWith(connection.FailureInvalidCredentials)
	s.Equal([]string{"NextAuthentication", "TryAuthentication", "GiveUpAuthentication", "FailSetup", "RemoveReplaced"}, s.ran())
	s.Equal(connection.FailureInvalidCredentials, s.failure.Code)
}

// A setup that waits does not do what the other wish wants, and is not done twice
// because its bulk sync has yet to say that it is at work.
func (s *workflowSuite) TestReplaceIsNotCoveredByASetUp() {
	children := s.childStarts()
	s.wants(true)
	s.wish(0, workflows.SetupMode{Mode: workflows.SetUp})
	s.on("Validate", func(context.Context, activities.Connection) error {
		if len(s.ran()) == 1 {
			s.env.SignalWorkflow(workflows.ModeSignal, replaceWish)
		}
		return nil
	})
	s.run(workflows.ConnectionSetup, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal(append([]string{"Validate", "InstallScript", "InstallHooks", "CreateSchedules"}, replaced...), s.ran())
	s.Len(*children, 1)
}

func (s *workflowSuite) TestReplaceCancelledLeavesTheNewOne() {
	s.wants(false)
	s.on("InstallScriptWith", func(context.Context, activities.Replacement) error {
		s.env.CancelWorkflow()
		return errors.New("store answered 502")
	})
	s.wish(0, replaceWish)
	s.run(workflows.ConnectionSetup, input)
	s.True(temporal.IsCanceledError(s.env.GetWorkflowError()))
	s.Contains(s.ran(), "GiveUpAuthentication")
	s.Empty(s.attended)
}

func recordAuthentication(r *recorder) {
	id, err := r.starter.ReplaceAuthentication(r.ctx, r.c)
	require.NoError(r, err)
	require.NoError(r, r.await(id))
	r.save("authentication", id, "")
}

func recordAuthenticationRefused(r *recorder) {
	r.onStep(r.c.ID, "InstallHooksWith", func(context.Context) error {
		return named(connection.FailureMissingScope, "the access token lacks a scope")
	})
	id, err := r.starter.ReplaceAuthentication(r.ctx, r.c)
	require.NoError(r, err)
	require.Error(r, r.await(id))
	r.save("authentication_refused", id, "")
}
