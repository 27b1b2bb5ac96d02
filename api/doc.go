// Package api is the product's HTTP face: REST under /v1, the webhook intake,
// health, metrics and the OpenAPI document that describes exactly these.
//
// An endpoint is a function of a read request that returns an answer or an
// error. One adapter (adapter.go) reads, decodes strictly, runs it, keeps
// idempotency keys and writes; one table (problem.go) turns errors into
// RFC 9457 problems. Handlers speak to the store, the starter and the
// inspector, never to Temporal or a remote account.
//
// It never answers with a credential, never logs a URL or a body, and takes
// webhooks in on the database alone.
//
// Open routes.go first.
package api
