package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// SyncRecord brings one record's present state from BigCommerce to Ometria.
// Each changed signal asks for one more fetch; signals that come while a fetch
// is under way are answered by one fetch together, because a fetch reads the
// present state, whatever happened in between.
//
// It completes when the record is accepted, skipped or deleted, or when the
// connection is held (the record stays dirty and is handed over again later).
// It fails with RecordRejected when the record itself is at fault.
func SyncRecord(ctx workflow.Context, in RecordInput) error {
	s := &syncRecord{in: in, changed: workflow.GetSignalChannel(ctx, ChangedSignal)}
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (RecordState, error) { return s.state, nil }); err != nil {
		return err
	}
	return s.run(ctx)
}

type syncRecord struct {
	in      RecordInput
	changed workflow.ReceiveChannel
	state   RecordState
}

func (s *syncRecord) run(ctx workflow.Context) error {
	gone := false
	for {
		s.drain()
		result, err := s.fetchAndPush(ctx, gone)
		if err != nil {
			if temporal.IsCanceledError(err) || ctx.Err() != nil {
				return fail(ctx, err)
			}
			if err := s.giveUp(ctx); err != nil {
				return fail(ctx, err)
			}
			result = activities.RecordResult{Outcome: connection.Rejected, Reason: connection.ReasonGaveUp}
		}
		if result.GoneOnce {
			gone = true
			s.say(ctx, "confirming_gone", "BigCommerce says the record is gone: reading once more in 10 s.")
			if err := workflow.Sleep(ctx, goneConfirmedAfter); err != nil {
				return fail(ctx, err)
			}
			continue
		}
		gone = false
		s.state.Outcome, s.state.Reason = result.Outcome, result.Reason
		// No await may follow this drain: a signal that came since the fetch
		// wants another one.
		if s.drain() == 0 {
			return s.finish(ctx, result)
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, SyncRecord, s.in)
		}
	}
}

func (s *syncRecord) fetchAndPush(ctx workflow.Context, gone bool) (activities.RecordResult, error) {
	s.state.Rounds++
	s.say(ctx, "fetching", fmt.Sprintf("Round %d: reading the present state and pushing it.", s.state.Rounds))
	var result activities.RecordResult
	err := workflow.ExecuteActivity(recordContext(ctx, s.in.ConnectionID), acts.SyncRecord, activities.Record{
		ConnectionID: s.in.ConnectionID, Entity: s.in.Entity, RecordID: s.in.RecordID, GoneSeen: gone,
	}).Get(ctx, &result)
	return result, err
}

// giveUp leaves the record as a failure that a person can retry.
func (s *syncRecord) giveUp(ctx workflow.Context) error {
	return workflow.ExecuteActivity(stepContext(ctx, s.in.ConnectionID, 0, "Leave it as a failure"), acts.GiveUpRecord,
		activities.Record{ConnectionID: s.in.ConnectionID, Entity: s.in.Entity, RecordID: s.in.RecordID}).Get(ctx, nil)
}

// finish ends the run with the word for its outcome. It awaits nothing.
func (s *syncRecord) finish(ctx workflow.Context, result activities.RecordResult) error {
	text := "Outcome: " + string(result.Outcome)
	if result.Held != activities.NotHeld {
		text = "The connection is " + string(result.Held) + ": the record stays waiting and is handed over again."
	}
	if result.Reason != "" {
		text += " (" + result.Reason + ")"
	}
	s.say(ctx, "done", text)
	if result.Outcome != connection.Rejected {
		return setStatus(ctx, StatusCompleted)
	}
	return fail(ctx, temporal.NewNonRetryableApplicationError(
		fmt.Sprintf("record rejected (%s): see the connection's failures for the reason, mend the record in BigCommerce or retry it", result.Reason),
		connection.FailureRecordRejected, nil))
}

// drain takes every waiting signal and returns how many there were.
func (s *syncRecord) drain() int {
	n := 0
	for s.changed.ReceiveAsync(nil) {
		n++
	}
	s.state.Signals += n
	return n
}

func (s *syncRecord) say(ctx workflow.Context, step, text string) {
	s.state.Step = step
	workflow.SetCurrentDetails(ctx, text)
}
