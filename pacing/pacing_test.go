package pacing_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	os.Exit(code)
}

// each runs a test over both databases. open opens one more store, as another
// process would, on the same database.
func each(t *testing.T, test func(t *testing.T, open func() *store.Store)) {
	for name, newURL := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "test.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			url := newURL(t)
			keys, err := store.ParseKeys(store.NewKey())
			require.NoError(t, err)
			test(t, func() *store.Store {
				s, err := store.Open(t.Context(), url, keys, nil)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				require.NoError(t, s.Migrate(t.Context()))
				return s
			})
		})
	}
}

func waitError(t *testing.T, err error) *pacing.WaitError {
	t.Helper()
	wait, ok := errors.AsType[*pacing.WaitError](err)
	require.True(t, ok, "got %v", err)
	return wait
}

func TestQuotaIsSharedAndReserved(t *testing.T) {
	each(t, func(t *testing.T, open func() *store.Store) {
		o := pacing.Options{Reserve: 0.2, MaxWait: 5 * time.Second}
		a, b := pacing.New(open(), o, nil), pacing.New(open(), o, nil)
		ctx := t.Context()
		require.NoError(t, a.Observe(ctx, "shop", pacing.Quota{Window: time.Hour, Reset: time.Hour, Limit: 20, Left: 20}))
		for i := range 16 {
			release, err := []*pacing.Pacer{a, b}[i%2].BigCommerce(ctx, "shop", pacing.Realtime)
			require.NoError(t, err, "request %d", i)
			release()
			release()
		}
		start := time.Now()
		_, err := b.BigCommerce(ctx, "shop", pacing.Realtime)
		assert.InDelta(t, time.Hour, waitError(t, err).RetryIn, float64(time.Minute))
		assert.Less(t, time.Since(start), 3*time.Second, "it does not wait for what is an hour away")
		release, err := b.BigCommerce(ctx, "other", pacing.Bulk)
		require.NoError(t, err, "another store has its own quota")
		release()
	})
}

func TestThreeReadsOfAStoreAtOnce(t *testing.T) {
	each(t, func(t *testing.T, open func() *store.Store) {
		pacers := []*pacing.Pacer{
			pacing.New(open(), pacing.Options{MaxWait: time.Minute}, nil),
			pacing.New(open(), pacing.Options{MaxWait: time.Minute}, nil),
		}
		var (
			running, most atomic.Int32
			wg            sync.WaitGroup
		)
		for i := range 24 {
			wg.Go(func() {
				release, err := pacers[i%2].BigCommerce(t.Context(), "shop", []pacing.Class{pacing.Bulk, pacing.Realtime}[i/2%2])
				if !assert.NoError(t, err) {
					return
				}
				now := running.Add(1)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				<-time.After(5 * time.Millisecond) // the request
				running.Add(-1)
				release()
			})
		}
		wg.Wait()
		assert.LessOrEqual(t, most.Load(), int32(3))
		assert.Positive(t, most.Load())
	})
}

func TestPushesKeepTheirRate(t *testing.T) {
	each(t, func(t *testing.T, open func() *store.Store) {
		o := pacing.Options{PushesPerSecond: 40, MaxWait: time.Minute}
		pacers := []*pacing.Pacer{pacing.New(open(), o, nil), pacing.New(open(), o, nil)}
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 21 {
			wg.Go(func() {
				assert.NoError(t, pacers[i%2].Push(t.Context(), "ACCOUNT", []pacing.Class{pacing.Bulk, pacing.Realtime}[i%2]))
			})
		}
		wg.Wait()
		assert.GreaterOrEqual(t, time.Since(start), 500*time.Millisecond-2*time.Millisecond)
	})
}

func TestThrottledHoldsEveryProcess(t *testing.T) {
	each(t, func(t *testing.T, open func() *store.Store) {
		o := pacing.Options{PushesPerSecond: 100, ReadsPerSecond: 100, MaxWait: time.Second}
		a, b := pacing.New(open(), o, nil), pacing.New(open(), o, nil)
		ctx := t.Context()
		_, err := a.PushThrottled(ctx, "ACCOUNT", time.Minute)
		require.NoError(t, err)
		assert.InDelta(t, time.Minute, waitError(t, b.Push(ctx, "ACCOUNT", pacing.Realtime)).RetryIn, float64(10*time.Second))
		require.NoError(t, b.Read(ctx, "ACCOUNT"), "reads have a rate of their own")
		require.NoError(t, b.Push(ctx, "OTHER", pacing.Bulk))

		require.NoError(t, a.Throttled(ctx, "shop", 5*time.Second, false))
		_, err = b.BigCommerce(ctx, "shop", pacing.Bulk)
		assert.LessOrEqual(t, waitError(t, err).RetryIn, 5*time.Second)
		require.NoError(t, a.Throttled(ctx, "shop", 0, true))
		_, err = b.BigCommerce(ctx, "shop", pacing.Bulk)
		first := waitError(t, err).RetryIn
		assert.Greater(t, first, 5*time.Second, "platform load is left alone for longer")
		require.NoError(t, a.Throttled(ctx, "shop", 0, true))
		_, err = b.BigCommerce(ctx, "shop", pacing.Bulk)
		assert.Greater(t, waitError(t, err).RetryIn, first+5*time.Second, "and for longer each time")
	})
}

func TestNoLimit(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), nil, nil)
	require.NoError(t, err)
	require.NoError(t, s.Close()) // nothing of the store is needed
	p := pacing.New(s, pacing.Options{MaxWait: time.Second}, nil)
	for range 1000 {
		require.NoError(t, p.Push(t.Context(), "ACCOUNT", pacing.Bulk))
		require.NoError(t, p.Read(t.Context(), "ACCOUNT"))
	}
	_, err = p.PushThrottled(t.Context(), "ACCOUNT", time.Minute)
	require.NoError(t, err)
	waitError(t, p.Push(t.Context(), "ACCOUNT", pacing.Realtime))
}

func TestWaitsEndWithTheContext(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), nil, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Migrate(t.Context()))
	p := pacing.New(s, pacing.Options{PushesPerSecond: 1, MaxWait: time.Minute}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = p.PushThrottled(t.Context(), "ACCOUNT", 30*time.Second)
	require.NoError(t, err)
	start := time.Now()
	require.ErrorIs(t, p.Push(ctx, "ACCOUNT", pacing.Bulk), context.DeadlineExceeded)
	require.NoError(t, p.Throttled(t.Context(), "shop", 30*time.Second, false))
	_, err = p.BigCommerce(ctx, "shop", pacing.Bulk)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(start), 20*time.Second)
}

func TestPushesBackOffForLongerEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacing.New(nil, pacing.Options{}, nil)
		throttled := func(asked time.Duration) time.Duration {
			wait, err := p.PushThrottled(t.Context(), "ACCOUNT", asked)
			require.NoError(t, err)
			return wait
		}
		assert.Equal(t, 2*time.Second, throttled(0))
		assert.Equal(t, 2*time.Second, throttled(0), "an answer to a push that went out with the first")
		time.Sleep(3 * time.Second)
		assert.Equal(t, 4*time.Second, throttled(0), "again, as soon as it went on")
		time.Sleep(5 * time.Second)
		assert.Equal(t, 20*time.Second, throttled(20*time.Second), "as long as Ometria asks")
		time.Sleep(20*time.Second + time.Millisecond)
		for range 10 {
			time.Sleep(throttled(0))
		}
		assert.Equal(t, time.Minute, throttled(0), "no more than this")
		time.Sleep(3 * time.Minute)
		assert.Equal(t, 2*time.Second, throttled(0), "it went well for as long as the last wait")
	})
}
