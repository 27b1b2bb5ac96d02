package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	adminToken   = "admin-token-0123456789"
	supportToken = "support-token-0123456789"
)

// openSeal keeps text as it is, so that a test can look into it.
type openSeal struct{}

func (openSeal) Seal(plain []byte, purpose string) (string, error) {
	return url.QueryEscape(purpose + "|" + string(plain)), nil
}

func (openSeal) Open(sealed, purpose string) ([]byte, error) {
	text, err := url.QueryUnescape(sealed)
	if err != nil {
		return nil, err
	}
	plain, ok := strings.CutPrefix(text, purpose+"|")
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	return []byte(plain), nil
}

// refusal is an answer of the API that is a problem.
type refusal struct {
	status  int
	problem string
}

// browser is a visitor of a site whose API is a table of answers.
type browser struct {
	t      *testing.T
	client *http.Client
	base   string
	now    *time.Time
}

func newBrowser(t *testing.T, answers map[string]any, publicPath string) *browser {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		names := map[string]string{"Bearer " + adminToken: "admin", "Bearer " + supportToken: "support"}
		role, known := names[r.Header.Get("Authorization")]
		if !known {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"title":"No valid token","status":401}`)
			return
		}
		if r.URL.Path == "/v1/token" {
			_ = json.NewEncoder(w).Encode(map[string]string{"role": role, "name": "ann"})
			return
		}
		answer, ok := answers[r.Method+" "+r.URL.Path]
		if !ok {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"title":"Not found","status":404}`)
			return
		}
		if refused, ok := answer.(refusal); ok {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(refused.status)
			_, _ = io.WriteString(w, refused.problem)
			return
		}
		if by, ok := answer.(func(*http.Request) any); ok {
			answer = by(r)
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
	server := httptest.NewUnstartedServer(nil)
	handler, err := New(Options{
		API: api, Sealer: openSeal{}, PublicURL: "http://" + server.Listener.Addr().String() + publicPath,
		Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	server.Config.Handler = http.StripPrefix(publicPath, handler)
	server.Start()
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t: t, client: &http.Client{Jar: jar}, base: server.URL + publicPath, now: &now}
}

type seen struct {
	*http.Response
	text string
}

func (b *browser) do(method, path string, form url.Values, headers ...string) seen {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	require.NoError(b.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.t, err)
	return seen{answer, string(text)}
}

func (b *browser) signIn(token string) seen {
	b.t.Helper()
	return b.do("POST", "/sign-in", url.Values{"token": {token}})
}

var noConnections = map[string]any{"GET /v1/connections": map[string]any{"data": []any{}, "next_cursor": nil}}

func TestNobodySeesAnythingBeforeSigningIn(t *testing.T) {
	b := newBrowser(t, noConnections, "")
	got := b.do("GET", "/", nil)
	assert.Equal(t, "/sign-in", got.Request.URL.Path)
	assert.NotContains(t, got.text, "API account")

	got = b.signIn("wrong-token-0123456789")
	assert.Equal(t, http.StatusUnauthorized, got.StatusCode)
	assert.Contains(t, got.text, "No such token")
	assert.NotContains(t, got.text, "wrong-token")

	got = b.signIn(" ")
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)

	got = b.signIn(" " + adminToken + " ")
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Contains(t, got.text, "Checkout Content")
	assert.Contains(t, got.text, "ann, admin")
	assert.NotContains(t, got.text, adminToken)
}

func TestSessionEnds(t *testing.T) {
	b := newBrowser(t, noConnections, "")
	b.signIn(adminToken)
	*b.now = b.now.Add(sessionLasts - time.Second)
	assert.Equal(t, http.StatusOK, b.do("GET", "/live", nil).StatusCode, "the script alone renews nothing")
	*b.now = b.now.Add(time.Second)
	assert.Equal(t, "/sign-in", b.do("GET", "/", nil).Request.URL.Path)

	b.signIn(adminToken)
	for range 3 {
		*b.now = b.now.Add(sessionLasts - time.Second)
		assert.Equal(t, "/", b.do("GET", "/", nil).Request.URL.Path, "renewed as it is used")
	}
	*b.now = b.now.Add(sessionLasts)
	assert.Equal(t, "/sign-in", b.do("GET", "/", nil).Request.URL.Path)

	b.signIn(adminToken)
	assert.Equal(t, "/sign-in", b.do("POST", "/sign-out", url.Values{}).Request.URL.Path)
	assert.Equal(t, "/sign-in", b.do("GET", "/", nil).Request.URL.Path)
}

