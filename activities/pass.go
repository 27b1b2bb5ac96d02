package activities

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	// passOverlap is how far before the watermark a fast pass begins: what
	// changed then may not have been in a list yet, or was being pushed as it
	// had been before.
	passOverlap = 5 * time.Minute
	// firstMargin is how far before the making of the connection, and so of its
	// hooks, the first one does: the clocks may differ.
	firstMargin = 10 * time.Minute
	// contactsEvery is how often a full pass reads customers and subscribers.
	contactsEvery = 7 * 24 * time.Hour
	// ordersBack is how far back a full pass reads orders.
	ordersBack = 90 * 24 * time.Hour
	// sweepShare of a store's quota is what a full pass takes at most: one
	// request in so many.
	sweepShare = 10
)

// PassSlice asks for up to 30 seconds of passes.
type PassSlice struct {
	ConnectionID connection.ID `json:"connection_id"`
	// Left are the entities still to be looked through, in order.
	Left []connection.Entity `json:"left"`
}

// PassResult says how far a slice of passes came.
type PassResult struct {
	Left     []connection.Entity `json:"left,omitempty"` // none when all is done
	Looked   int64               `json:"looked"`
	Differed int64               `json:"differed"`
	Gone     int64               `json:"gone"`
	Held     Held                `json:"held,omitempty"`
}

// PassEntities are the entities of a run of passes, in their order: what a
// shopper sees comes first.
func PassEntities() []connection.Entity {
	return []connection.Entity{connection.Products, connection.Orders, connection.Customers, connection.Subscribers}
}

// FastPass looks at what has changed in the store since the last pass and
// pushes what differs from what Ometria holds.
func (a *Activities) FastPass(ctx context.Context, in PassSlice) (PassResult, error) {
	defer beat(ctx)()
	return a.passSlice(ctx, connection.FastPass, in)
}

// FullPass looks at all records of the store, pushes what differs, and has those
// looked for that are missing. It takes no more than a tenth of the quota.
func (a *Activities) FullPass(ctx context.Context, in PassSlice) (PassResult, error) {
	defer beat(ctx)()
	return a.passSlice(ctx, connection.FullPass, in)
}

func (a *Activities) passSlice(ctx context.Context, kind connection.PassKind, in PassSlice) (PassResult, error) {
	result := PassResult{Left: in.Left}
	s, held, err := a.open(ctx, in.ConnectionID, pacing.Bulk)
	if err == nil && held == NotHeld && !passable(s.connection, kind) {
		held = HeldSyncing
	}
	if err != nil {
		return result, temporalError(err)
	}
	if held != NotHeld {
		result.Held = held
		return result, a.postpone(ctx, kind, in.ConnectionID)
	}
	s.bulk = true
	run := &passRun{session: s, kind: kind, deadline: time.Now().Add(sliceLasts), result: &result}
	err = run.slice(ctx)
	if blamed := s.blame(ctx, err); blamed != nil {
		result.Held = HeldParked
		if err := s.park(ctx, in.ConnectionID, *blamed); err != nil {
			return result, err
		}
		return result, a.postpone(ctx, kind, in.ConnectionID)
	}
	if err != nil {
		s.accounts.Throttled(ctx, err)
	}
	return result, temporalError(err)
}

// postpone has a sweep that is held go on later. A fast pass comes again soon.
func (a *Activities) postpone(ctx context.Context, kind connection.PassKind, id connection.ID) error {
	if kind != connection.FullPass {
		return nil
	}
	return a.Store.PostponeSweep(ctx, id)
}

// passable reports whether a connection may have a pass. While history comes
// in, a full pass would do the bulk sync's work.
func passable(c connection.Connection, kind connection.PassKind) bool {
	return c.Phase == connection.Connected || kind == connection.FastPass && c.Phase == connection.Syncing
}

// passRun is one slice of passes over some entities.
type passRun struct {
	*session
	kind     connection.PassKind
	deadline time.Time
	result   *PassResult
	clock    time.Time // BigCommerce's, once asked
}

