package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// net/http prints to package log what a server sends on an idle connection.
func TestNothingThatAServerSendsIsPrinted(t *testing.T) {
	before := log.Writer()
	defer log.SetOutput(before)
	var printed bytes.Buffer
	log.SetOutput(&printed)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	returned, closed := make(chan struct{}), make(chan error, 1)
	go func() {
		closed <- func() error {
			conn, err := listener.Accept()
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := conn.Read(make([]byte, 4096)); err != nil {
				return err
			}
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"data\":[]}")
			<-returned // the connection is idle
			fmt.Fprint(conn, `{"email":"jane@example.com"}`)
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := conn.Read(make([]byte, 1)); err != io.EOF { // net/http prints, then closes
				return fmt.Errorf("want the connection closed, got %v", err)
			}
			return nil
		}()
	}()
	var stdout, stderr bytes.Buffer
	code := run([]string{"connections", "list"}, []string{"OBC_API_URL=http://" + listener.Addr().String(), "OBC_API_TOKEN=t"}, &stdout, &stderr)
	close(returned)
	if err := <-closed; err != nil || code != exitOK {
		t.Fatalf("exit code %d, %v: %s", code, err, &stderr)
	}
	if printed.Len() > 0 {
		t.Errorf("printed %q", &printed)
	}
}

func TestRedirectGetsNoCredentials(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent where a redirect led", r.Method, r.URL.Path)
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/v1/authentications?key=hunter2", http.StatusTemporaryRedirect))
	defer server.Close()
	var stdout, stderr bytes.Buffer
	code := run([]string{"authentications", "create", "--name", "shop", "--client-id", "c1", "--store-hash", "abc123"}, []string{
		"OBC_API_URL=" + server.URL, "OBC_API_TOKEN=t", "OBC_OMETRIA_API_KEY=key-1", "OBC_BIGCOMMERCE_ACCESS_TOKEN=token-1",
	}, &stdout, &stderr)
	want := "ometria-bigcommerce: " + server.URL + " answered with a redirect: set OBC_API_URL to " + elsewhere.URL
	if got := strings.TrimSpace(stderr.String()); code != exitFailed || got != want {
		t.Errorf("exit code %d, got %q, want %q", code, got, want)
	}
}
