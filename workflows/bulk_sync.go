package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	slicesPerRun = 100
	// heldRecheck bounds how long a held bulk sync trusts that it will be
	// told: the signal may have been sent before it began to wait.
	heldRecheck = 5 * time.Minute
)

// BulkSyncInput is the whole state of a bulk sync: the input of its first run
// and of every one that it continues as.
type BulkSyncInput struct {
	ConnectionInput
	// Wishes are re-syncs not yet in the queue.
	Wishes []Resync `json:"wishes,omitempty"`
	// Queue holds what is to be walked, in order; the first is at work.
	Queue  []Walk                           `json:"queue,omitempty"`
	Counts map[connection.Entity]BulkCounts `json:"counts,omitempty"`
	Paused bool                             `json:"paused,omitempty"`
	Walks  int                              `json:"walks,omitempty"` // begun so far; numbers sync ids
	Runs   int                              `json:"runs,omitempty"`
	SyncID string                           `json:"sync_id,omitempty"`
	// Syncing says that the connection's phase has been set since the latest
	// wish: a setup done again may have moved it.
	Syncing bool `json:"syncing,omitempty"`
	// SlicesPerRun is after how many slices a run continues as new; 0 means
	// 100.
	SlicesPerRun int `json:"slices_per_run,omitempty"`
}

// Walk is one entity's way through its history.
type Walk struct {
	SyncID string            `json:"sync_id"` // names its cursor in the database
	Entity connection.Entity `json:"entity"`
	Since  string            `json:"since,omitempty"`
	Cursor string            `json:"cursor,omitempty"`
	Begun  bool              `json:"begun,omitempty"`
}

// BulkSync imports history, entity by entity, in slices of up to 30 seconds.
// It can be paused, resumed and cancelled, takes up further re-syncs by
// signal, and continues as new with its cursors and waiting signals carried.
func BulkSync(ctx workflow.Context, in BulkSyncInput) error {
	b := &bulkSync{
		state:   in,
		pause:   workflow.GetSignalChannel(ctx, PauseSignal),
		resume:  workflow.GetSignalChannel(ctx, ResumeSignal),
		unpark:  workflow.GetSignalChannel(ctx, UnparkedSignal),
		resyncs: workflow.GetSignalChannel(ctx, ResyncSignal),
	}
	b.setup(ctx)
	if err := workflow.SetQueryHandler(ctx, ProgressQuery, func() (BulkProgress, error) { return b.progress(), nil }); err != nil {
		return err
	}
	err := b.run(ctx)
	if err != nil && !workflow.IsContinueAsNewError(err) {
		return b.abandon(ctx, err)
	}
	return err
}

type bulkSync struct {
	state                          BulkSyncInput
	pause, resume, unpark, resyncs workflow.ReceiveChannel
	parked                         bool
	slices                         int // in this run
}

func (b *bulkSync) setup(ctx workflow.Context) {
	b.state.Runs++
	if b.state.SyncID == "" {
		b.state.SyncID = workflow.GetInfo(ctx).WorkflowExecution.RunID
	}
	if b.state.Counts == nil {
		b.state.Counts = map[connection.Entity]BulkCounts{}
	}
	if b.state.SlicesPerRun == 0 {
		b.state.SlicesPerRun = slicesPerRun
	}
	wishes := b.state.Wishes
	b.state.Wishes = nil
	for _, wish := range wishes {
		b.enqueue(wish)
	}
}

func (b *bulkSync) run(ctx workflow.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err // a wish that waits is not of what was cancelled
		}
		b.drain()
		if len(b.state.Queue) == 0 {
			if err := b.finish(ctx); err != nil {
				return err
			}
			if ctx.Err() != nil && b.resyncs.Len() > 0 {
				continue
			}
			// Nothing is awaited after this drain, so no wish is lost.
			if b.drain(); len(b.state.Queue) == 0 {
				workflow.SetCurrentDetails(ctx, "History is in: "+b.describe())
				return setStatus(ctx, StatusCompleted)
			}
			continue
		}
		if b.slices >= b.state.SlicesPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, BulkSync, b.state)
		}
		held := activities.HeldPaused
		if !b.state.Paused {
			var err error
			if held, err = b.slice(ctx); err != nil {
				return err
			}
		}
		switch held {
		case activities.HeldPaused, activities.HeldParked:
			if err := b.wait(ctx, held); err != nil {
				return err
			}
		case activities.HeldRemoved:
			b.state.Queue = nil
			// A wish that came since may be of a setup begun anew: it is tried.
			// Nothing is awaited after this drain, so none is lost.
			if b.drain(); len(b.state.Queue) > 0 {
				continue
			}
			workflow.SetCurrentDetails(ctx, "The connection is being removed or has failed: nothing more is imported.")
			return setStatus(ctx, StatusFailed)
		}
	}
}

