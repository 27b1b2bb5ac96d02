package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// figure is one measured number. Its ratio is to the baseline.
type figure struct {
	Row   string  `json:"row"`
	Name  string  `json:"figure"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Baseline was measured or computed in the same run; nil where there is none.
	Baseline *float64 `json:"baseline,omitempty"`
	Against  string   `json:"against,omitempty"` // what the baseline is
	Ratio    *float64 `json:"ratio,omitempty"`
	Goal     string   `json:"to_reach,omitempty"`
	Met      *bool    `json:"met,omitempty"` // nil without a goal
	Note     string   `json:"note,omitempty"`
}

func (f figure) against(what string, baseline float64) figure {
	f.Against, f.Baseline = what, &baseline
	if baseline > 0 {
		ratio := f.Value / baseline
		f.Ratio = &ratio
	}
	return f
}

func (f figure) goal(text string, met bool) figure {
	f.Goal, f.Met = text, &met
	return f
}

func (f figure) noting(note string) figure {
	f.Note = note
	return f
}

// under wants the value below most, in its unit.
func (f figure) under(most float64) figure {
	return f.goal(fmt.Sprintf("< %s %s", number(most), f.Unit), f.Value < most)
}

func (f figure) ratioAtMost(most float64) figure {
	return f.goal(fmt.Sprintf("≤ %s ×", number(most)), f.Ratio != nil && *f.Ratio <= most)
}

func (f figure) ratioAtLeast(least float64) figure {
	return f.goal(fmt.Sprintf("≥ %s ×", number(least)), f.Ratio != nil && *f.Ratio >= least)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile is the nearest-rank quantile q of values, which it sorts.
func quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	rank := int(q*float64(len(values))+0.999999) - 1
	return values[min(max(rank, 0), len(values)-1)]
}

// report is a whole run.
type report struct {
	At      time.Time `json:"at"`
	Go      string    `json:"go"`
	CPUs    int       `json:"cpus"`
	Load    string    `json:"load"` // of the machine before the run, 1, 5 and 15 minutes
	Seconds int       `json:"seconds"`
	Rate    float64   `json:"rate"`
	Events  int       `json:"events"`
	Bulks   int       `json:"bulks"`
	Figures []figure  `json:"figures"`
}

func newReport(o options) *report {
	r := &report{
		At: time.Now().UTC(), Go: runtime.Version(), CPUs: runtime.NumCPU(), Seconds: o.seconds, Rate: o.rate,
		Events: o.events, Bulks: o.bulks, Figures: []figure{},
	}
	if raw, err := os.ReadFile("/proc/loadavg"); err == nil && len(raw) > 14 {
		r.Load = string(raw[:14])
	}
	return r
}

func (r *report) missed() bool {
	return slices.ContainsFunc(r.Figures, func(f figure) bool { return f.Met != nil && !*f.Met })
}

func (r *report) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ROW\tFIGURE\tMEASURED\tBASELINE\tRATIO\tTO REACH\t\tAGAINST")
	for _, f := range r.Figures {
		baseline, ratio, met := "-", "-", ""
		if f.Baseline != nil {
			baseline = number(*f.Baseline) + " " + f.Unit
		}
		if f.Ratio != nil {
			ratio = strconv.FormatFloat(*f.Ratio, 'f', 2, 64)
		}
		if f.Met != nil {
			met = map[bool]string{true: "met", false: "missed"}[*f.Met]
		}
		fmt.Fprintf(t, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%s\n", f.Row, f.Name, number(f.Value), f.Unit, baseline, ratio, f.Goal, met, f.Against)
	}
	_ = t.Flush() // to the terminal; there is nowhere to report a failure
	for _, f := range r.Figures {
		if f.Note != "" {
			fmt.Fprintf(w, "  %s, %s: %s\n", f.Row, f.Name, f.Note)
		}
	}
	fmt.Fprintf(w, "%s, %d CPUs, load before the run %s\n", r.Go, r.CPUs, r.Load)
}

func (r *report) write(name string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(name, append(raw, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// number is short: three digits that matter, or all before the point.
func number(v float64) string {
	if v >= 100 || v <= -100 || v == float64(int64(v)) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
