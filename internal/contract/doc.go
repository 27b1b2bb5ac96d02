// Package contract holds exchanges with BigCommerce's management API to the
// vendor's own OpenAPI files: path, method, query parameters, headers, bodies
// and status codes, and every field of a body by its name. It is for tests and
// for what they start: nothing that ships uses it.
//
// The files are test data outside the project (see Folder). A Recorder sits
// between client and server, as a RoundTripper on the one side or a Handler on
// the other, and collects Violations, which name operation and place and never
// a value. exceptions.go is the one list of what the files get wrong.
//
// Open recorder.go first, then check.go.
package contract
