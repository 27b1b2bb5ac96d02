package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
)

type fakeStarter struct {
	running []string
	asked   []string
	err     error
}

func (f *fakeStarter) Running(_ context.Context, id string) (bool, error) {
	return slices.Contains(f.running, id), f.err
}

func (f *fakeStarter) SetUp(_ context.Context, c connection.Connection) (string, error) {
	f.asked = append(f.asked, "set up "+string(c.ID))
	return "", nil
}

func (f *fakeStarter) Remove(_ context.Context, c connection.Connection) (string, error) {
	f.asked = append(f.asked, "remove "+string(c.ID))
	return "", nil
}

func (f *fakeStarter) Resync(_ context.Context, c connection.Connection, r starter.Resync) (string, error) {
	f.asked = append(f.asked, "resync "+string(c.ID))
	return "", nil
}

// pages lists one connection a page.
type pages []connection.Connection

func (p pages) Connections(_ context.Context, cursor string, _ int) ([]connection.Connection, string, error) {
	at := 0
	if cursor != "" {
		at = slices.IndexFunc(p, func(c connection.Connection) bool { return string(c.ID) == cursor }) + 1
	}
	if at == len(p)-1 {
		return p[at:], "", nil
	}
	return p[at : at+1], string(p[at].ID), nil
}

func (p pages) Connection(_ context.Context, id connection.ID) (connection.Connection, error) {
	if at := slices.IndexFunc(p, func(c connection.Connection) bool { return c.ID == id }); at >= 0 {
		return p[at], nil
	}
	return connection.Connection{}, fmt.Errorf("read connection: %w", store.ErrNotFound)
}

// moved lists what was before and reads what is now.
type moved struct{ before, now pages }

func (m moved) Connections(ctx context.Context, cursor string, limit int) ([]connection.Connection, string, error) {
	return m.before.Connections(ctx, cursor, limit)
}

func (m moved) Connection(ctx context.Context, id connection.ID) (connection.Connection, error) {
	return m.now.Connection(ctx, id)
}

// A workflow that ends between the page and the look at it leaves no stranded
// connection: its end is in the connection.
func TestConnectionThatMovedOnIsNotRescued(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	long := at.Add(-time.Hour)
	before := pages{{ID: "c", Phase: connection.Validating, UpdatedAt: long}}
	for name, tc := range map[string]struct {
		now   pages
		asked []string
	}{
		"failed":          {pages{{ID: "c", Phase: connection.Failed, UpdatedAt: at}}, nil},
		"set up anew":     {pages{{ID: "c", Phase: connection.Validating, UpdatedAt: at}}, nil},
		"removed":         {nil, nil},
		"still as it was": {before, []string{"set up c"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeStarter{}
			var rescued int
			r := rescuer{connections: moved{before, tc.now}, starter: f, now: func() time.Time { return at }, seen: sightings{},
				rescued: func(connection.Connection) { rescued++ }}
			require.NoError(t, r.run(t.Context()))
			require.Equal(t, tc.asked, f.asked)
			require.Equal(t, len(tc.asked), rescued)
		})
	}
}

func TestStrandedConnectionsAreRescued(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	long := now.Add(-time.Hour)
	one := func(id string, phase connection.Status, updated time.Time) connection.Connection {
		return connection.Connection{ID: connection.ID(id), Phase: phase, UpdatedAt: updated}
	}
	all := pages{
		one("validating", connection.Validating, long), one("installing", connection.Installing, long),
		one("syncing", connection.Syncing, long), one("removing", connection.Removing, long),
		one("connected", connection.Connected, long), one("failed", connection.Failed, long),
		one("fresh", connection.Removing, now.Add(-time.Minute)),
	}
	run := func(f *fakeStarter) (rescued []string, err error) {
		err = rescuer{connections: all, starter: f, now: func() time.Time { return now }, seen: sightings{},
			rescued: func(c connection.Connection) { rescued = append(rescued, string(c.ID)) }}.run(t.Context())
		return rescued, err
	}

	t.Run("nothing runs", func(t *testing.T) {
		f := &fakeStarter{}
		rescued, err := run(f)
		require.NoError(t, err)
		require.Equal(t, []string{"set up validating", "set up installing", "resync syncing", "remove removing"}, f.asked)
		require.Equal(t, []string{"validating", "installing", "syncing", "removing"}, rescued)
	})
	t.Run("everything runs", func(t *testing.T) {
		f := &fakeStarter{running: []string{
			"connection-setup/validating", "connection-setup/installing", "bulk-sync/syncing", "connection-removal/removing",
		}}
		_, err := run(f)
		require.NoError(t, err)
		require.Empty(t, f.asked)
	})
	t.Run("a setup that is about to start the bulk sync is left alone", func(t *testing.T) {
		f := &fakeStarter{running: []string{
			"connection-setup/validating", "connection-setup/installing", "connection-setup/syncing", "connection-removal/removing",
		}}
		_, err := run(f)
		require.NoError(t, err)
		require.Empty(t, f.asked)
	})
	t.Run("while Temporal is away nothing is guessed", func(t *testing.T) {
		away := errors.New("unavailable")
		f := &fakeStarter{err: away}
		_, err := run(f)
		require.ErrorIs(t, err, away)
		require.Empty(t, f.asked)
	})
}

// A reconcile every minute writes to its connection every minute: it is rescued
// all the same, once it has stood without its workflow for long enough.
func TestConnectionThatIsWrittenToAllTheTimeIsRescued(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	all := pages{{ID: "c", Phase: connection.Syncing}}
	f := &fakeStarter{}
	r := rescuer{connections: all, starter: f, now: func() time.Time { return now }, seen: sightings{}, rescued: func(connection.Connection) {}}
	look := func() {
		t.Helper()
		now = now.Add(strandedEvery)
		all[0].UpdatedAt = now
		require.NoError(t, r.run(t.Context()))
	}
	for range 4 {
		look()
	}
	require.Empty(t, f.asked)
	f.running = []string{"bulk-sync/c"}
	look()
	f.running = nil
	for range 4 {
		look()
	}
	require.Empty(t, f.asked, "it ran in between")
	look()
	require.Equal(t, []string{"resync c"}, f.asked)
	look()
	require.Len(t, f.asked, 1, "and is given time again")
}
