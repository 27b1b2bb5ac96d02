package pacing_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Who shares an account or a store with one that never stops asking waits for
// those who stood in line before, and for no more.
func TestAQuietCallerWaitsForTheLineBeforeIt(t *testing.T) {
	const line = 8 // what a busy connection has waiting: a group or two of each entity
	each(t, func(t *testing.T, open func() *store.Store) {
		p := pacing.New(open(), pacing.Options{PushesPerSecond: 50, MaxWait: time.Minute}, nil)
		for name, take := range map[string]func(context.Context) error{
			"pushes to one account": func(ctx context.Context) error { return p.Push(ctx, "ACCOUNT", pacing.Realtime) },
			"reads of one store": func(ctx context.Context) error {
				release, err := p.BigCommerce(ctx, "shop", pacing.Realtime)
				if err == nil {
					<-time.After(2 * time.Millisecond) // the request
					release()
				}
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				busy, stop := context.WithCancel(t.Context())
				var (
					granted atomic.Int64
					wg      sync.WaitGroup
				)
				require.NoError(t, p.Observe(t.Context(), "shop", pacing.Quota{Window: time.Hour, Reset: time.Hour, Limit: 1e6, Left: 1e6}))
				for range line {
					wg.Go(func() {
						for take(busy) == nil {
							granted.Add(1)
						}
					})
				}
				require.Eventually(t, func() bool { return granted.Load() > 2*line }, time.Minute, time.Millisecond)
				for range 5 {
					before := granted.Load()
					require.NoError(t, take(t.Context()))
					// More than the line itself, for this one must wake up to look.
					assert.LessOrEqual(t, granted.Load()-before, int64(4*line))
				}
				stop()
				wg.Wait()
			})
		}
	})
}
