package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// row is one thing that is measured, in a world of its own.
type row struct {
	name, about string
	measure     func(ctx context.Context, b *bench) ([]figure, error)
}

// rows are all there are, in the order in which they are printed.
func rows() []row {
	return []row{
		{"realtime", "a change a tenth of a second: webhook answered until accepted, against a bare one-activity workflow", realtime},
		{"intake", "webhooks a second with the row on disk, against a server that only answers; and while Temporal is stopped", intake},
		{"burst", "very many product events at once, against the least time that the quotas allow", burst},
		{"fairness", "a quiet connection while others import their history, against itself alone", fairness},
		{"keepup", "a change a tenth of a second under the documented quotas: how old the oldest one gets", keepUp},
	}
}

// bench is what rows are given.
type bench struct {
	options options
	row     string    // at work
	says    io.Writer // progress, for who waits
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.says, "%s %s: %s\n", time.Now().Format(time.TimeOnly), b.row, fmt.Sprintf(format, args...))
}

// measure runs the rows that were asked for and prints the table. A row that
// fails leaves the others standing.
func measure(ctx context.Context, o options, stdout, stderr io.Writer) error {
	found := newReport(o)
	var errs []error
	for _, r := range rows() {
		if len(o.rows) > 0 && !slices.Contains(o.rows, r.name) {
			continue
		}
		figures, err := r.measure(ctx, &bench{options: o, row: r.name, says: stderr})
		for _, f := range figures {
			f.Row = r.name
			found.Figures = append(found.Figures, f)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("measure %s: %w", r.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	found.print(stdout)
	if o.json != "" {
		errs = append(errs, found.write(o.json))
	}
	if o.strict && found.missed() {
		errs = append(errs, errMissed)
	}
	return errors.Join(errs...)
}
