package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/store"
)

// storyOf reads what the API tells of a record.
func (s *service) storyOf(k connection.RecordKey) recordStory {
	s.t.Helper()
	var story recordStory
	s.call(supportToken, "GET", "/v1/connections/"+string(k.ConnectionID)+"/records/"+string(k.Entity)+"/"+k.RecordID.String(), nil).
		want(200).into(&story)
	return story
}

// ometriaSays answers what Ometria's error log would, with a shopper's address
// in the message, as its client passes it on.
func ometriaSays(t *testing.T, requestID string) ometria.PushError {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"request_id": "` + requestID + `", "record_type": "order", "record_id": "7",
			"timestamp": "2024-02-29T01:02:03Z", "record": {"@type": "order", "id": "7", "customer": {"email": "jane@example.com", "firstname": "Jane"}},
			"message": {"error_message": "Jane: jane@example.com is no address", "error_path": "customer.email"}}]`))
	}))
	defer server.Close()
	client, err := ometria.New(ometria.Config{BaseURL: server.URL, APIKey: "key"})
	require.NoError(t, err)
	errs, err := client.PushErrors(t.Context())
	require.NoError(t, err)
	require.Len(t, errs, 1)
	return errs[0]
}

func TestWholeStory(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	k := key(id, connection.Orders, 7)
	ctx := t.Context()

	s.deliver(id, s.secret(id), delivery("store/order/created", `{"type":"order","id":7}`)).want(200)
	story := s.storyOf(k)
	assert.Equal(t, "waiting", story.Standing.Code)
	assert.Equal(t, "store/order/created", story.LastWebhook.Scope)
	assert.Nil(t, story.Pushed)
	assert.Nil(t, story.OmetriaSaid)
	assert.Equal(t, "Europe/London", story.Timezone)

	require.NoError(t, s.store.Attempted(ctx, k, connection.Reason{Code: "bigcommerce", Text: "BigCommerce answered 503"}, time.Now().Add(time.Hour)))
	story = s.storyOf(k)
	assert.Equal(t, "retrying", story.Standing.Code)
	assert.Equal(t, "Waits for another try: BigCommerce answered 503.", story.Standing.Text)
	assert.WithinDuration(t, time.Now().Add(time.Hour), *story.Standing.Until, time.Minute)

	sent := connection.RecordState{Exists: true, SentAs: &connection.OrderStatus{StatusID: 11, Status: "awaiting_fulfillment", IsValid: true}}
	s.finish(k, store.Result{Outcome: connection.Accepted, RequestIDs: []string{"req-1"}, State: sent})
	story = s.storyOf(k)
	assert.Equal(t, "accepted", story.Standing.Code)
	assert.Contains(t, story.Standing.Text, "Accepted by Ometria")
	assert.Equal(t, []string{"req-1"}, story.Pushed.RequestIDs)
	assert.Equal(t, sent.SentAs, story.OrderStatus)

	said := ometriaSays(t, "req-1")
	hit, err := s.store.RejectLater(ctx, "code-abc1", k.Entity, k.RecordID, said.RequestID, "",
		connection.Reason{Code: connection.ReasonRefused, Path: said.Path, Text: said.Message}, said.Timestamp.Time)
	require.NoError(t, err)
	require.True(t, hit)
	story = s.storyOf(k)
	assert.Equal(t, "rejected", story.Standing.Code)
	assert.Contains(t, story.Standing.Text, "Accepted by Ometria at first, and refused afterwards")
	assert.Contains(t, story.Standing.Action, "mend the named field")
	assert.Equal(t, "customer.email", story.OmetriaSaid.Path)
	assert.Equal(t, "2024-02-29T01:02:03Z", story.OmetriaSaid.At.Format(time.RFC3339))

	s.call(supportToken, "POST", "/v1/connections/"+string(id)+"/failures/retry", map[string]any{"entity": "orders", "record_id": "7"}).want(202)
	s.finish(k, store.Result{Outcome: connection.Accepted, RequestIDs: []string{"req-2"}, State: sent})
	answer := s.call(supportToken, "GET", "/v1/connections/"+string(id)+"/records/orders/7", nil).want(200)
	answer.into(&story)
	assert.Equal(t, "accepted", story.Standing.Code)
	assert.Equal(t, []string{"req-2"}, story.Pushed.RequestIDs)
	var later recordStory
	answer.into(&later)
	assert.Nil(t, later.OmetriaSaid, "it was of an earlier push")
	assert.False(t, later.HistoryTruncated)
	var told []string
	for _, e := range later.History {
		told = append(told, string(e.Kind)+" "+e.Scope+e.Code+" "+e.RequestID)
		assert.Equal(t, time.UTC, e.At.Location())
	}
	assert.Equal(t, []string{
		"webhook store/order/created ", "failed bigcommerce ", "pushed  req-1", "refused_later refused req-1", "wished retry ", "pushed  req-2",
	}, told)
	assert.Equal(t, connection.Rejected, later.History[3].Outcome)
	for _, private := range []string{"jane@example.com", "Jane"} {
		assert.NotContains(t, string(answer.Body), private)
		assert.NotContains(t, s.logs.String(), private)
		var n int
		require.NoError(t, s.store.DB().QueryRow("SELECT count(*) FROM attempts WHERE text LIKE '%' || ? || '%' OR path LIKE '%' || ? || '%'", private, private).Scan(&n))
		assert.Zero(t, n)
	}
	assert.Contains(t, later.History[3].Text, "is no address", "what is wrong is still said")
}

func TestStandingOfWhatIsHeld(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.phase(id, connection.Connected)
	k := key(id, connection.Products, 5)
	path := "/v1/connections/" + string(id)
	s.call(supportToken, "POST", path+"/records/products/5/sync", nil).want(202)
	story := s.storyOf(k)
	assert.Equal(t, "waiting", story.Standing.Code)
	require.Len(t, story.History, 1)
	assert.Equal(t, store.KindWished, story.History[0].Kind)
	assert.Equal(t, "sync", story.History[0].Code)
	assert.Nil(t, story.LastWebhook)

	require.NoError(t, s.store.Park(t.Context(), id, connection.Parked{Code: connection.OmetriaUnavailable, Detail: "Ometria is down", NextProbeAt: time.Now()}))
	held := s.storyOf(k).Standing
	assert.Equal(t, "held", held.Code)
	assert.Equal(t, "Ometria is down", held.Action)
	assert.NotNil(t, held.Since)
	s.call(adminToken, "POST", path+"/pause", nil).want(202)
	held = s.storyOf(k).Standing
	assert.Equal(t, "Held: the connection is paused.", held.Text)
	assert.Equal(t, "resume the connection", held.Action)
}

func TestStandingOfOutcomes(t *testing.T) {
	s := newService(t)
	id := connected(s)
	assert.Equal(t, "Rejected: is not a currency.", s.storyOf(key(id, connection.Orders, 2)).Standing.Text)

	k := key(id, connection.Orders, 8)
	s.finish(k, store.Result{Outcome: connection.Skipped, Reason: &connection.Reason{Code: connection.ReasonNotSent, Text: "the order mapping does not send it"}})
	assert.Equal(t, "Not sent: the order mapping does not send it.", s.storyOf(k).Standing.Text)
	k = key(id, connection.Orders, 9)
	s.finish(k, store.Result{Outcome: connection.Deleted})
	assert.Contains(t, s.storyOf(k).Standing.Text, "was never sent it")

	require.NoError(t, s.store.MarkDirty(t.Context(), id, connection.Orders, []connection.RecordID{10}))
	k = key(id, connection.Orders, 10)
	require.NoError(t, s.store.Attempted(t.Context(), k, connection.Reason{Code: "ometria", Text: "Ometria answered 500"}, time.Now()))
	row, err := s.store.Record(t.Context(), k)
	require.NoError(t, err)
	require.NoError(t, s.store.GiveUp(t.Context(), k, row.DirtySeq, connection.Reason{Code: connection.ReasonGaveUp, Text: "three days of retries have failed"}))
	assert.Equal(t, "Given up after three days of retries: Ometria answered 500.", s.storyOf(k).Standing.Text)
}

func TestHistoryIsBounded(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	k := key(id, connection.Orders, 1)
	for range historyLimit + 1 {
		require.NoError(t, s.store.Wish(t.Context(), k))
	}
	story := s.storyOf(k)
	assert.Len(t, story.History, historyLimit)
	assert.True(t, story.HistoryTruncated)
}

func TestStoryKeepsNothingButScopes(t *testing.T) {
	assert.Equal(t, "store/order/refund/created", keptScope("store/order/refund/created"))
	for _, scope := range []string{"store/order/jane@example.com", "store", "store/order/a b", ""} {
		assert.Equal(t, "store", keptScope(scope))
	}
}
