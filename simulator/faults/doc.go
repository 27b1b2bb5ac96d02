// Package faults makes an HTTP service misbehave to order: answers of any
// status, HTML, truncated or malformed bodies, dropped connections, delays,
// and calls that do their work and fail all the same; beside that a constant
// latency.
//
// It knows nothing of what it wraps. A fault is matched by method and by a
// regular expression over path and query, a number of times or at random with
// a fixed seed. Open faults.go first; admin.go is the HTTP side of it.
package faults
