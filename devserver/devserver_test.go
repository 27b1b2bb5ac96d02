package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// runAsProgram makes the test binary be the program, so that the tests start,
// kill and restart a process of the code under test without building it twice.
const runAsProgram = "DEVSERVER_TEST_RUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(runAsProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

const (
	startWait = 60 * time.Second
	endWait   = 20 * time.Second
)

// process is a running devserver.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	ready ready
	ended chan struct{} // closed once it has ended and its output is read
}

// startProcess starts a devserver on free ports and waits for its ready line.
func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	args = append([]string{"--frontend", "127.0.0.1:0", "--ui", "127.0.0.1:0"}, args...)
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), runAsProgram+"=1")
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{cmd: cmd, stdin: stdin, ended: make(chan struct{})}

	lines := make(chan string, 10)
	go func() {
		scanner := bufio.NewScanner(stdout)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
		close(lines)
		_ = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		for line := range lines {
			t.Errorf("standard output has more than the ready line: %q", line)
		}
		<-p.ended
	})

	select {
	case line, ok := <-lines:
		require.True(t, ok, "ended before it was ready")
		require.NoError(t, json.Unmarshal([]byte(line), &p.ready), line)
	case <-time.After(startWait):
		require.FailNow(t, "not ready in time")
	}
	return p
}

// exitCode waits for the end; -1 is an end by a signal.
func (p *process) exitCode(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(endWait):
		require.FailNow(t, "did not end in time")
		return 0
	}
}

func (p *process) client(t *testing.T) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: p.ready.Frontend})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestServesNamespaceSearchAttributesAndUI(t *testing.T) {
	p := startProcess(t, "--search-attribute", "Entity=Keyword", "--search-attribute", "Pages=Int")
	c := p.client(t)
	ctx := t.Context()

	ns, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	require.NoError(t, err)
	assert.Equal(t, retention, ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())

	attributes, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	require.NoError(t, err)
	assert.Equal(t, map[string]enumspb.IndexedValueType{
		"Entity": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Pages":  enumspb.INDEXED_VALUE_TYPE_INT,
	}, attributes.GetCustomAttributes())

	// At once after the ready line, with no wait: that is what ready means.
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "w", TaskQueue: queue,
		Priority: temporal.Priority{PriorityKey: 2, FairnessKey: "tenant", FairnessWeight: 1},
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("Entity").ValueSet("orders")),
	}, awaitSignal)
	require.NoError(t, err)
	startWorker(t, c)
	require.NoError(t, c.SignalWorkflow(ctx, run.GetID(), "", signalName, "done"))
	var result string
	require.NoError(t, run.Get(ctx, &result))
	assert.Equal(t, "done", result)
	require.Eventually(t, func() bool {
		count, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: "Entity = 'orders'"})
		return err == nil && count.GetCount() == 1
	}, endWait, 50*time.Millisecond)

	for _, path := range []string{"", "/namespaces/default/workflows", "/api/v1/namespaces/default/workflows"} {
		resp, err := http.Get(p.ready.UI + path)
		require.NoError(t, err)
		_ = resp.Body.Close()
		assert.Equal(t, http.StatusOK, resp.StatusCode, path)
	}
}

func TestEndsWithExitCodeZero(t *testing.T) {
	for name, end := range map[string]func(*process) error{
		"standard input closed": func(p *process) error { return p.stdin.Close() },
		"SIGTERM":               func(p *process) error { return p.cmd.Process.Signal(syscall.SIGTERM) },
		"SIGINT":                func(p *process) error { return p.cmd.Process.Signal(os.Interrupt) },
	} {
		t.Run(name, func(t *testing.T) {
			p := startProcess(t, "--ui", "off")
			assert.Empty(t, p.ready.UI)
			require.NoError(t, end(p))
			assert.Zero(t, p.exitCode(t))
		})
	}
}

func TestRestartResumesRunningWorkflow(t *testing.T) {
	for name, end := range map[string]func(*process) error{
		"ended":  func(p *process) error { return p.stdin.Close() },
		"killed": func(p *process) error { return p.cmd.Process.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			ctx := t.Context()

			p := startProcess(t, "--data", dir, "--search-attribute", "Entity=Keyword")
			c := p.client(t)
			run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: "w", TaskQueue: queue,
				TypedSearchAttributes: temporal.NewSearchAttributes(
					temporal.NewSearchAttributeKeyKeyword("Entity").ValueSet("orders")),
			}, awaitSignal)
			require.NoError(t, err)
			require.NoError(t, end(p))
			p.exitCode(t)

			// Another port, and one search attribute more than the first time.
			p = startProcess(t, "--data", dir, "--search-attribute", "Entity=Keyword", "--search-attribute", "SyncStatus=Keyword")
			c = p.client(t)
			described, err := c.DescribeWorkflowExecution(ctx, run.GetID(), run.GetRunID())
			require.NoError(t, err)
			assert.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())
			startWorker(t, c)
			require.NoError(t, c.SignalWorkflow(ctx, run.GetID(), run.GetRunID(), signalName, "resumed"))
			var result string
			require.NoError(t, c.GetWorkflow(ctx, run.GetID(), run.GetRunID()).Get(ctx, &result))
			assert.Equal(t, "resumed", result)
			_, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: "v", TaskQueue: queue,
				TypedSearchAttributes: temporal.NewSearchAttributes(
					temporal.NewSearchAttributeKeyKeyword("Entity").ValueSet("orders"),
					temporal.NewSearchAttributeKeyKeyword("SyncStatus").ValueSet("running")),
			}, awaitSignal)
			require.NoError(t, err)
		})
	}
}

