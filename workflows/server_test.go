package workflows_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// devserver is the real Temporal server, built by
// "cd devserver && go build -o ../bin/devserver .".
const devserver = "../bin/devserver"

// startServer runs a real Temporal server for the test, with workers of both
// task queues whose activities are w's. It skips the test when the server is
// not built.
func startServer(t *testing.T, w *world) client.Client {
	t.Helper()
	path, err := filepath.Abs(devserver)
	require.NoError(t, err)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no Temporal server: build it with %q", "cd devserver && go build -o ../bin/devserver .")
	}
	args := []string{"-frontend", "127.0.0.1:0", "-ui", "off"}
	for _, name := range workflows.SearchAttributeNames() {
		args = append(args, "-search-attribute", name+"=Keyword")
	}
	cmd := exec.Command(path, args...)
	stdin, err := cmd.StdinPipe() // it ends when this closes
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err, "the server did not say where it is")
	var ready struct {
		Frontend string `json:"frontend"`
	}
	require.NoError(t, json.Unmarshal(line, &ready))

	// A fixed identity keeps this machine's name out of recorded histories.
	c, err := client.Dial(client.Options{HostPort: ready.Frontend, Identity: "test", Logger: discard{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	for _, queue := range []string{workflows.BulkTaskQueue, workflows.RealtimeTaskQueue} {
		temporalWorker := worker.New(c, queue, worker.Options{Identity: "test"})
		temporalWorker.RegisterWorkflow(workflows.ConnectionSetup)
		temporalWorker.RegisterWorkflow(workflows.BulkSync)
		temporalWorker.RegisterWorkflow(workflows.SyncRecord)
		temporalWorker.RegisterWorkflow(workflows.SyncBatch)
		temporalWorker.RegisterWorkflow(workflows.Reconcile)
		temporalWorker.RegisterWorkflow(workflows.Sweep)
		temporalWorker.RegisterWorkflow(workflows.ConnectionRemoval)
		w.register(temporalWorker)
		require.NoError(t, temporalWorker.Start())
		t.Cleanup(temporalWorker.Stop)
	}
	return c
}

// world is what activities do on a real server: each connection has its own
// behaviours, and where it has none all goes well.
type world struct {
	mu       sync.Mutex // guards what follows
	steps    map[connection.ID]map[string]func(context.Context) error
	slices   map[connection.ID]func(context.Context, activities.Slice) (activities.SliceResult, error)
	records  map[connection.ID]func(context.Context, activities.Record) (activities.RecordResult, error)
	mended   activities.Mended
	removals map[connection.ID]activities.Removed
	batches  map[connection.ID]func() (activities.BatchResult, error)
}

func newWorld() *world {
	return &world{
		steps:    map[connection.ID]map[string]func(context.Context) error{},
		slices:   map[connection.ID]func(context.Context, activities.Slice) (activities.SliceResult, error){},
		records:  map[connection.ID]func(context.Context, activities.Record) (activities.RecordResult, error){},
		removals: map[connection.ID]activities.Removed{},
		mended:   activities.Mended{Hooks: 1},
		batches:  map[connection.ID]func() (activities.BatchResult, error){},
	}
}

// onStep makes a step of setup or removal behave as do says.
func (w *world) onStep(id connection.ID, name string, do func(context.Context) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.steps[id] == nil {
		w.steps[id] = map[string]func(context.Context) error{}
	}
	w.steps[id][name] = do
}

func (w *world) onSlice(id connection.ID, do func(context.Context, activities.Slice) (activities.SliceResult, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slices[id] = do
}

func (w *world) onRecord(id connection.ID, do func(context.Context, activities.Record) (activities.RecordResult, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records[id] = do
}

func (w *world) onRemoval(id connection.ID, removed activities.Removed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.removals[id] = removed
}

func (w *world) step(name string) func(context.Context, activities.Connection) error {
	return func(ctx context.Context, in activities.Connection) error {
		w.mu.Lock()
		do := w.steps[in.ConnectionID][name]
		w.mu.Unlock()
		if do == nil {
			return nil
		}
		return do(ctx)
	}
}

func (w *world) removal(name string) func(context.Context, activities.Connection) (activities.Removed, error) {
	step := w.step(name)
	return func(ctx context.Context, in activities.Connection) (activities.Removed, error) {
		w.mu.Lock()
		removed := w.removals[in.ConnectionID]
		w.mu.Unlock()
		return removed, step(ctx, in)
	}
}

func (w *world) slice(ctx context.Context, in activities.Slice) (activities.SliceResult, error) {
	w.mu.Lock()
	do := w.slices[in.ConnectionID]
	w.mu.Unlock()
	if do == nil {
		return activities.SliceResult{Done: true, Cursor: "250", Pages: 1, Read: 250, Accepted: 250}, nil
	}
	return do(ctx, in)
}

func (w *world) record(ctx context.Context, in activities.Record) (activities.RecordResult, error) {
	w.mu.Lock()
	do := w.records[in.ConnectionID]
	w.mu.Unlock()
	if do == nil {
		return activities.RecordResult{Outcome: connection.Accepted}, nil
	}
	return do(ctx, in)
}

func (w *world) register(r worker.ActivityRegistry) {
	named := func(name string, do any) {
		r.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	}
	for _, name := range []string{
		"Validate", "InstallScript", "InstallHooks", "CreateSchedules", "StopWorkflows", "RemoveSchedules", "Erase",
	} {
		named(name, w.step(name))
	}
	named("RemoveHooks", w.removal("RemoveHooks"))
	named("RemoveScript", w.removal("RemoveScript"))
	named("SetPhase", func(context.Context, activities.Phase) error { return nil })
	named("FailSetup", func(context.Context, activities.Failure) error { return nil })
	named("Attend", func(context.Context, activities.StepFailed) error { return nil })
	named("Unattend", func(context.Context, activities.StepFailed) error { return nil })
	named("GiveUpRecord", func(context.Context, activities.Record) error { return nil })
	reconcile := w.step("Reconcile")
	named("Reconcile", func(ctx context.Context, in activities.Connection) (activities.Mended, error) {
		return w.mended, reconcile(ctx, in)
	})
	named("NextAuthentication", func(ctx context.Context, in activities.Connection) (activities.Next, error) {
		return activities.Next{AuthenticationID: nextAuthentication}, nil
	})
	for _, name := range []string{"TryAuthentication", "InstallScriptWith", "InstallHooksWith", "GiveUpAuthentication"} {
		step := w.step(name)
		named(name, func(ctx context.Context, in activities.Replacement) error {
			return step(ctx, activities.Connection{ConnectionID: in.ConnectionID})
		})
	}
	named("SwitchAuthentication", func(context.Context, activities.Replacement) (activities.Switched, error) {
		return activities.Switched{InForce: true, Unparked: true}, nil
	})
	named("RemoveReplaced", w.removal("RemoveReplaced"))
	named("SyncSlice", w.slice)
	named("SyncRecord", w.record)
	named("SyncBatch", w.batch)
	named("FullPass", func(_ context.Context, in activities.PassSlice) (activities.PassResult, error) {
		return activities.PassResult{Left: in.Left[1:], Looked: 250, Differed: 2}, nil // an entity a slice
	})
	named("GiveBackBatch", func(context.Context, activities.GivenBack) (int64, error) { return 7, nil })
}

// beating waits like an activity that is told when it is cancelled.
func beating(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			activity.RecordHeartbeat(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
