package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// Tuning. Bulk slices are few and long; single records are many and short and
// mostly wait for the network. One store answers at most three reads at a time,
// so more slots than this serve only more stores.
const (
	bulkActivities     = 32
	realtimeActivities = 100
	stopTimeout        = 20 * time.Second

	probeEvery      = 2 * time.Second
	pollErrorsEvery = 2 * time.Second
	retryStart      = 5 * time.Second
	pruneEvery      = 10 * time.Minute
)

// Options are what a Worker is made of.
type Options struct {
	Temporal  client.Client
	Store     *store.Store
	Dialer    *remote.Dialer
	Tester    activities.Tester
	Starter   *starter.Starter
	PublicURL string // where BigCommerce reaches us
	TagURL    string // prefix of Ometria's tag
	// AttemptsKept is how long the story of each record is kept; 0 is for ever.
	AttemptsKept time.Duration
	Metrics      *activities.Metrics
	Registerer   prometheus.Registerer
	Logger       *slog.Logger
}

// Worker runs workflows and activities.
type Worker struct {
	options    Options
	activities *activities.Activities
	dispatcher *starter.Dispatcher
	stranded   sightings // of the loop that rescues alone
}

// New wires a Worker. It connects to nothing yet.
func New(o Options) *Worker {
	return &Worker{
		options: o,
		activities: &activities.Activities{
			Store: o.Store, Dialer: o.Dialer, Tester: o.Tester, Schedules: o.Starter, Workflows: o.Starter,
			PublicURL: o.PublicURL, TagURL: o.TagURL, Logger: o.Logger, Metrics: o.Metrics, Slots: realtimeActivities,
		},
		dispatcher: starter.NewDispatcher(o.Starter, o.Store, o.Registerer, o.Logger),
		stranded:   sightings{},
	}
}

// Wake tells the dispatcher that a record has just become dirty.
func (w *Worker) Wake() { w.dispatcher.Wake() }

// Run works until the context ends, then stops: tasks at hand get 20 seconds.
// While Temporal is away it keeps trying to start.
func (w *Worker) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, queue := range []string{workflows.BulkTaskQueue, workflows.RealtimeTaskQueue} {
		group.Go(func() error { return w.poll(ctx, queue) })
	}
	group.Go(func() error { w.dispatcher.Run(ctx); return nil })
	group.Go(func() error { w.repeat(ctx, probeEvery, "probe parked connections", w.probe); return nil })
	group.Go(func() error { w.repeat(ctx, pollErrorsEvery, "poll push errors", w.pollErrors); return nil })
	group.Go(func() error { w.repeat(ctx, strandedEvery, "look for stranded connections", w.rescue); return nil })
	group.Go(func() error { w.repeat(ctx, passCategoriesEvery, "pass categories on", w.passCategories); return nil })
	group.Go(func() error { w.repeat(ctx, grantEvery, "reconcile at once", w.grantReconciles); return nil })
	group.Go(func() error { w.repeat(ctx, grantEvery, "sweep at once", w.grantSweeps); return nil })
	group.Go(func() error { w.repeat(ctx, pruneEvery, "prune attempts", w.prune); return nil })
	return group.Wait()
}

// poll runs the Temporal worker of one task queue.
func (w *Worker) poll(ctx context.Context, queue string) error {
	for {
		fatal := make(chan error, 1)
		temporalWorker := w.build(queue, func(err error) {
			select {
			case fatal <- err:
			default:
			}
		})
		err := temporalWorker.Start()
		if err == nil {
			select {
			case <-ctx.Done():
				temporalWorker.Stop()
				return nil
			case err = <-fatal:
				temporalWorker.Stop()
			}
		}
		w.options.Logger.Warn("temporal worker ended: tried again; check TEMPORAL_ADDRESS", "task_queue", queue, "err", err)
		if !wait(ctx, retryStart) {
			return nil
		}
	}
}

