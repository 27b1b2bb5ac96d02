package apiclient_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent where a redirect led", r.Method, r.URL.Path)
	}))
	t.Cleanup(elsewhere.Close)
	host := strings.TrimPrefix(elsewhere.URL, "http://")
	for name, c := range map[string]struct{ location, want string }{
		"same route":         {elsewhere.URL + "/v1/authentications", "set OBC_API_URL to " + elsewhere.URL},
		"same route, prefix": {elsewhere.URL + "/sync/v1/authentications", "set OBC_API_URL to " + elsewhere.URL + "/sync"},
		"user and query":     {"http://ann:hunter2@" + host + "/v1/authentications?token=hunter2#hunter2", "set OBC_API_URL to " + elsewhere.URL},
		"a page to log in":   {elsewhere.URL + "/login/hunter2?next=hunter2", "set OBC_API_URL to the address of the service itself"},
		"another scheme":     {"mailto:hunter2", "set OBC_API_URL to the address of the service itself"},
		"itself":             {"/v1/authentications", "set OBC_API_URL to the address of the service itself"},
		"nowhere":            {"", "set OBC_API_URL to the address of the service itself"},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(name, func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if c.location != "" {
						w.Header().Set("Location", c.location)
					}
					w.WriteHeader(status)
				}))
				t.Cleanup(server.Close)
				base := strings.Replace(server.URL, "http://", "http://bob:hunter2@", 1)
				_, err := apiclient.New(base, "token-1", &http.Client{Timeout: 10 * time.Second}).
					CreateAuthentication(t.Context(), apiclient.NewAuthentication{AccessToken: "access-1"})
				require.EqualError(t, err, server.URL+" answered with a redirect: "+c.want)
			})
		}
	}
}

func TestMalformedAnswersAreNotQuoted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://[hunter2")
		w.WriteHeader(http.StatusFound)
	}))
	t.Cleanup(server.Close)
	_, err := apiclient.New(server.URL, "token-1", &http.Client{Timeout: 10 * time.Second}).Connection(t.Context(), "c1")
	require.EqualError(t, err, "reach API at "+server.URL+": malformed HTTP answer")
}

func TestUnreachableNamesNoPassword(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	base := strings.Replace(server.URL, "http://", "http://bob:hunter2@", 1)
	_, err := apiclient.New(base, "token-1", &http.Client{Timeout: 10 * time.Second}).Connection(t.Context(), "c1")
	require.ErrorContains(t, err, "reach API at "+server.URL+": ")
	assert.NotContains(t, err.Error(), "hunter2")
}
