// Package mapping turns BigCommerce records into Ometria records. Words cross
// over here and nowhere else.
//
// It is pure: no clock, no network, no context, no randomness. It is total: a
// record nobody thought of becomes a rejection that names the field, never a
// panic or a blank. What it must know of the past (consents seen, variants
// pushed, whether the record was pushed at all) comes in as a
// connection.RecordState and goes out as the state after a successful push.
// Notes and reasons never hold a value of the record.
//
// Start with mapping.go, then the file of each entity; keys.go says how names
// become keys, ids.go what Ometria calls each record.
package mapping
