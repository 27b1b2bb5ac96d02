package bigcommerce

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"time"
)

// MaxIDs is the most ids a call by ids takes: the vendor states no limit for
// id:in, and 50 is known to work everywhere.
const MaxIDs = 50

// CustomersService reads shoppers with an account, and their groups.
type CustomersService struct{ service }

// Customer is a shopper with an account (customers.v3).
type Customer struct {
	ID        int64  `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Company   string `json:"company"`
	Phone     string `json:"phone"`
	Notes     string `json:"notes"`
	// CustomerGroupID is 0 for none.
	CustomerGroupID   int64     `json:"customer_group_id"`
	TaxExemptCategory string    `json:"tax_exempt_category"`
	DateCreated       Timestamp `json:"date_created"`
	DateModified      Timestamp `json:"date_modified"`
	// AddressCount and AttributeCount are the whole numbers; Addresses and
	// Attributes hold at most ten each (see CustomersService.Complete).
	AddressCount       Int              `json:"address_count"`
	AttributeCount     Int              `json:"attribute_count"`
	Addresses          []Address        `json:"addresses"`
	Attributes         []AttributeValue `json:"attributes"`
	FormFields         []FormField      `json:"form_fields"`
	StoreCreditAmounts []StoreCredit    `json:"store_credit_amounts"`
	// AcceptsReviewAndCartEmails is not newsletter consent.
	AcceptsReviewAndCartEmails bool  `json:"accepts_product_review_abandoned_cart_emails"`
	OriginChannelID            int64 `json:"origin_channel_id"`
	// ChannelIDs is nil when the customer may log in to every channel.
	ChannelIDs []int64 `json:"channel_ids"`
}

// Address is one of a customer's. Which one is the default is not told.
type Address struct {
	ID         int64  `json:"id"`
	CustomerID int64  `json:"customer_id"`
	FirstName  string `json:"first_name"`
	LastName   string `json:"last_name"`
	Company    string `json:"company"`
	Address1   string `json:"address1"`
	Address2   string `json:"address2"`
	City       string `json:"city"`
	// StateOrProvince is a name, not a code.
	StateOrProvince string `json:"state_or_province"`
	PostalCode      string `json:"postal_code"`
	// CountryCode is ISO 3166-1 alpha-2.
	CountryCode string      `json:"country_code"`
	Country     string      `json:"country"`
	Phone       string      `json:"phone"`
	AddressType string      `json:"address_type"`
	FormFields  []FormField `json:"form_fields"`
}

// AttributeValue is the value of a customer attribute; its name comes from
// CustomersService.Attributes.
type AttributeValue struct {
	ID           int64     `json:"id"`
	AttributeID  int64     `json:"attribute_id"`
	CustomerID   int64     `json:"customer_id"`
	Value        Text      `json:"attribute_value"`
	DateModified Timestamp `json:"date_modified"`
}

// Attribute is the definition of a customer attribute.
type Attribute struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	// Type is string, number or date.
	Type string `json:"type"`
}

// StoreCredit is an amount in the store's default currency.
type StoreCredit struct {
	Amount Money `json:"amount"`
}

// CustomerGroup exists in v2 alone.
type CustomerGroup struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	IsDefault bool   `json:"is_default"`
}

// Field types of FormFieldFilter.
const (
	FieldTypeCheckboxes   = "checkboxes"
	FieldTypeDate         = "date"
	FieldTypeMultiline    = "multiline"
	FieldTypeNumbers      = "numbers"
	FieldTypePassword     = "password"
	FieldTypeRadioButtons = "radiobuttons"
	FieldTypeText         = "text"
	FieldTypePicklist     = "picklist"
)

// CustomerFilter narrows a list of customers. Limit is 250 if 0. Bounds of
// dates are documented as exclusive: overlap them by a margin.
type CustomerFilter struct {
	// After is the EndCursor of the page before.
	After string
	Limit int
	IDs   []int64
	// Emails keeps customers of these addresses; one with a comma cannot be
	// asked for.
	Emails          []string
	DateCreatedMin  time.Time
	DateCreatedMax  time.Time
	DateModifiedMin time.Time
	DateModifiedMax time.Time
	// Sort is date_created, date_modified or last_name, with :asc or :desc.
	Sort string
	// Bare leaves out addresses, store credit, attributes and form fields.
	Bare bool
}

// FormFieldFilter narrows a list of form field values.
type FormFieldFilter struct {
	After     string
	Limit     int
	FieldType string
	FieldName string
	// CustomerID and AddressID keep the values of one customer or address.
	CustomerID int64
	AddressID  int64
}

func (f CustomerFilter) query() query {
	var q query
	q.list("id:in", f.IDs)
	q.list("email:in", f.Emails)
	q.text("after", f.After)
	q.number("limit", limit(f.Limit))
	if !f.Bare {
		q.add("include", "addresses,storecredit,attributes,formfields")
	}
	q.date("date_created:min", f.DateCreatedMin, dateV3)
	q.date("date_created:max", f.DateCreatedMax, dateV3)
	q.date("date_modified:min", f.DateModifiedMin, dateV3)
	q.date("date_modified:max", f.DateModifiedMax, dateV3)
	q.text("sort", f.Sort)
	return q
}

// Page returns one page of customers with their addresses, attributes, form
// fields and store credit. Total is known on the first page alone.
// https://developer.bigcommerce.com/docs/rest-management/customers (GET v3/customers)
func (s *CustomersService) Page(ctx context.Context, filter CustomerFilter) (Page[Customer], error) {
	return cursorV3[Customer](ctx, s.client, "/v3/customers", filter.query())
}

// Pages yields the pages from filter.After to the end, and stops on the first error.
func (s *CustomersService) Pages(ctx context.Context, filter CustomerFilter) iter.Seq2[Page[Customer], error] {
	return pages(ctx, filter, s.Page, func(filter *CustomerFilter, page Page[Customer]) { filter.After = page.EndCursor })
}

// All yields the customers of Pages.
func (s *CustomersService) All(ctx context.Context, filter CustomerFilter) iter.Seq2[Customer, error] {
	return records(s.Pages(ctx, filter))
}

// ByIDs returns those of at most MaxIDs customers that exist; one that is gone
// is left out, since the API knows no 404 here.
// https://developer.bigcommerce.com/docs/rest-management/customers (GET v3/customers)
func (s *CustomersService) ByIDs(ctx context.Context, ids ...int64) (Page[Customer], error) {
	if err := checkIDs(ids); err != nil || len(ids) == 0 {
		return Page[Customer]{}, err
	}
	return s.Page(ctx, CustomerFilter{IDs: ids})
}

// Complete fetches the addresses and attributes beyond the ten that a list
// embeds, for those customers that have more.
func (s *CustomersService) Complete(ctx context.Context, customers []Customer) error {
	var long []int64
	for _, c := range customers {
		if int64(c.AddressCount) > int64(len(c.Addresses)) {
			long = append(long, c.ID)
		}
	}
	addresses, err := byOwner(ctx, long, s.Addresses, func(a Address) int64 { return a.CustomerID })
	if err != nil {
		return err
	}
	long = nil
	for _, c := range customers {
		if int64(c.AttributeCount) > int64(len(c.Attributes)) {
			long = append(long, c.ID)
		}
	}
	attributes, err := byOwner(ctx, long, s.AttributeValues, func(a AttributeValue) int64 { return a.CustomerID })
	if err != nil {
		return err
	}
	for i := range customers {
		c := &customers[i]
		if found := addresses[c.ID]; len(found) > len(c.Addresses) {
			c.Addresses = found
		}
		if found := attributes[c.ID]; len(found) > len(c.Attributes) {
			c.Attributes = found
		}
	}
	return nil
}

// Addresses returns all addresses of at most MaxIDs customers.
// https://developer.bigcommerce.com/docs/rest-management/customers/addresses (GET v3/customers/addresses)
func (s *CustomersService) Addresses(ctx context.Context, customerIDs ...int64) ([]Address, error) {
	if err := checkIDs(customerIDs); err != nil || len(customerIDs) == 0 {
		return nil, err
	}
	var q query
	q.list("customer_id:in", customerIDs)
	q.add("include", "formfields")
	return listV3[Address](ctx, s.client, "/v3/customers/addresses", q)
}

// AttributeValues returns all attribute values of at most MaxIDs customers.
// https://developer.bigcommerce.com/docs/rest-management/customers/attribute-values (GET v3/customers/attribute-values)
func (s *CustomersService) AttributeValues(ctx context.Context, customerIDs ...int64) ([]AttributeValue, error) {
	if err := checkIDs(customerIDs); err != nil || len(customerIDs) == 0 {
		return nil, err
	}
	var q query
	q.list("customer_id:in", customerIDs)
	return listV3[AttributeValue](ctx, s.client, "/v3/customers/attribute-values", q)
}

// Attributes returns the definitions of all customer attributes.
// https://developer.bigcommerce.com/docs/rest-management/customers/attributes (GET v3/customers/attributes)
func (s *CustomersService) Attributes(ctx context.Context) ([]Attribute, error) {
	return listV3[Attribute](ctx, s.client, "/v3/customers/attributes", nil)
}

// FormFieldValues returns one page of form field values. It is the one place
// that tells a field's type, through FieldType.
// https://developer.bigcommerce.com/docs/rest-management/customers/form-field-values (GET v3/customers/form-field-values)
func (s *CustomersService) FormFieldValues(ctx context.Context, filter FormFieldFilter) (Page[FormField], error) {
	var q query
	q.text("after", filter.After)
	q.number("limit", limit(filter.Limit))
	q.text("field_type", filter.FieldType)
	q.text("field_name", filter.FieldName)
	if filter.CustomerID != 0 {
		q.add("customer_id", strconv.FormatInt(filter.CustomerID, 10))
	}
	if filter.AddressID != 0 {
		q.add("address_id", strconv.FormatInt(filter.AddressID, 10))
	}
	return cursorV3[FormField](ctx, s.client, "/v3/customers/form-field-values", q)
}

// FormFieldNames returns names of fields of one type: how password fields are
// told from others. The API lists values alone, of each customer and address
// one, so it reads their first page, and where more follow it asks for each of
// the names in question by itself. A field that nobody has a value of is not
// found.
func (s *CustomersService) FormFieldNames(ctx context.Context, fieldType string, asked ...string) ([]string, error) {
	first, err := s.FormFieldValues(ctx, FormFieldFilter{FieldType: fieldType})
	if err != nil {
		return nil, err
	}
	var names []string
	add := func(page Page[FormField], only string) {
		for _, field := range page.Records {
			if (only == "" || field.Name == only) && !slices.Contains(names, field.Name) {
				names = append(names, field.Name)
			}
		}
	}
	add(first, "")
	for _, name := range asked {
		if !first.More || name == "" || slices.Contains(names, name) {
			continue
		}
		page, err := s.FormFieldValues(ctx, FormFieldFilter{FieldType: fieldType, FieldName: name, Limit: 1})
		if err != nil {
			return nil, err
		}
		add(page, name)
	}
	return names, nil
}

// Groups returns all customer groups.
// https://developer.bigcommerce.com/docs/rest-management/customer-groups (GET v2/customer_groups)
func (s *CustomersService) Groups(ctx context.Context) ([]CustomerGroup, error) {
	return listV2[CustomerGroup](ctx, s.client, "/v2/customer_groups", nil)
}
