package starter

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// SyncBatch starts the workflow of a batch; one of the same id that runs
// already is the same. It goes by the bulk queue, ahead of history there: its
// activities take half a minute, and dozens of stores in a burst would
// otherwise hold every slot that a single change waits for.
func (s *Starter) SyncBatch(ctx context.Context, b store.BatchHandover) (workflowID string, err error) {
	id := workflows.SyncBatchID(b.ConnectionID, b.Entity, b.ID)
	_, err = s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                workflows.BulkTaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            fmt.Sprintf("Sync %d %s of store %s", b.Size, b.Entity, b.StoreHash),
		StaticDetails: "Many records changed at once: fetches the present state of all of them from BigCommerce, page by page, " +
			"and pushes it to Ometria. What fails is left to a sync of its own.",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.ConnectionIDAttribute.ValueSet(string(b.ConnectionID)),
			workflows.StoreHashAttribute.ValueSet(string(b.StoreHash)),
			workflows.EntityAttribute.ValueSet(string(b.Entity)),
			workflows.SyncStatusAttribute.ValueSet(workflows.StatusRunning)),
		Priority: temporal.Priority{PriorityKey: workflows.BatchPriority, FairnessKey: string(b.ConnectionID)},
	}, workflows.SyncBatch, workflows.BatchInput{
		ConnectionID: b.ConnectionID, StoreHash: b.StoreHash, Entity: b.Entity, BatchID: b.ID, Size: int64(b.Size),
	})
	if err != nil {
		return "", startError("start sync of batch", err)
	}
	return id, nil
}

// startBatches hands backlogs over. A batch that Temporal does not take is
// given back.
func (d *Dispatcher) startBatches(ctx context.Context) error {
	due, err := d.store.DispatchBatches(ctx, limits())
	if err != nil {
		return fmt.Errorf("find backlogs: %w", err)
	}
	var errs []error
	for _, batch := range due {
		if err := d.startBatch(ctx, batch); err != nil {
			errs = append(errs, err)
			continue
		}
		d.metrics.batches.WithLabelValues(string(batch.Entity)).Inc()
		d.metrics.handed.WithLabelValues(string(batch.Entity)).Add(float64(batch.Size))
		d.logger.Info("batch started", "connection_id", batch.ConnectionID, "entity", batch.Entity, "batch_id", batch.ID, "records", batch.Size)
	}
	return errors.Join(errs...)
}

func (d *Dispatcher) startBatch(ctx context.Context, batch store.BatchHandover) error {
	starting, cancel := context.WithTimeout(ctx, temporalDeadline)
	defer cancel()
	_, err := d.starter.SyncBatch(starting, batch)
	if err == nil {
		return nil
	}
	// Even when we are being stopped; otherwise it would wait until it is dead.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), temporalDeadline)
	defer cancel()
	_, endErr := d.store.EndBatch(ctx, batch.Batch, false)
	return errors.Join(err, endErr)
}

// visibleBatches returns the ids of a connection's batches that visibility
// shows at work. One that it does not show yet finds the connection being
// removed and ends by itself.
func (s *Starter) visibleBatches(ctx context.Context, id connection.ID) ([]string, error) {
	listed, err := s.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf(`WorkflowType = "SyncBatch" AND %s = "%s" AND ExecutionStatus = "Running"`,
			workflows.ConnectionIDAttribute.GetName(), id),
	})
	if err != nil {
		return nil, fmt.Errorf("list batches: %w", err)
	}
	var ids []string
	for _, run := range listed.GetExecutions() {
		ids = append(ids, run.GetExecution().GetWorkflowId())
	}
	return ids, nil
}
