package bigcommercesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// inlinedMost is how many line items of a consignment a list shows; beyond
// that the consignment carries a __warning__ (bigcommerce/docs#960).
const inlinedMost = 50

// orderQuery reads the filters that orders and orders/count share.
func (s *Server) orderQuery(c *call) query[order] {
	q := query[order]{
		created:  c.dates("min_date_created", "max_date_created"),
		modified: c.dates("min_date_modified", "max_date_modified"),
	}
	if id, ok := c.number("min_id"); ok {
		q.id.atLeast(id)
	}
	if id, ok := c.number("max_id"); ok {
		q.id.atMost(id)
	}
	if status, ok := c.number("status_id"); ok {
		q.keepID = func(id int64) bool { return s.statusOf(id) == int(status) }
	}
	buyer, hasBuyer := c.number("customer_id")
	channel, hasChannel := c.number("channel_id")
	email, cart, payment, external := c.text("email"), c.text("cart_id"), c.text("payment_method"), c.text("external_order_id")
	least, most := c.text("min_total"), c.text("max_total")
	if !hasBuyer && !hasChannel && email+cart+payment+external+least+most == "" {
		return q
	}
	matches := func(want, got string) bool { return want == "" || strings.EqualFold(want, got) }
	q.keep = func(o *order) bool {
		return (!hasBuyer || o.CustomerID == buyer) && (!hasChannel || o.ChannelID == channel) &&
			matches(email, o.BillingAddress.Email) && matches(cart, o.CartID) && matches(payment, o.PaymentMethod) &&
			matches(external, o.ExternalOrderID) && (least == "" || moneyOf(o.TotalIncTax) >= moneyOf(least)) &&
			(most == "" || moneyOf(o.TotalIncTax) <= moneyOf(most))
	}
	return q
}

// statusOf costs no making of the order.
func (s *Server) statusOf(id int64) int {
	if e, ok := s.orders.changed[id]; ok {
		return e.record.StatusID
	}
	return s.status(id)
}

func (s *Server) listOrders(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	q := s.orderQuery(c)
	q.limit, q.offset = c.limit, (c.page-1)*c.limit
	shape := c.shape()
	sortOrders(c, &q)
	if r := c.bad(); r != nil {
		return *r
	}
	ids, _ := s.orders.find(q)
	list := make([]orderAnswer, 0, len(ids))
	for _, id := range ids {
		list = append(list, s.shown(s.orders.get(id), shape))
	}
	return listV2(list)
}

func sortOrders(c *call, q *query[order]) {
	given, ok := c.given("sort")
	if !ok {
		return
	}
	name, direction, _ := strings.Cut(given, ":")
	q.desc = direction == "desc"
	switch name {
	case byID, byCreated, byModified:
		q.sort = name
	case "customer_id":
		q.less = func(a, b *order) int { return cmp.Compare(a.CustomerID, b.CustomerID) }
	case "status_id":
		q.less = func(a, b *order) int { return cmp.Compare(a.StatusID, b.StatusID) }
	case "channel_id":
		q.less = func(a, b *order) int { return cmp.Compare(a.ChannelID, b.ChannelID) }
	default:
		c.fault("sort", "unknown")
	}
}

// shape is what of an order's consignments and fees an answer shows.
type shape struct{ consignments, lineItems, object, fees bool }

func (c *call) shape() shape {
	parts := c.include()
	return shape{
		consignments: parts["consignments"] || parts["consignments.line_items"], lineItems: parts["consignments.line_items"],
		object: c.text("consignment_structure") == "object", fees: parts["fees"],
	}
}

func (s *Server) orderLink(id int64, part string) link {
	resource := fmt.Sprintf("/orders/%d/%s", id, part)
	return link{fmt.Sprintf("https://api.bigcommerce.com/stores/%s/v2%s", s.options.StoreHash, resource), resource}
}

func (s *Server) shown(o *order, as shape) orderAnswer {
	a := orderAnswer{
		order: o, Products: s.orderLink(o.ID, "products"), Coupons: s.orderLink(o.ID, "coupons"),
		ShippingAddresses: s.orderLink(o.ID, "shippingaddresses"),
		Fees:              s.orderLink(o.ID, "fees"), Consignments: s.orderLink(o.ID, "consignments"),
	}
	if as.fees {
		a.Fees = []struct{}{}
	}
	if !as.consignments {
		return a
	}
	a.Consignments = s.consignments(o, as.lineItems)
	if !as.object { // what the API gave before consignment_structure (bigcommerce/docs#754)
		a.Consignments = []any{a.Consignments}
	}
	return a
}

