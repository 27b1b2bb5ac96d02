package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
	"github.com/ometria/ometria-bigcommerce/workflows"
)

func key(id connection.ID, entity connection.Entity, record connection.RecordID) connection.RecordKey {
	return connection.RecordKey{ConnectionID: id, Entity: entity, RecordID: record}
}

// connected returns a connection with an accepted and two rejected orders and a
// subscriber.
func connected(s *service) connection.ID {
	s.t.Helper()
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	refused := &connection.Reason{Code: connection.ReasonRefused, Path: "currency", Text: "is not a currency"}
	s.finish(key(id, connection.Orders, 1), store.Result{
		Outcome: connection.Accepted, RequestIDs: []string{"req-1", "req-2"}, State: connection.RecordState{Exists: true},
		SourceModifiedAt: time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC),
	})
	s.finish(key(id, connection.Orders, 2), store.Result{Outcome: connection.Rejected, Reason: refused})
	s.finish(key(id, connection.Orders, 3), store.Result{Outcome: connection.Rejected, Reason: refused})
	s.finish(key(id, connection.Subscribers, 1), store.Result{
		Outcome: connection.Accepted, State: connection.RecordState{Exists: true, ConsentSeen: connection.ConsentYes, ConsentSent: connection.ConsentYes},
	})
	s.finish(key(id, connection.Products, 5), store.Result{
		Outcome: connection.Accepted, State: connection.RecordState{Exists: true, Children: []int64{51, 52}},
	})
	s.starter.take()
	return id
}

func TestListRecords(t *testing.T) {
	s := newService(t)
	path := "/v1/connections/" + string(connected(s)) + "/records"
	count := func(query string) int {
		var page list[map[string]any]
		s.call(supportToken, "GET", path+query, nil).want(200).into(&page)
		return len(page.Data)
	}
	assert.Equal(t, 5, count(""))
	assert.Equal(t, 3, count("?entity=orders"))
	assert.Equal(t, 2, count("?entity=orders&outcome=rejected"))
	assert.Equal(t, 3, count("?outcome=accepted"))
	assert.Equal(t, 0, count("?outcome=skipped"))
	assert.Equal(t, 2, count("?reason="+connection.ReasonRefused))
	assert.Equal(t, 0, count("?reason=none_of_these"))
	assert.Equal(t, 2, count("?limit=2"))

	var page list[map[string]any]
	s.call(supportToken, "GET", path+"?entity=orders&outcome=accepted", nil).want(200).into(&page)
	first := page.Data[0]
	assert.NotNil(t, first["pushed_at"])
	delete(first, "pushed_at")
	assert.Equal(t, map[string]any{
		"entity": "orders", "record_id": "1", "outcome": "accepted", "reason": nil,
		"request_id": "req-2", "request_ids": []any{"req-1", "req-2"},
	}, first)

	p := s.call(supportToken, "GET", path+"?entity=baskets&outcome=fine", nil).problem(422)
	assert.Equal(t, []connection.FieldError{
		field("entity", "unknown", "use customers, subscribers, orders or products"),
		field("outcome", "unknown", "use waiting, accepted, rejected, skipped or deleted"),
	}, p.Errors)
}

// Every bad parameter is named at once; a cursor must be one of that list's.
func TestBadQueries(t *testing.T) {
	s := newService(t)
	id := connected(s)
	records := "/v1/connections/" + string(id) + "/records"
	for path, fields := range map[string][]string{
		records + "?limit=0&entity=x&outcome=y&cursor=zzz":      {"limit", "cursor", "entity", "outcome"},
		records + "?limit=251&outcome=y":                        {"limit", "outcome"},
		records + "?reason=" + strings.Repeat("x", 101):         {"reason"},
		records + "?cursor=orders":                              {"cursor"},
		records + "?cursor=orders/0":                            {"cursor"},
		records + "?cursor=" + string(id):                       {"cursor"},
		"/v1/connections?cursor=zzz":                            {"cursor"},
		"/v1/connections?cursor=zzz&limit=x":                    {"limit", "cursor"},
		"/v1/connections?cursor=orders/1":                       {"cursor"},
		"/v1/authentications?cursor=zzz":                        {"cursor"},
		"/v1/connections?cursor=" + strings.Repeat("0", 36):     {"cursor"},
		"/v1/connections?cursor=" + strings.ToUpper(string(id)): {"cursor"},
	} {
		var named []string
		for _, e := range s.call(adminToken, "GET", path, nil).problem(422).Errors {
			named = append(named, e.Field)
		}
		assert.Equal(t, fields, named, path)
	}
	for _, path := range []string{records + "?cursor=orders/1", "/v1/connections?cursor=" + string(id), "/v1/authentications?cursor=" + string(id)} {
		s.call(adminToken, "GET", path, nil).want(200)
	}
}

