// Package inspect answers people's questions from the live accounts: do these
// credentials work and reach far enough, which order statuses does the store
// have, which status does a label mean.
//
// It only reads, stores nothing and goes through no workflow; its requests take
// from the same budget as everything else. A question that an account answers
// badly is an answer (a Check that is not OK), not an error.
//
// Start with test.go.
package inspect
