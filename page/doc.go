// Package page is the Connections page: what merchants' administrators and
// support agents see in a browser.
//
// It is one more client of the API: every page is drawn from the API's own
// answers, asked for in the same process with the visitor's token, and every
// form becomes one of its calls. So the page can do nothing that the API does
// not allow the visitor's role, and what it does stands in the same log.
// Everything works without JavaScript; with it pages follow what happens.
//
// It never holds a secret longer than a request: the session is a sealed
// cookie, and credentials go from a form to the API and never come back. It
// loads nothing from elsewhere.
//
// Start with page.go, then session.go; templates/ and static/ hold what is sent.
package page
