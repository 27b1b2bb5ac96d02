// Package source reads BigCommerce records whole and binds each to its mapping:
// lines beyond the fifty of a consignment, refunds, variants that came cut,
// names of brands, categories, groups and attributes, the property keys of the
// merchant's own fields.
//
// It reads and nothing else: it never pushes, claims or stores a record, and it
// does not decide when to read. A record that is gone is a record of its own.
//
// Start with reader.go; references.go keeps the names that records refer to.
package source
