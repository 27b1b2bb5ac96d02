package activities

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/store"
)

// What Ometria took before a later push of the same batch failed is finished:
// were it released, an older read could be pushed over it.
func TestPushThatWasTakenIsFinishedThoughTheRestFails(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "contact", Collection: "customers", ID: "3", When: "now"}))
	older := w.contacts(1, 1)
	older.items[0].Fingerprint = []byte("older content")
	newer := w.contacts(1, 4)
	w.orderPush(faults.Fault{Status: 429, Skip: 2}) // 1 to 4 refused in part, 1 and 2 taken, then throttled
	done, err := w.session().push(w.ctx, newer)
	require.Error(t, err)
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 2}, count(done))
	assert.False(t, w.row(connection.Customers, 4).Inflight, "nothing of it was ever taken: it may be tried at once")

	w.marketing.Faults().Clear()
	done, err = w.session().push(w.ctx, older)
	require.NoError(t, err)
	assert.Empty(t, done)
}

// A worker that was held up between its claim and its push must not push: the
// claim may be another's by the time the push is done.
func TestPushIsNotBegunByAnOldClaim(t *testing.T) {
	w := newWorld(t)
	r := w.contacts(1, 1)
	c := &chunk{session: w.session(), entity: r.entity, claimedAt: time.Now().Add(-pushWithin - time.Second)}
	err := c.send(w.ctx, []outgoing{{1, r.items[0].Map(connection.RecordState{}).Records[0]}})
	require.ErrorContains(t, err, "claims are 21s old")
	_, called := errors.AsType[*callError](err)
	assert.False(t, called, "so what was claimed is released")
	assert.Zero(t, w.held())
}

func TestElapsed(t *testing.T) {
	wall := time.Now().Round(0).Add(-time.Minute) // what a clock shows that stood still meanwhile
	assert.GreaterOrEqual(t, elapsed(wall), time.Minute)
	assert.Less(t, elapsed(time.Now()), time.Second)
}

// While one half of a batch is split for its bad record, the claims of the
// other half must not run out.
func TestPushThatIsSplitForLongKeepsItsClaims(t *testing.T) {
	const ttl, latency = 1500 * time.Millisecond, 200 * time.Millisecond // 14 pushes outlast a claim
	w := newWorld(t, func(o *worldOptions) { o.store = []store.Option{store.WithClaimTTL(ttl)} })
	require.NoError(t, w.account.Reject(ometriasim.Rule{Type: "contact", Collection: "customers", ID: "1", When: "now"}))
	w.marketing.Faults().SetLatency(latency)
	done, err := w.session().push(w.ctx, w.contacts(1, 100))
	require.NoError(t, err)
	assert.Greater(t, time.Duration(w.pushCount())*latency, ttl, "otherwise this proves nothing")
	assert.Equal(t, map[connection.Outcome]int{connection.Accepted: 99, connection.Rejected: 1}, count(done))
}
