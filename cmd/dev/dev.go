package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/contract"
	"github.com/ometria/ometria-bigcommerce/internal/devserver"
	"github.com/ometria/ometria-bigcommerce/service"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// stack is everything that runs.
type stack struct {
	options options
	environ map[string]string
	stdout  io.Writer
	stderr  io.Writer

	dir       string // state, database and stand-ins
	state     state
	temporal  *devserver.Server // nil when TEMPORAL_ADDRESS names one
	shop      *simulatedShop    // nil with --no-simulators
	marketing *simulatedOmetria
	config    service.Config
	specs     string             // the published contracts, or empty
	exchanges *contract.Recorder // with BigCommerce; nil when they are not held to its contract
	apiURL    string
}

// dev starts everything, runs the demo if asked to, and stops everything in
// order.
func dev(ctx context.Context, o options, environ []string, stdout, stderr io.Writer) (err error) {
	s := &stack{options: o, environ: env.ToMap(environ), stdout: stdout, stderr: stderr}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)

	var closers []func()
	defer func() {
		for i := len(closers) - 1; i >= 0; i-- {
			closers[i]()
		}
	}()
	if err := s.findSpecs(); err != nil {
		return err
	}
	remove, err := s.openData()
	if err != nil {
		return err
	}
	closers = append(closers, remove)

	if err := s.startTemporal(ctx, fail); err != nil {
		return err
	}
	if s.temporal != nil {
		closers = append(closers, s.temporal.Stop)
	}
	if !o.noSimulators {
		stop, err := s.startSimulators()
		if err != nil {
			return err
		}
		closers = append(closers, stop)
	}
	stop, err := s.startService(ctx, fail)
	if err != nil {
		return err
	}
	closers = append(closers, stop)
	s.printAddresses()

	var demoErr error
	if o.demo {
		demoErr = s.demo(ctx)
		if demoErr != nil && context.Cause(ctx) == nil && !o.exit {
			fmt.Fprintln(stderr, "dev:", demoErr)
		}
	}
	if !o.demo || !o.exit {
		if context.Cause(ctx) == nil {
			fmt.Fprintln(stdout, "\nEverything runs. Press Ctrl-C to stop.")
		}
		<-ctx.Done()
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return demoErr
}

