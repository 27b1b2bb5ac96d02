// Command devserver runs a real Temporal server (frontend, history, matching
// and worker) and its Web UI in one process on SQLite, for development and for
// tests. It is a module of its own, because the server is large and the product
// must not link it, and a program of its own, so that a test can kill it as
// life would.
//
// It never listens beyond the addresses it is given, never calls home, and is
// no production server: there is one history shard and no authorization.
//
// It prints one JSON line on standard output once it serves, logs to standard
// error, and ends when its standard input closes, so that it cannot outlive the
// program that started it. Open server.go first.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/dynamicconfig"
)

const (
	// startTimeout bounds the way from a started server to one that answers.
	startTimeout = 60 * time.Second
	// stopTimeout bounds the orderly end; everything is on disk by then, so
	// leaving the rest to the operating system loses nothing.
	stopTimeout = 10 * time.Second
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// ready is the line printed once the server serves.
type ready struct {
	Frontend string `json:"frontend"`     // host:port of the gRPC frontend
	UI       string `json:"ui,omitempty"` // URL of the Web UI, absent when off
}

// run answers the exit code: 0 after an orderly end, 1 when the server does not
// start, 2 when the command line is wrong.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	opts, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "devserver: %v\n", err)
		return 2
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the process: a read of standard input cannot be interrupted
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()

	// The Web UI's framework logs to os.Stdout, which is for the ready line alone.
	os.Stdout = os.Stderr

	// Starting cannot be interrupted, so a wish to end is looked at beside it.
	type started struct {
		server *server
		err    error
	}
	done := make(chan started, 1)
	go func() {
		s, err := start(ctx, opts)
		done <- started{s, err}
	}()
	var s *server
	select {
	case <-ctx.Done():
		return 0
	case got := <-done:
		if ctx.Err() != nil {
			return 0
		}
		if got.err != nil {
			fmt.Fprintf(stderr, "devserver: %v\n", got.err)
			return 1
		}
		s = got.server
	}

	if err := json.NewEncoder(stdout).Encode(s.ready); err == nil {
		<-ctx.Done()
	} // else nobody is left to read it, nor to use the server

	stopped := make(chan struct{})
	go func() {
		s.stop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(stopTimeout):
	}
	return 0
}

// parse reads the command line. It reports flag.ErrHelp after printing the help.
func parse(args []string, stderr io.Writer) (options, error) {
	opts := options{searchAttributes: map[string]enumspb.IndexedValueType{}}
	dynamic := map[string]json.RawMessage{
		// Fairness between connections is off by default in v1.32 and on in
		// Temporal Cloud; the product relies on it.
		"matching.useNewMatcher":  json.RawMessage("true"),
		"matching.enableFairness": json.RawMessage("true"),
		// A development server does not call home.
		"frontend.enableServerVersionCheck": json.RawMessage("false"),
		// Lists are polled by the Web UI and by tests; the default is 10 a second.
		"frontend.namespaceRPS.visibility": json.RawMessage("100"),
	}

	flags := flag.NewFlagSet("devserver", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints the error; the help is printed below
	flags.StringVar(&opts.data, "data", "", "keep everything in this `directory`; in memory when empty")
	flags.StringVar(&opts.frontend, "frontend", "127.0.0.1:7233", "`address` of the gRPC frontend; port 0 picks a free one")
	flags.StringVar(&opts.ui, "ui", "127.0.0.1:8233", "`address` of the Web UI; port 0 picks a free one, empty or off means none")
	flags.StringVar(&opts.namespace, "namespace", "default", "`namespace` to register")
	flags.StringVar(&opts.logLevel, "log-level", "error", "debug, info, warn or error")
	flags.Func("search-attribute", "custom search attribute `Name=Type` to register, such as Entity=Keyword (repeatable)", func(v string) error {
		name, kind, ok := strings.Cut(v, "=")
		t, err := enumspb.IndexedValueTypeFromString(kind)
		if !ok || name == "" || err != nil || t == enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED {
			return errors.New("want Name=Type, such as Entity=Keyword")
		}
		opts.searchAttributes[name] = t
		return nil
	})
	flags.Func("dynamic-config", "dynamic configuration `key=value`, the value in JSON (repeatable)", func(v string) error {
		key, value, ok := strings.Cut(v, "=")
		if !ok || key == "" || !json.Valid([]byte(value)) {
			return errors.New("want key=value with a JSON value, such as limit.historyCount.suggestContinueAsNew=100")
		}
		dynamic[key] = json.RawMessage(value)
		return nil
	})

	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stderr, "Usage of devserver:")
			flags.SetOutput(stderr)
			flags.PrintDefaults()
		}
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, opts.logLevel) {
		return options{}, fmt.Errorf("log level %q: want debug, info, warn or error", opts.logLevel)
	}
	if opts.ui == "off" {
		opts.ui = ""
	}

	var err error
	opts.dynamicConfig, err = loadDynamicConfig(dynamic)
	return opts, err
}

// loadDynamicConfig goes through Temporal's own reader of configuration files
// (JSON is YAML), which converts numbers and knows every key. A key it does not
// know is an error here: it would have no effect.
func loadDynamicConfig(values map[string]json.RawMessage) (dynamicconfig.StaticClient, error) {
	type constrained struct {
		Value json.RawMessage `json:"value"`
	}
	file := make(map[string][]constrained, len(values))
	for key, value := range values {
		file[key] = []constrained{{value}}
	}
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(file); err != nil {
		return nil, fmt.Errorf("encode dynamic configuration: %w", err)
	}
	loaded := dynamicconfig.LoadYamlFile(buf.Bytes())
	if err := errors.Join(append(loaded.Errors, loaded.Warnings...)...); err != nil {
		return nil, fmt.Errorf("read dynamic configuration: %w", err)
	}
	client := make(dynamicconfig.StaticClient, len(loaded.Map))
	for key, value := range loaded.Map {
		client[key] = value
	}
	return client, nil
}
