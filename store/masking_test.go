package store_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/pgtest"
	"github.com/ometria/ometria-bigcommerce/store"
)

// breakHere as an argument makes the relay break the connection that sends it.
const breakHere = "break here"

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
	buffer := make([]byte, 32<<10)
	for {
		n, err := near.Read(buffer)
		if bytes.Contains(buffer[:n], []byte(breakHere)) {
			_ = near.SetLinger(0) // a RST: the store's answer is an error, not an end
			_ = near.Close()
			break
		}
		if n > 0 {
			_, _ = far.Write(buffer[:n])
		}
		if err != nil {
			break
		}
	}
	_ = far.Close()
	back.Wait()
}

// cut breaks every connection and takes no more.
func (r *relay) cut() {
	_ = r.Close()
	r.mu.Lock()
	for _, conn := range r.conns {
		_ = conn.Close()
	}
	r.mu.Unlock()
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
		_, err = tx.ExecContext(t.Context(), "SELECT $1::text", breakHere)
		require.ErrorIs(t, err, syscall.ECONNRESET)
		assert.True(t, store.IsUnreachable(err))
		tells(t, err.Error())
		_ = tx.Rollback()
	})

	_, err = s.DB().ExecContext(t.Context(), "SELECT 1 / 0")
	require.Error(t, err)
	assert.False(t, store.IsUnreachable(err), "it answered")
	_, err = s.DB().ExecContext(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
	require.Error(t, err)
	assert.True(t, store.IsUnreachable(err))

	r.cut()
	s.DB().SetMaxIdleConns(0) // every call from here on makes a connection
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
			assert.True(t, store.IsUnreachable(err))
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
	for _, u := range []string{"postgres://hunter:secret@db.example:port/shop", "postgres://hunter:secret@db.example/shop?sslmode=maybe"} {
		_, err := store.Open(t.Context(), u, newKeys(t), nil)
		require.ErrorContains(t, err, "the URL has not the form")
		for _, private := range []string{"hunter", "secret", "example", "shop"} {
			require.NotContains(t, err.Error(), private)
		}
	}
}
