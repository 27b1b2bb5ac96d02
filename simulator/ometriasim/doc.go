// Package ometriasim stands in for Ometria's Data API v2: pushing records,
// the errors that come later, and reading back. It is an http.Handler that
// keeps what it was sent, with Ometria's limits, and can be told to lose or
// refuse a record, to answer 429, or to misbehave (package faults). What breaks
// the published schemas is counted apart from what is refused, as Violations.
//
// It is built from what Ometria documents and what public clients do, never
// from our own client, and the product never imports it. What Ometria leaves
// open it does the harsher way: without @merge a record is replaced whole.
// Open server.go first; push.go is the heart, admin.go the /_simulator/ side.
package ometriasim
