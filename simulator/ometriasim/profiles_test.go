package ometriasim_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim/ometriatest"
)

// world is a stand-in that the mapping's own records are pushed to.
func world(t *testing.T) *ometriasim.Server {
	t.Helper()
	o := ometriasim.DefaultOptions()
	o.PushesPerSecond, o.ReadsPerSecond = 0, 0
	return ometriatest.New(t, o)
}

func pushMapped(t *testing.T, s http.Handler, r mapping.Result) connection.RecordState {
	t.Helper()
	require.Nil(t, r.Skip)
	require.Nil(t, r.Reject)
	for _, record := range r.Records {
		raw, err := ometria.Encode(record)
		require.NoError(t, err)
		require.Equal(t, 1, push(t, s, string(raw)).Accepted)
	}
	return r.State
}

func profiles(t *testing.T, s http.Handler, email string) []ometriasim.Profile {
	t.Helper()
	var list []ometriasim.Profile
	require.NoError(t, json.Unmarshal(call(s, "GET", "/v2/profiles?email="+email, key, "").Body.Bytes(), &list))
	return list
}

// TestCustomerAndSubscriberAreOnePerson pushes what the mapping makes of a
// customer and of a newsletter subscriber with the same e-mail address and, as
// it happens, the same id: one person at Ometria, whichever comes first.
func TestCustomerAndSubscriberAreOnePerson(t *testing.T) {
	connected := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ctx := mapping.Context{
		Store:       connection.StoreInfo{Domain: "shop.example.com", Currency: "USD", Country: "US"},
		ConnectedAt: connected,
	}
	later := bigcommerce.Timestamp{Time: connected.Add(time.Hour)}
	customer := bigcommerce.Customer{ID: 5, Email: "Ann@Example.com", FirstName: "Ann", LastName: "Lee", DateCreated: later, DateModified: later}
	subscriber := bigcommerce.Subscriber{ID: 5, Email: " ann@example.com", Consents: []string{"marketing_newsletter"}, DateCreated: later, DateModified: later}

	var consent connection.RecordState
	account := func(t *testing.T, s http.Handler) {
		pushMapped(t, s, mapping.Customer(customer, ctx, connection.RecordState{}))
	}
	newsletter := func(t *testing.T, s http.Handler) {
		consent = pushMapped(t, s, mapping.Subscriber(subscriber, ctx, connection.RecordState{}))
	}
	for name, steps := range map[string][]func(*testing.T, http.Handler){
		"customer first":   {account, newsletter},
		"subscriber first": {newsletter, account},
	} {
		t.Run(name, func(t *testing.T) {
			s := world(t)
			for _, step := range steps {
				step(t, s)
			}
			people := profiles(t, s, "ANN@example.com")
			require.Len(t, people, 1)
			require.Equal(t, ometriasim.Profile{
				Type: "profile", ID: "1", Email: "ann@example.com", CustomerID: "5", FirstName: "Ann", LastName: "Lee", MarketingOptin: new(true),
			}, people[0])
			require.ElementsMatch(t, []ometriasim.Key{
				{Type: "contact", Collection: "customers", ID: "5"}, {Type: "contact", Collection: "subscribers", ID: "5"},
			}, s.Account("").Profiles()[0].Contacts)

			// A deletion comes without an address and still reaches the person.
			pushMapped(t, s, mapping.Gone(connection.Subscribers, 5, ctx, consent))
			require.Equal(t, new(false), profiles(t, s, "ann@example.com")[0].MarketingOptin)
			account(t, s)
			require.Equal(t, new(false), profiles(t, s, "ann@example.com")[0].MarketingOptin, "an account is no consent")
			require.Len(t, s.Account("").Profiles(), 1)
		})
	}
}

// TestProfilesOfOneAddress are BigCommerce's customers of several storefronts,
// who may share an address.
func TestProfilesOfOneAddress(t *testing.T) {
	s := open(t, nil)
	contact := func(collection, id, fields string) {
		push(t, s, `{"@type":"contact","@collection":"`+collection+`","id":"`+id+`","email":"ann@example.com"`+fields+`}`)
	}
	contact("customers", "1", `,"customer_id":"1"`)
	contact("customers", "2", `,"customer_id":"2"`)
	require.Len(t, profiles(t, s, "ann@example.com"), 2, "another customer_id is another person")
	contact("subscribers", "3", "")
	require.Len(t, profiles(t, s, "ann@example.com"), 3, "nobody can tell which of them")
	contact("pos", "4", "")
	require.Len(t, profiles(t, s, "ann@example.com"), 3)
	contact("pos", "5", `,"customer_id":"2"`)
	require.Len(t, profiles(t, s, "ann@example.com"), 3)

	require.Equal(t, 200, call(s, "GET", "/v2/profiles/2", key, "").Code)
	require.Equal(t, 404, call(s, "GET", "/v2/profiles/9", key, "").Code)
	require.Empty(t, profiles(t, s, "bob@example.com"))
}

func TestProfileOptin(t *testing.T) {
	for name, c := range map[string]struct {
		optins []string
		want   *bool
	}{
		"none says":          {[]string{``}, nil},
		"in":                 {[]string{`"marketing_optin":"EXPLICITLY_OPTEDIN"`, ``}, new(true)},
		"one opted out":      {[]string{`"marketing_optin":"EXPLICITLY_OPTEDOUT"`, `"marketing_optin":"EXPLICITLY_OPTEDIN"`}, new(false)},
		"not specified":      {[]string{`"marketing_optin":"NOT_SPECIFIED"`}, nil},
		"forced in":          {[]string{`"marketing_optin":"EXPLICITLY_OPTEDOUT"`, `"@force_optin":true,"marketing_optin":true`}, new(true)},
		"forced before":      {[]string{`"@force_optin":true,"marketing_optin":true`, `"marketing_optin":false`}, new(true)},
		"latest of two wins": {[]string{`"@force_optin":true,"marketing_optin":true`, `"@force_optin":true,"marketing_optin":false`}, new(false)},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			for i, optin := range c.optins {
				if optin != "" {
					optin = "," + optin
				}
				push(t, s, `{"@type":"contact","@collection":"`+string(rune('a'+i))+`","id":"1","email":"ann@example.com"`+optin+`}`)
			}
			require.Equal(t, c.want, profiles(t, s, "ann@example.com")[0].MarketingOptin)
		})
	}
}
