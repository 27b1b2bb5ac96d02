package chaos

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// fault is one sort of thing that goes wrong.
type fault struct {
	name string
	// when reports whether it can happen in this run; nil means always.
	when func(r *run) bool
	// do makes it happen. n is drawn for it and decides what is left open.
	do func(ctx context.Context, r *run, n uint64, lasts time.Duration) effect
}

// effect is what a fault did.
type effect struct {
	what string // in words
	undo func() // takes it away again; nil for what ends by itself
	// lasts is after how long, when it is not the time that was drawn.
	lasts time.Duration
	// missed says that there was nothing to strike.
	missed bool
}

func missed(what string) effect { return effect{what: what, missed: true} }

// planned is a fault and when it happens.
type planned struct {
	at, lasts time.Duration
	n         uint64
	fault     fault
}

// plan draws what happens from the seed. Each fault comes before any comes
// again, and kills thrice as often.
func (r *run) plan() []planned {
	random := rand.New(rand.NewPCG(r.options.Seed, 0xd157))
	possible := slices.DeleteFunc(allFaults(), func(f fault) bool { return f.when != nil && !f.when(r) })
	var deck []fault
	var list []planned
	at, apart := time.Duration(0), 2*time.Second
	if !r.options.Slow {
		apart = 600 * time.Millisecond // a short run, with more at once
	}
	for {
		at += 100*time.Millisecond + time.Duration(random.ExpFloat64()*float64(apart))
		if at >= r.options.Faults {
			return list
		}
		if len(deck) == 0 {
			deck = slices.Clone(possible)
			for _, f := range possible {
				if strings.HasPrefix(f.name, "kill ") { // what this is about
					deck = append(deck, f, f)
				}
			}
			random.Shuffle(len(deck), func(i, k int) { deck[i], deck[k] = deck[k], deck[i] })
		}
		lasts := 400*time.Millisecond + time.Duration(random.ExpFloat64()*float64(3*time.Second))
		list = append(list, planned{
			at: at, lasts: min(lasts, 15*time.Second, r.options.Faults/4), n: random.Uint64(), fault: deck[0],
		})
		deck = deck[1:]
	}
}

// disturb does what is planned and returns once all of it is taken away again.
func (r *run) disturb(ctx context.Context, list []planned) {
	var working sync.WaitGroup
	defer working.Wait()
	for _, p := range list {
		if !sleep(ctx, time.Until(r.began.Add(p.at))) {
			return
		}
		working.Go(func() {
			e := p.fault.do(ctx, r, p.n, p.lasts)
			if e.missed {
				r.tell("missed", p.fault.name+": "+e.what)
			} else {
				r.tell(p.fault.name, e.what)
			}
			if e.undo != nil {
				sleep(ctx, cmp.Or(e.lasts, p.lasts))
				e.undo()
			}
		})
	}
	sleep(ctx, time.Until(r.began.Add(r.options.Faults)))
}

func slow(r *run) bool     { return r.options.Slow }
func long(r *run) bool     { return r.options.Slow && r.options.Faults >= 3*time.Minute }
func postgres(r *run) bool { return r.database == Postgres }