// consignments cuts long lists of line items, or turns all into links.
func (s *Server) consignments(o *order, lineItems bool) any {
	if !lineItems {
		return s.linked(o)
	}
	c := o.Consignments
	cut := func(lines []lineItem) ([]lineItem, *warning) {
		if len(lines) <= inlinedMost {
			return lines, nil
		}
		return lines[:inlinedMost], &warning{fmt.Sprintf("Only the first %d line items are shown", inlinedMost)}
	}
	c.Pickups, c.Shipping = slices.Clone(c.Pickups), slices.Clone(c.Shipping)
	c.Downloads, c.Email.GiftCertificates = slices.Clone(c.Downloads), slices.Clone(c.Email.GiftCertificates)
	for n := range c.Pickups {
		c.Pickups[n].LineItems, c.Pickups[n].Warning = cut(c.Pickups[n].LineItems)
	}
	for n := range c.Shipping {
		c.Shipping[n].LineItems, c.Shipping[n].Warning = cut(c.Shipping[n].LineItems)
	}
	for n := range c.Downloads {
		c.Downloads[n].LineItems, c.Downloads[n].Warning = cut(c.Downloads[n].LineItems)
	}
	for n := range c.Email.GiftCertificates {
		c.Email.GiftCertificates[n].LineItems, c.Email.GiftCertificates[n].Warning = cut(c.Email.GiftCertificates[n].LineItems)
	}
	return c
}

// linked replaces each line item by where it is found.
func (s *Server) linked(o *order) any {
	raw, err := json.Marshal(o.Consignments)
	if err != nil {
		return nil // our own type always encodes
	}
	var tree any
	if json.Unmarshal(raw, &tree) != nil {
		return nil
	}
	var walk func(any)
	walk = func(node any) {
		switch node := node.(type) {
		case map[string]any:
			if lines, ok := node["line_items"].([]any); ok {
				for n, line := range lines {
					id := line.(map[string]any)["id"].(float64)
					lines[n] = s.orderLink(o.ID, "products/"+strconv.FormatInt(int64(id), 10))
				}
				return
			}
			for _, child := range node {
				walk(child)
			}
		case []any:
			for _, child := range node {
				walk(child)
			}
		}
	}
	walk(tree)
	return tree
}

// findOrder returns the order of the path, or the 404. An archived one still
// answers, unless Options.ArchivedGone.
func (s *Server) findOrder(c *call) (*order, *reply) {
	id, ok := c.pathID("id")
	var o *order
	if ok {
		o = s.orders.get(id)
	}
	if o == nil || o.IsDeleted && s.options.ArchivedGone {
		r := notFoundV2()
		return nil, &r
	}
	return o, nil
}

func (s *Server) getOrder(c *call) reply {
	o, missing := s.findOrder(c)
	if missing != nil {
		return *missing
	}
	return reply{200, s.shown(o, c.shape())}
}

func (s *Server) getConsignments(c *call) reply {
	o, missing := s.findOrder(c)
	if missing != nil {
		return *missing
	}
	return reply{200, s.consignments(o, c.include()["consignments.line_items"])}
}

func (s *Server) countOrders(c *call) reply {
	q := s.orderQuery(c)
	if r := c.bad(); r != nil {
		return *r
	}
	q.count = true
	ids, total := s.orders.find(q)
	counts := make([]int, len(statusRows))
	for _, id := range ids {
		if status := s.statusOf(id); status < len(counts) {
			counts[status]++
		}
	}
	type row struct {
		ID                int    `json:"id"`
		Name              string `json:"name"`
		SystemLabel       string `json:"system_label"`
		CustomLabel       string `json:"custom_label"`
		SystemDescription string `json:"system_description"`
		Count             int    `json:"count"`
		SortOrder         int    `json:"sort_order"`
	}
	rows := make([]row, 0, len(statusRows))
	for _, st := range statusRows {
		rows = append(rows, row{st.ID, st.Name, st.SystemLabel, s.label(st.ID), st.SystemDescription, counts[st.ID], st.Order})
	}
	slices.SortFunc(rows, func(a, b row) int { return a.SortOrder - b.SortOrder })
	return reply{200, map[string]any{"statuses": rows, "count": total}}
}

func (s *Server) listOrderStatuses(*call) reply {
	rows := slices.Clone(statusRows)
	for n := range rows {
		rows[n].CustomLabel = s.label(rows[n].ID)
	}
	return reply{200, rows}
}

func (s *Server) getOrderStatus(c *call) reply {
	id, ok := c.pathID("id")
	if !ok || id < 0 || id >= int64(len(statusRows)) {
		return notFoundV2()
	}
	row := statusRows[id]
	row.CustomLabel = s.label(row.ID)
	return reply{200, row}
}
