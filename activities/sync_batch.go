package activities

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	// batchLasts is how long one execution begins further pages of a batch.
	batchLasts = 30 * time.Second
	// batchPage is how many records of a batch are read together: two requests
	// by ids, or about one page of orders.
	batchPage = 100
	// longestRest bounds how long history rests after a page while a batch of its
	// connection is at work.
	longestRest = 10 * time.Second
)

// Batch asks for some of the records of a batch. Which these are stands in the
// database.
type Batch struct {
	ConnectionID connection.ID     `json:"connection_id"`
	Entity       connection.Entity `json:"entity"`
	BatchID      string            `json:"batch_id"`
}

func (b Batch) key() store.Batch {
	return store.Batch{ConnectionID: b.ConnectionID, Entity: b.Entity, ID: b.BatchID}
}

// BatchResult says how far an execution came.
type BatchResult struct {
	Left    int64 `json:"left"` // records still in the batch
	Held    Held  `json:"held,omitempty"`
	Done    int64 `json:"done"`              // pushed, skipped or rejected
	Alone   int64 `json:"alone,omitempty"`   // left to syncs of their own
	Adopted int64 `json:"adopted,omitempty"` // taken in, because they were read anyway
	// Wait is how long a budget is spent for; 0 when it is not.
	Wait time.Duration `json:"wait,omitempty"`
}

// GivenBack is a batch whose rest is given back.
type GivenBack struct {
	Batch
	// Alone sends each record by itself; otherwise the rest waits for another
	// batch.
	Alone bool `json:"alone,omitempty"`
}

// GiveBackBatch ends a batch and returns how many records were left in it.
func (a *Activities) GiveBackBatch(ctx context.Context, in GivenBack) (int64, error) {
	left, err := a.Store.EndBatch(ctx, in.key(), in.Alone)
	return int64(left), temporalError(err)
}

// SyncBatch reads and pushes records of a batch for up to 30 seconds, reading
// one page ahead while others are pushed. A record leaves the batch with its
// push, so an execution may be done again at any moment. Records that are
// missing from the answer, that another push has in its hands, or that keep
// failing by themselves are left to syncs of their own. An account at fault
// parks the connection and the rest waits.
//
// It is paced as bulk: a single change of the same store goes first.
func (a *Activities) SyncBatch(ctx context.Context, in Batch) (BatchResult, error) {
	defer beat(ctx)()
	s, held, err := a.open(ctx, in.ConnectionID, pacing.Bulk)
	if err != nil {
		return BatchResult{}, temporalError(err)
	}
	if held != NotHeld {
		return a.holdBatch(ctx, in, BatchResult{}, held)
	}
	s.bulk = true
	b := &batch{session: s, key: in.key(), started: time.Now()}
	err = b.run(ctx)
	result := b.result
	if blamed := s.blame(ctx, err); blamed != nil {
		if err := s.park(ctx, in.ConnectionID, *blamed); err != nil {
			return result, err
		}
		return a.holdBatch(ctx, in, result, HeldParked)
	}
	if result.Held != NotHeld {
		return a.holdBatch(ctx, in, result, result.Held)
	}
	s.accounts.Throttled(ctx, err)
	// Waiting for a budget is no failure: its attempts would run out.
	if wait, kind := waitFor(err); kind != "" {
		result.Wait, err = max(wait, time.Millisecond), nil
	}
	if err != nil {
		return result, err
	}
	left, err := a.Store.RefreshBatch(ctx, in.key())
	result.Left = int64(left)
	if err == nil && left > 0 && result.Wait == 0 && result.Done+result.Alone == 0 && !b.moved {
		err = errors.New("nothing of the batch could be brought on")
	}
	return result, temporalError(err)
}

// holdBatch gives the rest of a batch back, so that it is handed over as soon as
// its connection is held no more.
func (a *Activities) holdBatch(ctx context.Context, in Batch, result BatchResult, held Held) (BatchResult, error) {
	left, err := a.Store.EndBatch(ctx, in.key(), false)
	result.Held, result.Left = held, int64(left)
	return result, temporalError(err)
}

// batch is one execution of SyncBatch.
type batch struct {
	*session
	key     store.Batch
	started time.Time
	// noWindow says that the orders' dates of modification do not lead to them.
	// Only the reading goroutine uses it.
	noWindow bool
	// moved says that the connection has another epoch since: the next execution
	// goes on.
	moved bool

	mu     sync.Mutex // guards what follows
	result BatchResult
	errs   []error
}

func (b *batch) run(ctx context.Context) error {
	if _, err := b.Store.RefreshBatch(ctx, b.key); err != nil {
		return err
	}
	pages, stop := b.readAhead(ctx)
	defer stop()
	// Pushes of one page are under way while those of the next begin.
	var pushes errgroup.Group
	pushes.SetLimit(parallelPushes)
	send := func(chunk reading) {
		pushes.Go(func() error { b.send(ctx, chunk); return nil })
	}
	rest := reading{entity: b.key.Entity}
	for r := range pages {
		goesOn, err := b.goesOn(ctx)
		if err != nil {
			b.fail(err)
		}
		if !goesOn || b.failed() {
			break
		}
		rest = rest.with(r)
		full, left := filled(rest.items)
		for _, items := range full {
			send(reading{rest.entity, rest.f, rest.g, items})
		}
		if rest.items = left; len(left) <= len(r.items) {
			rest.f, rest.g = r.f, r.g // all of this page
		}
	}
	stop()
	if len(rest.items) > 0 && b.onlyWaits() && ctx.Err() == nil && b.result.Held == NotHeld && !b.moved {
		send(rest)
	}
	_ = pushes.Wait() // send keeps its errors
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(b.errs...)
}

