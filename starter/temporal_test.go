package starter

import (
	"cmp"
	"context"
	"strings"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// fakeTemporal notes what is asked of it. A method that a test does not expect
// panics, because the embedded interface is nil.
type fakeTemporal struct {
	client.Client
	schedules fakeSchedules

	mu        sync.Mutex // guards what follows
	started   []start
	signals   []signal
	cancelled []string
	awaited   []string
	// startErr says whether a start fails; nil never does.
	startErr func(id string) error
	// errs are what calls about a workflow id answer.
	errs   map[string]error
	ends   map[string]error
	status enumspb.WorkflowExecutionStatus
	answer any // of a query; nil means that no worker answers
	// visible are the ids that a list of workflows answers; asked its queries.
	visible []string
	asked   []string
	listErr error
}

type start struct {
	id, signal string
	arg        any
	options    client.StartWorkflowOptions
	workflow   any
	input      []any
}

type signal struct {
	id, name string
	arg      any
}

func (f *fakeTemporal) SignalWithStartWorkflow(_ context.Context, id, name string, arg any, o client.StartWorkflowOptions, workflow any, input ...any) (client.WorkflowRun, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.startErr != nil {
		if err := f.startErr(id); err != nil {
			return nil, err
		}
	}
	f.started = append(f.started, start{id, name, arg, o, workflow, input})
	return nil, nil
}

func (f *fakeTemporal) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, workflow any, input ...any) (client.WorkflowRun, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.startErr != nil {
		if err := f.startErr(o.ID); err != nil {
			return nil, err
		}
	}
	f.started = append(f.started, start{id: o.ID, options: o, workflow: workflow, input: input})
	return nil, nil
}

func (f *fakeTemporal) SignalWorkflow(_ context.Context, id, _, name string, arg any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signals = append(f.signals, signal{id, name, arg})
	return f.errs[id]
}

func (f *fakeTemporal) CancelWorkflow(_ context.Context, id, _ string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, id)
	return f.errs[id]
}

func (f *fakeTemporal) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return fakeRun{f: f, id: id}
}

type fakeRun struct {
	client.WorkflowRun
	f  *fakeTemporal
	id string
}

func (r fakeRun) Get(ctx context.Context, _ any) error {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	r.f.awaited = append(r.f.awaited, r.id)
	return r.f.ends[r.id]
}

func (f *fakeTemporal) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if err := f.errs[id]; err != nil {
		return nil, err
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, Status: f.status,
	}}, nil
}

func (f *fakeTemporal) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	if f.answer == nil {
		return nil, serviceerror.NewQueryFailed("no poller seen")
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(f.answer)
	if err != nil {
		return nil, err
	}
	return client.NewValue(payloads), nil
}

func (f *fakeTemporal) ListWorkflow(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, in.GetQuery())
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if len(f.schedules.deleted) == 0 {
		return out, f.listErr // what is listed before the schedule is gone is not the last of it
	}
	for _, id := range f.visible {
		out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
	}
	return out, f.listErr
}

func (f *fakeTemporal) CheckHealth(context.Context, *client.CheckHealthRequest) (*client.CheckHealthResponse, error) {
	return nil, f.errs["health"]
}

func (f *fakeTemporal) ScheduleClient() client.ScheduleClient { return &f.schedules }

type fakeSchedules struct {
	client.ScheduleClient
	created []client.ScheduleOptions
	deleted []string
	running []string // workflow ids that a description names; none after the deletion
	err     error
	// createErr is what Create answers where err is nil.
	createErr error
	updated   map[string]client.Schedule
	triggered []string
}

func (s *fakeSchedules) Create(_ context.Context, o client.ScheduleOptions) (client.ScheduleHandle, error) {
	if s.createErr == nil {
		s.created = append(s.created, o)
	}
	return nil, cmp.Or(s.err, s.createErr)
}

func (s *fakeSchedules) GetHandle(_ context.Context, id string) client.ScheduleHandle {
	return fakeSchedule{s: s, id: id}
}

type fakeSchedule struct {
	client.ScheduleHandle
	s  *fakeSchedules
	id string
}

func (h fakeSchedule) Delete(context.Context) error {
	h.s.deleted = append(h.s.deleted, h.id)
	return h.s.err
}

func (h fakeSchedule) Describe(context.Context) (*client.ScheduleDescription, error) {
	if h.s.err != nil {
		return nil, h.s.err
	}
	if len(h.s.deleted) > 0 {
		return nil, serviceerror.NewNotFound("schedule not found")
	}
	d := &client.ScheduleDescription{}
	for _, o := range h.s.created {
		if o.ID == h.id {
			d.Schedule.Spec = &o.Spec
			d.Schedule.Policy = &client.SchedulePolicies{CatchupWindow: o.CatchupWindow}
		}
	}
	for _, id := range h.s.running {
		if !strings.HasPrefix(id, h.id) {
			continue
		}
		d.Info.RunningWorkflows = append(d.Info.RunningWorkflows, client.ScheduleWorkflowExecution{WorkflowID: id})
	}
	return d, nil
}

func (h fakeSchedule) Update(ctx context.Context, o client.ScheduleUpdateOptions) error {
	d, err := h.Describe(ctx)
	if err != nil {
		return err
	}
	update, err := o.DoUpdate(client.ScheduleUpdateInput{Description: *d})
	if err != nil {
		return err
	}
	if h.s.updated == nil {
		h.s.updated = map[string]client.Schedule{}
	}
	h.s.updated[h.id] = *update.Schedule
	return nil
}

func (h fakeSchedule) Trigger(_ context.Context, o client.ScheduleTriggerOptions) error {
	if o.Overlap == enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE {
		h.s.triggered = append(h.s.triggered, h.id)
	}
	return h.s.err
}

func (f *fakeTemporal) startedIDs() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for _, s := range f.started {
		ids = append(ids, s.id)
	}
	return ids
}

var shop = connection.Connection{ID: "01939c1e-7c1d-7000-8000-000000000001", StoreHash: "abc123"}
