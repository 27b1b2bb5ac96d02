// Package service makes a running service out of the other packages: it reads
// the configuration, opens the database, dials Temporal and runs the API, the
// worker, or both, until its context ends.
//
// It decides nothing about connections or records. It never reads the
// process's environment by itself: LoadConfig is given one.
//
// Start with config.go for what can be set, then run.go for what is wired.
package service
