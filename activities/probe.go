package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Probing of a parked connection: soon at first, then ever more rarely.
const (
	firstProbe   = 10 * time.Second
	longestProbe = 5 * time.Minute
	probeBatch   = 20
)

// ProbeParked tries the accounts of parked connections whose time has come.
// One that answers again is unparked and returned. It is no activity: a loop
// beside the worker calls it, one process at a time for each connection.
func (a *Activities) ProbeParked(ctx context.Context) (unparked []connection.ID, err error) {
	due, err := a.Store.ParkedDue(ctx, probeBatch)
	if err != nil {
		return nil, fmt.Errorf("find parked connections: %w", err)
	}
	for _, id := range due {
		c, err := a.Store.Connection(ctx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && c.Parked == nil {
			continue
		}
		if err != nil {
			return unparked, fmt.Errorf("read connection: %w", err)
		}
		if cause := a.probe(ctx, c); cause != nil {
			if ctx.Err() != nil {
				return unparked, ctx.Err()
			}
			a.Logger.Info("still parked", "connection_id", id, "status", c.Parked.Code, "err", cause)
			wait := min(firstProbe<<min(c.Parked.Probes+1, 8), longestProbe)
			if err := a.Store.ProbeFailed(ctx, id, wait); err != nil {
				return unparked, fmt.Errorf("note probe: %w", err)
			}
			continue
		}
		if _, err := a.Store.Unpark(ctx, id); err != nil {
			return unparked, fmt.Errorf("unpark connection: %w", err)
		}
		a.Logger.Info("connection unparked", "connection_id", id)
		unparked = append(unparked, id)
	}
	return unparked, nil
}

// probe tries what the connection was parked for. Credentials are tried whole:
// a token may answer on one route and lack the scope of another.
func (a *Activities) probe(ctx context.Context, c connection.Connection) error {
	switch c.Parked.Code {
	case connection.BigCommerceUnavailable:
		accounts, err := a.Dialer.Open(ctx, c.AuthenticationID, c.IdentificationCode, pacing.Realtime)
		if err != nil {
			return err
		}
		_, err = accounts.BigCommerce.Store.Information(ctx)
		return err
	case connection.OmetriaUnavailable, connection.OmetriaCredentials:
		accounts, err := a.Dialer.Open(ctx, c.AuthenticationID, c.IdentificationCode, pacing.Realtime)
		if err != nil {
			return err
		}
		if err := accounts.TakeRead(ctx); err != nil {
			return err
		}
		return accounts.Ometria.Check(ctx)
	default:
		report, err := a.Tester.Test(ctx, c.AuthenticationID)
		if err != nil {
			return err
		}
		for _, check := range report.Checks {
			if !check.OK {
				return errors.New(check.Message)
			}
		}
		// The currency that is left may be another than before.
		return a.refreshStore(ctx, c.ID, report)
	}
}
