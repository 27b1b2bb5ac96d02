package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	// batchAttempts is how often one execution of a batch's activity is tried
	// before what is left goes to syncs of their own. The activity itself leaves
	// single records and pages to those; what is left fails as a whole.
	batchAttempts = 5
	// longestBatchWait keeps a batch that waits for a budget from being taken for
	// dead: within three minutes it must be heard of.
	longestBatchWait = time.Minute
)

// BatchInput starts SyncBatch, and is its whole state when it continues as new.
type BatchInput struct {
	ConnectionID connection.ID        `json:"connection_id"`
	StoreHash    connection.StoreHash `json:"store_hash"`
	Entity       connection.Entity    `json:"entity"`
	BatchID      string               `json:"batch_id"`
	Size         int64                `json:"size"` // records when it was stamped
	Counts       BatchCounts          `json:"counts"`
}

// BatchCounts are records that a batch has dealt with.
type BatchCounts struct {
	Done    int64 `json:"done"`    // pushed, skipped or rejected
	Alone   int64 `json:"alone"`   // left to syncs of their own
	Adopted int64 `json:"adopted"` // taken in besides those it began with
}

// SyncBatchID is the workflow id of a batch's sync.
func SyncBatchID(id connection.ID, entity connection.Entity, batchID string) string {
	return "sync-batch/" + string(id) + "/" + string(entity) + "/" + batchID
}

// SyncBatch brings the present state of many records of one entity to Ometria,
// as SyncRecord does for one. Which records these are stands in the database:
// they leave the batch one by one, so that any execution may be done again. It
// completes when none is left, when the connection is held (the rest waits for
// another batch), or when the rest fails as a whole and goes one by one.
func SyncBatch(ctx workflow.Context, in BatchInput) error {
	b := &syncBatch{in: in}
	err := b.run(ctx)
	if err != nil && ctx.Err() != nil {
		return b.abandon(ctx, err)
	}
	return err
}

type syncBatch struct{ in BatchInput }

func (b *syncBatch) run(ctx workflow.Context) error {
	for {
		workflow.SetCurrentDetails(ctx, b.describe("."))
		var result activities.BatchResult
		err := workflow.ExecuteActivity(batchContext(ctx, b.in.ConnectionID, "Some of the "+string(b.in.Entity)), acts.SyncBatch, b.batch()).Get(ctx, &result)
		if err != nil {
			if temporal.IsCanceledError(err) || ctx.Err() != nil {
				return err
			}
			return b.giveBack(ctx)
		}
		b.in.Counts.Done += result.Done
		b.in.Counts.Alone += result.Alone
		b.in.Counts.Adopted += result.Adopted
		switch {
		case result.Held != activities.NotHeld:
			workflow.SetCurrentDetails(ctx, b.describe(". The connection is "+string(result.Held)+": the rest waits and is handed over again."))
			return setStatus(ctx, StatusCompleted)
		case result.Left == 0:
			workflow.SetCurrentDetails(ctx, b.describe("."))
			return setStatus(ctx, StatusCompleted)
		case result.Wait > 0:
			workflow.SetCurrentDetails(ctx, b.describe(". The budget is spent: it goes on when there is one again."))
			if err := workflow.Sleep(ctx, min(result.Wait, longestBatchWait)); err != nil {
				return err
			}
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, SyncBatch, b.in)
		}
	}
}

// giveBack leaves each record to a sync of its own, which is tried for three
// days and then names its failure.
func (b *syncBatch) giveBack(ctx workflow.Context) error {
	var left int64
	err := workflow.ExecuteActivity(stepContext(ctx, b.in.ConnectionID, 0, "Leave the rest to syncs of their own"),
		acts.GiveBackBatch, activities.GivenBack{Batch: b.batch(), Alone: true}).Get(ctx, &left)
	if err != nil {
		return err
	}
	b.in.Counts.Alone += left
	workflow.SetCurrentDetails(ctx, b.describe(". The rest failed as a whole, so each goes by itself now."))
	return setStatus(ctx, StatusFailed)
}

// abandon lets the rest of a cancelled batch wait for another one.
func (b *syncBatch) abandon(ctx workflow.Context, cause error) error {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	err := workflow.ExecuteActivity(stepContext(ctx, b.in.ConnectionID, time.Minute, "Let the rest wait"),
		acts.GiveBackBatch, activities.GivenBack{Batch: b.batch()}).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("give batch back", "err", err)
	}
	workflow.SetCurrentDetails(ctx, b.describe(". Cancelled: the rest is handed over again."))
	return fail(ctx, cause)
}

func (b *syncBatch) batch() activities.Batch {
	return activities.Batch{ConnectionID: b.in.ConnectionID, Entity: b.in.Entity, BatchID: b.in.BatchID}
}

// describe says how far the batch has come, as in "1,250 of 2,000 products
// done, 3 left to their own sync".
func (b *syncBatch) describe(end string) string {
	counts := b.in.Counts
	text := fmt.Sprintf("%s of %s %s done", grouped(counts.Done), grouped(b.in.Size+counts.Adopted), b.in.Entity)
	if counts.Alone > 0 {
		text += fmt.Sprintf(", %s left to their own sync", grouped(counts.Alone))
	}
	return text + end
}

// grouped writes n with commas between thousands.
func grouped(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