// slice goes from entity to entity until the time is up. Where a pass stands is
// in the database, so that a slice done again goes on there.
func (r *passRun) slice(ctx context.Context) error {
	if r.kind == connection.FullPass {
		if err := r.slowDown(ctx); err != nil {
			return err
		}
	}
	for len(r.result.Left) > 0 && r.result.Held == NotHeld {
		entity := r.result.Left[0]
		done, err := r.entity(ctx, entity)
		if err != nil {
			return fmt.Errorf("%s pass over %s: %w", r.kind, entity, err)
		}
		if !done {
			return nil
		}
		if r.result.Left = r.result.Left[1:]; len(r.result.Left) == 0 {
			r.result.Left = nil
			return r.forgetMissed(ctx)
		}
	}
	return nil
}

// forgetMissed takes the word about push errors that may not have been seen back
// once a full pass over every kind of record has come after it.
func (r *passRun) forgetMissed(ctx context.Context) error {
	i := slices.IndexFunc(r.connection.Attention, func(a connection.Attention) bool { return a.Code == connection.PushErrorsMissed })
	if r.kind != connection.FullPass || i < 0 || time.Since(r.connection.Attention[i].Since) < contactsEvery+24*time.Hour {
		return nil
	}
	return r.Store.Unattend(ctx, r.connection.ID, connection.PushErrorsMissed)
}

// slowDown keeps a full pass to its share of the quota that the store has told.
func (r *passRun) slowDown(ctx context.Context) error {
	quotas, err := r.Store.BigCommerceQuotas(ctx, r.connection.StoreHash)
	quota := quotas[r.connection.StoreHash]
	if err != nil || quota.Window <= 0 || quota.Limit <= 0 {
		return err // without a quota there is no tenth of one
	}
	every := quota.Window / time.Duration(max(1, quota.Limit/sweepShare))
	r.accounts.SlowDown(newTicker(every).wait)
	return nil
}

// entity walks one entity's pass on, and reports whether it has come to its
// end.
func (r *passRun) entity(ctx context.Context, entity connection.Entity) (done bool, err error) {
	p, err := r.Store.Pass(ctx, r.connection.ID, r.kind, entity)
	if err != nil {
		return false, err
	}
	if p.Seq == 0 {
		if r.kind == connection.FullPass && !due(p) {
			return true, nil
		}
		if p, err = r.begin(ctx, entity); err != nil {
			return false, err
		}
		if p.Seq == 0 { // the connection has been removed meanwhile
			r.result.Held = HeldRemoved
			return false, nil
		}
	}
	w := &walk{session: r.session, entity: entity, limit: bigcommerce.MaxLimit, clock: p.Clock}
	if r.kind == connection.FastPass {
		w.modified = p.Watermark.Add(-passOverlap)
	} else {
		w.until = p.Clock.Add(-ordersBack)
	}
	for cursor := p.Cursor; ; {
		if time.Now().After(r.deadline) {
			return false, nil
		}
		page, err := w.read(ctx, cursor)
		if err != nil {
			return false, err
		}
		differed, err := r.deal(ctx, p, page)
		if err != nil {
			return false, err
		}
		if err := r.Store.CommitPassPage(ctx, r.connection.ID, p, page.cursor, len(page.seen), differed); err != nil {
			return false, err
		}
		r.result.Looked += int64(len(page.seen))
		r.result.Differed += int64(differed)
		r.Metrics.found(entity, r.kind, differed)
		cursor = page.cursor
		if page.last {
			return true, r.finish(ctx, p, page.from)
		}
		now, held, err := r.held(ctx, r.connection.ID)
		if err != nil {
			return false, err
		}
		if held != NotHeld || now.Epoch != r.connection.Epoch || !passable(now, r.kind) {
			r.result.Held = held
			if held == NotHeld && !passable(now, r.kind) {
				r.result.Held = HeldSyncing
			}
			return false, nil
		}
	}
}

// due reports whether it is time for a full pass: products and orders each time,
// contacts once a week, give or take what the schedule is late or early.
func due(p store.Pass) bool {
	if p.Entity != connection.Customers && p.Entity != connection.Subscribers || p.Wanted || p.FinishedAt.IsZero() {
		return true
	}
	// From its beginning, or a long one would miss its day of the week.
	last := p.FinishedAt
	if p.Watermark.Before(last) {
		last = p.Watermark
	}
	return p.Now.Sub(last) >= contactsEvery-time.Hour
}

func (r *passRun) begin(ctx context.Context, entity connection.Entity) (store.Pass, error) {
	if r.clock.IsZero() {
		var err error
		if r.clock, err = r.accounts.BigCommerce.Store.Time(ctx); err != nil {
			return store.Pass{}, fmt.Errorf("read BigCommerce's clock: %w", err)
		}
	}
	if r.kind == connection.FullPass {
		r.references.Forget(r.connection.ID) // names change, and no webhook tells
	}
	return r.Store.BeginPass(ctx, r.connection.ID, r.kind, entity, r.clock, r.connection.CreatedAt.Add(-firstMargin))
}

