package bigcommercesim

import "fmt"

// manyLines is the length of the few orders that outgrow a list's line items.
const manyLines = 60

// order makes a seeded order.
func (g *generator) order(id int64) *order { return g.orderAs(id, g.status(id)) }

// orderAs makes an order: who, what, how it travels, then the sums.
func (g *generator) orderAs(id int64, status int) *order {
	f := g.fake(orderSalt, id)
	created, modified := g.orderLine.created(id), g.orderLine.modified(id)
	o := &order{
		ID: id, DateCreated: mailed(created), DateModified: mailed(modified),
		EbayOrderID: "0", CartID: f.uuid(), ChannelID: 1, OrderSource: "www", TaxProviderID: "BasicTaxProvider",
		CustomerLocale: "en", IPAddress: fmt.Sprintf("203.0.113.%d", f.Rand.IntN(255)), IsEmailOptIn: f.one(20),
		CouponList: []orderCoupon{},
	}
	o.setStatus(status, "")
	g.payIn(f, o)
	p := g.buyer(f, o)
	o.BillingAddress = billingAddress{
		FirstName: p.first, LastName: p.last, Company: p.company, Street1: p.street, City: p.city, State: p.state,
		Zip: p.zip, Country: p.country, CountryISO2: p.iso, Phone: p.phone, Email: p.email, FormFields: []formField{},
	}
	o.GeoipCountry, o.GeoipCountryISO2 = p.country, p.iso
	if f.one(10) {
		o.CustomerMessage = "Please wrap it."
	}
	g.fill(f, o, p)
	g.odd(o)
	o.discount(f)
	o.refundLines()
	o.ship(created, g.start)
	o.sum()
	switch {
	case f.one(3):
		o.GiftCertificateAmount = min(1000, moneyOf(o.TotalIncTax)).text()
	case f.one(3):
		o.StoreCreditAmount = min(500, moneyOf(o.TotalIncTax)).text()
	}
	return o
}

// buyer is a customer, a guest, or a marketplace that tells no e-mail.
func (g *generator) buyer(f fake, o *order) person {
	switch chance := f.Rand.IntN(100); {
	case chance < 70 && g.customerLine.count > 0:
		o.CustomerID = firstCustomer + f.Rand.Int64N(g.customerLine.count)
		return g.person(customerSalt, o.CustomerID)
	case chance < 99:
		return g.person(guestSalt, o.ID)
	default:
		p := g.person(guestSalt, o.ID)
		p.email = ""
		source := "Amazon"
		o.OrderSource, o.ExternalSource, o.ChannelID = "external", &source, marketplaceChannel
		return p
	}
}

// payIn sets the currencies: in a multi-currency store some orders are paid in
// another than the default.
func (g *generator) payIn(f fake, o *order) {
	paid := 0
	if codes := g.options.Currencies; len(codes) > 1 && f.one(30) {
		paid = 1 + f.Rand.IntN(len(codes)-1)
	}
	rate := "1.0000000000"
	if paid > 0 {
		rate = "0.8490000000"
	}
	code := g.options.Currencies[paid]
	o.CurrencyID, o.CurrencyCode, o.CurrencyExchangeRate = int64(paid)+1, code, "1.0000000000"
	o.DefaultCurrencyID, o.DefaultCurrencyCode = int64(paid)+1, code
	o.StoreDefaultCurrencyCode = g.options.Currencies[0]
	o.StoreDefaultToTransactionalExchangeRate = rate
	if len(g.options.Currencies) == 1 && o.ID%7 == 0 {
		o.StoreDefaultCurrencyCode = "" // as a store without multi-currency may answer
	}
	o.PaymentMethod = pick(f, []string{"Credit Card", "Credit Card", "PayPal", "Cash on Delivery", "Bank Deposit"})
	if o.PaymentMethod == "Credit Card" {
		o.PaymentProviderID = fmt.Sprintf("pi_%d", o.ID)
	}
}

