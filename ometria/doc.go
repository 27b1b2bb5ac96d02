// Package ometria is a typed client of Ometria's Data API v2: it pushes
// contacts, orders and products, reads the errors that Ometria finds later, and
// reads records back.
//
// It never retries, waits or paces: each call is one HTTP request, and the
// error says what is known of its outcome (DidNothing, IsCredentials,
// ThrottledError). It never puts a key, or a value of a record, into an error
// or a log line. It knows nothing of connections or of BigCommerce.
//
// Start with client.go, then record.go and push.go.
package ometria
