package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/gin-gonic/gin"
	"github.com/spf13/cobra"

	"github.com/ometria/ometria-bigcommerce/service"
)

// What a child process is.
const (
	roleProduct = "product" // API and worker, as the product's serve command runs them
	roleAPI     = "api"     // the API alone
	roleNothing = "nothing" // a Gin server that answers 200
)

const (
	childStart = 60 * time.Second
	childStop  = 30 * time.Second
)

// child is a process of this program in one of the roles. It ends when its
// standard input closes, so it cannot outlive us.
type child struct {
	Address string `json:"address"` // host:port

	cmd   *exec.Cmd
	stdin io.Closer
	done  chan struct{} // closed once it is gone
}

// startChild starts this program anew. It gets two cores, whatever the machine
// has.
func startChild(role string, environ []string, profile string, stderr io.Writer) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.Command(self, "child", role, "--profile", profile)
	cmd.Env = append(environ, "GOMAXPROCS=2")
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	c := &child{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	ready := make(chan error, 1)
	go func() {
		defer close(c.done)
		line, err := bufio.NewReader(stdout).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, c)
		}
		ready <- err
		_ = cmd.Wait() // how it ended stands in its log
	}()
	select {
	case err = <-ready:
	case <-time.After(childStart):
		err = fmt.Errorf("no answer within %s", childStart)
	}
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	return c, nil
}

// stop ends the child in an orderly way, or by force after a while.
func (c *child) stop() {
	_ = c.stdin.Close() // that is how it is told
	select {
	case <-c.done:
	case <-time.After(childStop):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// childCommand is what startChild calls.
func childCommand(environ []string, stdout, stderr io.Writer) *cobra.Command {
	profile := ""
	cmd := &cobra.Command{
		Use: "child role", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			go func() { // ends with the process: a read of standard input cannot be interrupted
				_, _ = io.Copy(io.Discard, os.Stdin)
				cancel()
			}()
			if profile != "" {
				file, err := os.Create(profile)
				if err != nil {
					return fmt.Errorf("write profile: %w", err)
				}
				defer func() { _ = file.Close() }()
				if err := pprof.StartCPUProfile(file); err != nil {
					return fmt.Errorf("write profile: %w", err)
				}
				defer pprof.StopCPUProfile()
			}
			return serveAs(ctx, args[0], environ, stdout, stderr)
		},
	}
	cmd.Flags().StringVar(&profile, "profile", "", "write a CPU profile to this file")
	return cmd
}

func serveAs(ctx context.Context, role string, environ []string, stdout, stderr io.Writer) error {
	address := env.ToMap(environ)["OBC_HTTP_ADDR"]
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	serving := func() { _ = json.NewEncoder(stdout).Encode(child{Address: listener.Addr().String()}) } // unread, it is stopped
	if role == roleNothing {
		serving()
		return serveNothing(ctx, listener)
	}
	config, err := service.LoadConfig(environ)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return service.Run(ctx, config, service.Roles{API: true, Worker: role == roleProduct}, service.Options{
		Environ: environ, Logger: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: config.LogLevel})),
		Listener: listener, Serving: serving,
	})
}

// serveNothing answers every webhook with 200 and does nothing for it.
func serveNothing(ctx context.Context, listener net.Listener) error {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.POST("/webhooks/bigcommerce/:connection_id", func(c *gin.Context) { c.Status(http.StatusOK) })
	server := &http.Server{Handler: engine, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// lastWords is the end of what a child wrote to its log.
func lastWords(log string) string {
	raw, err := os.ReadFile(log)
	if err != nil {
		return ""
	}
	const most = 2000
	return strings.TrimSpace(string(raw[max(0, len(raw)-most):]))
}
