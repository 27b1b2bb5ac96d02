package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	// heldSample is how many held records of an entity each Reconcile reads.
	heldSample = 5
	// showHeldEvery bounds how often pushes renew the attention's figures.
	showHeldEvery = 5 * time.Second
)

// isLoss reports whether a push of the record would tell Ometria that something
// it holds is gone, or that a subscriber who was seen opted in is so no more.
func isLoss(entity connection.Entity, it source.Record, prev connection.RecordState) bool {
	switch {
	case !prev.Exists:
		return false
	case it.Gone || it.Archived:
		return true
	case entity != connection.Subscribers || prev.ConsentSeen != connection.ConsentYes:
		return false
	}
	return it.Map(prev).State.ConsentSeen == connection.ConsentOut
}

// holdLosses asks the guard against mass deletion about those of the claimed
// records that would be lost, and returns the ones it holds.
func (s *session) holdLosses(ctx context.Context, r reading, states map[connection.RecordID]connection.RecordState) (map[connection.RecordID]bool, error) {
	var losses []connection.RecordID
	for _, it := range r.items {
		prev, ok := states[it.ID]
		if !ok {
			continue
		}
		if isLoss(r.entity, it, prev) {
			losses = append(losses, it.ID)
		}
	}
	if len(losses) == 0 {
		return nil, nil
	}
	held, err := s.Store.AdmitLosses(ctx, s.connection.ID, r.entity, losses)
	if err != nil {
		return nil, fmt.Errorf("admit losses: %w", err)
	}
	if len(held) == 0 {
		return nil, nil
	}
	s.Logger.Warn("deletions held: too many at once", "connection_id", s.connection.ID, "entity", r.entity, "records", len(held))
	if s.heldShown.due(s.connection.ID) {
		// This very record becomes a held one only when it is finished.
		if err := s.showHeld(ctx, s.connection.ID, map[connection.Entity]int64{r.entity: int64(len(held))}); err != nil {
			s.Logger.Warn("attend", "connection_id", s.connection.ID, "err", err)
		}
	}
	return held, nil
}

// releaseClaims gives back what claim took: nothing of it was sent.
func (s *session) releaseClaims(ctx context.Context, claim store.Claim, claimed map[connection.RecordID]connection.RecordState) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	byFetch := map[int64][]connection.RecordID{}
	for _, item := range claim.Items {
		if _, ok := claimed[item.RecordID]; ok {
			byFetch[item.Fetched] = append(byFetch[item.Fetched], item.RecordID)
		}
	}
	var errs []error
	for fetched, ids := range byFetch {
		errs = append(errs, s.Store.Release(ctx, claim.ConnectionID, claim.Entity, fetched, ids))
	}
	return errors.Join(errs...)
}

// heldBack is how a held record ends: nothing is sent, nothing is forgotten.
func heldBack(r reading, it source.Record, prev connection.RecordState) verdict {
	return verdict{Result: store.Result{
		RecordID: it.ID, Fetched: r.f, Read: r.g, Outcome: connection.Waiting, State: prev, SourceModifiedAt: it.Modified,
		Reason: &connection.Reason{Code: connection.ReasonMassDeletion, Text: connection.MassDeletionText},
	}}
}

// showHeld keeps the attention mass_deletion as long as records are held. more
// are about to be.
func (a *Activities) showHeld(ctx context.Context, id connection.ID, more map[connection.Entity]int64) error {
	held, err := a.Store.HeldLosses(ctx, id)
	if err != nil {
		return err
	}
	var counts []string
	for _, entity := range connection.Entities() {
		if n := max(held[entity], more[entity]); n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, entity))
		}
	}
	if len(counts) == 0 {
		return a.Store.Unattend(ctx, id, connection.MassDeletion)
	}
	return a.Store.Attend(ctx, id, connection.Attention{
		Code: connection.MassDeletion,
		Action: strings.Join(counts, " and ") + " are gone from BigCommerce or opted out, which is over 5 % within a day, so Ometria is not told.\n" +
			"Look whether the store really lost them. Then confirm (they are taken out of use at Ometria) or discard (they are read anew): " +
			"POST /v1/connections/{id}/deletions, or ometria-bigcommerce connections deletions. Those that come back go on by themselves.",
	})
}

// reviewHeld reads a few of the held records. If any is back, all of its entity
// are let go, to be held again only if they are still gone.
func (s *session) reviewHeld(ctx context.Context) error {
	held, err := s.Store.HeldLosses(ctx, s.connection.ID)
	if err != nil {
		return err
	}
	for _, entity := range connection.Entities() {
		if held[entity] == 0 {
			continue
		}
		sample, err := s.Store.SampleHeld(ctx, s.connection.ID, entity, heldSample)
		if err != nil {
			return err
		}
		back, err := s.anyBack(ctx, entity, sample)
		if err != nil {
			return err
		}
		if !back {
			continue
		}
		s.Logger.Info("held records are back", "connection_id", s.connection.ID, "entity", entity)
		if err := s.Store.ReleaseHeld(ctx, s.connection.ID, entity); err != nil {
			return err
		}
	}
	return s.showHeld(ctx, s.connection.ID, nil)
}

func (s *session) anyBack(ctx context.Context, entity connection.Entity, sample []connection.RecordID) (bool, error) {
	for _, id := range sample {
		row, err := s.Store.Record(ctx, connection.RecordKey{ConnectionID: s.connection.ID, Entity: entity, RecordID: id})
		if err != nil {
			return false, fmt.Errorf("read record: %w", err)
		}
		it, err := s.reader.Record(ctx, entity, id)
		if err != nil {
			return false, err
		}
		if !isLoss(entity, it, row.State) {
			return true, nil
		}
	}
	return false, nil
}
