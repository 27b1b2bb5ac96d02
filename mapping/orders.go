package mapping

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Order makes the whole order, each time: Ometria asks for the complete order
// on an update. Refunds are those of this order.
//
// An incomplete order is never a sale, whatever the merchant's mapping says of
// it. Orders paid through BigCommerce's test payment gateway are skipped unless
// settings say to send them.
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
	test := paidInTest(o) && ctx.Settings.TestOrders != connection.TestOrdersSend
	if test && !prev.Exists {
		return skip(prev, connection.ReasonTestOrder, "payment_method", "the order was paid through BigCommerce's test payment gateway")
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
		// A status that is no longer sent, or a test that no longer is, takes an
		// order back that was.
		IsValid:         new(rule.IsValid && rule.Send && o.StatusID != connection.StatusIncomplete && !TakenBack(o, ctx.Settings) && !test),
		GrandTotal:      amount(o.TotalIncTax), // what was bought, however it was paid
		Subtotal:        subtotal(o),
		Discount:        orderDiscount(o, ctx.Settings),
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
	}
	if codes := couponCodes(o); len(codes) > 0 {
		order.CouponCode = codes[0] // Ometria documents one an order, and several joined would be one nobody has issued
	}
	properties, _, more := ctx.properties(connection.Orders, orderFacts(o, refunds), couponFacts(o))
	order.Properties = properties
	notes = append(notes, more...)
	if ctx.Settings.IDPrefix != "" {
		order.WebID = strconv.FormatInt(o.ID, 10) // what the shopper and the tag call it
	}
	state := connection.RecordState{Exists: true, SentAs: &connection.OrderStatus{StatusID: o.StatusID, Status: order.Status, IsValid: *order.IsValid}}
	return trimmed(Result{Records: []ometria.Record{order}, State: state, Notes: notes})
}

// TakenBack reports whether the order is no sale any more because the merchant
// archived it, which takes it out of the store's own lists.
func TakenBack(o bigcommerce.Order, s connection.Settings) bool {
	return o.IsDeleted && s.ArchivedOrders != connection.ArchivedOrdersKeep
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
// carry tax or not by the store's settings, so it is the total that tells. What
// else the total holds, gift wrapping and fees, stays in it, so that subtotal,
// shipping and tax make the grand total.
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

// couponCodes are the codes used, each once, in the order of the lines.
func couponCodes(o bigcommerce.Order) []string {
	var codes []string
	for _, line := range o.Lines() {
		for _, d := range line.AppliedDiscounts {
			if code := trim(string(d.Code)); code != "" && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

// orderDiscount is all discounts of the order. BigCommerce tells coupons apart
// from the rest: the example of Orders v2 adds up only with both.
func orderDiscount(o bigcommerce.Order, s connection.Settings) *ometria.Amount {
	all := sum(o.DiscountAmount, o.CouponDiscount)
	if all == nil {
		return nil
	}
	return discount(all.Decimal, s)
}

// discount is an amount taken off, with the sign of the settings: Ometria
// documents none.
func discount(off decimal.Decimal, s connection.Settings) *ometria.Amount {
	if s.Discount == connection.DiscountNegative {
		off = off.Neg()
	}
	return ometria.NewAmount(off)
}

// paidInTest reports whether the order was paid through BigCommerce's test
// payment gateway. Its payment_method is "Test Payment Gateway" (Orders v2), and
// its code is testgateway (Order Transactions v3).
func paidInTest(o bigcommerce.Order) bool {
	method := key(o.PaymentMethod)
	return strings.Contains(method, "test_payment_gateway") || method == "testgateway" || key(string(o.PaymentProviderID)) == "testgateway"
}

// orderFacts are what Ometria has no field for: money that paid for the order
// besides the payment method, money that went back, and where it came from.
func orderFacts(o bigcommerce.Order, refunds []bigcommerce.Refund) []property {
	var out []property
	money := func(key string, amount decimal.Decimal) {
		if !amount.IsZero() {
			out = append(out, fact(key, json.Number(amount.String())))
		}
	}
	text := func(key, text string) {
		if text = trim(text); text != "" && len(text) <= maxFact {
			out = append(out, fact(key, text))
		}
	}
	money("gift_certificate_amount", o.GiftCertificateAmount.Decimal)
	money("store_credit_amount", o.StoreCreditAmount.Decimal)
	money("refunded_amount", refundedAmount(o, refunds))
	if o.ChannelID > 0 {
		out = append(out, fact("channel_id", strconv.FormatInt(o.ChannelID, 10)))
	}
	text("order_source", o.OrderSource)
	text("external_source", o.ExternalSource)
	return out
}

// maxFact bounds what another system calls itself, in bytes.
const maxFact = 100

func couponFacts(o bigcommerce.Order) []property {
	codes := couponCodes(o)
	if len(codes) == 0 {
		return nil
	}
	return []property{fact("coupon_codes", codes)}
}

// marketplaces are the order sources of BigCommerce (Orders v2, order_source)
// that are not the merchant's own shop.
var marketplaces = []string{
	"amazon", "ebay", "facebookshop", "facebookcheckout", "facebookmarketplace", "pinterest", "socialshop",
}

// sellers are how external systems name marketplaces, by their first word.
var sellers = []string{"amazon", "ebay", "etsy", "facebook", "google", "instagram", "pinterest", "tiktok", "walmart"}

// channel says where the order was placed: pos for a till, marketplace, manual
// for one that staff typed in, or else online, as are imported history (M-MIG)
// and what other systems hand in. Their own name is the property external_source.
func channel(o bigcommerce.Order) string {
	source := key(o.OrderSource)
	external := strings.Split(key(o.ExternalSource), "_")
	switch {
	case slices.Contains(external, "pos"):
		return "pos"
	case slices.Contains(marketplaces, source), slices.Contains(sellers, external[0]):
		return "marketplace"
	case source == "manual":
		return "manual"
	}
	return "online"
}
