package workflows

import (
	"errors"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// ConnectionSetup carries out people's wishes for one connection, one after
// the other: set up, renew the tag, renew the webhooks, import history again,
// change to another authentication.
// It is started with SignalWithStart and drains wishes before it completes, so
// that none is lost.
//
// Setting up validates both credentials and each scope, refuses a
// multi-currency store, injects the script, creates webhooks and schedules and
// starts the child BulkSync. When a step fails for good, what was made is
// undone and the connection says why.
func ConnectionSetup(ctx workflow.Context, in ConnectionInput) error {
	s := &connectionSetup{in: in, modes: workflow.GetSignalChannel(ctx, ModeSignal)}
	if err := workflow.SetQueryHandler(ctx, ProgressQuery, func() (SetupProgress, error) { return s.progress, nil }); err != nil {
		return err
	}
	return s.run(ctx)
}

type connectionSetup struct {
	in       ConnectionInput
	modes    workflow.ReceiveChannel
	wishes   []SetupMode
	progress SetupProgress
	// standing says that this run has set up and nothing has failed since:
	// another set-up would only do the same again.
	standing bool
}

func (s *connectionSetup) run(ctx workflow.Context) error {
	var failed error
	for {
		s.drain()
		if len(s.wishes) == 0 {
			// Nothing is awaited since the drain, so no wish is lost here.
			if failed != nil {
				return fail(ctx, failed)
			}
			return setStatus(ctx, StatusCompleted)
		}
		wish := s.wishes[0]
		s.wishes = s.wishes[1:]
		if err := setStatus(ctx, StatusRunning); err != nil {
			return err
		}
		err := s.do(ctx, &wish)
		s.standing = err == nil && (s.standing || wish.Mode == SetUp)
		if ctx.Err() != nil {
			if err == nil {
				err = ctx.Err()
			}
			return fail(ctx, err)
		}
		s.show(ctx, wish, err)
		switch {
		case err != nil:
			failed = err
		case wish.Mode == SetUp: // it does all that the others do
			failed = nil
		}
	}
}

// stepWords are what people read of a wish that failed.
var stepWords = map[string]struct{ about, again string }{
	UpdateScript:  {"The JavaScript tag was not renewed", "Then update the script again."},
	UpdateHooks:   {"The webhooks were not renewed", "The next reconcile tries again."},
	ResyncHistory: {"The re-sync was not started", "Then ask for the re-sync again."},
	ReplaceAuthentication: {"The authentication was not replaced",
		"The one before stays in force: mend that, then replace it again."},
	removeReplaced: {"What was made with the authentication before was not removed", "The next reconcile tries again."},
}

// show lets people see on the connection that a wish failed, until the same
// wish, or a set-up, succeeds. A set-up that failed is the connection's status.
func (s *connectionSetup) show(ctx workflow.Context, wish SetupMode, failed error) {
	words, lesser := stepWords[wish.Mode]
	step := activities.StepFailed{ConnectionID: s.in.ConnectionID, About: words.about}
	var err error
	switch {
	case failed == nil && (lesser || wish.Mode == SetUp):
		err = workflow.ExecuteActivity(stepContext(ctx, s.in.ConnectionID, showGivesUpAfter, "Show that it succeeded"), acts.Unattend, step).Get(ctx, nil)
	case failed != nil && lesser:
		_, detail := reasonOf(failed)
		step.Action = words.about + ". " + strings.TrimSuffix(detail, ".") + ". " + words.again
		err = workflow.ExecuteActivity(stepContext(ctx, s.in.ConnectionID, showGivesUpAfter, "Show that it failed"), acts.Attend, step).Get(ctx, nil)
	}
	if err != nil {
		workflow.GetLogger(ctx).Error("show how a wish ended", "mode", wish.Mode, "err", err)
	}
}

// drain takes up every waiting wish. A wish that an equal or greater one, still
// to be done, covers is dropped, and so is a set-up that came while one was at
// work that succeeded.
func (s *connectionSetup) drain() {
	for {
		var wish SetupMode
		if !s.modes.ReceiveAsync(&wish) {
			return
		}
		covered := s.standing && wish.Mode == SetUp || slices.ContainsFunc(s.wishes, func(w SetupMode) bool {
			alone := wish.Mode == ResyncHistory || wish.Mode == ReplaceAuthentication && w.Mode == SetUp
			return !alone && (w.Mode == wish.Mode || w.Mode == SetUp)
		})
		if !covered {
			s.wishes = append(s.wishes, wish)
		}
	}
}

// do carries a wish out. One that turns into a whole set-up says so in wish.
func (s *connectionSetup) do(ctx workflow.Context, wish *SetupMode) error {
	s.progress = SetupProgress{Mode: wish.Mode, Done: []string{}}
	switch wish.Mode {
	case SetUp:
		return s.setUp(ctx)
	case UpdateScript:
		return s.step(ctx, "Renew the script", acts.InstallScript)
	case UpdateHooks:
		return s.step(ctx, "Renew the webhooks", acts.InstallHooks)
	case ResyncHistory:
		if wish.Resync == nil || len(wish.Resync.Entities) == 0 {
			return s.startBulkSync(ctx, Resync{Entities: connection.Entities()})
		}
		return s.startBulkSync(ctx, *wish.Resync)
	case ReplaceAuthentication:
		// A worker of before skipped the wish.
		if workflow.GetVersion(ctx, "replace-authentication", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
			return nil
		}
		return s.replace(ctx, wish)
	default:
		workflow.GetLogger(ctx).Warn("unknown mode", "mode", wish.Mode)
		return nil
	}
}

// The steps of a set-up, as its progress and its history name them.
const (
	validateStep  = "Validate credentials and scopes"
	scriptStep    = "Inject the script"
	webhooksStep  = "Create the webhooks"
	schedulesStep = "Create the schedules"
	bulkSyncStep  = "Start the bulk sync"
)

// setupSteps are what a failed connection calls them.
var setupSteps = map[string]string{
	validateStep: connection.StepCredentials, scriptStep: connection.StepScript, webhooksStep: connection.StepWebhooks,
	schedulesStep: connection.StepSchedules, bulkSyncStep: connection.StepBulkSync,
}

func (s *connectionSetup) setUp(ctx workflow.Context) (err error) {
	var undo []undoStep
	defer func() {
		if err != nil {
			s.compensate(ctx, err, undo)
		}
	}()
	if err := s.phase(ctx, connection.Validating); err != nil {
		return err
	}
	if err := s.step(ctx, validateStep, acts.Validate); err != nil {
		return err
	}
	if err := s.phase(ctx, connection.Installing); err != nil {
		return err
	}
	// Each undoing is noted before its step: a step that failed may have done
	// its work.
	undo = append(undo, undoStep{"Take the script out again", acts.RemoveScript})
	if err := s.step(ctx, scriptStep, acts.InstallScript); err != nil {
		return err
	}
	undo = append(undo, undoStep{"Delete the webhooks again", acts.RemoveHooks})
	if err := s.step(ctx, webhooksStep, acts.InstallHooks); err != nil {
		return err
	}
	undo = append(undo, undoStep{"Delete the schedules again", acts.RemoveSchedules})
	if err := s.step(ctx, schedulesStep, acts.CreateSchedules); err != nil {
		return err
	}
	return s.startBulkSync(ctx, Resync{Entities: connection.Entities()})
}

// undoStep undoes what a step of setup made.
type undoStep struct {
	summary  string
	activity any
}

// step runs one activity that is given the connection.
func (s *connectionSetup) step(ctx workflow.Context, summary string, activity any) error {
	return s.stepWith(ctx, summary, activity, activities.Connection{ConnectionID: s.in.ConnectionID}, nil)
}

// stepWith runs one activity, whose answer goes into out unless that is nil.
func (s *connectionSetup) stepWith(ctx workflow.Context, summary string, activity, in, out any) error {
	s.progress.Step = summary
	workflow.SetCurrentDetails(ctx, summary+".")
	err := workflow.ExecuteActivity(stepContext(ctx, s.in.ConnectionID, setupGivesUpAfter, summary), activity, in).Get(ctx, out)
	if err == nil {
		s.progress.Done = append(s.progress.Done, summary)
	}
	return err
}

func (s *connectionSetup) phase(ctx workflow.Context, to connection.Status) error {
	return workflow.ExecuteActivity(stepContext(ctx, s.in.ConnectionID, setupGivesUpAfter, "Status: "+string(to)),
		acts.SetPhase, activities.Phase{ConnectionID: s.in.ConnectionID, To: to}).Get(ctx, nil)
}

// compensate undoes, newest first, on a context of its own: the workflow's may
// be cancelled already.
func (s *connectionSetup) compensate(ctx workflow.Context, cause error, undo []undoStep) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	workflow.SetCurrentDetails(ctx, "Setup failed: undoing what it made.")
	failure := activities.Failure{ConnectionID: s.in.ConnectionID, Step: setupSteps[s.progress.Step]}
	failure.Code, failure.Detail = reasonOf(cause)
	for _, step := range slices.Backward(undo) {
		err := workflow.ExecuteActivity(stepContext(ctx, s.in.ConnectionID, 10*time.Minute, step.summary), step.activity,
			activities.Connection{ConnectionID: s.in.ConnectionID}).Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Warn("compensation failed", "step", step.summary, "err", err)
			failure.LeftBehind = true
		}
	}
	err := workflow.ExecuteActivity(stepContext(ctx, s.in.ConnectionID, 0, "Status: failed"), acts.FailSetup, failure).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("record setup failure", "err", err)
	}
	workflow.SetCurrentDetails(ctx, "Setup failed: "+failure.Detail)
}

