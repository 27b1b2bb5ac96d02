package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Each operation of the document, served for real, answers with its success
// status in the form that the document gives; call holds it to that.
func TestEveryOperationAnswersAsDescribed(t *testing.T) {
	stopping := make(chan struct{})
	close(stopping) // a stream tells how things stand, and ends
	s := newService(t, func(o *Options) { o.Stopping = stopping })
	id := connected(s)
	authentication := s.authentication("abc9")
	bodies := map[string]any{
		"createAuthentication": authenticationOf("abc2"),
		"createConnection": map[string]any{"authentication_id": authentication, "identification_code": "z", "timezone": "UTC",
			"order_status_mapping": []any{map[string]any{"status_id": 2, "status": "sent", "is_valid": true, "send": true}}},
		"replaceAuthentication": map[string]any{"authentication_id": s.authentication("abc1")},
		"changeConnection":      map[string]any{"name": "new"},
		"decideDeletions":       map[string]any{"decision": "discard"},
		"resync":                map[string]any{"entities": []string{"orders"}},
		"lookUpRecords":         map[string]any{"email": "jane@example.com"},
		"retryFailures":         map[string]any{"entity": "orders"},
		"receiveWebhook":        delivery("store/order/created", `{"type":"order","id":1}`),
	}
	var last []operation // what ends the others' subject
	run := func(o operation) {
		t.Run(o.OperationID, func(t *testing.T) {
			path := strings.ReplaceAll(o.path, "{authentication_id}", authentication)
			if o.OperationID == "deleteAuthentication" {
				path = strings.ReplaceAll(o.path, "{authentication_id}", s.authentication("abc8"))
			}
			path = strings.NewReplacer("{connection_id}", string(id), "{entity}", "orders", "{record_id}", "1").Replace(path)
			token := adminToken
			if o.role() == nobody {
				token = ""
			}
			got := s.call(token, o.method, path, bodies[o.OperationID], "If-Match", "*", "X-Ometria-Bigcommerce-Secret", s.secret(id))
			assert.Less(t, got.Status, 300, "%s", got.Body)
			assert.NotNil(t, o.Responses.Status(got.Status))
			if len(got.Body) > 0 {
				assert.NotEmpty(t, got.Header.Get("Content-Type"))
			}
		})
	}
	for _, o := range operations(t) {
		if o.OperationID == "removeConnection" {
			last = append(last, o)
			continue
		}
		run(o)
	}
	for _, o := range last {
		run(o)
	}
}
