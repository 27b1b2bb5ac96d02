package ometriasim

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Options say what to stand in for. Start from DefaultOptions: a zero limit
// means no limit.
type Options struct {
	// Keys maps each API key that works to the name of its account. Several
	// keys may name one account.
	Keys map[string]string
	// PushesPerSecond and ReadsPerSecond are an account's limits; 0 for none.
	PushesPerSecond, ReadsPerSecond int
	// QueueLimit is how many records may wait; above it a push gets 429.
	// 0 for no limit.
	QueueLimit int
	// QueueHeaders adds X-QueueSize-Limit and X-QueueSize-Remaining, which an
	// older copy of the documentation shows and the newest does not.
	QueueHeaders bool
	// ProcessingDelay is how long an accepted record waits before it is stored
	// or shows among the errors; 0 does it before the answer.
	ProcessingDelay time.Duration
	// RejectTooLarge counts a record above 60 KB as rejected; otherwise the
	// whole push gets 400. Which one Ometria does is not documented.
	RejectTooLarge bool
	// RejectAtOnce counts a record that fails the check as rejected in the
	// answer; otherwise it shows among the errors afterwards, as documented.
	RejectAtOnce bool
	// SchemaDir holds {contact,order,product}.schema.json. Empty falls back to
	// a check of required fields.
	SchemaDir string
	// Strict holds records to #/$defs/whole of the schemas as well: what our
	// sender promises, not what Ometria accepts. What breaks it alone is stored
	// and counted as a violation.
	Strict bool
	// History keeps each record as it was pushed, not the last state alone.
	History bool
	// CountOnly keeps neither bodies nor pushes, for benchmarks of millions:
	// records are counted and named, and read back as null.
	CountOnly bool
	// Dir keeps the state on disk; empty keeps it in memory.
	Dir string
	// Seed decides what fractional faults strike.
	Seed   int64
	Now    func() time.Time
	Logger *slog.Logger
}

// DefaultOptions are Ometria's documented limits and one account, "demo",
// whose key is "ometria-key".
func DefaultOptions() Options {
	return Options{
		Keys:            map[string]string{"ometria-key": "demo"},
		PushesPerSecond: 8,
		ReadsPerSecond:  4,
		QueueLimit:      50_000,
	}
}

func (o Options) withDefaults() (Options, error) {
	if len(o.Keys) == 0 {
		return o, errors.New("no keys given")
	}
	for key, account := range o.Keys {
		if key == "" || account == "" {
			return o, errors.New("an empty key or account name")
		}
	}
	if o.PushesPerSecond < 0 || o.ReadsPerSecond < 0 || o.QueueLimit < 0 || o.ProcessingDelay < 0 {
		return o, fmt.Errorf("limits and delays must not be negative")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
