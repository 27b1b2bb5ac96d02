package bigcommerce

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ometria/ometria-bigcommerce/internal/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testToken  = "s3cr3tt0k3n"
	testPrefix = "/some/prefix"
	testRoot   = testPrefix + "/stores/abc123"
)

// vendor is a server under a sub-path, so that a client that builds absolute
// URLs of its own is caught.
type vendor struct {
	*httptest.Server
	client *Client

	mu       sync.Mutex // guards requests
	requests []*http.Request
}

func serve(t *testing.T, handler http.HandlerFunc, change ...func(*Config)) *vendor {
	t.Helper()
	v := &vendor{}
	mux := http.NewServeMux()
	mux.Handle(testPrefix+"/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		v.requests = append(v.requests, r)
		v.mu.Unlock()
		handler(w, r)
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("request outside of the base URL: %s", r.URL.Path)
		w.WriteHeader(http.StatusTeapot)
	})
	v.Server = httptest.NewServer(mux)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		v.Close()
	})
	config := Config{BaseURL: v.URL + testPrefix, StoreHash: "abc123", AccessToken: testToken, Transport: transport}
	for _, f := range change {
		f(&config)
	}
	client, err := New(config)
	require.NoError(t, err)
	v.client = client
	return v
}

// seen returns the requests as "METHOD path?query" below the store's root.
func (v *vendor) seen() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []string
	for _, r := range v.requests {
		line := r.Method + " " + r.URL.Path[len(testRoot):]
		if r.URL.RawQuery != "" {
			line += "?" + r.URL.RawQuery
		}
		all = append(all, line)
	}
	return all
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// answers serves one body after the other, and the last one again.
func answers(bodies ...string) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body := bodies[0]
		if len(bodies) > 1 {
			bodies = bodies[1:]
		}
		if body == "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = w.Write([]byte(body))
	}
}

// specs is the folder of the vendor's specifications; the test is skipped
// without it.
func specs(t *testing.T) string {
	t.Helper()
	folder, err := contract.Folder()
	if errors.Is(err, contract.ErrAbsent) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return folder
}

func spec(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{specs(t)}, path...)...))
	require.NoError(t, err)
	return data
}

func encode(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}
