package mapping_test

import (
	"encoding/json"
	"slices"
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
		" \u00a0\u200b\ufeff ":         "",
		"ANN@example.com\u00a0":        "ann@example.com",
		"\ufeffan\u200bn@exam\u00adple.com\u200e\r\n": "ann@example.com",
	} {
		r := mapping.Customer(bigcommerce.Customer{ID: 1, Email: text}, shop(), connection.RecordState{})
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
		got := only[*ometria.Contact](t, mapping.Customer(customer, shop(), connection.RecordState{}))
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
			customer := mapping.Customer(bigcommerce.Customer{ID: 1, Email: "a@example.com", DateCreated: created, DateModified: modified}, ctx, connection.RecordState{})
			subscriber := mapping.Subscriber(bigcommerce.Subscriber{ID: 1, Email: "a@example.com", DateCreated: created, DateModified: modified}, ctx, connection.RecordState{})
			order := mapping.Order(order(func(o *bigcommerce.Order) { o.DateCreated, o.DateModified = created, modified }), nil, ctx, connection.RecordState{})
			for _, r := range []mapping.Result{customer, subscriber, order} {
				assert.Equal(t, c.skipped, r.Skip != nil)
				if c.skipped {
					assert.Equal(t, connection.ReasonBeforeStart, r.Skip.Code)
				}
			}
			// What Ometria already holds is kept up to date.
			held := connection.RecordState{Exists: true}
			for _, again := range []mapping.Result{
				mapping.Customer(bigcommerce.Customer{ID: 1, Email: "a@example.com", DateCreated: created, DateModified: modified}, ctx, held),
				mapping.Subscriber(bigcommerce.Subscriber{ID: 1, Email: "a@example.com", DateCreated: created, DateModified: modified}, ctx, held),
			} {
				assert.Nil(t, again.Skip)
				assert.Len(t, again.Records, 1)
			}
		})
	}
}

func TestContactsWithoutId(t *testing.T) {
	for _, r := range []mapping.Result{
		mapping.Customer(bigcommerce.Customer{Email: "a@example.com"}, shop(), connection.RecordState{}),
		mapping.Subscriber(bigcommerce.Subscriber{ID: -1, Email: "a@example.com"}, shop(), connection.RecordState{}),
	} {
		require.NotNil(t, r.Reject)
		assert.Equal(t, "id", r.Reject.Path)
		assert.Equal(t, connection.ReasonUnmappable, r.Reject.Code)
	}
}

// The API names no default address and promises no order.
func TestHomeCountry(t *testing.T) {
	for _, c := range []struct {
		name      string
		addresses []bigcommerce.Address
		want      string
	}{
		{"none", nil, ""},
		{"the oldest", []bigcommerce.Address{{ID: 9, CountryCode: "FR"}, {ID: 3, CountryCode: "GB"}, {ID: 5, CountryCode: "DE"}}, "GB"},
		{"the oldest that has one", []bigcommerce.Address{{ID: 9, CountryCode: "FR"}, {ID: 3}, {ID: 4, CountryCode: "United Kingdom"}}, "FR"},
		{"as it comes", []bigcommerce.Address{{ID: 9, CountryCode: " ie\u200b"}}, "IE"},
	} {
		got := only[*ometria.Contact](t, mapping.Customer(bigcommerce.Customer{ID: 1, Email: "a@example.com", Addresses: c.addresses}, shop(), connection.RecordState{}))
		assert.Equal(t, c.want, got.CountryID, c.name)
	}
}

func TestCreationDates(t *testing.T) {
	for text, want := range map[string]string{
		`"2025-11-02T08:15:00Z"`: "2025-11-02T08:15:00Z", `"2025-11-02T08:15:00+02:00"`: "2025-11-02T06:15:00Z",
		`"Sun, 02 Nov 2025 08:15:00 +0000"`: "2025-11-02T08:15:00Z", `""`: "", `null`: "", `"0000-00-00"`: "",
		`"-0001-11-30T00:00:00+00:00"`: "", `"Wed, 30 Nov -0001 00:00:00 +0000"`: "", `"0001-01-01T00:00:00Z"`: "",
	} {
		var customer bigcommerce.Customer
		require.NoError(t, json.Unmarshal([]byte(`{"id":1,"email":"a@example.com","date_created":`+text+`}`), &customer), text)
		acquired := only[*ometria.Contact](t, mapping.Customer(customer, shop(), connection.RecordState{})).TimestampAcquired
		var subscriber bigcommerce.Subscriber
		require.NoError(t, json.Unmarshal([]byte(`{"id":1,"email":"a@example.com","date_created":`+text+`}`), &subscriber), text)
		assert.Equal(t, acquired, only[*ometria.Contact](t, mapping.Subscriber(subscriber, shop(), connection.RecordState{})).TimestampAcquired)
		if want == "" {
			assert.True(t, acquired.IsZero(), text)
			continue
		}
		assert.Equal(t, want, acquired.Format(time.RFC3339), text)
	}
}

