package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	loopback = "127.0.0.1"
	// clusterName is stored in the database: a new name would not open an old one.
	clusterName = "active"
	// readyPoll is the pause between two looks at a server that starts.
	readyPoll = 20 * time.Millisecond
)

// options are what the command line asks for.
type options struct {
	data             string // directory; empty keeps everything in memory
	frontend, ui     string // addresses; an empty ui means none
	namespace        string
	searchAttributes map[string]enumspb.IndexedValueType
	dynamicConfig    dynamicconfig.StaticClient
	logLevel         string
}

// server is a running Temporal server with its Web UI.
type server struct {
	temporal temporal.Server
	ui       *uiserver.Server // nil when off
	database *database
	logLevel zap.AtomicLevel
	ready    ready
}

// start returns once the server serves: workflows can be started in its
// namespace with its search attributes, and the Web UI answers.
func start(ctx context.Context, opts options) (*server, error) {
	frontend, err := listenAddress(opts.frontend)
	if err != nil {
		return nil, fmt.Errorf("take frontend address: %w", err)
	}
	s := &server{ready: ready{Frontend: reachable(frontend).String()}}

	if s.database, err = openDatabase(opts.data); err != nil {
		return nil, err
	}
	if err := s.database.ensureNamespace(ctx, opts.namespace, opts.searchAttributes); err != nil {
		return nil, fmt.Errorf("register namespace %q: %w", opts.namespace, err)
	}
	logger, level := newLogger(opts.logLevel)
	s.logLevel = level
	if s.temporal, err = newTemporal(opts, frontend, s.database.config, logger); err != nil {
		return nil, fmt.Errorf("configure Temporal server: %w", err)
	}
	if opts.ui != "" {
		ui, err := listenAddress(opts.ui)
		if err != nil {
			return nil, fmt.Errorf("take Web UI address: %w", err)
		}
		s.ui = newUI(ui, s.ready.Frontend, opts.namespace)
		s.ready.UI = "http://" + reachable(ui).String()
	}

	if err := s.temporal.Start(); err != nil {
		return nil, fmt.Errorf("start Temporal server: %w", err)
	}
	if s.ui != nil {
		go func() { _ = s.ui.Start() }() // blocks until stop; it ends the process itself when it cannot listen
	}
	if err := s.awaitReady(ctx, opts); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// stop ends everything in the reverse order of the start. The services complain
// of each other's absence meanwhile, which tells nobody anything.
func (s *server) stop() {
	s.logLevel.SetLevel(zap.FatalLevel)
	if s.ui != nil {
		s.ui.Stop()
	}
	_ = s.temporal.Stop()
	s.database.close()
}

// newLogger logs to standard error, without the stack traces that would follow
// each error, from a level that can be raised later.
func newLogger(level string) (log.Logger, zap.AtomicLevel) {
	from := zap.NewAtomicLevelAt(log.ParseZapLevel(level))
	base := log.BuildZapLogger(log.Config{Level: level, Format: "console"})
	return log.NewZapLogger(base.WithOptions(zap.AddStacktrace(zap.PanicLevel), zap.IncreaseLevel(from))), from
}

func newTemporal(opts options, frontend *net.TCPAddr, sqlite *config.SQL, logger log.Logger) (temporal.Server, error) {
	services := map[string]config.Service{
		string(primitives.FrontendService): {RPC: config.RPC{GRPCPort: frontend.Port, BindOnIP: frontend.IP.String()}},
	}
	hosts := map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(reachable(frontend).String()),
	}
	for _, name := range []primitives.ServiceName{primitives.HistoryService, primitives.MatchingService, primitives.WorkerService} {
		addr, err := listenAddress(net.JoinHostPort(loopback, "0"))
		if err != nil {
			return nil, fmt.Errorf("find port for %s: %w", name, err)
		}
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: addr.Port, BindOnIP: loopback}}
		hosts[name] = static.SingleLocalHost(addr.String())
	}

	const store = "sqlite"
	cfg := &config.Config{
		Services: services,
		Persistence: config.Persistence{
			DefaultStore:     store,
			VisibilityStore:  store,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{store: {SQL: sqlite}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: reachable(frontend).String()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: reachable(frontend).String()},
	}
	cfg.Global.Membership.MaxJoinDuration = 30 * time.Second
	cfg.Global.Membership.BroadcastAddress = loopback
	cfg.Archival.History.State = "disabled"
	cfg.Archival.Visibility.State = "disabled"
	cfg.NamespaceDefaults.Archival.History.State = "disabled"
	cfg.NamespaceDefaults.Archival.Visibility.State = "disabled"

	return temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
		temporal.WithDynamicConfigClient(opts.dynamicConfig),
	)
}

