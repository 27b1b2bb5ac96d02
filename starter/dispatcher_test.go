package starter

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

var errAway = errors.New("temporal is away")

// dispatching is a dispatcher over a real database and a fake Temporal.
type dispatching struct {
	*Dispatcher
	t        *testing.T
	temporal *fakeTemporal
	id       connection.ID
	registry *prometheus.Registry
}

func newDispatching(t *testing.T, opts ...store.Option) *dispatching {
	t.Helper()
	ctx := t.Context()
	log := slog.New(slog.DiscardHandler)
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), keys, log, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrate(ctx))
	authentication := connection.Authentication{ID: connection.NewAuthenticationID(), StoreHash: shop.StoreHash}
	require.NoError(t, s.CreateAuthentication(ctx, authentication, connection.Credentials{OmetriaAPIKey: "key", AccessToken: "token"}))
	c, err := s.CreateConnection(ctx, connection.Connection{
		AuthenticationID: authentication.ID, StoreHash: shop.StoreHash, IdentificationCode: "code", Timezone: "UTC",
	})
	require.NoError(t, err)
	_, err = s.SetPhase(ctx, c.ID, connection.Connected)
	require.NoError(t, err)
	f := &fakeTemporal{}
	registry := prometheus.NewRegistry()
	return &dispatching{NewDispatcher(New(f, time.Hour), s, registry, log), t, f, c.ID, registry}
}

// metric is the sum of a metric over its labels.
func (d *dispatching) metric(name string) (sum float64) {
	d.t.Helper()
	families, err := d.registry.Gather()
	require.NoError(d.t, err)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

func (d *dispatching) dirty(ids ...connection.RecordID) {
	d.t.Helper()
	require.NoError(d.t, d.store.MarkDirty(d.t.Context(), d.id, connection.Orders, ids))
}

func (d *dispatching) workflowID(id connection.RecordID) string {
	return workflows.SyncRecordID(connection.RecordKey{ConnectionID: d.id, Entity: connection.Orders, RecordID: id})
}

func (d *dispatching) handOver() int {
	d.t.Helper()
	handed, err := d.round(d.t.Context())
	require.NoError(d.t, err)
	return handed
}

func TestDispatcherHandsEachRecordOverOnce(t *testing.T) {
	d := newDispatching(t)
	assert.Zero(t, d.handOver())
	d.dirty(1, 2, 3)
	assert.Equal(t, 3, d.handOver())
	assert.ElementsMatch(t, []string{d.workflowID(1), d.workflowID(2), d.workflowID(3)}, d.temporal.startedIDs())
	assert.Equal(t, shop.StoreHash, d.temporal.started[0].input[0].(workflows.RecordInput).StoreHash)
	assert.Zero(t, d.handOver())
	assert.EqualValues(t, 3, d.metric("obc_records_dispatched_total"))

	d.dirty(2) // changed while its workflow may be at work: that must hear of it
	assert.Equal(t, 1, d.handOver())
	assert.Equal(t, d.workflowID(2), d.temporal.startedIDs()[3])
}

func TestDispatcherBoundsWhatIsAtWork(t *testing.T) {
	d := newDispatching(t)
	var ids []connection.RecordID
	for id := connection.RecordID(1); id <= 100; id++ {
		ids = append(ids, id)
	}
	d.dirty(ids...)
	assert.Equal(t, atWork, d.handOver())
	assert.Zero(t, d.handOver(), "a backlog waits in the database and not in Temporal")
}

func TestDispatcherTakesBackWhatTemporalDidNotTake(t *testing.T) {
	d := newDispatching(t)
	d.dirty(1, 2, 3)
	d.temporal.startErr = func(id string) error {
		if id == d.workflowID(2) {
			return errAway
		}
		return nil
	}
	handed, err := d.round(t.Context())
	assert.ErrorIs(t, err, errAway)
	assert.Equal(t, 2, handed)
	d.temporal.startErr = nil
	assert.Equal(t, 1, d.handOver(), "at once, not when it would be due again")
	assert.Equal(t, 1, count(d.temporal.startedIDs(), d.workflowID(2)))
	assert.Equal(t, 1, count(d.temporal.startedIDs(), d.workflowID(1)))
}

// Stopped in the middle of a round, the dispatcher gives back what it could not
// hand over.
func TestDispatcherStoppedGivesBack(t *testing.T) {
	d := newDispatching(t)
	d.dirty(1)
	ctx, cancel := context.WithCancel(t.Context())
	d.temporal.startErr = func(string) error {
		cancel()
		return ctx.Err()
	}
	_, err := d.round(ctx)
	assert.Error(t, err)
	d.temporal.startErr = nil
	assert.Equal(t, 1, d.handOver())
}

func TestDispatcherLeavesHeldConnectionsAlone(t *testing.T) {
	d := newDispatching(t)
	ctx := t.Context()
	d.dirty(1)
	require.NoError(t, d.store.Pause(ctx, d.id))
	assert.Zero(t, d.handOver())
	require.NoError(t, d.store.Park(ctx, d.id, connection.Parked{Code: connection.OmetriaUnavailable}))
	require.NoError(t, d.store.Unpause(ctx, d.id))
	assert.Zero(t, d.handOver())
	_, err := d.store.Unpark(ctx, d.id)
	require.NoError(t, err)
	assert.Equal(t, 1, d.handOver())
}

// run runs the dispatcher until it is stopped.
func (d *dispatching) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

func TestDispatcherRunBacksOffAndGoesOn(t *testing.T) {
	d := newDispatching(t)
	d.dirty(1)
	var calls atomic.Int32
	d.temporal.startErr = func(string) error {
		if calls.Add(1) <= 2 {
			return errAway
		}
		return nil
	}
	stop := d.run()
	start := time.Now()
	require.Eventually(t, func() bool { return len(d.temporal.startedIDs()) == 1 }, 20*time.Second, 5*time.Millisecond)
	assert.GreaterOrEqual(t, time.Since(start), 2*pollEvery+4*pollEvery, "each failure doubles the wait")
	assert.EqualValues(t, 3, calls.Load())

	d.dirty(2)
	d.Wake()
	d.Wake() // never blocks
	require.Eventually(t, func() bool { return len(d.temporal.startedIDs()) == 2 }, 20*time.Second, time.Millisecond)
	stop()
}

// The gauges are looked at just when Temporal hangs.
func TestDispatcherKeepsHouseWhileTemporalHangs(t *testing.T) {
	d := newDispatching(t)
	d.dirty(1)
	hangs, goesOn := make(chan struct{}), make(chan struct{})
	d.temporal.startErr = func(string) error {
		close(hangs)
		<-goesOn
		return nil
	}
	stop := d.run()
	<-hangs
	d.dirty(2)
	assert.Eventually(t, func() bool { return d.metric("obc_dirty_records") == 2 }, 4*housekeepEvery, 50*time.Millisecond)
	close(goesOn)
	stop()
}

func TestDispatcherPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Dispatcher{wake: make(chan struct{}, 1)}
		d.Wake()
		start := time.Now()
		d.pause(t.Context(), time.Minute, true)
		assert.Zero(t, time.Since(start), "woken")

		d.Wake()
		d.pause(t.Context(), time.Minute, false)
		assert.Equal(t, time.Minute, time.Since(start), "while Temporal is away, no event shortens the wait")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		d.pause(ctx, time.Minute, false)
		assert.Equal(t, time.Minute+time.Second, time.Since(start), "stopped")
	})
}