func TestShowRecord(t *testing.T) {
	s := newService(t)
	id := connected(s)
	base := "/v1/connections/" + string(id) + "/records/"
	s.starter.found = &starter.RecordWorkflow{WorkflowID: "w", RunID: "r", Status: "Running",
		State: &workflows.RecordState{Step: "fetching", Rounds: 1, Outcome: connection.Accepted}}
	got := s.call(supportToken, "GET", base+"orders/1", nil).want(200).object()
	assert.Equal(t, "accepted", got["outcome"])
	assert.Equal(t, "2024-02-29T01:02:03Z", got["source_modified_at"])
	assert.Equal(t, true, got["ever_pushed"])
	assert.Equal(t, false, got["dirty"])
	assert.Nil(t, got["consent"])
	assert.Equal(t, "fetching", got["workflow"].(map[string]any)["state"].(map[string]any)["step"])
	assert.Equal(t, "http://localhost:8233/namespaces/default/workflows/sync-record%2F"+string(id)+"%2Forders%2F1",
		got["links"].(map[string]any)["temporal_ui"])

	assert.Equal(t, "refused", s.call(supportToken, "GET", base+"orders/2", nil).want(200).object()["reason"].(map[string]any)["code"])
	assert.Equal(t, []any{51.0, 52.0}, s.call(supportToken, "GET", base+"products/5", nil).want(200).object()["variants"])

	s.starter.fail(errors.New("away")) // what the database knows is shown all the same
	got = s.call(supportToken, "GET", base+"subscribers/1", nil).want(200).object()
	assert.Equal(t, map[string]any{"seen": "yes", "sent": "yes"}, got["consent"])

	for _, path := range []string{"orders/99", "baskets/1", "orders/0", "orders/-1", "orders/x", "orders/9999999999999999999"} {
		s.call(supportToken, "GET", base+path, nil).problem(404)
	}
}

func TestSyncRecord(t *testing.T) {
	s := newService(t)
	id := connected(s)
	path := "/v1/connections/" + string(id)
	sync := func() map[string]any {
		return s.call(supportToken, "POST", path+"/records/orders/77/sync", nil).want(202).object()
	}
	outcome := func() any {
		return s.call(supportToken, "GET", path+"/records/orders/77", nil).want(200).object()["outcome"]
	}
	workflowID := "sync-record/" + string(id) + "/orders/77"
	s.woken.Store(0)
	assert.Equal(t, map[string]any{"workflow_id": workflowID}, sync())
	assert.Equal(t, int64(1), s.woken.Load())
	// A signal beside the dispatcher's would make one wish two fetches.
	assert.Empty(t, s.starter.take(), "the dispatcher starts it")
	assert.Equal(t, "waiting", outcome())
	handed, err := s.store.Dispatch(t.Context(), store.Limits{})
	require.NoError(t, err)
	require.Len(t, handed, 1)
	assert.Equal(t, key(id, connection.Orders, 77), handed[0].RecordKey)
	again, err := s.store.Dispatch(t.Context(), store.Limits{})
	require.NoError(t, err)
	assert.Empty(t, again, "one fetch for one wish")

	s.starter.fail(errors.New("away"))
	assert.Equal(t, map[string]any{"workflow_id": workflowID}, sync(), "the mark needs no Temporal")
	s.starter.fail(nil)

	require.NoError(t, s.store.Park(t.Context(), id, connection.Parked{Code: connection.OmetriaUnavailable, Detail: "down", NextProbeAt: time.Now()}))
	assert.Contains(t, sync()["note"], "an account does not answer")
	s.call(adminToken, "POST", path+"/pause", nil).want(202)
	got := sync()
	assert.Contains(t, got["note"], "paused")
	assert.Equal(t, workflowID, got["workflow_id"])
	assert.Equal(t, "waiting", outcome())
}

func TestFailures(t *testing.T) {
	s := newService(t)
	path := "/v1/connections/" + string(connected(s)) + "/failures"
	var groups list[failureView]
	var listed list[recordView]
	s.call(supportToken, "GET", path, nil).want(200).into(&groups)
	require.Len(t, groups.Data, 1)
	assert.Equal(t, connection.Reason{Code: "refused", Path: "currency", Text: "is not a currency"}, groups.Data[0].Reason)
	assert.Equal(t, int64(2), groups.Data[0].Count)
	assert.NotNil(t, groups.Data[0].FirstAt)

	s.call(supportToken, "GET", strings.Replace(path, "/failures", "/records?group=", 1)+groups.Data[0].Group, nil).want(200).into(&listed)
	assert.Len(t, listed.Data, 2)
	s.call(supportToken, "GET", strings.Replace(path, "/failures", "/records?group=none", 1), nil).want(200).into(&listed)
	assert.Empty(t, listed.Data)
	s.call(supportToken, "GET", strings.Replace(path, "/failures", "/records?group=", 1)+strings.Repeat("g", 101), nil).problem(422)

	retry := func(body any) any {
		return s.call(supportToken, "POST", path+"/retry", body).want(202).object()["retried"]
	}
	assert.Equal(t, 0.0, retry(map[string]any{"reason": "too_large"}))
	assert.Equal(t, 0.0, retry(map[string]any{"entity": "products"}))
	assert.Equal(t, 0.0, retry(map[string]any{"group": "none"}))
	s.woken.Store(0)
	assert.Equal(t, 1.0, retry(map[string]any{"entity": "orders", "record_id": "2", "reason": "refused"}))
	assert.Equal(t, int64(1), s.woken.Load(), "the dispatcher need not wait for its poll")
	assert.Equal(t, 1.0, retry(map[string]any{"group": groups.Data[0].Group}))
	assert.Equal(t, 0.0, retry(nil))
	assert.Equal(t, 0.0, retry(map[string]any{}))
	s.call(supportToken, "GET", path, nil).want(200).into(&groups)
	assert.Empty(t, groups.Data)
}

