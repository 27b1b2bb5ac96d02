package activities

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

// parallelPushes bounds how many pushes of one page are under way at once.
const parallelPushes = 4

// reading is what one read of BigCommerce found. f was taken before the read
// began and g after its answer was in: a push of it may follow only one whose
// read had ended before this one began.
type reading struct {
	entity connection.Entity
	f, g   int64
	items  []source.Record
}

// verdicts are the outcomes of a reading's records. One that could not be
// claimed is not in it: another push of it is newer or on its way, and it has
// been marked dirty.
type verdicts map[connection.RecordID]verdict

// verdict is how one record ended.
type verdict struct {
	store.Result
	fields []connection.SeenField // the merchant's own, as they were mapped
}

// push brings a reading to Ometria: claims, maps, pushes in batches of up to
// 100 Ometria records of one type, and finishes each record. It stops at the
// first error; what was finished before stays finished.
func (s *session) push(ctx context.Context, r reading) (verdicts, error) {
	var mu sync.Mutex // guards all
	all := verdicts{}
	// One chunk's failure must not cut the others' calls short: a push that is
	// cut short has an unknown outcome.
	var group errgroup.Group
	group.SetLimit(parallelPushes)
	for _, chunk := range pack(r.items) {
		group.Go(func() error {
			some, err := s.pushChunk(ctx, reading{r.entity, r.f, r.g, chunk})
			mu.Lock()
			defer mu.Unlock()
			for id, verdict := range some {
				all[id] = verdict
			}
			return err
		})
	}
	return all, group.Wait()
}

// pack groups items so that each group is one push, unless one record alone
// needs more.
func pack(items []source.Record) [][]source.Record {
	var chunks [][]source.Record
	room := 0
	for _, it := range items {
		if it.Size > room || len(chunks) == 0 {
			chunks = append(chunks, nil)
			room = ometria.MaxPushRecords
		}
		last := len(chunks) - 1
		chunks[last] = append(chunks[last], it)
		room -= it.Size
	}
	return chunks
}

// outgoing is one Ometria record of a BigCommerce record.
type outgoing struct {
	id     connection.RecordID
	record ometria.Record
}

func (s *session) pushChunk(ctx context.Context, r reading) (verdicts, error) {
	// The token comes before the claim, so that a claim never waits for one.
	if err := s.accounts.TakePush(ctx); err != nil {
		return nil, err
	}
	c, err := s.pushClaimed(ctx, r)
	if c == nil {
		return nil, err
	}
	return c.finished, err
}

// pushClaimed claims and pushes readings of one entity, none of them with a
// record of another, by the token in hand. The chunk says how far it came; it is
// nil when nothing could be claimed.
func (s *session) pushClaimed(ctx context.Context, readings ...reading) (*chunk, error) {
	c := &chunk{
		session: s, entity: readings[0].entity, of: map[connection.RecordID]reading{},
		sent: map[connection.RecordID]*progress{}, answered: verdicts{}, finished: verdicts{},
	}
	claim := store.Claim{ConnectionID: s.connection.ID, Entity: c.entity, Epoch: s.connection.Epoch}
	for _, r := range readings {
		for _, it := range r.items {
			c.of[it.ID] = r
			claim.Items = append(claim.Items, store.ClaimItem{RecordID: it.ID, Fingerprint: it.Fingerprint, Fetched: r.f})
		}
	}
	var err error
	c.claimedAt = time.Now()
	if c.states, err = s.Store.Claim(ctx, claim); err != nil {
		return nil, fmt.Errorf("claim records: %w", err)
	}
	held := map[connection.RecordID]bool{}
	for _, r := range readings {
		some, err := s.holdLosses(ctx, r, c.states)
		if err != nil { // nothing was sent
			return nil, errors.Join(err, s.releaseClaims(ctx, claim, c.states))
		}
		maps.Copy(held, some)
	}
	for _, r := range readings {
		for _, it := range r.items {
			if prev, claimed := c.states[it.ID]; claimed && held[it.ID] {
				c.answered[it.ID] = heldBack(r, it, prev)
			} else if claimed {
				c.add(it, it.Map(prev))
			}
		}
	}
	if sendErr := c.sendAll(ctx); sendErr != nil {
		return c, c.settle(ctx, sendErr)
	}
	return c, c.finish(ctx)
}

// chunk is a group of claimed records on their way. A record is on its way
// until Ometria has answered for all its Ometria records, then answered until
// its outcome is in the database, then finished.
type chunk struct {
	*session
	entity connection.Entity
	of     map[connection.RecordID]reading                // that found each record
	states map[connection.RecordID]connection.RecordState // from before this push
	// claimedAt is before the claims were made or renewed last.
	claimedAt time.Time
	out       []outgoing
	sent      map[connection.RecordID]*progress // of those on their way
	answered  verdicts
	finished  verdicts
	// unmapped is an order status id of this chunk that no rule maps.
	unmapped string
}

