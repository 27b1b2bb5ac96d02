// Package devserver starts the devserver program, a real Temporal server, as a
// child process.
package devserver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	startTimeout = 90 * time.Second // until the child serves
	stopTimeout  = 15 * time.Second // until the child has ended
)

// Options say how the child is started.
type Options struct {
	Path string // of the program; see Find
	Dir  string // keeps its database; in memory when empty
	// Frontend and UI are the addresses it listens on, as host:port; port 0
	// means a free one. Without a Frontend the usual ports are taken, or free
	// ones when one of those is taken.
	Frontend, UI string
	// Attributes are the search attributes to register, each of type Keyword.
	Attributes []string
	// Log takes what it says, which stands in the error when it does not start.
	Log *os.File
}

// Server is the child. It stays in our process group, so a kill of the group
// takes it along, and ends when its standard input closes, so it cannot outlive
// us.
type Server struct {
	Frontend string `json:"frontend"` // host:port
	UI       string `json:"ui"`       // URL of the Web UI

	cmd    *exec.Cmd
	stdin  io.Closer
	exited chan struct{} // closed once the child is gone
	err    error         // how it ended; read after exited
}

// Find returns the path of the program: the one named, which OBC_DEVSERVER is
// for, or bin/devserver beside this executable or in the working directory.
func Find(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	var candidates []string
	if self, err := os.Executable(); err == nil {
		candidates = append(candidates, filepath.Join(filepath.Dir(self), "devserver"))
	}
	candidates = append(candidates, filepath.Join("bin", "devserver"))
	for _, path := range candidates {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("find the devserver program: not at %v: run make dev or make demo, which build it, set OBC_DEVSERVER to its path, or set TEMPORAL_ADDRESS to a server that runs", candidates)
}

// Start starts the child and waits until it serves.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Frontend != "" {
		t, err := launch(ctx, o)
		return t, explained(err, o.Log)
	}
	const frontend, ui, free = "127.0.0.1:7233", "127.0.0.1:8233", "127.0.0.1:0"
	if isFree(frontend) && isFree(ui) {
		o.Frontend, o.UI = frontend, ui
		t, err := launch(ctx, o)
		if err == nil || ctx.Err() != nil || isFree(frontend) && isFree(ui) {
			return t, explained(err, o.Log)
		}
		// Somebody took a port a moment ago.
	}
	o.Frontend, o.UI = free, free
	t, err := launch(ctx, o)
	return t, explained(err, o.Log)
}

// isFree reports whether nothing listens at the address.
func isFree(address string) bool {
	listener, err := net.Listen("tcp", address)
	if err == nil {
		_ = listener.Close()
	}
	return err == nil
}

// explained adds the first thing that the child said to err.
func explained(err error, log *os.File) error {
	if err == nil {
		return nil
	}
	said := make([]byte, 600)
	n, _ := log.ReadAt(said, 0) // what cannot be read cannot be told
	return fmt.Errorf("%w: it said: %s", err, strings.TrimSpace(string(said[:n])))
}

func launch(ctx context.Context, o Options) (*Server, error) {
	args := []string{"--frontend", o.Frontend, "--ui", o.UI, "--namespace", "default"}
	if o.Dir != "" {
		args = append(args, "--data", o.Dir)
	}
	for _, name := range o.Attributes {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	cmd := exec.Command(o.Path, args...)
	cmd.Stderr = o.Log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start temporal: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start temporal: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start temporal: %w", err)
	}
	t := &Server{cmd: cmd, stdin: stdin, exited: make(chan struct{})}
	ready := make(chan error, 1)
	go func() {
		defer close(t.exited)
		lines := bufio.NewReader(stdout)
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, t)
		}
		ready <- err
		_, _ = io.Copy(io.Discard, lines) // until it closes its end
		t.err = cmd.Wait()
	}()
	select {
	case err = <-ready:
	case <-time.After(startTimeout):
		err = fmt.Errorf("no answer within %s", startTimeout)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		t.Stop()
		return nil, fmt.Errorf("start temporal: %w", err)
	}
	return t, nil
}

// PID is the child's process id.
func (t *Server) PID() int { return t.cmd.Process.Pid }

// Exited is closed once the child is gone; Err then says how it ended.
func (t *Server) Exited() <-chan struct{} { return t.exited }

// Err says how the child ended, once Exited is closed.
func (t *Server) Err() error { return t.err }

// Stop ends the child in an orderly way, or by force after a while.
func (t *Server) Stop() {
	_ = t.stdin.Close() // that is how it is told
	select {
	case <-t.exited:
	case <-time.After(stopTimeout):
		t.Kill()
	}
}

// Kill ends the child at once, as a power cut would.
func (t *Server) Kill() {
	_ = t.cmd.Process.Kill()
	<-t.exited
}
