package chaos

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// stack is everything that runs.
type stack struct {
	options  Options
	database string
	dir      string
	spawner  *spawner

	shop      *bigcommercesim.Server
	marketing *ometriasim.Server
	account   *ometriasim.Account
	relay     *relay

	// gates by what is behind them: bigcommerce, ometria, temporal, database.
	gates map[string]*faults.Gate

	temporal *child
	postgres *child   // nil on SQLite
	apis     []*child // take webhooks in; on SQLite the same as workers
	workers  []*child

	temporalAddress string // past the gate
	intakes         []string
	databaseURL     string // past the gate
	adminToken      string

	said    sync.Mutex // guards alarms
	alarms  []string   // what no process should ever say
	closers []func()
}

const (
	chaosAccount = "chaos" // the Ometria account and its identification code
	// The remotes' latency: without any, nothing is ever in flight.
	shopLatency      = 10 * time.Millisecond
	marketingLatency = 25 * time.Millisecond
	// webhookScale makes the store's retries, 60 s at first, come soon.
	webhookScale = 0.005
)

// start brings everything up. What was started is closed by close, even after
// an error.
func (s *stack) start(ctx context.Context) error {
	if err := s.startSimulators(ctx); err != nil {
		return err
	}
	if err := s.startTemporal(ctx); err != nil {
		return err
	}
	if err := s.startDatabase(ctx); err != nil {
		return err
	}
	return s.startProduct(ctx)
}

func (s *stack) close() {
	for _, closer := range slices.Backward(s.closers) {
		closer()
	}
}

func (s *stack) startSimulators(ctx context.Context) (err error) {
	shop := bigcommercesim.DefaultOptions()
	shop.Seed, shop.StoreHash = int64(s.options.Seed%1_000_000), "chaosstore"
	shop.Customers, shop.Subscribers, shop.Products, shop.Orders =
		s.options.Customers, s.options.Subscribers, s.options.Products, s.options.Orders
	// Enough for what happens here, and still spent by a re-sync now and then.
	shop.Quota = bigcommercesim.Quota{Requests: 1500, Window: 10 * time.Second}
	shop.WebhookRetryScale = webhookScale
	ahead := s.options.ahead()
	shop.Now = func() time.Time { return time.Now().Add(ahead) }
	if s.shop, err = bigcommercesim.New(shop); err != nil {
		return fmt.Errorf("start simulated BigCommerce: %w", err)
	}
	s.closers = append(s.closers, func() { _ = s.shop.Close() })
	marketing := ometriasim.DefaultOptions()
	marketing.Keys = map[string]string{"ometria-key": chaosAccount}
	marketing.History, marketing.Seed, marketing.Dir = true, shop.Seed, s.dir
	marketing.PushesPerSecond, marketing.ReadsPerSecond = 50, 50
	if s.marketing, err = ometriasim.New(marketing); err != nil {
		return fmt.Errorf("start simulated Ometria: %w", err)
	}
	s.closers = append(s.closers, func() { _ = s.marketing.Close() })
	s.account = s.marketing.Account(chaosAccount)
	s.latency()
	for name, handler := range map[string]http.Handler{"bigcommerce": s.shop, "ometria": s.marketing} {
		address, err := s.serve("127.0.0.1:0", handler)
		if err != nil {
			return err
		}
		if err := s.gate(name, address); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// latency sets the usual pace of both remotes.
func (s *stack) latency() {
	s.shop.Faults().SetLatency(shopLatency)
	s.marketing.Faults().SetLatency(marketingLatency)
}

// serve serves HTTP in this process until close.
func (s *stack) serve(address string, handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // until it is closed
	}()
	s.closers = append(s.closers, func() { _ = server.Close(); <-done })
	return listener.Addr().String(), nil
}

func (s *stack) gate(name, target string) error {
	g, err := faults.NewGate(fixedAddress(), target)
	if err != nil {
		return fmt.Errorf("start gate: %w", err)
	}
	s.gates[name] = g
	s.closers = append(s.closers, func() { _ = g.Close() })
	return nil
}

// fixedAddress is a loopback address where something may listen, end and listen
// again: below the ports that outgoing connections are given.
func fixedAddress() string {
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+mathrand.IntN(12_000))
		listener, err := net.Listen("tcp", address)
		if err == nil {
			_ = listener.Close() // only to see
			return address
		}
	}
}

// run keeps a program of the stack running.
func (s *stack) run(ctx context.Context, c *child) error {
	c.said = func(line string) { s.listen(c.name, line) }
	if err := keep(ctx, s.spawner, s.dir, c); err != nil {
		return err
	}
	s.closers = append(s.closers, c.close)
	return nil
}

// listen looks for what must never be said.
func (s *stack) listen(name, line string) {
	if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.HasPrefix(line, "WARNING: DATA RACE") {
		s.said.Lock()
		defer s.said.Unlock()
		s.alarms = append(s.alarms, name+": "+line)
	}
}