// byFetched groups records by the number that they are claimed with.
func (c *chunk) byFetched(ids iter.Seq[connection.RecordID]) map[int64][]connection.RecordID {
	groups := map[int64][]connection.RecordID{}
	for id := range ids {
		groups[c.of[id].f] = append(groups[c.of[id].f], id)
	}
	return groups
}

// progress is how far a record on its way has come.
type progress struct {
	result verdict
	left   int  // Ometria records without an answer
	begun  bool // whether one has been answered
}

func (c *chunk) add(it source.Record, m mapping.Result) {
	result := verdict{store.Result{
		RecordID: it.ID, Outcome: connection.Accepted, Fingerprint: it.Fingerprint,
		State: m.State, SourceModifiedAt: it.Modified, Notes: recordNotes(m),
		Fetched: c.of[it.ID].f, Read: c.of[it.ID].g,
	}, m.Fields}
	switch {
	case m.Reject != nil:
		result.Outcome, result.Reason, result.State = connection.Rejected, m.Reject, c.states[it.ID]
	case it.Gone || it.Archived:
		result.Outcome = connection.Deleted
	case m.Skip != nil:
		result.Outcome, result.Reason = connection.Skipped, m.Skip
	}
	for _, note := range m.Notes {
		if note.Code == mapping.NoteUnmappedStatus {
			c.unmapped = note.Key
		}
	}
	if len(m.Records) == 0 {
		c.answered[it.ID] = result
		return
	}
	c.sent[it.ID] = &progress{result: result, left: len(m.Records)}
	for _, record := range m.Records {
		c.out = append(c.out, outgoing{it.ID, record})
	}
}

// recordNotes are the notes that stay with the record: those of the merchant's
// own fields are in their registry.
func recordNotes(m mapping.Result) []connection.Note {
	ofField := func(name string) bool {
		return slices.ContainsFunc(m.Fields, func(f connection.SeenField) bool { return f.Name == name })
	}
	return slices.DeleteFunc(slices.Clone(m.Notes), func(n connection.Note) bool {
		return n.Code == mapping.NotePasswordField || n.Source != "" && ofField(n.Source)
	})
}

