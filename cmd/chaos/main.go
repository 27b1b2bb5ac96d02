// Command chaos runs the fault suite of package internal/chaos: the product as
// separate processes that are killed, starved and cut off, while a simulated
// store changes, and a comparison of every record afterwards.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/internal/chaos"
)

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitOK     = 0
	exitLost   = 1 // something was lost, or the suite could not run
	exitUsage  = 2
	shortFault = 2 * time.Minute // runs as short as this take no slow faults unless told to
)

func execute(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	started := false
	cmd := command(func(ctx context.Context, o chaos.Options) error {
		started = true
		report, err := chaos.Run(ctx, o)
		if err != nil {
			return err
		}
		if report.Err() != nil { // printed with the table
			return fmt.Errorf("the product did not stand: run it again with --seed %d --database %s", report.Seed, report.Database)
		}
		return nil
	}, stdout)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "chaos:", err)
	if !started {
		return exitUsage
	}
	return exitLost
}

func command(do func(context.Context, chaos.Options) error, stdout io.Writer) *cobra.Command {
	o := chaos.DefaultOptions()
	o.Out = stdout
	minutes, slow := o.Faults.Minutes(), "auto"
	cmd := &cobra.Command{
		Use: "chaos", Short: "Run the product among faults and look for what was lost", SilenceErrors: true, SilenceUsage: true,
		Long: `Run the product among faults and look for what was lost.

It starts Temporal, the product's own program (serve on SQLite; two of api and of worker on PostgreSQL) and stand-ins
of both services, connects a store and changes its records, while at random moments it
  kills processes with SIGKILL, freezes them, fills their disk, terminates workflows;
  cuts, resets, hangs and slows the lines between them;
  makes either service answer 429, 500, 502 or 503, garbage or half of an answer, or nothing after the work is done;
  refuses credentials, revokes and replaces them, takes scopes away, refuses single records;
  takes either service away for minutes (in runs of three minutes and more), and has the store's clock be wrong;
  doubles, delays, drops, replays, forges and oversizes webhooks;
  re-syncs everything meanwhile, and sets the store up once more.
Then all faults end. Once quiet has returned, every record at Ometria must be what the store holds, nothing may have
been pushed after something newer, and intake must have answered nothing but 200, 401, 413 and 503.

The seed decides what happens when; how it falls out depends on the machine, too. The exit code is 0 only if nothing
was lost. Otherwise the records are named, and the logs and databases of the run are kept.`,
		Example: `  make chaos ARGS="--minutes 5 --seed 7"
  make chaos ARGS="--minutes 1 --database postgres --dir /tmp/chaos"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Faults = time.Duration(minutes * float64(time.Minute))
			switch slow {
			case "auto":
				o.Slow = o.Faults >= shortFault
			case "yes", "no":
				o.Slow = slow == "yes"
			default:
				return fmt.Errorf("--slow %s: use auto, yes or no", slow)
			}
			return do(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.Float64Var(&minutes, "minutes", minutes, "how long faults happen; quiet takes up to several minutes more to return")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "decides what happens; random unless given")
	f.StringVar(&o.Database, "database", "", "sqlite or postgres (default: drawn by the seed)")
	f.StringVar(&slow, "slow", slow, "faults that the product takes minutes to get over: yes, no, or auto, which is yes from --minutes 2 on")
	f.DurationVar(&o.Settle, "settle", o.Settle, "how long quiet may take to return")
	f.DurationVar(&o.Every, "every", o.Every, "mean pause between two changes in the store")
	f.IntVar(&o.Customers, "customers", o.Customers, "customers of the store at first")
	f.IntVar(&o.Subscribers, "subscribers", o.Subscribers, "newsletter subscribers of the store at first")
	f.IntVar(&o.Products, "products", o.Products, "products of the store at first")
	f.IntVar(&o.Orders, "orders", o.Orders, "orders of the store at first")
	f.StringVar(&o.Dir, "dir", "", "where logs and databases go: an empty directory (default: a temporary one)")
	f.BoolVar(&o.Keep, "keep", false, "keep logs and databases even when nothing was lost")
	f.StringVar(&o.Product, "product", beside("ometria-bigcommerce", ""), "the product's program")
	f.StringVar(&o.Devserver, "devserver", beside("devserver", os.Getenv("OBC_DEVSERVER")), "the program of the Temporal server")
	return cmd
}

// beside is where a program is: as named, or beside this one.
func beside(program, named string) string {
	if named != "" {
		return named
	}
	self, err := os.Executable()
	if err != nil {
		return filepath.Join("bin", program)
	}
	return filepath.Join(filepath.Dir(self), program)
}
