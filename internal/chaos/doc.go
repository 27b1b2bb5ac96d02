// Package chaos is the fault suite: it runs the product as the separate
// processes that it is in life, changes a simulated store, and meanwhile kills,
// freezes and starves the processes, cuts and garbles what they say to each
// other and to both services, and doubles, delays, drops, forges and replays
// webhooks. Once everything runs again and quiet has returned, each record at
// the simulated Ometria must be what the store holds, and no push may have come
// after a newer one.
//
// What is done when follows from a seed; how it falls out depends on the
// machine, too. The product is spoken to as from outside: over its API, and by
// looking into its database for whether it is done.
//
// Open run.go first: one run from start to end. disturb.go lists the faults,
// compare.go what must hold afterwards.
package chaos
