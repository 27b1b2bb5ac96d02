package page

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// held answers a request only once it is released.
type held struct{ asked, release chan struct{} }

func (h held) MarshalJSON() ([]byte, error) {
	close(h.asked)
	<-h.release
	return []byte(`{"data":[{"id":"c1","name":"Shoes","status":"connected"}],"next_cursor":null}`), nil
}

// The heading of the list is out, and painted, before the list is known.
func TestConnectionsHeadingComesFirst(t *testing.T) {
	list := held{make(chan struct{}), make(chan struct{})}
	answers := map[string]any{"GET /v1/connections": noConnections["GET /v1/connections"]}
	b := newBrowser(t, answers, "")
	b.signIn(adminToken)
	answers["GET /v1/connections"] = list
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+"/", nil)
	require.NoError(t, err)
	answer, err := b.client.Do(req)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	seen := ""
	for !strings.Contains(seen, "</header>") && lines.Scan() {
		seen += lines.Text()
	}
	<-list.asked
	assert.NotContains(t, seen, "Shoes")
	close(list.release)
	for lines.Scan() {
		seen += lines.Text()
	}
	require.NoError(t, lines.Err())
	assert.Contains(t, seen, "Shoes")
	assert.Contains(t, seen, "</html>")
}

func TestConnectionsThatCannotBeReadAreNotNone(t *testing.T) {
	answers := map[string]any{"GET /v1/connections": noConnections["GET /v1/connections"]}
	b := newBrowser(t, answers, "")
	b.signIn(adminToken)
	delete(answers, "GET /v1/connections")
	got := b.do(http.MethodGet, "/", nil)
	assert.Contains(t, got.text, "cannot be read at the moment")
	assert.NotContains(t, got.text, "No store is connected yet")
	assert.Contains(t, got.text, "</html>")
}

// A list too long for a screen is painted at once, and is whole by a link.
func TestConnectionsAreAllThere(t *testing.T) {
	var many []any
	for n := range tilesAtFirst + 5 {
		many = append(many, map[string]any{"id": fmt.Sprintf("c%d", n), "name": fmt.Sprintf("Shop %d.", n), "status": "connected"})
	}
	b := newBrowser(t, map[string]any{"GET /v1/connections": func(r *http.Request) any {
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		assert.NoError(t, err)
		if limit < len(many) {
			return map[string]any{"data": many[:limit], "next_cursor": "more"}
		}
		return map[string]any{"data": many, "next_cursor": nil}
	}}, "/sync")
	b.signIn(adminToken)
	first := b.do(http.MethodGet, "/", nil).text
	assert.Equal(t, tilesAtFirst, strings.Count(first, ">Shop "))
	assert.Contains(t, first, `<a href="/sync/?all=yes">All connections</a>`)
	assert.Contains(t, first, "data-rest")
	for _, path := range []string{"/?all=yes", "/live"} {
		all := b.do(http.MethodGet, path, nil).text
		assert.Equal(t, len(many), strings.Count(all, ">Shop "), path)
		assert.NotContains(t, all, "All connections", path)
	}
}
