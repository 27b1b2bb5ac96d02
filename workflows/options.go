package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// acts names activities by method values; it is never called through.
var acts *activities.Activities

const (
	setupGivesUpAfter  = time.Hour
	recordGivesUpAfter = 72 * time.Hour
	showGivesUpAfter   = 10 * time.Minute
	longestBackoff     = 5 * time.Minute
	// heartbeatTimeout bounds how long the death of a worker goes unnoticed.
	heartbeatTimeout = 20 * time.Second
	// goneConfirmedAfter lies between two reads that must both find a record
	// gone before it is treated as deleted: BigCommerce promises no
	// read-after-webhook consistency.
	goneConfirmedAfter = 10 * time.Second
)

func retryPolicy(longest time.Duration) *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval:    time.Second,
		BackoffCoefficient: 2,
		MaximumInterval:    longest,
		NonRetryableErrorTypes: []string{
			connection.FailureInvalidCredentials, connection.FailureMissingScope,
			connection.FailureMultiCurrencyStore, connection.FailureUnknownStore,
			connection.FailureRecordRejected, connection.FailureScriptLimitReached,
		},
	}
}

// stepContext is for the short steps of setup, reconcile and removal.
func stepContext(ctx workflow.Context, id connection.ID, givesUpAfter time.Duration, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute,
		ScheduleToCloseTimeout: givesUpAfter,
		HeartbeatTimeout:       heartbeatTimeout,
		// What undoes a step must not run beside it.
		WaitForCancellation: true,
		RetryPolicy:         retryPolicy(time.Minute),
		Priority:            temporal.Priority{FairnessKey: string(id)},
		Summary:             summary,
	})
}

// sliceContext is for slices of a bulk sync, which are tried for ever: what is
// wrong with an account parks the connection, and a page that fails recovers.
func sliceContext(ctx workflow.Context, id connection.ID, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute,
		HeartbeatTimeout:    heartbeatTimeout,
		WaitForCancellation: true, // a removal erases once nothing is at work
		RetryPolicy:         retryPolicy(longestBackoff),
		Priority:            temporal.Priority{FairnessKey: string(id)},
		Summary:             summary,
	})
}

// recordContext is for one record's fetch and push, tried for three days.
func recordContext(ctx workflow.Context, id connection.ID) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    3 * time.Minute,
		ScheduleToCloseTimeout: recordGivesUpAfter,
		HeartbeatTimeout:       heartbeatTimeout,
		RetryPolicy:            retryPolicy(longestBackoff),
		Priority:               temporal.Priority{FairnessKey: string(id)},
	})
}

// batchContext is for a batch of records, which is done ahead of history.
func batchContext(ctx workflow.Context, id connection.ID, summary string) workflow.Context {
	retry := retryPolicy(time.Minute)
	retry.MaximumAttempts = batchAttempts
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute,
		HeartbeatTimeout:    heartbeatTimeout,
		WaitForCancellation: true, // a removal erases once nothing is at work
		RetryPolicy:         retry,
		Priority:            temporal.Priority{PriorityKey: BatchPriority, FairnessKey: string(id)},
		Summary:             summary,
	})
}

func setStatus(ctx workflow.Context, status string) error {
	return workflow.UpsertTypedSearchAttributes(ctx, SyncStatusAttribute.ValueSet(status))
}

// fail ends a run with err and lets the search attribute say so. It returns err
// as it is: wrapped or joined, a named failure would lose its type.
func fail(ctx workflow.Context, err error) error {
	if statusErr := setStatus(ctx, StatusFailed); statusErr != nil {
		workflow.GetLogger(ctx).Error("set status", "err", statusErr)
	}
	return err
}