// deal pushes what differs of a page and returns how many records that were.
// What is dirty or in flight is left to its own sync.
func (r *passRun) deal(ctx context.Context, p store.Pass, page page) (differed int, err error) {
	seq := p.Seq
	if r.kind == connection.FastPass {
		seq = 0
	}
	known, err := r.Store.See(ctx, r.connection.ID, page.entity, seq, page.seen)
	if err != nil {
		return 0, err
	}
	var back []connection.RecordID
	page.items = slices.DeleteFunc(page.items, func(it source.Record) bool {
		k, ok := known[it.ID]
		same := ok && it.Fingerprint != nil && bytes.Equal(k.Fingerprint, it.Fingerprint)
		if same && k.Held && !k.Busy {
			back = append(back, it.ID)
		}
		return same || !r.differs(it, k, ok)
	})
	if len(back) > 0 {
		if err := r.Store.RestoreHeld(ctx, r.connection.ID, page.entity, back); err != nil {
			return 0, err
		}
	}
	if len(page.items) == 0 {
		return 0, nil
	}
	done, err := r.push(ctx, page.reading)
	if err != nil {
		return 0, fmt.Errorf("push page: %w", err)
	}
	var fields []connection.SeenField
	for _, verdict := range done {
		fields = append(fields, verdict.fields...)
	}
	if err := r.Store.SeeFields(ctx, r.connection.ID, page.entity, fields); err != nil {
		r.Logger.Warn("note fields", "connection_id", r.connection.ID, "entity", page.entity, "err", err)
	}
	return len(page.items), nil
}

// differs reports whether a record whose content is not what was pushed last is
// to be pushed now.
func (r *passRun) differs(it source.Record, k store.Seen, known bool) bool {
	switch {
	case !known:
		skip := it.Map(connection.RecordState{}).Skip
		return skip == nil || skip.Code != connection.ReasonBeforeStart // no part of what is synced
	case k.Busy:
		return false
	case k.Outcome != connection.Rejected:
		return true
	case it.Fingerprint == nil: // unreadable, as it was
		return false
	}
	// What was refused is tried again by a full pass, for not every cure moves
	// the date; by a fast one only when it has changed since.
	return r.kind == connection.FullPass || !k.SourceModifiedAt.Equal(it.Modified)
}

// finish ends a pass. A full one has records looked for that it did not see.
func (r *passRun) finish(ctx context.Context, p store.Pass, from int64) error {
	var unseen store.Unseen
	if r.kind == connection.FullPass {
		var err error
		if unseen, err = r.Store.SettleUnseen(ctx, r.connection.ID, p, from); err != nil {
			return err
		}
		if unseen.Held {
			r.Logger.Warn("records missing: held, too many at once", "connection_id", r.connection.ID, "entity", p.Entity, "records", unseen.Gone)
		}
		if err := r.showHeld(ctx, r.connection.ID, nil); err != nil {
			return err
		}
	}
	r.result.Gone += unseen.Gone
	r.Metrics.found(p.Entity, r.kind, int(unseen.Gone))
	return r.Store.FinishPass(ctx, r.connection.ID, p, unseen.Gone)
}

// ticker spaces calls out.
type ticker struct {
	every time.Duration

	mu   sync.Mutex
	next time.Time // guarded by mu
}

func newTicker(every time.Duration) *ticker { return &ticker{every: every} }

// wait waits for the caller's turn.
func (t *ticker) wait(ctx context.Context) error {
	t.mu.Lock()
	now := time.Now()
	at := t.next
	if at.Before(now) {
		at = now
	}
	t.next = at.Add(t.every)
	t.mu.Unlock()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lately remembers when something was last done for a connection. The zero
// value is ready to use.
type lately struct {
	mu sync.Mutex
	at map[connection.ID]time.Time // guarded by mu
}

// due reports whether it is time again, and takes it as done now.
func (l *lately) due(id connection.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil {
		l.at = map[connection.ID]time.Time{}
	}
	if time.Since(l.at[id]) < showHeldEvery {
		return false
	}
	l.at[id] = time.Now()
	return true
}
