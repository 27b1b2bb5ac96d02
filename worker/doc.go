// Package worker builds and runs the Temporal workers of both task queues and,
// beside them, the loops that need no workflow: the dispatcher, the prober of
// parked connections, the poller of push errors, the pruner of attempts and the
// rescuer of connections whose workflow is gone. It is wiring and tuning; decisions are in workflows,
// effects in activities.
//
// Any number of worker processes may run; the loops share their work through
// the database.
package worker
