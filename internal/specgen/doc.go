// Package specgen makes up answers of BigCommerce for tests: any that its
// published OpenAPI files allow, drawn from rapid, so that a failure shrinks to
// the smallest one.
//
// The files are no part of the project and may be absent (specs.Find). What
// their schemas leave open is filled by a field's name, mostly with what the
// field means (money, dates, addresses, small ids that meet each other) and
// sometimes with what nobody expects: HTML, emoji, text from right to left,
// control characters, numbers as texts, very long texts.
//
// Start with generator.go; strings.go is what texts may hold.
package specgen
