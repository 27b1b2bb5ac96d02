// Package pacing shares the budget of each remote account, a BigCommerce store
// or an Ometria account, among all processes through the store.
//
// A caller asks for a token before each HTTP call and reports what the answer
// said of the quota. Real time goes first, bulk always keeps a tenth, and a
// wait longer than Options.MaxWait comes back as *WaitError at once, so that
// nobody holds a worker's slot by sleeping.
//
// It never makes an HTTP call and never retries one.
//
// Start with pacing.go.
package pacing
