package api

import (
	"context"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// reconcileView is what Reconcile found last.
type reconcileView struct {
	At          *time.Time                                  `json:"at"`
	HooksMended int64                                       `json:"hooks_mended"`
	Script      bool                                        `json:"script_mended"`
	Entities    map[connection.Entity]connection.PassCounts `json:"entities"`
}

// sweepView is what Sweep found last; entities that it has not looked through
// yet are left out.
type sweepView struct {
	At       *time.Time                                  `json:"at"`
	Entities map[connection.Entity]connection.PassCounts `json:"entities"`
}

func viewReconcile(f *connection.Findings) *reconcileView {
	if f == nil {
		return nil
	}
	return &reconcileView{At: moment(f.At), HooksMended: f.Hooks, Script: f.Script, Entities: f.Entities}
}

func viewSweep(f *connection.Findings) *sweepView {
	if f == nil {
		return nil
	}
	return &sweepView{At: moment(f.At), Entities: f.Entities}
}

type reconcileBody struct {
	Full bool `json:"full"`
}

func (reconcileBody) validate() connection.ValidationError { return nil }

// reconcile looks for what has changed in the store unheard, with full for what
// no date tells either.
func (a *api) reconcile(ctx context.Context, in request[reconcileBody]) (response, error) {
	c, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	if c.Phase == connection.Failed {
		return response{}, notSetUp()
	}
	if in.Body.Full {
		if err := a.Store.WantPasses(ctx, c.ID); err != nil {
			return response{}, err
		}
	}
	if err := a.Starter.ReconcileNow(ctx, c.ID); err != nil {
		return response{}, temporalIsAway("nothing was started", err)
	}
	return a.answerNow(ctx, c.ID)
}

type deletionsBody struct {
	Decision string `json:"decision"`
}

const (
	confirmDeletions = "confirm"
	discardDeletions = "discard"
)

func (b deletionsBody) validate() connection.ValidationError {
	if b.Decision == confirmDeletions || b.Decision == discardDeletions {
		return nil
	}
	return connection.ValidationError{{Field: "decision", Code: "unknown", Message: "use confirm or discard"}}
}

// decideDeletions is an admin's word on deletions and opt-outs that are held
// because they are too many at once.
func (a *api) decideDeletions(ctx context.Context, in request[deletionsBody]) (response, error) {
	c, err := a.actOn(ctx, in.Connection)
	if err != nil {
		return response{}, err
	}
	decided, err := a.Store.DecideLosses(ctx, c.ID, in.Body.Decision == confirmDeletions)
	if err != nil {
		return response{}, err
	}
	if err := a.Store.Unattend(ctx, c.ID, connection.MassDeletion); err != nil {
		return response{}, err
	}
	a.Logger.InfoContext(ctx, "deletions decided", "connection_id", c.ID, "decision", in.Body.Decision, "records", decided)
	a.Wake()
	return a.answerNow(ctx, c.ID)
}
