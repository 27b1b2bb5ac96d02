// Package e2e holds end-to-end tests alone: the dev command as real processes,
// a real Temporal server, real HTTP, both databases. It asserts end states:
// Ometria holds what the store holds.
//
// The product runs as its own programs and is asked through the client of its
// public API; only what bends time imports more of it: claims that stand for
// seconds, and three days that pass at once. The tests want the devserver
// program (OBC_DEVSERVER, or bin/devserver at the top level) and skip, saying
// so, where it is absent.
//
// Start with process_test.go, then demo_test.go. realtime_test.go begins a world
// whose processes and stand-ins a test holds in its own hands, each stand-in
// behind a gate (realtime_gate_test.go).
package e2e
