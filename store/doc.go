// Package store keeps connections, authentications, records and pace in SQLite
// or PostgreSQL. One *Store serves both; the suite in storetest holds them to
// the same behaviour.
//
// A method is one transaction and one sentence. Times are the database's
// clock, sequence numbers come from one counter that is never reused, and
// credentials are encrypted before they reach the database.
//
// It never talks to BigCommerce, Ometria or Temporal, never holds a payload,
// and decides nothing but what a transaction must decide.
//
// Start with claims.go: it is the rule by which no change is lost and no newer
// state is overwritten by an older one. Then dispatch.go and intake.go.
package store
