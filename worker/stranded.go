package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	strandedEvery = 30 * time.Second
	// strandedAfter is how long a phase must stand without its workflow before
	// the workflow is started again: whoever set the phase is given time to
	// start it.
	strandedAfter = 2 * time.Minute
	strandedPage  = 100
)

// workflowStarter is what finding and helping stranded connections needs.
type workflowStarter interface {
	Running(ctx context.Context, workflowID string) (bool, error)
	SetUp(ctx context.Context, c connection.Connection) (string, error)
	Remove(ctx context.Context, c connection.Connection) (string, error)
	Resync(ctx context.Context, c connection.Connection, r starter.Resync) (string, error)
}

// connectionLister reads the live connections, a page at a time or one.
type connectionLister interface {
	Connection(ctx context.Context, id connection.ID) (connection.Connection, error)
	Connections(ctx context.Context, cursor string, limit int) ([]connection.Connection, string, error)
}

// rescuer starts again what a connection's phase says is at work and is not:
// the process died between the database and Temporal, a workflow was terminated
// by hand, or Temporal was restored from a backup.
type rescuer struct {
	connections connectionLister
	starter     workflowStarter
	now         func() time.Time
	rescued     func(c connection.Connection)
	// seen keeps what earlier looks found: a connection that is written to all
	// the time, as by its reconcile, is never seen to stand still.
	seen sightings
}

// sightings say since when each connection stands in a phase without its
// workflow.
type sightings map[connection.ID]sighting

type sighting struct {
	phase connection.Status
	since time.Time
}

// lasts notes a connection without its workflow and returns for how long it has
// been one.
func (s sightings) lasts(c connection.Connection, now time.Time) time.Duration {
	if s[c.ID].phase != c.Phase {
		s[c.ID] = sighting{c.Phase, now}
	}
	return now.Sub(s[c.ID].since)
}

func (r rescuer) run(ctx context.Context) error {
	cursor := ""
	for {
		page, next, err := r.connections.Connections(ctx, cursor, strandedPage)
		if err != nil {
			return fmt.Errorf("list connections: %w", err)
		}
		for _, c := range page {
			if err := r.look(ctx, c); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

func (r rescuer) look(ctx context.Context, c connection.Connection) error {
	workflowIDs := map[connection.Status][]string{
		connection.Validating: {starter.ConnectionSetupID(c.ID)},
		connection.Installing: {starter.ConnectionSetupID(c.ID)},
		connection.Syncing:    {starter.BulkSyncID(c.ID), starter.ConnectionSetupID(c.ID)},
		connection.Removing:   {starter.ConnectionRemovalID(c.ID)},
	}[c.Phase]
	if len(workflowIDs) == 0 {
		delete(r.seen, c.ID)
		return nil
	}
	for _, id := range workflowIDs {
		running, err := r.starter.Running(ctx, id)
		if err != nil {
			return err
		}
		if running {
			delete(r.seen, c.ID)
			return nil
		}
	}
	if lasts := r.seen.lasts(c, r.now()); lasts < strandedAfter && r.now().Sub(c.UpdatedAt) < strandedAfter {
		return nil
	}
	// A workflow that ended since the page was read has moved the connection on.
	latest, err := r.connections.Connection(ctx, c.ID)
	if errors.Is(err, store.ErrNotFound) {
		delete(r.seen, c.ID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read connection: %w", err)
	}
	if latest.Phase != c.Phase || !latest.UpdatedAt.Equal(c.UpdatedAt) {
		return nil
	}
	switch c.Phase {
	case connection.Removing:
		_, err = r.starter.Remove(ctx, c)
	case connection.Syncing:
		_, err = r.starter.Resync(ctx, c, starter.Resync{Entities: connection.Entities()})
	default:
		_, err = r.starter.SetUp(ctx, c)
	}
	if err == nil {
		delete(r.seen, c.ID)
		r.rescued(c)
	}
	return err
}
