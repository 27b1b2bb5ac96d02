package e2e

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/service"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim/ometriatest"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

// world is one connected store in real time: the product and Temporal as
// processes, and the stand-ins in the test's own, each behind a gate.
type world struct {
	t          *testing.T
	shop       *bigcommercesim.Server
	store      *gate // before the shop
	account    *ometriasim.Account
	ometria    *gate // before the account
	door       *door
	temporal   *process
	temporalAt string
	temporalIn string // its data; empty for in memory
	environ    []string
	database   string
	keys       string
	address    string // of the API
	api        *apiclient.Client
	connection string
}

// worldOptions are what a test may want of its world.
type worldOptions struct {
	shop     bigcommercesim.Options
	database string       // instead of a SQLite file
	serve    func(*world) // instead of one process for everything
	// keepTemporal lets Temporal be killed and started again on what it knew.
	keepTemporal bool
}

const adminToken = "admin-token-of-this-test"

// newWorld starts everything, connects the store and waits until its few
// records have arrived.
func newWorld(t *testing.T, change ...func(*worldOptions)) *world {
	t.Helper()
	if programs.devserver == "" {
		t.Skip("skipped: no devserver program; build it with make bin/devserver, or set OBC_DEVSERVER")
	}
	o := worldOptions{shop: bigcommercesim.DefaultOptions()}
	o.shop.Customers, o.shop.Subscribers, o.shop.Products, o.shop.Orders = 8, 4, 8, 4
	// Said, it is known; of a store that says nothing the least is assumed.
	o.shop.Quota = bigcommercesim.Quota{Requests: 100_000, Window: 30 * time.Second}
	o.serve = func(w *world) { w.start("serve", w.address) }
	for _, c := range change {
		c(&o)
	}
	w := &world{t: t, keys: store.NewKey(), address: freeAddress(t), database: o.database}
	if o.keepTemporal {
		w.temporalIn = t.TempDir()
	}
	if w.database == "" {
		w.database = "sqlite:" + filepath.Join(t.TempDir(), "obc.db")
	}
	w.simulate(o)
	w.startTemporal()
	w.environ = []string{
		"OBC_DATABASE_URL=" + w.database, "OBC_ENCRYPTION_KEYS=" + w.keys, "OBC_TOKENS=admin:" + adminToken,
		"OBC_BIGCOMMERCE_URL=" + w.store.url, "OBC_OMETRIA_URL=" + w.ometria.url, "OBC_OMETRIA_PUSHES_PER_SECOND=0",
		"OBC_PUBLIC_URL=" + w.door.url, "OBC_LOG_LEVEL=warn", "OBC_LOG_FORMAT=text",
		"TEMPORAL_ADDRESS=" + w.temporalAt, "TEMPORAL_CONFIG_FILE=/dev/null",
	}
	o.serve(w)
	w.api = apiclient.New("http://"+w.address, adminToken, &http.Client{Timeout: time.Minute})
	w.connect(o.shop)
	return w
}

// simulate puts both stand-ins behind gates, and the door before the API.
func (w *world) simulate(o worldOptions) {
	w.t.Helper()
	w.door = newDoor(w.t, w.address)
	var err error
	w.shop, err = bigcommercesim.New(o.shop)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = w.shop.Close() })
	w.store = newGate(w.t, w.shop)
	marketing := ometriasim.DefaultOptions()
	marketing.PushesPerSecond, marketing.ReadsPerSecond, marketing.QueueLimit, marketing.History = 0, 0, 0, true
	stand := ometriatest.New(w.t, marketing)
	w.account = stand.Account("")
	w.ometria = newGate(w.t, stand)
}

