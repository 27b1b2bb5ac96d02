// Package workflows holds the product's decisions: what is done when, what is
// tried again, what is undone. It never touches the outside world; that is
// package activities. Inputs, results, signals and failures carry ids, cursors
// and counts, never a credential and never a record.
//
// Start with names.go (workflow ids, signals, queries), then
// connection_setup.go and sync_record.go.
package workflows
