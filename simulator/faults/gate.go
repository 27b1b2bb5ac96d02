package faults

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Line is the state of a Gate.
type Line string

// The states.
const (
	Open   Line = "open"
	Refuse Line = "refuse" // nobody listens
	Reset  Line = "reset"  // connections are reset as soon as they are made
	Hang   Line = "hang"   // connections are taken and nothing passes, either way
	Crawl  Line = "crawl"  // a kilobyte at a time, with a pause before each
)

const (
	crawlBytes = 1 << 10
	crawlPause = 100 * time.Millisecond
	// relisten is how long a Gate tries to listen again where it did before.
	relisten = 5 * time.Second
)

// Gate is a TCP relay in front of a service of any protocol, at an address of
// its own, whose line can be disturbed below what the service's HTTP handlers
// see. It is safe for concurrent use.
type Gate struct {
	address, target string

	mu          sync.Mutex // guards all below
	listener    net.Listener
	line        Line
	changed     chan struct{} // closed when the line changes
	connections map[net.Conn]struct{}
	closed      bool
	working     sync.WaitGroup
}

// NewGate listens at address (host:port; port 0 picks one) for target.
func NewGate(address, target string) (*Gate, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	g := &Gate{
		address: listener.Addr().String(), target: target, listener: listener, line: Open,
		changed: make(chan struct{}), connections: map[net.Conn]struct{}{},
	}
	g.working.Go(func() { g.serve(listener) })
	return g, nil
}

// Address is where to find the service now.
func (g *Gate) Address() string { return g.address }

// Set changes the line. Refuse and Reset cut what is connected; the other
// states hold for what is connected, too. The error is of listening again.
func (g *Gate) Set(line Line) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return net.ErrClosed
	}
	g.line = line
	close(g.changed)
	g.changed = make(chan struct{})
	if line == Refuse || line == Reset {
		g.cut()
	}
	if line == Refuse {
		if g.listener != nil {
			_ = g.listener.Close() // nothing is kept in it
			g.listener = nil
		}
		return nil
	}
	return g.listen()
}

// listen needs g.mu.
func (g *Gate) listen() (err error) {
	if g.listener != nil {
		return nil
	}
	for deadline := time.Now().Add(relisten); ; time.Sleep(20 * time.Millisecond) {
		if g.listener, err = net.Listen("tcp", g.address); err == nil {
			break
		}
		g.listener = nil
		if time.Now().After(deadline) {
			return fmt.Errorf("listen again: %w", err)
		}
	}
	listener := g.listener
	g.working.Go(func() { g.serve(listener) })
	return nil
}

// Cut resets every connection and leaves the line as it is.
func (g *Gate) Cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut()
}

func (g *Gate) cut() {
	for c := range g.connections {
		reset(c)
	}
}

// reset makes the other side see a reset and not an orderly end.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // without it the end is an orderly one, which is a fault as well
	}
	_ = c.Close() // that is what is wanted
}

// Close cuts all connections, stops listening and waits. It may be called
// twice.
func (g *Gate) Close() error {
	g.mu.Lock()
	var err error
	if !g.closed {
		g.closed = true
		close(g.changed)
		if g.listener != nil {
			err = g.listener.Close()
		}
		g.cut()
	}
	g.mu.Unlock()
	g.working.Wait()
	return err
}

func (g *Gate) serve(listener net.Listener) {
	for {
		c, err := listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(10 * time.Millisecond) // out of file descriptors, say
			continue
		}
		g.mu.Lock()
		switch {
		case g.closed, g.line == Refuse, g.line == Reset:
			reset(c)
		default:
			g.connections[c] = struct{}{}
			g.working.Go(func() { g.relay(c) })
		}
		g.mu.Unlock()
	}
}

// relay carries both directions until either ends.
func (g *Gate) relay(client net.Conn) {
	defer g.forget(client)
	service, err := net.Dial("tcp", g.target)
	if err != nil {
		reset(client)
		return
	}
	if !g.remember(service) {
		reset(client)
		return
	}
	defer g.forget(service)
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, service}, {service, client}} {
		both.Go(func() {
			g.carry(way[0], way[1])
			if t, ok := way[1].(*net.TCPConn); ok {
				_ = t.CloseWrite() // the other side has gone already, else it is told
			}
		})
	}
	both.Wait()
}

func (g *Gate) remember(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.line == Refuse || g.line == Reset {
		reset(c)
		return false
	}
	g.connections[c] = struct{}{}
	return true
}

func (g *Gate) forget(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.connections, c)
	_ = c.Close() // both ways have ended
}

// carry copies as fast as the line allows.
func (g *Gate) carry(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		for sent := 0; sent < n; {
			part := buffer[sent:n]
			if g.pass() && len(part) > crawlBytes {
				part = part[:crawlBytes]
			}
			written, writeErr := to.Write(part)
			if sent += written; writeErr != nil {
				reset(from)
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				reset(to)
			}
			return
		}
	}
}

// pass returns when bytes may pass, and reports whether they crawl.
func (g *Gate) pass() (crawl bool) {
	for {
		g.mu.Lock()
		line, changed, closed := g.line, g.changed, g.closed
		g.mu.Unlock()
		switch {
		case closed || line != Hang && line != Crawl:
			return false
		case line == Crawl:
			timer := time.NewTimer(crawlPause)
			defer timer.Stop()
			select {
			case <-timer.C:
				return true
			case <-changed:
			}
		default:
			<-changed
		}
	}
}
