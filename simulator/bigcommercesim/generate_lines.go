package bigcommercesim

import (
	"fmt"
	"strconv"
)

// line is a product of the store, or now and then a custom one that staff
// typed in, which has neither product nor variant.
func (g *generator) line(f fake, orderID int64, n int) lineItem {
	id := orderID*100 + int64(n)
	l := lineItem{
		ID: id, OrderID: orderID, Type: "physical", Quantity: 1 + f.Rand.IntN(3)/2*f.Rand.IntN(3),
		AppliedDiscounts: []discount{}, ProductOptions: []chosenOption{}, ConfigurableFields: []struct{}{},
	}
	if g.productLine.count == 0 || f.one(2) {
		l.Name, l.SKU = "Made to order", ""
		l.price(money(1000 + f.Rand.IntN(5000)))
		return l
	}
	p := g.shared(g.popular(f))
	v := p.Variants[f.Rand.IntN(len(p.Variants))]
	l.ProductID, l.VariantID, l.Name, l.SKU, l.Type = p.ID, &v.ID, p.Name, v.SKU, p.Type
	l.Brand = g.brand(p.BrandID).Name
	for n, o := range v.OptionValues {
		kind := "Multiple choice"
		if o.OptionDisplayName == "Colour" {
			kind = "Swatch"
		}
		l.ProductOptions = append(l.ProductOptions, chosenOption{
			ID: id*10 + int64(n), OptionID: o.OptionID, OrderProductID: id, ProductOptionID: o.OptionID,
			DisplayName: o.OptionDisplayName, DisplayNameCustomer: o.OptionDisplayName, DisplayNameMerchant: o.OptionDisplayName,
			DisplayValue: o.Label, DisplayValueCustomer: o.Label, DisplayValueMerchant: o.Label,
			Value: strconv.FormatInt(o.ID, 10), Type: kind, Name: o.OptionDisplayName,
		})
	}
	if len(p.Modifiers) > 0 {
		m := p.Modifiers[0]
		words := f.FirstName() + " & " + f.FirstName()
		l.ProductOptions = append(l.ProductOptions, chosenOption{
			ID: id*10 + 9, OptionID: m.ID, OrderProductID: id, ProductOptionID: m.ID,
			DisplayName: m.DisplayName, DisplayNameCustomer: m.DisplayName, DisplayNameMerchant: m.DisplayName,
			DisplayValue: words, DisplayValueCustomer: words, DisplayValueMerchant: words,
			Value: words, Type: "Text field", Name: m.Name,
		})
	}
	l.price(moneyFrom(v.CalculatedPrice))
	return l
}

// popular picks a product as shoppers do: nine lines of ten are of the few
// that sell, which also keeps them in the cache.
func (g *generator) popular(f fake) int64 {
	n := f.Rand.Int64N(g.productLine.count)
	if few := int64(cachedProducts / 2); g.productLine.count > few && f.one(90) {
		n = n % few * (g.productLine.count / few)
	}
	return firstProduct + n
}

func giftCertificate(f fake, orderID int64, n int) lineItem {
	id := orderID*100 + int64(n)
	value := pick(f, []money{2500, 5000})
	l := lineItem{
		ID: id, OrderID: orderID, Name: fmt.Sprintf("$%d Gift Certificate", value/100), Type: "giftcertificate", Quantity: 1,
		AppliedDiscounts: []discount{}, ProductOptions: []chosenOption{}, ConfigurableFields: []struct{}{}, GiftCertificateID: &id,
	}
	l.price(value)
	return l
}

// price sets all amounts of a line from its unit price without tax.
func (l *lineItem) price(unit money) {
	tax, quantity := unit.tax(), money(l.Quantity)
	if l.Type == "giftcertificate" {
		tax = 0
	}
	l.NameCustomer, l.NameMerchant = l.Name, l.Name
	l.BasePrice, l.PriceExTax, l.PriceTax, l.PriceIncTax = unit.text(), unit.text(), tax.text(), (unit + tax).text()
	l.BaseTotal, l.TotalExTax = (unit * quantity).text(), (unit * quantity).text()
	l.TotalTax, l.TotalIncTax = (tax * quantity).text(), ((unit + tax) * quantity).text()
	l.DiscountedTotalIncTax = l.TotalIncTax
	l.Weight, l.Width, l.Height, l.Depth = "1.0000", "1.0000", "1.0000", "1.0000"
	for _, zero := range []*string{
		&l.BaseCostPrice, &l.CostPriceIncTax, &l.CostPriceExTax, &l.CostPriceTax, &l.RefundAmount, &l.BaseWrappingCost,
		&l.WrappingCostExTax, &l.WrappingCostIncTax, &l.WrappingCostTax, &l.FixedShippingCost,
	} {
		*zero = money(0).text()
	}
}

// take lowers a line by a discount.
func (l *lineItem) take(amount money, d discount) {
	d.Amount = amount.text()
	l.AppliedDiscounts = append(l.AppliedDiscounts, d)
	l.DiscountedTotalIncTax = (moneyOf(l.DiscountedTotalIncTax) - amount).text()
}

// discount takes a coupon of ten percent, or a manual discount on the order,
// off some orders.
func (o *order) discount(f fake) {
	var off money
	coupon := f.one(12)
	manual := f.one(8)
	if !coupon && !manual {
		return
	}
	code := "SAVE10"
	d := discount{ID: "coupon", Name: "Ten percent off", Code: &code, Target: "product"}
	if !coupon {
		d = discount{ID: "manual-discount", Name: "Manual Discount", Target: "order"}
	}
	for _, l := range o.lines() {
		if l.Type == "giftcertificate" {
			continue
		}
		amount := moneyOf(l.TotalExTax) / 10
		off += amount
		l.take(amount, d)
	}
	if !coupon {
		o.DiscountAmount = off.text()
		return
	}
	o.CouponDiscount = off.text()
	o.CouponList = append(o.CouponList, orderCoupon{
		ID: o.ID*10 + 1, CouponID: 1, OrderID: o.ID, Code: code, Amount: "10.0000", Type: 1, Discount: off.number(),
	})
}

// seededRefund is what a refunded order's status stands for. Each seeded order
// has at most one, whose id is the order's.
func (g *generator) seededRefund(id int64) *refund {
	status := g.status(id)
	if status != statusRefunded && status != statusPartiallyRefunded {
		return nil
	}
	o := g.order(id)
	r := &refund{
		ID: id, OrderID: id, Created: offsetTime{o.DateModified.Time}, Reason: "Customer requires a refund.", Items: []refundItem{},
	}
	var total, tax money
	for _, l := range o.lines() {
		if l.QuantityRefunded == 0 {
			continue
		}
		quantity := money(l.QuantityRefunded)
		amount := moneyOf(l.DiscountedTotalIncTax) * quantity / money(l.Quantity)
		total += amount
		tax += moneyOf(l.PriceTax) * quantity
		r.Items = append(r.Items, refundItem{ItemType: "PRODUCT", ItemID: l.ID, Quantity: l.QuantityRefunded})
	}
	if status == statusRefunded {
		for _, c := range o.Consignments.Shipping {
			if cost := moneyFrom(c.CostIncTax); cost > 0 {
				total += cost
				r.Items = append(r.Items, refundItem{ItemType: "SHIPPING", ItemID: c.ID, Quantity: 1})
			}
		}
	}
	r.TotalAmount, r.TotalTax = total.number(), tax.number()
	r.Payments = []refundPayment{{ID: id, ProviderID: "storecredit", Amount: r.TotalAmount, Offline: true}}
	return r
}
