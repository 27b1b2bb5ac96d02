package workflows_test

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

func (s *workflowSuite) TestReconcileIsOneActivityAndTellsWhatItMended() {
	for name, mended := range map[string]activities.Mended{
		"nothing": {}, "hooks": {Hooks: 2}, "script too": {Hooks: 1, Script: true}, "parked": {Held: activities.HeldParked},
	} {
		s.Run(name, func() {
			s.SetupTest()
			s.on("Reconcile", func(context.Context, activities.Connection) (activities.Mended, error) { return mended, nil })
			s.run(workflows.Reconcile, input)
			s.NoError(s.env.GetWorkflowError())
			var got activities.Mended
			s.NoError(s.env.GetWorkflowResult(&got))
			s.Equal(mended, got)
			s.Equal([]string{"Reconcile"}, s.ran())
			s.Equal(workflows.StatusCompleted, s.lastStatus())
		})
	}
}

func (s *workflowSuite) TestReconcileGivesUpAfterAnHour() {
	s.replaced["Reconcile"] = true
	s.env.OnActivity("Reconcile", mock.Anything, mock.Anything).After(10*time.Minute).
		Return(activities.Mended{}, errors.New("store answered 502"))
	start := s.env.Now()
	s.run(workflows.Reconcile, input)
	s.Error(s.env.GetWorkflowError())
	s.InDelta(time.Hour.Minutes(), s.env.Now().Sub(start).Minutes(), 10, "or the next one never comes")
	s.Equal(workflows.StatusFailed, s.lastStatus())
}

func (s *workflowSuite) TestRemovalStopsThenTakesOutThenErases() {
	s.on("RemoveHooks", func(context.Context, activities.Connection) (activities.Removed, error) {
		return activities.Removed{Hooks: 12}, nil
	})
	s.on("RemoveScript", func(context.Context, activities.Connection) (activities.Removed, error) {
		return activities.Removed{Scripts: 1}, nil
	})
	s.run(workflows.ConnectionRemoval, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal([]connection.Status{connection.Removing}, s.phases)
	s.Equal([]string{"StopWorkflows", "RemoveSchedules", "RemoveHooks", "RemoveScript", "Erase"}, s.ran())
	s.Equal("SetPhase", s.started[0], "nothing new begins for a connection that is being removed")
	var got activities.Removed
	s.NoError(s.env.GetWorkflowResult(&got))
	s.Equal(activities.Removed{Hooks: 12, Scripts: 1}, got)
	s.Equal(workflows.StatusCompleted, s.lastStatus())
}

func (s *workflowSuite) TestRemovalErasesThoughTheStoreRefuses() {
	refused := func(context.Context, activities.Connection) (activities.Removed, error) {
		return activities.Removed{LeftBehind: true}, nil
	}
	s.on("RemoveHooks", refused)
	s.on("RemoveScript", refused)
	s.run(workflows.ConnectionRemoval, input)
	s.NoError(s.env.GetWorkflowError())
	var got activities.Removed
	s.NoError(s.env.GetWorkflowResult(&got))
	s.True(got.LeftBehind)
	s.Contains(s.ran(), "Erase")
}

func (s *workflowSuite) TestRemovalErasesThoughTheStoreIsDownForAnHour() {
	s.replaced["RemoveHooks"] = true
	s.env.OnActivity("RemoveHooks", mock.Anything, mock.Anything).After(10*time.Minute).
		Return(activities.Removed{}, errors.New("store answered 503"))
	s.run(workflows.ConnectionRemoval, input)
	s.NoError(s.env.GetWorkflowError())
	var got activities.Removed
	s.NoError(s.env.GetWorkflowResult(&got))
	s.True(got.LeftBehind)
	s.Equal([]string{"RemoveScript", "Erase"}, s.ran()[len(s.ran())-2:])
}

func (s *workflowSuite) TestRemovalCancelledErasesNothing() {
	s.replaced["RemoveHooks"] = true
	s.env.OnActivity("RemoveHooks", mock.Anything, mock.Anything).After(time.Minute).Return(activities.Removed{}, nil)
	s.at(time.Second, s.env.CancelWorkflow)
	s.run(workflows.ConnectionRemoval, input)
	s.True(temporal.IsCanceledError(s.env.GetWorkflowError()), "got %v", s.env.GetWorkflowError())
	s.NotContains(s.ran(), "Erase")
	s.Equal(workflows.StatusFailed, s.lastStatus())
}