// sendAll pushes everything of the chunk, 100 Ometria records at a time.
func (c *chunk) sendAll(ctx context.Context) error {
	if err := c.intend(ctx); err != nil {
		return err
	}
	first := true
	for part := range slices.Chunk(c.out, ometria.MaxPushRecords) {
		if !first {
			if err := c.again(ctx, part); err != nil {
				return err
			}
		}
		first = false
		if err := c.send(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// again prepares one more push: what has been answered is finished, the token
// is taken, and the claims of all that are still on their way are renewed. They
// all wait for this push, not only those that go with it.
func (c *chunk) again(ctx context.Context, part []outgoing) error {
	if err := c.finish(ctx); err != nil {
		return err
	}
	if err := c.accounts.TakePush(ctx); err != nil {
		return err
	}
	var still []connection.RecordID
	c.claimedAt = time.Now()
	for f, ids := range c.byFetched(maps.Keys(c.sent)) {
		renewed, err := c.Store.Renew(ctx, c.connection.ID, c.entity, f, ids)
		if err != nil {
			return fmt.Errorf("renew claims: %w", err)
		}
		still = append(still, renewed...)
	}
	for _, o := range part {
		if !slices.Contains(still, o.id) {
			return errors.New("renew claims: a claim has expired")
		}
	}
	return nil
}

// send pushes one batch. A batch with a refused record is split until that
// record stands alone, so that the rest still arrives.
func (c *chunk) send(ctx context.Context, batch []outgoing) error {
	if len(batch) == 0 {
		return nil
	}
	if age := elapsed(c.claimedAt); age > pushWithin {
		return fmt.Errorf("push: its claims are %s old", age.Round(time.Second))
	}
	records := make([]ometria.Record, len(batch))
	for i, o := range batch {
		records[i] = o.record
	}
	said, err := c.accounts.Ometria.Push(ctx, records)
	if large, ok := errors.AsType[*ometria.RecordTooLargeError](err); ok {
		// Refused before anything was sent: the token is still ours.
		i := slices.IndexFunc(batch, func(o outgoing) bool { return o.record.Key() == large.Key })
		c.refuse(batch[i], connection.Reason{
			Code: connection.ReasonTooLarge, Path: string(large.Key.Type),
			Text: fmt.Sprintf("the record is over the %d bytes that Ometria takes: shorten its custom fields or texts in BigCommerce", ometria.MaxRecordBytes),
		}, "")
		return c.send(ctx, slices.Delete(slices.Clone(batch), i, i+1))
	}
	switch {
	case err != nil && !ometria.IsRefused(err):
		return &callError{ids: idsOf(batch), err: err}
	case err == nil && said.Rejected == 0:
		if err := c.Store.PushHappened(ctx, c.accounts.Account()); err != nil {
			c.Logger.Warn("note push", "connection_id", c.connection.ID, "err", err)
		}
		for _, o := range batch {
			c.took(o, said.RequestID)
		}
		return nil
	case len(batch) == 1, err == nil && said.Rejected >= len(batch):
		for _, o := range batch {
			c.refuse(o, connection.Reason{
				Code: connection.ReasonRefused, Path: string(o.record.Type()),
				Text: "Ometria refused the record and gave no reason",
			}, said.RequestID)
		}
		return nil
	}
	half := len(batch) / 2
	for _, part := range [][]outgoing{batch[:half], batch[half:]} {
		if err := c.again(ctx, part); err != nil {
			return err
		}
		if err := c.send(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// pushWithin is how old a claim may be when a push by it begins. A process that
// was held up for longer, with its machine or by its database, might end after
// the claim has expired, over a newer push.
const pushWithin = 20 * time.Second

// elapsed is the time since t. The process's own clock may stand still while
// its machine sleeps, and the wall clock may be set back: the longer one counts.
func elapsed(t time.Time) time.Duration {
	return max(time.Since(t), time.Now().Round(0).Sub(t.Round(0)))
}

// took notes that Ometria has answered for one of its records.
func (c *chunk) took(o outgoing, requestID string) {
	p := c.sent[o.id]
	if requestID != "" && !slices.Contains(p.result.RequestIDs, requestID) {
		p.result.RequestIDs = append(p.result.RequestIDs, requestID)
	}
	p.begun = true
	if p.left--; p.left == 0 {
		c.answered[o.id] = p.result
		delete(c.sent, o.id)
	}
}

// refuse marks the whole BigCommerce record as rejected: it is accepted only
// when all its Ometria records are. Nothing is remembered as sent, so that a
// retry sends all of it again.
func (c *chunk) refuse(o outgoing, reason connection.Reason, requestID string) {
	result := &c.sent[o.id].result
	result.Outcome, result.Reason, result.Fingerprint, result.State = connection.Rejected, &reason, nil, c.states[o.id]
	c.took(o, requestID)
}

// finish records the outcomes of what has been answered.
func (c *chunk) finish(ctx context.Context) error {
	if len(c.answered) == 0 {
		return nil
	}
	done := store.Finish{ConnectionID: c.connection.ID, Entity: c.entity}
	for _, result := range c.answered {
		done.Results = append(done.Results, result.Result)
	}
	// What was pushed must be recorded even if the activity is being
	// cancelled; were it not, the claim would expire and the record be pushed
	// once more.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if _, err := c.Store.Finish(ctx, done); err != nil {
		return fmt.Errorf("finish records: %w", err)
	}
	for id, result := range c.answered {
		c.Metrics.record(c.entity, result.Outcome)
		c.finished[id] = result
	}
	clear(c.answered)
	if c.unmapped == "" {
		return nil
	}
	return c.Store.Attend(ctx, c.connection.ID, connection.Attention{
		Code: connection.UnmappedStatus, Since: time.Now().UTC(),
		Action: "Orders have status id " + c.unmapped + ", which is none of BigCommerce's documented ones and not in the order mapping: they are sent as invalid.",
	})
}

const settleTimeout = 10 * time.Second

// callError is a call to Ometria that failed. It tells such errors from those
// of our own database, which may look alike.
type callError struct {
	ids []connection.RecordID
	err error
}

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// outcomeUnknown reports whether nobody knows if the push arrived: a timeout, a
// broken connection, a 5xx.
func (e *callError) outcomeUnknown() bool { return !ometria.DidNothing(e.err) }

// settle ends a chunk whose push failed. What Ometria has answered for is
// finished. A record of which something was taken, or whose push has an unknown
// outcome, keeps its claim until it expires: only a read from after that may
// follow. The rest is released, because nothing of it was ever sent.
func (c *chunk) settle(ctx context.Context, cause error) error {
	var unknown []connection.RecordID
	if call, ok := errors.AsType[*callError](cause); ok && call.outcomeUnknown() {
		unknown = call.ids
	}
	var released []connection.RecordID
	for id, p := range c.sent {
		if !p.begun && !slices.Contains(unknown, id) {
			released = append(released, id)
		}
	}
	errs := []error{cause, c.finish(ctx)}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	for f, ids := range c.byFetched(slices.Values(released)) {
		errs = append(errs, c.Store.Release(ctx, c.connection.ID, c.entity, f, ids))
	}
	return errors.Join(errs...)
}

func idsOf(part []outgoing) []connection.RecordID {
	var ids []connection.RecordID
	for _, o := range part {
		if !slices.Contains(ids, o.id) {
			ids = append(ids, o.id)
		}
	}
	return ids
}
