// Command dev runs everything on this machine by one command: a real Temporal
// server with its Web UI (the devserver program, as a child process), stand-ins
// of BigCommerce and Ometria, and the service itself with API and worker.
// With --demo it connects the stand-ins over the public API, waits for the
// whole store to arrive, changes records and sees each change arrive.
//
// It is for development and proof, not for production: it makes its own keys
// and tokens and listens on loopback addresses.
//
// Start with main.go for the wiring, then demo.go.
package main