// reasonOf names a setup's failure for people.
func reasonOf(err error) (code, detail string) {
	if temporal.IsCanceledError(err) {
		return connection.FailureCanceled, "The setup was cancelled."
	}
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if ok && app.NonRetryable() {
		return app.Type(), app.Message()
	}
	return connection.FailureGaveUp, "A step did not succeed within an hour: BigCommerce, Ometria or our own service did not answer as expected."
}

// startBulkSync starts the child and ends once it has started. A bulk sync
// that is at work already takes the wish up by signal; should it complete just
// then, a new one is started after all.
func (s *connectionSetup) startBulkSync(ctx workflow.Context, wish Resync) error {
	s.progress.Step = bulkSyncStep
	id := BulkSyncID(s.in.ConnectionID)
	const attempts = 5
	var err error
	for range attempts {
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID:            id,
			TaskQueue:             BulkTaskQueue,
			ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
			WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
			StaticSummary:         "Bulk sync of store " + string(s.in.StoreHash),
			StaticDetails:         "Imports history: products, then customers, subscribers and orders.",
			Priority:              temporal.Priority{FairnessKey: string(s.in.ConnectionID)},
			TypedSearchAttributes: temporal.NewSearchAttributes(
				ConnectionIDAttribute.ValueSet(string(s.in.ConnectionID)),
				StoreHashAttribute.ValueSet(string(s.in.StoreHash)),
				SyncStatusAttribute.ValueSet(StatusRunning)),
		})
		err = workflow.ExecuteChildWorkflow(child, BulkSync, BulkSyncInput{ConnectionInput: s.in, Wishes: []Resync{wish}}).
			GetChildWorkflowExecution().Get(ctx, nil)
		if err == nil {
			s.progress.Done = append(s.progress.Done, s.progress.Step)
			workflow.SetCurrentDetails(ctx, "Set up. The bulk sync has started.")
			return nil
		}
		if _, running := errors.AsType[*temporal.ChildWorkflowExecutionAlreadyStartedError](err); !running {
			return err
		}
		if err = workflow.SignalExternalWorkflow(ctx, id, "", ResyncSignal, wish).Get(ctx, nil); err == nil {
			workflow.SetCurrentDetails(ctx, "The bulk sync at work has taken the wish up.")
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
	}
	return err
}
