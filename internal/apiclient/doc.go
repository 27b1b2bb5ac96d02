// Package apiclient speaks the product's own HTTP API for the command line,
// the dev command and end-to-end tests.
//
// It knows the public contract only: it imports nothing of the service, keeps
// no state and never retries.
//
// Start with client.go; connections.go and authentications.go hold the routes,
// records.go what is said of records.
package apiclient
