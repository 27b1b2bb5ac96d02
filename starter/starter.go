package starter

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// Starter speaks to Temporal for the API, the dispatcher and activities.
type Starter struct {
	temporal       client.Client
	reconcileEvery time.Duration
	sweepEvery     time.Duration
}

// New returns a Starter. reconcileEvery is the period of Reconcile schedules.
func New(temporalClient client.Client, reconcileEvery time.Duration, options ...Option) *Starter {
	s := &Starter{temporal: temporalClient, reconcileEvery: reconcileEvery, sweepEvery: defaultSweepEvery}
	for _, option := range options {
		option(s)
	}
	return s
}

// Ready returns an error when Temporal does not answer.
func (s *Starter) Ready(ctx context.Context) error {
	if _, err := s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("check temporal: %w", err)
	}
	return nil
}

// SetUp starts ConnectionSetup, or tells the running one to start over.
func (s *Starter) SetUp(ctx context.Context, c connection.Connection) (workflowID string, err error) {
	return s.wish(ctx, c, workflows.SetupMode{Mode: workflows.SetUp})
}

// UpdateScript renews the JavaScript tag in the storefront.
func (s *Starter) UpdateScript(ctx context.Context, c connection.Connection) (workflowID string, err error) {
	return s.wish(ctx, c, workflows.SetupMode{Mode: workflows.UpdateScript})
}

// Resync imports history again. A bulk sync that is at work takes the wish up.
func (s *Starter) Resync(ctx context.Context, c connection.Connection, r workflows.Resync) (workflowID string, err error) {
	if _, err := s.wish(ctx, c, workflows.SetupMode{Mode: workflows.ResyncHistory, Resync: &r}); err != nil {
		return "", err
	}
	return workflows.BulkSyncID(c.ID), nil
}

// ReplaceAuthentication changes to the authentication that the connection wants,
// or goes on with what such a change has still to do.
func (s *Starter) ReplaceAuthentication(ctx context.Context, c connection.Connection) (workflowID string, err error) {
	return s.wish(ctx, c, workflows.SetupMode{Mode: workflows.ReplaceAuthentication})
}

// wish reaches a running ConnectionSetup or starts one, in one call: so no
// second wish is lost to a run that is about to complete.
func (s *Starter) wish(ctx context.Context, c connection.Connection, mode workflows.SetupMode) (string, error) {
	id := workflows.ConnectionSetupID(c.ID)
	_, err := s.temporal.SignalWithStartWorkflow(ctx, id, workflows.ModeSignal, mode, client.StartWorkflowOptions{
		ID:                    id,
		TaskQueue:             workflows.BulkTaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "Set up the connection of store " + string(c.StoreHash),
		StaticDetails: "Validates both credentials, injects the JavaScript tag, creates webhooks and the " +
			"schedules, and starts the bulk sync. Undoes what it made when a step fails for good.",
		TypedSearchAttributes: connectionAttributes(c),
		Priority:              fairness(c.ID),
	}, workflows.ConnectionSetup, workflows.ConnectionInput{ConnectionID: c.ID, StoreHash: c.StoreHash})
	if err != nil {
		return "", startError("start connection setup", err)
	}
	return id, nil
}

// Pause holds a running bulk sync at its next page. The connection's own
// paused mark is what really holds; the signal makes it prompt.
func (s *Starter) Pause(ctx context.Context, id connection.ID) error {
	return s.signalBulk(ctx, id, workflows.PauseSignal)
}

// Resume lets a paused bulk sync go on.
func (s *Starter) Resume(ctx context.Context, id connection.ID) error {
	return s.signalBulk(ctx, id, workflows.ResumeSignal)
}

// Unparked tells a bulk sync that the account at fault answers again.
func (s *Starter) Unparked(ctx context.Context, id connection.ID) error {
	return s.signalBulk(ctx, id, workflows.UnparkedSignal)
}

func (s *Starter) signalBulk(ctx context.Context, id connection.ID, signal string) error {
	err := s.temporal.SignalWorkflow(ctx, workflows.BulkSyncID(id), "", signal, nil)
	if isNotFound(err) {
		return nil // no bulk sync is at work
	}
	if err != nil {
		return fmt.Errorf("signal bulk sync: %w", err)
	}
	return nil
}

