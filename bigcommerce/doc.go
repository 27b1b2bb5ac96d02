// Package bigcommerce is a typed client of BigCommerce's REST API, v2 and v3,
// and the reader of its webhook deliveries.
//
// A Client has a field a service (Customers, Orders, Products, ...); a method
// is a path, a request and a typed answer, and names the vendor's page it
// follows. Lists come as pages, since a page is what a caller checkpoints, and
// as iterators over them.
//
// It knows nothing of this product, never retries (the caller decides when and
// again), never follows a redirect with the token, never puts personal data in
// a URL, and never writes the token or a body into an error or a log.
//
// Open client.go first, then transport.go and errors.go.
package bigcommerce
