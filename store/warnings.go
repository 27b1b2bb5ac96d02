package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	// maxNotes bounds a record's notes in bytes: they are in an index.
	maxNotes = 1000
	// maxWarnings bounds the groups of warnings of a connection.
	maxWarnings = 100
)

// Codes of warnings that come from the registry of fields. The others are those
// of notes.
const (
	warnKeyCollision  = "key_collision"
	warnKeyLeftOut    = "key_left_out"
	warnNoKey         = "no_key"
	warnTooManyFields = "too_many_fields"
)

// noteTexts say in words what notes of records warn of. A note without a text
// is shown with its record alone.
var noteTexts = map[string]func(n connection.Note) string{
	"trimmed": func(n connection.Note) string {
		return fmt.Sprintf("%s was shortened or left out: it is over what Ometria takes", cmp.Or(n.Key, "a part of the record"))
	},
	"unmapped_status": func(n connection.Note) string {
		return fmt.Sprintf("status id %s is none of BigCommerce's documented ones and not in the order mapping: orders with it are sent as invalid", n.Key)
	},
	"unknown_brand": func(n connection.Note) string {
		return fmt.Sprintf("brand %s is not in BigCommerce's list of brands: it is not sent", n.Key)
	},
	"unknown_category": func(n connection.Note) string {
		return fmt.Sprintf("category %s is not in BigCommerce's list of categories: it is not sent", n.Key)
	},
	"no_product_page": func(connection.Note) string {
		return "the product has no page of its own in BigCommerce: the store's address is sent instead"
	},
	warnKeyCollision: func(n connection.Note) string {
		return fmt.Sprintf("option %q is sent as %s: another option of the product makes the same key", n.Source, n.Key)
	},
	warnNoKey: func(n connection.Note) string {
		return fmt.Sprintf("option %q or its value has no letter or digit to make a key of: it is not sent", n.Source)
	},
}

// encodeNotes writes notes, each once, as far as there is room.
func encodeNotes(notes []connection.Note) string {
	var kept []connection.Note
	text := ""
	for _, n := range notes {
		if slices.Contains(kept, n) {
			continue
		}
		kept = append(kept, n)
		longer := encode(kept)
		if len(longer) > maxNotes {
			break
		}
		text = longer
	}
	return text
}

func decodeNotes(text string) (notes []connection.Note, err error) {
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &notes); err != nil {
		return nil, fmt.Errorf("decode notes: %w", err)
	}
	return notes, nil
}

// warnings are what a person should know of records that went out: from the
// notes they left, and from the registry of fields. The largest groups first.
func (s *Store) warnings(ctx context.Context, id connection.ID) ([]FailureGroup, error) {
	groups, err := s.noteWarnings(ctx, id)
	if err != nil {
		return nil, err
	}
	fields, err := s.Fields(ctx, id)
	if err != nil {
		return nil, err
	}
	groups = append(groups, fieldWarnings(fields)...)
	slices.SortStableFunc(groups, func(a, b FailureGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Reason.Code, b.Reason.Code),
			cmp.Compare(a.Reason.Path, b.Reason.Path), cmp.Compare(a.Reason.Text, b.Reason.Text))
	})
	return groups[:min(len(groups), maxWarnings)], nil
}

func (s *Store) noteWarnings(ctx context.Context, id connection.ID) ([]FailureGroup, error) {
	type kind struct {
		entity connection.Entity
		note   connection.Note
	}
	found := map[kind]FailureGroup{}
	rows, err := s.reader.QueryContext(ctx, s.q.GroupNotes, string(id))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			entity             connection.Entity
			text               string
			count, first, last int64
		)
		if err := r.Scan(&entity, &text, &count, &first, &last); err != nil {
			return err
		}
		notes, err := decodeNotes(text)
		for _, n := range notes {
			say, warns := noteTexts[n.Code]
			if !warns {
				continue
			}
			g, again := found[kind{entity, n}]
			if !again {
				g = FailureGroup{
					Reason: connection.Reason{Code: n.Code, Path: n.Key, Text: say(n)},
					Entity: entity, FirstAt: toTime(first), Warning: true,
				}
			}
			g.Count += count
			g.FirstAt, g.LastAt = earlier(g.FirstAt, toTime(first)), later(g.LastAt, toTime(last))
			found[kind{entity, n}] = g
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("group notes: %w", err)
	}
	var groups []FailureGroup
	for _, g := range found {
		groups = append(groups, g)
	}
	return groups, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// fieldWarnings say which field got which key, and which were left out.
func fieldWarnings(fields []FieldRow) (groups []FailureGroup) {
	holders := map[plainKey]FieldRow{}
	perEntity := map[connection.Entity]int64{}
	for _, f := range fields {
		perEntity[f.Entity]++
		holders[plainKey{f.Entity, f.Key}] = f
	}
	for _, f := range fields {
		warn := func(code string, count int64, format string, args ...any) {
			groups = append(groups, FailureGroup{
				Reason: connection.Reason{Code: code, Path: cmp.Or(f.Key, f.Name), Text: fmt.Sprintf(format, args...)},
				Entity: f.Entity, Count: count, FirstAt: f.FirstSeenAt, LastAt: f.LastSeenAt, Warning: true,
			})
		}
		switch holder, taken := holders[f.plainKey()]; {
		case f.Key == "":
			warn(warnNoKey, f.Records, "%s %q has no letter or digit to make a key of and is not sent: rename it in BigCommerce", words(f.Kind), f.Name)
		case f.Key != f.Plain && taken:
			warn(warnKeyCollision, f.Records, "%s %q is sent as %s, because %s %q is %s already", words(f.Kind), f.Name, f.Key, words(holder.Kind), holder.Name, f.Plain)
		case f.Key != f.Plain:
			warn(warnKeyCollision, f.Records, "%s %q is sent as %s, because %s is a key of ours", words(f.Kind), f.Name, f.Key, f.Plain)
		}
		if f.LeftOut > 0 && f.Key != "" {
			warn(warnKeyLeftOut, f.LeftOut, "%s %q is left out where it does not fit: Ometria takes 1,000 bytes of properties a record", words(f.Kind), f.Name)
		}
	}
	for entity, n := range perEntity {
		if n >= maxFields {
			groups = append(groups, FailureGroup{
				Reason: connection.Reason{Code: warnTooManyFields, Text: fmt.Sprintf("there are %d names of fields or more: two that come later and make one key may swap it from record to record", maxFields)},
				Entity: entity, Count: n, Warning: true,
			})
		}
	}
	return groups
}

// words names a kind of field as a merchant knows it.
func words(kind connection.FieldKind) string {
	switch kind {
	case connection.FormField:
		return "form field"
	case connection.CustomerAttribute:
		return "customer attribute"
	case connection.CustomField:
		return "custom field"
	}
	return string(kind)
}
