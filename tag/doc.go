// Package tag makes the scripts that carry Ometria's JavaScript tag into a
// BigCommerce storefront: one a storefront channel, either the bare script
// element of the tag file, or (setting page_calls) code that loads the tag file
// and makes the calls that Ometria documents for it.
//
// It is pure: what it makes is put into the store, compared and taken out again
// by activities. No person's data is in it; what a page shows of its shopper,
// Handlebars puts there when BigCommerce renders the page. Open tag.go first;
// the code that shoppers' browsers run is page_calls.js.
package tag
