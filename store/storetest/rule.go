package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// rule tests the rule of store/claims.go over random interleavings of changes,
// events, dispatches, pages, reads, claims, pushes, splits, releases, lost
// answers, crashes and expiries. Ometria must never get an older state after a
// newer one, and once all is drained must hold what the store holds.
func rule(t *testing.T, open Open) {
	s := open(t)
	// Only speed: SQLite need not survive this test, and PostgreSQL knows no pragma.
	_, _ = s.DB().Exec("PRAGMA synchronous = OFF")
	t.Run("holds", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			choice := rapid.IntRange(0, 1<<20)
			draw := func(n int) int { return choice.Draw(rt, "choice") % n }
			if err := play(t.Context(), s, mutation(""), draw); err != nil {
				rt.Fatal(err)
			}
		})
	})
	// The test itself is tested: each weaker rule must be caught.
	for _, weaker := range []mutation{pushedAtFetch, expiryForgets, pushUnclaimed, claimedAtLatest} {
		t.Run("catches "+string(weaker), func(t *testing.T) {
			const most = 3000
			for seed := range uint64(most) {
				random := rand.New(rand.NewPCG(seed, seed))
				if err := play(t.Context(), s, weaker, random.IntN); err != nil {
					t.Logf("caught in run %d: %v", seed+1, err)
					return
				}
			}
			t.Errorf("not caught in %d runs", most)
		})
	}
}

// mutation is a weaker rule.
type mutation string

const (
	// pushedAtFetch notes f instead of g as what was pushed.
	pushedAtFetch mutation = "pushed_seq = f"
	// expiryForgets lets a read from before an expired claim be pushed after it.
	expiryForgets mutation = "expiry without a new pushed_seq"
	// pushUnclaimed pushes what was read whether it was claimed or not.
	pushUnclaimed mutation = "push without a claim"
	// claimedAtLatest claims what is pushed together with one f, the latest.
	claimedAtLatest mutation = "one f for records of several reads"
)

const (
	ruleRecords = 3
	ruleSteps   = 60
	mostRuns    = 5
)

// world is the model: a BigCommerce whose records only have versions, an
// Ometria that keeps the version pushed last, and the workers between them.
type world struct {
	ctx     context.Context
	s       *store.Store
	id      connection.ID
	weaker  mutation
	draw    func(n int) int
	source  map[connection.RecordID]byte
	ometria map[connection.RecordID]byte
	events  []connection.RecordID // changes not yet heard of
	runs    []*run
	wires   []*wire
}

// run is one activity: it reads, claims, pushes and finishes. Runs whose reads
// have ended may join, and go on as one with records of several reads.
type run struct {
	fetched, read map[connection.RecordID]int64 // f and g of each record
	isRead        bool
	toRead        []connection.RecordID
	versions      map[connection.RecordID]byte
	claimed       []connection.RecordID // not yet sent
	hasClaimed    bool
	renew         bool // the claim is not fresh: renew it before sending
	sent          *wire
}

// wire is one push on its way.
type wire struct {
	versions map[connection.RecordID]byte
	done     bool // it arrived or was lost
	arrived  bool
}

// play runs one random interleaving and returns how the rule was broken.
func play(ctx context.Context, s *store.Store, weaker mutation, draw func(n int) int) (err error) {
	id, err := ruleConnection(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Erase(ctx, id)) }() // the next one starts on nothing
	w := &world{ctx: ctx, s: s, id: id, weaker: weaker, draw: draw,
		source: map[connection.RecordID]byte{}, ometria: map[connection.RecordID]byte{}}
	for range ruleSteps {
		if err := w.step(); err != nil {
			return err
		}
	}
	return w.drain()
}

func ruleConnection(ctx context.Context, s *store.Store) (connection.ID, error) {
	id := connection.NewAuthenticationID()
	err := s.CreateAuthentication(ctx, connection.Authentication{ID: id, StoreHash: "rule"}, connection.Credentials{})
	if err != nil {
		return "", err
	}
	c, err := s.CreateConnection(ctx, connection.Connection{AuthenticationID: id, StoreHash: "rule", IdentificationCode: string(id), Timezone: "UTC"})
	if err != nil {
		return "", err
	}
	_, err = s.SetPhase(ctx, c.ID, connection.Connected)
	return c.ID, err
}

func (w *world) someRecord() connection.RecordID { return connection.RecordID(1 + w.draw(ruleRecords)) }

func (w *world) step() error {
	switch n := w.draw(100); {
	case n < 12:
		id := w.someRecord()
		w.source[id]++
		w.events = append(w.events, id)
	case n < 22:
		return w.deliver()
	case n < 32:
		return w.dispatch(w.draw(5) == 0)
	case n < 36:
		return w.start([]connection.RecordID{1, 2, 3})
	case n < 38:
		w.crash()
	case n < 44:
		return w.land()
	case n < 47:
		return w.expire()
	default:
		return w.advance()
	}
	return nil
}

