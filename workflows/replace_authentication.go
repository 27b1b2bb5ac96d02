package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/ometria/ometria-bigcommerce/activities"
)

// removeReplaced is no wish of a person's, but the end of ReplaceAuthentication,
// whose failure is shown for itself.
const removeReplaced = "replaced"

// replace changes to the authentication that the connection wants. Both its
// accounts are tried, and webhooks and script made with its token, while the one
// before is in force, so that one which does not do changes nothing. Then what
// was made with others is removed with each one's own token. A connection that
// is not set up is set up with the new one instead, and wish says so.
//
// Which authentication that is the database knows: run again, or with another
// wanted meanwhile, it goes on from what is still to be done.
func (s *connectionSetup) replace(ctx workflow.Context, wish *SetupMode) error {
	var next activities.Next
	ref := activities.Connection{ConnectionID: s.in.ConnectionID}
	if err := s.stepWith(ctx, "Look up the new authentication", acts.NextAuthentication, ref, &next); err != nil {
		return err
	}
	if s.standing { // its bulk sync may not have said so yet
		next.SetUp = false
	}
	err := s.change(ctx, wish, next)
	if ctx.Err() != nil {
		return err
	}
	left := s.step(ctx, "Remove what was made with the authentication before", acts.RemoveReplaced)
	if ctx.Err() != nil {
		return left
	}
	s.show(ctx, SetupMode{Mode: removeReplaced}, left)
	return err
}

// change puts the next authentication in force, or leaves it.
func (s *connectionSetup) change(ctx workflow.Context, wish *SetupMode, next activities.Next) error {
	if next.AuthenticationID != "" {
		inForce, err := s.putInForce(ctx, next)
		if err != nil {
			s.giveUp(ctx, next, err)
			return err
		}
		if !inForce { // another is wanted by now: its own wish follows
			return nil
		}
	}
	if !next.SetUp {
		return nil
	}
	wish.Mode = SetUp
	return s.setUp(ctx)
}

func (s *connectionSetup) putInForce(ctx workflow.Context, next activities.Next) (inForce bool, err error) {
	in := s.replacement(next)
	if err := s.stepWith(ctx, "Try the new authentication", acts.TryAuthentication, in, nil); err != nil {
		return false, err
	}
	if !next.SetUp {
		if err := s.stepWith(ctx, "Inject the script with the new authentication", acts.InstallScriptWith, in, nil); err != nil {
			return false, err
		}
		if err := s.stepWith(ctx, "Create the webhooks with the new authentication", acts.InstallHooksWith, in, nil); err != nil {
			return false, err
		}
	}
	var switched activities.Switched
	if err := s.stepWith(ctx, "Put the new authentication in force", acts.SwitchAuthentication, in, &switched); err != nil {
		return false, err
	}
	if switched.Unparked {
		// Without a bulk sync at work there is none to tell.
		_ = workflow.SignalExternalWorkflow(ctx, BulkSyncID(s.in.ConnectionID), "", UnparkedSignal, nil).Get(ctx, nil)
	}
	return switched.InForce, nil
}

// giveUp leaves an authentication that did not do, on a context of its own: the
// workflow's may be cancelled already. What was made with it is removed next.
func (s *connectionSetup) giveUp(ctx workflow.Context, next activities.Next, cause error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	err := workflow.ExecuteActivity(stepContext(ctx, s.in.ConnectionID, showGivesUpAfter, "Leave the new authentication"),
		acts.GiveUpAuthentication, s.replacement(next)).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("leave authentication", "err", err)
	}
	if next.SetUp {
		s.compensate(ctx, cause, nil)
	}
}

func (s *connectionSetup) replacement(next activities.Next) activities.Replacement {
	return activities.Replacement{ConnectionID: s.in.ConnectionID, AuthenticationID: next.AuthenticationID}
}
