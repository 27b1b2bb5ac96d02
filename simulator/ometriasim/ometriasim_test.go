package ometriasim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "ometria-key"

func open(t *testing.T, change func(*ometriasim.Options)) *ometriasim.Server {
	t.Helper()
	o := ometriasim.DefaultOptions()
	o.PushesPerSecond, o.ReadsPerSecond = 0, 0
	if change != nil {
		change(&o)
	}
	s, err := ometriasim.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func call(s http.Handler, method, path, apiKey, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Ometria-Auth", apiKey)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

type answer struct {
	Status             string
	RequestID          string `json:"request_id"`
	Accepted, Rejected int
}

func push(t *testing.T, s http.Handler, records ...string) answer {
	t.Helper()
	w := call(s, "POST", "/v2/push", key, "["+strings.Join(records, ",")+"]")
	require.Equal(t, 200, w.Code, w.Body)
	var a answer
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	return a
}

const (
	jane  = `{"@type":"contact","@collection":"customers","id":"7","email":"jane@example.com","firstname":"Jane"}`
	order = `{"@type":"order","id":"100","timestamp":"2026-01-02T03:04:05Z","status":"complete","is_valid":true,"grand_total":12.5,"currency":"USD","lineitems":[{"product_id":"77","quantity":1,"unit_price":12.5}]}`
	hat   = `{"@type":"product","id":"77","title":"Hat","price":12.5,"is_active":true,"is_variant":false,"url":"https://shop.example.com/hat/","attributes":[{"type":"size","id":"m","label":"M"}]}`
)

// specs returns the folder of the published descriptions, or skips.
func specs(t *testing.T) string {
	t.Helper()
	root := os.Getenv("OBC_SPECS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "specs")
	}
	if _, err := os.Stat(root); err != nil {
		t.Skipf("the descriptions of Ometria's records are not here: set OBC_SPECS (%v)", err)
	}
	return filepath.Join(root, "ometria")
}

func TestPushIsReadBack(t *testing.T) {
	s := open(t, nil)
	got := push(t, s, jane)
	require.Equal(t, answer{"OK", got.RequestID, 1, 0}, got)
	require.NotEmpty(t, got.RequestID)
	push(t, s, order)
	push(t, s, hat, `{"@type":"product","id":"77-1","title":"Hat M","price":12.5,"is_variant":true,"is_active":false}`)

	require.JSONEq(t, `[{"collection":"customers","count":1}]`, call(s, "GET", "/v2/contacts?limit=1", key, "").Body.String())
	require.JSONEq(t, "["+jane+"]", call(s, "GET", "/v2/contacts/customers", key, "").Body.String())
	require.JSONEq(t, jane, call(s, "GET", "/v2/contacts/customers/7", key, "").Body.String())
	require.JSONEq(t, order, call(s, "GET", "/v2/orders/100", key, "").Body.String())
	require.JSONEq(t, "["+hat+"]", call(s, "GET", "/v2/products", key, "").Body.String())
	for path, count := range map[string]int{
		"/v2/products?includeVariants=true":              2,
		"/v2/products?includeVariants=true&active=true":  1,
		"/v2/products?includeVariants=true&active=false": 1,
		"/v2/products?includeVariants=true&offset=1":     1,
		"/v2/orders?offset=1":                            0,
	} {
		var list []json.RawMessage
		require.NoError(t, json.Unmarshal(call(s, "GET", path, key, "").Body.Bytes(), &list))
		require.Len(t, list, count, path)
	}
	require.Equal(t, 404, call(s, "GET", "/v2/orders/101", key, "").Code)
	require.Equal(t, 404, call(s, "GET", "/v2/nothing", key, "").Code)
	require.Equal(t, 403, call(s, "GET", "/v2/contacts", "wrong", "").Code)
	require.Equal(t, 403, call(s, "POST", "/v2/push", "", "[]").Code)
}

func TestUpsert(t *testing.T) {
	s := open(t, nil)
	held := func(kind, collection, id string) string {
		r, ok := s.Account("").Record(kind, collection, id)
		require.True(t, ok)
		return string(r.Record)
	}
	push(t, s, hat)
	push(t, s, `{"@type":"product","id":"77","is_active":false,"attributes":[],"@merge":true}`)
	require.JSONEq(t, `{"@type":"product","id":"77","title":"Hat","price":12.5,"is_active":false,"is_variant":false,"url":"https://shop.example.com/hat/","attributes":[]}`, held("product", "", "77"))

	push(t, s, order)
	shorter := `{"@type":"order","id":"100","timestamp":"2026-01-02T03:04:05Z","grand_total":1,"currency":"USD"}`
	push(t, s, shorter)
	require.JSONEq(t, shorter, held("order", "", "100"), "without @merge an order is replaced whole")

	push(t, s, jane, strings.Replace(jane, "customers", "subscribers", 1))
	require.Equal(t, map[string]int{"customers": 1, "subscribers": 1}, s.Account("").Counts().Collections)
	r, _ := s.Account("").Record("order", "", "100")
	require.Equal(t, 2, r.Revisions)
	require.Len(t, r.Pushes, 2)
}

func TestCountOnly(t *testing.T) {
	s := open(t, func(o *ometriasim.Options) { o.CountOnly = true })
	push(t, s, jane)
	push(t, s, jane)
	r, ok := s.Account("").Record("contact", "customers", "7")
	require.True(t, ok)
	require.Equal(t, ometriasim.Record{Key: r.Key, Revisions: 2}, r)
	require.JSONEq(t, "null", call(s, "GET", "/v2/contacts/customers/7", key, "").Body.String())
	require.Equal(t, 200, call(s, "GET", "/v2/contacts/customers", key, "").Code)
}

func TestPushRefuses(t *testing.T) {
	many := make([]string, 101)
	for n := range many {
		many[n] = jane
	}
	big := fmt.Sprintf(`{"@type":"contact","id":"1","email":"a@example.com","firstname":"%s"}`, strings.Repeat("x", 61_440))
	s := open(t, nil)
	for name, body := range map[string]string{
		"an object":    jane,
		"no JSON":      `[{`,
		"none":         `[]`,
		"101":          "[" + strings.Join(many, ",") + "]",
		"mixed":        "[" + jane + "," + order + "]",
		"unknown type": `[{"@type":"basket","id":"1"}]`,
		"not objects":  `[1]`,
		"too large":    "[" + big + "]",
	} {
		require.Equal(t, 400, call(s, "POST", "/v2/push", key, body).Code, name)
	}
	require.Equal(t, 8, s.Account("").Counts().Refused)
	require.Empty(t, s.Account("").Counts().Types)

	lenient := open(t, func(o *ometriasim.Options) { o.RejectTooLarge = true })
	got := push(t, lenient, big, jane)
	require.Equal(t, [2]int{1, 1}, [2]int{got.Accepted, got.Rejected})
}

func TestLimits(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := open(t, func(o *ometriasim.Options) {
		*o = ometriasim.DefaultOptions()
		o.Now = func() time.Time { return now }
		o.QueueHeaders = true
	})
	codes := func(method, path, body string, n int) (ok int) {
		for range n {
			if call(s, method, path, key, body).Code == 200 {
				ok++
			}
		}
		return ok
	}
	require.Equal(t, 8, codes("POST", "/v2/push", "["+jane+"]", 20))
	require.Equal(t, 4, codes("GET", "/v2/contacts", "", 20))
	now = now.Add(time.Second)
	require.Equal(t, 8, codes("POST", "/v2/push", "["+jane+"]", 20))
	require.Equal(t, 4, codes("GET", "/v2/push/_errors", "", 20))
	c := s.Account("").Counts()
	require.Equal(t, [3]int{24, 32, 16}, [3]int{c.TooMany, c.TooManyReads, c.Pushes})
	require.Equal(t, "50000", call(s, "POST", "/v2/push", key, "[]").Header().Get("X-QueueSize-Limit"))
}

func TestQueueFillsAndDrainsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *ometriasim.Options) {
			o.ProcessingDelay, o.QueueLimit, o.QueueHeaders, o.History = time.Minute, 2, true, true
		})
		push(t, s, jane)
		push(t, s, strings.Replace(jane, "Jane", "Joan", 1))
		w := call(s, "POST", "/v2/push", key, "["+jane+"]")
		require.Equal(t, 429, w.Code)
		require.Equal(t, "0", w.Header().Get("X-QueueSize-Remaining"))
		_, ok := s.Account("").Record("contact", "customers", "7")
		require.False(t, ok, "200 is not stored")
		time.Sleep(time.Minute)
		synctest.Wait()
		r, ok := s.Account("").Record("contact", "customers", "7")
		require.True(t, ok)
		require.Contains(t, string(r.Record), "Joan")
		require.Contains(t, string(r.Pushes[0].Record), "Jane")
	})
}

