// Package activities is what workflows do to the outside world: validate
// credentials, put the tag and webhooks into the store, fetch records, map
// them and push them, and take everything away again.
//
// A record's payload lives in memory inside one activity execution; what goes
// back to a workflow is ids, cursors, counts and named failures. Every activity
// may run twice. One function, temporalError, turns the clients' errors into
// Temporal's; one function, blame, says whether an account or a record is at
// fault.
//
// Start with activities.go, then push.go: the rule that nothing is lost and
// newer never loses to older.
package activities
