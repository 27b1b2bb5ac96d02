package activities

import (
	"context"
	"fmt"
	"sync"
)

// together lets callers that wait for the same kind of token share what it
// buys: whoever comes while a group waits goes with it, and the rest is the next
// group's. A caller that nobody joins is a group of one, so quiet work waits for
// nothing. The zero value is ready to use.
//
// A group works in a goroutine of its own, under a context that ends when the
// last of its callers has given up: one caller's end is not the others'. The
// last to give up waits for the goroutine's end.
type together[K comparable, In, Out any] struct {
	mu   sync.Mutex // guards open, and what its comment says of each group
	open map[K]*group[In, Out]
}

type group[In, Out any] struct {
	members []*member[In, Out] // guarded by mu until taken, then fixed
	taken   bool               // guarded by mu
	waiting int                // callers that have not given up; guarded by mu
	cancel  context.CancelFunc
	ended   chan struct{} // closed when each member has its answer
}

type member[In, Out any] struct {
	in  In
	out Out
	err error
}

// sharing is how callers of one key share their work.
type sharing[In, Out any] struct {
	// fits reports whether in may go with what has gathered.
	fits func(gathered []In, in In) bool
	// work waits for its token, takes what has gathered by then, and returns
	// each member's answer. Without a token it takes nothing.
	work func(ctx context.Context, take func() []In) (answer func(In) (Out, error))
}

// do joins the key's group that still gathers, or begins one, and returns what
// came of in. When ctx ends first, the others go on.
func (t *together[K, In, Out]) do(ctx context.Context, key K, in In, how sharing[In, Out]) (out Out, err error) {
	g, m := t.join(ctx, key, in, how)
	select {
	case <-g.ended:
	case <-ctx.Done():
		if !t.leave(key, g, m) {
			return out, ctx.Err()
		}
		<-g.ended
	}
	return m.out, m.err
}

func (t *together[K, In, Out]) join(ctx context.Context, key K, in In, how sharing[In, Out]) (*group[In, Out], *member[In, Out]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := &member[In, Out]{in: in}
	if g, ok := t.open[key]; ok && how.fits(g.gathered(), in) {
		g.members = append(g.members, m)
		g.waiting++
		return g, m
	}
	// One that is full is not open any more, and goes as it is.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	g := &group[In, Out]{members: []*member[In, Out]{m}, waiting: 1, cancel: cancel, ended: make(chan struct{})}
	if t.open == nil {
		t.open = map[K]*group[In, Out]{}
	}
	t.open[key] = g
	go t.run(ctx, key, g, how)
	return g, m
}

func (g *group[In, Out]) gathered() []In {
	all := make([]In, len(g.members))
	for i, m := range g.members {
		all[i] = m.in
	}
	return all
}

// leave gives up for a caller and reports whether it was the last: then the
// group is being cancelled.
func (t *together[K, In, Out]) leave(key K, g *group[In, Out], m *member[In, Out]) (last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g.waiting--; g.waiting == 0 {
		t.shut(key, g)
		g.cancel()
		return true
	}
	if !g.taken {
		for i, have := range g.members {
			if have == m {
				g.members = append(g.members[:i], g.members[i+1:]...)
				break
			}
		}
	}
	return false
}

// shut lets nobody join any more. mu is held.
func (t *together[K, In, Out]) shut(key K, g *group[In, Out]) {
	if t.open[key] == g {
		delete(t.open, key)
	}
}

// take ends the gathering.
func (t *together[K, In, Out]) take(key K, g *group[In, Out]) []In {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shut(key, g)
	g.taken = true
	return g.gathered()
}

func (t *together[K, In, Out]) run(ctx context.Context, key K, g *group[In, Out], how sharing[In, Out]) {
	defer close(g.ended)
	defer g.cancel()
	// A panic here would end the process, and with it all other records' work;
	// the Temporal SDK turns one in an activity into that activity's failure.
	defer func() {
		if v := recover(); v != nil {
			t.take(key, g)
			for _, m := range g.members {
				m.err = fmt.Errorf("work together: panic: %v", v)
			}
		}
	}()
	answer := how.work(ctx, func() []In { return t.take(key, g) })
	t.take(key, g)
	for _, m := range g.members {
		m.out, m.err = answer(m.in)
	}
}
