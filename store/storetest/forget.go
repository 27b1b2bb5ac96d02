package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// What was pushed under other names, or to another account, must not be taken
// for what Ometria holds now; what was seen of the shop is as true as before.
func forget(t *testing.T, open Open) {
	left := connection.RecordState{Exists: true, Children: []int64{7}, ConsentSeen: connection.ConsentYes, ConsentSent: connection.ConsentYes}
	seen := connection.RecordState{Exists: true, Children: []int64{7}, ConsentSeen: connection.ConsentYes, ConsentBefore: connection.ConsentYes}
	bare := connection.RecordState{Exists: true} // as of an order
	all := connection.Entities()
	for name, change := range map[string]struct {
		change   func(c *connection.Connection)
		forgets  []connection.Entity
		hadMoved bool
	}{
		"identification_code":    {func(c *connection.Connection) { c.IdentificationCode = "NEW" }, all, true},
		"id_prefix":              {func(c *connection.Connection) { c.Settings.IDPrefix = "uk-" }, all, true},
		"subscribers_collection": {func(c *connection.Connection) { c.Settings.SubscribersCollection = "old" }, []connection.Entity{connection.Subscribers}, true},
		"customers_collection":   {func(c *connection.Connection) { c.Settings.CustomersCollection = "old" }, []connection.Entity{connection.Customers}, false},
		"variant_id":             {func(c *connection.Connection) { c.Settings.VariantID = connection.VariantRaw }, []connection.Entity{connection.Products}, false},
		"the default by its name": {func(c *connection.Connection) {
			c.Settings.VariantID, c.Settings.SubscribersCollection = connection.VariantComposite, connection.CollectionSubscribers
		}, nil, false},
		"name": {func(c *connection.Connection) { c.Name, c.Timezone = "Hats", "UTC" }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			ctx := t.Context()
			id := connected(t, s)
			made := time.Now()
			require.NoError(t, s.SetInstalled(ctx, id, func(i *connection.Installed) { i.HooksMadeAt = &made }))
			c, err := s.Connection(ctx, id)
			require.NoError(t, err)
			take := func(e connection.Entity, f, epoch int64, n ...int64) map[connection.RecordID]connection.RecordState {
				t.Helper()
				got, err := s.Claim(ctx, store.Claim{ConnectionID: id, Entity: e, Fetched: f, Epoch: epoch, Items: claimItems(ids(n...))})
				require.NoError(t, err)
				return got
			}
			end := func(e connection.Entity, f int64, n int64, left connection.RecordState) int {
				t.Helper()
				done, err := s.Finish(ctx, store.Finish{ConnectionID: id, Entity: e, Fetched: f, Read: seq(t, s), Results: []store.Result{{
					RecordID: connection.RecordID(n), Outcome: connection.Accepted, RequestIDs: []string{"r"}, Fingerprint: []byte{byte(n)}, State: left,
				}}})
				require.NoError(t, err)
				return done
			}
			onItsWay := map[connection.Entity]int64{} // number of its claim
			for _, e := range all {
				f := seq(t, s)
				take(e, f, c.Epoch, 1)
				require.Equal(t, 1, end(e, f, 1, left))
				f = seq(t, s)
				take(e, f, c.Epoch, 4)
				require.Equal(t, 1, end(e, f, 4, bare))
				onItsWay[e] = seq(t, s)
				require.Len(t, take(e, onItsWay[e], c.Epoch, 2), 1)
			}

			changed, err := s.UpdateConnection(ctx, id, 0, func(c *connection.Connection) error {
				change.change(c)
				return nil
			})
			require.NoError(t, err)
			assert.Equal(t, change.hadMoved, changed.AccountHeldContacts, "people may have left there")
			assert.Equal(t, change.hadMoved, changed.ConnectedAt().After(c.ConnectedAt()), "what they chose so far is history")
			assert.Equal(t, change.forgets != nil, changed.Epoch != c.Epoch)

			for _, e := range all {
				forgets := slices.Contains(change.forgets, e)
				assert.Equal(t, !forgets, end(e, onItsWay[e], 2, left) == 1, "%s: what was sent elsewhere is not noted", e)
				key := connection.RecordKey{ConnectionID: id, Entity: e, RecordID: 2}
				assert.Equal(t, forgets, record(t, s, key).DirtySeq > 0, "%s: it is sent again", e)

				f := seq(t, s)
				if changed.Epoch != c.Epoch {
					assert.Empty(t, take(e, f, c.Epoch, 3), "%s: read for what the connection was", e)
					assert.Positive(t, record(t, s, connection.RecordKey{ConnectionID: id, Entity: e, RecordID: 3}).DirtySeq)
				}
				want := map[connection.RecordID]connection.RecordState{1: left, 4: bare}
				if forgets {
					want[1] = seen
					hit, err := s.RejectLater(ctx, changed.IdentificationCode, e, 1, "r", changed.Settings.IDPrefix, connection.Reason{Code: "x"}, time.Now())
					require.NoError(t, err)
					assert.True(t, hit, "an error of a push from before undoes nothing that was seen")
				}
				assert.Equal(t, want, take(e, f, changed.Epoch, 1, 4), e)
			}
		})
	}
	t.Run("before the setup is through, nobody can have left", func(t *testing.T) {
		s := open(t)
		c, err := s.UpdateConnection(t.Context(), newConnection(t, s, "abc", "A").ID, 0, func(c *connection.Connection) error {
			c.IdentificationCode = "B"
			return nil
		})
		require.NoError(t, err)
		assert.False(t, c.AccountHeldContacts)
	})
}
