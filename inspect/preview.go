package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Preview is a BigCommerce record beside what would be pushed of it now. It
// holds personal data: it is for the one who asked, and never kept.
type Preview struct {
	ConnectionID connection.ID       `json:"connection_id"`
	Entity       connection.Entity   `json:"entity"`
	RecordID     connection.RecordID `json:"record_id"`
	Gone         bool                `json:"gone"` // from BigCommerce
	// Outcome is what would become of the record if Ometria takes all of it.
	Outcome connection.Outcome `json:"outcome"`
	Reason  *connection.Reason `json:"reason"` // of a record skipped or rejected
	// Source is the record as it was read, or null when it is gone or cannot be
	// read; values of password fields are hidden.
	Source json.RawMessage `json:"source"`
	// Records are the Ometria records in the order of a push.
	Records []json.RawMessage `json:"records"`
	Fields  []PreviewedField  `json:"fields"`
	Notes   []connection.Note `json:"notes"`
}

// PreviewedField says what made one field of Records.
type PreviewedField struct {
	Record int      `json:"record"` // index in Records
	Target string   `json:"target"`
	Source []string `json:"source"`
	Rule   string   `json:"rule"`
}

// Preview reads a record live and shows what would be pushed of it, given what
// earlier pushes left behind. Nothing is pushed, claimed or stored. Errors are
// store.ErrNotFound, also for a record that neither the store nor we know, and
// *AccountError.
func (i *Inspector) Preview(ctx context.Context, key connection.RecordKey) (Preview, error) {
	s, err := i.see(ctx, key)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{
		ConnectionID: key.ConnectionID, Entity: key.Entity, RecordID: key.RecordID,
		Gone: s.record.Gone, Outcome: connection.Accepted, Source: json.RawMessage("null"),
		Records: []json.RawMessage{}, Fields: []PreviewedField{}, Notes: s.result.Notes,
	}
	if p.Notes == nil {
		p.Notes = []connection.Note{}
	}
	switch m := s.result; {
	case m.Reject != nil:
		p.Outcome, p.Reason = connection.Rejected, m.Reject
	case s.record.Gone || s.record.Archived:
		p.Outcome = connection.Deleted
	case m.Skip != nil:
		p.Outcome, p.Reason = connection.Skipped, m.Skip
	}
	if s.record.Source != nil {
		if p.Source, err = json.Marshal(shown(s)); err != nil {
			return Preview{}, fmt.Errorf("encode source: %w", err)
		}
	}
	for at, record := range s.result.Records {
		encoded, err := ometria.Encode(record)
		if err != nil {
			return Preview{}, err
		}
		if len(encoded) > ometria.MaxRecordBytes && p.Reason == nil {
			p.Outcome, p.Reason = connection.Rejected, &connection.Reason{
				Code: connection.ReasonTooLarge, Path: string(record.Type()),
				Text: fmt.Sprintf("the record is over the %d bytes that Ometria takes", ometria.MaxRecordBytes),
			}
		}
		p.Records = append(p.Records, encoded)
		for _, t := range mapping.Trace(key.Entity, record, s.result.Fields) {
			if t.Source == nil {
				t.Source = []string{}
			}
			p.Fields = append(p.Fields, PreviewedField{Record: at, Target: t.Target, Source: t.Source, Rule: t.Rule})
		}
	}
	return p, nil
}

// shown is the record as people see it: an order with its refunds, under the
// name by which the mapping's table calls them.
func shown(s sight) any {
	record := withoutPasswords(s.record.Source, s.result)
	if order, ok := record.(bigcommerce.Order); ok && len(s.record.Refunds) > 0 {
		return struct {
			bigcommerce.Order
			Refunds []bigcommerce.Refund `json:"refund"`
		}{order, s.record.Refunds}
	}
	return record
}

// sight is one record, read live, and what the mapping makes of it.
type sight struct {
	accounts accounts
	record   source.Record
	result   mapping.Result
}

// see reads a record as a sync would, whatever the connection's status, and
// maps it with what the database remembers of it.
func (i *Inspector) see(ctx context.Context, key connection.RecordKey) (sight, error) {
	c, err := i.store.Connection(ctx, key.ConnectionID)
	if err != nil {
		return sight{}, err
	}
	remembered, err := i.store.Record(ctx, key)
	unknown := errors.Is(err, store.ErrNotFound)
	if err != nil && !unknown {
		return sight{}, err
	}
	a, err := i.open(ctx, c.AuthenticationID, c.IdentificationCode)
	if err != nil {
		return sight{}, err
	}
	reader, err := source.New(source.Config{
		Connection: c, Shop: a.shop, References: &i.references, Keys: i.store.PreviewFieldKeys,
		CategoryChanges: i.store.CategoryChanges,
	})
	if err != nil {
		return sight{}, err
	}
	record, err := reader.Record(ctx, key.Entity, key.RecordID)
	switch {
	case err != nil:
		return sight{}, a.failed(ctx, key.Entity, err)
	case record.Gone && unknown:
		return sight{}, fmt.Errorf("read record: %w", store.ErrNotFound)
	}
	return sight{accounts: a, record: record, result: record.Map(remembered.State)}, nil
}
