package connection

import "time"

// AuditEntry is one change that a person made: through page, API or command
// line.
type AuditEntry struct {
	ID      string // UUIDv7
	At      time.Time
	Role    string
	Name    string // of the token; may be empty
	Through string // page, cli or api, as the caller says
	Action  string // what was done, in the past tense: "paused the connection"
	Detail  string // what of it: names of changed fields, entities
	// What it was done to; which of these are set depends on the action.
	ConnectionID     ID
	AuthenticationID AuthenticationID
	Entity           Entity
	RecordID         RecordID
}
