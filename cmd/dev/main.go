package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something did not start, or the demo found something missing
	exitUsage  = 2 // wrong arguments, or an environment variable malformed
)

// options are the command's flags.
type options struct {
	demo         bool
	exit         bool
	data         string
	noSimulators bool
	shop         shopSize
	latency      time.Duration
	dropOne      bool
	specs        string
	report       string
	timeout      time.Duration
}

// usageError is an error in how the command was called.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// run runs the command and returns its exit code.
func run(args, environ []string, stdout, stderr io.Writer) int {
	// net/http prints bytes that a server sends unasked, maybe somebody's record,
	// through package log. Our own logs are slog's and do not pass here.
	log.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	started := false
	cmd := command(func(ctx context.Context, o options) error {
		started = true
		return dev(ctx, o, environ, stdout, stderr)
	})
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "dev:", err)
	if _, usage := errors.AsType[*usageError](err); usage || !started {
		return exitUsage
	}
	return exitFailed
}

func command(do func(context.Context, options) error) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "dev", Short: "Run everything on this machine", SilenceErrors: true, SilenceUsage: true,
		Long: `Run everything on this machine: a real Temporal server with its Web UI, stand-ins of BigCommerce and Ometria,
and the service with API and worker. Addresses and tokens are printed.

With --demo it connects the stand-ins over the public API, waits until the whole store has arrived at Ometria,
then creates, changes and deletes a record of each entity and sees each change arrive. It fails when anything is
missing, when a push breaks Ometria's published contract, or when its /push/_errors is not empty.

--bad N adds N records of each of these kinds, and the demo then fails unless each has met its fate and every
rejected one is listed among the failures, with its reason:
  customers with an invalid e-mail address (skipped), orders without a total (rejected by the mapping), products
  that Ometria refuses at once, subscribers that it refuses later, orders over its 60 KB (accepted, trimmed), and
  orders in a status that nobody knows (accepted as invalid, the connection asks for attention).

OBC_ variables that are set win over what this command makes by itself, but the stand-ins' addresses win over
theirs. OBC_DEVSERVER names the devserver program; with TEMPORAL_ADDRESS set, that Temporal server is used
instead.`,
		Example: `  make demo
  make demo ARGS="--exit --report report.json"
  make demo ARGS="--exit --bad 2"
  make dev ARGS="--data .data"
  make dev ARGS="--no-simulators --data .data"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return do(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.demo, "demo", false, "connect the stand-ins, sync everything, change records and see each change arrive")
	f.BoolVar(&o.exit, "exit", false, "with --demo: stop afterwards; the exit code is 0 only if every record arrived")
	f.StringVar(&o.data, "data", "", "keep everything in this directory, and go on from what it holds")
	f.BoolVar(&o.noSimulators, "no-simulators", false, "talk to the services that the OBC_ variables name")
	f.IntVar(&o.shop.Customers, "customers", 500, "customers of the simulated store")
	f.IntVar(&o.shop.Subscribers, "subscribers", 200, "newsletter subscribers of the simulated store")
	f.IntVar(&o.shop.Products, "products", 300, "products of the simulated store")
	f.IntVar(&o.shop.Orders, "orders", 1000, "orders of the simulated store")
	f.Int64Var(&o.shop.Seed, "seed", 1, "decides the simulated store")
	f.DurationVar(&o.latency, "latency", 0, "how much slower each call to a stand-in is")
	f.BoolVar(&o.dropOne, "drop-one", false, "make the simulated Ometria lose one record, to see the demo find it")
	f.IntVar(&o.shop.Bad, "bad", 0, "with --demo: make so many bad records of each kind, and see each one's reason")
	f.StringVar(&o.specs, "specs", "", "hold what is pushed to the published contracts in this directory (default $OBC_SPECS, or shared/specs beside the checkout)")
	f.StringVar(&o.report, "report", "", "with --demo: write what was synced, and how fast, to this file as JSON")
	f.DurationVar(&o.timeout, "timeout", 10*time.Minute, "with --demo: give up after so long")
	return cmd
}

// writable reports whether a file can be made or written, so that this is known
// before the work and not after it.
func writable(name string) bool {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

func (o options) check() error {
	for _, flag := range []struct {
		name  string
		value int
	}{
		{"customers", o.shop.Customers}, {"subscribers", o.shop.Subscribers},
		{"products", o.shop.Products}, {"orders", o.shop.Orders}, {"bad", o.shop.Bad},
	} {
		if flag.value < 0 {
			return usagef("--%s %d: use 0 or more", flag.name, flag.value)
		}
	}
	switch {
	case !o.demo && (o.exit || o.report != "" || o.dropOne || o.shop.Bad > 0):
		return usagef("--exit, --report, --drop-one and --bad belong to --demo")
	case o.report != "" && !writable(o.report):
		return usagef("--report %s: that file cannot be written", o.report)
	case o.demo && o.noSimulators:
		return usagef("--demo changes records of the store: it wants the simulators")
	case o.latency < 0 || o.timeout <= 0:
		return usagef("--latency and --timeout must be positive")
	}
	return nil
}
