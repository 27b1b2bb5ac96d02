package specgen

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// hostile are texts that break what was not written with care.
var hostile = []string{
	"", " ", "\t\n", "0", "-1", "1e400", "NaN", "null", "true", "__proto__", "Größe", "尺寸", "Tallà", "İ", "ß",
	`<script>alert("x")</script>`, "<b>Bold</b> & co. &amp; \"quoted\" 'single'", "{{handlebars}}", "a\\b/c", "$.properties", "../../etc",
	"👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u202eright to left\u202c", "שלום עולם", "مرحبا", "e\u0301\u0327", "\u200b\u200d\ufeff", "line\u2028separator", "\ufffd",
	"control \u0001\u0008\u001b[31m\u007f\u009f", "A+", "A-", "-", "+", "#", "Fancy Hats", "fancy hats", "fancy-hats", "company", "store_credit",
	strings.Repeat("long ", 100), strings.Repeat("長", 400), strings.Repeat("x", 5_000), strings.Repeat("🎁", 20_000),
}

// anyText is one of the hostile texts, or any text without NUL.
func anyText(t *rapid.T, label string) string {
	if rapid.Bool().Draw(t, label+" is hostile") {
		return rapid.SampledFrom(hostile).Draw(t, label)
	}
	return strings.ReplaceAll(rapid.StringN(0, 20, 80).Draw(t, label), "\x00", "")
}

// Text is any text, hostile ones among them.
func Text() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string { return anyText(t, "text") })
}

// meant draws what a field of a name is for, or nothing for a name that says
// nothing.
func (d drawing) meant(name string) (string, bool) {
	one := func(of ...string) (string, bool) { return rapid.SampledFrom(of).Draw(d.T, name), true }
	switch {
	case strings.Contains(name, "email"):
		if !d.among(30, name+" is odd") {
			return one("nora@example.com", "Nora.Quill@Example.COM", "o'hara+shop@mail.example.co.uk")
		}
		return one(" sam@example.com ", "grüße@bücher.example",
			"a@bücher.example", "not an address", "@", "x@y", "", strings.Repeat("a", 64)+"@example.com", strings.Repeat("a", 65)+"@example.com")
	case strings.HasPrefix(name, "date_") || name == "created":
		return one(d.date(), d.date(), d.date(), "", "0000-00-00 00:00:00", "1901-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000")
	case strings.Contains(name, "country_iso2") || name == "country_code" || strings.Contains(name, "alpha2"):
		return one("GB", "FR", "US", "gb", "", "UK", "??")
	case strings.Contains(name, "currency_code"):
		return one("GBP", "GBP", "GBP", "gbp", "EUR", "")
	case strings.Contains(name, "phone"):
		return one("020 7946 0958", "+33 1 42 68 53 00", "call me", "", "(555) 0100", "+1", "00442079460958")
	case strings.HasSuffix(name, "url") || strings.HasPrefix(name, "url_") || name == "image_url":
		return one("/ball-of-twine/", "https://cdn.tideandtwine.test/a.jpg", "", "/a b/ü?q=1&r=<2>#x", "//other.test/x", "http://[::1", "javascript:alert(1)",
			"ball of twine", "/%zz", "https://tideandtwine.test/"+strings.Repeat("p", 200))
	case money(name):
		if d.among(10, name+" is odd") {
			return one("0.0000", "-5.0000", "1e3", "99999999999.9999", "0.00001", "")
		}
		return fmt.Sprintf("%d.%04d", rapid.IntRange(0, 500).Draw(d.T, name), 100*rapid.IntRange(0, 99).Draw(d.T, name+" cents")), true
	case name == "external_source":
		return one("", "M-MIG", "eBay UK", "POS")
	case name == "order_source":
		return one("www", "manual", "external", "mobile")
	case name == "payment_method":
		return one("Credit Card", "Test Payment Gateway", "Manual", "")
	}
	return "", false
}

func money(name string) bool {
	for _, part := range []string{"_tax", "price", "amount", "cost", "total", "discount", "_rate"} {
		if strings.Contains(name, part) && !strings.HasPrefix(name, "tax_") && !strings.Contains(name, "provider") && !strings.Contains(name, "label") {
			return true
		}
	}
	return false
}

// date is a moment in one of the forms that BigCommerce writes.
func (d drawing) date() string {
	at := time.Unix(rapid.Int64Range(1_500_000_000, 1_800_000_000).Draw(d.T, "moment"), 0).In(time.FixedZone("", 3600*rapid.IntRange(-12, 14).Draw(d.T, "zone")))
	return at.Format(rapid.SampledFrom([]string{time.RFC3339, time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700", "2006-01-02T15:04:05.000Z07:00"}).Draw(d.T, "form"))
}

// text draws a text that fits the schema: mostly what the field is for.
func (d drawing) text(s *openapi3.Schema, name string) string {
	switch s.Format {
	case "date-time":
		at := time.Unix(rapid.Int64Range(-2_000_000_000, 4_000_000_000).Draw(d.T, name), 0).UTC()
		return at.Format(time.RFC3339)
	case "date":
		return time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(d.T, name), 0).UTC().Format(time.DateOnly)
	}
	text, ok := "", false
	if read := money(name) || strings.HasPrefix(name, "date_"); read && !d.absurd || !d.among(8, name+" is any text") {
		text, ok = d.meant(name)
	}
	if !ok {
		text = anyText(d.T, name)
	}
	most := math.MaxInt
	if s.MaxLength != nil {
		most = int(*s.MaxLength)
	}
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most])
	}
	for utf8.RuneCountInString(text) < int(s.MinLength) {
		text += "z"
	}
	return text
}
