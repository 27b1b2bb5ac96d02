package ometria

import "encoding/json"

// Optin is a contact's marketing_optin. Ometria's help also names true and
// false; pushes send the strings.
type Optin string

// The opt-ins (How contacts become subscribed).
const (
	OptedIn  Optin = "EXPLICITLY_OPTEDIN"
	OptedOut Optin = "EXPLICITLY_OPTEDOUT"
	OptUnset Optin = "NOT_SPECIFIED"
)

// UnmarshalJSON also takes true and false, as Ometria may give them back.
func (o *Optin) UnmarshalJSON(data []byte) error {
	*o = ""
	var s string
	var b *bool
	switch {
	case json.Unmarshal(data, &s) == nil:
		*o = Optin(s)
	case json.Unmarshal(data, &b) == nil && b != nil && *b:
		*o = OptedIn
	case b != nil:
		*o = OptedOut
	}
	return nil
}

// Phone is a number in E.164. Read back it may be an object with number and
// country_code; then Phone is its number.
type Phone string

// UnmarshalJSON takes a string or an object with a number.
func (p *Phone) UnmarshalJSON(data []byte) error {
	*p = ""
	var s string
	if json.Unmarshal(data, &s) == nil {
		*p = Phone(s)
		return nil
	}
	var object struct{ Number json.RawMessage }
	if json.Unmarshal(data, &object) == nil && json.Unmarshal(object.Number, &s) == nil {
		*p = Phone(s)
	}
	return nil
}

// Contact is one person's listing in one collection (Contacts endpoint).
type Contact struct {
	Collection string `json:"@collection"`
	// Merge keeps what Ometria holds for every field that is left out.
	Merge bool `json:"@merge,omitempty"`
	// ForceOptin makes this MarketingOptin win over every other listing for
	// good; sensible only beside MarketingOptin (Force opt-in).
	ForceOptin bool `json:"@force_optin,omitempty"`
	// ID is unique in its collection and holds no e-mail, phone or name.
	ID    string `json:"id"`
	Email string `json:"email,omitempty"`
	// CustomerID is what orders name as customer.id.
	CustomerID            string     `json:"customer_id,omitempty"`
	MarketingOptin        Optin      `json:"marketing_optin,omitempty"`
	FirstName             string     `json:"firstname,omitempty"`
	LastName              string     `json:"lastname,omitempty"`
	PhoneNumber           Phone      `json:"phone_number,omitempty"`
	CountryID             string     `json:"country_id,omitempty"` // ISO 3166-1 alpha-2
	TimestampAcquired     Time       `json:"timestamp_acquired,omitzero"`
	TimestampSubscribed   Time       `json:"timestamp_subscribed,omitzero"`
	TimestampUnsubscribed Time       `json:"timestamp_unsubscribed,omitzero"`
	StoreIDs              []string   `json:"store_ids,omitempty"`
	Properties            Properties `json:"properties,omitempty"`
}

// Type returns TypeContact.
func (*Contact) Type() Type { return TypeContact }

// Key returns what identifies the contact at Ometria.
func (c *Contact) Key() Key { return Key{TypeContact, c.Collection, c.ID} }

// MarshalJSON puts @type before the fields.
func (c Contact) MarshalJSON() ([]byte, error) {
	type fields Contact
	return marshal(struct {
		Type Type `json:"@type"`
		fields
	}{TypeContact, fields(c)})
}
