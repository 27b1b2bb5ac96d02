package pacing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Class says who goes first.
type Class string

// The classes. Real time goes first; bulk always keeps a tenth.
const (
	Bulk     Class = "bulk"
	Realtime Class = "realtime"
)

const (
	// readsAtOnce is how many requests to one store run at a time. Bulk gets at
	// most bulkReads of a process's, so that real time always finds one.
	readsAtOnce = 3
	bulkReads   = 2
	// slotTTL frees the slot of a process that died. No request takes longer.
	slotTTL = 90 * time.Second
	// platformLoad is how long to leave BigCommerce alone after a 429 without
	// quota headers; it doubles each time up to platformLoadMost.
	platformLoad     = 15 * time.Second
	platformLoadMost = 2 * time.Minute
	// throttledFirst is how long to push nothing to an Ometria account after a 429
	// that does not say; it doubles each time up to throttledMost.
	throttledFirst = 2 * time.Second
	throttledMost  = time.Minute
	// queueRetry is when to come back to a queue whose length says nothing.
	queueRetry     = time.Second
	defaultMaxWait = 30 * time.Second
	releaseTimeout = 5 * time.Second
)

// Options of a Pacer.
type Options struct {
	// Reserve is the share of a store's quota left to the merchant's other
	// apps, 0 to 1.
	Reserve float64
	// PushesPerSecond to one Ometria account; 0 means no limit.
	PushesPerSecond float64
	// ReadsPerSecond from one Ometria account; 0 means no limit.
	ReadsPerSecond float64
	// MaxWait is the longest a call waits before it answers *WaitError; 30 s
	// when 0.
	MaxWait time.Duration
}

// Quota is what BigCommerce's X-Rate-Limit headers say.
type Quota = store.Quota

// WaitError means that the budget is spent for longer than a caller should
// hold a worker's slot.
type WaitError struct{ RetryIn time.Duration }

func (e *WaitError) Error() string {
	return fmt.Sprintf("budget is spent: retry in %s", e.RetryIn.Round(time.Millisecond))
}

// Pacer shares each remote account's budget among all processes. Its methods
// may be called at once from any goroutine.
type Pacer struct {
	store   *store.Store
	options Options
	logger  *slog.Logger

	mu       sync.Mutex // guards the maps
	stores   map[connection.StoreHash]*reads
	accounts map[string]*turns
}

// reads are this process's requests to one store.
type reads struct {
	all, bulk *semaphore.Weighted

	mu   sync.Mutex
	load time.Duration // the latest wait for platform load; guarded by mu
}

// turns are this process's calls to one Ometria account.
type turns struct {
	push map[Class]*turn
	read *turn

	mu           sync.Mutex
	backoffUntil time.Time // of pushes; guarded by mu
	// backoff is how long the last one was; guarded by mu.
	backoff time.Duration
}

// backOff begins a wait, or makes it longer, and returns how long it is. One
// that follows closely on the last is twice as long; answers to pushes that went
// out together begin one wait.
func (t *turns) backOff(asked time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if since := now.Sub(t.backoffUntil); since >= 0 {
		if since > t.backoff {
			t.backoff = 0
		}
		t.backoff = min(throttledMost, max(throttledFirst, 2*t.backoff))
	}
	wait := max(asked, t.backoff)
	if until := now.Add(wait); until.After(t.backoffUntil) {
		t.backoffUntil = until
	}
	return wait
}

// turn lets one caller after the other ask the store.
type turn struct {
	sem *semaphore.Weighted

	mu      sync.Mutex
	waiting int // guarded by mu
}

func newTurn() *turn { return &turn{sem: semaphore.NewWeighted(1)} }

