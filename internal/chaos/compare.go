package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

func entityOf(s string) connection.Entity { return connection.Entity(s) }

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // the API's ids are decimal
	return n
}

// compare returns what is lost: each record of the store, and each that was
// deleted, whose state at Ometria is not the store's.
func (r *run) compare(ctx context.Context) ([]string, error) {
	all, ids := r.changes.held()
	for _, entity := range connection.Entities() {
		listed, err := r.shop.IDs(string(entity), 0, 0)
		if err != nil {
			return nil, fmt.Errorf("list %s of the store: %w", entity, err)
		}
		for _, id := range listed {
			if record := (recordID{entity, id}); all[record] == (tracked{}) {
				ids = append(ids, record)
			}
		}
	}
	found := make([]string, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, record := range ids {
		group.Go(func() (err error) {
			if all[record].deleted {
				found[i], err = r.compareDeleted(ctx, record)
			} else {
				found[i], err = r.compareLive(ctx, record, all[record])
			}
			if found[i] != "" {
				found[i] = record.String() + ": " + found[i]
			}
			return err
		})
	}
	err := group.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.compared = len(ids)
	return slices.DeleteFunc(found, func(s string) bool { return s == "" }), err
}

// compareLive says in what a record of the store differs at Ometria: from what
// the mapping makes of it now, and from its last version.
func (r *run) compareLive(ctx context.Context, record recordID, want tracked) (string, error) {
	preview, err := r.preview(ctx, record)
	if err != nil {
		return "", err
	}
	key := keyOf(record)
	held, arrived := r.account.Record(key.Type, key.Collection, key.ID)
	switch {
	case preview.Gone:
		return "the product takes it for gone", nil
	case preview.Outcome == string(connection.Skipped):
		return "", nil // told of in the table of the product, and never pushed
	case !arrived:
		return "not at Ometria; the product would push it: " + preview.Outcome, nil
	}
	if version, _ := versionOf(key, held.Record); want.version > 0 && version != want.version {
		return fmt.Sprintf("version %d at Ometria, %d in the store", version, want.version), nil
	}
	if record.entity == connection.Subscribers && want.version > 0 {
		if out := optin(held.Record); want.consent != (out == "EXPLICITLY_OPTEDIN") {
			return fmt.Sprintf("consent in the store: %t, at Ometria: %q", want.consent, out), nil
		}
	}
	for _, raw := range preview.Records {
		if difference := r.differs(raw); difference != "" {
			return difference, nil
		}
	}
	return "", nil
}

// preview asks the product what it would push of a record.
func (r *run) preview(ctx context.Context, record recordID) (p apiclient.Preview, err error) {
	err = poll(ctx, 0, r.options.Settle, func() (bool, error) {
		answer, err := r.client().Do(ctx, http.MethodGet, apiclient.RecordPath(r.connection, string(record.entity), fmt.Sprint(record.id))+"/preview", nil, nil)
		if problem, ok := errors.AsType[*apiclient.Problem](err); ok && problem.Status == http.StatusServiceUnavailable {
			return false, nil // the store's quota is spent for the moment
		}
		if err != nil {
			return false, fmt.Errorf("preview %s: %w", record, err)
		}
		return true, json.Unmarshal(answer.Body, &p)
	})
	return p, err
}

// differs says in what Ometria's record is not the one that would be pushed.
func (r *run) differs(raw json.RawMessage) string {
	var name struct {
		Type       string `json:"@type"`
		Collection string `json:"@collection"`
		ID         string
	}
	var wanted, got map[string]any
	if err := errors.Join(json.Unmarshal(raw, &name), decode(raw, &wanted)); err != nil {
		return "the preview cannot be read: " + err.Error()
	}
	held, ok := r.account.Record(name.Type, name.Collection, name.ID)
	if !ok {
		return fmt.Sprintf("%s %s is not at Ometria", name.Type, name.ID)
	}
	if err := decode(held.Record, &got); err != nil {
		return "Ometria's record cannot be read: " + err.Error()
	}
	var fields []string
	for field, value := range wanted {
		if field != "@merge" && !reflect.DeepEqual(value, got[field]) {
			fields = append(fields, field)
		}
	}
	if _, merges := wanted["@merge"]; !merges {
		for field := range got {
			if _, ok := wanted[field]; !ok {
				fields = append(fields, field)
			}
		}
	}
	if len(fields) == 0 {
		return ""
	}
	slices.Sort(fields)
	return fmt.Sprintf("%s %s differs at Ometria in %s", name.Type, name.ID, strings.Join(fields, ", "))
}

func decode(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

// compareDeleted says in what a deleted record still counts at Ometria.
func (r *run) compareDeleted(ctx context.Context, record recordID) (string, error) {
	key := keyOf(record)
	held, arrived := r.account.Record(key.Type, key.Collection, key.ID)
	if !arrived {
		return "", nil
	}
	var state struct {
		IsActive *bool `json:"is_active"`
		IsValid  *bool `json:"is_valid"`
	}
	if err := json.Unmarshal(held.Record, &state); err != nil {
		return "", fmt.Errorf("decode %s at Ometria: %w", record, err)
	}
	switch record.entity {
	case connection.Products:
		if state.IsActive == nil || *state.IsActive {
			return "deleted in the store, active at Ometria", nil
		}
		for _, id := range r.account.IDs("product", "") {
			if !strings.HasPrefix(id, key.ID+"-") {
				continue
			}
			variant, _ := r.account.Record("product", "", id)
			if json.Unmarshal(variant.Record, &state) != nil || state.IsActive == nil || *state.IsActive {
				return "deleted in the store, its variant " + id + " active at Ometria", nil
			}
		}
	case connection.Orders:
		if state.IsValid == nil || *state.IsValid {
			return "archived in the store, valid at Ometria", nil
		}
	case connection.Subscribers:
		if optin(held.Record) == "EXPLICITLY_OPTEDIN" {
			return "deleted in the store, opted in at Ometria", nil
		}
	case connection.Customers: // nothing is sent: the product must have noticed
		known, err := r.client().Record(ctx, r.connection, string(record.entity), key.ID)
		if err != nil {
			return "", fmt.Errorf("read %s: %w", record, err)
		}
		if known.Outcome != string(connection.Deleted) {
			return "deleted in the store, and the product says " + known.Outcome, nil
		}
	}
	return "", nil
}

func optin(raw json.RawMessage) string {
	var contact struct {
		Optin string `json:"marketing_optin"`
	}
	_ = json.Unmarshal(raw, &contact) // none, then
	return contact.Optin
}

// overtaken returns each push at Ometria that came after a newer one of the
// same record, and how many pushes brought nothing new.
func (r *run) overtaken() (older []string, again int) {
	for held := range r.account.Recorded() {
		newest, wasGone := 0, false
		for i, push := range held.Pushes {
			version, gone := versionOf(held.Key, push.Record)
			if !gone && (version < newest || wasGone) {
				what := fmt.Sprintf("version %d after version %d", version, newest)
				if wasGone {
					what = fmt.Sprintf("version %d after the deletion", version)
				}
				older = append(older, fmt.Sprintf("%s %s %s: push %d (%s) brought %s", held.Key.Type, held.Key.Collection, held.Key.ID, i+1, push.RequestID, what))
			}
			if i > 0 && !gone && version == newest && same(push, held.Pushes[i-1]) {
				again++
			}
			newest, wasGone = max(newest, version), gone
		}
	}
	slices.Sort(older)
	return older, again
}

func same(a, b ometriasim.Push) bool { return bytes.Equal(a.Record, b.Record) }

// forgedRecords says whether a webhook that was forged has left a trace.
func (r *run) forgedRecords(ctx context.Context) string {
	_, err := r.client().Record(ctx, r.connection, string(connection.Products), fmt.Sprint(neverMade))
	if problem, ok := errors.AsType[*apiclient.Problem](err); ok && problem.Status == http.StatusNotFound {
		return ""
	}
	return "a forged webhook left a record"
}
