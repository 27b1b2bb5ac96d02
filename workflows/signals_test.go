package workflows_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// After the last change of a record there is always one more fetch, whether
// the change met a run that fetches, one that completes or none at all. Only a
// real server has the races between a signal and a completion.
func TestNoChangeIsLostOnARealServer(t *testing.T) {
	const records, changes = 16, 8
	w := newWorld()
	var mu sync.Mutex // guards what follows
	fetchedAt := map[connection.RecordID]time.Time{}
	changedAt := map[connection.RecordID]time.Time{}
	fetches := 0
	w.onRecord(connectionID, func(_ context.Context, in activities.Record) (activities.RecordResult, error) {
		mu.Lock()
		defer mu.Unlock()
		fetchedAt[in.RecordID] = time.Now()
		fetches++
		if in.RecordID%2 == 0 {
			return activities.RecordResult{Outcome: connection.Rejected, Reason: connection.ReasonRefused}, nil
		}
		return activities.RecordResult{Outcome: connection.Accepted}, nil
	})
	temporalClient := startServer(t, w)
	s := starter.New(temporalClient, time.Hour)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var group errgroup.Group
	for id := connection.RecordID(1); id <= records; id++ {
		group.Go(func() error {
			key := connection.RecordKey{ConnectionID: connectionID, Entity: connection.Products, RecordID: id}
			for range changes {
				mu.Lock()
				changedAt[id] = time.Now()
				mu.Unlock()
				if _, err := s.SyncRecord(ctx, key, storeHash); err != nil {
					return err
				}
				time.Sleep(rand.N(200 * time.Millisecond)) // spreads changes over all moments of a run
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	for id := connection.RecordID(1); id <= records; id++ {
		key := connection.RecordKey{ConnectionID: connectionID, Entity: connection.Products, RecordID: id}
		_ = temporalClient.GetWorkflow(ctx, workflows.SyncRecordID(key), "").Get(ctx, nil) // even ids end as rejected
		mu.Lock()
		assert.True(t, fetchedAt[id].After(changedAt[id]), "record %d: no fetch after its last change", id)
		mu.Unlock()
	}
	require.NoError(t, ctx.Err())
	assert.LessOrEqual(t, fetches, records*changes, "at most one fetch a change")
}