func allFaults() []fault {
	list := []fault{
		kill("kill worker", nil, func(r *run, n uint64) *child { return r.workers[n%uint64(len(r.workers))] }),
		kill("kill api", postgres, func(r *run, n uint64) *child { return r.apis[n%uint64(len(r.apis))] }),
		kill("kill temporal", nil, func(r *run, _ uint64) *child { return r.temporal }),
		kill("kill postgres", postgres, func(r *run, _ uint64) *child { return r.postgres }),
		{name: "kill a backend of postgres", when: postgres, do: killBackend},
		{name: "freeze", do: freeze},
		{name: "freeze a worker for long", when: long, do: freezeLong},
		{name: "full disk", when: func(*run) bool { return canLimit }, do: fillDisk},
		{name: "terminate workflow", when: slow, do: terminate},

		line("bigcommerce"), only(slow, line("ometria")), line("temporal"),
		answers429("bigcommerce"), answers429("ometria"),
		answersError("bigcommerce"), only(slow, answersError("ometria")),
		garbles("bigcommerce"), only(slow, garbles("ometria")),
		slows("bigcommerce"), slows("ometria"),
		{name: "pushes done and not answered", when: slow, do: pushesUnanswered},
		{name: "down for minutes", when: long, do: downForMinutes},
		{name: "credentials refused", when: slow, do: refuseCredentials},
		{name: "credential revoked and replaced", when: slow, do: revoke},
		{name: "scope taken away", when: slow, do: takeScope},

		{name: "webhooks astray", do: leadAstray},
		{name: "webhooks switched off", when: slow, do: func(_ context.Context, r *run, _ uint64, _ time.Duration) effect {
			if n, _ := r.shop.DeactivateHooks(); n > 0 {
				return effect{what: fmt.Sprintf("%d hooks deactivated by the store", n)}
			}
			return missed("none is active")
		}},
		{name: "webhooks replayed", do: func(_ context.Context, r *run, n uint64, _ time.Duration) effect {
			r.relay.replay(5 + int(n%30))
			return effect{what: fmt.Sprintf("up to %d of the last minute", 5+n%30)}
		}},
		{name: "webhooks forged", do: func(_ context.Context, r *run, n uint64, _ time.Duration) effect {
			r.relay.forge(1 + int(n%10))
			return effect{what: fmt.Sprintf("up to %d", 1+n%10)}
		}},
		{name: "webhooks oversized", do: func(_ context.Context, r *run, n uint64, _ time.Duration) effect {
			r.relay.oversize(1 + int(n%5))
			return effect{what: fmt.Sprintf("up to %d", 1+n%5)}
		}},

		{name: "record refused", do: refuseRecord},
		{name: "re-sync", do: resync},
		{name: "second setup", do: secondSetup},
	}
	return append(list, only(postgres, line("database")))
}

func only(when func(*run) bool, f fault) fault {
	f.when = when
	return f
}

func kill(name string, when func(*run) bool, pick func(*run, uint64) *child) fault {
	return fault{name: name, when: when, do: func(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
		c := pick(r, n)
		if !c.kill(lasts) {
			return missed(c.name + " is down already")
		}
		return effect{what: fmt.Sprintf("%s, started again after %s", c.name, short(lasts))}
	}}
}

// killBackend kills one session of the database, upon which its server drops
// all others and recovers.
func killBackend(_ context.Context, r *run, n uint64, _ time.Duration) effect {
	backends := childrenOf(r.postgres.pid())
	if len(backends) == 0 {
		return missed("none runs")
	}
	pid := backends[n%uint64(len(backends))]
	_ = syscall.Kill(pid, syscall.SIGKILL) // gone already is as good
	r.countKill()
	return effect{what: fmt.Sprintf("process %d", pid)}
}

// freeze stops a process in mid-air, as a machine that swaps or a long pause of
// a virtual machine does, and lets it go on as if nothing had been.
func freeze(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
	all := r.children()
	c := all[n%uint64(len(all))]
	c.signal(syscall.SIGSTOP)
	return effect{undo: func() { c.signal(syscall.SIGCONT) }, what: fmt.Sprintf("%s for %s", c.name, short(lasts))}
}

// freezeLong stops a worker for longer than its claims last: what it was about
// to push must not come after what others have pushed since.
func freezeLong(_ context.Context, r *run, n uint64, _ time.Duration) effect {
	c := r.workers[n%uint64(len(r.workers))]
	lasts := claimsLast + time.Duration(n%10)*time.Second
	c.signal(syscall.SIGSTOP)
	return effect{
		undo: func() { c.signal(syscall.SIGCONT) }, lasts: lasts,
		what: fmt.Sprintf("%s for %s", c.name, short(lasts)),
	}
}

// claimsLast is how long a record is claimed for a push.
const claimsLast = time.Minute

