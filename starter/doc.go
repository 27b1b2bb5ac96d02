// Package starter starts, signals, queries and schedules workflows. It is the
// one place that knows task queues, search attributes, policies and the words
// people read in the Temporal Web UI; everybody else says what they want.
//
// The dispatcher, the loop that hands dirty records to Temporal, lives here
// too. Nothing here talks to BigCommerce or Ometria.
//
// Start with starter.go, then dispatcher.go.
package starter
