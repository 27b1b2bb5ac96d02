package starter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	// atWork is how many SyncRecords of a connection are at work at once, so
	// that a backlog waits in the database and not in Temporal.
	atWork = 64
	// dispatchBatch is how many rows one round hands over.
	dispatchBatch = 200
	// handOverAgain is after how long a record that is still dirty is handed
	// over again: its workflow may have been terminated, or Temporal restored
	// from a backup.
	handOverAgain = 3 * time.Minute
	// backlog is how many records of an entity wait before they go in batches of
	// batchSize, batchesAtWork at once. A batch this large takes about ten
	// seconds of one account's pushes, so that what is lost with it is little.
	backlog       = 100
	batchSize     = 2000
	batchesAtWork = 2
	// parallelStarts bounds calls to Temporal under way at once.
	parallelStarts = 16

	pollEvery        = 250 * time.Millisecond
	housekeepEvery   = 5 * time.Second
	longestAwait     = 30 * time.Second
	temporalDeadline = 10 * time.Second
)

func limits() store.Limits {
	return store.Limits{
		AtWork: atWork, Batch: dispatchBatch, Again: handOverAgain,
		Backlog: backlog, BatchSize: batchSize, Batches: batchesAtWork,
	}
}

// Dispatcher is the loop that hands dirty records to Temporal, one SyncRecord
// workflow each, or one SyncBatch for many. It removes nothing: only a push that Ometria took makes a
// record clean. Any number of dispatchers may run beside each other.
type Dispatcher struct {
	starter *Starter
	store   *store.Store
	logger  *slog.Logger
	wake    chan struct{}
	metrics dispatcherMetrics
}

type dispatcherMetrics struct {
	handed  *prometheus.CounterVec
	dirty   prometheus.Gauge
	oldest  prometheus.Gauge
	batches *prometheus.CounterVec
}

// NewDispatcher returns a dispatcher whose metrics are on r.
func NewDispatcher(starter *Starter, s *store.Store, r prometheus.Registerer, logger *slog.Logger) *Dispatcher {
	d := &Dispatcher{
		starter: starter, store: s, logger: logger, wake: make(chan struct{}, 1),
		metrics: dispatcherMetrics{
			handed: prometheus.NewCounterVec(prometheus.CounterOpts{
				Name: "obc_records_dispatched_total", Help: "Records handed over to Temporal.",
			}, []string{"entity"}),
			dirty: prometheus.NewGauge(prometheus.GaugeOpts{
				Name: "obc_dirty_records", Help: "Records that have changed and are not at Ometria yet.",
			}),
			oldest: prometheus.NewGauge(prometheus.GaugeOpts{
				Name: "obc_oldest_dirty_seconds", Help: "Age of the oldest change that is not at Ometria yet.",
			}),
			batches: prometheus.NewCounterVec(prometheus.CounterOpts{
				Name: "obc_batches_started_total", Help: "Batches of records handed over to Temporal.",
			}, []string{"entity"}),
		},
	}
	r.MustRegister(d.metrics.handed, d.metrics.dirty, d.metrics.oldest, d.metrics.batches)
	return d
}

// Wake makes the dispatcher look at once, instead of at its next poll. It never
// blocks.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run dispatches until the context ends. While Temporal or the database is away
// it backs off; nothing is lost, because rows stay dirty.
func (d *Dispatcher) Run(ctx context.Context) {
	var housekeeping sync.WaitGroup
	defer housekeeping.Wait()
	housekeeping.Go(func() { d.housekeepOften(ctx) })
	failures := 0
	for ctx.Err() == nil {
		handed, err := d.round(ctx)
		wait := pollEvery
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			failures++
			wait = min(pollEvery<<min(failures, 10), longestAwait)
			d.logger.Warn("dispatch", "err", err, "attempt", failures)
		default:
			failures = 0
		}
		if err == nil && handed >= dispatchBatch {
			continue
		}
		d.pause(ctx, wait, err == nil)
	}
}

func (d *Dispatcher) pause(ctx context.Context, wait time.Duration, wakeable bool) {
	wake := d.wake
	if !wakeable {
		wake = nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// round hands over what is due and returns how many single records that were.
func (d *Dispatcher) round(ctx context.Context) (int, error) {
	if err := d.startBatches(ctx); err != nil {
		return 0, err
	}
	due, err := d.store.Dispatch(ctx, limits())
	if err != nil {
		return 0, fmt.Errorf("find dirty records: %w", err)
	}
	errs := make([]error, len(due))
	var group errgroup.Group
	group.SetLimit(parallelStarts)
	for i, record := range due {
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, temporalDeadline)
			defer cancel()
			_, errs[i] = d.starter.SyncRecord(ctx, record.RecordKey, record.StoreHash)
			return nil
		})
	}
	_ = group.Wait()
	var undone []connection.RecordKey
	for i, record := range due {
		if errs[i] != nil {
			undone = append(undone, record.RecordKey)
			continue
		}
		d.metrics.handed.WithLabelValues(string(record.Entity)).Inc()
	}
	if len(undone) == 0 {
		return len(due), nil
	}
	first := errs[0]
	for _, err := range errs {
		if err != nil {
			first = err
			break
		}
	}
	// The rows go back even when we are being stopped; otherwise they would
	// wait until they are due again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), temporalDeadline)
	defer cancel()
	return len(due) - len(undone), errors.Join(first, d.store.Undispatch(ctx, undone))
}

// housekeepOften keeps house beside the rounds, which take minutes while
// Temporal does not answer: just then the age of the backlog is looked at.
func (d *Dispatcher) housekeepOften(ctx context.Context) {
	ticker := time.NewTicker(housekeepEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		d.housekeep(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// housekeep makes records of expired claims dirty anew and measures the backlog.
func (d *Dispatcher) housekeep(ctx context.Context) {
	if expired, err := d.store.ExpireClaims(ctx); err != nil {
		d.logger.Warn("expire claims", "err", err)
	} else if expired > 0 {
		d.logger.Info("claims expired: their records are pushed again", "records", expired)
	}
	waiting, err := d.store.Backlog(ctx)
	if err != nil {
		d.logger.Warn("measure backlog", "err", err)
		return
	}
	d.metrics.dirty.Set(float64(waiting.Dirty))
	d.metrics.oldest.Set(waiting.Oldest.Seconds())
	for id, failing := range waiting.InBackoff {
		if failing <= connection.ManyFailingOver {
			continue
		}
		err := d.store.Attend(ctx, id, connection.Attention{
			Code: connection.ManyFailing, Since: time.Now().UTC(),
			Action: fmt.Sprintf("Over %d records fail again and again: look at the failures for what they have in common.", connection.ManyFailingOver),
		})
		if err != nil {
			d.logger.Warn("attend", "connection_id", id, "err", err)
		}
	}
}