// fillDisk makes what a process keeps in files find no room.
func fillDisk(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
	keepers := []*child{r.temporal}
	if r.postgres != nil {
		keepers = append(keepers, r.postgres)
	} else {
		keepers = append(keepers, r.apis[0])
	}
	c := keepers[n%2]
	room := uint64(4096) << (n / 2 % 6)
	switch ran, err := c.limit(room); {
	case err != nil:
		return missed(fmt.Sprintf("%s: %v", c.name, err))
	case !ran:
		return missed(c.name + " is down already")
	}
	// It may have ended meanwhile; else it is given room.
	return effect{undo: func() { _, _ = c.limit(noLimit) }, what: fmt.Sprintf("%s has %d KB a file for %s", c.name, room>>10, short(lasts))}
}

func terminate(ctx context.Context, r *run, n uint64, _ time.Duration) effect {
	id, err := r.terminate(ctx, n)
	switch {
	case err != nil:
		return missed(err.Error())
	case id == "":
		return missed("none runs")
	}
	return effect{what: id}
}

// line disturbs the line to something.
func line(to string) fault {
	return fault{name: "line to " + to, do: func(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
		state := []faults.Line{faults.Refuse, faults.Reset, faults.Hang, faults.Crawl}[n%4]
		gate := r.gates[to]
		r.check(gate.Set(state))
		return effect{undo: func() { r.check(gate.Set(faults.Open)) }, what: fmt.Sprintf("%s for %s", state, short(lasts))}
	}}
}

func (r *run) injector(of string) *faults.Injector {
	if of == "ometria" {
		return r.marketing.Faults()
	}
	return r.shop.Faults()
}

// order makes a service misbehave until undone.
func (r *run) order(of string, all ...faults.Fault) (undo func()) {
	var ids []string
	for _, f := range all {
		made, err := r.injector(of).Order(f)
		r.check(err)
		ids = append(ids, made.ID)
	}
	return func() {
		for _, id := range ids {
			r.injector(of).Remove(id)
		}
	}
}

// fraction is the part of the calls that a fault strikes: often all.
func fraction(n uint64) float64 { return []float64{1, 1, 0.5, 0.2}[n%4] }

func answers429(of string) fault {
	return fault{name: of + " answers 429", do: func(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
		f := faults.Fault{Status: 429, Fraction: fraction(n), Body: `{"status":429,"title":"Too many requests"}`}
		with := "without headers"
		if n/4%2 == 0 {
			with = "with headers"
			f.Headers = map[string]string{"Retry-After": "2"}
			if of == "bigcommerce" {
				f.Headers = map[string]string{
					"X-Rate-Limit-Time-Reset-Ms": "1500", "X-Rate-Limit-Requests-Left": "0",
					"X-Rate-Limit-Requests-Quota": "1500", "X-Rate-Limit-Time-Window-Ms": "10000",
				}
			}
		}
		return effect{undo: r.order(of, f), what: fmt.Sprintf("to %.0f %% %s for %s", 100*f.Fraction, with, short(lasts))}
	}}
}

func answersError(of string) fault {
	return fault{name: of + " answers an error", do: func(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
		f := faults.Fault{Status: []int{500, 502, 503}[n%3], Fraction: fraction(n / 3), Work: n/12%3 == 0}
		if n/36%2 == 0 {
			f.Effect = faults.HTML
		}
		return effect{undo: r.order(of, f), what: fmt.Sprintf("%d to %.0f %%, work done: %t, for %s", f.Status, 100*f.Fraction, f.Work, short(lasts))}
	}}
}

func garbles(of string) fault {
	return fault{name: of + " garbles", do: func(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
		f := faults.Fault{Effect: []faults.Effect{faults.Truncate, faults.Malformed}[n%2], Fraction: fraction(n / 2)}
		return effect{undo: r.order(of, f), what: fmt.Sprintf("%s %.0f %% for %s", f.Effect, 100*f.Fraction, short(lasts))}
	}}
}

func slows(of string) fault {
	return fault{name: of + " is slow", do: func(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
		f := faults.Fault{DelayMS: 200 + int(n%5000), Fraction: fraction(n / 5000)}
		return effect{undo: r.order(of, f), what: fmt.Sprintf("%d ms more for %.0f %% for %s", f.DelayMS, 100*f.Fraction, short(lasts))}
	}}
}

