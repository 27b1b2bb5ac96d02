package ometria

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// PushResponse is what Ometria says of a push at once. Accepted means taken
// into its queue: what it finds wrong later is in PushErrors.
type PushResponse struct {
	// Status is "OK" or "ERROR"; it says nothing about validity (Push API).
	Status    string
	RequestID string
	Accepted  int
	Rejected  int
	// Skipped is explained nowhere: perhaps records the account ignores.
	Skipped int
	// HTTPStatus is the answer's status. It may be an error when Rejected > 0.
	HTTPStatus int
	// QueueRemaining is the room left in the account's queue, or -1 when the
	// answer does not say.
	QueueRemaining int
}

// Push sends 1 to 100 records of one type in one request. Ometria upserts by
// key, so the same push may be sent again.
//
// A response with Rejected > 0 is returned without an error, whatever its HTTP
// status: split the batch to find the bad record. An answer that refuses the
// request as a whole is an *APIError for which IsRefused holds.
//
// https://docs.ometria.com/docs/push-endpoint
func (c *Client) Push(ctx context.Context, records []Record) (PushResponse, error) {
	body, err := encodeBatch(records)
	if err != nil {
		return PushResponse{}, err
	}
	a, err := c.do(ctx, request{op: "push", method: http.MethodPost, path: []string{"push"}, route: "/push", body: body, limit: 1 << 20})
	if err != nil {
		return PushResponse{}, err
	}
	said, parsed := a.pushResponse()
	switch {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden ||
		a.status == http.StatusTooManyRequests:
		return PushResponse{}, a.err()
	case parsed && said.Rejected > 0:
		return said, nil
	case a.status < 200 || a.status > 299:
		return PushResponse{}, a.err()
	case len(bytes.TrimSpace(a.body)) == 0: // any 2xx is a success; some clients see 202
		return PushResponse{Accepted: len(records), HTTPStatus: a.status, QueueRemaining: a.queueRemaining()}, nil
	case !parsed || said.Status == "ERROR":
		e := a.apiError()
		e.Malformed = !parsed
		return PushResponse{}, e
	}
	return said, nil
}

func encodeBatch(records []Record) ([]byte, error) {
	switch {
	case len(records) == 0:
		return nil, &BatchError{"no records"}
	case len(records) > MaxPushRecords:
		return nil, &BatchError{fmt.Sprintf("%d records, ometria takes %d", len(records), MaxPushRecords)}
	}
	var body bytes.Buffer
	body.WriteByte('[')
	for i, record := range records {
		if record.Type() != records[0].Type() {
			return nil, &BatchError{fmt.Sprintf("%s and %s in one batch", records[0].Type(), record.Type())}
		}
		data, err := Encode(record)
		if err != nil {
			return nil, &BatchError{err.Error()}
		}
		if len(data) > MaxRecordBytes {
			return nil, &RecordTooLargeError{Key: record.Key(), Bytes: len(data)}
		}
		if i > 0 {
			body.WriteByte(',')
		}
		body.Write(data)
	}
	body.WriteByte(']')
	return body.Bytes(), nil
}

// pushResponse reads the answer's counts; ok is false when the body is not a
// push response at all.
func (a answer) pushResponse() (said PushResponse, ok bool) {
	var wire struct {
		Status    string `json:"status"`
		RequestID string `json:"request_id"`
		Accepted  *int   `json:"accepted"`
		Rejected  *int   `json:"rejected"`
		Skipped   *int   `json:"skipped"`
	}
	if json.Unmarshal(a.body, &wire) != nil {
		return PushResponse{}, false
	}
	if wire.Status == "" && wire.Accepted == nil && wire.Rejected == nil {
		return PushResponse{}, false
	}
	said = PushResponse{
		Status: wire.Status, RequestID: plainID(wire.RequestID),
		HTTPStatus: a.status, QueueRemaining: a.queueRemaining(),
	}
	for count, into := range map[*int]*int{wire.Accepted: &said.Accepted, wire.Rejected: &said.Rejected, wire.Skipped: &said.Skipped} {
		if count != nil {
			*into = *count
		}
	}
	return said, true
}
