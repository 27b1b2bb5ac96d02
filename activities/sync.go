package activities

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Bounds of a slice of a bulk sync.
const (
	sliceLasts   = 30 * time.Second
	sliceRecords = 5000
)

// SyncRecord fetches one record's present state, maps it and pushes it. A
// record that BigCommerce says is gone comes back as GoneOnce, to be read again
// before it is believed. An account at fault parks the connection and the
// record stays dirty.
func (a *Activities) SyncRecord(ctx context.Context, in Record) (RecordResult, error) {
	leave, ok := a.crowd.enter(in.ConnectionID, a.Slots)
	if !ok {
		return RecordResult{}, temporalError(crowded{})
	}
	defer leave()
	defer beat(ctx)()
	s, held, err := a.open(ctx, in.ConnectionID, pacing.Realtime)
	if err == nil && held != NotHeld {
		return RecordResult{Held: held}, temporalError(a.handBack(ctx, in, held))
	}
	if err != nil {
		return RecordResult{}, triedAgain(err, backoff(attempt(ctx)))
	}
	if result, clean, err := s.settled(ctx, in); clean || err != nil {
		return result, triedAgain(err, backoff(attempt(ctx)))
	}
	result, err := s.syncRecord(ctx, in)
	if err == nil {
		a.loners.remove(in.key())
		return result, temporalError(a.handBack(ctx, in, result.Held))
	}
	if ctx.Err() != nil {
		return result, err
	}
	_, together := errors.AsType[*shared](err)
	if !together {
		s.accounts.Throttled(ctx, err)
	}
	if expected(err) {
		return result, temporalError(err)
	}
	if together {
		a.loners.add(in.key())
	}
	wait := backoff(s.failures(ctx, in) + 1)
	s.noteAttempt(ctx, in, err, wait)
	return result, triedAgain(err, wait)
}

// handBack lets the dispatcher hand a record over as soon as its connection is
// held no more, instead of when it would be due again.
func (a *Activities) handBack(ctx context.Context, in Record, held Held) error {
	if held != HeldPaused && held != HeldParked {
		return nil
	}
	return a.Store.Undispatch(ctx, []connection.RecordKey{in.key()})
}

func (s *session) syncRecord(ctx context.Context, in Record) (RecordResult, error) {
	r, err := s.readTogether(ctx, in)
	if parked, err := s.accountAtFault(ctx, err); parked {
		return RecordResult{Held: HeldParked}, err
	}
	if err != nil {
		return RecordResult{}, err
	}
	if r.items[0].Gone && !in.GoneSeen {
		return RecordResult{GoneOnce: true}, nil
	}
	done, err := s.pushTogether(ctx, r)
	if parked, err := s.accountAtFault(ctx, err); parked {
		return RecordResult{Held: HeldParked}, err
	}
	if err != nil {
		return RecordResult{}, err
	}
	verdict, claimed := done[in.RecordID]
	if !claimed {
		return s.pushedElsewhere(ctx, in)
	}
	result := RecordResult{Outcome: verdict.Outcome}
	if verdict.Reason != nil {
		result.Reason = verdict.Reason.Code
	}
	if err := s.Store.SeeFields(ctx, in.ConnectionID, in.Entity, verdict.fields); err != nil {
		s.Logger.Warn("note fields", "connection_id", in.ConnectionID, "entity", in.Entity, "record_id", in.RecordID, "err", err)
	}
	return result, nil
}

// pushedElsewhere is for a record that could not be claimed: a newer push has
// done it already, or another is on its way and this one comes after.
func (s *session) pushedElsewhere(ctx context.Context, in Record) (RecordResult, error) {
	if result, clean, err := s.settled(ctx, in); clean || err != nil {
		return result, err
	}
	return RecordResult{}, claimedElsewhere{retryIn: min(time.Duration(s.attempt)*2*time.Second, 30*time.Second)}
}

// settled returns how a record ended that nothing has happened to since. One is
// handed over again while it only waits, and its run then hears of it once more
// than there is to do.
func (s *session) settled(ctx context.Context, in Record) (result RecordResult, clean bool, err error) {
	row, err := s.Store.Record(ctx, in.key())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return result, false, fmt.Errorf("read record: %w", err)
	}
	if err != nil || row.DirtySeq != 0 || row.Inflight {
		return result, false, nil
	}
	result.Outcome = row.Outcome
	if row.Reason != nil {
		result.Reason = row.Reason.Code
	}
	return result, true, nil
}

