package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// run is one run of the suite.
type run struct {
	*stack
	out        io.Writer
	began      time.Time // when faults began
	connection string    // the connection's id
	login      string    // the authentication's id
	changes    *changes

	replacing   sync.Mutex                  // held while a credential is revoked
	credentials apiclient.NewAuthentication // guarded by replacing

	mu        sync.Mutex // guards all below and out
	happened  map[string]int
	killed    int // beside the children's own count
	compared  int
	awayAt    time.Time // when a service last went down for minutes
	rejecting map[recordID]bool
	broken    []string // what is wrong with this suite or with an answer
}

// Run does one run. Its error says what of the suite itself failed; whether the
// product stood is in the report.
func Run(ctx context.Context, o Options) (report Report, err error) {
	if err := o.check(); err != nil {
		return Report{}, err
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	dir, err := o.directory()
	if err != nil {
		return Report{}, err
	}
	spawning, stopSpawning := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSpawning()
	ctx, cancel := context.WithCancel(ctx)
	r := &run{
		out: o.Out, happened: map[string]int{}, rejecting: map[recordID]bool{},
		stack: &stack{options: o, dir: dir, database: database(o), spawner: newSpawner(spawning), gates: map[string]*faults.Gate{}},
	}
	fmt.Fprintf(o.Out, "seed %d, %s of faults, %s, the store's clock %s ahead, logs in %s\n",
		o.Seed, o.Faults, r.database, o.ahead().Round(time.Second), dir)
	began := time.Now()
	report, err = r.do(ctx)
	cancel()
	r.close()
	report.Took = time.Since(began)
	report.Dir = dir
	if err == nil && report.Err() == nil && !o.Keep {
		report.Dir = ""
		err = os.RemoveAll(dir)
	}
	report.print(o.Out)
	return report, err
}

// database is the one asked for, or drawn by the seed.
func database(o Options) string {
	if o.Database != "" {
		return o.Database
	}
	return []string{SQLite, Postgres}[rand.New(rand.NewPCG(o.Seed, 0xdb)).IntN(2)]
}

func (r *run) do(ctx context.Context) (Report, error) {
	err := r.start(ctx)
	if pgtest.NotInstalled(err) && r.options.Database == "" {
		fmt.Fprintln(r.out, "PostgreSQL is not installed: SQLite instead")
		r.database = SQLite
		if err = r.startDatabase(ctx); err == nil {
			err = r.startProduct(ctx)
		}
	}
	if err != nil {
		return r.report(nil), err
	}
	if err := r.connect(ctx); err != nil {
		return r.report(nil), fmt.Errorf("connect the store: %w", err)
	}
	r.changes = newChanges(r.shop, r.options.Seed, r.options.Every)
	r.began = time.Now()
	changing, stop := context.WithCancel(ctx)
	defer stop()
	changed := make(chan error, 1)
	go func() { changed <- r.changes.run(changing) }()
	r.disturb(ctx, r.plan())
	stop()
	if err := errors.Join(<-changed, ctx.Err()); err != nil {
		return r.report(nil), err
	}
	r.tell("all faults end", fmt.Sprintf("after %d changes", r.changes.total()))
	r.heal()
	if err := r.settle(ctx); err != nil {
		return r.report(r.stuck(ctx, err)), ctx.Err()
	}
	r.tell("quiet", "comparing every record")
	lost, err := r.compare(ctx)
	if trace := r.forgedRecords(ctx); trace != "" {
		r.breaks(trace)
	}
	return r.report(lost), err
}

// tell prints what happens and counts it.
func (r *run) tell(name, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.happened[name]++
	fmt.Fprintf(r.out, "%7.1fs  %s: %s\n", time.Since(r.began).Seconds(), name, what)
}

// check notes an error of the suite itself.
func (r *run) check(err error) {
	if err != nil {
		r.breaks(err.Error())
	}
}

func (r *run) breaks(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = append(r.broken, what)
}

func (r *run) countKill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.killed++
}