func (s *stack) startTemporal(ctx context.Context) error {
	s.temporalAddress = fixedAddress()
	args := []string{"--frontend", s.temporalAddress, "--ui", "off", "--namespace", "default", "--data", filepath.Join(s.dir, "temporal")}
	for _, name := range workflows.SearchAttributeNames() {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	s.temporal = &child{name: "temporal", command: func() *exec.Cmd { return exec.Command(s.options.Devserver, args...) }, brief: true}
	if err := s.run(ctx, s.temporal); err != nil {
		return err
	}
	return s.gate("temporal", s.temporalAddress)
}

func (s *stack) startDatabase(ctx context.Context) error {
	if s.database == SQLite {
		s.databaseURL = "sqlite:" + filepath.Join(s.dir, "obc.db")
		return nil
	}
	address := fixedAddress()
	_, port, _ := strings.Cut(address, ":")
	var number int
	if _, err := fmt.Sscan(port, &number); err != nil {
		return fmt.Errorf("read port: %w", err)
	}
	cluster, err := pgtest.NewCluster(filepath.Join(s.dir, "postgres"), number)
	if err != nil {
		return err
	}
	s.postgres = &child{name: "postgres", command: cluster.Command, brief: true}
	if err := s.run(ctx, s.postgres); err != nil {
		return err
	}
	starting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := cluster.CreateDatabase(starting, "obc"); err != nil {
		return err
	}
	s.databaseURL = pgtest.URLAt(address, "obc")
	return s.gate("database", address)
}

// startProduct starts serve on SQLite, and two of api and of worker on
// PostgreSQL.
func (s *stack) startProduct(ctx context.Context) error {
	roles := []string{"serve"}
	url := s.databaseURL
	if s.database == Postgres {
		roles = []string{"api", "api", "worker", "worker"}
		url = pgtest.URLAt(s.gates["database"].Address(), "obc")
	}
	addresses := make([]string, len(roles))
	for i, role := range roles {
		addresses[i] = fixedAddress()
		if role != "worker" {
			s.intakes = append(s.intakes, "http://"+addresses[i])
		}
	}
	s.relay = newRelay(ctx, s.options.Seed, s.intakes)
	public, err := s.serve(fixedAddress(), s.relay)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.relay.working.Wait)
	s.adminToken = secret()
	environ := []string{
		"OBC_PUBLIC_URL=http://" + public, "OBC_DATABASE_URL=" + url, "OBC_ENCRYPTION_KEYS=" + store.NewKey(),
		"OBC_TOKENS=admin:chaos:" + s.adminToken, "OBC_LOG_LEVEL=info", "OBC_LOG_FORMAT=text",
		"OBC_BIGCOMMERCE_URL=http://" + s.gates["bigcommerce"].Address(), "OBC_OMETRIA_URL=http://" + s.gates["ometria"].Address(),
		"OBC_BIGCOMMERCE_RESERVE=0", "OBC_OMETRIA_PUSHES_PER_SECOND=50", "OBC_RECONCILE_EVERY=1m",
		"TEMPORAL_ADDRESS=" + s.gates["temporal"].Address(), "TEMPORAL_NAMESPACE=default", "TEMPORAL_CONFIG_FILE=" + os.DevNull,
	}
	for i, role := range roles {
		name := role
		if len(roles) > 1 {
			name = fmt.Sprintf("%s-%d", role, i%2+1)
		}
		own := append(slices.Clone(environ), "OBC_HTTP_ADDR="+addresses[i])
		c := &child{name: name, command: func() *exec.Cmd {
			cmd := exec.Command(s.options.Product, role)
			cmd.Env = append(cleaned(os.Environ()), own...)
			return cmd
		}}
		if err := s.run(ctx, c); err != nil {
			return err
		}
		if role != "worker" {
			s.apis = append(s.apis, c)
		}
		if role != "api" {
			s.workers = append(s.workers, c)
		}
	}
	return s.ready(ctx, 2*time.Minute)
}

// cleaned leaves out what would change what the product does.
func cleaned(environ []string) []string {
	return slices.DeleteFunc(environ, func(v string) bool {
		return strings.HasPrefix(v, "OBC_") || strings.HasPrefix(v, "TEMPORAL_")
	})
}

func secret() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

// children are all processes, each once.
func (s *stack) children() []*child {
	var all []*child
	for _, c := range slices.Concat([]*child{s.temporal, s.postgres}, s.apis, s.workers) {
		if c != nil && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// ready waits until every process that takes webhooks in reaches the database
// and Temporal.
func (s *stack) ready(ctx context.Context, limit time.Duration) error {
	client := &http.Client{Timeout: 10 * time.Second}
	for _, intake := range s.intakes {
		err := poll(ctx, 100*time.Millisecond, limit, func() (bool, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, intake+"/readyz", nil)
			if err != nil {
				return false, err
			}
			res, err := client.Do(req)
			if err != nil {
				return false, nil // not yet
			}
			return res.StatusCode == http.StatusOK, res.Body.Close()
		})
		if err != nil {
			return fmt.Errorf("wait for the product to be ready: %w", err)
		}
	}
	return nil
}

// errLate says that something did not happen in time.
var errLate = errors.New("not within the time it may take")

// poll asks, every so often, until the answer is yes.
func poll(ctx context.Context, every, limit time.Duration, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w: %s", errLate, limit))
	defer cancel()
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		if !sleep(ctx, every) {
			return context.Cause(ctx)
		}
	}
}
