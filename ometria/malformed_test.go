package ometria_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/ometria"
)

// speak takes one connection after the other, reads a request and writes said.
func speak(t *testing.T, said string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, said)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

func TestAnswersThatAreNoHTTPAreNotQuoted(t *testing.T) {
	for name, said := range map[string]string{
		"no status line":        `{"email":"jane@example.com","lastname":"Doe"}` + "\r\n\r\n",
		"status of letters":     "HTTP/1.1 jane Doe\r\n\r\n",
		"header without colon":  "HTTP/1.1 200 OK\r\njane Doe\r\n\r\n",
		"first header indented": "HTTP/1.1 200 OK\r\n jane: Doe\r\n\r\n",
		"length of letters":     "HTTP/1.1 200 OK\r\nContent-Length: jane Doe\r\n\r\n",
		"encoding unknown":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: jane Doe\r\n\r\n",
		"redirect to nowhere":   "HTTP/1.1 302 Found\r\nLocation: http://jane Doe/%zz\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			var logs bytes.Buffer
			var seen []ometria.Exchange
			transport := &http.Transport{DisableKeepAlives: true}
			client, err := ometria.New(ometria.Config{
				BaseURL: "http://" + speak(t, said), APIKey: key, Transport: transport,
				Logger:  slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
				Observe: func(e ometria.Exchange) { seen = append(seen, e) },
			})
			require.NoError(t, err)
			_, err = client.Push(t.Context(), contacts(1))
			require.Error(t, err)
			require.False(t, ometria.DidNothing(err), "its outcome is unknown")
			require.Len(t, seen, 1)
			texts := err.Error() + logs.String()
			if seen[0].Err != nil {
				texts += seen[0].Err.Error()
			}
			for _, private := range []string{"jane", "Doe"} {
				assert.NotContains(t, texts, private)
			}
			assert.Contains(t, texts, "malformed HTTP answer")
		})
	}
}