func attempt(ctx context.Context) int32 {
	if !activity.IsActivity(ctx) {
		return 1
	}
	return activity.GetInfo(ctx).Attempt
}

// failures counts the record's failed attempts before this one. Temporal's own
// count holds those too that only waited for a budget.
func (s *session) failures(ctx context.Context, in Record) int32 {
	row, err := s.Store.Record(ctx, in.key())
	if err != nil {
		return s.attempt - 1
	}
	return int32(min(row.Attempts, math.MaxInt16))
}

// noteAttempt keeps the last attempt for support, and lets the dispatcher know
// that the record waits out a backoff.
func (s *session) noteAttempt(ctx context.Context, in Record, cause error, wait time.Duration) {
	err := s.Store.Attempted(ctx, in.key(), connection.Reason{Code: attemptCode(cause), Text: cause.Error()}, time.Now().Add(wait))
	if err != nil {
		s.Logger.Warn("note attempt", "connection_id", in.ConnectionID, "entity", in.Entity, "record_id", in.RecordID, "err", err)
	}
}

// attemptCode names the side that made an attempt fail.
func attemptCode(err error) string {
	if _, ok := errors.AsType[*bigcommerce.APIError](err); ok {
		return "bigcommerce"
	}
	if _, ok := errors.AsType[*callError](err); ok {
		return "ometria"
	}
	return "failed"
}

// GiveUpRecord leaves a record whose retries have run out as a failure that a
// person can retry. An event that came since keeps it dirty.
func (a *Activities) GiveUpRecord(ctx context.Context, in Record) error {
	row, err := a.Store.Record(ctx, in.key())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return temporalError(err)
	}
	// Failures are grouped by their text, so what is this record's alone stays
	// in its last error.
	reason := connection.Reason{Code: connection.ReasonGaveUp, Text: "three days of retries have failed: the record's last error says why"}
	return temporalError(a.Store.GiveUp(ctx, in.key(), row.DirtySeq, reason))
}

// SyncSlice walks an entity's history for up to 30 seconds or 5,000 records,
// reading one page while the last is pushed. The cursor is committed after a
// page's last push, so that a retry goes on there.
func (a *Activities) SyncSlice(ctx context.Context, in Slice) (SliceResult, error) {
	defer beat(ctx)()
	ctx = store.WithBulk(ctx)
	result := SliceResult{Cursor: in.Cursor}
	s, held, err := a.open(ctx, in.ConnectionID, pacing.Bulk)
	if err != nil || held != NotHeld {
		result.Held = held
		return result, temporalError(err)
	}
	s.bulk = true
	err = s.syncSlice(ctx, in, &result)
	if blamed := s.blame(ctx, err); blamed != nil {
		result.Held = HeldParked
		return result, s.park(ctx, in.ConnectionID, *blamed)
	}
	if err == nil {
		return result, s.goesOn(ctx)
	}
	s.accounts.Throttled(ctx, err)
	if s.attempt >= stuckAfter && ctx.Err() == nil && !expected(err) {
		s.stuck(ctx, in.Entity)
	}
	return result, temporalError(err)
}

// stuckAfter is at which attempt of a slice a person is told that it fails.
const stuckAfter = 5

// stuck asks for a person. The slice is tried on: what is at fault may recover.
func (s *session) stuck(ctx context.Context, entity connection.Entity) {
	err := s.Store.Attend(ctx, s.connection.ID, connection.Attention{
		Code: connection.SyncStuck, Since: time.Now().UTC(),
		Action: fmt.Sprintf("Importing %s fails again and again and is tried every five minutes: the bulk sync's run in the Temporal Web UI names the cause.", entity),
	})
	if err != nil {
		s.Logger.Warn("attend", "connection_id", s.connection.ID, "err", err)
	}
}

// goesOn takes the word back once a slice has come through, whichever run's
// slice it was that did not.
func (s *session) goesOn(ctx context.Context) error {
	if s.attempt < stuckAfter && !attends(s.connection, connection.SyncStuck) {
		return nil
	}
	return temporalError(s.Store.Unattend(ctx, s.connection.ID, connection.SyncStuck))
}

