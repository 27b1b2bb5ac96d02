package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

// listen takes the preferred address, or a free port of the same host when it
// is taken.
func listen(preferred string) (net.Listener, error) {
	listener, err := net.Listen("tcp", preferred)
	if err == nil {
		return listener, nil
	}
	host, _, splitErr := net.SplitHostPort(preferred)
	if splitErr != nil {
		return nil, fmt.Errorf("listen on %s: %w", preferred, splitErr)
	}
	free, freeErr := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if freeErr != nil {
		return nil, fmt.Errorf("listen on %s: %w", preferred, err)
	}
	return free, nil
}

// listen is listen, and says where something went when its address was taken.
func (s *stack) listen(what, preferred string) (net.Listener, error) {
	listener, err := listen(preferred)
	if err != nil {
		return nil, err
	}
	if _, port, _ := net.SplitHostPort(preferred); port != "0" && listener.Addr().String() != preferred {
		fmt.Fprintf(s.stderr, "dev: %s is taken: %s is at %s\n", preferred, what, listener.Addr())
	}
	return listener, nil
}

// serve answers on listener until stop is called, which waits for calls in
// flight.
func serve(listener net.Listener, handler http.Handler) (stop func()) {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: log.New(os.Stderr, "dev: stand-in: ", 0), // where it panics, that is to be seen
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(fmt.Sprintf("serve %s: %v", listener.Addr(), err)) // a stand-in that is gone proves nothing
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
		<-done
	}
}
