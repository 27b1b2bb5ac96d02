package ometria

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// PushError is what Ometria found wrong with a record after it had accepted
// the push.
type PushError struct {
	RequestID  string
	RecordType Type
	RecordID   string
	// Collection tells contacts of equal id apart; empty when not given.
	Collection string
	Timestamp  Time
	// Message is what is wrong. Values of the record that Ometria repeats in
	// it are replaced, and it is cut to a few hundred characters.
	Message string
	// Path is where in the record.
	Path string
}

const maxMessage = 300

// PushErrors returns the account's latest errors, 100 at most. Of the record
// itself, which comes along, only the collection is kept.
//
// https://docs.ometria.com/docs/push-endpoint
func (c *Client) PushErrors(ctx context.Context) ([]PushError, error) {
	type entry struct {
		RequestID  string          `json:"request_id"`
		RecordType Type            `json:"record_type"`
		RecordID   json.RawMessage `json:"record_id"` // a number in some clients
		Record     any             `json:"record"`
		Timestamp  Time            `json:"timestamp"`
		Message    message         `json:"message"`
	}
	entries, err := get[[]entry](ctx, c, request{
		op: "list push errors", path: []string{"push", "_errors"}, route: "/push/_errors", limit: 16 << 20,
	})
	if err != nil {
		return nil, err
	}
	found := make([]PushError, 0, len(entries))
	for _, e := range entries {
		record, _ := e.Record.(map[string]any)
		collection, _ := record["@collection"].(string)
		found = append(found, PushError{
			RequestID: plainID(e.RequestID), RecordType: e.RecordType,
			RecordID: strings.Trim(string(e.RecordID), `"`), Collection: collection, Timestamp: e.Timestamp,
			Message: mask(e.Message.Text, record), Path: cut(e.Message.Path, 100),
		})
	}
	return found, nil
}

// message is an object in the one client that models it; a plain text is taken
// too.
type message struct {
	Text string `json:"error_message"`
	Path string `json:"error_path"`
}

func (m *message) UnmarshalJSON(data []byte) error {
	type object message
	var o object
	*m = message{}
	if json.Unmarshal(data, &o) == nil {
		*m = message(o)
		return nil
	}
	_ = json.Unmarshal(data, &m.Text)
	return nil
}

var (
	emailLike = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;:]+`)
	quoted    = regexp.MustCompile(`"[^"]*"|'[^']*'`)
)

// mask takes out of text every value of the record, everything that looks like
// an e-mail address, and whatever stands in quotes but for a field's name.
func mask(text string, record map[string]any) string {
	const hidden = "[value]"
	values, names := leaves(record, nil, map[string]bool{})
	// The longest first: a value may hold another.
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	for _, v := range values {
		text = strings.ReplaceAll(text, v, hidden)
	}
	text = emailLike.ReplaceAllString(text, hidden)
	text = quoted.ReplaceAllStringFunc(text, func(q string) string {
		if names[q[1:len(q)-1]] {
			return q
		}
		return hidden
	})
	return cut(text, maxMessage)
}

// leaves collects the record's texts that are long enough to tell anything, and
// the names of its fields.
func leaves(v any, values []string, names map[string]bool) ([]string, map[string]bool) {
	switch v := v.(type) {
	case string:
		if len(v) >= 3 {
			values = append(values, v)
		}
	case []any:
		for _, item := range v {
			values, names = leaves(item, values, names)
		}
	case map[string]any:
		for name, item := range v {
			names[name] = true
			if name == "@type" || name == "@collection" {
				continue
			}
			values, names = leaves(item, values, names)
		}
	}
	return values, names
}

func cut(text string, limit int) string {
	runes := []rune(strings.ToValidUTF8(text, ""))
	if len(runes) <= limit {
		return string(runes)
	}
	return string(runes[:limit]) + "…"
}