// startTemporal starts the server, the second time at the same address and on
// what it kept.
func (w *world) startTemporal() {
	w.t.Helper()
	args := []string{"-data", w.temporalIn, "-frontend", cmp.Or(w.temporalAt, "127.0.0.1:0"), "-ui", "off"}
	for _, name := range workflows.SearchAttributeNames() {
		args = append(args, "-search-attribute", name+"=Keyword")
	}
	p := &process{t: w.t, out: &output{}, done: make(chan struct{})}
	p.cmd = exec.Command(programs.devserver, args...)
	p.cmd.Stderr = p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := p.cmd.StdinPipe() // it ends when this closes
	require.NoError(w.t, err)
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, p.cmd.Start())
	var said struct{ Frontend string }
	ready := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(stdout).ReadBytes('\n') // all that it says
		if err == nil {
			err = json.Unmarshal(line, &said)
		}
		ready <- err
		_ = p.cmd.Wait() // killed, as a rule
		close(p.done)
	}()
	w.t.Cleanup(func() {
		p.kill()
		_ = stdin.Close()
		if w.t.Failed() {
			w.t.Logf("Temporal said:\n%s", p.out)
		}
	})
	select {
	case err := <-ready:
		require.NoError(w.t, err, "Temporal ended: %s", p.out)
	case <-time.After(patience):
		w.t.Fatal("Temporal does not answer")
	}
	w.temporal, w.temporalAt = p, said.Frontend
}

// start runs the product in a role and waits until it answers at the address.
func (w *world) start(role, address string, environ ...string) *process {
	w.t.Helper()
	p := launch(w.t, programs.product, append(w.environ, append(environ, "OBC_HTTP_ADDR="+address)...), role)
	w.answersAt(p, address, "/readyz")
	return p
}

