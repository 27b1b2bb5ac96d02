package activities

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// However many connections want however much, one that holds nothing finds a
// slot, and the greedy share alike.
func TestCrowd(t *testing.T) {
	for greedy := 1; greedy <= 20; greedy++ {
		t.Run(fmt.Sprint(greedy, " greedy"), func(t *testing.T) {
			const slots = 100
			var (
				c      crowd
				leaves []func()
			)
			for range 64 {
				for i := range greedy {
					if leave, ok := c.enter(connection.ID(fmt.Sprint(i)), slots); ok {
						leaves = append(leaves, leave)
					}
				}
			}
			assert.Less(t, c.all, slots)
			for id, held := range c.held {
				assert.InDelta(t, crowdFactor*slots/(crowdFactor*greedy+1), held, 3, id)
			}
			leave, ok := c.enter("quiet", slots)
			require.True(t, ok)
			leave()
			for _, leave := range leaves {
				leave()
				leave()
			}
			assert.Zero(t, c.all)
			assert.Empty(t, c.held)
		})
	}
	t.Run("no bound", func(t *testing.T) {
		var c crowd
		for range 1000 {
			_, ok := c.enter("any", 0)
			require.True(t, ok)
		}
	})
}

func TestBackoff(t *testing.T) {
	for attempt, whole := range map[int32]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1000: 5 * time.Minute,
	} {
		seen := map[time.Duration]bool{}
		for range 100 {
			wait := backoff(attempt)
			assert.LessOrEqual(t, wait, whole)
			assert.Greater(t, wait, whole/2)
			seen[wait] = true
		}
		assert.Greater(t, len(seen), 90, "no two come back at the same moment")
	}
}

func TestLonersAreBounded(t *testing.T) {
	var l loners
	key := func(n int) connection.RecordKey { return connection.RecordKey{RecordID: connection.RecordID(n)} }
	for n := range 3 * mostLoners {
		l.add(key(n))
		require.True(t, l.has(key(n)))
		require.LessOrEqual(t, len(l.keys), mostLoners)
	}
	last := key(3*mostLoners - 1)
	l.remove(last)
	assert.False(t, l.has(last))
}
