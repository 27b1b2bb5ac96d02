package tag

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// Name is the name of a connection's scripts in Script Manager.
func Name(c connection.Connection) string { return "Ometria " + c.IdentificationCode }

// Source is the address of the account's tag file: prefix, identification code
// and .js (Ometria, JavaScript tracking).
func Source(prefix, identificationCode string) string { return prefix + identificationCode + ".js" }

// Script is the script of a storefront channel as it should be; channel 0 is
// the store's default one. Prefix is where tag files lie.
//
// Location footer is what BigCommerce advises for all_pages, since themes may
// lack {{head.scripts}}. Visibility all_pages needs the Checkout Content scope.
// A consent category must be sent: scripts of unknown category do not render
// behind the consent banner (BigCommerce, Scripts API).
func Script(c connection.Connection, prefix string, channel int64) bigcommerce.Script {
	script := bigcommerce.Script{
		Name: Name(c), Description: "Ometria tracking of visitors, connection " + string(c.ID),
		Kind: bigcommerce.ScriptKindSrc, Src: Source(prefix, c.IdentificationCode), LoadMethod: bigcommerce.LoadAsync,
		Location: bigcommerce.LocationFooter, Visibility: bigcommerce.VisibilityAllPages,
		ConsentCategory: cmp.Or(c.Settings.ScriptConsent, bigcommerce.ConsentTargeting),
		Enabled:         true, AutoUninstall: true, ChannelID: channel,
	}
	if c.Settings.PageCalls {
		script.Kind, script.LoadMethod = bigcommerce.ScriptKindTag, bigcommerce.LoadDefault
		script.HTML, script.Src = pageCalls(c, script.Src), ""
	}
	return script
}

// IsOf reports whether a script is one of the connection's: it says so, or it
// has our name and loads the connection's tag file.
func IsOf(c connection.Connection, prefix string, s bigcommerce.Script) bool {
	if c.ID != "" && strings.HasSuffix(s.Description, "connection "+string(c.ID)) {
		return true
	}
	source := Source(prefix, c.IdentificationCode)
	return s.Name == Name(c) && (s.Src == source || strings.Contains(s.HTML, literal(source)))
}

// Same reports whether a script that stands does what the wanted one would,
// whatever its consent category and its white space.
func Same(stands, want bigcommerce.Script) bool {
	return stands.Enabled && stands.Kind == want.Kind && stands.Src == want.Src && stands.Visibility == want.Visibility &&
		stands.Location == want.Location && squeeze(stands.HTML) == squeeze(want.HTML)
}

func squeeze(html string) string { return strings.Join(strings.Fields(html), " ") }

// Storefronts are the channels that shoppers visit, by who makes their pages.
// BigCommerce renders scripts on its own themes, and Catalyst does from version
// 1.1 on, deferred and without Handlebars; nobody else does (BigCommerce,
// Scripts API).
type Storefronts struct {
	Rendered []bigcommerce.Channel // a script is put there
	Headless []bigcommerce.Channel // the script may not show there; Catalyst is in both
}

// Split divides channels; those that are no storefront are left out.
func Split(channels []bigcommerce.Channel) Storefronts {
	var s Storefronts
	for _, c := range channels {
		if c.Type != bigcommerce.ChannelStorefront {
			continue
		}
		if c.Platform == bigcommerce.PlatformBigCommerce || c.Platform == bigcommerce.PlatformCatalyst {
			s.Rendered = append(s.Rendered, c)
		}
		if c.Platform != bigcommerce.PlatformBigCommerce {
			s.Headless = append(s.Headless, c)
		}
	}
	return s
}

//go:embed page_calls.js
var pageCallsSource string

// notes are the comments, blank lines and indentation of page_calls.js.
var notes = regexp.MustCompile(`(?m)^[ \t]*(//.*)?\n|^[ \t]+`)

// pageCallsConfig is what page_calls.js is told.
type pageCallsConfig struct {
	Tag         string `json:"tag"`
	Store       string `json:"store"`    // as in orders and listings
	Currency    string `json:"currency"` // of an empty basket
	Prefix      string `json:"prefix"`   // goes before every id
	RawVariants bool   `json:"rawVariants"`
}

// pageCalls is one script element, as Scripts v3 wants it.
//
// The Handlebars expressions are of objects that BigCommerce documents (Stencil
// object reference: page_type, product, customer, cart_id, checkout) and stand
// in strings, so that the code is sound without Handlebars too. Handlebars
// escapes quotes and angle brackets, so that no value can end its string.
func pageCalls(c connection.Connection, source string) string {
	config := pageCallsConfig{
		Tag: source, Store: c.Store.Domain, Currency: c.Store.Currency,
		Prefix: c.Settings.IDPrefix, RawVariants: c.Settings.RawVariantIDs(),
	}
	code := strings.TrimSpace(notes.ReplaceAllString(pageCallsSource, ""))
	return "<script>\n" + code + "(" + literal(config) + ", {\n" +
		`page: "{{page_type}}", product: "{{product.id}}", email: "{{customer.email}}",` + "\n" +
		`cart: "{{cart_id}}", order: "{{checkout.order.id}}"` + "\n});\n</script>"
}

// literal is a value as JavaScript within a script element that Handlebars
// reads: encoding/json escapes what would end the element, and braces are
// escaped here. Value must hold strings, bools and no nested objects.
func literal(value any) string {
	encoded, _ := json.Marshal(value) // strings and bools always encode
	return strings.ReplaceAll(string(encoded), "{{", `\u007b\u007b`)
}