func TestErrorsComeLater(t *testing.T) {
	s := open(t, func(o *ometriasim.Options) { o.SchemaDir = specs(t) })
	bad := strings.Replace(order, `"grand_total":12.5`, `"grand_total":"12.50"`, 1)
	got := push(t, s, bad, strings.Replace(order, "100", "101", 1))
	require.Equal(t, [2]int{2, 0}, [2]int{got.Accepted, got.Rejected})
	require.Equal(t, []string{"101"}, s.Account("").IDs("order", ""))
	push(t, s, fmt.Sprintf(`{"@type":"product","id":"2","properties":{"a":"%s"}}`, strings.Repeat("x", 1000)))

	w := call(s, "GET", "/v2/push/_errors", key, "")
	require.Equal(t, 200, w.Code)
	var list []ometriasim.PushError
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
	require.Len(t, list, 2)
	require.Equal(t, "properties", list[0].Message.ErrorPath, "newest first")
	require.Equal(t, []string{got.RequestID, "order", "100", "grand_total"},
		[]string{list[1].RequestID, list[1].RecordType, list[1].RecordID, list[1].Message.ErrorPath})
	require.JSONEq(t, bad, string(list[1].Record))
}

func TestAnswersMatchTheirSchema(t *testing.T) {
	path := filepath.Join(specs(t), "push-response.schema.json")
	s := open(t, nil)
	push(t, s, `{"@type":"order","id":"1"}`)
	for part, w := range map[string]*httptest.ResponseRecorder{
		"":                    call(s, "POST", "/v2/push", key, "["+jane+"]"),
		"#/$defs/errors":      call(s, "GET", "/v2/push/_errors", key, ""),
		"#/$defs/collections": call(s, "GET", "/v2/contacts", key, ""),
	} {
		schema, err := jsonschema.NewCompiler().Compile(path + part)
		require.NoError(t, err)
		body, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(body), part)
	}
}

