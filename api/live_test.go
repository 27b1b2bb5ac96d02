package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestPreviewRecord(t *testing.T) {
	s := newService(t)
	id := connected(s)
	path := "/v1/connections/" + string(id) + "/records/customers/17/preview"
	s.inspector.preview = inspect.Preview{
		ConnectionID: id, Entity: connection.Customers, RecordID: 17, Outcome: connection.Accepted,
		Source:  json.RawMessage(`{"id":17,"email":"Jane@example.com"}`),
		Records: []json.RawMessage{json.RawMessage(`{"@type":"contact","id":"17","email":"jane@example.com"}`)},
		Fields:  []inspect.PreviewedField{{Target: "email", Source: []string{"email"}, Rule: "In lower case."}},
		Notes:   []connection.Note{{Code: "password_field", Source: "Secret word"}},
	}
	got := s.call(adminToken, "GET", path, nil).want(200)
	assert.JSONEq(t, `{"connection_id":"`+string(id)+`","entity":"customers","record_id":"17","gone":false,"outcome":"accepted","reason":null,"action":"",
		"source":{"id":17,"email":"Jane@example.com"},"records":[{"@type":"contact","id":"17","email":"jane@example.com"}],
		"fields":[{"record":0,"target":"email","source":["email"],"rule":"In lower case."}],
		"notes":[{"code":"password_field","source":"Secret word","text":"\"Secret word\" is a form field of type password: it is never sent"}]}`, string(got.Body))
	assert.Equal(t, "no-store", got.Header.Get("Cache-Control"))
	s.call(supportToken, "GET", path, nil).problem(403)

	s.inspector.err = store.ErrNotFound
	assert.Contains(t, s.call(adminToken, "GET", path, nil).problem(404).Detail, "no such record")
	none := strings.Replace(path, string(id), string(connection.NewID()), 1)
	assert.Contains(t, s.call(adminToken, "GET", none, nil).problem(404).Detail, "no such connection")
	s.inspector.err = &inspect.AccountError{Account: "BigCommerce", Detail: "the store is unavailable", Err: errors.New("503")}
	assert.Equal(t, "the store is unavailable", s.call(adminToken, "GET", path, nil).problem(502).Detail)
	s.call(adminToken, "GET", strings.Replace(path, "customers", "baskets", 1), nil).problem(404)
	assert.Empty(t, s.starter.take(), "nothing goes through Temporal")
}

// A preview of a subscriber says why it carries no marketing_optin.
func TestPreviewOfASilentSubscriber(t *testing.T) {
	s := newService(t)
	id := connected(s)
	const in, out = `{"id":1,"consents":["marketing_newsletter"]}`, `{"id":1,"consents":[]}`
	state := func(seen, sent connection.Consent) *connection.RecordState {
		return &connection.RecordState{Exists: true, ConsentSeen: seen, ConsentSent: sent}
	}
	for name, c := range map[string]struct {
		source string
		before *connection.RecordState // nil: no sync has seen it
		field  string
		want   string // code of a note
	}{
		"sent":               {in, nil, "marketing_optin", ""},
		"history":            {in, nil, "email", "optin_withheld"},
		"history, seen":      {in, state("yes", ""), "email", "optin_withheld"},
		"said before":        {in, state("yes", "yes"), "email", "optin_sent"},
		"opt-out said":       {out, state("out", "out"), "email", "optin_sent"},
		"never":              {out, nil, "email", "optin_never"},
		"never, seen before": {out, state("no", ""), "email", "optin_never"},
	} {
		record := connection.RecordKey{ConnectionID: id, Entity: connection.Subscribers, RecordID: 100}
		if c.before != nil {
			record.RecordID = connection.RecordID(200 + len(name))
			s.finish(record, store.Result{Outcome: connection.Accepted, State: *c.before})
		}
		s.inspector.preview = inspect.Preview{
			ConnectionID: id, Entity: connection.Subscribers, RecordID: record.RecordID, Outcome: connection.Accepted,
			Source: json.RawMessage(c.source), Records: []json.RawMessage{json.RawMessage(`{"@type":"contact","id":"1"}`)},
			Fields: []inspect.PreviewedField{{Target: c.field, Source: []string{}}}, Notes: []connection.Note{},
		}
		var got previewView
		s.call(adminToken, "GET", "/v1/connections/"+string(id)+"/records/subscribers/"+record.RecordID.String()+"/preview", nil).want(200).into(&got)
		var codes string
		for _, n := range got.Notes {
			codes += n.Code
			assert.Contains(t, n.Text, "marketing_optin is not sent: ", name)
		}
		assert.Equal(t, c.want, codes, name)
	}
}

func TestSkipNamesItsSetting(t *testing.T) {
	s := newService(t)
	path := "/v1/connections/" + string(connected(s)) + "/records/orders/1/"
	for code, setting := range map[string]string{
		connection.ReasonTestOrder: "settings.test_orders", connection.ReasonNotSent: "order_status_mapping",
		connection.ReasonBeforeStart: "bulk_sync_start_date",
	} {
		s.inspector.preview.Outcome, s.inspector.preview.Reason = connection.Skipped, &connection.Reason{Code: code, Text: "x"}
		s.inspector.check.Reason = s.inspector.preview.Reason
		assert.Contains(t, s.call(adminToken, "GET", path+"preview", nil).want(200).object()["action"], setting)
		assert.Contains(t, s.call(adminToken, "POST", path+"check", nil).want(200).object()["action"], setting)
	}
}

