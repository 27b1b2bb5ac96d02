// Package e2e holds end-to-end tests alone: the dev command as real processes,
// a real Temporal server, real HTTP, both databases. It asserts end states:
// Ometria holds what the store holds.
//
// It imports nothing of the product but the client of its public API. The
// tests want the devserver program (OBC_DEVSERVER, or bin/devserver at the top
// level) and skip, saying so, where it is absent.
//
// Start with process_test.go, then demo_test.go.
package e2e
