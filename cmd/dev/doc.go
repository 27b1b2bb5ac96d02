// Command dev runs everything on this machine by one command: a real Temporal
// server with its Web UI (the devserver program, as a child process), stand-ins
// of BigCommerce and Ometria, and the service itself with API and worker.
// With --demo it connects the stand-ins over the public API, waits for the
// whole store to arrive, changes records and sees each change arrive, holds
// what was exchanged to the services' published contracts (contract.go), and
// shows what becomes of bad records (bad.go).
//
// It is for development and proof, not for production: it makes its own keys
// and tokens and listens on loopback addresses.
//
// Start with main.go for the wiring, then demo.go.
package main
