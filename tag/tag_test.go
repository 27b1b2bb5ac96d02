package tag

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

const prefix = "https://cdn.example.com/tags/"

func with(settings connection.Settings) connection.Connection {
	return connection.Connection{
		ID: "0190", IdentificationCode: "code", Settings: settings,
		Store: connection.StoreInfo{Domain: "shop.example.com", Currency: "USD"},
	}
}

func TestScriptIsTheDocumentedElement(t *testing.T) {
	assert.Equal(t, bigcommerce.Script{
		Name: "Ometria code", Description: "Ometria tracking of visitors, connection 0190",
		Kind: "src", Src: "https://cdn.example.com/tags/code.js", LoadMethod: "async", Location: "footer",
		Visibility: "all_pages", ConsentCategory: "targeting", Enabled: true, AutoUninstall: true, ChannelID: 7,
	}, Script(with(connection.Settings{}), prefix, 7))
	assert.Equal(t, "analytics", Script(with(connection.Settings{ScriptConsent: "analytics"}), prefix, 1).ConsentCategory)
}

// The rules of Scripts v3 for kind script_tag.
func TestPageCallsFollowTheRules(t *testing.T) {
	s := Script(with(connection.Settings{PageCalls: true}), prefix, 1)
	assert.Equal(t, "script_tag", s.Kind)
	assert.Equal(t, "default", s.LoadMethod)
	assert.Empty(t, s.Src)
	assert.Less(t, len(s.HTML), 65_536)
	assert.Equal(t, 1, strings.Count(s.HTML, "<script"))
	assert.Equal(t, 1, strings.Count(s.HTML, "</script"))
	assert.True(t, strings.HasPrefix(s.HTML, "<script>") && strings.HasSuffix(s.HTML, "</script>"))
	assert.NotRegexp(t, `(?m)^\s*//`, s.HTML, "our comments stay at home")
}

// Whatever else Handlebars would read is a syntax error of the whole page.
func TestPageCallsHoldNoOtherHandlebars(t *testing.T) {
	c := with(connection.Settings{PageCalls: true, IDPrefix: "{{customer.name}}"})
	found := regexp.MustCompile(`\{\{[^}]*`).FindAllString(Script(c, prefix, 1).HTML, -1)
	assert.Equal(t, []string{"{{page_type", "{{product.id", "{{customer.email", "{{cart_id", "{{checkout.order.id"}, found)
}

// Validation refuses these; the script must not rest on it.
func TestPageCallsCannotBeBrokenOutOf(t *testing.T) {
	for _, evil := range []string{
		`</script><script>alert(1)</script>`, `"+alert(1)+"`, `\`, "`${alert(1)}`", "a\nb", "\u2028", `'`, `{{{customer.email}}}`, `<!--`,
	} {
		c := with(connection.Settings{PageCalls: true, IDPrefix: evil})
		c.IdentificationCode, c.Store.Domain, c.Store.Currency = evil, evil, evil
		html := Script(c, prefix, 1).HTML
		require.Equal(t, 1, strings.Count(html, "<script"), evil)
		require.Equal(t, 1, strings.Count(html, "</script"), evil)
		from := strings.Index(html, `({"tag":`)
		require.Positive(t, from, evil)
		var config pageCallsConfig
		decoder := json.NewDecoder(strings.NewReader(html[from+1:]))
		require.NoError(t, decoder.Decode(&config), evil)
		assert.Equal(t, pageCallsConfig{Tag: prefix + evil + ".js", Store: evil, Currency: evil, Prefix: evil}, config)
		assert.NotContains(t, html[from:from+int(decoder.InputOffset())], "{{")
	}
}

func TestIsOf(t *testing.T) {
	plain, calls := with(connection.Settings{}), with(connection.Settings{PageCalls: true})
	for name, tc := range map[string]struct {
		change func(*bigcommerce.Script)
		want   bool
	}{
		"as made":                       {func(*bigcommerce.Script) {}, true},
		"an earlier connection's":       {func(s *bigcommerce.Script) { s.Description = "Ometria tracking of visitors, connection 0180" }, true},
		"no description":                {func(s *bigcommerce.Script) { s.Description = "" }, true},
		"another name, our description": {func(s *bigcommerce.Script) { s.Name = "Ometria old" }, true},
		"another's of our name": {func(s *bigcommerce.Script) {
			s.Description, s.Src, s.HTML = "", "https://chat.example.com/a.js", "<script></script>"
		}, false},
		"another's with our tag": {func(s *bigcommerce.Script) { s.Description, s.Name = "", "Tracking" }, false},
	} {
		for _, made := range []bigcommerce.Script{Script(plain, prefix, 1), Script(calls, prefix, 1)} {
			tc.change(&made)
			assert.Equal(t, tc.want, IsOf(plain, prefix, made), "%s, kind %s", name, made.Kind)
			assert.Equal(t, tc.want, IsOf(calls, prefix, made), "%s, kind %s", name, made.Kind)
		}
	}
	assert.False(t, IsOf(connection.Connection{IdentificationCode: "code"}, prefix, bigcommerce.Script{Description: "a connection "}))
}

func TestSame(t *testing.T) {
	want := Script(with(connection.Settings{PageCalls: true}), prefix, 1)
	stands := want
	stands.UUID, stands.ConsentCategory = "u", "analytics"
	stands.HTML = "  " + strings.ReplaceAll(want.HTML, "\n", "\r\n  ") + "\r\n"
	assert.True(t, Same(stands, want), "white space and the merchant's consent category do not matter")
	for name, change := range map[string]func(*bigcommerce.Script){
		"stripped": func(s *bigcommerce.Script) { s.HTML = "<script></script>" },
		"escaped":  func(s *bigcommerce.Script) { s.HTML = strings.ReplaceAll(s.HTML, "<script>", "&lt;script&gt;") },
		"disabled": func(s *bigcommerce.Script) { s.Enabled = false },
		"pages":    func(s *bigcommerce.Script) { s.Visibility = bigcommerce.VisibilityStorefront },
		"kind":     func(s *bigcommerce.Script) { s.Kind = bigcommerce.ScriptKindSrc },
	} {
		other := want
		change(&other)
		assert.False(t, Same(other, want), name)
	}
}

func TestSplit(t *testing.T) {
	channel := func(id int64, kind, platform string) bigcommerce.Channel {
		return bigcommerce.Channel{ID: id, Type: kind, Platform: platform}
	}
	stencil, catalyst, next := channel(1, "storefront", "bigcommerce"), channel(2, "storefront", "catalyst"), channel(3, "storefront", "next")
	got := Split([]bigcommerce.Channel{stencil, channel(4, "marketplace", "amazon"), catalyst, next, channel(5, "pos", "bigcommerce")})
	assert.Equal(t, Storefronts{
		Rendered: []bigcommerce.Channel{stencil, catalyst}, Headless: []bigcommerce.Channel{catalyst, next},
	}, got)
}