func TestDispatcherHousekeeping(t *testing.T) {
	d := newDispatching(t, store.WithClaimTTL(time.Millisecond))
	ctx := t.Context()
	f, err := d.store.NextSeq(ctx)
	require.NoError(t, err)
	_, err = d.store.Claim(ctx, store.Claim{
		ConnectionID: d.id, Entity: connection.Orders, Fetched: f, Items: []store.ClaimItem{{RecordID: 1}},
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		d.housekeep(ctx)
		return d.handOver() == 1 // the push of unknown outcome is made again
	}, 10*time.Second, 5*time.Millisecond)
	d.housekeep(ctx)
	assert.EqualValues(t, 1, d.metric("obc_dirty_records"))
	c, err := d.store.Connection(ctx, d.id)
	require.NoError(t, err)
	assert.Empty(t, c.Attention)

	var ids []connection.RecordID
	for id := connection.RecordID(1); id <= connection.ManyFailingOver+1; id++ {
		ids = append(ids, id)
	}
	d.dirty(ids...)
	_, err = d.store.DB().ExecContext(ctx, "UPDATE records SET attempts = 1, dispatched_seq = dirty_seq, backoff_until = dirty_at + 3600000")
	require.NoError(t, err)
	d.housekeep(ctx)
	c, err = d.store.Connection(ctx, d.id)
	require.NoError(t, err)
	require.Len(t, c.Attention, 1)
	assert.Equal(t, connection.ManyFailing, c.Attention[0].Code)
}

func count(list []string, s string) int {
	return len(slices.DeleteFunc(slices.Clone(list), func(x string) bool { return x != s }))
}
