// Command bench measures the product against what it could be: each row prints
// its figures with a baseline that was measured, or computed, in the same run.
//
// The product runs as it ships, in a process of its own, on a real Temporal
// server with a SQLite file and a SQLite database. The stand-ins of BigCommerce
// and Ometria, the load and the baselines run in this process, so all share the
// machine: compare ratios, not figures, between machines.
//
// Start with rows.go; each row is a file. world.go is what a row runs against.
package main
