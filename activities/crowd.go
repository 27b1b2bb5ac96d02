package activities

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// crowd shares a worker's slots for single records among connections, so that
// one whose records wait long, for a budget that is spent or a service that
// hangs, does not hold them all. A connection may hold up to twice as many as
// would still be free: alone two thirds, beside n others that want as much
// 2/(2n+3) each, and there is always one for who holds none. The zero value is
// ready to use.
type crowd struct {
	mu   sync.Mutex // guards what follows
	all  int
	held map[connection.ID]int
}

const crowdFactor = 2

// enter takes one of slots for a connection, and reports whether it may. No
// slots means no bound.
func (c *crowd) enter(id connection.ID, slots int) (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if free := slots - c.all - 1; slots > 0 && c.held[id]+1 > max(1, crowdFactor*free) {
		return nil, false
	}
	if c.held == nil {
		c.held = map[connection.ID]int{}
	}
	c.all++
	c.held[id]++
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all--
		if c.held[id]--; c.held[id] == 0 {
			delete(c.held, id)
		}
	}), true
}

// crowded means that a connection holds its share of the worker's slots.
type crowded struct{}

func (crowded) Error() string { return "the connection holds its share of this worker: its turn comes" }

const crowdedWait = time.Second

// loners are records that failed in company: until they have come through they
// go alone, so that they fail nobody else. The zero value is ready to use.
type loners struct {
	mu   sync.Mutex // guards keys
	keys map[connection.RecordKey]struct{}
}

// mostLoners bounds the memory. Beyond it all are forgotten, and those that fail
// again come back.
const mostLoners = 10_000

func (l *loners) has(key connection.RecordKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.keys[key]
	return ok
}

func (l *loners) add(key connection.RecordKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil || len(l.keys) >= mostLoners {
		l.keys = map[connection.RecordKey]struct{}{}
	}
	l.keys[key] = struct{}{}
}

func (l *loners) remove(key connection.RecordKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.keys, key)
}

// spread adds up to a tenth to a wait, at least 250 ms and at most 10 s, so that
// a crowd that waits for the same moment does not come back at once.
func spread(wait time.Duration) time.Duration {
	return wait + rand.N(min(max(wait/10, 250*time.Millisecond), 10*time.Second))
}

const (
	firstBackoff   = time.Second
	longestBackoff = 5 * time.Minute
)

// backoff is how long a record waits after its nth attempt: a second, doubled
// each time up to five minutes, of which a random half is taken off. The server
// adds no jitter of its own.
func backoff(attempt int32) time.Duration {
	whole := min(firstBackoff<<min(max(attempt-1, 0), 9), longestBackoff)
	return whole - rand.N(whole/2)
}
