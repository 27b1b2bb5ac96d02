package bigcommercesim

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// embeddedMost is how many addresses and attributes a customer shows inline.
const embeddedMost = 10

// listCustomers is GET /v3/customers. Page 1 carries both kinds of pagination,
// later pages only the numbered one, cursor requests only the cursor's.
func (s *Server) listCustomers(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	q := query[customer]{
		ids: c.ids("id:in"), created: c.v3Dates(byCreated), modified: c.v3Dates(byModified),
		keep: keepCustomer(c), count: true, limit: c.limit, offset: (c.page - 1) * c.limit,
	}
	parts := c.include()
	sortCustomers(c, &q)
	cursor := c.cursor(&q.sort, &q.desc)
	if r := c.bad(); r != nil {
		return *r
	}
	if cursor.given {
		q.after, q.offset, q.count = cursor.position, 0, false
		q.limit++ // one more tells whether a next page follows
	}
	ids, total := s.customers.find(q)
	more := false
	if cursor.given {
		if more = len(ids) > c.limit; more {
			ids = ids[:c.limit]
		}
		if cursor.backward {
			slices.Reverse(ids)
		}
	}
	list := make([]*customer, 0, len(ids))
	for _, id := range ids {
		list = append(list, s.customers.get(id).shown(parts))
	}
	var m meta
	if !cursor.given {
		m.Pagination = c.pages(len(list), total)
		more = c.page < m.Pagination.TotalPages
	}
	if cursor.given || c.page == 1 && q.less == nil {
		var ends []string
		if len(ids) > 0 {
			for _, id := range []int64{ids[0], ids[len(ids)-1]} {
				ends = append(ends, encodeCursor(q.sort, position{s.customers.key(q.sort, id), id}))
			}
		}
		m.Cursor = c.cursors(len(list), ends, more)
	}
	return reply{200, envelope{list, m}}
}

// shown is a customer with the parts that include= asks for.
func (full *customer) shown(parts map[string]bool) *customer {
	c := *full
	if !parts["addresses"] {
		c.Addresses = nil
	} else {
		c.Addresses = slices.Clone(c.Addresses[:min(embeddedMost, len(c.Addresses))])
		for n := range c.Addresses {
			if !parts["formfields"] {
				c.Addresses[n].FormFields = nil
			}
		}
	}
	if !parts["attributes"] {
		c.Attributes = nil
	} else {
		c.Attributes = c.Attributes[:min(embeddedMost, len(c.Attributes))]
	}
	if !parts["formfields"] {
		c.FormFields = nil
	}
	if !parts["storecredit"] {
		c.StoreCreditAmounts = nil
	}
	return &c
}

func keepCustomer(c *call) func(*customer) bool {
	emails, names, like := c.list("email:in"), c.list("name:in"), c.text("name:like")
	companies, phones, groups := c.list("company:in"), c.list("phone:in"), c.list("customer_group_id:in")
	if emails == nil && names == nil && like == "" && companies == nil && phones == nil && groups == nil {
		return nil
	}
	return func(r *customer) bool {
		name := r.FirstName + " " + r.LastName
		return among(emails, r.Email) && among(names, name) && among(companies, r.Company) && among(phones, r.Phone) &&
			among(groups, fmt.Sprint(r.CustomerGroupID)) && strings.Contains(strings.ToLower(name), strings.ToLower(like))
	}
}

// sortCustomers reads sort=date_created|date_modified|last_name:asc|desc.
func sortCustomers(c *call, q *query[customer]) {
	given, ok := c.given("sort")
	if !ok {
		return
	}
	name, direction, _ := strings.Cut(given, ":")
	q.desc = direction == "desc"
	switch name {
	case byCreated, byModified:
		q.sort = name
	case "last_name":
		q.less = func(a, b *customer) int { return cmp.Compare(a.LastName, b.LastName) }
	default:
		c.fault("sort", "error.expected.enum")
	}
}

// cursor is after= or before=.
type cursor struct {
	given, backward bool
	position        *position
}

