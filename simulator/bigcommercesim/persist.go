package bigcommercesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ometria/ometria-bigcommerce/simulator/journal"
)

// What a journal line tells.
const (
	opStart     = "start"     // the store's seed, size and first start
	opPut       = "put"       // a record as it is now
	opDelete    = "delete"    // a record that is gone
	opSettings  = "settings"  // currencies, labels, domain
	opAccounts  = "accounts"  // all API accounts
	opDelivered = "delivered" // a webhook that is done with
)

// line is one change, with the webhooks that it owes, in one write.
type line struct {
	Op         string        `json:"op"`
	Entity     string        `json:"entity,omitempty"`
	ID         int64         `json:"id,omitempty"`
	Key        string        `json:"key,omitempty"`
	Record     any           `json:"record,omitempty"`
	Also       []line        `json:"also,omitempty"`
	Deliveries []*delivery   `json:"deliveries,omitempty"`
	Start      *startLine    `json:"start,omitempty"`
	Settings   *Settings     `json:"settings,omitempty"`
	Accounts   []*APIAccount `json:"accounts,omitempty"`
}

// readLine is a line as the replay reads it.
type readLine struct {
	line
	Record json.RawMessage `json:"record"`
	Also   []readLine      `json:"also"`
}

type startLine struct {
	At          int64 `json:"at"` // Unix seconds
	Seed        int64 `json:"seed"`
	Customers   int   `json:"customers"`
	Subscribers int   `json:"subscribers"`
	Products    int   `json:"products"`
	Orders      int   `json:"orders"`
}

// openStore builds the store as it was first started and replays what changed.
func (s *Server) openStore() error {
	o := s.options
	start := &startLine{o.Now().Unix(), o.Seed, o.Customers, o.Subscribers, o.Products, o.Orders}
	if o.Dir == "" {
		s.build(start.At)
		return nil
	}
	started := false
	var err error
	s.journal, err = journal.Open(filepath.Join(o.Dir, "bigcommerce.jsonl"), func(raw []byte) error {
		var l readLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return err
		}
		if l.Op != opStart {
			if !started {
				return errors.New("the journal does not begin with a start")
			}
			return s.replay(l)
		}
		before := *l.Start
		before.At = start.At
		if before != *start {
			return fmt.Errorf("the folder holds a store of another seed or size: %+v", *l.Start)
		}
		started = true
		s.build(l.Start.At)
		return nil
	})
	if err != nil {
		return err
	}
	if !started {
		s.build(start.At)
		return s.keep(line{Op: opStart, Start: start})
	}
	return nil
}

// keep appends to the journal.
func (s *Server) keep(l line) error {
	if err := s.journal.Append(l); err != nil {
		s.options.Logger.Error("append to journal", "err", err)
		return err
	}
	return nil
}

func (s *Server) replay(l readLine) error {
	switch l.Op {
	case opPut, opDelete:
		if err := s.replayRecord(l); err != nil {
			return err
		}
	case opSettings:
		s.apply(*l.Settings)
	case opAccounts:
		s.accounts = l.Accounts
	case opDelivered:
		s.delivery.forget(l.Key)
	default:
		return fmt.Errorf("unknown op %q", l.Op)
	}
	s.delivery.add(l.Deliveries)
	return nil
}

func (s *Server) replayRecord(l readLine) error {
	for _, also := range l.Also {
		if err := s.replayRecord(also); err != nil {
			return err
		}
	}
	switch l.Entity {
	case "scripts":
		if l.Op == opDelete {
			s.dropScript(l.Key)
			return nil
		}
		var sc script
		if err := json.Unmarshal(l.Record, &sc); err != nil {
			return err
		}
		s.putScript(&sc)
		return nil
	case "hooks":
		return restore(s.hooks, l)
	}
	e := s.entities[l.Entity]
	if e == nil {
		return fmt.Errorf("unknown entity %q", l.Entity)
	}
	return e.restore(l)
}

// restore puts one journalled record back.
func restore[T any](t *table[T], l readLine) error {
	if l.Op == opDelete {
		t.put(l.ID, nil)
		return nil
	}
	record := new(T)
	if err := json.Unmarshal(l.Record, record); err != nil {
		return fmt.Errorf("read %s %d: %w", l.Entity, l.ID, err)
	}
	t.put(l.ID, record)
	return nil
}
