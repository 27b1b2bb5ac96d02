// Command ometria-bigcommerce is the service and its command line in one
// binary: "serve", "api" and "worker" run it, "admin" prepares its database and
// Temporal namespace, and every other command is a client of the HTTP API.
//
// Client commands never open the database nor dial Temporal, and no secret is
// ever taken from the command line: those come from the environment, a file or
// standard input.
//
// Start with main.go, then connections.go.
package main
