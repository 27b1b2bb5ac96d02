package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

const (
	arrivalPoll = 20 * time.Millisecond // how precisely latency is measured
	// arrivalLimit is the longest a change may take. A deletion is believed
	// after two reads ten seconds apart.
	arrivalLimit = 90 * time.Second
)

// story is what happens to one new record of an entity, and how each change is
// known to have arrived.
type story struct {
	entity  connection.Entity
	created map[string]any
	changed map[string]any
	// kind and collection are where Ometria keeps it.
	kind, collection string
	// hasChanged and isGone look at Ometria's record. A nil isGone means that
	// nothing is sent: the record's outcome tells.
	hasChanged func(record map[string]any) bool
	isGone     func(record map[string]any) bool
	changedAs  string // in words
	goneAs     string
}

func stories() []story {
	email := func(who string) string { return fmt.Sprintf("%s.%d@example.com", who, time.Now().UnixMilli()) }
	return []story{
		{
			entity: connection.Products, kind: "product",
			created:    map[string]any{"name": "Demo hat", "type": "physical", "weight": 1, "price": 19.5},
			changed:    map[string]any{"name": "Demo hat, renamed"},
			hasChanged: func(r map[string]any) bool { return r["title"] == "Demo hat, renamed" },
			isGone:     func(r map[string]any) bool { return r["is_active"] == false },
			changedAs:  "its new title",
			goneAs:     "is_active: false",
		},
		{
			entity: connection.Customers, kind: "contact", collection: "customers",
			created:    map[string]any{"email": email("dora"), "first_name": "Dora", "last_name": "Demo"},
			changed:    map[string]any{"last_name": "Renamed"},
			hasChanged: func(r map[string]any) bool { return r["lastname"] == "Renamed" },
			changedAs:  "the new last name",
			goneAs:     "outcome deleted: nothing is sent for customers",
		},
		{
			entity: connection.Subscribers, kind: "contact", collection: "subscribers",
			created: map[string]any{"email": email("sam"), "first_name": "Sam", "last_name": "Demo",
				"consents": []string{"marketing_newsletter"}},
			changed:    map[string]any{"last_name": "Renamed"},
			hasChanged: func(r map[string]any) bool { return r["lastname"] == "Renamed" },
			changedAs:  "the new last name",
			isGone:     func(r map[string]any) bool { return r["marketing_optin"] == "EXPLICITLY_OPTEDOUT" },
			goneAs:     "marketing_optin: EXPLICITLY_OPTEDOUT",
		},
		{
			entity: connection.Orders, kind: "order",
			created:    map[string]any{"status_id": 11},
			changed:    map[string]any{"status_id": 2},
			hasChanged: func(r map[string]any) bool { return r["status"] == "shipped" },
			isGone:     func(r map[string]any) bool { return r["is_valid"] == false },
			changedAs:  "status shipped",
			goneAs:     "is_valid: false",
		},
	}
}

// change creates, changes and deletes a record of each entity and waits for
// each change to arrive: one after the other, so that none waits for another's
// turn at Ometria, but for the deletions, which are waited for together.
func (s *stack) change(ctx context.Context, client *apiclient.Client, id string) ([]change, error) {
	all := stories()
	changes := make([][]change, len(all))
	errs := make([]error, len(all))
	var say sync.Mutex // guards stdout
	fmt.Fprintln(s.stdout, "\nNow creating, changing and deleting a record of each entity in the store")
	do := func(i int, step step) {
		if errs[i] != nil {
			return
		}
		c, err := s.take(ctx, all[i].entity, step)
		changes[i], errs[i] = append(changes[i], c), err
		say.Lock()
		defer say.Unlock()
		if err == nil {
			fmt.Fprintf(s.stdout, "  %s %s %s: arrived after %s\n", c.Entity, c.RecordID, c.Change, time.Duration(c.LatencyMS)*time.Millisecond)
		}
	}
	var deletions errgroup.Group
	for i, one := range all {
		created, changed, deleted := s.steps(ctx, client, id, one)
		do(i, created)
		do(i, changed)
		deletions.Go(func() error {
			do(i, deleted)
			return nil // the others go on
		})
	}
	_ = deletions.Wait() // errors are in errs, each with its story
	var list []change
	for _, c := range changes {
		list = append(list, c...)
	}
	return list, errors.Join(errs...)
}