// pushesUnanswered closes connections before or after a push is done, which the
// sender cannot tell apart.
func pushesUnanswered(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
	f := faults.Fault{Method: "POST", Path: "/v2/push", Effect: faults.Drop, Work: true, Fraction: fraction(n)}
	before := f
	before.Work, before.Fraction = false, 0.5
	if n/4%2 == 0 {
		return effect{undo: r.order("ometria", f), what: fmt.Sprintf("%.0f %% for %s", 100*f.Fraction, short(lasts))}
	}
	return effect{undo: r.order("ometria", before, f), what: fmt.Sprintf("half of them not done either, for %s", short(lasts))}
}

// awayEvery leaves time for all other faults, of which a service that is away
// shows little.
const awayEvery = 5 * time.Minute

// downForMinutes takes one of the services away for so long that its connection
// is parked.
func downForMinutes(_ context.Context, r *run, n uint64, _ time.Duration) effect {
	if !r.mayGoAway() {
		return missed("one was not long ago")
	}
	of := []string{"bigcommerce", "ometria"}[n%2]
	f := []faults.Fault{{Status: 503}, {Status: 500}, {Effect: faults.Drop}}[n/2%3]
	how := "hangs up"
	if f.Status != 0 {
		how = fmt.Sprintf("answers %d", f.Status)
	}
	lasts := 2*time.Minute + time.Duration(n/6%60)*time.Second
	return effect{undo: r.order(of, f), lasts: lasts, what: fmt.Sprintf("%s %s for %s", of, how, short(lasts))}
}

func leadAstray(_ context.Context, r *run, n uint64, lasts time.Duration) effect {
	a := []astray{{double: 0.7}, {delay: 0.7}, {drop: 0.4}, {double: 0.3, delay: 0.3, drop: 0.2}}[n%4]
	r.relay.setAstray(a)
	return effect{undo: func() { r.relay.setAstray(astray{}) }, what: fmt.Sprintf("%.0f %% doubled, %.0f %% delayed, %.0f %% dropped for %s",
		100*a.double, 100*a.delay, 100*a.drop, short(lasts))}
}

// refuseRecord makes Ometria refuse one record, in good company, some times or
// until all faults end.
func refuseRecord(_ context.Context, r *run, n uint64, _ time.Duration) effect {
	entity := connection.Entities()[n%4]
	ids, err := r.shop.IDs(string(entity), 0, 0)
	r.check(err)
	if len(ids) == 0 {
		return missed("there is no record")
	}
	// Of those that change most.
	record := recordID{entity, ids[n/4%uint64(min(3, len(ids)))]}
	key := keyOf(record)
	rule := ometriasim.Rule{Type: key.Type, Collection: key.Collection, ID: key.ID, Times: int(n / 16 % 5), When: []string{"now", "later"}[n/64%2]}
	r.check(r.account.Reject(rule))
	r.refused(record)
	often := fmt.Sprintf("%d times", rule.Times)
	if rule.Times == 0 {
		often = "until the end"
	}
	return effect{what: fmt.Sprintf("%s, %s, %s", record, often, map[string]string{"now": "at once", "later": "afterwards"}[rule.When])}
}

// keyOf is where Ometria keeps a record.
func keyOf(record recordID) ometriasim.Key {
	key := ometriasim.Key{ID: fmt.Sprint(record.id)}
	switch record.entity {
	case connection.Products:
		key.Type = "product"
	case connection.Orders:
		key.Type = "order"
	default: // the collections are named like the entities
		key.Type, key.Collection = "contact", string(record.entity)
	}
	return key
}

func resync(ctx context.Context, r *run, n uint64, _ time.Duration) effect {
	entities := connection.Entities()
	if n%2 == 0 {
		entities = entities[n/2%4 : n/2%4+1]
	}
	if _, err := r.client().Act(ctx, r.connection, "resync", map[string]any{"entities": entities}); err != nil {
		return missed(err.Error())
	}
	return effect{what: fmt.Sprint(entities)}
}

func secondSetup(ctx context.Context, r *run, _ uint64, _ time.Duration) effect {
	return effect{what: r.secondSetup(ctx)}
}

func short(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
