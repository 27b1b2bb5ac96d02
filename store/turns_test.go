package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// written is who wrote, in order, when all these stood in line behind somebody.
func written(t *testing.T, line ...turn) (order []turn) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		leave, err := turns.take(t.Context())
		require.NoError(t, err)
		for _, who := range line {
			go func() {
				leave, err := turns.take(context.WithValue(t.Context(), turnKey{}, who))
				if assert.NoError(t, err) {
					order = append(order, who)
					leave()
				}
			}()
			synctest.Wait() // until it stands in line
		}
		leave()
		synctest.Wait()
	})
	return order
}

func TestRealTimeWaitsForOneBulkTransaction(t *testing.T) {
	const others = turn(0)
	assert.Equal(t, []turn{bulkTurn, others, others, bulkTurn, bulkTurn, bulkTurn},
		written(t, bulkTurn, bulkTurn, bulkTurn, bulkTurn, others, others))
}

func TestWebhooksWaitForOneTransaction(t *testing.T) {
	const others = turn(0)
	assert.Equal(t, []turn{webhookTurn, others, others, bulkTurn, others}, written(t, others, others, bulkTurn, others, webhookTurn))
}

func TestWhoStopsWaitingLeavesTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		leave, err := turns.take(t.Context())
		require.NoError(t, err)
		ended, cancel := context.WithCancelCause(WithBulk(t.Context()))
		failed := make(chan error, 1)
		go func() {
			_, err := turns.take(ended)
			failed <- err
		}()
		synctest.Wait()
		cancel(errors.New("enough"))
		require.ErrorIs(t, <-failed, context.Canceled)
		leave()
		leave, err = turns.take(WithBulk(t.Context()))
		require.NoError(t, err)
		leave()
	})
}
