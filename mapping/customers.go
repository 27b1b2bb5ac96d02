package mapping

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Customer makes the contact of a shopper with an account. It never carries
// marketing_optin: an account is no consent.
func Customer(c bigcommerce.Customer, ctx Context, prev connection.RecordState) Result {
	if c.ID <= 0 {
		return reject(prev, "id", "the customer has no id")
	}
	if ctx.beforeStart(c.DateCreated.Time, c.DateModified.Time, prev) {
		return skipBeforeStart(prev)
	}
	address := email(c.Email)
	if address == "" {
		return skip(prev, connection.ReasonInvalidEmail, "email", "the customer's e-mail address is missing or not valid")
	}
	id := recordID(ctx.Settings, c.ID)
	home := homeCountry(c.Addresses)
	contact := &ometria.Contact{
		Collection:        ctx.Settings.CustomersIn(),
		Merge:             true,
		ID:                id,
		CustomerID:        id, // what order.customer.id names
		Email:             address,
		FirstName:         trim(c.FirstName),
		LastName:          trim(c.LastName),
		PhoneNumber:       phone(c.Phone, home, country(ctx.Store.Country)),
		CountryID:         home,
		TimestampAcquired: moment(c.DateCreated.Time),
		StoreIDs:          ctx.stores(),
	}
	answers, notes := formFields(c.FormFields, ctx.PasswordFields)
	properties, fields, more := ctx.properties(connection.Customers, answers, customerAttributes(c, ctx), customerFacts(c, ctx))
	contact.Properties = properties
	return trimmed(Result{
		Records: []ometria.Record{contact},
		State:   connection.RecordState{Exists: true},
		Notes:   append(notes, more...),
		Fields:  fields,
	})
}

// homeCountry is the country of the oldest address that has one: the API names
// no default and promises no order.
func homeCountry(addresses []bigcommerce.Address) string {
	var home string
	var oldest int64
	for _, a := range addresses {
		if code := country(a.CountryCode); code != "" && (home == "" || a.ID < oldest) {
			home, oldest = code, a.ID
		}
	}
	return home
}

// formFields are the answers to the account signup form: texts, numbers, days
// and lists, empty ones left out, passwords never. Of two answers under one name
// the first that is not empty counts; names that differ only by what cannot be
// seen around them are one, in whichever order they come.
func formFields(fields []bigcommerce.FormField, passwords map[string]bool) ([]property, []Note) {
	var out []property
	var notes []Note
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, func(a, b bigcommerce.FormField) int { return strings.Compare(a.Name, b.Name) })
	withheld := map[connection.FieldID]bool{}
	for _, f := range fields {
		id := fieldID(connection.FormField, f.Name)
		withheld[id] = withheld[id] || passwords[f.Name] || passwords[id.Name]
	}
	seen := map[connection.FieldID]bool{}
	for _, f := range fields {
		id := fieldID(connection.FormField, f.Name)
		if seen[id] {
			continue
		}
		if withheld[id] {
			notes = append(notes, Note{Code: NotePasswordField, Source: id.Name})
			seen[id] = true
			continue
		}
		if value := fieldValue(f.Value); value != nil {
			out = append(out, property{id, value})
			seen[id] = true
		}
	}
	return out, notes
}

// fieldValue is an answer as a property, or nil for an empty one.
func fieldValue(v bigcommerce.FieldValue) any {
	switch v.Kind {
	case bigcommerce.FieldText:
		if text := trim(v.Text); text != "" {
			return cmp.Or(day(text), text)
		}
	case bigcommerce.FieldNumber:
		return json.Number(v.Number.String())
	case bigcommerce.FieldList:
		var items []string
		for _, item := range v.List {
			if item = trim(item); item != "" {
				items = append(items, item)
			}
		}
		if items != nil {
			return items
		}
	}
	return nil
}

// customerAttributes are the values of attributes whose name is known. Of two
// with one name the older attribute's counts.
func customerAttributes(c bigcommerce.Customer, ctx Context) []property {
	var out []property
	attributes := slices.Clone(c.Attributes)
	slices.SortStableFunc(attributes, func(a, b bigcommerce.AttributeValue) int { return cmp.Compare(a.AttributeID, b.AttributeID) })
	seen := map[connection.FieldID]bool{}
	for _, a := range attributes {
		id := fieldID(connection.CustomerAttribute, ctx.Attributes[a.AttributeID])
		value := trim(string(a.Value))
		if id.Name == "" || value == "" || seen[id] {
			continue
		}
		seen[id] = true
		out = append(out, property{id, cmp.Or(day(value), value)})
	}
	return out
}

// customerFacts are BigCommerce's own fields that Ometria has no place for. The
// channel goes by its id: a name is the merchant's to change, and nothing tells
// of that.
func customerFacts(c bigcommerce.Customer, ctx Context) []property {
	var out []property
	if c.OriginChannelID > 0 {
		out = append(out, fact(keyChannel, strconv.FormatInt(c.OriginChannelID, 10)))
	}
	if company := trim(c.Company); company != "" {
		out = append(out, fact(keyCompany, company))
	}
	if group := trim(ctx.Groups[c.CustomerGroupID]); group != "" && c.CustomerGroupID != 0 {
		out = append(out, fact(keyCustomerGroup, group))
	}
	for _, credit := range c.StoreCreditAmounts {
		if credit.Amount.Valid {
			out = append(out, fact(keyStoreCredit, json.Number(credit.Amount.Decimal.String())))
			break
		}
	}
	return out
}
