package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// NotInstalled reports whether err says that there is no PostgreSQL server to
// run on this machine.
func NotInstalled(err error) bool { return errors.Is(err, errNotInstalled) }

// Cluster is a PostgreSQL cluster whose server its owner starts, kills and
// starts again as it likes, for programs that are no tests.
type Cluster struct {
	server
	bin string
	as  *exec.Cmd // as whom the server runs
}

// NewCluster makes a cluster in dir, which must not exist and whose parents
// other users can enter: root runs the server as another user. NotInstalled
// tells of the error whether there is none.
func NewCluster(dir string, port int) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make cluster: %w", err)
	}
	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, fmt.Errorf("make cluster: %w", err)
	}
	c := &Cluster{server: server{dir: dir, port: port}, bin: bin, as: &exec.Cmd{Dir: dir, SysProcAttr: attributes}}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", c.data(), "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = c.as.Dir, c.as.SysProcAttr
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return c, nil
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Command is a run of the server in the foreground. A commit is not waited for
// until it is on the medium: a killed server loses nothing by that, only a
// machine without power would.
func (c *Cluster) Command() *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, "postgres"), "-D", c.data(), "-p", strconv.Itoa(c.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=100")
	attributes := *c.as.SysProcAttr
	cmd.Dir, cmd.SysProcAttr = c.as.Dir, &attributes
	return cmd
}

// CreateDatabase makes a database once the server answers, and waits for that
// as long as ctx lasts.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := c.exec("CREATE DATABASE " + name)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("create database: %w", err)
		}
	}
}

// URLAt is the URL of a database of the cluster whose server is reached at
// address (host:port).
func URLAt(address, database string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", address, database)
}
