package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// keepUp measures whether changes arrive as fast as they come where the quotas
// do not allow two calls for each.
func keepUp(ctx context.Context, b *bench) ([]figure, error) {
	const (
		sampleEvery = 250 * time.Millisecond
		patient     = 10 * time.Minute
		// oldestAllowed, in seconds, is far more than a batch takes to fill and
		// to be sent, and less than a backlog that grows needs to get there.
		oldestAllowed = 10
		growthAllowed = 0.1 // of the changes that come
	)
	w, err := open(ctx, b, documented)
	if err != nil {
		return nil, err
	}
	defer w.close()
	n := int(b.options.rate * float64(b.options.seconds))
	shops, err := w.addShops(1, n)
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
	changes, err := s.changesOf(0, n)
	if err != nil {
		return nil, err
	}
	d, err := newDeliverer(s, 16)
	if err != nil {
		return nil, err
	}
	b.say("%d changes at %s/s", n, number(b.options.rate))
	began := time.Now()
	if err := atRate(ctx, b.options.rate, n, func(i int) error { return d.make(ctx, s, changes[i]) }); err != nil {
		return nil, w.explain(err)
	}
	end := time.Now()
	if err := w.await(ctx, s, changes, patient); err != nil {
		return nil, w.explain(err)
	}
	// What stood when is known afterwards, to the millisecond.
	backlog := func(from, to float64) float64 {
		sum, samples := 0, 0
		length := end.Sub(began)
		for at := began.Add(time.Duration(from * float64(length))); at.Before(began.Add(time.Duration(to * float64(length)))); at = at.Add(sampleEvery) {
			for _, c := range changes {
				if c.answered.Before(at) && c.accepted.After(at) {
					sum++
				}
			}
			samples++
		}
		return float64(sum) / float64(max(1, samples))
	}
	oldest, undelivered := time.Duration(0), 0
	for _, c := range changes {
		if c.accepted.After(end) {
			undelivered++
			oldest = max(oldest, end.Sub(c.answered))
		}
	}
	var along []string
	const looks = 6
	for n := range looks {
		along = append(along, number(float64(int(backlog(float64(n)/looks, float64(n+1)/looks)))))
	}
	grew := (backlog(0.75, 1) - backlog(0.25, 0.5)) / (end.Sub(began).Seconds() / 2)
	calls := float64(w.calls(s)) / float64(n)
	all := times(changes)
	age := figure{Name: "age of the oldest undelivered change at the end", Value: oldest.Seconds(), Unit: "s"}.under(oldestAllowed)
	age.Note = fmt.Sprintf("%d of %d not delivered at the end; %.2f calls to both services a change, history included; p50 %s, p99 %s",
		undelivered, n, calls, quantile(all, 0.5).Round(time.Millisecond), quantile(all, 0.99).Round(time.Millisecond))
	growth := figure{Name: "growth of the backlog", Value: grew, Unit: "changes/s"}.
		noting("undelivered on average in each sixth of the time: "+strings.Join(along, ", ")).
		against("changes that come", b.options.rate)
	growth = growth.goal(fmt.Sprintf("≤ %s of them", number(growthAllowed)), grew <= growthAllowed*b.options.rate)
	return []figure{age, growth}, nil
}