// What is advised can be done.
func TestAdvice(t *testing.T) {
	field := connection.Reason{Code: connection.ReasonRefused, Path: "lineitems[0].sku", Text: "is empty"}
	whole := connection.Reason{Code: connection.ReasonRefused, Path: "product", Text: "Ometria refused the record and gave no reason"}
	assert.Contains(t, actionOn(field), "mend the named field")
	for _, r := range []connection.Reason{whole, {Code: connection.ReasonRefused}} {
		assert.Contains(t, actionOn(r), "give Ometria the request id")
		assert.NotContains(t, actionOn(r), "named field")
	}
	status := actionOn(connection.Reason{Code: "unmapped_status", Path: "77"})
	assert.Contains(t, status, "look at the order in BigCommerce")
	assert.NotContains(t, status, "mapping", "it takes no id above 14")
}

// Progress adds up in the answers, too.
func TestProgress(t *testing.T) {
	s := newService(t)
	id := connected(s)
	require.NoError(t, s.store.BeginEntitySync(t.Context(), id, "sync", connection.Orders, 10))
	got := s.call(supportToken, "GET", "/v1/connections/"+string(id), nil).want(200)
	var c connectionView
	got.into(&c)
	require.Len(t, c.Progress, 4)
	assert.Equal(t, connection.Counts{Total: 10, Accepted: 1, Rejected: 2, Waiting: 7}, c.Progress[connection.Orders].Counts)
	for entity, p := range c.Progress {
		assert.Equal(t, p.Total, p.Accepted+p.Rejected+p.Skipped+p.Waiting, entity)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	s := newService(t)
	body := map[string]any{"authentication_id": s.authentication("abc1"), "identification_code": "a", "timezone": "UTC"}
	first := s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", "one").want(202)
	assert.Empty(t, first.Header.Get("Idempotency-Replayed"))
	again := s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", "one").want(202)
	assert.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	assert.Equal(t, string(first.Body), string(again.Body))
	for _, h := range []string{"Location", "ETag", "Content-Type"} {
		assert.Equal(t, first.Header.Get(h), again.Header.Get(h), h)
	}
	assert.Len(t, s.starter.take(), 1, "done once")

	body["name"] = "other"
	p := s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", "one").problem(422)
	assert.Equal(t, "urn:ometria-bigcommerce:problem:idempotency-key-reused", p.Type)
	// Another address is another request; another token has its own keys.
	id := first.object()["id"].(string)
	s.call(adminToken, "POST", "/v1/connections/"+id+"/pause", nil, "Idempotency-Key", "one").problem(422)
	s.call(supportToken, "POST", "/v1/connections/"+id+"/failures/retry", nil, "Idempotency-Key", "one").want(202)

	// A refusal is an answer like any other.
	s.call(adminToken, "POST", "/v1/connections", map[string]any{}, "Idempotency-Key", "two").problem(422)
	got := s.call(adminToken, "POST", "/v1/connections", map[string]any{}, "Idempotency-Key", "two")
	got.problem(422)
	assert.Equal(t, "true", got.Header.Get("Idempotency-Replayed"))

	for _, bad := range []string{strings.Repeat("k", 256), "ké"} {
		p := s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", bad).problem(422)
		assert.Equal(t, "Idempotency-Key", p.Errors[0].Field)
	}
}

// A 5xx is not kept: the same request with the same key works later.
func TestIdempotencyKeyAfterFailure(t *testing.T) {
	s := newService(t)
	body := map[string]any{"authentication_id": s.authentication("abc1"), "identification_code": "a", "timezone": "UTC"}
	s.starter.fail(errors.New("away"))
	s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", "one").problem(503)
	s.starter.fail(nil)
	got := s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", "one").want(202)
	assert.Empty(t, got.Header.Get("Idempotency-Replayed"))
}

func TestIdempotencyKeyInProgress(t *testing.T) {
	s := newService(t)
	body := map[string]any{"authentication_id": s.authentication("abc1"), "identification_code": "a", "timezone": "UTC",
		"order_status_mapping": []any{map[string]any{"label": "x"}}}
	reached, goOn := make(chan struct{}), make(chan struct{})
	three := 3
	s.inspector.resolve = func(rules []connection.StatusRule) ([]connection.StatusRule, connection.ValidationError) {
		close(reached)
		<-goOn
		rules[0].StatusID = &three
		return rules, nil
	}
	first := make(chan answer)
	go func() { first <- s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", "one") }()
	<-reached
	got := s.call(adminToken, "POST", "/v1/connections", body, "Idempotency-Key", "one")
	close(goOn)
	assert.Contains(t, got.problem(http.StatusConflict).Detail, "in progress")
	(<-first).want(202)
}
