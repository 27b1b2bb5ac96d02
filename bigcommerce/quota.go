package bigcommerce

import (
	"net/http"
	"strconv"
	"time"
)

// Quota is what the X-Rate-Limit headers say of the store's budget, which all
// its apps share (API rate limits).
type Quota struct {
	// Window is the length of a window, Reset the time until the next begins.
	Window time.Duration
	Reset  time.Duration
	// Limit is the number of requests a window, Left those still to be had.
	Limit int
	Left  int
}

// readQuota returns the quota of an answer; ok is false if the headers are
// missing or make no sense.
func readQuota(header http.Header) (quota Quota, ok bool) {
	number := func(name string) int64 {
		n, err := strconv.ParseInt(header.Get(name), 10, 64)
		if err != nil || n < 0 {
			return -1
		}
		return n
	}
	window, reset := number("X-Rate-Limit-Time-Window-Ms"), number("X-Rate-Limit-Time-Reset-Ms")
	limit, left := number("X-Rate-Limit-Requests-Quota"), number("X-Rate-Limit-Requests-Left")
	const day = int64(24 * time.Hour / time.Millisecond)
	if reset < 0 || reset > day || limit < 0 || left < 0 {
		return Quota{}, false
	}
	return Quota{
		Window: time.Duration(min(max(window, 0), day)) * time.Millisecond,
		Reset:  time.Duration(reset) * time.Millisecond,
		Limit:  int(limit),
		Left:   int(left),
	}, true
}
