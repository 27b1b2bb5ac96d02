// Package journal keeps what a simulator must remember over a kill -9: one
// JSON document a line, appended with a single write call each, replayed at
// the next start.
//
// It never rewrites what it wrote and never syncs: a killed process loses
// nothing that the kernel already has. Only the last line can be torn, and
// Open cuts that off. Open journal.go first.
package journal