// mayGoAway reports whether a service may go down for minutes now, and notes that
// it does.
func (r *run) mayGoAway() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.awayAt) < awayEvery {
		return false
	}
	r.awayAt = time.Now()
	return true
}

func (r *run) refused(record recordID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rejecting[record] = true
}

// client speaks to one of the processes that serve the API.
func (r *run) client() *apiclient.Client {
	return apiclient.New(r.intakes[rand.IntN(len(r.intakes))], r.adminToken, &http.Client{Timeout: 60 * time.Second})
}

func (r *run) newConnection() apiclient.NewConnection {
	return apiclient.NewConnection{Name: "chaos", AuthenticationID: r.login, IdentificationCode: chaosAccount, Timezone: "Europe/London"}
}

// connect joins the store to the account by two setups at once, of which one
// must win. Its setup and first bulk sync go on among the faults.
func (r *run) connect(ctx context.Context) error {
	first := apiclient.NewAuthentication{
		Name: "chaos", OmetriaAPIKey: "ometria-key", ClientID: "bigcommerce-client", ClientSecret: "bigcommerce-secret",
		AccessToken: "bigcommerce-token", StoreHash: "chaosstore",
	}
	made, err := r.client().CreateAuthentication(ctx, first)
	if err != nil {
		return err
	}
	r.login, r.credentials = made.ID, first
	type answer struct {
		made apiclient.Connection
		err  error
	}
	answers := make(chan answer, 2)
	for range cap(answers) {
		go func() {
			c, err := r.client().CreateConnection(ctx, r.newConnection())
			answers <- answer{c, err}
		}()
	}
	won := 0
	for range cap(answers) {
		a := <-answers
		if a.err == nil {
			won++
			r.connection = a.made.ID
		} else if problem, ok := errors.AsType[*apiclient.Problem](a.err); !ok || problem.Status != http.StatusConflict {
			return a.err
		}
	}
	if won != 1 {
		return fmt.Errorf("two setups at once: %d were taken", won)
	}
	return nil
}

// status is the connection's, or why it is not known.
func (r *run) status(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := r.client().Connection(ctx, r.connection)
	if err != nil {
		return "unknown"
	}
	return c.Status
}

// secondSetup asks for a connection that there is already.
func (r *run) secondSetup(ctx context.Context) string {
	_, err := r.client().CreateConnection(ctx, r.newConnection())
	problem, isProblem := errors.AsType[*apiclient.Problem](err)
	switch {
	case err == nil:
		r.breaks("a second connection of the same store and account was made")
		return "taken"
	case isProblem && problem.Status == http.StatusConflict:
		return "409"
	case isProblem && problem.Status < http.StatusInternalServerError:
		r.breaks("a second setup was answered: " + err.Error())
	}
	return err.Error()
}

// terminate ends one running workflow of the connection as a person would in
// the Web UI, and returns its id.
func (r *run) terminate(ctx context.Context, n uint64) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{HostPort: r.temporalAddress, Logger: quietLogger{}})
	if err != nil {
		return "", fmt.Errorf("dial temporal: %w", err)
	}
	defer c.Close()
	found, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: 100, Query: "ExecutionStatus = 'Running' AND ConnectionId = '" + r.connection + "'",
	})
	if err != nil {
		return "", fmt.Errorf("list workflows: %w", err)
	}
	var ids []string
	for _, e := range found.GetExecutions() {
		if e.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			ids = append(ids, e.GetExecution().GetWorkflowId())
		}
	}
	if len(ids) == 0 {
		return "", nil
	}
	id := ids[n%uint64(len(ids))]
	if err := c.TerminateWorkflow(ctx, id, "", "by hand"); err != nil {
		return "", fmt.Errorf("terminate %s: %w", strings.SplitN(id, "/", 2)[0], err)
	}
	return id, nil
}

// quietLogger drops what the SDK says.
type quietLogger struct{}

func (quietLogger) Debug(string, ...any) {}
func (quietLogger) Info(string, ...any)  {}
func (quietLogger) Warn(string, ...any)  {}
func (quietLogger) Error(string, ...any) {}
