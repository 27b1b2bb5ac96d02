// Package browser drives the Connections page in a real Chromium, as merchants'
// administrators and support agents do: the product as its own process, a real
// Temporal server, and stand-ins of BigCommerce and Ometria that can be told to
// misbehave.
//
// It has tests alone, and takes the pictures for the documentation. The tests
// want Chromium and the devserver program (OBC_DEVSERVER, or bin/devserver at the
// top level), and for accessibility axe-core (make axe); each skips, saying so,
// where what it wants is absent.
//
// Start with page_test.go, which lists the scenarios; world_test.go is what they
// share, tab_test.go a browser's tab in the words of its user.
package browser