// Storefronts may hold an account each under one address. Each stays a contact
// of its own, with its own names and orders; Ometria joins them into one profile
// by the address, which therefore must be spelt alike.
func TestOneAddressOnSeveralStorefronts(t *testing.T) {
	accounts := []bigcommerce.Customer{
		{ID: 11, Email: "Ann@Example.com", FirstName: "Ann", OriginChannelID: 1, ChannelIDs: []int64{1}},
		{ID: 12, Email: "ann@example.com ", FirstName: "Annie", OriginChannelID: 1024, ChannelIDs: []int64{1024}},
		{ID: 13, Email: "ANN@EXAMPLE.COM", OriginChannelID: 0, ChannelIDs: nil},
	}
	var all []ometria.Record
	for i, want := range []struct {
		id, name string
		channel  any
	}{{"11", "Ann", "1"}, {"12", "Annie", "1024"}, {"13", "", nil}} {
		c := only[*ometria.Contact](t, mapping.Customer(accounts[i], shop(), connection.RecordState{}))
		assert.Equal(t, []any{want.id, want.id, "ann@example.com", want.name, want.channel},
			[]any{c.ID, c.CustomerID, c.Email, c.FirstName, c.Properties["channel"]})
		all = append(all, c)
	}
	valid(t, all) // three keys, in one push
}

// A customer and a subscriber of one address are one person at Ometria,
// whichever comes first: neither overwrites the other's contact, and they agree
// on the address.
func TestOnePersonIsCustomerAndSubscriber(t *testing.T) {
	customer := only[*ometria.Contact](t, mapping.Customer(bigcommerce.Customer{ID: 7, Email: "Ann@Example.com"}, shop(), connection.RecordState{}))
	subscriber := only[*ometria.Contact](t, mapping.Subscriber(bigcommerce.Subscriber{ID: 7, Email: "ann@example.COM", Consents: yes}, shop(), connection.RecordState{}))
	assert.Equal(t, customer.Email, subscriber.Email)
	assert.NotEqual(t, customer.Key(), subscriber.Key())
	assert.Empty(t, subscriber.CustomerID, "ids of subscribers are no ids of customers")
	assert.Empty(t, customer.MarketingOptin)
	valid(t, []ometria.Record{customer, subscriber})
	valid(t, []ometria.Record{subscriber, customer})
}

// An account is no consent, whatever else it agrees to.
func TestCustomersNeverSpeakOfConsent(t *testing.T) {
	for _, settings := range []connection.Settings{
		{}, {ForceOptin: true}, {HistoryConsent: connection.HistoryConsentSend, ForceOptin: true},
		{CustomersCollection: "subscribers", SubscribersCollection: "news", ForceOptin: true},
	} {
		ctx := shop(func(c *mapping.Context) { c.Settings = settings })
		c := bigcommerce.Customer{ID: 1, Email: "a@example.com", AcceptsReviewAndCartEmails: true, DateCreated: at(after), DateModified: at(after)}
		data, err := ometria.Encode(only[*ometria.Contact](t, mapping.Customer(c, ctx, connection.RecordState{})))
		require.NoError(t, err)
		for _, word := range []string{"marketing_optin", "@force_optin", "timestamp_subscribed", "timestamp_unsubscribed"} {
			assert.NotContains(t, string(data), word)
		}
		for _, state := range []connection.RecordState{{}, {Exists: true}, {Exists: true, ConsentSeen: connection.ConsentYes}} {
			gone := mapping.Gone(connection.Customers, 1, ctx, state)
			assert.Empty(t, gone.Records, "deleting an account is no opt-out")
			assert.Equal(t, state, gone.State)
		}
	}
}