// openData makes the directory of everything that is kept and loads the state.
// Without --data it is a temporary one, removed at the end.
func (s *stack) openData() (remove func(), err error) {
	s.dir, remove = s.options.data, func() {}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "ometria-bigcommerce-"); err != nil {
			return nil, fmt.Errorf("make temporary directory: %w", err)
		}
		dir := s.dir
		remove = func() { _ = os.RemoveAll(dir) }
	}
	if s.dir, err = filepath.Abs(s.dir); err == nil {
		err = os.MkdirAll(s.dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	if s.state, err = loadState(s.dir, s.options.shop, !s.options.noSimulators); err != nil {
		remove()
		return nil, err
	}
	return remove, nil
}

// startTemporal starts the child, or uses the server that TEMPORAL_ADDRESS
// names and registers what it lacks.
func (s *stack) startTemporal(ctx context.Context, fail context.CancelCauseFunc) error {
	if s.environ["TEMPORAL_ADDRESS"] != "" {
		if _, err := service.PrepareTemporal(ctx, s.environment(), slog.New(slog.DiscardHandler)); err != nil {
			return fmt.Errorf("prepare temporal: %w", err)
		}
		return nil
	}
	path, err := devserver.Find(s.environ["OBC_DEVSERVER"])
	if err != nil {
		return err
	}
	dir := ""
	if s.options.data != "" {
		dir = filepath.Join(s.dir, "temporal")
	}
	// A file of its own: it speaks of errors while its parts find one another.
	log, err := os.OpenFile(filepath.Join(s.dir, "temporal.log"), os.O_CREATE|os.O_RDWR|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open temporal's log: %w", err)
	}
	defer func() { _ = log.Close() }() // the child has its own
	if s.temporal, err = devserver.Start(ctx, devserver.Options{
		Path: path, Dir: dir, Attributes: workflows.SearchAttributeNames(), Log: log,
	}); err != nil {
		return err
	}
	for name := range s.environ { // a profile of another server is not for the child
		if strings.HasPrefix(name, "TEMPORAL_") {
			delete(s.environ, name)
		}
	}
	s.environ["TEMPORAL_CONFIG_FILE"] = os.DevNull
	s.environ["TEMPORAL_ADDRESS"] = s.temporal.Frontend
	if s.environ["OBC_TEMPORAL_UI_URL"] == "" {
		s.environ["OBC_TEMPORAL_UI_URL"] = s.temporal.UI
	}
	go func() {
		select {
		case <-s.temporal.Exited():
			fail(fmt.Errorf("the temporal server ended by itself: %v", s.temporal.Err()))
		case <-ctx.Done():
		}
	}()
	return nil
}

// startService runs API and worker. What the environment does not say is made
// here: a database beside the rest, keys, tokens, addresses.
func (s *stack) startService(ctx context.Context, fail context.CancelCauseFunc) (stop func(), err error) {
	var listener net.Listener
	if named := s.environ["OBC_HTTP_ADDR"]; named != "" {
		if listener, err = net.Listen("tcp", named); err != nil {
			return nil, fmt.Errorf("listen on OBC_HTTP_ADDR: %w", err)
		}
	} else {
		if listener, err = s.listen("the API", s.state.Addresses.HTTP); err != nil {
			return nil, err
		}
	}
	addr := listener.Addr().String()
	s.state.Addresses.HTTP = addr     // where webhooks go, so where a restart listens
	s.environ["OBC_HTTP_ADDR"] = addr // with the port that was given out for port 0
	for name, value := range map[string]string{
		"OBC_DATABASE_URL":    "sqlite:" + filepath.Join(s.dir, "obc.db"),
		"OBC_ENCRYPTION_KEYS": s.state.EncryptionKeys,
		"OBC_TOKENS":          "admin:demo:" + s.state.AdminToken + ",support:demo:" + s.state.SupportToken,
		"OBC_LOG_LEVEL":       "warn",
		"OBC_LOG_FORMAT":      "text",
	} {
		if strings.TrimSpace(s.environ[name]) == "" {
			s.environ[name] = value
		}
	}
	s.apiURL = "http://" + addr
	if s.config, err = service.LoadConfig(s.environment()); err != nil {
		_ = listener.Close()
		return nil, &usageError{err.Error()}
	}
	if s.shop != nil {
		if err := refuseRealStores(ctx, s.config, connection.StoreHash(s.state.Accounts.StoreHash)); err != nil {
			_ = listener.Close()
			return nil, err
		}
	}
	s.state.Addresses.Temporal = s.environ["TEMPORAL_ADDRESS"]
	if err := s.state.save(s.dir); err != nil { // before the first webhook is made for these addresses
		_ = listener.Close()
		return nil, err
	}
	serving, done := make(chan struct{}), make(chan struct{})
	var runErr error
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(done)
		runErr = service.Run(running, s.config, service.Roles{API: true, Worker: true}, service.Options{
			Environ: s.environment(), Logger: service.NewLogger(s.config, s.stderr), Listener: listener,
			Serving: func() { close(serving) },
		})
		if running.Err() == nil {
			fail(fmt.Errorf("run service: %w", runErr))
		}
	}()
	stop = func() {
		cancel()
		<-done
		if runErr != nil {
			fmt.Fprintln(s.stderr, "dev: stop service:", runErr)
		}
	}
	select {
	case <-serving:
		return stop, nil
	case <-done:
		return nil, fmt.Errorf("run service: %w", runErr)
	case <-ctx.Done():
		stop()
		return nil, context.Cause(ctx)
	}
}

// environment returns the variables in the form of os.Environ.
func (s *stack) environment() []string {
	var list []string
	for name, value := range s.environ {
		list = append(list, name+"="+value)
	}
	return list
}

// printAddresses says where everything is and how to talk to it.
func (s *stack) printAddresses() {
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	say := func(what, value string) { fmt.Fprintf(w, "  %s\t%s\n", what, value) }
	say("API", s.apiURL)
	if s.config.TemporalUIURL != "" {
		say("Temporal Web UI", s.config.TemporalUIURL)
	}
	say("Temporal", s.environ["TEMPORAL_ADDRESS"])
	if s.shop != nil {
		say("simulated BigCommerce", s.shop.url+"/_simulator/")
		say("simulated Ometria", s.marketing.url+"/_simulator/")
	}
	if s.shop == nil {
		say("BigCommerce", s.config.BigCommerceURL)
		say("Ometria", s.config.OmetriaURL)
		say("webhooks come to", s.config.PublicURL)
	}
	if s.options.data != "" {
		say("data", s.dir)
	}
	for _, token := range s.config.Tokens {
		say("token ("+string(token.Role)+")", token.Token.Reveal())
	}
	if s.shop != nil {
		say("store hash", s.state.Accounts.StoreHash)
		say("client id", s.state.Accounts.ClientID)
		say("access token", s.state.Accounts.AccessToken)
		say("Ometria API key", s.state.Accounts.OmetriaKey)
	}
	_ = w.Flush() // to the terminal; there is nowhere to report a failure
	fmt.Fprintln(s.stdout)
	if s.shop == nil && strings.HasPrefix(s.config.PublicURL, "http://") {
		fmt.Fprintln(s.stderr, "dev: OBC_PUBLIC_URL is an address of this machine alone: a real store cannot send webhooks there")
	}
}
