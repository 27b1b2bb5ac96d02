package faults_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

const sound = `{"data":[1,2,3],"meta":{}}`

type service struct {
	*httptest.Server
	worked atomic.Int32
}

func serve(t *testing.T, i *faults.Injector) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(i.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.worked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, sound)
	})))
	t.Cleanup(s.Close)
	return s
}

// post uses POST, which the transport never repeats by itself.
func (s *service) post(t *testing.T, path string) (*http.Response, string, error) {
	t.Helper()
	res, err := s.Client().Post(s.URL+path, "application/json", nil)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

func TestFaultEffects(t *testing.T) {
	cases := map[string]struct {
		fault   faults.Fault
		worked  int
		callErr bool
		readErr bool
		status  int
		check   func(*testing.T, *http.Response, string)
	}{
		"status, body and headers": {
			fault:  faults.Fault{Status: 429, Body: `{"status":429}`, Headers: map[string]string{"X-Rate-Limit-Time-Reset-Ms": "1500"}},
			status: 429,
			check: func(t *testing.T, res *http.Response, body string) {
				require.Equal(t, `{"status":429}`, body)
				require.Equal(t, "1500", res.Header.Get("X-Rate-Limit-Time-Reset-Ms"))
			},
		},
		"do the work, then fail": {fault: faults.Fault{Status: 500, Work: true}, worked: 1, status: 500},
		"drop":                   {fault: faults.Fault{Effect: faults.Drop}, callErr: true},
		"do the work, then drop": {fault: faults.Fault{Effect: faults.Drop, Work: true}, worked: 1, callErr: true},
		"truncate":               {fault: faults.Fault{Effect: faults.Truncate}, worked: 1, status: 200, readErr: true},
		"malformed": {
			fault: faults.Fault{Effect: faults.Malformed}, worked: 1, status: 200,
			check: func(t *testing.T, _ *http.Response, body string) { require.False(t, json.Valid([]byte(body))) },
		},
		"html": {
			fault: faults.Fault{Effect: faults.HTML, Status: 502}, status: 502,
			check: func(t *testing.T, res *http.Response, body string) {
				require.Contains(t, res.Header.Get("Content-Type"), "text/html")
				require.Contains(t, body, "502 Bad Gateway")
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			i := faults.New(1)
			c.fault.Times = 1
			_, err := i.Order(c.fault)
			require.NoError(t, err)
			s := serve(t, i)
			res, body, err := s.post(t, "/v3/customers")
			require.EqualValues(t, c.worked, s.worked.Load())
			if c.callErr {
				require.Error(t, err)
			} else {
				require.Equal(t, c.readErr, err != nil, "reading: %v", err)
				require.Equal(t, c.status, res.StatusCode)
				if c.check != nil {
					c.check(t, res, body)
				}
			}
			_, body, err = s.post(t, "/v3/customers")
			require.NoError(t, err, "once over, the service is sound again")
			require.Equal(t, sound, body)
		})
	}
}

func TestFaultMatching(t *testing.T) {
	i := faults.New(1)
	_, err := i.Order(faults.Fault{Method: "POST", Path: `/v2/orders\?.*page=2$`, Skip: 1, Times: 2, Status: 503})
	require.NoError(t, err)
	s := serve(t, i)
	var got []int
	for _, path := range []string{"/v2/orders?page=1", "/v2/orders?a=b&page=2", "/v2/orders?page=2", "/v2/orders?page=2", "/v2/orders?page=2"} {
		res, _, err := s.post(t, path)
		require.NoError(t, err)
		got = append(got, res.StatusCode)
	}
	require.Equal(t, []int{200, 200, 503, 503, 200}, got)
	require.Equal(t, 2, i.List()[0].Struck)
	res, err := s.Client().Get(s.URL + "/v2/orders?page=2")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 200, res.StatusCode, "another method passes")
}

func TestFractionIsSeeded(t *testing.T) {
	strikes := func(seed int64) (pattern string) {
		i := faults.New(seed)
		_, err := i.Order(faults.Fault{Fraction: 0.3, Status: 500})
		require.NoError(t, err)
		h := i.Wrap(http.NotFoundHandler())
		for range 200 {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			pattern += map[int]string{500: "x", 404: "."}[w.Code]
		}
		return pattern
	}
	require.Equal(t, strikes(7), strikes(7))
	require.NotEqual(t, strikes(7), strikes(8))
	require.InDelta(t, 60, strings.Count(strikes(7), "x"), 25)
}

func TestLatencyAndDelayAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := faults.New(1)
		i.SetLatency(20 * time.Millisecond)
		_, err := i.Order(faults.Fault{DelayMS: 300, Times: 1})
		require.NoError(t, err)
		h := i.Wrap(http.NotFoundHandler())
		var took []time.Duration
		for range 2 {
			start := time.Now()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			took = append(took, time.Since(start))
		}
		require.Equal(t, []time.Duration{320 * time.Millisecond, 20 * time.Millisecond}, took)
	})
}

func TestOrderRefusesWhatItCannotDo(t *testing.T) {
	for name, f := range map[string]faults.Fault{
		"path":     {Path: "("},
		"effect":   {Effect: "explode"},
		"fraction": {Fraction: 1.5},
		"status":   {Status: 42},
	} {
		_, err := faults.New(1).Order(f)
		require.Error(t, err, name)
	}
}

func TestAdmin(t *testing.T) {
	i := faults.New(1)
	mux := http.NewServeMux()
	i.Register(mux, "/_simulator/faults")
	call := func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w
	}
	require.Equal(t, 422, call("POST", "/_simulator/faults", `{"statsu":1}`).Code)
	require.Equal(t, 422, call("POST", "/_simulator/faults", `{"path":"("}`).Code)
	require.Equal(t, 201, call("POST", "/_simulator/faults", `{"status":500,"times":3}`).Code)
	require.Equal(t, 201, call("POST", "/_simulator/faults", `{"effect":"drop"}`).Code)
	require.Len(t, i.List(), 2)
	require.Equal(t, 204, call("DELETE", "/_simulator/faults/1", "").Code)
	require.Equal(t, 404, call("DELETE", "/_simulator/faults/1", "").Code)
	require.Contains(t, call("GET", "/_simulator/faults", "").Body.String(), `"effect":"drop"`)
	require.Equal(t, 204, call("PUT", "/_simulator/faults/latency", `{"latency_ms":5}`).Code)
	require.Equal(t, 204, call("DELETE", "/_simulator/faults", "").Code)
	require.Empty(t, i.List())
}
