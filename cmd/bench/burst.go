package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// burst measures how long a store takes to arrive whose products all changed
// at once.
func burst(ctx context.Context, b *bench) ([]figure, error) {
	const senders = 32
	w, err := open(ctx, b, unlimited)
	if err != nil {
		return nil, err
	}
	defer w.close()
	shops, err := w.addShops(1, b.options.events)
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
	records := len(w.account(s).IDs("product", "")) // with variants
	if err := w.restrict(whole); err != nil {
		return nil, err
	}
	changes, err := s.changesOf(0, b.options.events)
	if err != nil {
		return nil, err
	}
	d, err := newDeliverer(s, senders)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if err := s.alter(c.id); err != nil {
			return nil, err
		}
	}
	least := leastTime(w.limits, len(changes), records)
	b.say("%d events, %d records at Ometria; the quotas allow it in %s", len(changes), records, least.Round(time.Second))
	began := time.Now()
	var group errgroup.Group
	group.SetLimit(senders)
	for _, c := range changes {
		group.Go(func() (err error) {
			c.sent = time.Now()
			c.answered, err = d.deliver(ctx, s, c.id, "")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, w.explain(err)
	}
	taken := time.Since(began)
	b.say("all answered after %s", taken.Round(time.Millisecond))
	// One by one is the slowest that still makes sense.
	if err := w.await(ctx, s, changes, 5*time.Minute+time.Duration(len(changes))*400*time.Millisecond); err != nil {
		return nil, w.explain(err)
	}
	last := began
	for _, c := range changes {
		if c.accepted.After(last) {
			last = c.accepted
		}
	}
	counts := w.account(s).Counts()
	reads := 0
	for _, n := range s.State().Requests {
		reads += n
	}
	f := figure{Name: fmt.Sprintf("%d product events to all accepted", len(changes)), Value: last.Sub(began).Seconds(), Unit: "s"}.
		against("the least time the quotas allow", least.Seconds()).ratioAtMost(1.2)
	f.Note = fmt.Sprintf("taken in within %.1f s; %d reads and %d pushes of %d records, the fewest being %d and %d; 429s: %d from BigCommerce, %d from Ometria",
		taken.Seconds(), reads, counts.Pushes, counts.Records, parts(len(changes), bigcommerce.MaxIDs), parts(records, ometria.MaxPushRecords),
		s.State().Throttled, counts.TooMany)
	return []figure{f}, nil
}

func parts(n, most int) int { return (n + most - 1) / most }

// leastTime is what the quotas allow for reading so many products and pushing
// so many records, each call as full as it may be. A window's requests may all
// be made at its start, and Ometria takes a second's pushes at once.
func leastTime(l limits, products, records int) time.Duration {
	reads := parts(products, bigcommerce.MaxIDs)
	windows := max(0, parts(reads, l.quota.Requests)-1)
	pushes := max(0, parts(records, ometria.MaxPushRecords)-l.pushes)
	return max(time.Duration(windows)*l.quota.Window, time.Duration(pushes)*time.Second/time.Duration(l.pushes))
}