func TestCheckRecord(t *testing.T) {
	s := newService(t)
	path := "/v1/connections/" + string(connected(s)) + "/records/customers/17/check"
	s.inspector.check = inspect.RecordCheck{
		Verdict: inspect.Differs, CheckedAt: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC),
		Records: []inspect.CheckedRecord{{Type: ometria.TypeContact, ID: "17", Collection: "customers", Verdict: inspect.Differs, Differs: []string{"email"}}},
	}
	got := s.call(supportToken, "POST", path, nil).want(200)
	assert.JSONEq(t, `{"verdict":"differs","reason":null,"action":"","unchecked":0,"checked_at":"2026-03-01T10:00:00Z","records":[
		{"type":"contact","id":"17","collection":"customers","verdict":"differs","differs":["email"]}]}`, string(got.Body))
	s.inspector.err = &inspect.AccountError{Account: "Ometria", Detail: "its budget is spent", RetryIn: 4 * time.Second, Err: errors.New("spent")}
	assert.Equal(t, "4", s.call(supportToken, "POST", path, nil).want(503).Header.Get("Retry-After"))
	s.inspector.err = store.ErrNotFound
	assert.Contains(t, s.call(supportToken, "POST", path, nil).problem(404).Detail, "no such record")
}

func TestLookUpRecords(t *testing.T) {
	s := newService(t)
	path := "/v1/connections/" + string(connected(s)) + "/records/lookup"
	s.inspector.matches = []inspect.Match{{Entity: connection.Orders, RecordID: 1, Known: true}}
	for _, body := range []string{
		`{"email":" Jane@example.com "}`, `{"order_number":"1042"}`, `{"order_number":1042}`, `{"order_number":"#1042","email":null}`,
		`{"order_number":"112-7766","email":""}`,
	} {
		got := s.call(supportToken, "POST", path, body).want(200)
		assert.JSONEq(t, `{"data":[{"entity":"orders","record_id":"1","known":true}],"next_cursor":null}`, string(got.Body))
	}
	assert.Equal(t, []string{"email Jane@example.com", "order 1042", "order 1042", "order 1042", "order 112-7766"}, s.inspector.asked)
	s.inspector.matches = nil
	assert.JSONEq(t, `{"data":[],"next_cursor":null}`, string(s.call(adminToken, "POST", path, `{"order_number":"7"}`).want(200).Body))
	s.inspector.asked = nil

	for body, fields := range map[string][]string{
		`{}`: {"email", "order_number"},
		`{"email":"jane@example.com","order_number":"1"}`: {"order_number"},
		`{"email":"jane@example.com,joan@example.com"}`:   {"email"},
		`{"email":"Jane <jane@example.com>"}`:             {"email"},
		`{"email":"jane"}`:                                {"email"},
		`{"email":["jane@example.com"]}`:                  {"email", "order_number"},
		`{"order_number":{"jane@example.com":1}}`:         {"order_number", "email"},
		`{"order_number":"jane doe"}`:                     {"order_number"},
	} {
		got := s.call(supportToken, "POST", path, body)
		var named []string
		for _, e := range got.problem(422).Errors {
			named = append(named, e.Field)
		}
		assert.Equal(t, fields, named, body)
		assert.NotContains(t, string(got.Body), "jane", "what was asked is not repeated")
	}
	assert.Empty(t, s.inspector.asked)
	s.inspector.err = store.ErrNotFound
	s.call(supportToken, "POST", path, `{"email":"jane@example.com"}`).problem(404)
	path = "/v1/connections/" + string(connection.NewID()) + "/records/lookup"
	assert.Contains(t, s.call(supportToken, "POST", path, `{"email":"jane@example.com"}`).problem(404).Detail, "no such connection")
}

// Who was asked about is in no log, no metric and no row: an idempotency key
// does not keep the question, nor the answer.
func TestLookupsAreKeptNowhere(t *testing.T) {
	s := newService(t)
	path := "/v1/connections/" + string(connected(s)) + "/records/lookup"
	const email = "jane.doe@example.com"
	for _, err := range []error{nil, &inspect.AccountError{Detail: "away", Err: errors.New("away")}} {
		s.inspector.err = err
		for _, body := range []string{`{"email":"` + email + `"}`, `{"email":"` + email + `,x"}`, `{"` + email + `":1}`} {
			s.call(supportToken, "POST", path, body, "Idempotency-Key", "key-of-a-lookup")
		}
	}
	assert.Len(t, s.inspector.asked, 2, "each time anew, whatever the key")
	places := map[string]string{
		"logs": s.logs.String(), "metrics": string(s.call("", "GET", "/metrics", nil).want(http.StatusOK).Body),
	}
	require.Contains(t, places["logs"], "records/lookup")
	require.Contains(t, places["metrics"], "records/lookup")
	files, err := filepath.Glob(s.database + "*")
	require.NoError(t, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		places["database"] += string(bytes.ToLower(content))
	}
	for place, text := range places {
		assert.NotContains(t, text, "jane", place)
		assert.NotContains(t, text, "key-of-a-lookup", place)
	}
}
