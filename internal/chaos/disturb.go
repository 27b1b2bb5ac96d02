package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// fault is one sort of thing that goes wrong.
type fault struct {
	name string
	// when reports whether it can happen in this run; nil means always.
	when func(r *run) bool
	// do makes it happen and returns what takes it away again, nil for nothing,
	// and in words what it is. n is drawn for it and decides what is left open.
	do func(ctx context.Context, r *run, n uint64, lasts time.Duration) (undo func(), what string)
}

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
			undo, what := p.fault.do(ctx, r, p.n, p.lasts)
			r.tell(p.fault.name, what)
			if undo != nil {
				sleep(ctx, p.lasts)
				undo()
			}
		})
	}
	sleep(ctx, time.Until(r.began.Add(r.options.Faults)))
}

func slow(r *run) bool     { return r.options.Slow }
func postgres(r *run) bool { return r.database == Postgres }

func allFaults() []fault {
	list := []fault{
		kill("kill worker", nil, func(r *run, n uint64) *child { return r.workers[n%uint64(len(r.workers))] }),
		kill("kill api", postgres, func(r *run, n uint64) *child { return r.apis[n%uint64(len(r.apis))] }),
		kill("kill temporal", nil, func(r *run, _ uint64) *child { return r.temporal }),
		kill("kill postgres", postgres, func(r *run, _ uint64) *child { return r.postgres }),
		{name: "kill a backend of postgres", when: postgres, do: killBackend},
		{name: "freeze", do: freeze},
		{name: "full disk", when: func(*run) bool { return canLimit }, do: fillDisk},
		{name: "terminate workflow", when: slow, do: terminate},

		line("bigcommerce"), only(slow, line("ometria")), line("temporal"),
		answers429("bigcommerce"), answers429("ometria"),
		answersError("bigcommerce"), only(slow, answersError("ometria")),
		garbles("bigcommerce"), only(slow, garbles("ometria")),
		slows("bigcommerce"), slows("ometria"),
		{name: "pushes done and not answered", when: slow, do: pushesUnanswered},
		{name: "credentials refused", when: slow, do: refuseCredentials},
		{name: "scope taken away", when: slow, do: takeScope},

		{name: "webhooks astray", do: leadAstray},
		{name: "webhooks replayed", do: func(_ context.Context, r *run, n uint64, _ time.Duration) (func(), string) {
			r.relay.replay(5 + int(n%30))
			return nil, fmt.Sprintf("up to %d of the last minute", 5+n%30)
		}},
		{name: "webhooks forged", do: func(_ context.Context, r *run, n uint64, _ time.Duration) (func(), string) {
			r.relay.forge(1 + int(n%10))
			return nil, fmt.Sprintf("up to %d", 1+n%10)
		}},
		{name: "webhooks oversized", do: func(_ context.Context, r *run, n uint64, _ time.Duration) (func(), string) {
			r.relay.oversize(1 + int(n%5))
			return nil, fmt.Sprintf("up to %d", 1+n%5)
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
	return fault{name: name, when: when, do: func(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
		c := pick(r, n)
		if !c.kill(lasts) {
			return nil, c.name + " is down already"
		}
		return nil, fmt.Sprintf("%s, started again after %s", c.name, short(lasts))
	}}
}

// killBackend kills one session of the database, upon which its server drops
// all others and recovers.
func killBackend(_ context.Context, r *run, n uint64, _ time.Duration) (func(), string) {
	backends := childrenOf(r.postgres.pid())
	if len(backends) == 0 {
		return nil, "none runs"
	}
	pid := backends[n%uint64(len(backends))]
	_ = syscall.Kill(pid, syscall.SIGKILL) // gone already is as good
	r.countKill()
	return nil, fmt.Sprintf("process %d", pid)
}

// freeze stops a process in mid-air, as a machine that swaps or a long pause of
// a virtual machine does, and lets it go on as if nothing had been.
func freeze(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
	all := r.children()
	c := all[n%uint64(len(all))]
	c.signal(syscall.SIGSTOP)
	return func() { c.signal(syscall.SIGCONT) }, fmt.Sprintf("%s for %s", c.name, short(lasts))
}

// fillDisk makes what a process keeps in files find no room.
func fillDisk(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
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
		return nil, fmt.Sprintf("%s: %v", c.name, err)
	case !ran:
		return nil, c.name + " is down already"
	}
	// It may have ended meanwhile; else it is given room.
	return func() { _, _ = c.limit(noLimit) }, fmt.Sprintf("%s has %d KB a file for %s", c.name, room>>10, short(lasts))
}

func terminate(ctx context.Context, r *run, n uint64, _ time.Duration) (func(), string) {
	id, err := r.terminate(ctx, n)
	switch {
	case err != nil:
		return nil, err.Error()
	case id == "":
		return nil, "none runs"
	}
	return nil, id
}

// line disturbs the line to something.
func line(to string) fault {
	return fault{name: "line to " + to, do: func(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
		state := []faults.Line{faults.Refuse, faults.Reset, faults.Hang, faults.Crawl}[n%4]
		gate := r.gates[to]
		r.check(gate.Set(state))
		return func() { r.check(gate.Set(faults.Open)) }, fmt.Sprintf("%s for %s", state, short(lasts))
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
	return fault{name: of + " answers 429", do: func(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
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
		return r.order(of, f), fmt.Sprintf("to %.0f %% %s for %s", 100*f.Fraction, with, short(lasts))
	}}
}

func answersError(of string) fault {
	return fault{name: of + " answers an error", do: func(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
		f := faults.Fault{Status: []int{500, 502, 503}[n%3], Fraction: fraction(n / 3), Work: n/12%3 == 0}
		if n/36%2 == 0 {
			f.Effect = faults.HTML
		}
		return r.order(of, f), fmt.Sprintf("%d to %.0f %%, work done: %t, for %s", f.Status, 100*f.Fraction, f.Work, short(lasts))
	}}
}

func garbles(of string) fault {
	return fault{name: of + " garbles", do: func(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
		f := faults.Fault{Effect: []faults.Effect{faults.Truncate, faults.Malformed}[n%2], Fraction: fraction(n / 2)}
		return r.order(of, f), fmt.Sprintf("%s %.0f %% for %s", f.Effect, 100*f.Fraction, short(lasts))
	}}
}

func slows(of string) fault {
	return fault{name: of + " is slow", do: func(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
		f := faults.Fault{DelayMS: 200 + int(n%5000), Fraction: fraction(n / 5000)}
		return r.order(of, f), fmt.Sprintf("%d ms more for %.0f %% for %s", f.DelayMS, 100*f.Fraction, short(lasts))
	}}
}

// pushesUnanswered closes connections before or after a push is done, which the
// sender cannot tell apart.
func pushesUnanswered(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
	f := faults.Fault{Method: "POST", Path: "/v2/push", Effect: faults.Drop, Work: true, Fraction: fraction(n)}
	before := f
	before.Work, before.Fraction = false, 0.5
	if n/4%2 == 0 {
		return r.order("ometria", f), fmt.Sprintf("%.0f %% for %s", 100*f.Fraction, short(lasts))
	}
	return r.order("ometria", before, f), fmt.Sprintf("half of them not done either, for %s", short(lasts))
}

func refuseCredentials(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
	of, status := "bigcommerce", 401
	if n%2 == 0 {
		of, status = "ometria", 403
	}
	return r.order(of, faults.Fault{Status: status, Body: `{"status":0,"title":"Unauthorized"}`}), fmt.Sprintf("%d by %s for %s", status, of, short(lasts))
}

func takeScope(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
	scopes := bigcommercesim.MinimumScopes()
	taken := scopes[n%4]
	r.check(r.shop.SetScopes(slices.DeleteFunc(bigcommercesim.DefaultScopes(), func(s string) bool { return s == taken })))
	return func() { r.check(r.shop.SetScopes(bigcommercesim.DefaultScopes())) }, fmt.Sprintf("%s for %s", taken, short(lasts))
}

func leadAstray(_ context.Context, r *run, n uint64, lasts time.Duration) (func(), string) {
	a := []astray{{double: 0.7}, {delay: 0.7}, {drop: 0.4}, {double: 0.3, delay: 0.3, drop: 0.2}}[n%4]
	r.relay.setAstray(a)
	return func() { r.relay.setAstray(astray{}) }, fmt.Sprintf("%.0f %% doubled, %.0f %% delayed, %.0f %% dropped for %s",
		100*a.double, 100*a.delay, 100*a.drop, short(lasts))
}

// refuseRecord makes Ometria refuse one record, in good company, some times.
func refuseRecord(_ context.Context, r *run, n uint64, _ time.Duration) (func(), string) {
	entity := connection.Entities()[n%4]
	ids, err := r.shop.IDs(string(entity), 0, 0)
	r.check(err)
	if len(ids) == 0 {
		return nil, "there is no record"
	}
	// Of those that change most.
	record := recordID{entity, ids[n/4%uint64(min(3, len(ids)))]}
	key := keyOf(record)
	rule := ometriasim.Rule{Type: key.Type, Collection: key.Collection, ID: key.ID, Times: 1 + int(n/16%4), When: []string{"now", "later"}[n/64%2]}
	r.check(r.account.Reject(rule))
	r.refused(record)
	return nil, fmt.Sprintf("%s, %d times, %s", record, rule.Times, map[string]string{"now": "at once", "later": "afterwards"}[rule.When])
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

func resync(ctx context.Context, r *run, n uint64, _ time.Duration) (func(), string) {
	entities := connection.Entities()
	if n%2 == 0 {
		entities = entities[n/2%4 : n/2%4+1]
	}
	what := fmt.Sprint(entities)
	if _, err := r.client().Act(ctx, r.connection, "resync", map[string]any{"entities": entities}); err != nil {
		what += ": " + err.Error()
	}
	return nil, what
}

func secondSetup(ctx context.Context, r *run, _ uint64, _ time.Duration) (func(), string) {
	return nil, r.secondSetup(ctx)
}

func short(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
