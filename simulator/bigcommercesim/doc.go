// Package bigcommercesim stands in for a BigCommerce store: the REST v2 and v3
// management API with its tokens, scopes, quota and two forms of error, a
// seeded random store of any size behind it, and real signed webhooks to the
// hooks that were created. The store is changed through /_simulator/ or the
// Go methods on Server.
//
// Field names and types come from BigCommerce's OpenAPI files, never from our
// own client, and a test holds the answers to those files. Seeded records are
// generated each time they are read and cost no memory; only what was changed
// is kept. The product never imports it. Open server.go first, then table.go.
package bigcommercesim