// slice walks the first entity of the queue for up to 30 seconds.
func (b *bulkSync) slice(ctx workflow.Context) (activities.Held, error) {
	if !b.state.Syncing {
		err := workflow.ExecuteActivity(stepContext(ctx, b.state.ConnectionID, 0, "Status: syncing"), acts.SetPhase, activities.Phase{
			ConnectionID: b.state.ConnectionID, To: connection.Syncing,
			From: []connection.Status{connection.Installing, connection.Syncing, connection.Connected},
		}).Get(ctx, nil)
		if err != nil {
			return activities.NotHeld, err
		}
		b.state.Syncing = true
	}
	walk := &b.state.Queue[0]
	if !walk.Begun {
		walk.Begun = true
		b.state.Counts[walk.Entity] = BulkCounts{} // those of an earlier walk stood until now
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Importing %s. %s", walk.Entity, b.describe()))
	b.slices++
	var result activities.SliceResult
	err := workflow.ExecuteActivity(sliceContext(ctx, b.state.ConnectionID, "A slice of "+string(walk.Entity)), acts.SyncSlice,
		activities.Slice{
			ConnectionID: b.state.ConnectionID, SyncID: walk.SyncID, Entity: walk.Entity,
			Since: walk.Since, Cursor: walk.Cursor, Upcoming: b.upcoming(),
		}).Get(ctx, &result)
	if err != nil {
		return activities.NotHeld, err
	}
	counts := b.state.Counts[walk.Entity]
	counts.add(result)
	b.state.Counts[walk.Entity] = counts
	walk.Cursor = result.Cursor
	if result.Done {
		b.state.Queue = b.state.Queue[1:]
	}
	return result.Held, nil
}

// upcoming are the walks behind the first one of the queue. They are told once,
// with its first slice.
func (b *bulkSync) upcoming() []activities.Upcoming {
	if b.state.Queue[0].Cursor != "" {
		return nil
	}
	var next []activities.Upcoming
	for _, walk := range b.state.Queue[1:] {
		next = append(next, activities.Upcoming{SyncID: walk.SyncID, Entity: walk.Entity, Since: walk.Since})
	}
	return next
}

// wait holds until a person resumes, the account at fault answers again, or it
// is time to look whether the signal was missed.
func (b *bulkSync) wait(ctx workflow.Context, held activities.Held) error {
	if held == activities.HeldPaused {
		b.state.Paused = true
		workflow.SetCurrentDetails(ctx, "Paused by a person. "+b.describe())
		if err := setStatus(ctx, StatusPaused); err != nil {
			return err
		}
	} else {
		b.parked = true
		workflow.SetCurrentDetails(ctx, "Parked: an account or a service is at fault, see the connection's attention. "+b.describe())
	}
	timerCtx, stopTimer := workflow.WithCancel(ctx)
	defer stopTimer()
	var timerErr error
	over := false
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(workflow.NewTimer(timerCtx, heldRecheck), func(f workflow.Future) {
		timerErr = f.Get(timerCtx, nil)
		over = true
	})
	b.receive(selector)
	for !over && timerErr == nil && (b.state.Paused || b.parked) {
		selector.Select(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if timerErr != nil {
		return timerErr
	}
	b.state.Paused, b.parked = false, false
	return setStatus(ctx, StatusRunning)
}

func (b *bulkSync) receive(selector workflow.Selector) {
	selector.AddReceive(b.pause, func(c workflow.ReceiveChannel, _ bool) {
		c.ReceiveAsync(nil)
		b.state.Paused = true
	})
	selector.AddReceive(b.resume, func(c workflow.ReceiveChannel, _ bool) {
		c.ReceiveAsync(nil)
		b.state.Paused = false
	})
	selector.AddReceive(b.unpark, func(c workflow.ReceiveChannel, _ bool) {
		c.ReceiveAsync(nil)
		b.parked = false
	})
	selector.AddReceive(b.resyncs, func(c workflow.ReceiveChannel, _ bool) {
		var wish Resync
		if c.ReceiveAsync(&wish) {
			b.enqueue(wish)
		}
	})
}

// drain takes every waiting signal without awaiting.
func (b *bulkSync) drain() {
	for b.pause.ReceiveAsync(nil) {
		b.state.Paused = true
	}
	for b.resume.ReceiveAsync(nil) {
		b.state.Paused = false
	}
	for b.unpark.ReceiveAsync(nil) {
		b.parked = false
	}
	for {
		var wish Resync
		if !b.resyncs.ReceiveAsync(&wish) {
			return
		}
		b.enqueue(wish)
	}
}

// enqueue adds a walk for each entity wished for, in the order of a bulk sync.
// One of the same span that has not begun yet serves both wishes; one that has
// begun does not, because its first pages are older than the wish.
func (b *bulkSync) enqueue(wish Resync) {
	b.state.Syncing = false
	for _, entity := range connection.Entities() {
		if !slices.Contains(wish.Entities, entity) {
			continue
		}
		waiting := slices.ContainsFunc(b.state.Queue, func(w Walk) bool {
			return w.Entity == entity && w.Since == wish.Since && !w.Begun
		})
		if waiting {
			continue
		}
		b.state.Walks++
		b.state.Queue = append(b.state.Queue, Walk{
			SyncID: fmt.Sprintf("%s/%d", b.state.SyncID, b.state.Walks), Entity: entity, Since: wish.Since,
		})
	}
}

// finish says that history is in.
func (b *bulkSync) finish(ctx workflow.Context) error { return b.connected(ctx, connection.Syncing) }

func (b *bulkSync) connected(ctx workflow.Context, from ...connection.Status) error {
	return workflow.ExecuteActivity(stepContext(ctx, b.state.ConnectionID, 0, "Status: connected"), acts.SetPhase, activities.Phase{
		ConnectionID: b.state.ConnectionID, To: connection.Connected, From: from,
	}).Get(ctx, nil)
}

// abandon leaves the connection able to go on with single changes after a
// cancelled or failed bulk sync; records not read yet count as waiting. A wish
// that came meanwhile was promised to a person: a new run does it, and only it.
func (b *bulkSync) abandon(ctx workflow.Context, cause error) error {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	b.state.Queue = nil
	// Cancelled before its first slice, the connection is still installing.
	if err := b.connected(ctx, connection.Installing, connection.Syncing); err != nil {
		workflow.GetLogger(ctx).Error("leave bulk sync", "err", err)
	}
	// Nothing is awaited after this drain, so no wish is lost.
	if b.drain(); len(b.state.Queue) > 0 {
		if err := setStatus(ctx, StatusRunning); err != nil {
			return err
		}
		return workflow.NewContinueAsNewError(ctx, BulkSync, b.state)
	}
	details := "Failed: start a re-sync to go on. "
	if temporal.IsCanceledError(cause) {
		details = "Cancelled: start a re-sync to go on. "
	}
	workflow.SetCurrentDetails(ctx, details+b.describe())
	return fail(ctx, cause)
}

func (b *bulkSync) progress() BulkProgress {
	p := BulkProgress{
		Paused: b.state.Paused, Parked: b.parked, Queue: []connection.Entity{},
		Entities: b.state.Counts, Slices: b.slices, Runs: b.state.Runs,
	}
	for i, walk := range b.state.Queue {
		if i == 0 {
			p.Entity = walk.Entity
			continue
		}
		p.Queue = append(p.Queue, walk.Entity)
	}
	return p
}

// describe is the counts in a sentence.
func (b *bulkSync) describe() string {
	text := ""
	for _, entity := range connection.Entities() {
		if c, ok := b.state.Counts[entity]; ok && c.Read > 0 {
			text += fmt.Sprintf("%s: %d read, %d accepted, %d rejected, %d skipped. ", entity, c.Read, c.Accepted, c.Rejected, c.Skipped)
		}
	}
	return text
}

func (c *BulkCounts) add(r activities.SliceResult) {
	c.Pages += r.Pages
	c.Read += r.Read
	c.Accepted += r.Accepted
	c.Rejected += r.Rejected
	c.Skipped += r.Skipped
	c.Waiting += r.Waiting
}