func (w *world) answersAt(p *process, address, path string) {
	w.t.Helper()
	p.eventually(patience, "an answer of "+path, func() bool {
		resp, err := http.Get("http://" + address + path)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func (w *world) connect(shop bigcommercesim.Options) {
	w.t.Helper()
	made, err := w.api.CreateAuthentication(w.t.Context(), apiclient.NewAuthentication{
		Name: "shop", OmetriaAPIKey: "ometria-key", ClientID: shop.ClientID, ClientSecret: shop.ClientSecret,
		AccessToken: shop.AccessToken, StoreHash: shop.StoreHash,
	})
	require.NoError(w.t, err)
	c, err := w.api.CreateConnection(w.t.Context(), apiclient.NewConnection{
		Name: "shop", AuthenticationID: made.ID, IdentificationCode: "shop", Timezone: "Europe/London",
	})
	require.NoError(w.t, err)
	w.connection = c.ID
	w.await("connected", func() bool {
		c := w.look()
		require.Nil(w.t, c.Failure)
		return c.Status == "connected" && c.Waiting() == 0
	})
}

// patience is when a test gives up on what should take seconds: it may share its
// cores with much else. It is less than the three minutes after which a record
// is handed over again, which would hide a lost handover.
const patience = 150 * time.Second

// in is the same world in a part of its test.
func (w *world) in(t *testing.T) *world {
	part := *w
	part.t = t
	return &part
}

// await polls until the condition holds.
func (w *world) await(what string, condition func() bool) {
	w.t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// look reads the connection.
func (w *world) look() apiclient.Connection {
	w.t.Helper()
	c, err := w.api.Connection(w.t.Context(), w.connection)
	require.NoError(w.t, err)
	return c
}

// attends reports whether the connection asks for a person with the code.
func (w *world) attends(code string) bool {
	w.t.Helper()
	for _, a := range w.look().Attention {
		if a.Code == code {
			return true
		}
	}
	return false
}

// story reads what is known of a record.
func (w *world) story(entity string, id int64) (story apiclient.RecordStory) {
	w.t.Helper()
	found, err := w.api.Do(w.t.Context(), http.MethodGet, apiclient.RecordPath(w.connection, entity, strconv.FormatInt(id, 10)), nil, nil)
	require.NoError(w.t, err)
	require.NoError(w.t, json.Unmarshal(found.Body, &story))
	return story
}

// ids are those of an entity's records in the store.
func (w *world) ids(entity string) []int64 {
	w.t.Helper()
	ids, err := w.shop.IDs(entity, 0, 0)
	require.NoError(w.t, err)
	return ids
}

// change changes a record in the store, which sends its webhooks.
func (w *world) change(entity string, id int64, fields map[string]any) {
	w.t.Helper()
	_, err := w.shop.Update(entity, id, fields)
	require.NoError(w.t, err)
}

// key names a record at Ometria.
type key struct{ kind, collection, id string }

func product(id int64) key    { return key{"product", "", strconv.FormatInt(id, 10)} }
func customer(id int64) key   { return key{"contact", "customers", strconv.FormatInt(id, 10)} }
func subscriber(id int64) key { return key{"contact", "subscribers", strconv.FormatInt(id, 10)} }
func orderAt(id int64) key    { return key{"order", "", strconv.FormatInt(id, 10)} }

// atOmetria is what Ometria holds of a record; nil for nothing.
func (w *world) atOmetria(k key) map[string]any {
	w.t.Helper()
	held, ok := w.account.Record(k.kind, k.collection, k.id)
	if !ok {
		return nil
	}
	var fields map[string]any
	require.NoError(w.t, json.Unmarshal(held.Record, &fields))
	return fields
}

// pushed lists what a field was in each push of a record, oldest first.
func (w *world) pushed(k key, field string) (values []any) {
	w.t.Helper()
	held, _ := w.account.Record(k.kind, k.collection, k.id)
	for _, push := range held.Pushes {
		var fields map[string]any
		require.NoError(w.t, json.Unmarshal(push.Record, &fields))
		values = append(values, fields[field])
	}
	return values
}

// arrives waits until Ometria holds a record with that value in a field.
func (w *world) arrives(k key, field string, want any) {
	w.t.Helper()
	w.await(fmt.Sprintf("%s %s %s = %v at Ometria", k.kind, k.id, field, want), func() bool {
		fields := w.atOmetria(k)
		return fields != nil && fields[field] == want
	})
}

// settles waits until nothing is left to do for a record.
func (w *world) settles(entity string, id int64) (story apiclient.RecordStory) {
	w.t.Helper()
	w.await(fmt.Sprintf("%s %d at rest", entity, id), func() bool {
		story = w.story(entity, id)
		return !story.Dirty && !story.InFlight && (story.Workflow == nil || story.Workflow.Status != "running")
	})
	return story
}

// lap changes a bystander and waits until that has arrived: by then the
// dispatcher has looked at everything that was on disk before. After two laps
// whatever it handed over in the first is with Temporal too, because its rounds
// do not overlap.
func (w *world) lap(bystander int64) {
	w.t.Helper()
	title := fmt.Sprintf("Lap %d", time.Now().UnixNano())
	w.change("products", bystander, map[string]any{"name": title})
	w.arrives(product(bystander), "title", title)
}

// dial opens a client of Temporal.
func (w *world) dial() client.Client {
	w.t.Helper()
	temporal, err := client.Dial(client.Options{HostPort: w.temporalAt, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(w.t, err)
	w.t.Cleanup(temporal.Close)
	return temporal
}

// open counts the workflows of a type that run.
func (w *world) open(temporal client.Client, kind string) int64 {
	w.t.Helper()
	counted, err := temporal.CountWorkflow(w.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
		Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", kind),
	})
	require.NoError(w.t, err)
	return counted.GetCount()
}

// shortClaims is set, to how long a claim stands, where this test binary is run
// as a worker instead of the product: the product's own claims take a minute.
const shortClaims = "E2E_CLAIMS_STAND"

// workWithShortClaims is the product's worker but for that.
func workWithShortClaims() int {
	stand, err := time.ParseDuration(os.Getenv(shortClaims))
	config, configErr := service.LoadConfig(os.Environ())
	if err != nil || configErr != nil {
		fmt.Fprintln(os.Stderr, err, configErr)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err = service.Run(ctx, config, service.Roles{Worker: true}, service.Options{
		Environ: os.Environ(), Logger: service.NewLogger(config, os.Stderr), Store: []store.Option{store.WithClaimTTL(stand)},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
