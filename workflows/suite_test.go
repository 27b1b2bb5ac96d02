package workflows_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/suite"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

const (
	connectionID = connection.ID("01939c1e-7c1d-7000-8000-000000000001")
	storeHash    = connection.StoreHash("abc123")
)

var (
	input = workflows.ConnectionInput{ConnectionID: connectionID, StoreHash: storeHash}
	// acts names activities; it is never called through.
	acts *activities.Activities
)

func TestWorkflows(t *testing.T) { suite.Run(t, new(workflowSuite)) }

// workflowSuite runs each workflow in Temporal's test environment, which skips
// time. Activities are those of a world in which all goes well, until a test
// says otherwise with on.
type workflowSuite struct {
	suite.Suite
	testsuite.WorkflowTestSuite
	env *testsuite.TestWorkflowEnvironment

	mu       sync.Mutex // guards what follows
	started  []string   // activity types, in order, one entry an attempt
	replaced map[string]bool
	statuses []string // values of SyncStatus, in order
	phases   []connection.Status
	from     []connection.Status // of the last change of phase
	failure  *activities.Failure
	// what was shown as failed, and shown no more
	attended, unattended []activities.StepFailed
}

func (s *workflowSuite) SetupTest() {
	s.SetLogger(discard{})
	s.env = s.NewTestWorkflowEnvironment()
	s.started, s.statuses, s.phases, s.failure = nil, nil, nil, nil
	s.attended, s.unattended = nil, nil
	s.replaced = map[string]bool{}
	s.env.RegisterWorkflow(workflows.ConnectionSetup)
	s.env.RegisterWorkflow(workflows.BulkSync)
	for _, a := range allActivities() {
		s.env.RegisterActivity(a)
	}
	s.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, args converter.EncodedValues) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.started = append(s.started, info.ActivityType.Name)
		switch info.ActivityType.Name {
		case "SetPhase":
			var phase activities.Phase
			if args.Get(&phase) == nil {
				s.phases, s.from = append(s.phases, phase.To), phase.From
			}
		case "Attend", "Unattend":
			var step activities.StepFailed
			s.NoError(args.Get(&step))
			if info.ActivityType.Name == "Attend" {
				s.attended = append(s.attended, step)
			} else {
				s.unattended = append(s.unattended, step)
			}
		case "FailSetup":
			s.failure = new(activities.Failure)
			s.NoError(args.Get(s.failure))
		}
	})
	s.env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(args mock.Arguments) {
		value, _ := args.Get(0).(temporal.SearchAttributes).GetKeyword(workflows.SyncStatusAttribute)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.statuses = append(s.statuses, value)
	}).Return(nil).Maybe()
}

// TearDownTest fails a test whose workflow called an activity that the world
// does not have, or whose run did not end.
func (s *workflowSuite) TearDownTest() { s.True(s.env.IsWorkflowCompleted(), "the run has not ended") }

func allActivities() []any {
	return []any{
		acts.Validate, acts.InstallScript, acts.InstallHooks, acts.CreateSchedules, acts.SetPhase, acts.FailSetup,
		acts.Attend, acts.Unattend,
		acts.SyncSlice, acts.SyncRecord, acts.GiveUpRecord, acts.Reconcile,
		acts.StopWorkflows, acts.RemoveSchedules, acts.RemoveHooks, acts.RemoveScript, acts.Erase,
		acts.SyncBatch, acts.GiveBackBatch,
		acts.NextAuthentication, acts.TryAuthentication, acts.InstallScriptWith, acts.InstallHooksWith,
		acts.SwitchAuthentication, acts.GiveUpAuthentication, acts.RemoveReplaced,
		acts.FastPass, acts.FullPass,
	}
}

// on makes an activity behave as do says: a function with the activity's own
// signature.
func (s *workflowSuite) on(name string, do any) {
	s.replaced[name] = true
	s.env.OnActivity(name, mock.Anything, mock.Anything).Return(do)
}

