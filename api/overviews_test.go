package api

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestOverviewsAreCountedATwentiethOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o overviews
		counted := 0
		took := time.Second
		count := func(_ context.Context, ids ...connection.ID) (map[connection.ID]store.Overview, error) {
			counted += len(ids)
			time.Sleep(took)
			all := map[connection.ID]store.Overview{}
			for _, id := range ids {
				all[id] = store.Overview{Progress: connection.Progress{connection.Orders: {Pages: int64(counted)}}}
			}
			return all, nil
		}
		ask := func(ids ...connection.ID) map[connection.ID]store.Overview {
			got, err := o.recent(t.Context(), count, ids)
			require.NoError(t, err)
			require.Len(t, got, len(ids))
			return got
		}
		ask("a", "b")
		assert.Equal(t, 2, counted)
		time.Sleep(19 * time.Second)
		ask("b", "a")
		assert.Equal(t, 2, counted)
		assert.EqualValues(t, 3, ask("a", "c")["c"].Progress[connection.Orders].Pages, "one that is new is counted")
		time.Sleep(2 * time.Second)
		ask("a", "b", "c")
		assert.Equal(t, 5, counted, "two were too old")

		time.Sleep(time.Minute)
		took = time.Hour
		ask("a")
		time.Sleep(overviewsOldest + time.Second)
		ask("a")
		assert.Equal(t, 7, counted, "none is older than half a minute")
		assert.Len(t, o.of, 1, "nothing is kept for ever")
	})
}