func newUI(addr *net.TCPAddr, frontend, namespace string) *uiserver.Server {
	host := addr.IP.String()
	if addr.IP.To4() == nil {
		host = "[" + host + "]" // ui-server joins host and port with a plain colon
	}
	return uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: frontend,
		Host:                host,
		Port:                addr.Port,
		EnableUI:            true,
		DefaultNamespace:    namespace,
		CORS:                uiconfig.CORS{CookieInsecure: true}, // plain HTTP on loopback
		DisableNewsFetch:    true,
		HideLogs:            true,
	}))
}

// awaitReady polls until a count over every search attribute is answered, which
// needs the namespace and its attributes, and until the Web UI serves a page.
func (s *server) awaitReady(ctx context.Context, opts options) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	conn, err := grpc.NewClient(s.ready.Frontend, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("dial frontend: %w", err)
	}
	defer conn.Close()
	frontend := workflowservice.NewWorkflowServiceClient(conn)
	for _, query := range readyQueries(opts.searchAttributes) {
		err := poll(ctx, func() error {
			_, err := frontend.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
				Namespace: opts.namespace, Query: query,
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("await namespace %q: %w", opts.namespace, err)
		}
	}

	if s.ui == nil {
		return nil
	}
	if err := poll(ctx, func() error { return get(ctx, s.ready.UI) }); err != nil {
		return fmt.Errorf("await Web UI: %w", err)
	}
	return nil
}

// readyQueries names each attribute once, and nothing when there are none.
func readyQueries(attributes map[string]enumspb.IndexedValueType) []string {
	queries := []string{""}
	for name := range attributes {
		queries = append(queries, "`"+name+"` IS NULL")
	}
	return queries
}

// poll calls until the call succeeds or the context ends.
func poll(ctx context.Context, call func() error) error {
	for {
		err := call()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(readyPoll):
		}
	}
}

func get(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// listenAddress resolves an address and takes and leaves its port, so that a
// port in use is reported as such and 0 becomes a free one. Temporal takes port
// numbers, not listeners, so another process could come between.
func listenAddress(address string) (*net.TCPAddr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	addr := l.Addr().(*net.TCPAddr)
	if _, port, err := net.SplitHostPort(address); err == nil && port != "0" && port != "" {
		return addr, nil
	}
	return addr, holdPort(l, addr)
}

// holdPort leaves a connection to the listener in TIME_WAIT, closed from the
// listener's side. While it lasts (a minute on Linux) the port is given to no
// other process that asks for a free one, but can be listened on by its number.
func holdPort(l net.Listener, addr *net.TCPAddr) error {
	client, err := net.Dial("tcp", reachable(addr).String())
	if err != nil {
		return fmt.Errorf("hold port: %w", err)
	}
	defer client.Close()
	served, err := l.Accept()
	if err != nil {
		return fmt.Errorf("hold port: %w", err)
	}
	return served.Close()
}

// reachable is the address to dial for one that may listen on all interfaces.
func reachable(addr *net.TCPAddr) *net.TCPAddr {
	if !addr.IP.IsUnspecified() {
		return addr
	}
	return &net.TCPAddr{IP: net.ParseIP(loopback), Port: addr.Port}
}
