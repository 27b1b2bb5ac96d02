// Package progress shows how far several things have come: bars that move on a
// terminal, plain lines elsewhere, so that a log of it reads well.
//
// It only draws. What is counted, and when it is done, is the caller's.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Row is one thing in the making.
type Row struct {
	Name  string
	Done  int64
	Total int64
	Note  string // shown behind the count
}

// Display draws rows. It is for one goroutine.
type Display struct {
	out   io.Writer
	bars  bool
	every time.Duration
	now   func() time.Time
	drawn int // lines of the bars on the screen
	last  map[string]Row
	at    time.Time
}

// New returns a Display that draws bars when out is a terminal, and at most
// one line a row every two seconds otherwise.
func New(out io.Writer) *Display {
	return &Display{out: out, bars: IsTerminal(out), every: 2 * time.Second, now: time.Now, last: map[string]Row{}}
}

// IsTerminal reports whether out is a terminal.
func IsTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Update draws rows as they stand now.
func (d *Display) Update(rows []Row) {
	if d.bars {
		d.drawBars(rows)
		return
	}
	if now := d.now(); now.Sub(d.at) >= d.every {
		d.at = now
		d.drawLines(rows)
	}
}

// Finish draws the last state, however soon after the one before.
func (d *Display) Finish(rows []Row) {
	if d.bars {
		d.drawBars(rows)
		d.drawn = 0
		return
	}
	d.drawLines(rows)
}

func (d *Display) drawBars(rows []Row) {
	var text strings.Builder
	if d.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA", d.drawn) // back up over the bars drawn before
	}
	for _, row := range rows {
		text.WriteString("\r\x1b[K" + bar(row) + "\n")
	}
	d.drawn = len(rows)
	fmt.Fprint(d.out, text.String())
}

func bar(row Row) string {
	total := max(row.Total, 1)
	b := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(io.Discard), // drawn as a string: several bars stand one below another
		progressbar.OptionSetDescription(fmt.Sprintf("%-12s", row.Name)),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
		progressbar.OptionSetRenderBlankState(true),
	)
	if row.Done > 0 {
		_ = b.Set64(min(row.Done, total)) // cannot be out of range
	}
	text := strings.TrimSpace(strings.TrimPrefix(b.String(), "\r"))
	return fmt.Sprintf("%s  %d of %d%s", text, row.Done, row.Total, note(row))
}

func (d *Display) drawLines(rows []Row) {
	for _, row := range rows {
		if d.last[row.Name] == row {
			continue
		}
		d.last[row.Name] = row
		fmt.Fprintf(d.out, "%s: %d of %d%s\n", row.Name, row.Done, row.Total, note(row))
	}
}

func note(row Row) string {
	if row.Note == "" {
		return ""
	}
	return "  (" + row.Note + ")"
}