// Each setting of contacts, chosen and not.
func TestContactSettingsBothWays(t *testing.T) {
	customer := bigcommerce.Customer{ID: 3, Email: "a@example.com"}
	subscriber := bigcommerce.Subscriber{ID: 4, Email: "a@example.com", Consents: yes, DateCreated: at(after), DateModified: at(after)}
	seen := connection.RecordState{Exists: true, ConsentSeen: connection.ConsentYes}
	for _, c := range []struct {
		settings               connection.Settings
		customers, subscribers ometria.Key
		forced                 bool
	}{
		{connection.Settings{}, contactKey("customers", "3"), contactKey("subscribers", "4"), false},
		{connection.Settings{IDPrefix: "uk-"}, contactKey("customers", "uk-3"), contactKey("subscribers", "uk-4"), false},
		{connection.Settings{CustomersCollection: "shop"}, contactKey("shop", "3"), contactKey("subscribers", "4"), false},
		{connection.Settings{SubscribersCollection: "news"}, contactKey("customers", "3"), contactKey("news", "4"), false},
		{connection.Settings{CustomersCollection: "subscribers", SubscribersCollection: "customers"}, contactKey("subscribers", "3"), contactKey("customers", "4"), false},
		{connection.Settings{ForceOptin: true}, contactKey("customers", "3"), contactKey("subscribers", "4"), true},
	} {
		ctx := shop(func(x *mapping.Context) { x.Settings = c.settings })
		account := only[*ometria.Contact](t, mapping.Customer(customer, ctx, connection.RecordState{}))
		assert.Equal(t, c.customers, account.Key())
		assert.Equal(t, account.ID, account.CustomerID)
		first := only[*ometria.Contact](t, mapping.Subscriber(subscriber, ctx, connection.RecordState{}))
		again := only[*ometria.Contact](t, mapping.Subscriber(subscriber, ctx, seen))
		gone := only[*ometria.Contact](t, mapping.Gone(connection.Subscribers, 4, ctx, seen))
		for _, contact := range []*ometria.Contact{first, again, gone} {
			assert.Equal(t, c.subscribers, contact.Key())
			assert.Equal(t, c.forced && contact.MarketingOptin != "", contact.ForceOptin)
		}
		for key, want := range map[ometria.Key]connection.Entity{c.customers: connection.Customers, c.subscribers: connection.Subscribers} {
			entity, _, ok := mapping.RecordKeyOf(c.settings, key.Type, key.Collection, key.ID)
			assert.True(t, ok)
			assert.Equal(t, want, entity)
		}
		_, _, ok := mapping.RecordKeyOf(c.settings, ometria.TypeContact, "default", c.customers.ID)
		assert.False(t, ok, "another source's collection")
	}
}

func contactKey(collection, id string) ometria.Key {
	return ometria.Key{Type: ometria.TypeContact, Collection: collection, ID: id}
}

// BigCommerce promises no order of form fields and attributes, and keeps names
// apart that differ by a space.
func TestFieldsOfOneNameInAnyOrder(t *testing.T) {
	ctx := shop(func(c *mapping.Context) {
		c.Attributes = map[int64]string{1: "Tier", 2: "Tier "}
		c.PasswordFields = map[string]bool{" Word": true}
	})
	answer := func(name, text string) bigcommerce.FormField {
		return bigcommerce.FormField{Name: name, Value: bigcommerce.FieldValue{Kind: bigcommerce.FieldText, Text: text}}
	}
	customer := bigcommerce.Customer{ID: 1, Email: "a@example.com",
		FormFields: []bigcommerce.FormField{answer("Size", "M"), answer(" Size", "L"), answer("Word", "plain"), answer(" Word", "swordfish")},
		Attributes: []bigcommerce.AttributeValue{{AttributeID: 2, Value: "new"}, {AttributeID: 1, Value: "old"}},
	}
	for range 2 {
		got := only[*ometria.Contact](t, mapping.Customer(customer, ctx, connection.RecordState{}))
		assert.Equal(t, ometria.Properties{"size": "L", "tier": "old"}, got.Properties, "no answer to what may be a password")
		slices.Reverse(customer.FormFields)
		slices.Reverse(customer.Attributes)
	}
}
