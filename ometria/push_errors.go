package ometria

import (
	"context"
	"encoding/json"
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
	// it are replaced, and it is cut to a few hundred characters. Without the
	// record it only says that Ometria refused it.
	Message string
	// Path is where in the record; empty when it has not the form of a path.
	Path string
}

// PushErrors returns the account's latest errors, 100 at most. Of the record
// itself, which comes along, only the collection is kept.
//
// https://docs.ometria.com/docs/push-endpoint
func (c *Client) PushErrors(ctx context.Context) ([]PushError, error) {
	type entry struct {
		RequestID  string          `json:"request_id"`
		RecordType Type            `json:"record_type"`
		RecordID   json.RawMessage `json:"record_id"` // a number in some clients
		Record     json.RawMessage `json:"record"`
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
		var key struct {
			Collection string `json:"@collection"`
		}
		_ = json.Unmarshal(e.Record, &key) // a record of another form names none
		m := newMasker(e.Record)
		found = append(found, PushError{
			RequestID: plainID(e.RequestID), RecordType: e.RecordType,
			RecordID: strings.Trim(string(e.RecordID), `"`), Collection: key.Collection, Timestamp: e.Timestamp,
			Message: m.message(e.Message.Text), Path: m.path(e.Message.Path),
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
