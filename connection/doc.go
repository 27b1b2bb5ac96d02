// Package connection holds the product's own words: a Connection of one
// BigCommerce store with one Ometria account, the Authentication it uses, the
// four entities, settings, statuses, progress and what needs attention.
//
// Every other package speaks in these types; this one knows no other. It does
// no input or output: it parses, validates and names.
//
// Start with connection.go, then record.go.
package connection
