package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// stackWithOmetria has a simulated Ometria and nothing else.
func stackWithOmetria(t *testing.T, bad ...badRecord) *stack {
	t.Helper()
	o := ometriasim.DefaultOptions()
	o.Keys = map[string]string{"key": demoAccount}
	server, err := ometriasim.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return &stack{marketing: &simulatedOmetria{Server: server}, state: state{Bad: bad}, stdout: &bytes.Buffer{}}
}

func (s *stack) push(t *testing.T, record string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v2/push", strings.NewReader("["+record+"]"))
	r.Header.Set("X-Ometria-Auth", "key")
	w := httptest.NewRecorder()
	s.marketing.ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
}

func TestDemoFailsWhenTheContractIsBroken(t *testing.T) {
	s := stackWithOmetria(t)
	s.push(t, `{"@type":"product","id":"1","title":"Hat","price":1}`)
	require.NoError(t, s.held().err())
	s.push(t, `{"@type":"product","id":"1","title":"Hat"}`)
	held := s.held()
	assert.ErrorContains(t, held.err(), "breaks Ometria's contract: product 1: price: missing required field")
	assert.ErrorContains(t, held.err(), "/push/_errors is not empty: product 1: price: missing required field")
	assert.Equal(t, [4]int{2, 1, 1, 1}, [4]int{held.Records, held.Violations, held.PushErrors, held.Unasked})
	s.printHeld(held)
	assert.Contains(t, s.stdout.(*bytes.Buffer).String(), "required fields alone")
}

func TestPushErrorsOfBadRecordsAreAskedFor(t *testing.T) {
	s := stackWithOmetria(t, badRecord{badLater, connection.Subscribers, 7})
	account := s.marketing.Account(demoAccount)
	for _, collection := range []string{"subscribers", "customers"} {
		for _, id := range []string{"7", "8"} {
			require.NoError(t, account.Reject(ometriasim.Rule{Type: "contact", Collection: collection, ID: id}))
		}
	}
	s.push(t, `{"@type":"contact","@collection":"subscribers","id":"7","email":"a@example.com"}`)
	held := s.held()
	require.NoError(t, held.err())
	assert.Equal(t, [2]int{1, 0}, [2]int{held.PushErrors, held.Unasked})
	s.push(t, `{"@type":"contact","@collection":"subscribers","id":"8","email":"a@example.com"}`)
	assert.ErrorContains(t, s.held().err(), "/push/_errors is not empty: contact 8")
	s.push(t, `{"@type":"contact","@collection":"customers","id":"7","email":"a@example.com"}`)
	assert.Equal(t, 2, s.held().Unasked, "a customer of the same id is another record")
}

// TestFailuresAreComparedWithWhatIsBad walks an API that tells the truth, and
// then one that leaves out, miscounts or adds.
func TestFailuresAreComparedWithWhatIsBad(t *testing.T) {
	noTotal := map[string]any{"code": "unmappable", "path": "grand_total", "text": "the order has no total"}
	group := func(count int, warning bool, code string) map[string]any {
		reason := map[string]any{"code": code, "path": "grand_total", "text": "the order has no total"}
		return map[string]any{"entity": "orders", "count": count, "warning": warning, "reason": reason}
	}
	order := func(outcome string, reason any) map[string]any {
		return map[string]any{"entity": "orders", "record_id": "100", "outcome": outcome, "reason": reason}
	}
	for name, c := range map[string]struct {
		record map[string]any
		groups []any
		wrong  string
	}{
		"true":         {order("rejected", noTotal), []any{group(2, false, "unmappable"), group(1, true, "key_collision")}, ""},
		"accepted":     {order("accepted", nil), []any{}, "bad record no_total: orders 100: accepted, not rejected"},
		"no reason":    {order("rejected", nil), []any{}, "no reason is given"},
		"other reason": {order("rejected", map[string]any{"code": "refused", "text": "?"}), []any{}, "the reason is refused"},
		"left out":     {order("rejected", noTotal), []any{}, "failures do not list 2 rejected of orders: the order has no total"},
		"miscounted":   {order("rejected", noTotal), []any{group(1, false, "unmappable")}, "failures list 1 of orders"},
		"one too many": {order("rejected", noTotal), []any{group(2, false, "unmappable"), group(1, false, "refused")}, "0 were meant to fail"},
		"warned of":    {order("rejected", noTotal), []any{group(2, true, "unmappable")}, "failures do not list 2"},
	} {
		t.Run(name, func(t *testing.T) {
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var body any
				switch r.URL.Path {
				case "/v1/connections/c":
					body = map[string]any{"id": "c"}
				case "/v1/connections/c/records/orders/100", "/v1/connections/c/records/orders/101":
					body = c.record
				case "/v1/connections/c/failures":
					body = map[string]any{"data": c.groups}
				}
				w.Header().Set("Content-Type", "application/json")
				assert.NoError(t, json.NewEncoder(w).Encode(body))
			}))
			defer api.Close()
			s := stackWithOmetria(t, badRecord{badTotal, connection.Orders, 100}, badRecord{badTotal, connection.Orders, 101})
			client := apiclient.New(api.URL, "token", api.Client())
			found, wrong, err := s.failures(context.Background(), client, "c")
			require.NoError(t, err)
			if c.wrong == "" {
				require.NoError(t, wrong)
				require.Len(t, found.bad, 1)
				assert.Equal(t, 2, found.bad[0].Records)
				assert.Len(t, found.groups, 2)
				return
			}
			assert.ErrorContains(t, wrong, c.wrong)
		})
	}
}
