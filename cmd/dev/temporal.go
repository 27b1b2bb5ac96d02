package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/workflows"
)

const (
	temporalStart = 90 * time.Second // until the child serves
	temporalStop  = 15 * time.Second // until the child has ended
)

// temporalServer is the devserver child. It stays in our process group, so a
// kill of the group takes it along, and ends when its standard input closes, so
// it cannot outlive us.
type temporalServer struct {
	Frontend string `json:"frontend"` // host:port
	UI       string `json:"ui"`       // URL of the Web UI

	cmd    *exec.Cmd
	stdin  io.Closer
	exited chan struct{} // closed once the child is gone
	err    error         // how it ended; read after exited
}

// devserverPath finds the program: OBC_DEVSERVER, or bin/devserver beside this
// executable or in the working directory.
func devserverPath(named string) (string, error) {
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

// startTemporal starts the child and waits until it serves. dir keeps its
// database; empty means in memory. What it says goes to log, and stands in the
// error when it does not start. When one of the usual ports is taken, free ones
// are used.
func startTemporal(ctx context.Context, path, dir string, log *os.File) (*temporalServer, error) {
	const frontend, ui, free = "127.0.0.1:7233", "127.0.0.1:8233", "127.0.0.1:0"
	if isFree(frontend) && isFree(ui) {
		t, err := launch(ctx, path, dir, frontend, ui, log)
		if err == nil || ctx.Err() != nil || isFree(frontend) && isFree(ui) {
			return t, explained(err, log)
		}
		// Somebody took a port a moment ago.
	}
	t, err := launch(ctx, path, dir, free, free, log)
	return t, explained(err, log)
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

func launch(ctx context.Context, path, dir, frontend, ui string, stderr *os.File) (*temporalServer, error) {
	args := []string{"--frontend", frontend, "--ui", ui, "--namespace", "default"}
	if dir != "" {
		args = append(args, "--data", dir)
	}
	for _, name := range workflows.SearchAttributeNames() {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	cmd := exec.Command(path, args...)
	cmd.Stderr = stderr
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
	t := &temporalServer{cmd: cmd, stdin: stdin, exited: make(chan struct{})}
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
	case <-time.After(temporalStart):
		err = fmt.Errorf("no answer within %s", temporalStart)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		t.stop()
		return nil, fmt.Errorf("start temporal: %w", err)
	}
	return t, nil
}

// stop ends the child in an orderly way, or by force after a while.
func (t *temporalServer) stop() {
	_ = t.stdin.Close() // that is how it is told
	select {
	case <-t.exited:
	case <-time.After(temporalStop):
		_ = t.cmd.Process.Kill()
		<-t.exited
	}
}
