package store

import (
	"math"
	"time"
)

const (
	// Until a store's headers say otherwise: the smallest quota that
	// BigCommerce documents, 150 requests in 30 seconds (API rate limits).
	assumedQuota  = 150
	assumedWindow = 30_000
	// grace is how long after its turn came a waiting class is still kept
	// room for, so that it can wake up and take it.
	grace = 1_000
	// reserveAhead is how far ahead a push's moment is given out. Further ahead
	// it would go to bulk before real time that comes in between.
	reserveAhead = 100
	// share of bulk that real time leaves, and of real time that bulk leaves.
	tenth = 10
	// overlap is how much a header's window may end into the next one and
	// still be known as the earlier one's.
	overlap = 1_000
)

// Quota is what BigCommerce's X-Rate-Limit headers say of a store.
type Quota struct {
	Window time.Duration
	Reset  time.Duration // until the window's end
	Limit  int
	Left   int
}

// budget is one row of pace. Its methods decide and know no database; now and
// all moments are milliseconds of the database's clock.
type budget struct {
	quota, remaining   int64
	window, resetsAt   int64
	confirmed          int64 // headers told of this window
	bulkTaken          int64 // by bulk in this window
	nextAt, bulkNextAt int64
	realtimeUntil      int64 // real time waits
	bulkUntil          int64 // bulk waits
	backoffUntil       int64
}

// takeWindow takes one request of a window's quota and leaves floorShare of it
// to the merchant's other apps. Refused, it says how long to wait.
//
// Bulk takes nothing while real time waits, but a tenth of each window is its
// own. Real time in turn finds a tenth that bulk may use only as the window
// runs out, so that a change does not wait for the next window while a bulk
// sync drains this one.
func (b *budget) takeWindow(now int64, floorShare float64, realtime bool) (ok bool, wait int64) {
	if b.backoffUntil > now {
		b.waits(b.backoffUntil, realtime)
		return false, b.backoffUntil - now
	}
	if b.quota == 0 {
		b.quota, b.window = assumedQuota, assumedWindow
	}
	if now >= b.resetsAt {
		b.open(b.quota, b.quota, now+b.window)
	}
	floor := min(int64(math.Ceil(float64(b.quota)*floorShare)), b.quota-1)
	own := max(1, (b.quota-floor)/tenth)
	if realtime {
		if b.bulkUntil > now {
			floor += max(0, own-b.bulkTaken)
		}
		if b.remaining > floor {
			b.remaining--
			return true, 0
		}
		b.waits(b.resetsAt, true)
		return false, b.resetsAt - now
	}
	if b.bulkTaken >= own {
		if b.realtimeUntil > now {
			b.waits(min(b.resetsAt, b.realtimeUntil), false)
			return false, min(b.resetsAt, b.realtimeUntil) - now
		}
		// What is kept for real time shrinks to nothing by the window's last tenth.
		shrinks := b.window - b.window/tenth
		kept := own * max(0, b.resetsAt-now-b.window/tenth) / shrinks
		if b.remaining > floor && b.remaining <= floor+kept {
			return false, max(1, min(b.resetsAt-now, shrinks/own))
		}
	}
	if b.remaining > floor {
		b.remaining--
		b.bulkTaken++
		return true, 0
	}
	b.waits(b.resetsAt, false)
	return false, b.resetsAt - now
}

// waits notes that a class was refused and will be back at a moment.
func (b *budget) waits(at int64, realtime bool) {
	if realtime {
		b.realtimeUntil = max(b.realtimeUntil, at+grace)
	} else {
		b.bulkUntil = max(b.bulkUntil, at+grace)
	}
}

func (b *budget) open(quota, left, resetsAt int64) {
	b.quota, b.remaining, b.resetsAt = quota, left, resetsAt
	b.confirmed, b.bulkTaken = 0, 0
}

// observe learns from an answer's headers and reports whether anything
// changed. Headers may lower what is left or tell of the next window; they
// never give back what is on its way.
func (b *budget) observe(now int64, q Quota) bool {
	limit, left, window := int64(q.Limit), int64(q.Left), q.Window.Milliseconds()
	if limit <= 0 || window <= 0 || left < 0 {
		return false
	}
	before := *b
	ends := now + q.Reset.Milliseconds()
	switch opened := b.resetsAt - b.window; {
	case b.quota == 0, now >= b.resetsAt, b.confirmed == 1 && ends > b.resetsAt+window/2:
		b.open(limit, min(left, limit), ends)
		b.window, b.confirmed = window, 1
	case ends < opened+overlap:
		// Late: it tells of the window before this one.
	case b.confirmed == 0:
		if limit == b.quota {
			left = min(left, b.remaining)
		}
		b.quota, b.remaining, b.window, b.resetsAt, b.confirmed = limit, left, window, ends, 1
	default:
		b.remaining = min(b.remaining, left)
	}
	return *b != before
}

// takeRate gives out the next moment of a steady rate (GCRA without a burst):
// ok with how long to wait for it, or not ok with how long to wait before
// asking again. A rate is exact to a millisecond an interval.
func (b *budget) takeRate(now int64, perSecond float64, realtime bool) (ok bool, wait int64) {
	if b.backoffUntil > now {
		b.waits(b.backoffUntil, realtime)
		return false, b.backoffUntil - now
	}
	interval := int64(math.Ceil(1000 / perSecond))
	at := max(b.nextAt, now)
	if !realtime && b.realtimeUntil > now && b.bulkNextAt > now {
		return false, min(b.realtimeUntil, b.bulkNextAt) - now
	}
	if at-now > reserveAhead {
		if realtime {
			b.realtimeUntil = max(b.realtimeUntil, at+2*interval)
		}
		return false, at - now - reserveAhead
	}
	b.nextAt = at + interval
	if !realtime {
		b.bulkNextAt = at + tenth*interval
	}
	return true, at - now
}

func (b *budget) backOff(now int64, d time.Duration) {
	b.backoffUntil = max(b.backoffUntil, now+d.Milliseconds())
}
