package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func intend(t *testing.T, open Open) {
	s := open(t)
	id := connected(t, s)
	meant := connection.RecordState{MayChildren: []int64{7}, MayConsent: connection.ConsentYes}
	note := func(f, recordID int64) {
		t.Helper()
		require.NoError(t, s.Intend(t.Context(), id, connection.Orders, []store.Intent{
			{RecordID: connection.RecordID(recordID), Fetched: f, State: meant},
		}))
	}
	t.Run("what was meant outlives a push that nobody heard of", func(t *testing.T) {
		f := seq(t, s)
		claim(t, s, id, f, 1)
		note(f, 1)
		Elapse(t, s, time.Minute+time.Second)
		expired, err := s.ExpireClaims(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, expired)
		f = seq(t, s)
		g := seq(t, s)
		got, err := s.Claim(t.Context(), store.Claim{ConnectionID: id, Entity: connection.Orders, Fetched: f, Items: claimItems(ids(1))})
		require.NoError(t, err)
		want := meant
		want.Exists = true
		assert.Equal(t, want, got[1])
		assert.Equal(t, 1, finish(t, s, id, f, g, connection.Accepted, 1))
		assert.Empty(t, record(t, s, order(id, 1)).State.MayChildren, "settled by a push that was heard of")
	})
	t.Run("a claim of another is left alone", func(t *testing.T) {
		f := seq(t, s)
		claim(t, s, id, f, 2)
		note(f-1, 2)
		note(f, 3)
		assert.Empty(t, record(t, s, order(id, 2)).State.MayConsent)
		finish(t, s, id, f, seq(t, s), connection.Accepted, 2)
		note(f, 2)
		assert.Empty(t, record(t, s, order(id, 2)).State.MayConsent, "the push has ended")
	})
}
