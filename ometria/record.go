package ometria

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Type is the kind of a record, sent as @type (Push API).
type Type string

// The types this client pushes.
const (
	TypeContact Type = "contact"
	TypeOrder   Type = "order"
	TypeProduct Type = "product"
)

// Key is what makes a record one and the same at Ometria: type and id, and for
// contacts the collection (Ometria data architecture).
type Key struct {
	Type       Type
	Collection string // contacts only
	ID         string
}

func (k Key) String() string {
	if k.Collection != "" {
		return fmt.Sprintf("%s/%s/%s", k.Type, k.Collection, k.ID)
	}
	return fmt.Sprintf("%s/%s", k.Type, k.ID)
}

// Record is one element of a push: *Contact, *Order or *Product.
type Record interface {
	Type() Type
	Key() Key
}

// Amount is money. It is written as a JSON number, never as a string, because
// Ometria's clients all send numbers.
type Amount struct{ decimal.Decimal }

// NewAmount returns a pointer to d, for the optional fields of records.
func NewAmount(d decimal.Decimal) *Amount { return &Amount{d} }

// MarshalJSON writes a plain JSON number without an exponent.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.Decimal.String()), nil }

// UnmarshalJSON reads a number or a string that holds one.
func (a *Amount) UnmarshalJSON(data []byte) error { return a.Decimal.UnmarshalJSON(data) }

// Time is a moment, written in UTC with a Z and whole seconds. The zero Time
// is left out of records.
type Time struct{ time.Time }

// NewTime returns t in UTC, cut to whole seconds.
func NewTime(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Second)}
}

// MarshalJSON writes RFC 3339 in UTC.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format(time.RFC3339))
}

// UnmarshalJSON reads the forms that Ometria's pages show: RFC 3339, a zone of
// two digits, no zone (taken as UTC), or a plain date. Others become zero: what
// is read back is for comparing, not for failing on.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = Time{}
	var s string
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07",
		"2006-01-02T15:04:05.999999999", time.DateOnly,
	} {
		if parsed, err := time.Parse(layout, s); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}

// Attribute is a kind, a value's id and the value's name: a product's
// attribute or an order line's variant option, which have the same form.
type Attribute struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Properties are custom fields: the key is the id of the field made in
// Ometria. As JSON they must stay under MaxPropertiesBytes.
type Properties map[string]any

// Limits of one push and of one record (Ometria Data API introduction, Data
// architecture).
const (
	MaxPushRecords     = 100
	MaxRecordBytes     = 60_000
	MaxPropertiesBytes = 1_000
)

// Encode returns the record's JSON as it is pushed, @type first.
func Encode(r Record) ([]byte, error) {
	data, err := marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", r.Key(), err)
	}
	return data, nil
}

// marshal leaves < > & as they are: one byte of the 60 KB, not six.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
