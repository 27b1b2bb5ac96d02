// Package pgtest runs a PostgreSQL server for tests: one a test binary, with a
// fresh database for each test, stopped and deleted at the end.
//
// It uses the server installed on the machine and skips, saying why, where
// there is none. It never touches a server that runs already, and never keeps
// data.
//
// A package's TestMain calls Run; a test calls URL.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx
)

// errNotInstalled means that there is no PostgreSQL server to run.
var errNotInstalled = errors.New("PostgreSQL is not installed (neither pg_config nor /usr/lib/postgresql has initdb and postgres)")

// The server of this test binary. mu guards all of it.
var (
	mu       sync.Mutex
	running  bool // Run is on the stack
	shared   *server
	startErr error
	count    int
)

// Run runs the package's tests and stops the server afterwards. Its result is
// the program's exit code.
func Run(m *testing.M) int {
	mu.Lock()
	running = true
	mu.Unlock()
	code := m.Run()
	mu.Lock()
	defer mu.Unlock()
	running = false
	if shared != nil {
		shared.stop()
		shared = nil
	}
	return code
}

// URL returns the URL of a fresh, empty database that is dropped when the test
// ends. The first call starts the server.
func URL(t testing.TB) string {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if !running {
		t.Fatal("pgtest: TestMain must call pgtest.Run, which stops the server")
	}
	if shared == nil && startErr == nil {
		shared, startErr = start()
	}
	if errors.Is(startErr, errNotInstalled) {
		t.Skip("pgtest: " + startErr.Error())
	}
	if startErr != nil {
		t.Fatalf("pgtest: start PostgreSQL: %v", startErr)
	}
	count++
	name := fmt.Sprintf("test_%d", count)
	if err := shared.exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("pgtest: create database: %v", err)
	}
	s := shared
	t.Cleanup(func() {
		if err := s.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop database: %v", err)
		}
	})
	return s.url(name)
}

type server struct {
	dir  string
	port int
	cmd  *exec.Cmd
	log  *os.File
	// ended is closed once the server has stopped.
	ended chan struct{}
}

// binaries finds the folder that holds initdb and postgres.
func binaries() (string, error) {
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	dirs = append(dirs, installed...)
	for _, dir := range dirs {
		if isFile(filepath.Join(dir, "initdb")) && isFile(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", errNotInstalled
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// start makes a cluster in a temporary folder and runs a server on it.
func start() (_ *server, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, ended: make(chan struct{})}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	s.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(s.port), "-k", dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	s.cmd.Dir, s.cmd.SysProcAttr = dir, attributes
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := startTied(s.cmd, s.ended); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	return s, s.await(30 * time.Second)
}

// unprivileged says as whom the server runs: PostgreSQL refuses to run as
// root, so root gives dir to the user postgres, or nobody, and runs it as that.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{}
	if os.Getuid() != 0 {
		return attributes, nil
	}
	as, err := user.Lookup("postgres")
	if err != nil {
		if as, err = user.Lookup("nobody"); err != nil {
			return nil, fmt.Errorf("find a user to run as: %w", err)
		}
	}
	uid, err := strconv.Atoi(as.Uid)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", as.Username, err)
	}
	gid, err := strconv.Atoi(as.Gid)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", as.Username, err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attributes, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *server) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

func (s *server) exec(statement string) error {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// await returns once the server answers.
func (s *server) await(limit time.Duration) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(limit)
	for {
		err := s.exec("SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-late:
			text, _ := os.ReadFile(s.log.Name())
			return fmt.Errorf("postgres does not answer: %w: %s", err, text)
		}
	}
}

// stop ends the server at once (SIGQUIT: its data is deleted anyway).
func (s *server) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		_ = s.cmd.Wait()
	}
	close(s.ended)
	if s.log != nil {
		_ = s.log.Close()
	}
	_ = os.RemoveAll(s.dir)
}