func TestRequiredFieldsWithoutSchemas(t *testing.T) {
	s := open(t, nil)
	for record, path := range map[string]string{
		`{"@type":"contact","id":"1"}`:                                                  "email",
		`{"@type":"contact","email":"a@example.com"}`:                                   "id",
		`{"@type":"order","id":"1","timestamp":"2026-01-02T03:04:05Z","grand_total":1}`: "currency",
		`{"@type":"product","id":"1","title":"Hat"}`:                                    "price",
		strings.Replace(order, `"quantity":1`, `"amount":1`, 1):                         "lineitems.0.quantity",
	} {
		push(t, s, record)
		require.Equal(t, path, s.Account("").Errors()[0].Message.ErrorPath, record)
	}
	require.Empty(t, s.Account("").Counts().Types)
}

func TestRules(t *testing.T) {
	s := open(t, nil)
	admin := func(path, body string) int { return call(s, "POST", path, "", body).Code }
	require.Equal(t, 204, admin("/_simulator/drop", `{"type":"contact","collection":"customers","id":"7","times":1}`))
	require.Equal(t, 204, admin("/_simulator/reject", `{"type":"order","id":"100","when":"now"}`))
	require.Equal(t, 204, admin("/_simulator/reject", `{"type":"product","id":"77","error_message":"no","error_path":"title"}`))
	require.Equal(t, 422, admin("/_simulator/reject", `{"type":"order","id":"100","when":"never"}`))
	require.Equal(t, 422, admin("/_simulator/drop", `{"type":"contact","id":"7"}`))

	require.Equal(t, 1, push(t, s, jane).Accepted)
	require.Equal(t, 1, push(t, s, order).Rejected)
	require.Equal(t, 1, push(t, s, hat).Accepted)
	c := s.Account("").Counts()
	require.Empty(t, c.Types)
	require.Equal(t, [3]int{1, 1, 1}, [3]int{c.Lost, c.Rejected, c.Errors})
	require.Equal(t, ometriasim.ErrorMessage{ErrorMessage: "no", ErrorPath: "title"}, s.Account("").Errors()[0].Message)
	push(t, s, jane)
	require.Equal(t, 1, s.Account("").Counts().Collections["customers"], "times:1 is used up")
	require.Equal(t, 204, call(s, "DELETE", "/_simulator/rules", "", "").Code)
	push(t, s, order)
	require.Equal(t, 1, s.Account("").Counts().Types["order"])
}