// run executes a workflow in a world where all activities not replaced succeed.
func (s *workflowSuite) run(workflow any, in any) {
	done := func(context.Context, activities.Connection) error { return nil }
	with := func(context.Context, activities.Replacement) error { return nil }
	removed := func(context.Context, activities.Connection) (activities.Removed, error) {
		return activities.Removed{}, nil
	}
	for name, do := range map[string]any{
		"Validate": done, "InstallScript": done, "InstallHooks": done, "CreateSchedules": done,
		"StopWorkflows": done, "RemoveSchedules": done, "Erase": done,
		"RemoveHooks": removed, "RemoveScript": removed,
		"NextAuthentication": func(context.Context, activities.Connection) (activities.Next, error) {
			return activities.Next{}, nil
		},
		"TryAuthentication": with, "InstallScriptWith": with, "InstallHooksWith": with, "GiveUpAuthentication": with,
		"SwitchAuthentication": func(context.Context, activities.Replacement) (activities.Switched, error) {
			return activities.Switched{InForce: true}, nil
		},
		"RemoveReplaced": removed,
		"SetPhase":       func(context.Context, activities.Phase) error { return nil },
		"FailSetup":      func(context.Context, activities.Failure) error { return nil },
		"Attend":         func(context.Context, activities.StepFailed) error { return nil },
		"Unattend":       func(context.Context, activities.StepFailed) error { return nil },
		"GiveUpRecord":   func(context.Context, activities.Record) error { return nil },
		"SyncSlice": func(context.Context, activities.Slice) (activities.SliceResult, error) {
			return activities.SliceResult{Done: true}, nil
		},
		"SyncRecord": func(context.Context, activities.Record) (activities.RecordResult, error) {
			return activities.RecordResult{Outcome: connection.Accepted}, nil
		},
		"FastPass": func(context.Context, activities.PassSlice) (activities.PassResult, error) {
			return activities.PassResult{}, nil
		},
		"FullPass": func(context.Context, activities.PassSlice) (activities.PassResult, error) {
			return activities.PassResult{}, nil
		},
		"Reconcile": func(context.Context, activities.Connection) (activities.Mended, error) {
			return activities.Mended{}, nil
		},
	} {
		if !s.replaced[name] {
			s.on(name, do)
		}
	}
	s.env.ExecuteWorkflow(workflow, in)
}

// at calls do when so much of the workflow's own time has passed.
func (s *workflowSuite) at(after time.Duration, do func()) { s.env.RegisterDelayedCallback(do, after) }

// ran returns the activities started so far, those that only show something
// left out.
func (s *workflowSuite) ran() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, name := range s.started {
		if name != "SetPhase" && name != "Attend" && name != "Unattend" {
			names = append(names, name)
		}
	}
	return names
}

func (s *workflowSuite) lastStatus() string {
	s.Require().NotEmpty(s.statuses, "SyncStatus was never set")
	return s.statuses[len(s.statuses)-1]
}

// failsWith expects the run to have failed with a named failure.
func (s *workflowSuite) failsWith(kind string) *temporal.ApplicationError {
	app, ok := errors.AsType[*temporal.ApplicationError](s.env.GetWorkflowError())
	s.Require().True(ok, "want an application error, got %v", s.env.GetWorkflowError())
	s.Equal(kind, app.Type())
	return app
}

func query[T any](s *workflowSuite, name string) T {
	var answer T
	value, err := s.env.QueryWorkflow(name)
	s.Require().NoError(err)
	s.Require().NoError(value.Get(&answer))
	return answer
}

// named is a failure as activities make it.
func named(kind, message string) error {
	return temporal.NewNonRetryableApplicationError(message, kind, nil)
}

// discard is a logger that says nothing.
type discard struct{}

func (discard) Debug(string, ...any) {}
func (discard) Info(string, ...any)  {}
func (discard) Warn(string, ...any)  {}
func (discard) Error(string, ...any) {}
