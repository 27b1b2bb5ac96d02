package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // a row could not be measured or, with --strict, a goal was missed
	exitUsage  = 2
)

// options are the command's flags.
type options struct {
	rows    []string
	seconds int
	rate    float64
	events  int
	bulks   int
	short   bool
	json    string
	strict  bool
	profile string
	environ []string
}

// usageError is an error in how the command was called.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

var errMissed = errors.New("a goal was missed")

func run(args, environ []string, stdout, stderr io.Writer) int {
	log.SetOutput(io.Discard) // net/http's, which may print what a server sent unasked
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := command(environ, stdout, stderr)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "bench:", err)
	if _, usage := errors.AsType[*usageError](err); usage {
		return exitUsage
	}
	return exitFailed
}

func command(environ []string, stdout, stderr io.Writer) *cobra.Command {
	o := options{environ: environ}
	var about strings.Builder
	for _, r := range rows() {
		fmt.Fprintf(&about, "  %-10s %s\n", r.name, r.about)
	}
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure the product, each figure beside its baseline", SilenceErrors: true, SilenceUsage: true,
		Long: `Measure the product, each figure beside its baseline. The rows:

` + about.String() + `
It starts everything it needs: the Temporal server that OBC_DEVSERVER names or that lies beside it, the product,
stand-ins of both services. A goal that is missed is printed as such; with --strict it fails the command.`,
		Example: `  make bench
  make bench ARGS="--short"
  make bench ARGS="--rows realtime,intake --seconds 20 --json bench.json"
  make bench ARGS="--rows burst --events 2000"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.short {
				o.shorten(cmd.Flags().Changed)
			}
			if err := o.check(); err != nil {
				return err
			}
			return measure(cmd.Context(), o, stdout, stderr)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usagef("%v", err) })
	cmd.CompletionOptions.DisableDefaultCmd = true
	f := cmd.Flags()
	f.StringSliceVar(&o.rows, "rows", nil, "measure these rows only, separated by commas")
	f.IntVar(&o.seconds, "seconds", 60, "how long a row puts load on, where it is a matter of time")
	f.Float64Var(&o.rate, "rate", 10, "changes a second of the rows realtime and keepup")
	f.IntVar(&o.events, "events", 50_000, "product events of the row burst")
	f.IntVar(&o.bulks, "bulks", 10, "bulk syncs at work in the row fairness")
	f.BoolVar(&o.short, "short", false, "a quick look: 20 seconds, 2,000 events and 4 bulk syncs, unless told otherwise")
	f.StringVar(&o.json, "json", "", "write the figures to this file too, as JSON")
	f.BoolVar(&o.strict, "strict", false, "fail when a goal is missed")
	f.StringVar(&o.profile, "profile", "", "write the product's CPU profile of each row into this directory")
	cmd.AddCommand(childCommand(environ, stdout, stderr))
	return cmd
}

// shorten makes a quick look of what was not told otherwise.
func (o *options) shorten(told func(string) bool) {
	for name, set := range map[string]func(){
		"seconds": func() { o.seconds = 20 },
		"events":  func() { o.events = 2000 },
		"bulks":   func() { o.bulks = 4 },
	} {
		if !told(name) {
			set()
		}
	}
}

func (o *options) check() error {
	var names []string
	for _, r := range rows() {
		names = append(names, r.name)
	}
	for _, name := range o.rows {
		if !slices.Contains(names, name) {
			return usagef("--rows %s: there is no such row; use %s", name, strings.Join(names, ", "))
		}
	}
	if o.seconds < 1 || o.events < 1 || o.bulks < 1 || o.rate <= 0 {
		return usagef("--seconds, --events, --bulks and --rate must be positive")
	}
	if o.json != "" {
		file, err := os.OpenFile(o.json, os.O_CREATE|os.O_WRONLY, 0o644) // known before the work, not after it
		if err != nil {
			return usagef("--json %s: that file cannot be written", o.json)
		}
		return file.Close()
	}
	return nil
}