func TestRefusesWhatItCannotServe(t *testing.T) {
	dir := t.TempDir()
	p := startProcess(t, "--data", dir)
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"address in use":         {[]string{"--frontend", p.ready.Frontend}, 1, "address already in use"},
		"data directory in use":  {[]string{"--frontend", "127.0.0.1:0", "--ui", "off", "--data", dir}, 1, "another process uses it"},
		"unknown attribute type": {[]string{"--search-attribute", "Entity=Word"}, 2, "want Name=Type"},
		"unknown configuration":  {[]string{"--dynamic-config", "limit.histroy=1"}, 2, "limit.histroy"},
		"configuration no JSON":  {[]string{"--dynamic-config", "limit.historyCount.suggestContinueAsNew=few"}, 2, "want key=value"},
		"unknown log level":      {[]string{"--log-level", "loud"}, 2, "want debug, info, warn or error"},
		"argument":               {[]string{"start"}, 2, `unexpected argument "start"`},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), endWait)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0], test.args...)
			cmd.Env = append(os.Environ(), runAsProgram+"=1")
			stdin, err := cmd.StdinPipe() // stays open until the end
			require.NoError(t, err)
			defer func() { _ = stdin.Close() }()
			var stderr strings.Builder
			cmd.Stderr = &stderr
			require.Error(t, cmd.Run())
			assert.Equal(t, test.code, cmd.ProcessState.ExitCode(), stderr.String())
			assert.Contains(t, stderr.String(), test.want)
		})
	}
}

func TestDynamicConfigReachesServer(t *testing.T) {
	p := startProcess(t, "--ui", "off", "--dynamic-config", "limit.historyCount.suggestContinueAsNew=5")
	c := p.client(t)
	startWorker(t, c)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: queue}, countUntilSuggested)
	require.NoError(t, err)
	var timers int
	require.NoError(t, run.Get(t.Context(), &timers))
	assert.Less(t, timers, 10, "the default of 4,096 events holds still")
}

// A tenant with one task is not kept waiting by another's backlog.
func TestFairness(t *testing.T) {
	p := startProcess(t, "--ui", "off", // one partition, or the order would be of four queues
		"--dynamic-config", "matching.numTaskqueueReadPartitions=1",
		"--dynamic-config", "matching.numTaskqueueWritePartitions=1")
	c := p.client(t)
	start := func(id, tenant string) {
		_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: id, TaskQueue: queue, Priority: temporal.Priority{FairnessKey: tenant},
		}, awaitSignal)
		require.NoError(t, err)
	}
	const backlog = 30
	for n := range backlog {
		start(fmt.Sprintf("busy-%d", n), "busy")
	}
	start("quiet", "quiet")
	// Tasks reach the queue some time after their workflow's start, in any order:
	// polling earlier would show the order of arrival.
	require.Eventually(t, func() bool {
		described, err := c.WorkflowService().DescribeTaskQueue(t.Context(), &workflowservice.DescribeTaskQueueRequest{
			Namespace: "default", TaskQueue: &taskqueuepb.TaskQueue{Name: queue},
			TaskQueueType: enumspb.TASK_QUEUE_TYPE_WORKFLOW, ReportStats: true,
		})
		return err == nil && described.GetStats().GetApproximateBacklogCount() == backlog+1
	}, endWait, 50*time.Millisecond)

	for polled := 1; polled <= backlog; polled++ {
		ctx, cancel := context.WithTimeout(t.Context(), endWait) // the server wants a limit
		task, err := c.WorkflowService().PollWorkflowTaskQueue(ctx, &workflowservice.PollWorkflowTaskQueueRequest{
			Namespace: "default", TaskQueue: &taskqueuepb.TaskQueue{Name: queue},
		})
		cancel()
		require.NoError(t, err)
		if task.GetWorkflowExecution().GetWorkflowId() == "quiet" {
			assert.LessOrEqual(t, polled, 3, "came after so many of the busy tenant's")
			return
		}
	}
	assert.Fail(t, "came last")
}

func TestPragmasThatDoNotHoldAreFound(t *testing.T) {
	db, err := openDatabase(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(db.close)
	require.NoError(t, db.checkPragmas())
	db.config.ConnectAttributes["synchronous"] = "2"
	assert.ErrorContains(t, db.checkPragmas(), "synchronous = 1")
}

const (
	queue      = "devserver-test"
	signalName = "finish"
)

// awaitSignal answers what its signal carries.
func awaitSignal(ctx workflow.Context) (string, error) {
	var got string
	workflow.GetSignalChannel(ctx, signalName).Receive(ctx, &got)
	return got, nil
}

// countUntilSuggested answers how many timers fired before the server suggested
// to continue as new.
func countUntilSuggested(ctx workflow.Context) (int, error) {
	for n := 0; ; n++ {
		if n == 100 || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return n, nil
		}
		if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
			return n, err
		}
	}
}

func startWorker(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(awaitSignal)
	w.RegisterWorkflow(countUntilSuggested)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}
