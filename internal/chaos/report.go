package chaos

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run found.
type Report struct {
	Seed     uint64
	Database string
	Took     time.Duration
	// Dir holds the logs, unless the run was sound and they were deleted.
	Dir string

	Kills    int // by SIGKILL
	Faults   int // of all kinds, kills included
	ByKind   map[string]int
	ByItself []string // processes that ended without being killed, and how

	Records int // compared
	Changes map[string]int
	Pushes  int // records in them
	Again   int // pushes of a record that repeated the one before

	Received, Doubled, Delayed, Dropped int // webhooks
	Answered                            map[string]map[int]int
	Slowest                             time.Duration // webhook that was answered 200

	Lost   []string // records whose state at Ometria is not the store's
	Older  []string // pushes after newer ones
	Wrong  []string // answers of intake that it must not give
	Alarms []string // panics and data races
	Broken []string // what else is wrong
}

func (r *run) report(lost []string) Report {
	rep := Report{Seed: r.options.Seed, Database: r.database, Lost: lost, ByKind: map[string]int{}, Changes: map[string]int{}, Answered: map[string]map[int]int{}}
	r.mu.Lock()
	rep.Kills, rep.Records, rep.Broken = r.killed, r.compared, slices.Clone(r.broken)
	for _, f := range allFaults() {
		if n := r.happened[f.name]; n > 0 {
			rep.ByKind[f.name] = n
			rep.Faults += n
		}
	}
	r.mu.Unlock()
	for _, c := range r.children() {
		c.mu.Lock()
		rep.Kills += c.kills
		for _, how := range c.byItself {
			rep.ByItself = append(rep.ByItself, c.name+": "+how)
		}
		c.mu.Unlock()
	}
	r.said.Lock()
	rep.Alarms = slices.Clone(r.alarms)
	r.said.Unlock()
	if r.account != nil {
		rep.Older, rep.Again = r.overtaken()
		rep.Pushes = r.account.Counts().Records
	}
	if r.changes != nil {
		r.changes.mu.Lock()
		rep.Changes = maps.Clone(r.changes.count)
		r.changes.mu.Unlock()
	}
	if r.relay != nil {
		r.relay.mu.Lock()
		defer r.relay.mu.Unlock()
		counts := r.relay.counts
		rep.Received, rep.Doubled, rep.Delayed, rep.Dropped = counts.received, counts.doubled, counts.delayed, counts.dropped
		for kind, answered := range r.relay.answered {
			rep.Answered[kind] = maps.Clone(answered)
		}
		rep.Wrong, rep.Slowest = slices.Clone(r.relay.wrong), r.relay.slowest
	}
	return rep
}

// Err says what the product failed in; nil when it stood.
func (rep Report) Err() error {
	var errs []error
	for what, list := range map[string][]string{
		"lost": rep.Lost, "older over newer": rep.Older, "answer of intake": rep.Wrong, "alarm": rep.Alarms, "wrong": rep.Broken,
	} {
		for _, one := range list {
			errs = append(errs, errors.New(what+": "+one))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func (rep Report) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	say := func(what string, value any) { fmt.Fprintf(w, "  %s\t%v\n", what, value) }
	fmt.Fprintln(out)
	say("seed", rep.Seed)
	say("database", rep.Database)
	say("took", rep.Took.Round(time.Second))
	say("kills", rep.Kills)
	say("faults", rep.Faults)
	for _, kind := range slices.Sorted(maps.Keys(rep.ByKind)) {
		say("  "+kind, rep.ByKind[kind])
	}
	say("ended by itself", len(rep.ByItself))
	say("changes", fmt.Sprintf("%d created, %d changed, %d deleted", rep.Changes["created"], rep.Changes["changed"], rep.Changes["deleted"]))
	say("webhooks", fmt.Sprintf("%d sent, %d doubled, %d delayed, %d dropped", rep.Received, rep.Doubled, rep.Delayed, rep.Dropped))
	for _, kind := range slices.Sorted(maps.Keys(rep.Answered)) {
		var parts []string
		for _, status := range slices.Sorted(maps.Keys(rep.Answered[kind])) {
			name := fmt.Sprint(status)
			if status == 0 {
				name = "unanswered"
			}
			parts = append(parts, fmt.Sprintf("%s: %d", name, rep.Answered[kind][status]))
		}
		say("  "+kind, strings.Join(parts, ", "))
	}
	say("slowest 200", rep.Slowest.Round(time.Millisecond))
	say("records pushed", fmt.Sprintf("%d, %d of them the same again", rep.Pushes, rep.Again))
	say("records compared", rep.Records)
	say("lost", len(rep.Lost))
	say("older over newer", len(rep.Older))
	say("wrong answers", len(rep.Wrong))
	say("alarms", len(rep.Alarms)+len(rep.Broken))
	_ = w.Flush() // to the terminal; there is nowhere to report a failure
	for _, how := range rep.ByItself {
		fmt.Fprintln(out, "  ended by itself:", how)
	}
	if err := rep.Err(); err != nil {
		fmt.Fprintf(out, "\n%v\n", err)
	}
	if rep.Dir != "" {
		fmt.Fprintln(out, "\nlogs and databases are kept in", rep.Dir)
	}
}