func TestSessionOfATokenThatIsGoneEnds(t *testing.T) {
	b := newBrowser(t, noConnections, "")
	gone, err := json.Marshal(session{Token: "gone-token", Role: admin, EndsAt: b.now.Add(time.Hour)})
	require.NoError(t, err)
	sealed, err := openSeal{}.Seal(gone, sessionPurpose)
	require.NoError(t, err)
	at, err := url.Parse(b.base)
	require.NoError(t, err)
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: sessionCookie, Value: sealed, Path: "/"}})
	assert.Equal(t, "/sign-in", b.do("GET", "/", nil).Request.URL.Path)
}

// A form of another site does nothing, even with the visitor's cookies.
func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	b := newBrowser(t, noConnections, "")
	b.signIn(adminToken)
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example.com"}} {
		got := b.do("POST", "/sign-out", url.Values{}, headers...)
		assert.Equal(t, http.StatusForbidden, got.StatusCode, headers)
	}
	assert.Equal(t, "/", b.do("GET", "/", nil).Request.URL.Path, "still signed in")
}

func TestCookieIsOutOfReach(t *testing.T) {
	handler, err := New(Options{API: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"role":"admin","name":""}`)
	}), Sealer: openSeal{}, PublicURL: "https://sync.example.com/shops"})
	require.NoError(t, err)
	r := httptest.NewRequest("POST", "/sign-in", strings.NewReader("token=t0ken"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Len(t, w.Result().Cookies(), 1)
	cookie := w.Result().Cookies()[0]
	assert.True(t, cookie.HttpOnly)
	assert.True(t, cookie.Secure)
	assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	assert.Equal(t, "/shops/", cookie.Path)
	assert.Equal(t, "/shops/", w.Result().Header.Get("Location"))
}

func TestWorksUnderAPath(t *testing.T) {
	b := newBrowser(t, noConnections, "/shops/eu")
	got := b.signIn(adminToken)
	assert.Equal(t, "/shops/eu/", got.Request.URL.Path)
	for _, address := range addressesIn(got.text) {
		assert.True(t, strings.HasPrefix(address, "/shops/eu/") || strings.HasPrefix(address, "#"), address)
	}
}

func addressesIn(html string) (found []string) {
	for _, attribute := range []string{`href="`, `src="`, `action="`} {
		for rest := html; ; {
			_, after, ok := strings.Cut(rest, attribute)
			if !ok {
				break
			}
			address, tail, _ := strings.Cut(after, `"`)
			found, rest = append(found, address), tail
		}
	}
	return found
}

func TestSignInGoesBackOnlyToOurOwnPages(t *testing.T) {
	for given, want := range map[string]string{
		"/connections/1":       "/connections/1",
		"":                     "/",
		"https://evil.example": "/",
		"//evil.example":       "/",
		`/\evil.example`:       "/",
		"javascript:alert(1)":  "/",
	} {
		assert.Equal(t, want, next(given), given)
	}
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	b := newBrowser(t, noConnections, "")
	got := b.signIn(adminToken)
	policy := got.Header.Get("Content-Security-Policy")
	assert.Contains(t, policy, "default-src 'none'")
	assert.NotContains(t, policy, "unsafe")
	for _, address := range addressesIn(got.text) {
		assert.False(t, strings.Contains(address, "//"), address)
	}
	assert.NotContains(t, got.text, "style=")
	assert.NotContains(t, got.text, "<script>")
	_, after, _ := strings.Cut(got.text, "<style>")
	sheet, _, found := strings.Cut(after, "</style>")
	require.True(t, found)
	sum := sha256.Sum256([]byte(sheet))
	assert.Contains(t, policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';", "the style sheet that the policy allows")

	for _, address := range addressesIn(got.text) {
		if !strings.HasPrefix(address, "/static/") {
			continue
		}
		file := b.do("GET", address, nil)
		assert.Equal(t, http.StatusOK, file.StatusCode, address)
		assert.Contains(t, file.Header.Get("Cache-Control"), "immutable", address)
	}
	assert.Equal(t, http.StatusNotFound, b.do("GET", "/static/nothing.js", nil).StatusCode)
	assert.Equal(t, http.StatusNotFound, b.do("GET", "/nothing", nil).StatusCode)
}