// with joins two readings. One that is said to have begun with the first and
// ended with the last only claims less than it might.
func (r reading) with(next reading) reading {
	if len(r.items) == 0 {
		return next
	}
	return reading{r.entity, min(r.f, next.f), max(r.g, next.g), append(slices.Clone(r.items), next.items...)}
}

// filled packs items into pushes, and keeps what would not fill the last one
// for the next page.
func filled(items []source.Record) (full [][]source.Record, rest []source.Record) {
	full = pack(items)
	if len(full) == 0 {
		return nil, nil
	}
	size := 0
	for _, it := range full[len(full)-1] {
		size += it.Size
	}
	if size >= ometria.MaxPushRecords {
		return full, nil
	}
	return full[:len(full)-1], full[len(full)-1]
}

// goesOn reports whether the connection is as it was. Otherwise what was read
// is not pushed.
func (b *batch) goesOn(ctx context.Context) (bool, error) {
	now, held, err := b.held(ctx, b.key.ConnectionID)
	if err != nil {
		return false, err
	}
	b.mu.Lock()
	b.result.Held = held
	b.mu.Unlock()
	b.moved = held == NotHeld && now.Epoch != b.connection.Epoch
	return held == NotHeld && !b.moved, nil
}

// send pushes what makes one push. Records of it that could not be claimed are
// another push's, and come after it by themselves.
func (b *batch) send(ctx context.Context, r reading) {
	done, err := b.push(ctx, r)
	var fields []connection.SeenField
	var others []connection.RecordID
	for _, it := range r.items {
		if verdict, ok := done[it.ID]; ok {
			fields = append(fields, verdict.fields...)
		} else {
			others = append(others, it.ID)
		}
	}
	b.mu.Lock()
	b.result.Done += int64(len(done))
	b.mu.Unlock()
	if seeErr := b.Store.SeeFields(ctx, b.key.ConnectionID, b.key.Entity, fields); seeErr != nil {
		b.Logger.Warn("note fields", "connection_id", b.key.ConnectionID, "entity", b.key.Entity, "err", seeErr)
	}
	if err != nil {
		err = b.unlessLeft(ctx, err, others)
	} else {
		err = b.leave(ctx, others)
	}
	if err != nil {
		b.fail(err)
	}
}

func (b *batch) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errs = append(b.errs, err)
}

func (b *batch) failed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.errs) > 0
}

// onlyWaits reports whether nothing but a budget stands in the way.
func (b *batch) onlyWaits() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !slices.ContainsFunc(b.errs, func(err error) bool { return !expected(err) })
}

// unlessLeft leaves records whose read or push keeps failing to syncs of their
// own, so that the rest of the batch goes on. It returns the cause where that is
// not to be done: yet, or because the records are not what is at fault.
func (b *batch) unlessLeft(ctx context.Context, cause error, ids []connection.RecordID) error {
	if b.attempt < leaveOutAfter || ctx.Err() != nil || expected(cause) || b.blame(ctx, cause) != nil {
		return cause
	}
	b.Logger.Warn("left to syncs of their own", "connection_id", b.key.ConnectionID, "entity", b.key.Entity, "records", len(ids), "err", cause)
	return b.leave(ctx, ids)
}

// leave takes records out of the batch, each to a sync of its own.
func (b *batch) leave(ctx context.Context, ids []connection.RecordID) error {
	if len(ids) == 0 {
		return nil
	}
	left, err := b.Store.LeaveBatch(ctx, b.key, ids)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.result.Alone += int64(left)
	return err
}

// readAhead reads page after page, one ahead of whoever takes them. A page that
// fails ends it. stop waits for the end of a read under way; twice is once.
func (b *batch) readAhead(ctx context.Context) (pages <-chan reading, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	found, ended := make(chan reading), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(found)
		after := connection.RecordID(0)
		for time.Since(b.started) < batchLasts {
			r, next, err := b.readPage(ctx, after)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				b.fail(err)
			}
			if err != nil || next == after {
				return
			}
			after = next
			select {
			case found <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return found, func() { cancel(); <-ended }
}

// readPage reads what the batch still holds after an id, up to batchPage
// records, and leaves to syncs of their own what does not come back: it may be
// gone, which takes two reads to believe. next is the last id, or after when
// there was none.
func (b *batch) readPage(ctx context.Context, after connection.RecordID) (r reading, next connection.RecordID, err error) {
	rows, err := b.Store.BatchPage(ctx, b.key, after, batchPage)
	if err != nil || len(rows) == 0 {
		return r, after, err
	}
	ids := make([]connection.RecordID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	next = ids[len(ids)-1]
	r.entity = b.key.Entity
	if r.f, err = b.Store.NextSeq(ctx); err != nil {
		return r, next, err
	}
	upTo := next
	if b.key.Entity == connection.Orders {
		r.items, upTo, err = b.readOrders(ctx, rows)
	} else {
		r.items, err = b.reader.ByIDs(ctx, b.key.Entity, ids)
	}
	if err != nil {
		r.items = nil
		return r, next, b.unlessLeft(ctx, err, ids)
	}
	next = upTo
	if r.g, err = b.Store.NextSeq(ctx); err != nil {
		return r, next, err
	}
	missing := slices.DeleteFunc(ids, func(id connection.RecordID) bool {
		return id > next || slices.ContainsFunc(r.items, func(it source.Record) bool { return it.ID == id })
	})
	return r, next, b.leave(ctx, missing)
}

// yield lets a walk through history rest while a batch of its connection is at
// work, in any process: what changes now goes first, and history keeps about a
// tenth.
func (s *session) yield(ctx context.Context, took time.Duration) error {
	burst, err := s.Store.InBurst(ctx, s.connection.ID, store.Limits{})
	if err != nil || !burst {
		return err
	}
	timer := time.NewTimer(min(9*took, longestRest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
