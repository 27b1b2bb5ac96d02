package mapping

import (
	"strconv"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Order makes the whole order, each time: Ometria asks for the complete order
// on an update. Refunds are those of this order.
func Order(o bigcommerce.Order, refunds []bigcommerce.Refund, ctx Context, prev connection.RecordState) Result {
	if o.ID <= 0 {
		return reject(prev, "id", "the order has no id")
	}
	if ctx.beforeStart(o.DateCreated.Time, o.DateModified.Time, prev) {
		return skipBeforeStart(prev)
	}
	rule, known := statusRule(o, ctx.StatusRules)
	if !rule.Send && !prev.Exists {
		return skip(prev, connection.ReasonNotSent, "status",
			"the order mapping does not send orders of status "+strconv.FormatInt(o.StatusID, 10))
	}
	paid, reason := orderCurrency(o, ctx)
	switch {
	case reason != nil && reason.Code == connection.ReasonOtherCurrency:
		return Result{Skip: reason, State: prev}
	case reason != nil:
		return Result{Reject: reason, State: prev}
	}
	placed := moment(o.DateCreated.Time)
	if placed.IsZero() {
		return reject(prev, "timestamp", "the order has no date of creation")
	}
	if !o.TotalIncTax.Valid {
		return reject(prev, "grand_total", "the order has no total")
	}
	lines, notes := lineItems(o, refunds, ctx.Settings)
	if !known {
		notes = append(notes, Note{Code: NoteUnmappedStatus, Key: strconv.FormatInt(o.StatusID, 10)})
	}
	order := &ometria.Order{
		ID:        recordID(ctx.Settings, o.ID),
		Timestamp: placed,
		Status:    rule.Status,
		// Archived means taken out of the merchant's own lists; a status that is
		// no longer sent takes an order back that was.
		IsValid:         new(rule.IsValid && rule.Send && !o.IsDeleted),
		GrandTotal:      amount(o.TotalIncTax), // what was bought, however it was paid
		Subtotal:        subtotal(o),
		Discount:        sum(o.DiscountAmount, o.CouponDiscount),
		Shipping:        sum(o.ShippingCostExTax, o.HandlingCostExTax),
		Tax:             amount(o.TotalTax),
		Currency:        paid,
		Customer:        orderCustomer(o, ctx.Settings),
		LineItems:       lines,
		Channel:         channel(o),
		Store:           ctx.Store.Domain,
		PaymentMethod:   trim(o.PaymentMethod),
		ShippingMethod:  shippingMethod(o.Consignments),
		ShippingAddress: shippingAddress(o.Consignments),
		BillingAddress: address(o.BillingAddress.City, o.BillingAddress.State,
			o.BillingAddress.Zip, o.BillingAddress.CountryISO2),
		CouponCode: couponCode(o),
	}
	if ctx.Settings.IDPrefix != "" {
		order.WebID = strconv.FormatInt(o.ID, 10) // what the shopper and the tag call it
	}
	return trimmed(Result{Records: []ometria.Record{order}, State: connection.RecordState{Exists: true}, Notes: notes})
}

// statusRule is the merchant's rule for the order's status, or the default one.
// BigCommerce's ids are fixed; an id that is not known is sent invalid.
func statusRule(o bigcommerce.Order, merchants []connection.StatusRule) (rule connection.StatusRule, known bool) {
	for _, r := range connection.DefaultStatusRules() {
		if int64(*r.StatusID) == o.StatusID {
			rule, known = r, true
		}
	}
	for _, r := range merchants {
		if r.StatusID == nil || int64(*r.StatusID) != o.StatusID {
			continue
		}
		if r.Status == "" {
			r.Status = rule.Status
		}
		rule, known = r, true
		break
	}
	if !known {
		rule = connection.StatusRule{Send: true}
	}
	if rule.Status == "" {
		rule.Status = key(o.Status)
	}
	if rule.Status == "" {
		rule.Status = "unknown"
	}
	return rule, known
}

// orderCurrency is the currency the shopper paid in, which all amounts are in.
// BigCommerce calls it default_currency_code, though it is not the store's
// default (Orders v2).
func orderCurrency(o bigcommerce.Order, ctx Context) (string, *connection.Reason) {
	own := currency(ctx.Store.Currency)
	if own == "" {
		own = currency(o.StoreDefaultCurrencyCode)
	}
	if trim(o.DefaultCurrencyCode) == "" && own != "" {
		return own, nil
	}
	paid := currency(o.DefaultCurrencyCode)
	switch {
	case paid == "":
		return "", &connection.Reason{Code: connection.ReasonUnmappable, Path: "currency", Text: "the order has no currency of three letters"}
	case own != "" && paid != own:
		return "", &connection.Reason{Code: connection.ReasonOtherCurrency, Path: "currency", Text: "the order was paid in another currency than the store's"}
	}
	return paid, nil
}

// subtotal is after discounts and without tax and shipping, as Ometria's order
// report has it. BigCommerce's subtotal is before discounts, and its discounts
// carry tax or not by the store's settings, so it is the total that tells.
func subtotal(o bigcommerce.Order) *ometria.Amount {
	if o.TotalExTax.Valid {
		left := o.TotalExTax.Sub(o.ShippingCostExTax.Decimal).Sub(o.HandlingCostExTax.Decimal)
		if !left.IsNegative() {
			return ometria.NewAmount(left)
		}
	}
	return amount(o.SubtotalExTax)
}

// sum is the sum of those amounts that there are.
func sum(all ...bigcommerce.Money) *ometria.Amount {
	var total bigcommerce.Money
	for _, m := range all {
		if m.Valid {
			total = bigcommerce.NewMoney(total.Add(m.Decimal))
		}
	}
	return amount(total)
}

// orderCustomer names the shopper: by id and e-mail, or a guest by e-mail
// alone. Names without either would make no profile, so then there is no
// customer: orders of marketplaces and tills often have none.
func orderCustomer(o bigcommerce.Order, s connection.Settings) *ometria.Customer {
	c := &ometria.Customer{
		Email:     email(o.BillingAddress.Email),
		FirstName: trim(o.BillingAddress.FirstName),
		LastName:  trim(o.BillingAddress.LastName),
	}
	if o.CustomerID > 0 {
		c.ID = recordID(s, o.CustomerID)
	}
	if c.ID == "" && c.Email == "" {
		return nil
	}
	return c
}

func address(city, state, postcode, countryCode string) *ometria.Address {
	a := ometria.Address{City: trim(city), State: trim(state), Postcode: trim(postcode), CountryCode: country(countryCode)}
	if a == (ometria.Address{}) {
		return nil
	}
	return &a
}

// shippingAddress is the first consignment's: Ometria keeps one an order.
func shippingAddress(c bigcommerce.Consignments) *ometria.Address {
	for _, s := range c.Shipping {
		if a := address(s.City, s.State, s.Zip, s.CountryISO2); a != nil {
			return a
		}
	}
	return nil
}

func shippingMethod(c bigcommerce.Consignments) string {
	var methods []string
	seen := map[string]bool{"": true}
	add := func(method string) {
		if method = trim(method); !seen[method] {
			seen[method] = true
			methods = append(methods, method)
		}
	}
	for _, s := range c.Shipping {
		add(s.ShippingMethod)
	}
	for _, p := range c.Pickups {
		add(p.PickupMethodDisplayName)
	}
	return strings.Join(methods, ", ")
}

// couponCode is the first code used: Ometria documents one an order, and
// several joined would be a code nobody has issued.
func couponCode(o bigcommerce.Order) string {
	for _, line := range o.Lines() {
		for _, d := range line.AppliedDiscounts {
			if code := trim(string(d.Code)); code != "" {
				return code
			}
		}
	}
	return ""
}

// channel says where the order was placed: "online" unless BigCommerce names a
// till or a marketplace, or somebody typed the order in.
func channel(o bigcommerce.Order) string {
	source := key(o.ExternalSource)
	switch {
	case source != "" && source != "m_mig": // M-MIG marks imported history
		return source
	case key(o.OrderSource) == "manual":
		return "manual"
	}
	return "online"
}