// cursor reads the cursors. Going backward it turns the order around.
func (c *call) cursor(sort *string, desc *bool) cursor {
	if *sort == "" {
		*sort = byID
	}
	for _, name := range []string{"after", "before"} {
		value, ok := c.given(name)
		if !ok {
			continue
		}
		p, err := decodeCursor(*sort, value)
		if err != nil {
			c.fault(name, "error.invalid.cursor")
			return cursor{}
		}
		if name == "before" {
			*desc = !*desc
		}
		return cursor{given: true, backward: name == "before", position: &p}
	}
	return cursor{}
}

func encodeCursor(sort string, p position) string {
	plain := fmt.Sprintf("%s:%d", byID, p.id)
	if sort != byID {
		plain = fmt.Sprintf("%s:%d:%d", sort, p.key, p.id)
	}
	return base64.StdEncoding.EncodeToString([]byte(plain))
}

func decodeCursor(sort, value string) (position, error) {
	plain, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return position{}, err
	}
	var p position
	if sort == byID {
		_, err = fmt.Sscanf(string(plain), byID+":%d", &p.id)
		p.key = p.id
	} else {
		_, err = fmt.Sscanf(string(plain), sort+":%d:%d", &p.key, &p.id)
	}
	return p, err
}

// cursors makes the cursor half of meta; ends are the first and last cursor.
func (c *call) cursors(count int, ends []string, more bool) *cursorMeta {
	m := &cursorMeta{Count: count, PerPage: c.limit}
	if len(ends) == 0 {
		return m
	}
	m.StartCursor, m.EndCursor = ends[0], ends[1]
	if more {
		m.Links.Next = fmt.Sprintf("?after=%s&limit=%d", m.EndCursor, c.limit)
	}
	if _, ok := c.given("after"); ok {
		m.Links.Previous = fmt.Sprintf("?before=%s&limit=%d", m.StartCursor, c.limit)
	}
	return m
}

// eachCustomer walks the customers asked for, or all, until visit says stop.
func (s *Server) eachCustomer(ids []int64, from int64, visit func(*customer) bool) {
	const chunk = 500
	for {
		page, _ := s.customers.find(query[customer]{ids: ids, id: span{min: from, hasMin: true}, limit: chunk})
		for _, id := range page {
			if !visit(s.customers.get(id)) {
				return
			}
		}
		if len(page) < chunk {
			return
		}
		from = page[len(page)-1] + 1
	}
}

func (s *Server) listAddresses(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	owners, ids, companies, names := c.ids("customer_id:in"), c.ids("id:in"), c.list("company:in"), c.list("name:in")
	parts := c.include()
	if r := c.bad(); r != nil {
		return *r
	}
	rows := []address{}
	s.eachCustomer(owners, 0, func(full *customer) bool {
		for _, a := range full.Addresses {
			if ids != nil && !slices.Contains(ids, a.ID) || !among(companies, a.Company) || !among(names, a.FirstName+" "+a.LastName) {
				continue
			}
			if !parts["formfields"] {
				a.FormFields = nil
			}
			rows = append(rows, a)
		}
		return true
	})
	return listV3(c, slicePage(c, rows), len(rows))
}

func (s *Server) listAttributes(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	names := c.list("name")
	if r := c.bad(); r != nil {
		return *r
	}
	at := zulu(s.start - int64(storeAge.Seconds()))
	var rows []attributeDefinition
	for n, name := range attributeRows {
		if among(names, name) {
			rows = append(rows, attributeDefinition{int64(n) + 1, name, "string", at, at})
		}
	}
	return listV3(c, slicePage(c, rows), len(rows))
}

func (s *Server) listAttributeValues(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	owners, kinds := c.ids("customer_id:in"), c.ids("attribute_id:in")
	if r := c.bad(); r != nil {
		return *r
	}
	rows := []attribute{}
	s.eachCustomer(owners, 0, func(full *customer) bool {
		for _, a := range full.Attributes {
			if kinds == nil || slices.Contains(kinds, a.AttributeID) {
				rows = append(rows, a)
			}
		}
		return true
	})
	return listV3(c, slicePage(c, rows), len(rows))
}