func (s *session) syncSlice(ctx context.Context, in Slice, result *SliceResult) error {
	w, err := s.walk(in.Entity, in.Since)
	if err != nil {
		return err
	}
	s.reader.Since(w.since)
	at, err := s.Store.EntitySync(ctx, in.ConnectionID, in.SyncID, in.Entity)
	switch {
	case errors.Is(err, store.ErrNotFound):
		for _, next := range append([]Upcoming{{in.SyncID, in.Entity, in.Since}}, in.Upcoming...) {
			if err := s.count(ctx, next); err != nil {
				return err
			}
		}
	case err != nil:
		return err
	case at.Done:
		result.Cursor, result.Done = at.Cursor, true
		return nil
	case at.Pages > 0:
		result.Cursor = at.Cursor
	default: // counted with an earlier walk: it starts now
		if err := s.Store.BeginEntitySync(ctx, in.ConnectionID, in.SyncID, in.Entity, at.Expected); err != nil {
			return err
		}
	}
	return s.walkSlice(ctx, w, in, result)
}

// walk returns the walk of an entity from a day on, or from the connection's
// start date.
func (s *session) walk(entity connection.Entity, since string) (*walk, error) {
	w := &walk{session: s, entity: entity, limit: bigcommerce.MaxLimit}
	var err error
	if since == "" {
		w.since, err = s.connection.Since()
	} else {
		w.since, err = connection.StartOf(since, s.connection.Timezone)
	}
	return w, err
}

// count asks BigCommerce how much a walk will find, and notes it.
func (s *session) count(ctx context.Context, next Upcoming) error {
	w, err := s.walk(next.Entity, next.Since)
	if err != nil {
		return err
	}
	expected, err := w.expected(ctx)
	if err != nil {
		return fmt.Errorf("count %s: %w", next.Entity, err)
	}
	return s.Store.BeginEntitySync(ctx, s.connection.ID, next.SyncID, next.Entity, expected)
}

func (s *session) walkSlice(ctx context.Context, w *walk, in Slice, result *SliceResult) error {
	deadline := time.Now().Add(sliceLasts)
	next := prefetch(ctx, w, result.Cursor)
	defer func() { next.stop() }()
	for {
		began := time.Now()
		p, err := next.wait(ctx)
		if err != nil {
			return err
		}
		enough := p.last || time.Now().After(deadline) || result.Read+int64(len(p.items)) >= sliceRecords
		if !enough {
			next = prefetch(ctx, w, p.cursor)
		}
		done, err := s.push(ctx, p.reading)
		if err != nil {
			return fmt.Errorf("push page: %w", err)
		}
		result.count(p, done)
		err = s.Store.CommitPage(ctx, in.ConnectionID, in.SyncID, in.Entity, store.Page{
			Cursor: p.cursor, Done: p.last, Read: len(p.items), Fields: p.fields(done),
		})
		if err != nil {
			return fmt.Errorf("commit cursor: %w", err)
		}
		result.Cursor, result.Done = p.cursor, p.last
		if err := s.yield(ctx, time.Since(began)); err != nil {
			return err
		}
		if enough {
			return nil
		}
		now, held, err := s.held(ctx, in.ConnectionID)
		if err != nil {
			return err
		}
		if held != NotHeld || now.Epoch != s.connection.Epoch {
			result.Held = held
			return nil
		}
	}
}

// fields counts the merchant's own fields on the page, also of the records
// that another task pushes.
func (p page) fields(done verdicts) store.FieldCounts {
	counts := store.FieldCounts{}
	for _, it := range p.items {
		if verdict, pushed := done[it.ID]; pushed {
			counts.Add(verdict.fields)
		} else {
			counts.Add(it.Map(connection.RecordState{}).Fields)
		}
	}
	return counts
}

func (r *SliceResult) count(p page, done verdicts) {
	r.Pages++
	r.Read += int64(len(p.items))
	r.Waiting += int64(len(p.items) - len(done))
	for _, verdict := range done {
		switch verdict.Outcome {
		case connection.Accepted:
			r.Accepted++
		case connection.Rejected:
			r.Rejected++
		case connection.Waiting: // held by the guard
			r.Waiting++
		default:
			r.Skipped++
		}
	}
}

// prefetched is a page that is being read.
type prefetched struct {
	page   page
	err    error
	done   chan struct{}
	cancel context.CancelFunc
}

func prefetch(ctx context.Context, w *walk, cursor string) *prefetched {
	ctx, cancel := context.WithCancel(ctx)
	p := &prefetched{done: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(p.done)
		p.page, p.err = w.read(ctx, cursor)
	}()
	return p
}

func (p *prefetched) wait(ctx context.Context) (page, error) {
	select {
	case <-p.done:
		return p.page, p.err
	case <-ctx.Done():
		return page{}, ctx.Err()
	}
}

// stop ends the read, if it is still under way, and waits for its end.
func (p *prefetched) stop() {
	p.cancel()
	<-p.done
}
