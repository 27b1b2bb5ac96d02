package workflows_test

import (
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// outbound sees what a workflow asks of Temporal, and may answer in its stead
// what the test environment cannot.
type outbound struct {
	interceptor.WorkerInterceptorBase
	options map[string]workflow.ActivityOptions // by activity type, the last
	// childExists is how many starts of a child fail as the server lets them
	// when the workflow id is in use. (The test environment itself answers with
	// another error.)
	childExists int
}

func (s *workflowSuite) intercept(o *outbound) {
	s.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{o}})
}

// activityOptions returns the options of each activity that is executed.
func (s *workflowSuite) activityOptions() *map[string]workflow.ActivityOptions {
	o := &outbound{options: map[string]workflow.ActivityOptions{}}
	s.intercept(o)
	return &o.options
}

func (s *workflowSuite) bulkSyncIsAtWork(starts int) { s.intercept(&outbound{childExists: starts}) }

func (o *outbound) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inboundCalls{interceptor.WorkflowInboundInterceptorBase{Next: next}, o}
}

type inboundCalls struct {
	interceptor.WorkflowInboundInterceptorBase
	o *outbound
}

func (i *inboundCalls) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outboundCalls{interceptor.WorkflowOutboundInterceptorBase{Next: next}, i.o})
}

type outboundCalls struct {
	interceptor.WorkflowOutboundInterceptorBase
	o *outbound
}

func (c *outboundCalls) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if c.o.options != nil {
		c.o.options[name] = workflow.GetActivityOptions(ctx)
	}
	return c.Next.ExecuteActivity(ctx, name, args...)
}

func (c *outboundCalls) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	if c.o.childExists == 0 {
		return c.Next.ExecuteChildWorkflow(ctx, name, args...)
	}
	c.o.childExists--
	future, settable := workflow.NewFuture(ctx)
	settable.SetError(&temporal.ChildWorkflowExecutionAlreadyStartedError{})
	return neverStarted{future}
}

type neverStarted struct{ workflow.Future }

func (f neverStarted) GetChildWorkflowExecution() workflow.Future { return f.Future }

func (f neverStarted) SignalChildWorkflow(workflow.Context, string, any) workflow.Future {
	return f.Future
}
