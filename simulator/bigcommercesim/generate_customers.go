package bigcommercesim

import (
	"fmt"
	"math"
)

// formFieldTypes are the sign-up form of the store: each type that a merchant
// can add, by the name that form-field-values filters on.
var formFieldTypes = map[string]string{
	"VAT number": "text", "About you": "multiline", "Shoe size": "numbers", "Birthday": "date",
	"Interests": "checkboxes", "Preferred contact": "radiobuttons",
	"How did you hear about us?": "picklist", "Secret word": "password",
	"Delivery instructions": "text",
}

var (
	interests     = []string{"Hats", "Shoes", "Gardening", "Cycling", "Cooking"}
	contactWays   = []string{"E-mail", "Phone", "Post"}
	heardFrom     = []string{"Friend", "Search engine", "Magazine", "Podcast"}
	instructions  = []string{"Leave at the front door", "Ring twice", "Behind the shed"}
	attributeRows = []string{"Loyalty tier", "Sales representative"}
	tiers         = []string{"Bronze", "Silver", "Gold"}
)

func (g *generator) customer(id int64) *customer {
	p := g.person(customerSalt, id)
	f := g.fake(customerSalt, id)
	created, modified := g.customerLine.created(id), g.customerLine.modified(id)
	c := &customer{
		ID: id, Email: p.email, FirstName: p.first, LastName: p.last, Company: p.company, Phone: p.phone,
		DateCreated: zulu(created), DateModified: zulu(modified), OriginChannelID: 1, ChannelIDs: []int64{1},
		RegistrationIPAddress:                   fmt.Sprintf("203.0.113.%d", f.Rand.IntN(255)),
		AcceptsProductReviewAbandonedCartEmails: f.one(50),
		Addresses:                               []address{}, Attributes: []attribute{}, FormFields: []formField{}, StoreCreditAmounts: []storeCredit{{0}},
	}
	if f.one(30) {
		c.CustomerGroupID = int64(f.Rand.IntN(len(groupNames))) + 1
	}
	if f.one(10) {
		c.StoreCreditAmounts[0].Amount = cents(int64(f.Rand.IntN(10_000)))
	}
	if f.one(5) {
		c.Notes = "Preferred customer"
	}
	for n := range f.Rand.IntN(3) {
		c.Addresses = append(c.Addresses, g.address(f, p, id, id*10+int64(n)))
	}
	c.FormFields = signUpForm(f, id)
	for n, name := range attributeRows {
		if f.one(30) {
			value := pick(f, tiers)
			if name == "Sales representative" {
				value = f.LastName()
			}
			c.Attributes = append(c.Attributes, attribute{
				ID: id*10 + int64(n), AttributeID: int64(n) + 1, AttributeValue: value, CustomerID: id,
				DateCreated: zulu(created), DateModified: zulu(modified),
			})
		}
	}
	c.count()
	return c
}

// count brings the counters in line with the lists.
func (c *customer) count() {
	c.AddressCount, c.AttributeCount = len(c.Addresses), len(c.Attributes)
}

func (g *generator) address(f fake, p person, customerID, id int64) address {
	a := address{
		ID: id, CustomerID: customerID, FirstName: p.first, LastName: p.last, Company: p.company,
		Address1: p.street, City: p.city, StateOrProvince: p.state, PostalCode: p.zip,
		CountryCode: p.iso, Country: p.country, Phone: p.phone, AddressType: "residential", FormFields: []formField{},
	}
	if f.one(25) {
		a.FormFields = append(a.FormFields, formField{Name: "Delivery instructions", Value: pick(f, instructions), AddressID: id})
	}
	return a
}

func signUpForm(f fake, id int64) []formField {
	fields := []formField{}
	add := func(percent int, name string, value func() any) {
		v := value() // always drawn, so that records stay apart from chances
		if f.one(percent) {
			fields = append(fields, formField{Name: name, Value: v, CustomerID: id})
		}
	}
	add(80, "How did you hear about us?", func() any { return pick(f, heardFrom) })
	add(60, "Shoe size", func() any { return math.Round((35+f.Rand.Float64()*12)*2) / 2 })
	add(60, "Birthday", func() any {
		return fmt.Sprintf("%d-%02d-%02d", 1940+f.Rand.IntN(65), 1+f.Rand.IntN(12), 1+f.Rand.IntN(28))
	})
	add(70, "Interests", func() any {
		first := f.Rand.IntN(len(interests))
		return append([]string(nil), interests[first:min(first+1+f.Rand.IntN(3), len(interests))]...)
	})
	add(50, "Preferred contact", func() any { return pick(f, contactWays) })
	add(30, "VAT number", func() any { return fmt.Sprintf("GB%09d", f.Rand.IntN(1_000_000_000)) })
	add(30, "About you", func() any { return "I like " + f.Hobby() + ".\nAnd " + f.Hobby() + "." })
	add(20, "Secret word", func() any { return f.Color() + f.Zip() })
	return fields
}

var groupNames = []string{"Retail", "Wholesale", "VIP"}

// subscriber shares its e-mail with a customer in three of five rows.
func (g *generator) subscriber(id int64) *subscriber {
	f := g.fake(subscriberSalt, id)
	var p person
	if n := id - firstSubscriber; n%5 < 3 && n < g.customerLine.count {
		p = g.person(customerSalt, firstCustomer+n)
	} else {
		p = g.person(subscriberSalt, id)
	}
	s := &subscriber{
		ID: id, Email: p.email, FirstName: p.first, LastName: p.last, ChannelID: 1, Consents: []string{},
		Source:      pick(f, []string{"storefront", "storefront", "storefront", "order", "order", "custom"}),
		DateCreated: zulu(g.subscriberLine.created(id)), DateModified: zulu(g.subscriberLine.modified(id)),
	}
	switch chance := f.Rand.IntN(100); {
	case chance < 45:
		s.Consents = append(s.Consents, "marketing_newsletter")
	case chance < 65:
		s.Consents = append(s.Consents, "marketing_newsletter", "abandoned_cart")
	case chance < 70:
		s.Consents = append(s.Consents, "abandoned_cart")
	}
	if s.Source == "order" && f.one(20) && g.orderLine.count > 0 {
		orderID := firstOrder + f.Rand.Int64N(g.orderLine.count)
		s.OrderID = &orderID
	}
	return s
}

// cents turns an amount in hundredths into what JSON carries.
func cents(n int64) float64 { return float64(n) / 100 }
