package ometriasim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Profile is one person: the contacts that Ometria takes for the same (pages
// "Contacts endpoint" and "How profiles are merged"). It cannot be written.
type Profile struct {
	Type       string `json:"@type"` // profile
	ID         string `json:"id"`
	Email      string `json:"email,omitempty"`
	CustomerID string `json:"customer_id,omitempty"`
	FirstName  string `json:"firstname,omitempty"`
	LastName   string `json:"lastname,omitempty"`
	// MarketingOptin is false as soon as one contact has opted out, unless one
	// that forces its own says otherwise; nil when none says anything (page
	// "Force opt-in").
	MarketingOptin *bool `json:"marketing_optin,omitempty"`
	// Contacts are those that were joined, in the order in which they came.
	Contacts []Key `json:"-"`
	forced   bool
}

// Profiles joins the contacts held, as they first came. A customer_id decides,
// then an e-mail address, whatever its case: customers of one address but
// different customer_ids are different people, and of those a contact without a
// customer_id joins one that has none, or else is a person of its own. Orders,
// which make profiles too, are not looked at.
func (a *Account) Profiles() []Profile {
	a.mu.Lock()
	var contacts []*Record
	for key, held := range a.held {
		if key.Type == "contact" {
			contacts = append(contacts, held)
		}
	}
	slices.SortFunc(contacts, func(x, y *Record) int { return cmp.Compare(x.arrival, y.arrival) })
	list := make([]Record, len(contacts))
	for i, held := range contacts {
		list[i] = *held
	}
	a.mu.Unlock()

	var people []*Profile
	for _, held := range list {
		var c contactFields
		if json.Unmarshal(held.Record, &c) != nil {
			continue // not kept, or of another form
		}
		person := match(people, c)
		if person == nil {
			person = &Profile{Type: "profile", ID: strconv.Itoa(len(people) + 1)}
			people = append(people, person)
		}
		person.join(held.Key, c)
	}
	profiles := make([]Profile, len(people))
	for i, person := range people {
		profiles[i] = *person
	}
	return profiles
}

type contactFields struct {
	Email      string `json:"email"`
	CustomerID string `json:"customer_id"`
	FirstName  string `json:"firstname"`
	LastName   string `json:"lastname"`
	Optin      any    `json:"marketing_optin"`
	Force      bool   `json:"@force_optin"`
}

// match returns the person whom a contact is about, or nil for a new one.
func match(people []*Profile, c contactFields) *Profile {
	var sameEmail []*Profile
	for _, p := range people {
		if c.CustomerID != "" && p.CustomerID == c.CustomerID {
			return p
		}
		if c.Email != "" && strings.EqualFold(p.Email, c.Email) {
			sameEmail = append(sameEmail, p)
		}
	}
	for _, p := range sameEmail {
		if p.CustomerID == "" {
			return p
		}
	}
	if c.CustomerID == "" && len(sameEmail) == 1 {
		return sameEmail[0]
	}
	return nil
}

func (p *Profile) join(key Key, c contactFields) {
	p.Contacts = append(p.Contacts, key)
	p.Email, p.CustomerID = cmp.Or(p.Email, c.Email), cmp.Or(p.CustomerID, c.CustomerID)
	p.FirstName, p.LastName = cmp.Or(c.FirstName, p.FirstName), cmp.Or(c.LastName, p.LastName)
	var in bool
	switch c.Optin {
	case true, "EXPLICITLY_OPTEDIN":
		in = true
	case false, "EXPLICITLY_OPTEDOUT":
	default:
		return
	}
	if p.forced && !c.Force {
		return
	}
	if c.Force {
		p.MarketingOptin, p.forced = &in, true
	} else if p.MarketingOptin == nil || *p.MarketingOptin {
		p.MarketingOptin = &in
	}
}

// listProfiles takes email= and answers an array.
func listProfiles(a *Account, w http.ResponseWriter, r *http.Request) {
	offset, limit, ok := window(w, r)
	if !ok {
		return
	}
	profiles := a.Profiles()
	if email := r.URL.Query().Get("email"); email != "" {
		profiles = slices.DeleteFunc(profiles, func(p Profile) bool { return !strings.EqualFold(p.Email, email) })
	}
	offset = min(offset, len(profiles))
	write(w, http.StatusOK, profiles[offset:min(offset+limit, len(profiles))])
}

func getProfile(a *Account, w http.ResponseWriter, r *http.Request) {
	for _, p := range a.Profiles() {
		if p.ID == r.PathValue("id") {
			write(w, http.StatusOK, p)
			return
		}
	}
	fail(w, http.StatusNotFound, "Not found")
}
