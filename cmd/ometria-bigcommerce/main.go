package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/service"
)

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the API refused, or what was asked for failed
	exitUsage  = 2 // wrong arguments, or an environment variable missing or malformed
)

// run runs one command and returns its exit code.
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
	p := &program{environ: environ, stdout: stdout, stderr: stderr}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	for _, line := range explain(err) {
		fmt.Fprintln(stderr, "ometria-bigcommerce:", line)
	}
	if _, usage := errors.AsType[*usageError](err); usage || !p.started {
		return exitUsage
	}
	return exitFailed
}

// program holds what the commands share.
type program struct {
	environ        []string
	stdout, stderr io.Writer
	output         string // table or json
	json           bool   // output is json, whatever it says
	started        bool   // a command's own work has begun: errors are no longer usage errors
}

// usageError is an error in how the command was called.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// explain turns an error into lines that say what to do next.
func explain(err error) []string {
	if problem, ok := errors.AsType[*apiclient.Problem](err); ok {
		text := problem.Error()
		switch problem.Status {
		case http.StatusUnauthorized:
			text += ": set OBC_API_TOKEN to a token of the service's OBC_TOKENS"
		case http.StatusForbidden:
			text += ": use a token whose role is admin"
		case http.StatusNotFound:
			text += ": check the id"
			if problem.Detail == "" { // not the API's own answer
				text += " and OBC_API_URL"
			}
		case http.StatusServiceUnavailable:
			text += ": try again in a moment; /readyz of the service says what is missing"
		}
		return []string{strings.ReplaceAll(text, "\n", " ")}
	}
	if _, ok := errors.AsType[*apiclient.UnreachableError](err); ok {
		return []string{err.Error() + ": check that the service runs and that OBC_API_URL is its address"}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // one line for each variable at fault
		var lines []string
		for _, e := range joined.Unwrap() {
			lines = append(lines, explain(e)...)
		}
		return lines
	}
	if errors.Is(err, context.Canceled) {
		return []string{"interrupted"}
	}
	return []string{strings.ReplaceAll(err.Error(), "\n", " ")}
}

// work wraps a command's own work, so that errors before it count as usage.
func (p *program) work(do func(ctx context.Context, cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		p.started = true
		return do(cmd.Context(), cmd, args)
	}
}

func (p *program) root() *cobra.Command {
	root := group("ometria-bigcommerce", "Syncs BigCommerce stores to Ometria", `Syncs customers, subscribers, orders and products of BigCommerce stores to Ometria:
the whole history first, then every change as it happens.`)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(p.serveCommands()...)
	root.AddCommand(p.admin(), p.authentications(), p.connections(), p.records(), p.failures(), p.audit())
	return root
}

// flagError explains a negative number, which looks like a flag.
func flagError(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[interface {
		error
		GetSpecifiedShortnames() string
	}](err)
	if !ok {
		return err
	}
	number := unknown.GetSpecifiedShortnames()
	if _, notOne := connection.ParseRecordID(number); notOne != nil {
		return err
	}
	return usagef("-%s is no record id: ids are positive whole numbers, as in %s", number, cmd.UseLine())
}

// group returns a command that only holds others.
func group(use, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			var names []string
			for _, c := range cmd.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name())
				}
			}
			return usagef("unknown command %q for %q: use %s", args[0], cmd.CommandPath(), oneOf(names))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}

// oneOf joins names as "a, b or c".
func oneOf(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// exactly wants one argument for each name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usagef("%s wants %s, as in %s: see %s --help", commandOf(cmd), strings.Join(names[len(args):], " and "), cmd.UseLine(), cmd.CommandPath())
		}
		if len(args) > len(names) {
			return usagef("%s takes no argument %q: see %s --help", commandOf(cmd), args[len(names)], cmd.CommandPath())
		}
		return nil
	}
}

// commandOf is the command without the program's name, which leads every error.
func commandOf(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

func (p *program) serveCommands() []*cobra.Command {
	roles := []struct {
		use, short string
		roles      service.Roles
	}{
		{"serve", "Run the API and the worker in one process", service.Roles{API: true, Worker: true}},
		{"api", "Run the API and the webhook intake", service.Roles{API: true}},
		{"worker", "Run the worker: the syncs themselves", service.Roles{Worker: true}},
	}
	var commands []*cobra.Command
	for _, role := range roles {
		commands = append(commands, &cobra.Command{
			Use: role.use, Short: role.short,
			Long: role.short + ".\n\nEnvironment variables:\n\n" + service.Usage(),
			Example: "  OBC_DATABASE_URL=sqlite:obc.db OBC_ENCRYPTION_KEYS=k1:… OBC_TOKENS=admin:… \\\n" +
				"    ometria-bigcommerce " + role.use,
			Args: exactly(),
			RunE: p.work(func(ctx context.Context, _ *cobra.Command, _ []string) error {
				config, err := p.serviceConfig()
				if err != nil {
					return err
				}
				return service.Run(ctx, config, role.roles, service.Options{
					Environ: p.environ, Logger: service.NewLogger(config, p.stderr)})
			}),
		})
	}
	return commands
}

// serviceConfig reads the configuration; what is wrong with it counts as usage.
func (p *program) serviceConfig() (service.Config, error) {
	config, err := service.LoadConfig(p.environ)
	if err != nil {
		p.started = false
	}
	return config, err
}