func TestReplaceKey(t *testing.T) {
	s := open(t, nil)
	push(t, s, jane)
	require.ErrorContains(t, s.ReplaceKey("wrong", "next"), "opens no account")
	require.ErrorContains(t, s.ReplaceKey(key, key), "not in use")
	require.Equal(t, 200, call(s, "GET", "/v2/contacts", key, "").Code)
	require.NoError(t, s.ReplaceKey(key, "next"))
	require.Equal(t, 403, call(s, "GET", "/v2/contacts", key, "").Code)
	require.JSONEq(t, jane, call(s, "GET", "/v2/contacts/customers/7", "next", "").Body.String(), "the same account")
}

func TestAdminReads(t *testing.T) {
	s := open(t, nil)
	push(t, s, jane)
	push(t, s, hat)
	require.JSONEq(t, `["7"]`, call(s, "GET", "/_simulator/ids/contact/customers", "", "").Body.String())
	require.JSONEq(t, `[]`, call(s, "GET", "/_simulator/ids/order", "", "").Body.String())
	var r ometriasim.Record
	require.NoError(t, json.Unmarshal(call(s, "GET", "/_simulator/records/contact/customers/7", "", "").Body.Bytes(), &r))
	require.JSONEq(t, jane, string(r.Record))
	require.Equal(t, 404, call(s, "GET", "/_simulator/records/product/78", "", "").Code)
	require.Equal(t, 200, call(s, "GET", "/_simulator/records/product/77", "", "").Code)
	var walked int
	for range s.Account("").Recorded() {
		walked++
	}
	require.Equal(t, 2, walked)
	require.Contains(t, call(s, "GET", "/_simulator/state", "", "").Body.String(), `"POST /v2/push":2`)
	require.Contains(t, call(s, "GET", "/_simulator/", "", "").Body.String(), "POST /_simulator/drop")

	two := open(t, func(o *ometriasim.Options) { o.Keys = map[string]string{"a": "A", "b": "B"} })
	require.Equal(t, 404, call(two, "GET", "/_simulator/state", "", "").Code)
	require.Equal(t, 200, call(two, "POST", "/v2/push", "b", "["+jane+"]").Code)
	require.Zero(t, two.Account("A").Counts().Pushes)
	require.Contains(t, call(two, "GET", "/_simulator/state?account=B", "", "").Body.String(), `"pushes":1`)
}

func TestRestartKeepsWhatWasAccepted(t *testing.T) {
	dir := t.TempDir()
	persist := func(o *ometriasim.Options) { o.Dir = dir }
	s := open(t, persist)
	require.NoError(t, s.Account("").Drop(ometriasim.Rule{Type: "order", ID: "100"}))
	push(t, s, jane)
	push(t, s, hat)
	push(t, s, `{"@type":"product","id":"77","is_active":false,"@merge":true}`)
	push(t, s, order)
	push(t, s, `{"@type":"order","id":"9"}`)
	before := s.Account("").Counts()
	// No Close: the file must already hold everything, as after a kill -9.
	file, err := os.OpenFile(filepath.Join(dir, "ometria.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(`{"account":"demo","rec`)
	require.NoError(t, err)
	require.NoError(t, file.Close())

	again := open(t, persist)
	after := again.Account("").Counts()
	before.Requests, after.Requests = nil, nil
	require.Equal(t, before, after)
	want, _ := s.Account("").Record("product", "", "77")
	got, _ := again.Account("").Record("product", "", "77")
	require.Equal(t, want, got)
	require.Len(t, again.Account("").Errors(), 1)
	require.Equal(t, s.Account("").Errors(), again.Account("").Errors())
}

func TestWorkDoneThenFailed(t *testing.T) {
	s := open(t, nil)
	_, err := s.Faults().Order(faults.Fault{Method: "POST", Path: "^/v2/push", Status: 502, Work: true, Times: 1})
	require.NoError(t, err)
	require.Equal(t, 502, call(s, "POST", "/v2/push", key, "["+jane+"]").Code)
	require.Equal(t, 1, s.Account("").Counts().Collections["customers"])
	push(t, s, jane)
	r, _ := s.Account("").Record("contact", "customers", "7")
	require.Equal(t, 2, r.Revisions)
}

func TestNewRefusesBadOptions(t *testing.T) {
	for _, change := range []func(*ometriasim.Options){
		func(o *ometriasim.Options) { o.Keys = nil },
		func(o *ometriasim.Options) { o.Keys = map[string]string{"": "a"} },
		func(o *ometriasim.Options) { o.PushesPerSecond = -1 },
		func(o *ometriasim.Options) { o.SchemaDir = filepath.Join(t.TempDir(), "none") },
	} {
		o := ometriasim.DefaultOptions()
		change(&o)
		_, err := ometriasim.New(o)
		require.Error(t, err)
	}
}
