package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/activities"
	"github.com/ometria/ometria-bigcommerce/api"
	"github.com/ometria/ometria-bigcommerce/inspect"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/worker"
)

// stopTimeout is how long requests and syncs at work may take to end once a
// service is told to stop.
const stopTimeout = 20 * time.Second

// readsPerSecond from one Ometria account, as Ometria's documentation allows.
const readsPerSecond = 4

// maxWait is the longest a worker's slot is held for want of budget.
const maxWait = 30 * time.Second

// Roles says what a process does. A process without the API still answers
// /healthz, /readyz and /metrics.
type Roles struct {
	API    bool
	Worker bool
}

// Options are what a service is given by the program around it.
type Options struct {
	// Environ is searched for Temporal's own variables, in the form of os.Environ.
	Environ []string
	Logger  *slog.Logger
	// Temporal is used instead of dialling; the caller closes it.
	Temporal client.Client
	// Listener is used instead of listening on Config.HTTPAddr; Run closes it.
	Listener net.Listener
	// Transport carries the calls to BigCommerce and Ometria;
	// http.DefaultTransport if nil.
	Transport http.RoundTripper
	// Store changes the database's defaults, for tests that cannot wait a claim out.
	Store []store.Option
	// Serving is called once requests are answered, if not nil.
	Serving func()
}

// NewLogger returns the logger that config asks for.
func NewLogger(config Config, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: config.LogLevel}
	if config.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}

// Run runs a service until ctx ends, then stops it in order: no new requests,
// then no new work, then the database. It returns nil after an orderly stop.
// The API comes up, and takes webhooks in, while Temporal is away.
func Run(ctx context.Context, config Config, roles Roles, options Options) (err error) {
	if !roles.API && !roles.Worker {
		return errors.New("run service: no role given")
	}
	logger := options.Logger
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	var closers []func() error
	defer func() {
		for i := len(closers) - 1; i >= 0; i-- {
			err = errors.Join(err, closers[i]())
		}
	}()

	listener := options.Listener
	if listener == nil {
		if listener, err = net.Listen("tcp", config.HTTPAddr); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	closers = append(closers, func() error { _ = listener.Close(); return nil }) // the server has closed it already, as a rule

	database, err := OpenStore(ctx, config, logger, options.Store...)
	if err != nil {
		return err
	}
	closers = append(closers, database.Close)

	measured, err := newMetrics(logger)
	if err != nil {
		return err
	}
	closers = append(closers, func() error { return measured.close(context.WithoutCancel(ctx)) })

	temporalSettings, err := temporalOptions(options.Environ, logger, measured.handler)
	if err != nil {
		return err
	}
	temporalClient := options.Temporal
	if temporalClient == nil {
		// Lazy: intake must not depend on Temporal.
		if temporalClient, err = client.NewLazyClient(temporalSettings); err != nil {
			return fmt.Errorf("prepare temporal client: %w", err)
		}
		closers = append(closers, func() error { temporalClient.Close(); return nil })
	}

	pacer := pacing.New(database, pacing.Options{
		Reserve: float64(config.BigCommerceReserve), PushesPerSecond: config.OmetriaPushesPerSecond,
		ReadsPerSecond: readsPerSecond, MaxWait: maxWait,
	}, logger)
	counted := activities.NewMetrics(measured.registry)
	dialer := remote.NewDialer(database, pacer, remote.Options{
		BigCommerceURL: config.BigCommerceURL, OmetriaURL: config.OmetriaURL,
		Transport: options.Transport, Logger: logger,
		OnBigCommerce: counted.BigCommerce, OnOmetria: counted.Ometria,
	})
	inspector := inspect.New(database, dialer)
	start := starter.New(temporalClient, config.ReconcileEvery, starter.WithSweepEvery(config.SweepEvery))

	wake := func() {}
	var syncer *worker.Worker
	if roles.Worker {
		syncer = worker.New(worker.Options{
			Temporal: temporalClient, Store: database, Dialer: dialer, Tester: inspector, Starter: start,
			PublicURL: config.PublicURL, TagURL: config.OmetriaTagURL,
			AttemptsKept: time.Duration(config.AttemptsDays) * 24 * time.Hour,
			Metrics:      counted, Registerer: measured.registry, Logger: logger,
		})
		wake = syncer.Wake
	}
	handler := probes(database, start, measured)
	if roles.API {
		if handler, err = api.New(api.Options{
			Store: database, Starter: start, Inspector: inspector, Tokens: config.Tokens, PublicURL: config.PublicURL,
			TemporalUIURL: config.TemporalUIURL, TemporalNamespace: temporalSettings.Namespace, Wake: wake,
			Registerer: measured.registry, Gatherer: measured.registry, Logger: logger,
		}); err != nil {
			return fmt.Errorf("build api: %w", err)
		}
	}

	warnOf(config, logger)

	// Work outlives the end of ctx until the last request is answered: a
	// request in flight may still hand work over.
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	running, down := errgroup.WithContext(ctx)
	server := api.NewServer(config.HTTPAddr, handler)
	server.ErrorLog = slog.NewLogLogger(logger.Handler(), slog.LevelWarn)
	running.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	running.Go(func() error {
		<-down.Done()
		defer stopWork()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := server.Shutdown(stopping); err != nil {
			return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
		}
		return nil
	})
	if roles.Worker {
		running.Go(func() error {
			if err := syncer.Run(working); err != nil {
				return fmt.Errorf("run worker: %w", err)
			}
			return nil
		})
	}
	logger.Info("service started", "addr", listener.Addr().String(), "public_url", config.PublicURL,
		"api", roles.API, "worker", roles.Worker, "temporal", temporalSettings.HostPort, "namespace", temporalSettings.Namespace)
	if options.Serving != nil {
		options.Serving()
	}
	err = running.Wait()
	logger.Info("service stopped")
	return err
}

// shortToken is under how many characters a token can be guessed.
const shortToken = 16

// warnOf names what a configuration allows and an operator may not have meant.
func warnOf(config Config, logger *slog.Logger) {
	for i, token := range config.Tokens {
		if len(token.Token) < shortToken {
			logger.Warn("a token of OBC_TOKENS is short enough to be guessed: use at least 16 random characters", "token", i+1)
		}
	}
	for name, value := range map[string]string{"OBC_BIGCOMMERCE_URL": config.BigCommerceURL, "OBC_OMETRIA_URL": config.OmetriaURL} {
		if !isPublicURL(value) {
			logger.Warn("credentials go over plain http", "variable", name)
		}
	}
}

// OpenStore opens the database that config names and brings its tables up to
// date.
func OpenStore(ctx context.Context, config Config, logger *slog.Logger, options ...store.Option) (*store.Store, error) {
	keys, err := store.ParseKeys(config.EncryptionKeys.Reveal())
	if err != nil {
		return nil, fmt.Errorf("read OBC_ENCRYPTION_KEYS: %w", err)
	}
	database, err := store.Open(ctx, config.DatabaseURL.Reveal(), keys, logger, options...)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := database.Migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate database: %w", err), database.Close())
	}
	return database, nil
}

// probes answers what an orchestrator asks of a process without the API.
func probes(database *store.Store, start *starter.Starter, measured *metrics) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := errors.Join(database.Ping(ctx), start.Ready(ctx)); err != nil {
			http.Error(w, "database or temporal does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(measured.registry, promhttp.HandlerOpts{}))
	return mux
}