// deliver brings one event, in any order, sometimes twice.
func (w *world) deliver() error {
	if len(w.events) == 0 {
		return nil
	}
	i := w.draw(len(w.events))
	id := w.events[i]
	if w.draw(4) != 0 {
		w.events = append(w.events[:i], w.events[i+1:]...)
	}
	return w.s.MarkDirty(w.ctx, w.id, connection.Orders, []connection.RecordID{id})
}

// dispatch starts runs for what is handed over, or loses the handover.
func (w *world) dispatch(lost bool) error {
	if w.draw(3) == 0 {
		return w.dispatchBatches(lost)
	}
	handed, err := w.s.Dispatch(w.ctx, store.Limits{})
	if err != nil || lost {
		return err
	}
	for _, h := range handed {
		if err := w.start([]connection.RecordID{h.RecordID}); err != nil {
			return err
		}
	}
	return nil
}

// dispatchBatches starts a run for each batch, which loses some of its records
// to syncs of their own, or all of them, or is lost itself.
func (w *world) dispatchBatches(lost bool) error {
	handed, err := w.s.DispatchBatches(w.ctx, store.Limits{Backlog: 1})
	if err != nil || lost {
		return err
	}
	for _, h := range handed {
		page, err := w.s.BatchPage(w.ctx, h.Batch, 0, ruleRecords)
		if err != nil {
			return err
		}
		var records []connection.RecordID
		for _, r := range page {
			records = append(records, r.ID)
		}
		if err := w.start(records); err != nil {
			return err
		}
		switch w.draw(6) {
		case 0:
			_, err = w.s.LeaveBatch(w.ctx, h.Batch, records[:1])
		case 1:
			_, err = w.s.EndBatch(w.ctx, h.Batch, w.draw(2) == 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) start(records []connection.RecordID) error {
	if len(w.runs) >= mostRuns {
		return nil
	}
	f, err := w.s.NextSeq(w.ctx)
	r := &run{toRead: records, versions: map[connection.RecordID]byte{},
		fetched: map[connection.RecordID]int64{}, read: map[connection.RecordID]int64{}}
	for _, id := range records {
		r.fetched[id] = f
	}
	w.runs = append(w.runs, r)
	return err
}

func (w *world) crash() {
	if len(w.runs) > 0 {
		w.end(w.runs[w.draw(len(w.runs))])
	}
}

func (w *world) end(r *run) {
	for i, have := range w.runs {
		if have == r {
			w.runs = append(w.runs[:i], w.runs[i+1:]...)
			return
		}
	}
}

// land lets a push arrive, or get lost.
func (w *world) land() error {
	if len(w.wires) == 0 {
		return nil
	}
	i := w.draw(len(w.wires))
	wire := w.wires[i]
	w.wires = append(w.wires[:i], w.wires[i+1:]...)
	wire.done = true
	if wire.arrived = w.draw(4) != 0; !wire.arrived {
		return nil
	}
	for id, version := range wire.versions {
		if version < w.ometria[id] {
			return fmt.Errorf("record %s: version %d was pushed over version %d", id, version, w.ometria[id])
		}
		w.ometria[id] = version
	}
	return nil
}

// expire lets every claim expire. A push ends within its claim.
func (w *world) expire() error {
	for len(w.wires) > 0 {
		if err := w.land(); err != nil {
			return err
		}
	}
	for _, r := range w.runs {
		r.renew = r.hasClaimed
	}
	Elapse(failure{}, w.s, ruleExpiry)
	if w.weaker == expiryForgets {
		seq, err := w.s.NextSeq(w.ctx)
		if err != nil {
			return err
		}
		_, err = w.s.DB().Exec(fmt.Sprintf("UPDATE records SET inflight_seq = NULL, inflight_until = NULL, dirty_seq = %d WHERE inflight_seq IS NOT NULL", seq))
		return err
	}
	if w.draw(2) == 0 {
		_, err := w.s.ExpireClaims(w.ctx)
		return err
	}
	return nil
}

// advance lets one run take its next step.
func (w *world) advance() error {
	if len(w.runs) == 0 {
		return nil
	}
	r := w.runs[w.draw(len(w.runs))]
	switch {
	case len(r.toRead) > 0:
		id := r.toRead[0]
		r.toRead = r.toRead[1:]
		r.versions[id] = w.source[id]
		return nil
	case !r.isRead:
		g, err := w.s.NextSeq(w.ctx)
		for id := range r.versions {
			r.read[id] = g
		}
		r.isRead = true
		return err
	case !r.hasClaimed:
		w.join(r)
		return w.claim(r)
	case r.sent != nil:
		return w.answer(r)
	case len(r.claimed) > 0:
		return w.send(r)
	}
	w.end(r)
	return nil
}

// join lets others that wait for a push as r does go with it, or none.
func (w *world) join(r *run) {
	for _, other := range slices.Clone(w.runs) {
		if other == r || !other.isRead || other.hasClaimed || w.draw(4) != 0 {
			continue
		}
		apart := true
		for id := range other.versions {
			_, both := r.versions[id]
			apart = apart && !both
		}
		if !apart {
			continue
		}
		maps.Copy(r.versions, other.versions)
		maps.Copy(r.fetched, other.fetched)
		maps.Copy(r.read, other.read)
		w.end(other)
	}
	if w.weaker == claimedAtLatest {
		latest := slices.Max(slices.Collect(maps.Values(r.fetched)))
		for id := range r.fetched {
			r.fetched[id] = latest
		}
	}
}

// byFetched groups records by f.
func (r *run) byFetched(list []connection.RecordID) map[int64][]connection.RecordID {
	groups := map[int64][]connection.RecordID{}
	for _, id := range list {
		groups[r.fetched[id]] = append(groups[r.fetched[id]], id)
	}
	return groups
}

func (w *world) claim(r *run) error {
	c := store.Claim{ConnectionID: w.id, Entity: connection.Orders}
	for id, version := range r.versions {
		c.Items = append(c.Items, store.ClaimItem{RecordID: id, Fingerprint: []byte{version}, Fetched: r.fetched[id]})
	}
	claimed, err := w.s.Claim(w.ctx, c)
	r.hasClaimed = true
	for id := range connection.RecordID(ruleRecords) {
		_, read := r.versions[id+1]
		if _, ok := claimed[id+1]; ok || w.weaker == pushUnclaimed && read {
			r.claimed = append(r.claimed, id+1)
		}
	}
	return err
}

// send pushes some of what is claimed: a refused batch is split.
func (w *world) send(r *run) error {
	if r.renew && w.weaker != pushUnclaimed {
		var still []connection.RecordID
		for f, list := range r.byFetched(r.claimed) {
			some, err := w.s.Renew(w.ctx, w.id, connection.Orders, f, list)
			if err != nil {
				return err
			}
			still = append(still, some...)
		}
		slices.Sort(still)
		if r.claimed = still; len(still) == 0 {
			w.end(r)
			return nil
		}
	}
	part := r.claimed[:1+w.draw(len(r.claimed))]
	r.claimed = r.claimed[len(part):]
	r.renew = true
	r.sent = &wire{versions: map[connection.RecordID]byte{}}
	for _, id := range part {
		r.sent.versions[id] = r.versions[id]
	}
	w.wires = append(w.wires, r.sent)
	return nil
}

// answer ends the push that is out: finished, released, or unknown.
func (w *world) answer(r *run) error {
	if !r.sent.done {
		if w.draw(6) == 0 {
			r.sent = nil // timed out: its claim is left to expire
		}
		return nil
	}
	sent := r.sent
	r.sent = nil
	if !sent.arrived {
		if w.draw(2) == 0 {
			return nil // nobody knows
		}
		var list []connection.RecordID
		for id := range sent.versions {
			list = append(list, id)
		}
		for f, some := range r.byFetched(list) {
			if err := w.s.Release(w.ctx, w.id, connection.Orders, f, some); err != nil {
				return err
			}
		}
		return nil
	}
	f := store.Finish{ConnectionID: w.id, Entity: connection.Orders}
	for id, version := range sent.versions {
		result := store.Result{RecordID: id, Outcome: connection.Accepted, Fingerprint: []byte{version}, Fetched: r.fetched[id], Read: r.read[id]}
		if w.weaker == pushedAtFetch {
			result.Read = result.Fetched
		}
		f.Results = append(f.Results, result)
	}
	_, err := w.s.Finish(w.ctx, f)
	return err
}

// drain delivers what is left and lets time pass until nothing is dirty.
func (w *world) drain() error {
	for len(w.events) > 0 {
		if err := w.deliver(); err != nil {
			return err
		}
	}
	for range 200 {
		if err := w.expire(); err != nil {
			return err
		}
		if _, err := w.s.ExpireClaims(w.ctx); err != nil {
			return err
		}
		if err := w.dispatch(false); err != nil {
			return err
		}
		for range 40 {
			if err := w.advance(); err != nil {
				return err
			}
			if err := w.land(); err != nil {
				return err
			}
		}
		settled, err := w.settled()
		if err != nil {
			return err
		}
		if settled && len(w.runs) == 0 {
			return w.compare()
		}
	}
	return fmt.Errorf("still dirty after 200 rounds")
}

func (w *world) settled() (bool, error) {
	waiting, _, err := w.s.Records(w.ctx, w.id, store.Filter{Outcome: connection.Waiting}, "", 1)
	return len(waiting) == 0, err
}

func (w *world) compare() error {
	for id, version := range w.source {
		if w.ometria[id] != version {
			return fmt.Errorf("record %s: the store holds version %d and Ometria version %d", id, version, w.ometria[id])
		}
	}
	return nil
}

// ruleExpiry is past every claim and every handover.
const ruleExpiry = 4 * time.Minute

// failure ends the program's test by panic where there is no *testing.T.
type failure struct{}

func (failure) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (failure) FailNow()                          { panic("stopped") }
