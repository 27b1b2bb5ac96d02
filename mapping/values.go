package mapping

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

var (
	// A dot-atom and a host name of two labels or more (RFC 5321).
	emailForm = regexp.MustCompile(`^[a-z0-9!#$%&'*+/=?^_{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_{|}~-]+)*` +
		`@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
	countryForm  = regexp.MustCompile(`^[A-Z]{2}$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
	phoneForm    = regexp.MustCompile(`^\+[1-9]\d{4,14}$`)
)

// email is the address trimmed, without what cannot be seen and in lower case,
// its domain in ASCII, or "" when nothing can be sent to it.
func email(text string) string {
	text = strings.ToLower(trim(dropped(invisible, text)))
	local, domain, _ := strings.Cut(text, "@")
	if strings.ContainsFunc(domain, func(r rune) bool { return r > unicode.MaxASCII }) {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return ""
		}
		text = local + "@" + ascii
	}
	if len(text) > 254 || len(local) > 64 || !emailForm.MatchString(text) {
		return ""
	}
	return text
}

// phone is the number in E.164, or "" when it is none in any of the countries
// that a number without a country code may be of.
func phone(text string, countries ...string) ometria.Phone {
	text = trim(text)
	if text == "" || len(text) > 40 {
		return ""
	}
	for _, country := range append(countries, "ZZ") { // ZZ: only with its own +
		if country == "" {
			continue
		}
		number, err := phonenumbers.Parse(text, country)
		if err != nil || !phonenumbers.IsValidNumber(number) {
			continue
		}
		if e164 := phonenumbers.Format(number, phonenumbers.E164); phoneForm.MatchString(e164) {
			return ometria.Phone(e164)
		}
	}
	return ""
}

// country is an ISO 3166-1 alpha-2 code in upper case, or "".
func country(code string) string {
	code = strings.ToUpper(trim(code))
	if !countryForm.MatchString(code) {
		return ""
	}
	return code
}

// currency is an ISO 4217 code in upper case, or "".
func currency(code string) string {
	code = strings.ToUpper(trim(code))
	if !currencyForm.MatchString(code) {
		return ""
	}
	return code
}

// moment is t for Ometria, or zero for the dates that stand for none, such as
// the year 0 or -1 of old rows.
func moment(t time.Time) ometria.Time {
	if t.UTC().Year() < 1970 || t.UTC().Year() > 9999 {
		return ometria.Time{}
	}
	return ometria.NewTime(t)
}

// amount is m for Ometria, or nil when there is none.
func amount(m bigcommerce.Money) *ometria.Amount {
	if !m.Valid {
		return nil
	}
	return ometria.NewAmount(m.Decimal)
}

// invisible are characters that people paste without seeing them: zero-width
// ones, marks of direction, soft hyphens. U+200D joins emoji and stays inside a
// text.
func invisible(r rune) bool {
	switch {
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u2064', r == '\ufeff', r == '\u00ad':
		return true
	}
	return false
}

// control are the characters that no text needs: databases refuse some of them.
func control(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

// trim is text without control characters, and without anything that cannot be
// seen around it. Markup and entities stay as they are: what shows a text must
// escape it.
func trim(text string) string {
	if strings.ContainsFunc(text, control) {
		text = dropped(control, text)
	}
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) })
}

func dropped(drop func(rune) bool, text string) string {
	return strings.Map(func(r rune) rune {
		if drop(r) {
			return -1
		}
		return r
	}, text)
}

// dayForms are the ways to write a day that can be read in one way only. Not
// 02/03/2026: what is March in one country is February in the other, and a
// field must not come in two forms.
var dayForms = []string{
	time.DateOnly, "2006/01/02", // ISO 8601
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", time.DateTime, // BigCommerce v3
	time.RFC1123Z, time.RFC1123, // BigCommerce v2
}

// day is the day that text names, as YYYY-MM-DD, or "". A time of day other
// than midnight makes the day depend on the zone, so it is none.
func day(text string) string {
	if len(text) < len(time.DateOnly) || len(text) > 40 {
		return ""
	}
	for _, form := range dayForms {
		t, err := time.Parse(form, text)
		if err == nil && t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0 && t.Year() > 0 {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}

// stores is the one store id as contacts carry it.
func (c Context) stores() []string {
	if c.Store.Domain == "" {
		return nil
	}
	return []string{c.Store.Domain}
}
