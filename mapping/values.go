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

// email is the address trimmed and in lower case, its domain in ASCII, or ""
// when nothing can be sent to it.
func email(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
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
	text = strings.TrimSpace(text)
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
	code = strings.ToUpper(strings.TrimSpace(code))
	if !countryForm.MatchString(code) {
		return ""
	}
	return code
}

// currency is an ISO 4217 code in upper case, or "".
func currency(code string) string {
	code = strings.ToUpper(strings.TrimSpace(code))
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

// isDate reports whether text is a day in ISO 8601.
func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

func trim(text string) string { return strings.TrimSpace(text) }

// stores is the one store id as contacts carry it.
func (c Context) stores() []string {
	if c.Store.Domain == "" {
		return nil
	}
	return []string{c.Store.Domain}
}
