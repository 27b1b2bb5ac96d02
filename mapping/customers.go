package mapping

import (
	"encoding/json"
	"slices"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Customer makes the contact of a shopper with an account. It never carries
// marketing_optin: an account is no consent.
func Customer(c bigcommerce.Customer, ctx Context) Result {
	var prev connection.RecordState
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
	fields, notes := formFields(c.FormFields, ctx.PasswordFields)
	var more []Note
	contact.Properties, more = properties(fields, customerAttributes(c, ctx), customerFacts(c, ctx))
	return Result{
		Records: []ometria.Record{contact},
		State:   connection.RecordState{Exists: true},
		Notes:   append(notes, more...),
	}
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

// formFields are the answers to the account signup form: texts, numbers and
// lists as they come, empty ones left out, passwords never.
func formFields(fields []bigcommerce.FormField, passwords map[string]bool) ([]property, []Note) {
	var out []property
	var notes []Note
	seen := map[string]bool{}
	for _, f := range fields {
		switch {
		case passwords[f.Name]:
			if !seen[f.Name] {
				notes = append(notes, Note{Code: NotePasswordField, Source: f.Name})
			}
			seen[f.Name] = true
			continue
		case f.Value.Empty() || seen[f.Name]:
			continue
		}
		value := fieldValue(f.Value)
		if value == nil {
			continue
		}
		seen[f.Name] = true
		out = append(out, property{f.Name, value})
	}
	return out, notes
}

func fieldValue(v bigcommerce.FieldValue) any {
	switch v.Kind {
	case bigcommerce.FieldText:
		if text := trim(v.Text); text != "" {
			return text
		}
	case bigcommerce.FieldNumber:
		return json.Number(v.Number.String())
	case bigcommerce.FieldList:
		items := slices.DeleteFunc(slices.Clone(v.List), func(item string) bool { return trim(item) == "" })
		if len(items) > 0 {
			return items
		}
	}
	return nil
}

// customerAttributes are the values of attributes whose name is known.
func customerAttributes(c bigcommerce.Customer, ctx Context) []property {
	var out []property
	seen := map[string]bool{}
	for _, a := range c.Attributes {
		name, value := ctx.Attributes[a.AttributeID], trim(string(a.Value))
		if name == "" || value == "" || seen[name] {
			continue
		}
		seen[name] = true
		out = append(out, property{name, value})
	}
	return out
}

// customerFacts are BigCommerce's own fields that Ometria has no place for.
func customerFacts(c bigcommerce.Customer, ctx Context) []property {
	var out []property
	if company := trim(c.Company); company != "" {
		out = append(out, property{"company", company})
	}
	if group := trim(ctx.Groups[c.CustomerGroupID]); group != "" && c.CustomerGroupID != 0 {
		out = append(out, property{"customer_group", group})
	}
	for _, credit := range c.StoreCreditAmounts {
		if credit.Amount.Valid {
			out = append(out, property{"store_credit", json.Number(credit.Amount.Decimal.String())})
			break
		}
	}
	return out
}
