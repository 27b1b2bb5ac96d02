package chaos

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// restartAfter is how long a process that ended by itself is left alone, as an
// orchestrator would.
const restartAfter = time.Second

// child is one process of the product or of what it stands on. It is started
// again whenever it ends, until closed.
type child struct {
	name    string
	command func() *exec.Cmd // a new run
	log     *os.File
	said    func(line string) // of each line of the log; may be nil
	// brief says that it may end by itself for a while after a kill, because
	// what the kill left behind is in its way.
	brief bool

	done chan struct{} // closed when it has ended for good

	mu        sync.Mutex // guards all below
	cmd       *exec.Cmd  // nil while it does not run
	stdin     io.Closer
	notBefore time.Time
	killed    bool // this run, by us
	closed    bool
	wake      chan struct{}
	kills     int
	byItself  []string // how it ended when nobody killed it
	lastKill  time.Time
}

// spawner starts every process from one thread, which lives as long as this
// program: Linux ties a process to the thread that started it.
type spawner struct{ wanted chan func() }

func newSpawner(ctx context.Context) *spawner {
	s := &spawner{wanted: make(chan func())}
	go func() {
		lockThread()
		for {
			select {
			case do := <-s.wanted:
				do()
			case <-ctx.Done():
				return // with the thread, and with it every process that is left
			}
		}
	}()
	return s
}

func (s *spawner) start(ctx context.Context, cmd *exec.Cmd) error {
	tie(cmd)
	result := make(chan error, 1)
	select {
	case s.wanted <- func() { result <- cmd.Start() }:
		return <-result
	case <-ctx.Done():
		return ctx.Err()
	}
}

// keep starts a process and keeps it running until ctx ends.
func keep(ctx context.Context, s *spawner, dir string, c *child) error {
	log, err := os.OpenFile(filepath.Join(dir, c.name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", c.name, err)
	}
	c.log, c.done, c.wake = log, make(chan struct{}), make(chan struct{}, 1)
	go func() {
		defer close(c.done)
		defer func() { _ = log.Close() }() // nothing more to write
		for c.pause(ctx) {
			c.run(ctx, s)
		}
	}()
	return nil
}

// pause waits until the next run is due, and reports whether there is one.
func (c *child) pause(ctx context.Context) bool {
	for {
		c.mu.Lock()
		wait, closed := time.Until(c.notBefore), c.closed
		c.mu.Unlock()
		if closed || ctx.Err() != nil {
			return false
		}
		if wait <= 0 {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// run is one run, from start to end.
func (c *child) run(ctx context.Context, s *spawner) {
	cmd := c.command()
	// A pipe and not the file: the limit on the size of files is for what the
	// process keeps, not for what it says.
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	cmd.WaitDelay = 5 * time.Second
	var copying sync.WaitGroup
	copying.Go(func() { c.listen(reader) })
	stdin, err := cmd.StdinPipe() // closed, it tells the Temporal server to end
	if err == nil {
		err = s.start(ctx, cmd)
	}
	if err == nil {
		c.note("started, process %d", cmd.Process.Pid)
		c.mu.Lock()
		c.cmd, c.stdin, c.killed = cmd, stdin, false
		if c.closed {
			_ = cmd.Process.Kill() // closed while it was being started
		}
		c.mu.Unlock()
		err = cmd.Wait()
	}
	_ = writer.Close() // wakes the reader
	copying.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cmd = nil
	c.note("ended: %v", err)
	if !c.killed && !c.closed && ctx.Err() == nil && !(c.brief && time.Since(c.lastKill) < 30*time.Second) {
		c.byItself = append(c.byItself, fmt.Sprint(err))
	}
	if least := time.Now().Add(restartAfter); !c.killed && c.notBefore.Before(least) {
		c.notBefore = least
	}
}

func (c *child) listen(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			_, _ = io.WriteString(c.log, line) // the log is for people; the run goes on without
			if c.said != nil {
				c.said(strings.TrimSuffix(line, "\n"))
			}
		}
		if err != nil {
			return
		}
	}
}

func (c *child) note(format string, args ...any) {
	fmt.Fprintf(c.log, "--- %s %s\n", time.Now().UTC().Format(time.RFC3339Nano), fmt.Sprintf(format, args...))
}

// kill ends the process as kill -9 does, and starts it again after pause. It
// reports whether there was one to kill.
func (c *child) kill(pause time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notBefore = time.Now().Add(pause)
	if c.cmd == nil {
		return false
	}
	c.killed, c.lastKill = true, time.Now()
	c.kills++
	c.note("killed")
	_ = c.cmd.Process.Signal(syscall.SIGKILL) // gone already is as good
	return true
}

// signal sends a signal to the process, if it runs.
func (c *child) signal(signal os.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd != nil {
		c.note("%s", signal)
		_ = c.cmd.Process.Signal(signal) // gone already is as good
	}
}

// limit bounds the files of the process, if it runs, and reports whether it did.
func (c *child) limit(bytes uint64) (ran bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return false, nil
	}
	c.note("files limited to %d bytes", bytes)
	return true, limitFiles(c.cmd, bytes)
}

// pid is the process's id, or 0 while it does not run.
func (c *child) pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// hurry ends a pause before the next run.
func (c *child) hurry() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notBefore = time.Time{}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// close ends the process for good, orderly or after a while by force.
func (c *child) close() {
	c.mu.Lock()
	c.closed = true
	select {
	case c.wake <- struct{}{}:
	default:
	}
	if c.cmd != nil {
		c.note("told to end")
		_ = c.stdin.Close() // one of the two will be heard
		_ = c.cmd.Process.Signal(syscall.SIGTERM)
	}
	c.mu.Unlock()
	select {
	case <-c.done:
		return
	case <-time.After(25 * time.Second):
	}
	c.mu.Lock()
	if c.cmd != nil {
		_ = c.cmd.Process.Kill() // gone already is as good
	}
	c.mu.Unlock()
	<-c.done
}