// Remove starts ConnectionRemoval.
func (s *Starter) Remove(ctx context.Context, c connection.Connection) (workflowID string, err error) {
	id := workflows.ConnectionRemovalID(c.ID)
	_, err = s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                workflows.BulkTaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Remove the connection of store " + string(c.StoreHash),
		TypedSearchAttributes:    connectionAttributes(c),
		Priority:                 fairness(c.ID),
	}, workflows.ConnectionRemoval, workflows.ConnectionInput{ConnectionID: c.ID, StoreHash: c.StoreHash})
	if err != nil {
		return "", startError("start connection removal", err)
	}
	return id, nil
}

// SyncRecord starts a SyncRecord workflow or signals the running one that one
// more fetch is needed.
func (s *Starter) SyncRecord(ctx context.Context, key connection.RecordKey, store connection.StoreHash) (workflowID string, err error) {
	id := workflows.SyncRecordID(key)
	_, err = s.temporal.SignalWithStartWorkflow(ctx, id, workflows.ChangedSignal, nil, client.StartWorkflowOptions{
		ID:                    id,
		TaskQueue:             workflows.RealtimeTaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         fmt.Sprintf("Sync %s %s of store %s", key.Entity, key.RecordID, store),
		StaticDetails:         "Fetches the record's present state from BigCommerce and pushes it to Ometria.",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.ConnectionIDAttribute.ValueSet(string(key.ConnectionID)),
			workflows.StoreHashAttribute.ValueSet(string(store)),
			workflows.EntityAttribute.ValueSet(string(key.Entity)),
			workflows.SyncStatusAttribute.ValueSet(workflows.StatusRunning)),
		Priority: fairness(key.ConnectionID),
	}, workflows.SyncRecord, workflows.RecordInput{
		ConnectionID: key.ConnectionID, StoreHash: store, Entity: key.Entity, RecordID: key.RecordID,
	})
	if _, refused := errors.AsType[*serviceerror.InvalidArgument](err); refused {
		// Temporal takes no more than so many signals for one run. The run reads
		// the present state all the same, and what changes after it read is
		// handed over again when it has ended.
		if running, lookErr := s.Running(ctx, id); lookErr == nil && running {
			return id, nil
		}
	}
	if err != nil {
		return "", startError("start sync of record", err)
	}
	return id, nil
}

// RecordWorkflow is the latest SyncRecord run of a record, for support.
type RecordWorkflow struct {
	WorkflowID string                 `json:"workflow_id"`
	RunID      string                 `json:"run_id"`
	Status     string                 `json:"status"` // Running, Completed, Failed, …
	State      *workflows.RecordState `json:"state,omitempty"`
}

// RecordWorkflow describes a record's latest workflow, or returns nil when
// there is none within Temporal's retention.
func (s *Starter) RecordWorkflow(ctx context.Context, key connection.RecordKey) (*RecordWorkflow, error) {
	id := workflows.SyncRecordID(key)
	described, err := s.temporal.DescribeWorkflowExecution(ctx, id, "")
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe sync of record: %w", err)
	}
	info := described.GetWorkflowExecutionInfo()
	found := &RecordWorkflow{WorkflowID: id, RunID: info.GetExecution().GetRunId(), Status: info.GetStatus().String()}
	answer, err := s.temporal.QueryWorkflow(ctx, id, found.RunID, workflows.StateQuery)
	if err != nil {
		return found, nil // no worker to ask: the status alone still helps
	}
	var state workflows.RecordState
	if answer.Get(&state) == nil {
		found.State = &state
	}
	return found, nil
}

// Running reports whether the latest run of a workflow id is open.
func (s *Starter) Running(ctx context.Context, workflowID string) (bool, error) {
	described, err := s.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe workflow: %w", err)
	}
	return described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// ErrNotPrepared means that Temporal answers but lacks our namespace or search
// attributes.
var ErrNotPrepared = errors.New("temporal lacks the namespace or the search attributes: run ometria-bigcommerce admin init")

func startError(what string, err error) error {
	_, refused := errors.AsType[*serviceerror.InvalidArgument](err)
	_, homeless := errors.AsType[*serviceerror.NamespaceNotFound](err)
	if refused || homeless {
		return fmt.Errorf("%s: %w: %w", what, ErrNotPrepared, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func connectionAttributes(c connection.Connection) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		workflows.ConnectionIDAttribute.ValueSet(string(c.ID)),
		workflows.StoreHashAttribute.ValueSet(string(c.StoreHash)),
		workflows.SyncStatusAttribute.ValueSet(workflows.StatusRunning))
}

func fairness(id connection.ID) temporal.Priority {
	return temporal.Priority{FairnessKey: string(id)}
}

func isNotFound(err error) bool {
	_, notFound := errors.AsType[*serviceerror.NotFound](err)
	return notFound
}
