// Package archtest holds the shape of the project: which folder may import
// which, what the production binary must not link, what the product's go.mod
// must not require, and how long a file may be.
//
// It has tests alone and is imported by nothing. Start with the table in
// imports_test.go: a new folder wants a row there.
package archtest
