package bigcommercesim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ometria/ometria-bigcommerce/internal/contract"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

// held sees every call of send; nil without BigCommerce's files.
var held *contract.Recorder

// The answers of all tests are held to BigCommerce's files; the requests are
// not, since many are bad on purpose.
func TestMain(m *testing.M) {
	files, err := contract.Open()
	if err == nil {
		held = files.Recorder()
	} else if !errors.Is(err, contract.ErrAbsent) {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if held != nil {
			for _, v := range held.Violations() {
				if strings.HasPrefix(v.Place, "answer") || v.Place == "status" {
					fmt.Fprintf(os.Stderr, "BigCommerce's contract: %s\n", v)
					code = max(code, 1)
				}
			}
		}
		os.Exit(code)
	}))
}

var startOfTests = time.Date(2026, 5, 14, 9, 34, 0, 0, time.UTC)

// store opens a small store without quota whose clock stands still.
func store(t *testing.T, change func(*bigcommercesim.Options)) *bigcommercesim.Server {
	t.Helper()
	o := bigcommercesim.DefaultOptions()
	o.Quota = bigcommercesim.Quota{}
	o.Customers, o.Subscribers, o.Products, o.Orders = 60, 50, 80, 300
	o.Now = func() time.Time { return startOfTests }
	if change != nil {
		change(&o)
	}
	s, err := bigcommercesim.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// exchange sends one request.
func exchange(s http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// send is exchange, held to the files.
func send(s http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	if held != nil {
		s = held.Handler(s)
	}
	return exchange(s, method, path, body, headers...)
}

// call speaks to the API with the default token.
func call(s http.Handler, method, path, body string) *httptest.ResponseRecorder {
	return send(s, method, "/stores/simstore"+path, body, "X-Auth-Token", "bigcommerce-token")
}

// get reads a 200 answer.
func get[T any](t *testing.T, s http.Handler, path string) T {
	t.Helper()
	w := call(s, "GET", path, "")
	require.Equal(t, 200, w.Code, "%s: %s", path, w.Body)
	var v T
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
	return v
}

type object = map[string]any

type page struct {
	Data []object
	Meta struct {
		Pagination *struct {
			Total, Count int
			PerPage      int `json:"per_page"`
			CurrentPage  int `json:"current_page"`
			TotalPages   int `json:"total_pages"`
		}
		Cursor *struct {
			Count       int
			StartCursor string `json:"start_cursor"`
			EndCursor   string `json:"end_cursor"`
			Links       struct{ Previous, Next string }
		} `json:"cursor_pagination"`
	}
}

func ids(list []object) []int {
	out := []int{}
	for _, o := range list {
		out = append(out, int(o["id"].(float64)))
	}
	return out
}

// text reads a whole answer.
func text(t *testing.T, r io.Reader) string {
	t.Helper()
	raw, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(raw)
}
