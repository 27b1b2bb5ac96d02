package main

import (
	"context"
	"fmt"
	"time"
)

// realtime measures changes that come one by one. The product and the baseline
// take turns, so that both see the same machine.
func realtime(ctx context.Context, b *bench) ([]figure, error) {
	const (
		turn    = 10 // seconds
		warmUp  = 20
		patient = time.Minute
	)
	w, err := open(ctx, b, unlimited)
	if err != nil {
		return nil, err
	}
	defer w.close()
	perTurn := max(1, int(b.options.rate*float64(min(turn, b.options.seconds))))
	turns := max(1, b.options.seconds/turn)
	all := turns*perTurn + warmUp
	shops, err := w.addShops(1, 2*all)
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
	d, err := newDeliverer(s, 64)
	if err != nil {
		return nil, err
	}
	plain, err := w.startBare(ctx, s)
	if err != nil {
		return nil, err
	}
	defer plain.stop()
	ours, err := s.changesOf(0, all)
	if err != nil {
		return nil, err
	}
	theirs, err := s.changesOf(all, all)
	if err != nil {
		return nil, err
	}
	put := func(changes []*change, do func(c *change) error) error {
		if err := atRate(ctx, b.options.rate, len(changes), func(i int) error { return do(changes[i]) }); err != nil {
			return err
		}
		return w.await(ctx, s, changes, patient)
	}
	sync := func(c *change) error { return d.make(ctx, s, c) }
	bare := func(c *change) error { return plain.make(ctx, c) }
	before := w.calls(s)
	if err := put(ours[:warmUp], sync); err != nil {
		return nil, w.explain(err)
	}
	calls := float64(w.calls(s)-before) / warmUp
	if err := put(theirs[:warmUp], bare); err != nil {
		return nil, err
	}
	var oursSpent, theirsSpent spent
	for n := range turns {
		b.say("turn %d of %d", n+1, turns)
		from, to := warmUp+n*perTurn, warmUp+(n+1)*perTurn
		at := w.spent()
		if err := put(ours[from:to], sync); err != nil {
			return nil, w.explain(err)
		}
		oursSpent.since(w, at)
		at = w.spent()
		if err := put(theirs[from:to], bare); err != nil {
			return nil, err
		}
		theirsSpent.since(w, at)
	}
	product, base := times(ours[warmUp:]), times(theirs[warmUp:])
	const against = "bare workflow with one activity, same two calls"
	var figures []figure
	for _, q := range []struct {
		name  string
		q     float64
		under float64
	}{{"p50", 0.50, 500}, {"p99", 0.99, 2000}} {
		f := figure{Name: "webhook answered → accepted, " + q.name, Value: milliseconds(quantile(product, q.q)), Unit: "ms"}
		ratio := f.against(against, milliseconds(quantile(base, q.q))).ratioAtMost(1.5)
		f = f.under(q.under)
		f.Note = fmt.Sprintf("%d changes at %s/s, %.1f calls to both services a change; %s", len(product), number(b.options.rate), calls, oursSpent.each(len(product)))
		ratio.Name += ", ratio"
		ratio.Note = "the baseline's " + theirsSpent.each(len(base))
		figures = append(figures, f, ratio)
	}
	return figures, nil
}

// calls counts what the stand-ins were asked so far for a store.
func (w *world) calls(s *shop) int {
	n := 0
	for _, count := range s.State().Requests {
		n += count
	}
	return n + w.account(s).Counts().Pushes
}