func (w *Worker) build(queue string, onFatal func(error)) sdkworker.Worker {
	slots := bulkActivities
	if queue == workflows.RealtimeTaskQueue {
		slots = realtimeActivities
	}
	built := sdkworker.New(w.options.Temporal, queue, sdkworker.Options{
		MaxConcurrentActivityExecutionSize: slots,
		WorkerStopTimeout:                  stopTimeout,
		OnFatalError:                       onFatal,
	})
	built.RegisterWorkflow(workflows.ConnectionSetup)
	built.RegisterWorkflow(workflows.BulkSync)
	built.RegisterWorkflow(workflows.SyncRecord)
	built.RegisterWorkflow(workflows.SyncBatch)
	built.RegisterWorkflow(workflows.Reconcile)
	built.RegisterWorkflow(workflows.Sweep)
	built.RegisterWorkflow(workflows.ConnectionRemoval)
	w.register(built)
	return built
}

func (w *Worker) register(r sdkworker.ActivityRegistry) {
	for _, activity := range []any{
		w.activities.Validate, w.activities.InstallScript, w.activities.InstallHooks, w.activities.CreateSchedules,
		w.activities.SetPhase, w.activities.FailSetup, w.activities.Attend, w.activities.Unattend,
		w.activities.SyncSlice, w.activities.SyncRecord, w.activities.GiveUpRecord, w.activities.Reconcile,
		w.activities.StopWorkflows, w.activities.RemoveSchedules, w.activities.RemoveHooks,
		w.activities.RemoveScript, w.activities.Erase, w.activities.FastPass, w.activities.FullPass,
		w.activities.SyncBatch, w.activities.GiveBackBatch,
		w.activities.NextAuthentication, w.activities.TryAuthentication, w.activities.InstallScriptWith,
		w.activities.InstallHooksWith, w.activities.SwitchAuthentication, w.activities.GiveUpAuthentication,
		w.activities.RemoveReplaced,
	} {
		r.RegisterActivity(activity)
	}
}

// probe unparks what answers again and lets its bulk sync go on.
func (w *Worker) probe(ctx context.Context) error {
	unparked, err := w.activities.ProbeParked(ctx)
	for _, id := range unparked {
		w.unparked(ctx, id)
	}
	return err
}

func (w *Worker) unparked(ctx context.Context, id connection.ID) {
	w.dispatcher.Wake()
	// Missed, the signal costs minutes and no record: a held bulk sync looks
	// again by itself.
	if err := w.options.Starter.Unparked(ctx, id); err != nil {
		w.options.Logger.Warn("tell bulk sync", "connection_id", id, "err", err)
	}
}

// pollErrors polls every account that is due.
func (w *Worker) pollErrors(ctx context.Context) error {
	for {
		polled, err := w.activities.PollPushErrors(ctx)
		if err != nil || !polled {
			return err
		}
	}
}

// prune deletes what is too old of the records' stories.
func (w *Worker) prune(ctx context.Context) error {
	if w.options.AttemptsKept == 0 {
		return nil
	}
	pruned, err := w.options.Store.PruneAttempts(ctx, w.options.AttemptsKept)
	if pruned > 0 {
		w.options.Logger.Info("attempts pruned", "pruned", pruned)
	}
	return err
}

func (w *Worker) rescue(ctx context.Context) error {
	return rescuer{
		connections: w.options.Store, starter: w.options.Starter, now: time.Now, seen: w.stranded,
		rescued: func(c connection.Connection) {
			w.options.Logger.Warn("workflow started again", "connection_id", c.ID, "status", string(c.Phase))
		},
	}.run(ctx)
}

func (w *Worker) repeat(ctx context.Context, every time.Duration, what string, do func(context.Context) error) {
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			w.options.Logger.Warn(what, "err", fmt.Errorf("try again: %w", err))
		}
		if !wait(ctx, every) {
			return
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
