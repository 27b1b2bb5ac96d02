package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// intake measures how fast webhooks are taken in, against a server that does
// nothing, and that they are taken in as well while Temporal is stopped.
func intake(ctx context.Context, b *bench) ([]figure, error) {
	const (
		senders  = 128
		turns    = 3
		products = 5000
		calmRate = 100 // a second, while Temporal is stopped
		patient  = 20 * time.Minute
		nobody   = "a Gin server answering 200"
	)
	w, err := open(ctx, b, unlimited)
	if err != nil {
		return nil, err
	}
	defer w.close()
	shops, err := w.addShops(1, products)
	if err != nil {
		return nil, err
	}
	s := shops[0]
	if err := w.connect(ctx, s); err != nil {
		return nil, w.explain(err)
	}
	if err := w.awaitHistory(ctx, s); err != nil {
		return nil, w.explain(err)
	}
	nothing, err := startChild(roleNothing, append(b.options.environ, "OBC_HTTP_ADDR=127.0.0.1:0"), "", w.productLog)
	if err != nil {
		return nil, err
	}
	defer nothing.stop()
	d, err := newDeliverer(s, senders)
	if err != nil {
		return nil, err
	}
	changes, err := s.changesOf(0, products)
	if err != nil {
		return nil, err
	}

	b.say("webhooks while Temporal is stopped")
	w.stopTemporal()
	calm := changes[:min(products, calmRate*max(1, b.options.seconds/4))]
	answers := make([]time.Duration, len(calm))
	err = atRate(ctx, calmRate, len(calm), func(i int) error {
		sent := time.Now()
		answered, err := d.deliver(ctx, s, calm[i].id, nothing.Address)
		answers[i] = answered.Sub(sent)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("deliver to the baseline: %w", err)
	}
	calmNothing := quantile(answers, 0.99)
	err = atRate(ctx, calmRate, len(calm), func(i int) error {
		err := d.make(ctx, s, calm[i])
		answers[i] = calm[i].answered.Sub(calm[i].sent)
		return err
	})
	if err != nil {
		return nil, w.explain(fmt.Errorf("deliver while Temporal is stopped: %w", err))
	}
	down := figure{Name: "p99 while Temporal is stopped", Value: milliseconds(quantile(answers, 0.99)), Unit: "ms"}.
		against(nobody, milliseconds(calmNothing)).under(50)
	down.Note = fmt.Sprintf("%d webhooks at %d/s, all answered 200", len(calm), calmRate)
	if err := w.startTemporal(ctx); err != nil {
		return []figure{down}, err
	}
	back := time.Now()
	arrival := w.await(ctx, s, calm, patient)
	came := 0
	for _, c := range calm {
		if !c.accepted.IsZero() {
			came++
		}
	}
	after := figure{Name: "of those, at Ometria once it is back", Value: float64(came), Unit: "changes"}.
		against("those that were answered 200", float64(len(calm))).ratioAtLeast(1)
	after.Note = fmt.Sprintf("the last after %s", time.Since(back).Round(time.Second))
	if arrival != nil {
		return []figure{down, after}, w.explain(arrival)
	}

	// A turn each, so that both see the same machine.
	length := max(time.Second, time.Duration(b.options.seconds)*time.Second/(4*turns))
	var ours, theirs flood
	for n := range turns {
		b.say("turn %d of %d", n+1, turns)
		if err := theirs.add(ctx, length, senders, func(i int) (time.Time, error) {
			return d.deliver(ctx, s, changes[i%products].id, nothing.Address)
		}); err != nil {
			return []figure{down, after}, err
		}
		if err := ours.add(ctx, length, senders, func(i int) (time.Time, error) {
			return d.deliver(ctx, s, changes[i%products].id, "")
		}); err != nil {
			return []figure{down, after}, w.explain(err)
		}
	}
	return []figure{
		figure{Name: "acknowledged, row on disk", Value: ours.perSecond(), Unit: "/s", Note: fmt.Sprintf("%d senders, syncing what came at the same time", senders)}.
			against(nobody, theirs.perSecond()).ratioAtLeast(0.25),
		figure{Name: "p99 at that rate", Value: milliseconds(quantile(ours.took, 0.99)), Unit: "ms"}.
			against(nobody, milliseconds(quantile(theirs.took, 0.99))),
		down, after,
	}, nil
}

// flood is what came of sending as fast as answers come.
type flood struct {
	took   []time.Duration
	lasted time.Duration
}

func (f *flood) perSecond() float64 { return float64(len(f.took)) / f.lasted.Seconds() }

func (f *flood) add(ctx context.Context, length time.Duration, senders int, send func(i int) (time.Time, error)) error {
	var (
		next atomic.Int64
		mu   sync.Mutex // guards the two below
		errs []error
		all  sync.WaitGroup
	)
	began := time.Now()
	for range senders {
		all.Go(func() {
			var took []time.Duration
			var failed error
			for ctx.Err() == nil && failed == nil && time.Since(began) < length {
				sent := time.Now()
				answered, err := send(int(next.Add(1)))
				took, failed = append(took, answered.Sub(sent)), err
			}
			mu.Lock()
			defer mu.Unlock()
			f.took = append(f.took, took...)
			errs = append(errs, failed)
		})
	}
	all.Wait()
	f.lasted += time.Since(began)
	return errors.Join(append(errs, ctx.Err())...)
}
