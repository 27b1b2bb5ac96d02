package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// drain takes until refused and returns how many it got.
func drain(b *budget, now int64, reserve float64, realtime bool) (n int) {
	for {
		if ok, _ := b.takeWindow(now, reserve, realtime); !ok {
			return n
		}
		n++
	}
}

func TestWindowUnknownAtFirst(t *testing.T) {
	var b budget
	assert.Equal(t, 120, drain(&b, 1000, 0.2, true), "150 assumed, a fifth is left to others")
	ok, wait := b.takeWindow(1000, 0.2, true)
	assert.False(t, ok)
	assert.Equal(t, int64(30_000), wait)
	ok, _ = b.takeWindow(31_000, 0.2, true)
	assert.True(t, ok, "the next window opens by itself")
}

func TestWindowBulkUsesAllOfIt(t *testing.T) {
	b := budget{}
	taken, now := 0, int64(1000)
	for ok, wait := true, int64(0); now < 31_000; {
		if ok, wait = b.takeWindow(now, 0, false); ok {
			taken++
		} else {
			require.Positive(t, wait)
			now += wait
		}
	}
	assert.Equal(t, 150, taken, "what is kept for real time is let go as the window ends")
}

func TestWindowKeepsRoomForRealTime(t *testing.T) {
	b := budget{}
	assert.Equal(t, 135, drain(&b, 1000, 0, false), "a tenth is kept while the window is young")
	assert.Equal(t, 15, drain(&b, 1000, 0, true))
}

func TestWindowRealTimeFirstButBulkKeepsATenth(t *testing.T) {
	b := budget{}
	drain(&b, 1000, 0, false)
	drain(&b, 1000, 0, true)
	ok, _ := b.takeWindow(1000, 0, false)
	require.False(t, ok, "both wait now")
	now := int64(31_000)
	assert.Equal(t, 15, drain(&b, now, 0, false), "bulk gets its tenth")
	assert.Equal(t, 135, drain(&b, now, 0, true))

	b = budget{}
	drain(&b, 1000, 0, false)
	drain(&b, 1000, 0, true)
	_, _ = b.takeWindow(1000, 0, false)
	assert.Equal(t, 135, drain(&b, now, 0, true), "real time leaves bulk its tenth")
	assert.Equal(t, 15, drain(&b, now, 0, false))
}

func TestHeadersOnlyLowerOrOpen(t *testing.T) {
	quota := func(left int, reset time.Duration) Quota {
		return Quota{Window: 30 * time.Second, Reset: reset, Limit: 450, Left: left}
	}
	b := budget{}
	_, _ = b.takeWindow(1000, 0, true)
	require.True(t, b.observe(1100, quota(400, 20*time.Second)))
	assert.Equal(t, int64(400), b.remaining)
	assert.Equal(t, int64(21_100), b.resetsAt)
	assert.False(t, b.observe(1200, quota(420, 19_900*time.Millisecond)), "never up within a window")
	assert.True(t, b.observe(1300, quota(300, 19_800*time.Millisecond)), "others use it too")
	assert.Equal(t, int64(300), b.remaining)
	assert.True(t, b.observe(1400, quota(449, 30*time.Second+20*time.Second)), "a later end is another window")
	assert.Equal(t, int64(449), b.remaining)

	b = budget{}
	_, _ = b.takeWindow(1000, 0, true)
	b.observe(1100, quota(400, time.Second))
	_, _ = b.takeWindow(2200, 0, true)
	assert.False(t, b.observe(2250, quota(0, 0)), "a late answer of the window before")
	assert.Equal(t, int64(449), b.remaining)
	assert.False(t, b.observe(2250, Quota{}), "no headers say nothing")
}

func TestReserveOfEverythingStillMoves(t *testing.T) {
	b := budget{}
	assert.Equal(t, 1, drain(&b, 1000, 1, true))
}

func TestRateIsSteady(t *testing.T) {
	var b budget
	var moments []int64
	for now := int64(1000); len(moments) < 5; {
		ok, wait := b.takeRate(now, 8, true)
		if ok {
			moments = append(moments, now+wait)
			continue
		}
		require.Positive(t, wait)
		now += wait
	}
	assert.Equal(t, []int64{1000, 1125, 1250, 1375, 1500}, moments)
	ok, wait := b.takeRate(60_000, 8, true)
	assert.True(t, ok)
	assert.Zero(t, wait)
	ok, _ = b.takeRate(60_000, 8, true)
	assert.False(t, ok, "idle time saves nothing up")
}

func TestRateRealTimeFirstButBulkKeepsATenth(t *testing.T) {
	var b budget
	bulk, realtime := 0, 0
	for now := int64(1000); now < 61_000; now += 5 {
		// Both always wait; bulk asks first each time.
		if ok, _ := b.takeRate(now, 8, false); ok {
			bulk++
		}
		if ok, _ := b.takeRate(now, 8, true); ok {
			realtime++
		}
	}
	assert.InDelta(t, 480, bulk+realtime, 2)
	assert.InDelta(t, 48, bulk, 10)
}

func TestBackOffHoldsEverybody(t *testing.T) {
	var b budget
	b.backOff(1000, 5*time.Second)
	b.backOff(1000, time.Second)
	for _, realtime := range []bool{false, true} {
		ok, wait := b.takeRate(2000, 8, realtime)
		assert.False(t, ok)
		assert.Equal(t, int64(4000), wait)
		ok, wait = b.takeWindow(2000, 0, realtime)
		assert.False(t, ok)
		assert.Equal(t, int64(4000), wait)
	}
	ok, _ := b.takeRate(6000, 8, true)
	assert.True(t, ok)
}
