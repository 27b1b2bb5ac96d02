package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// report is what --report writes.
type report struct {
	Entities         map[connection.Entity]counts `json:"entities"`
	Changes          []change                     `json:"changes"`
	Seconds          float64                      `json:"seconds"`      // from making the connection to the last change
	BulkSeconds      float64                      `json:"bulk_seconds"` // until the whole history had arrived
	RecordsPerSecond float64                      `json:"records_per_second"`
	Memory           memory                       `json:"memory"`
	// Bad is what became of the records that are bad on purpose, by kind, and
	// Failures all that the API lists of rejected records.
	Bad      []badFound               `json:"bad"`
	Failures []apiclient.FailureGroup `json:"failures"`
	Contract held                     `json:"contract"`
}

// counts are BigCommerce records of one entity.
type counts struct {
	Store    int `json:"store"`
	Accepted int `json:"accepted"`
	Rejected int `json:"rejected"`
	Skipped  int `json:"skipped"`
}

// change is one change in the store and how long it took to arrive.
type change struct {
	Entity    connection.Entity `json:"entity"`
	RecordID  string            `json:"record_id"`
	Change    string            `json:"change"` // created, changed or deleted
	LatencyMS int64             `json:"latency_ms"`
	arrived   bool
	where     string // what arrived, in words
}

// memory is the most each process held, resident, in bytes; 0 where unknown.
type memory struct {
	Service  int64 `json:"service_bytes"` // API, worker and both stand-ins: one process
	Temporal int64 `json:"temporal_bytes"`
}

func newReport(found verified, changes []change, bulk, whole time.Duration, m memory) report {
	r := report{Entities: map[connection.Entity]counts{}, Changes: []change{}, Seconds: whole.Seconds(), BulkSeconds: bulk.Seconds(), Memory: m}
	total := 0
	for _, e := range found.entities {
		r.Entities[e.entity] = e.counts
		total += e.Store
	}
	for _, c := range changes {
		if c.arrived {
			r.Changes = append(r.Changes, c)
		}
	}
	if bulk > 0 {
		r.RecordsPerSecond = float64(total) / bulk.Seconds()
	}
	return r
}

func (r report) print(w io.Writer) {
	fmt.Fprintf(w, "\n%.1f seconds in all; history at %.0f records a second; at most %d MB for the service and the stand-ins",
		r.Seconds, r.RecordsPerSecond, r.Memory.Service>>20)
	if r.Memory.Temporal > 0 {
		fmt.Fprintf(w, ", %d MB for Temporal", r.Memory.Temporal>>20)
	}
	fmt.Fprintln(w)
}

func (r report) write(file string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if err := os.WriteFile(file, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func printChanges(w io.Writer, changes []change) {
	fmt.Fprintf(w, "\nChanges in the store, and how long each took to arrive:\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  ENTITY\tRECORD\tCHANGE\tARRIVED AS\tLATENCY")
	for _, c := range changes {
		latency := "did not arrive"
		if c.arrived {
			latency = (time.Duration(c.LatencyMS) * time.Millisecond).String()
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", c.Entity, c.RecordID, c.Change, c.where, latency)
	}
	_ = t.Flush() // to the terminal; there is nowhere to report a failure
}

// memory reads the most that this process and the Temporal server ever held.
func (s *stack) memory() memory {
	m := memory{Service: peakMemory(os.Getpid())}
	if s.temporal != nil {
		m.Temporal = peakMemory(s.temporal.PID())
	}
	return m
}

// peakMemory reads VmHWM of Linux's /proc; elsewhere it is 0.
func peakMemory(pid int) int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err == nil {
				return kilobytes << 10
			}
		}
	}
	return 0
}
