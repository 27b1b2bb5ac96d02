package activities

import (
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
