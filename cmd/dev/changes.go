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
			goneAs:     "is_active: false",
		},
		{
			entity: connection.Customers, kind: "contact", collection: "customers",
			created:    map[string]any{"email": email("dora"), "first_name": "Dora", "last_name": "Demo"},
			changed:    map[string]any{"last_name": "Renamed"},
			hasChanged: func(r map[string]any) bool { return r["lastname"] == "Renamed" },
			goneAs:     "outcome deleted; nothing is sent",
		},
		{
			entity: connection.Subscribers, kind: "contact", collection: "subscribers",
			created: map[string]any{"email": email("sam"), "first_name": "Sam", "last_name": "Demo",
				"consents": []string{"marketing_newsletter"}},
			changed:    map[string]any{"last_name": "Renamed"},
			hasChanged: func(r map[string]any) bool { return r["lastname"] == "Renamed" },
			isGone:     func(r map[string]any) bool { return r["marketing_optin"] == "EXPLICITLY_OPTEDOUT" },
			goneAs:     "marketing_optin: EXPLICITLY_OPTEDOUT",
		},
		{
			entity: connection.Orders, kind: "order",
			created:    map[string]any{"status_id": 11},
			changed:    map[string]any{"status_id": 2},
			hasChanged: func(r map[string]any) bool { return r["status"] == "shipped" },
			isGone:     func(r map[string]any) bool { return r["is_valid"] == false },
			goneAs:     "is_valid: false",
		},
	}
}

// change creates, changes and deletes a record of each entity, all four beside
// one another, and waits for each change to arrive.
func (s *stack) change(ctx context.Context, client *apiclient.Client, id string) ([]change, error) {
	all := stories()
	changes := make([][]change, len(all))
	errs := make([]error, len(all))
	var say sync.Mutex // guards stdout
	fmt.Fprintln(s.stdout, "\nNow creating, changing and deleting a record of each entity in the store")
	var group errgroup.Group
	for i, one := range all {
		group.Go(func() error {
			changes[i], errs[i] = s.play(ctx, client, id, one, func(c change) {
				say.Lock()
				defer say.Unlock()
				fmt.Fprintf(s.stdout, "  %s %s %s: arrived after %s\n", c.Entity, c.RecordID, c.Change, time.Duration(c.LatencyMS)*time.Millisecond)
			})
			return nil // the other stories go on
		})
	}
	_ = group.Wait() // errors are in errs, each with its story
	var list []change
	for _, c := range changes {
		list = append(list, c...)
	}
	return list, errors.Join(errs...)
}

// play tells one story to its end, or to the first change that does not arrive.
func (s *stack) play(ctx context.Context, client *apiclient.Client, id string, one story, arrived func(change)) (list []change, err error) {
	var recordID int64
	look := func(test func(map[string]any) bool) func() (bool, error) {
		return func() (bool, error) {
			record, ok, err := s.marketing.record(one.kind, one.collection, fmt.Sprint(recordID))
			return ok && test(record), err
		}
	}
	steps := []struct {
		change, where string
		do            func() error
		arrived       func() (bool, error)
	}{
		{"created", one.kind, func() (err error) { recordID, _, err = s.shop.Create(string(one.entity), one.created); return err },
			look(func(map[string]any) bool { return true })},
		{"changed", one.kind, func() error { _, err := s.shop.Update(string(one.entity), recordID, one.changed); return err }, look(one.hasChanged)},
		{"deleted", one.goneAs, func() error { return s.shop.Delete(string(one.entity), recordID) }, nil},
	}
	if steps[2].arrived = look(one.isGone); one.isGone == nil {
		steps[2].arrived = func() (bool, error) {
			r, err := client.Record(ctx, id, string(one.entity), fmt.Sprint(recordID))
			if p, ok := errors.AsType[*apiclient.Problem](err); ok && p.Status == http.StatusNotFound {
				return false, nil
			}
			return r.Outcome == string(connection.Deleted), err
		}
	}
	for _, step := range steps {
		began := time.Now()
		if err := step.do(); err != nil {
			return list, fmt.Errorf("%s a record of %s in the store: %w", step.change, one.entity, err)
		}
		c := change{Entity: one.entity, RecordID: fmt.Sprint(recordID), Change: step.change, where: step.where}
		if err := await(ctx, step.arrived); err != nil {
			return append(list, c), fmt.Errorf("missing at Ometria: %s %d %s: %w", one.entity, recordID, step.change, err)
		}
		c.arrived, c.LatencyMS = true, time.Since(began).Milliseconds()
		arrived(c)
		list = append(list, c)
	}
	return list, nil
}

// await asks until the answer is yes.
func await(ctx context.Context, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, arrivalLimit, fmt.Errorf("not seen within %s", arrivalLimit))
	defer cancel()
	tick := time.NewTicker(arrivalPoll)
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