// fill spreads the lines over consignments of all kinds.
func (g *generator) fill(f fake, o *order, p person) {
	lines := 1 + f.Rand.IntN(3) + f.Rand.IntN(2)*f.Rand.IntN(3)
	if o.ID%250 == 125 {
		lines = manyLines
	}
	o.Consignments = consignments{Pickups: []pickup{}, Shipping: []shipping{}, Downloads: []download{}}
	o.Consignments.Email.GiftCertificates = []download{}
	var physical, digital []lineItem
	for n := range lines {
		line := g.line(f, o.ID, n)
		if line.Type == "digital" {
			digital = append(digital, line)
		} else {
			physical = append(physical, line)
		}
	}
	if len(digital) > 0 {
		o.Consignments.Downloads = append(o.Consignments.Downloads, download{RecipientEmail: p.email, LineItems: digital})
	}
	if f.one(3) {
		card := giftCertificate(f, o.ID, lines)
		o.Consignments.Email.GiftCertificates = append(o.Consignments.Email.GiftCertificates,
			download{RecipientEmail: g.person(guestSalt, o.ID+1).email, LineItems: []lineItem{card}})
	}
	switch {
	case len(physical) == 0:
	case f.one(6):
		o.pickUp(f, physical)
	case f.one(6) && len(physical) > 1:
		half := len(physical) / 2
		o.send(f, p, physical[:half])
		o.send(f, g.person(guestSalt, o.ID+2), physical[half:])
	default:
		o.send(f, p, physical)
	}
	o.ShippingAddressCount = len(o.Consignments.Shipping)
	o.OrderIsDigital = len(physical) == 0
}

func (o *order) pickUp(f fake, lines []lineItem) {
	method := o.ID*10 + 1
	for n := range lines {
		lines[n].OrderPickupMethodID = method
	}
	o.Consignments.Pickups = append(o.Consignments.Pickups, pickup{
		ID: method, PickupMethodID: 1, PickupMethodDisplayName: "Pick up in store",
		CollectionInstructions: "Bring the order number", CollectionTimeDescription: "9am to 6pm",
		Location: pickupLocation{
			ID: 1, Name: "Main Street", Code: "MAIN-1", AddressLine1: "1 Main Street", City: "Austin", State: "Texas",
			PostalCode: "78701", CountryAlpha2: "US", Email: "store@example.com", Phone: "(512) 555-0100",
		},
		LineItems: lines,
	})
}

func (o *order) send(f fake, p person, lines []lineItem) {
	n := len(o.Consignments.Shipping)
	id := o.ID*10 + 5 + int64(n)
	cost := pick(f, []money{0, 495, 995})
	for n := range lines {
		lines[n].OrderAddressID = id
	}
	path := fmt.Sprintf("/orders/%d/consignments/shipping/%d/shipping_quotes", o.ID, id)
	o.Consignments.Shipping = append(o.Consignments.Shipping, shipping{
		ID: id, FirstName: p.first, LastName: p.last, Company: p.company, Street1: p.street, City: p.city,
		State: p.state, Zip: p.zip, Country: p.country, CountryISO2: p.iso, Phone: p.phone, Email: p.email,
		FormFields: []formField{}, LineItems: lines, ShippingMethod: pick(f, []string{"Flat Rate", "Free Shipping", "UPS Ground"}),
		BaseCost: cost.number(), CostExTax: cost.number(), CostIncTax: (cost + cost.tax()).number(), CostTax: cost.tax().number(),
		CostTaxClassID: 2, HandlingCostTaxClassID: 2, ShippingZoneID: 1, ShippingZoneName: p.country,
		ShippingQuotes: link{Resource: path},
	})
}

