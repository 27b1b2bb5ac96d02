package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// operation is one of the document.
type operation struct {
	method, path string
	*openapi3.Operation
}

func operations(t *testing.T) []operation {
	t.Helper()
	var all []operation
	for path, item := range loadDocument(t).Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, operation{method, path, op})
		}
	}
	require.NotEmpty(t, all)
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// role is the document's x-role; operations without one need no token.
func (o operation) role() Role {
	role, _ := o.Extensions["x-role"].(string)
	return Role(role)
}

// sample is the path with ids that could be.
func (o operation) sample() string {
	return strings.NewReplacer(
		"{authentication_id}", string(connection.NewAuthenticationID()), "{connection_id}", string(connection.NewID()),
		"{entity}", "orders", "{record_id}", "17").Replace(o.path)
}

func braced(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func TestDocumentDescribesExactlyWhatIsServed(t *testing.T) {
	s := newService(t)
	engine, err := newEngine(Options{Store: s.store, Starter: s.starter, Inspector: s.inspector, Tokens: []Token{{Admin, "", "t"}}})
	require.NoError(t, err)
	var served, described []string
	for _, r := range engine.Routes() {
		served = append(served, r.Method+" "+braced(r.Path))
	}
	for _, o := range operations(t) {
		described = append(described, o.method+" "+o.path)
	}
	slices.Sort(served)
	slices.Sort(described)
	assert.Equal(t, served, described)
}

func TestDocumentTellsTheRoles(t *testing.T) {
	s := newService(t)
	a, err := newAPI(Options{Store: s.store, Starter: s.starter, Inspector: s.inspector, Tokens: []Token{{Admin, "", "t"}}})
	require.NoError(t, err)
	needed := map[string]Role{}
	for _, r := range a.routes() {
		needed[r.method+" "+braced(r.path)] = r.role
	}
	for _, o := range operations(t) {
		assert.Equal(t, needed[o.method+" "+o.path], o.role(), "%s %s", o.method, o.path)
		open := o.Security != nil && len(*o.Security) == 0
		assert.Equal(t, o.role() == nobody, open, "%s %s: security", o.method, o.path)
		assert.NotEmpty(t, o.OperationID)
	}
}

// Every role against every operation: who has no good token is asked for one,
// who lacks the role is refused, and neither reaches the endpoint.
func TestTokensAndRolesOnEveryRoute(t *testing.T) {
	s := newService(t)
	for _, o := range operations(t) {
		if o.role() == nobody {
			continue
		}
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			for name, header := range map[string]string{
				"none": "", "unknown": "Bearer unknown", "empty": "Bearer ", "basic": "Basic " + adminToken,
				"cut short": "Bearer " + adminToken[:8], "bare": adminToken,
			} {
				got := s.call("", o.method, o.sample(), nil, "Authorization", header)
				p := got.problem(http.StatusUnauthorized)
				assert.Equal(t, "urn:ometria-bigcommerce:problem:unauthorized", p.Type, name)
				assert.Equal(t, `Bearer realm="ometria-bigcommerce"`, got.Header.Get("WWW-Authenticate"))
			}
			got := s.call(supportToken, o.method, o.sample(), nil)
			assert.Equal(t, o.role() == Admin, got.Status == http.StatusForbidden, "%d %s", got.Status, got.Body)
			if o.role() == Admin {
				got.problem(http.StatusForbidden)
			}
			assert.NotContains(t, []int{401, 403}, s.call(adminToken, o.method, o.sample(), nil).Status)
		})
	}
	assert.Empty(t, s.starter.take())
}

// The document is served as JSON, with the address that callers use.
func TestDocumentIsServed(t *testing.T) {
	s := newService(t, func(o *Options) { o.PublicURL = "https://sync.example/" })
	doc := s.call("", "GET", "/openapi.json", nil).want(200).object()
	assert.Equal(t, "3.1.0", doc["openapi"])
	assert.Equal(t, []any{map[string]any{"url": "https://sync.example"}}, doc["servers"])
}

func TestJoinRefusesWhatIsSaidTwice(t *testing.T) {
	whole := map[string]any{"paths": map[string]any{"/a": "x"}}
	require.NoError(t, join(whole, map[string]any{"paths": map[string]any{"/b": "y"}}))
	assert.ErrorContains(t, join(whole, map[string]any{"paths": map[string]any{"/a": "z"}}), "paths: /a is said twice")
}

// replaceConnection is the operation's path for this connection.
func replaceConnection(o operation, id connection.ID) string {
	o.path = strings.ReplaceAll(o.path, "{connection_id}", string(id))
	return o.sample()
}
