package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
)

// programs are what the tests run; TestMain builds all but the devserver.
var programs struct{ dev, product, devserver string }

func TestMain(m *testing.M) {
	if os.Getenv(shortClaims) != "" {
		os.Exit(workWithShortClaims())
	}
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func build(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "obc-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	programs.devserver = os.Getenv("OBC_DEVSERVER")
	if programs.devserver == "" {
		if path, err := filepath.Abs(filepath.Join("..", "bin", "devserver")); err == nil {
			programs.devserver = path
		}
	}
	if _, err := os.Stat(programs.devserver); err != nil {
		programs.devserver = "" // each test skips, and says so
		return pgtest.Run(m), nil
	}
	programs.dev, programs.product = filepath.Join(dir, "dev"), filepath.Join(dir, "ometria-bigcommerce")
	build := exec.Command("go", "build", "-o", dir, "../cmd/dev", "../cmd/ometria-bigcommerce")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("build the programs: %w", err)
	}
	return pgtest.Run(m), nil
}

// state is what the dev command keeps in dev.json.
type state struct {
	AdminToken string `json:"admin_token"`
	Accounts   struct {
		StoreHash    string `json:"store_hash"`
		AccessToken  string `json:"access_token"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		OmetriaKey   string `json:"ometria_key"`
	} `json:"accounts"`
	EncryptionKeys string `json:"encryption_keys"`
	Addresses      struct {
		HTTP, BigCommerce, Ometria, Temporal string
	} `json:"addresses"`
}

// process is one run of a program in a process group of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	dir  string
	out  *output
	done chan struct{}
}

// output collects what a process says while others read it.
type output struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs the dev command with its data in dir. It is killed at the end of
// the test with everything that it started.
func start(t *testing.T, dir string, environ []string, args ...string) *process {
	t.Helper()
	if programs.devserver == "" {
		t.Skip("skipped: no devserver program; build it with make bin/devserver, or set OBC_DEVSERVER")
	}
	if _, err := os.Stat(filepath.Join(dir, "dev.json")); err != nil {
		// Not the usual port: another test would take it between a kill and the
		// restart, and with it the webhooks.
		environ = append([]string{"OBC_HTTP_ADDR=" + freeAddress(t)}, environ...)
	}
	environ = append([]string{"OBC_DEVSERVER=" + programs.devserver, "OBC_SPECS=" + os.Getenv("OBC_SPECS")}, environ...)
	p := launch(t, programs.dev, environ, append([]string{"--data", dir}, args...)...)
	p.dir = dir
	return p
}

// launch runs a program, which is killed at the end of the test.
func launch(t *testing.T, program string, environ []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, out: &output{}, done: make(chan struct{})}
	p.cmd = exec.Command(program, args...)
	p.cmd.Env = append(clean(os.Environ()), environ...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = 20 * time.Second
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // the exit code is read from the state
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(program), p.out)
		}
	})
	return p
}

// clean leaves out what would change the dev command's own choices.
func clean(environ []string) []string {
	var kept []string
	for _, variable := range environ {
		if !strings.HasPrefix(variable, "OBC_") && !strings.HasPrefix(variable, "TEMPORAL_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// kill ends the whole process group as kill -9 does, and waits.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // gone already is as good
	<-p.done
}

// wait waits for the process's own end and returns its exit code.
func (p *process) wait(limit time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(limit):
		p.t.Fatalf("%s did not end within %s", filepath.Base(p.cmd.Path), limit)
	}
	return p.cmd.ProcessState.ExitCode()
}

// stop ends the process as Ctrl-C does.
func (p *process) stop() int {
	p.t.Helper()
	require.NoError(p.t, syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT))
	return p.wait(time.Minute)
}

// eventually polls until the condition holds, and fails when the process ends
// before.
func (p *process) eventually(limit time.Duration, what string, condition func() bool) {
	p.t.Helper()
	deadline, tick := time.After(limit), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-p.done:
			p.t.Fatalf("%s ended before: %s", filepath.Base(p.cmd.Path), what)
		case <-deadline:
			p.t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// ready waits until API and Temporal answer and returns the state.
func (p *process) ready() state {
	p.t.Helper()
	var s state
	p.eventually(90*time.Second, "ready", func() bool {
		raw, err := os.ReadFile(filepath.Join(p.dir, "dev.json"))
		if err != nil || json.Unmarshal(raw, &s) != nil {
			return false
		}
		resp, err := http.Get("http://" + s.Addresses.HTTP + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return s
}

// client returns a client of the running API.
func (s state) client() *apiclient.Client {
	return apiclient.New("http://"+s.Addresses.HTTP, s.AdminToken, &http.Client{Timeout: 2 * time.Minute})
}

// size is a small simulated store.
var size = []string{"--customers", "60", "--subscribers", "40", "--products", "40", "--orders", "120"}