// groups walks the line items of all four kinds of consignment.
func (c *consignments) groups() []*[]lineItem {
	var all []*[]lineItem
	for n := range c.Pickups {
		all = append(all, &c.Pickups[n].LineItems)
	}
	for n := range c.Shipping {
		all = append(all, &c.Shipping[n].LineItems)
	}
	for n := range c.Downloads {
		all = append(all, &c.Downloads[n].LineItems)
	}
	for n := range c.Email.GiftCertificates {
		all = append(all, &c.Email.GiftCertificates[n].LineItems)
	}
	return all
}

// lines are all line items; the pointers lead into the order.
func (o *order) lines() []*lineItem {
	var lines []*lineItem
	for _, group := range o.Consignments.groups() {
		for n := range *group {
			lines = append(lines, &(*group)[n])
		}
	}
	return lines
}

// refundLines marks lines as the status tells: all of them, or one of the first.
func (o *order) refundLines() {
	lines := o.lines()
	switch o.StatusID {
	case statusRefunded:
		for _, l := range lines {
			l.IsRefunded, l.QuantityRefunded = true, l.Quantity
		}
	case statusPartiallyRefunded:
		l := lines[0]
		l.QuantityRefunded, l.IsRefunded = 1, l.Quantity == 1
	}
}

// ship marks what the status says has left.
func (o *order) ship(created, now int64) {
	if o.StatusID != 2 && o.StatusID != 3 && o.StatusID != 10 {
		return
	}
	o.DateShipped = mailed(min(created+2*86_400, now))
	for n := range o.Consignments.Shipping {
		c := &o.Consignments.Shipping[n]
		for m := range c.LineItems {
			if o.StatusID == 3 && m > 0 {
				break
			}
			c.LineItems[m].QuantityShipped = c.LineItems[m].Quantity
		}
	}
}

// sum derives the totals from lines, shipping and discounts.
func (o *order) sum() {
	var exTax, incTax, shipExTax, shipIncTax, items, shipped money
	for n := range o.Consignments.Shipping {
		c := &o.Consignments.Shipping[n]
		shipExTax += moneyFrom(c.CostExTax)
		shipIncTax += moneyFrom(c.CostIncTax)
		c.ItemsTotal, c.ItemsShipped = 0, 0
		for _, l := range c.LineItems {
			c.ItemsTotal += l.Quantity
			c.ItemsShipped += l.QuantityShipped
		}
	}
	for _, l := range o.lines() {
		exTax += moneyOf(l.TotalExTax)
		incTax += moneyOf(l.TotalIncTax)
		items += money(l.Quantity)
		shipped += money(l.QuantityShipped)
	}
	o.ItemsTotal, o.ItemsShipped = int(items), int(shipped)
	o.SubtotalExTax, o.SubtotalIncTax, o.SubtotalTax = exTax.text(), incTax.text(), (incTax - exTax).text()
	o.BaseShippingCost, o.ShippingCostExTax = shipExTax.text(), shipExTax.text()
	o.ShippingCostIncTax, o.ShippingCostTax = shipIncTax.text(), (shipIncTax - shipExTax).text()
	off := moneyOf(o.DiscountAmount) + moneyOf(o.CouponDiscount)
	o.TotalExTax, o.TotalIncTax = max(0, exTax+shipExTax-off).text(), max(0, incTax+shipIncTax-off).text()
	o.TotalTax = (moneyOf(o.TotalIncTax) - moneyOf(o.TotalExTax)).text()
	o.ShippingCostTaxClassID, o.HandlingCostTaxClassID, o.WrappingCostTaxClassID = 2, 2, 3
	for _, zero := range []*string{
		&o.BaseHandlingCost, &o.HandlingCostExTax, &o.HandlingCostIncTax, &o.HandlingCostTax, &o.BaseWrappingCost,
		&o.WrappingCostExTax, &o.WrappingCostIncTax, &o.WrappingCostTax, &o.RefundedAmount, &o.StoreCreditAmount,
		&o.GiftCertificateAmount, &o.DiscountAmount, &o.CouponDiscount,
	} {
		if *zero == "" {
			*zero = money(0).text()
		}
	}
}