// step is one change in the store.
type step struct {
	change, where string
	recordID      *int64
	do            func() error
	arrived       func() (bool, error)
}

// steps turns a story into what is done and looked for.
func (s *stack) steps(ctx context.Context, client *apiclient.Client, id string, one story) (created, changed, deleted step) {
	recordID := new(int64)
	look := func(test func(map[string]any) bool) func() (bool, error) {
		return func() (bool, error) {
			record, ok, err := s.marketing.record(one.kind, one.collection, fmt.Sprint(*recordID))
			return ok && test(record), err
		}
	}
	entity := string(one.entity)
	created = step{"created", "a new " + one.kind, recordID,
		func() (err error) { *recordID, _, err = s.shop.Create(entity, one.created); return err },
		look(func(map[string]any) bool { return true })}
	changed = step{"changed", one.changedAs, recordID,
		func() error { _, err := s.shop.Update(entity, *recordID, one.changed); return err }, look(one.hasChanged)}
	deleted = step{"deleted", one.goneAs, recordID,
		func() error { return s.shop.Delete(entity, *recordID) }, look(one.isGone)}
	if one.isGone == nil {
		deleted.arrived = func() (bool, error) {
			r, err := client.Record(ctx, id, entity, fmt.Sprint(*recordID))
			if p, ok := errors.AsType[*apiclient.Problem](err); ok && p.Status == http.StatusNotFound {
				return false, nil
			}
			return r.Outcome == string(connection.Deleted), err
		}
	}
	return created, changed, deleted
}

// take does a step and waits for it to arrive.
func (s *stack) take(ctx context.Context, entity connection.Entity, step step) (change, error) {
	began := time.Now()
	err := step.do()
	c := change{Entity: entity, RecordID: fmt.Sprint(*step.recordID), Change: step.change, where: step.where}
	if err != nil {
		return c, fmt.Errorf("%s a record of %s in the store: %w", step.change, entity, err)
	}
	if err := await(ctx, arrivalPoll, arrivalLimit, step.arrived); err != nil {
		return c, fmt.Errorf("missing at Ometria: %s %s %s: %w", entity, c.RecordID, step.change, err)
	}
	c.arrived, c.LatencyMS = true, time.Since(began).Milliseconds()
	return c, nil
}

// await asks, every so often, until the answer is yes.
func await(ctx context.Context, every, limit time.Duration, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not seen within %s", limit))
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		yes, err := ask()
		if yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// record returns what the simulated Ometria holds of a record.
func (o *simulatedOmetria) record(kind, collection, id string) (map[string]any, bool, error) {
	held, ok := o.Account(demoAccount).Record(kind, collection, id)
	if !ok {
		return nil, false, nil
	}
	var record map[string]any
	if err := json.Unmarshal(held.Record, &record); err != nil {
		return nil, false, fmt.Errorf("decode record at Ometria: %w", err)
	}
	return record, true, nil
}

// held returns the ids of all records of an entity, variants among products.
func (o *simulatedOmetria) held(entity connection.Entity) map[string]bool {
	account := o.Account(demoAccount)
	var ids []string
	switch entity {
	case connection.Products:
		ids = account.IDs("product", "")
	case connection.Orders:
		ids = account.IDs("order", "")
	default: // the collections are named like the entities
		ids = account.IDs("contact", string(entity))
	}
	held := make(map[string]bool, len(ids))
	for _, id := range ids {
		held[id] = true
	}
	return held
}
