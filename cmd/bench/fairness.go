package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// fairness measures a quiet connection alone and then beside others that
// import their history, in one process, each store under its own quotas.
func fairness(ctx context.Context, b *bench) ([]figure, error) {
	const (
		quietRate = 2 // changes a second
		patient   = 5 * time.Minute
		warmUp    = 10
		// historyRate is more than one store's import ever reaches under its
		// quotas: the imports outlast the measurement.
		historyRate = 800
	)
	w, err := open(ctx, b, documented)
	if err != nil {
		return nil, err
	}
	defer w.close()
	n := quietRate * b.options.seconds
	shops, err := w.addShops(1, 2*n+warmUp)
	if err != nil {
		return nil, err
	}
	busy, err := w.addShops(b.options.bulks, historyRate*(b.options.seconds+60))
	if err != nil {
		return nil, err
	}
	quiet := shops[0]
	if err := w.connect(ctx, quiet); err != nil {
		return nil, w.explain(err)
	}
	if err := w.awaitHistory(ctx, quiet); err != nil {
		return nil, w.explain(err)
	}
	d, err := newDeliverer(quiet, 16)
	if err != nil {
		return nil, err
	}
	changes, err := quiet.changesOf(0, 2*n+warmUp)
	if err != nil {
		return nil, err
	}
	put := func(what string, changes []*change) ([]time.Duration, error) {
		b.say("%s", what)
		err := atRate(ctx, quietRate, len(changes), func(i int) error { return d.make(ctx, quiet, changes[i]) })
		if err == nil {
			err = w.await(ctx, quiet, changes, patient)
		}
		return times(changes), w.explain(err)
	}
	if _, err := put("warming up", changes[:warmUp]); err != nil {
		return nil, err
	}
	alone, err := put("alone", changes[warmUp:warmUp+n])
	if err != nil {
		return nil, err
	}
	for _, s := range busy {
		if err := w.connect(ctx, s); err != nil {
			return nil, w.explain(err)
		}
	}
	if err := w.awaitBulks(ctx, busy); err != nil {
		return nil, w.explain(err)
	}
	before, began := w.accepted(busy), time.Now()
	beside, err := put(fmt.Sprintf("beside %d bulk syncs", len(busy)), changes[warmUp+n:])
	if err != nil {
		return nil, err
	}
	pace := float64(w.accepted(busy)-before) / time.Since(began).Seconds()
	for _, s := range busy {
		c, err := w.api.Connection(ctx, s.id)
		if err != nil {
			return nil, w.explain(err)
		}
		if c.Status != string(connection.Syncing) {
			return nil, fmt.Errorf("%s was to be syncing all along and is %s", s.options.StoreHash, c.Status)
		}
	}
	const against = "the same connection alone"
	p99 := figure{Name: "p99 beside bulk syncs", Value: milliseconds(quantile(beside, 0.99)), Unit: "ms"}.
		against(against, milliseconds(quantile(alone, 0.99))).ratioAtMost(2)
	p99.Note = fmt.Sprintf("%d bulk syncs, which pushed %s records a second together meanwhile; %d changes at %d/s", len(busy), number(pace), n, quietRate)
	return []figure{p99, figure{Name: "p50 beside bulk syncs", Value: milliseconds(quantile(beside, 0.5)), Unit: "ms"}.
		against(against, milliseconds(quantile(alone, 0.5)))}, nil
}

// awaitBulks waits until every store's first records have arrived.
func (w *world) awaitBulks(ctx context.Context, shops []*shop) error {
	w.bench.say("waiting for %d bulk syncs to be under way", len(shops))
	return poll(ctx, 500*time.Millisecond, historyLimit, func() (bool, error) {
		for _, s := range shops {
			if w.account(s).Counts().Records == 0 {
				return false, nil
			}
		}
		return true, nil
	})
}

// accepted counts the records that came to Ometria from these stores.
func (w *world) accepted(shops []*shop) (n int) {
	for _, s := range shops {
		n += w.account(s).Counts().Records
	}
	return n
}
