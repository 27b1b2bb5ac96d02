package mapping_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

func TestEmail(t *testing.T) {
	for text, want := range map[string]string{
		" Ann.O'Neil+x@Example.CO.UK ": "ann.o'neil+x@example.co.uk",
		"ann@example":                  "",
		"ann@@example.com":             "",
		"ann example@example.com":      "",
		"Ann <ann@example.com>":        "",
		"ann@example.com, b@c.com":     "",
		`"ann b"@example.com`:          "",
		".ann@example.com":             "",
		"ann@exam ple.com":             "",
		"ann@!x.com":                   "",
		"ann@-x.com":                   "",
		"ann@1.2.3.4":                  "",
		"ann..b@example.com":           "",
		"änn@example.com":              "",
		"Ann@BÜCHER.example":           "ann@xn--bcher-kva.example",
		"ann@example.c":                "",
		"":                             "",
	} {
		r := mapping.Customer(bigcommerce.Customer{ID: 1, Email: text}, shop())
		if want == "" {
			require.NotNil(t, r.Skip, "%q", text)
			assert.Equal(t, connection.ReasonInvalidEmail, r.Skip.Code)
			assert.Empty(t, r.Records)
			continue
		}
		assert.Equal(t, want, only[*ometria.Contact](t, r).Email)
	}
}

func TestPhone(t *testing.T) {
	for _, c := range []struct{ text, home, want string }{
		{"020 7946 0958", "", "+442079460958"},              // the store's country
		{"+1 (212) 555-0123", "", "+12125550123"},           // its own
		{"06 12 34 56 78", "FR", "+33612345678"},            // the customer's country first
		{"020 7946 0958", "US", "+442079460958"},            // no number there, one here
		{"0044 20 7946 0958", "GB", "+442079460958"},        // dialled
		{"555-0123", "", ""},                                // half a number
		{"call me", "", ""},                                 //
		{"+999 1234567", "", ""},                            // no such country
		{"020 7946 0958 ext. 3 or 020 7946 0959", "GB", ""}, // too long to be one
	} {
		customer := bigcommerce.Customer{ID: 1, Email: "a@example.com", Phone: c.text}
		if c.home != "" {
			customer.Addresses = []bigcommerce.Address{{ID: 2, CountryCode: "XXX"}, {ID: 3, CountryCode: c.home}}
		}
		got := only[*ometria.Contact](t, mapping.Customer(customer, shop()))
		assert.Equal(t, c.want, string(got.PhoneNumber), "%q in %q", c.text, c.home)
		assert.Equal(t, c.home, got.CountryID)
	}
}

func TestCustomerBeforeTheStart(t *testing.T) {
	ctx := shop(func(c *mapping.Context) { c.Since = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) })
	for _, c := range []struct {
		name, created, modified string
		skipped                 bool
	}{
		{"before and untouched", "2025-12-31T23:59:59Z", "2026-02-01T00:00:00Z", true},
		{"at the first moment", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", false},
		{"before, changed since the connection", "2025-01-01T00:00:00Z", "2026-03-02T00:00:00Z", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			created, modified := at(c.created), at(c.modified)
			customer := mapping.Customer(bigcommerce.Customer{ID: 1, Email: "a@example.com", DateCreated: created, DateModified: modified}, ctx)
			subscriber := mapping.Subscriber(bigcommerce.Subscriber{ID: 1, Email: "a@example.com", DateCreated: created, DateModified: modified}, ctx, connection.RecordState{})
			order := mapping.Order(order(func(o *bigcommerce.Order) { o.DateCreated, o.DateModified = created, modified }), nil, ctx, connection.RecordState{})
			for _, r := range []mapping.Result{customer, subscriber, order} {
				assert.Equal(t, c.skipped, r.Skip != nil)
				if c.skipped {
					assert.Equal(t, connection.ReasonBeforeStart, r.Skip.Code)
				}
			}
			// What Ometria already holds is kept up to date.
			again := mapping.Subscriber(bigcommerce.Subscriber{ID: 1, Email: "a@example.com", DateCreated: created, DateModified: modified}, ctx, connection.RecordState{Exists: true})
			assert.Nil(t, again.Skip)
		})
	}
}

func TestContactsWithoutId(t *testing.T) {
	for _, r := range []mapping.Result{
		mapping.Customer(bigcommerce.Customer{Email: "a@example.com"}, shop()),
		mapping.Subscriber(bigcommerce.Subscriber{ID: -1, Email: "a@example.com"}, shop(), connection.RecordState{}),
	} {
		require.NotNil(t, r.Reject)
		assert.Equal(t, "id", r.Reject.Path)
		assert.Equal(t, connection.ReasonUnmappable, r.Reject.Code)
	}
}
