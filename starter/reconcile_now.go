package starter

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// ReconcileNow lets a connection's Reconcile run at once, or once more after
// the run at work. Temporal's NotFound is an error that says the connection has
// no schedule.
func (s *Starter) ReconcileNow(ctx context.Context, id connection.ID) error {
	err := s.temporal.ScheduleClient().GetHandle(ctx, workflows.ReconcileID(id)).Trigger(ctx, client.ScheduleTriggerOptions{
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
	})
	if err != nil {
		return fmt.Errorf("trigger reconcile schedule: %w", err)
	}
	return nil
}
