package store_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
	"github.com/ometria/ometria-bigcommerce/store"
)

// relay stands between a store and PostgreSQL, and can break.
type relay struct {
	net.Listener
	target string

	mu    sync.Mutex
	conns []*net.TCPConn // guarded by mu
	tasks sync.WaitGroup
}

func startRelay(t *testing.T, target string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{Listener: listener, target: target}
	r.tasks.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r.tasks.Go(func() { r.carry(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(r.cut)
	return r
}

func (r *relay) carry(near *net.TCPConn) {
	defer near.Close()
	far, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer far.Close()
	r.mu.Lock()
	r.conns = append(r.conns, near)
	r.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(near, far); _ = near.Close() })
	_, _ = io.Copy(far, near)
	_ = far.Close()
	back.Wait()
}

// reset breaks every connection with a RST; new ones are taken.
func (r *relay) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.conns {
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}
	r.conns = nil
}

// cut breaks every connection and takes no more.
func (r *relay) cut() {
	_ = r.Close()
	r.reset()
	r.tasks.Wait()
}

func TestPostgreSQLErrorsNameNeitherHostNorUserNorDatabase(t *testing.T) {
	target, err := url.Parse(pgtest.URL(t))
	require.NoError(t, err)
	r := startRelay(t, target.Host)
	database := target.Path[1:]
	target.Host = r.Addr().String()
	_, port, err := net.SplitHostPort(target.Host)
	require.NoError(t, err)
	var logs bytes.Buffer
	s, err := store.Open(t.Context(), target.String(), newKeys(t), slog.New(slog.NewTextHandler(&logs, nil)))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Migrate(t.Context()))

	tells := func(t *testing.T, text string) {
		t.Helper()
		for _, private := range []string{"127.0.0.1", port, "user=", "postgres ", database} {
			assert.NotContains(t, text, private)
		}
	}

	t.Run("a connection that breaks", func(t *testing.T) {
		tx, err := s.DB().BeginTx(t.Context(), nil)
		require.NoError(t, err)
		r.reset()
		_, err = tx.ExecContext(t.Context(), "SELECT 1")
		require.Error(t, err)
		tells(t, err.Error())
		_ = tx.Rollback()
	})

	r.cut()
	for name, call := range map[string]func(context.Context) error{
		"ping":     s.Ping,
		"migrate":  s.Migrate,
		"read":     func(ctx context.Context) error { _, err := s.Connection(ctx, "c1"); return err },
		"progress": func(ctx context.Context) error { _, err := s.Progress(ctx, "c1"); return err },
		"write":    func(ctx context.Context) error { return s.DeleteAuthentication(ctx, "a1") },
		"draw":     func(ctx context.Context) error { _, err := s.NextSeq(ctx); return err },
	} {
		t.Run(name, func(t *testing.T) {
			err := call(t.Context())
			require.ErrorContains(t, err, "PostgreSQL refused the connection")
			tells(t, err.Error())
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.Ping(ctx), context.Canceled)
	})
	tells(t, logs.String())
}

func TestMalformedPostgreSQLURLIsNotRepeated(t *testing.T) {
	for _, u := range []string{"postgres://ann:secret@db.example:port/shop", "postgres://ann:secret@db.example/shop?sslmode=maybe"} {
		_, err := store.Open(t.Context(), u, newKeys(t), nil)
		require.ErrorContains(t, err, "the URL has not the form")
		for _, private := range []string{"ann", "secret", "example", "shop"} {
			require.NotContains(t, err.Error(), private)
		}
	}
}
