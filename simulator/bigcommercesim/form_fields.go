package bigcommercesim

import (
	"encoding/base64"
	"fmt"
)

// listFormFieldValues is GET /v3/customers/form-field-values: the values of
// all customers and addresses, a customer's before those of its addresses. It
// is the one place that tells a field's type.
func (s *Server) listFormFieldValues(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	kind, name := c.text("field_type"), c.text("field_name")
	owner, hasOwner := c.number("customer_id")
	place, hasPlace := c.number("address_id")
	after, cursorGiven := c.given("after")
	from, skip, err := decodeFieldCursor(after)
	if cursorGiven && err != nil {
		c.fault("after", "error.invalid.cursor")
	}
	if r := c.bad(); r != nil {
		return *r
	}
	keep := func(f formField) bool {
		return (kind == "" || formFieldTypes[f.Name] == kind) && (name == "" || f.Name == name) &&
			(!hasOwner || f.CustomerID == owner) && (!hasPlace || f.AddressID == place)
	}
	var owners []int64
	if hasOwner {
		owners = []int64{owner}
	}
	offset := (c.page - 1) * c.limit
	if cursorGiven {
		offset = 0
	}
	list, cursors := []formField{}, []string{}
	total := 0
	s.eachCustomer(owners, from, func(full *customer) bool {
		for n, f := range full.fields() {
			if full.ID == from && n < skip || !keep(f) {
				continue
			}
			if total >= offset && len(list) < c.limit {
				list = append(list, f)
				cursors = append(cursors, encodeFieldCursor(full.ID, n))
			}
			total++
			if cursorGiven && total > c.limit { // enough to know that more follow
				return false
			}
		}
		return true
	})
	var m meta
	more := total > offset+len(list)
	if !cursorGiven {
		m.Pagination = c.pages(len(list), total)
	}
	if cursorGiven || c.page == 1 {
		var ends []string
		if len(list) > 0 {
			ends = []string{cursors[0], cursors[len(cursors)-1]}
		}
		m.Cursor = c.cursors(len(list), ends, more)
	}
	return reply{200, envelope{list, m}}
}

func (full *customer) fields() []formField {
	fields := full.FormFields[:len(full.FormFields):len(full.FormFields)]
	for _, a := range full.Addresses {
		fields = append(fields, a.FormFields...)
	}
	return fields
}

func encodeFieldCursor(customerID int64, n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d:%d", customerID, n))
}

// decodeFieldCursor returns where to go on: a customer and how many of its
// fields to pass over.
func decodeFieldCursor(value string) (customerID int64, skip int, err error) {
	plain, err := base64.StdEncoding.DecodeString(value)
	if err != nil || value == "" {
		return 0, 0, err
	}
	var n int
	_, err = fmt.Sscanf(string(plain), "%d:%d", &customerID, &n)
	return customerID, n + 1, err
}
