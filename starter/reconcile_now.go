package starter

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// ReconcileNow starts Reconcile for a connection at once, or once more after the
// run at work, which may have looked already at what has changed since. A
// connection without the schedule is being set up or removed, which is no
// error: its setup makes hooks and script anyway.
func (s *Starter) ReconcileNow(ctx context.Context, id connection.ID) error {
	return s.trigger(ctx, workflows.ReconcileID(id))
}

// SweepNow starts Sweep for a connection as ReconcileNow starts Reconcile.
func (s *Starter) SweepNow(ctx context.Context, id connection.ID) error {
	return s.trigger(ctx, workflows.SweepID(id))
}

func (s *Starter) trigger(ctx context.Context, scheduleID string) error {
	err := s.temporal.ScheduleClient().GetHandle(ctx, scheduleID).Trigger(ctx, client.ScheduleTriggerOptions{
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
	})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("trigger schedule %s: %w", scheduleID, err)
	}
	return nil
}
