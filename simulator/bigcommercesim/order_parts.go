package bigcommercesim

import (
	"fmt"
	"slices"
	"strconv"
)

func (s *Server) listOrderProducts(c *call) reply {
	o, missing := s.findOrder(c)
	if missing != nil {
		return *missing
	}
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	if r := c.bad(); r != nil {
		return *r
	}
	lines := o.lines()
	slices.SortFunc(lines, func(a, b *lineItem) int { return int(a.ID - b.ID) })
	return listV2(slicePage(c, lines))
}

func (s *Server) listOrderCoupons(c *call) reply {
	o, missing := s.findOrder(c)
	if missing != nil {
		return *missing
	}
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	if r := c.bad(); r != nil {
		return *r
	}
	return listV2(slicePage(c, o.CouponList))
}

// shippingAddress is orders.v2 `orderShippingAddress`: a shipping consignment
// with its costs as strings.
type shippingAddress struct {
	ID                     int64       `json:"id"`
	OrderID                int64       `json:"order_id"`
	FirstName              string      `json:"first_name"`
	LastName               string      `json:"last_name"`
	Company                string      `json:"company"`
	Street1                string      `json:"street_1"`
	Street2                string      `json:"street_2"`
	City                   string      `json:"city"`
	Zip                    string      `json:"zip"`
	Country                string      `json:"country"`
	CountryISO2            string      `json:"country_iso2"`
	State                  string      `json:"state"`
	Email                  string      `json:"email"`
	Phone                  string      `json:"phone"`
	ItemsTotal             int         `json:"items_total"`
	ItemsShipped           int         `json:"items_shipped"`
	ShippingMethod         string      `json:"shipping_method"`
	BaseCost               string      `json:"base_cost"`
	CostExTax              string      `json:"cost_ex_tax"`
	CostIncTax             string      `json:"cost_inc_tax"`
	CostTax                string      `json:"cost_tax"`
	CostTaxClassID         int64       `json:"cost_tax_class_id"`
	BaseHandlingCost       string      `json:"base_handling_cost"`
	HandlingCostExTax      string      `json:"handling_cost_ex_tax"`
	HandlingCostIncTax     string      `json:"handling_cost_inc_tax"`
	HandlingCostTax        string      `json:"handling_cost_tax"`
	HandlingCostTaxClassID int64       `json:"handling_cost_tax_class_id"`
	ShippingZoneID         int64       `json:"shipping_zone_id"`
	ShippingZoneName       string      `json:"shipping_zone_name"`
	ShippingQuotes         link        `json:"shipping_quotes"`
	FormFields             []formField `json:"form_fields"`
}

func (s *Server) listShippingAddresses(c *call) reply {
	o, missing := s.findOrder(c)
	if missing != nil {
		return *missing
	}
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	if r := c.bad(); r != nil {
		return *r
	}
	zero := money(0).text()
	var rows []shippingAddress
	for _, k := range o.Consignments.Shipping {
		rows = append(rows, shippingAddress{
			k.ID, o.ID, k.FirstName, k.LastName, k.Company, k.Street1, k.Street2, k.City, k.Zip, k.Country, k.CountryISO2,
			k.State, k.Email, k.Phone, k.ItemsTotal, k.ItemsShipped, k.ShippingMethod, moneyFrom(k.BaseCost).text(),
			moneyFrom(k.CostExTax).text(), moneyFrom(k.CostIncTax).text(), moneyFrom(k.CostTax).text(), k.CostTaxClassID,
			zero, zero, zero, zero, k.HandlingCostTaxClassID, k.ShippingZoneID, k.ShippingZoneName,
			s.orderLink(o.ID, fmt.Sprintf("shippingaddresses/%d/shippingquotes", k.ID)), k.FormFields,
		})
	}
	return listV2(slicePage(c, rows))
}

// listRefunds is GET /v3/orders/payment_actions/refunds, by ascending id.
func (s *Server) listRefunds(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	orders, ids, created := c.ids("order_id:in"), c.ids("id:in"), c.v3Dates("created")
	if r := c.bad(); r != nil {
		return *r
	}
	rows := []*refund{}
	for _, r := range s.allRefunds(orders) {
		if (ids == nil || slices.Contains(ids, r.ID)) && created.holds(r.Created.Unix()) {
			rows = append(rows, r)
		}
	}
	return listV3(c, slicePage(c, rows), len(rows))
}

// allRefunds are those of the orders given, or of all when nil.
func (s *Server) allRefunds(orders []int64) []*refund {
	var rows []*refund
	seeded := func(id int64) {
		if s.orders.isSeeded(id) {
			if r := s.seededRefund(id); r != nil {
				rows = append(rows, r)
			}
		}
	}
	if orders != nil {
		sorted := slices.Clone(orders)
		slices.Sort(sorted)
		for _, id := range slices.Compact(sorted) {
			seeded(id)
		}
	} else {
		for n := range s.orderLine.count {
			seeded(s.orderLine.first + n)
		}
	}
	made, _ := s.refunds.find(query[refund]{})
	for _, id := range made {
		if r := s.refunds.get(id); orders == nil || slices.Contains(orders, r.OrderID) {
			rows = append(rows, r)
		}
	}
	return rows
}

// listTransactions answers one purchase for a paid order, 204 for any other.
func (s *Server) listTransactions(c *call) reply {
	id, ok := c.pathID("id")
	if !ok || !s.orders.exists(id) {
		return notFoundV3()
	}
	o := s.orders.get(id)
	if o.PaymentStatus != "captured" && o.PaymentStatus != "refunded" && o.PaymentStatus != "partially refunded" {
		return reply{status: 204}
	}
	gateway, method := "custom", "offline"
	if o.PaymentProviderID != "" {
		gateway, method = "stripe", "credit_card"
	}
	c.page, c.limit = 1, defaultLimit
	return listV3(c, []transaction{{
		ID: o.ID, OrderID: strconv.FormatInt(o.ID, 10), Event: "purchase", Method: method, Gateway: gateway,
		Amount: moneyOf(o.TotalIncTax).number(), Currency: o.DefaultCurrencyCode, GatewayTransactionID: o.PaymentProviderID,
		DateCreated: zuluTime{o.DateCreated.Time}, Status: "ok",
	}}, 1)
}
