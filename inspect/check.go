package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Verdict says how Ometria's record compares with what would be pushed.
type Verdict string

// The verdicts. NotSent and Gone are of a BigCommerce record alone.
const (
	Same    Verdict = "same"
	Differs Verdict = "differs"
	Missing Verdict = "missing"  // not at Ometria
	NotSent Verdict = "not_sent" // the mapping sends nothing of it
	Gone    Verdict = "gone"     // from BigCommerce
)

// RecordCheck compares a record with Ometria without a value of either.
type RecordCheck struct {
	Verdict Verdict            `json:"verdict"`
	Reason  *connection.Reason `json:"reason"` // why nothing is sent
	Records []CheckedRecord    `json:"records"`
	// Unchecked counts the Ometria records beyond the first hundred.
	Unchecked int       `json:"unchecked"`
	CheckedAt time.Time `json:"checked_at"`
}

// CheckedRecord is one Ometria record of the BigCommerce record.
type CheckedRecord struct {
	Type       ometria.Type `json:"type"`
	ID         string       `json:"id"`
	Collection string       `json:"collection,omitempty"` // of a contact
	Verdict    Verdict      `json:"verdict"`
	Differs    []string     `json:"differs"` // paths of the fields that differ
}

// maxChecked bounds one check: Ometria takes four reads a second.
const maxChecked = 100

// Check reads Ometria back for each Ometria record that would be pushed now,
// and compares the fields that we send. Errors are those of Preview.
func (i *Inspector) Check(ctx context.Context, key connection.RecordKey) (RecordCheck, error) {
	s, err := i.see(ctx, key)
	if err != nil {
		return RecordCheck{}, err
	}
	check := RecordCheck{Verdict: NotSent, Reason: s.result.Skip, Records: []CheckedRecord{}}
	if s.result.Reject != nil {
		check.Reason = s.result.Reject
	}
	rank := map[Verdict]int{NotSent: 0, Same: 1, Differs: 2, Missing: 3}
	for at, record := range s.result.Records {
		if at == maxChecked {
			check.Unchecked = len(s.result.Records) - at
			break
		}
		checked, err := s.accounts.compare(ctx, record)
		if err != nil {
			return RecordCheck{}, err
		}
		check.Records = append(check.Records, checked)
		if rank[checked.Verdict] > rank[check.Verdict] {
			check.Verdict = checked.Verdict
		}
	}
	if s.record.Gone {
		check.Verdict = Gone
	}
	check.CheckedAt = time.Now().UTC().Truncate(time.Second)
	return check, nil
}

func (a accounts) compare(ctx context.Context, record ometria.Record) (CheckedRecord, error) {
	key := record.Key()
	checked := CheckedRecord{Type: key.Type, ID: key.ID, Collection: key.Collection, Verdict: Same, Differs: []string{}}
	sent, err := ometria.Encode(record)
	if err != nil {
		return checked, err
	}
	held, err := a.readBack(ctx, key)
	switch {
	case ometria.IsNotFound(err):
		checked.Verdict = Missing
		return checked, nil
	case ctx.Err() != nil:
		return checked, ctx.Err()
	case err != nil:
		a.throttled(ctx, err)
		return checked, marketingError(err)
	}
	checked.Differs = differences(sent, held)
	if len(checked.Differs) > 0 {
		checked.Verdict = Differs
	}
	return checked, nil
}

func (a accounts) readBack(ctx context.Context, key ometria.Key) (held json.RawMessage, err error) {
	if err := a.takeRead(ctx); err != nil {
		return nil, err
	}
	switch key.Type {
	case ometria.TypeContact:
		held, _, err = a.ometria.Contact(ctx, key.Collection, key.ID)
	case ometria.TypeOrder:
		held, _, err = a.ometria.Order(ctx, key.ID)
	default:
		held, _, err = a.ometria.Product(ctx, key.ID)
	}
	// A record in other forms than we send still came whole.
	if e, ok := errors.AsType[*ometria.APIError](err); ok && e.Malformed && held != nil {
		err = nil
	}
	return held, err
}