// New returns a Pacer over the store's budgets.
func New(s *store.Store, o Options, logger *slog.Logger) *Pacer {
	if o.MaxWait == 0 {
		o.MaxWait = defaultMaxWait
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Pacer{store: s, options: o, logger: logger,
		stores: map[connection.StoreHash]*reads{}, accounts: map[string]*turns{}}
}

func (p *Pacer) readsOf(hash connection.StoreHash) *reads {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.stores[hash]
	if !ok {
		r = &reads{all: semaphore.NewWeighted(readsAtOnce), bulk: semaphore.NewWeighted(bulkReads)}
		p.stores[hash] = r
	}
	return r
}

func (p *Pacer) turnsOf(account string) *turns {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.accounts[account]
	if !ok {
		t = &turns{push: map[Class]*turn{Bulk: newTurn(), Realtime: newTurn()}, read: newTurn()}
		p.accounts[account] = t
	}
	return t
}

// BigCommerce waits for one request to a store: for a place among the three
// that run at once and for one of the window's quota. Call release when the
// answer is read; twice is once. *WaitError when it would take too long.
func (p *Pacer) BigCommerce(ctx context.Context, hash connection.StoreHash, class Class) (release func(), err error) {
	deadline := time.Now().Add(p.options.MaxWait)
	r := p.readsOf(hash)
	leave, err := enter(ctx, r, class, deadline)
	if err != nil {
		return nil, err
	}
	for {
		slot, wait, err := p.store.TakeBigCommerce(ctx, hash, p.options.Reserve, class == Realtime,
			store.Slots{Limit: readsAtOnce, TTL: slotTTL})
		if err != nil {
			leave()
			return nil, fmt.Errorf("pace BigCommerce: %w", err)
		}
		if slot != "" {
			return sync.OnceFunc(func() {
				p.releaseSlot(ctx, hash, slot)
				leave()
			}), nil
		}
		if err := p.sleep(ctx, wait, deadline); err != nil {
			leave()
			return nil, err
		}
	}
}

// enter waits for a place among this process's requests to the store.
func enter(ctx context.Context, r *reads, class Class, deadline time.Time) (leave func(), err error) {
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if class == Bulk {
		if err := r.bulk.Acquire(limited, 1); err != nil {
			return nil, queueError(ctx)
		}
	}
	if err := r.all.Acquire(limited, 1); err != nil {
		if class == Bulk {
			r.bulk.Release(1)
		}
		return nil, queueError(ctx)
	}
	return func() {
		r.all.Release(1)
		if class == Bulk {
			r.bulk.Release(1)
		}
	}, nil
}

// queueError is why a queue was left: the caller's context, or MaxWait.
func queueError(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return &WaitError{RetryIn: queueRetry}
}

func (p *Pacer) releaseSlot(ctx context.Context, hash connection.StoreHash, slot string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := p.store.ReleaseSlot(ctx, hash, slot); err != nil && !errors.Is(err, store.ErrClosed) {
		p.logger.WarnContext(ctx, "slot not released, it expires", "store_hash", hash, "err", err)
	}
}

// sleep waits, or answers *WaitError at once when that would end past deadline.
func (p *Pacer) sleep(ctx context.Context, wait time.Duration, deadline time.Time) error {
	if time.Now().Add(wait).After(deadline) {
		return &WaitError{RetryIn: wait}
	}
	// A little more than asked, each caller differently: not all come at once.
	timer := time.NewTimer(wait + rand.N(2*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Observe learns a store's quota from an answer's headers.
func (p *Pacer) Observe(ctx context.Context, hash connection.StoreHash, q Quota) error {
	r := p.readsOf(hash)
	r.mu.Lock()
	r.load = 0
	r.mu.Unlock()
	if err := p.store.ObserveBigCommerce(ctx, hash, q); err != nil {
		return fmt.Errorf("pace BigCommerce: %w", err)
	}
	return nil
}

// Throttled notes a 429: nobody calls the store until its window resets, or,
// when the answer had no quota headers (platform load), for longer each time.
func (p *Pacer) Throttled(ctx context.Context, hash connection.StoreHash, resetIn time.Duration, isPlatformLoad bool) error {
	if isPlatformLoad {
		r := p.readsOf(hash)
		r.mu.Lock()
		r.load = min(platformLoadMost, max(platformLoad, 2*r.load))
		resetIn = max(resetIn, r.load+rand.N(r.load/4))
		r.mu.Unlock()
	}
	if err := p.store.BackOffBigCommerce(ctx, hash, resetIn); err != nil {
		return fmt.Errorf("pace BigCommerce: %w", err)
	}
	return nil
}

// Push waits for one push to an Ometria account. *WaitError when it would take
// too long.
func (p *Pacer) Push(ctx context.Context, account string, class Class) error {
	t := p.turnsOf(account)
	if p.options.PushesPerSecond == 0 {
		t.mu.Lock()
		wait := time.Until(t.backoffUntil)
		t.mu.Unlock()
		if wait <= 0 {
			return nil
		}
		return p.sleep(ctx, wait, time.Now().Add(p.options.MaxWait))
	}
	return p.take(ctx, account, t.push[class], store.OmetriaPush, p.options.PushesPerSecond, class == Realtime)
}

// Read waits for one read of an Ometria account. *WaitError when it would take
// too long.
func (p *Pacer) Read(ctx context.Context, account string) error {
	if p.options.ReadsPerSecond == 0 {
		return nil
	}
	return p.take(ctx, account, p.turnsOf(account).read, store.OmetriaRead, p.options.ReadsPerSecond, true)
}

// take stands in line, asks the store for a moment and waits for it.
func (p *Pacer) take(ctx context.Context, account string, t *turn, kind store.OmetriaKind, perSecond float64, realtime bool) error {
	deadline := time.Now().Add(p.options.MaxWait)
	leave, err := p.stand(ctx, t, perSecond, deadline)
	if err != nil {
		return err
	}
	leave = sync.OnceFunc(leave)
	defer leave()
	for {
		ok, wait, err := p.store.TakeOmetria(ctx, account, perSecond, kind, realtime)
		if err != nil {
			return fmt.Errorf("pace Ometria: %w", err)
		}
		if ok {
			leave() // the next may ask while this one waits for its moment
			if wait <= 0 {
				return nil
			}
			return p.sleep(ctx, wait, time.Now().Add(wait+time.Second))
		}
		if err := p.sleep(ctx, wait, deadline); err != nil {
			return err
		}
	}
}

// stand waits in line, unless the line is longer than MaxWait.
func (p *Pacer) stand(ctx context.Context, t *turn, perSecond float64, deadline time.Time) (leave func(), err error) {
	t.mu.Lock()
	if line := time.Duration(float64(t.waiting) / perSecond * float64(time.Second)); line > p.options.MaxWait {
		t.mu.Unlock()
		return nil, &WaitError{RetryIn: line}
	}
	t.waiting++
	t.mu.Unlock()
	gone := func() {
		t.mu.Lock()
		t.waiting--
		t.mu.Unlock()
	}
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if err := t.sem.Acquire(limited, 1); err != nil {
		gone()
		return nil, queueError(ctx)
	}
	return func() {
		gone()
		t.sem.Release(1)
	}, nil
}

// PushThrottled notes a 429 or a full queue: nobody pushes to the account for
// as long as Ometria asked, or, where it did not, for longer each time. It
// returns how long that is, also when it could not be written down.
func (p *Pacer) PushThrottled(ctx context.Context, account string, asked time.Duration) (wait time.Duration, err error) {
	wait = p.turnsOf(account).backOff(asked)
	if p.options.PushesPerSecond == 0 {
		return wait, nil
	}
	if err := p.store.BackOffOmetria(ctx, account, store.OmetriaPush, wait); err != nil {
		return wait, fmt.Errorf("pace Ometria: %w", err)
	}
	return wait, nil
}
