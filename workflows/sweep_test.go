package workflows_test

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// passSlices answers each slice of passes with one of the given results, and keeps
// what was asked.
func (s *workflowSuite) passSlices(name string, results ...activities.PassResult) *[]activities.PassSlice {
	asked := &[]activities.PassSlice{}
	s.on(name, func(_ context.Context, in activities.PassSlice) (activities.PassResult, error) {
		*asked = append(*asked, in)
		return results[min(len(*asked), len(results))-1], nil
	})
	return asked
}

func (s *workflowSuite) TestReconcileGoesOnWithWhatIsLeftOfTheFastPass() {
	contacts := []connection.Entity{connection.Customers, connection.Subscribers}
	s.on("Reconcile", func(context.Context, activities.Connection) (activities.Mended, error) {
		return activities.Mended{Hooks: 1, Left: activities.PassEntities(), Looked: 10, Differed: 1}, nil
	})
	asked := s.passSlices("FastPass", activities.PassResult{Left: contacts, Looked: 5, Differed: 2}, activities.PassResult{Looked: 1})
	s.run(workflows.Reconcile, input)
	s.NoError(s.env.GetWorkflowError())
	s.Equal([]activities.PassSlice{
		{ConnectionID: connectionID, Left: activities.PassEntities()}, {ConnectionID: connectionID, Left: contacts},
	}, *asked)
	var got activities.Mended
	s.NoError(s.env.GetWorkflowResult(&got))
	s.Equal(activities.Mended{Hooks: 1, Looked: 16, Differed: 3}, got)
}

func (s *workflowSuite) TestSweepGoesFromEntityToEntityAndEndsWhenHeld() {
	orders := activities.PassEntities()[1:]
	asked := s.passSlices("FullPass",
		activities.PassResult{Left: orders, Looked: 5, Differed: 2, Gone: 1},
		activities.PassResult{Left: orders, Looked: 1, Held: activities.HeldParked})
	s.run(workflows.Sweep, workflows.SweepInput{ConnectionInput: input})
	s.NoError(s.env.GetWorkflowError())
	s.Equal(activities.PassEntities(), (*asked)[0].Left)
	s.Equal(orders, (*asked)[1].Left)
	var got activities.PassResult
	s.NoError(s.env.GetWorkflowResult(&got))
	s.Equal(activities.PassResult{Left: orders, Looked: 6, Differed: 2, Gone: 1, Held: activities.HeldParked}, got)
	s.Equal(workflows.StatusCompleted, s.lastStatus())
}

func (s *workflowSuite) TestSweepContinuesAsNewWithWhatItFound() {
	left := activities.PassEntities()[2:]
	asked := s.passSlices("FullPass", activities.PassResult{Left: left, Looked: 1})
	s.run(workflows.Sweep, workflows.SweepInput{ConnectionInput: input})
	var again *workflow.ContinueAsNewError
	s.ErrorAs(s.env.GetWorkflowError(), &again)
	s.Len(*asked, 200)

	s.SetupTest()
	asked = s.passSlices("FullPass", activities.PassResult{Looked: 1})
	s.run(workflows.Sweep, workflows.SweepInput{
		ConnectionInput: input, Left: left, So: activities.PassResult{Looked: 200}, Slices: 200,
	})
	s.NoError(s.env.GetWorkflowError())
	s.Equal(left, (*asked)[0].Left)
	var got activities.PassResult
	s.NoError(s.env.GetWorkflowResult(&got))
	s.Equal(activities.PassResult{Looked: 201}, got)
}
