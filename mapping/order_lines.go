package mapping

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Products that no catalog holds, as lines name them.
const (
	customProduct   = "custom"
	giftCertificate = "gift-certificate"
)

// lineItems are the order's lines, of all four kinds of consignments, with what
// was refunded of each. A line whose quantity and amounts are 0 is left out:
// editing an order leaves such lines of what is no longer bought.
//
// Options that make variants are the line's variant options, under the same keys
// as the attributes of products. What a shopper typed, ticked or uploaded is
// left out. A modifier that is a list of choices cannot be told from an option
// by the line (Orders v2 says the same type of both): its choice counts as one,
// and names the variant, where a product with such a modifier has no variants.
func lineItems(o bigcommerce.Order, refunds []bigcommerce.Refund, s connection.Settings) ([]ometria.LineItem, []Note) {
	refunded, notes := refundsByLine(o, refunds)
	source := withoutBundledAmounts(o)
	lines := make([]ometria.LineItem, 0, len(source))
	for _, l := range source {
		if l.Quantity == 0 && l.TotalExTax.IsZero() && l.TotalIncTax.IsZero() && refunded[l.ID].amount.IsZero() {
			continue
		}
		var chosen []option
		for _, po := range l.ProductOptions {
			if makesVariants(po.Type) {
				chosen = append(chosen, inCatalogWords(po))
			}
		}
		options, more := attributes(chosen)
		notes = append(notes, more...)
		line := ometria.LineItem{
			ProductID:      lineProduct(l, s),
			VariantOptions: options,
			SKU:            trim(l.SKU),
			Quantity:       int64(l.Quantity),
			UnitPrice:      amount(l.PriceExTax),
			Subtotal:       amount(l.TotalExTax),
			Tax:            amount(l.TotalTax),
		}
		// A line without options is of the base variant, which is not pushed
		// and must not be named.
		if l.VariantID > 0 && l.ProductID > 0 && len(chosen) > 0 {
			line.VariantID = variantID(s, l.ProductID, l.VariantID)
		}
		if line.UnitPrice == nil && line.Subtotal == nil {
			line.UnitPrice = amount(bigcommerce.NewMoney(l.BasePrice.Decimal)) // one of the two is needed
		}
		if off := lineDiscount(l); !off.IsZero() {
			line.Discount = discount(off, s)
		}
		if total, ok := lineTotal(l); ok {
			line.Total = ometria.NewAmount(total)
		}
		if r := refunded[l.ID].of(l); r.quantity > 0 || !r.amount.IsZero() {
			line.QuantityRefunded = r.quantity
			line.Refunded = ometria.NewAmount(r.amount)
		}
		if name := trim(l.Name); l.ProductID <= 0 && name != "" {
			line.Properties = ometria.Properties{"name": string([]rune(name)[:min(len([]rune(name)), maxLineName)])}
		}
		lines = append(lines, line)
	}
	return lines, notes
}

// maxLineName keeps the properties of a line under Ometria's 1,000 characters,
// however they are counted.
const maxLineName = 150

// withoutBundledAmounts are the order's lines, parts of a bundle without the
// amounts that the bundle's own line holds already. BigCommerce usually sends
// parts at 0 (Orders v2, the example of a pick list); where it does not, the
// order's subtotal tells whether they count.
func withoutBundledAmounts(o bigcommerce.Order) []bigcommerce.LineItem {
	lines := slices.Clone(o.Lines())
	ids := map[int64]bool{}
	for _, l := range lines {
		ids[l.ID] = true
	}
	part := func(l bigcommerce.LineItem) bool {
		return l.ParentOrderProductID != l.ID && ids[l.ParentOrderProductID]
	}
	var wholes decimal.Decimal
	for _, l := range lines {
		if !part(l) {
			wholes = wholes.Add(l.TotalExTax.Decimal)
		}
	}
	// A cent a line: each is rounded by itself.
	rounding := decimal.New(int64(len(lines)), -2)
	if !o.SubtotalExTax.Valid || wholes.Add(rounding).LessThan(o.SubtotalExTax.Decimal) {
		return lines
	}
	none := bigcommerce.NewMoney(decimal.Zero)
	for i := range lines {
		if l := &lines[i]; part(*l) {
			l.BasePrice, l.PriceExTax, l.PriceIncTax, l.BaseTotal = none, none, none, none
			l.TotalExTax, l.TotalIncTax, l.TotalTax, l.DiscountedTotalIncTax = none, none, none, none
			l.AppliedDiscounts = nil
		}
	}
	return lines
}

// makesVariants reports whether an option of this type can make variants
// (Orders v2, orderProductOptions). What a shopper types, uploads or ticks
// never does, and may be personal.
func makesVariants(kind string) bool {
	switch strings.ToLower(trim(kind)) {
	case "multiple choice", "swatch", "product pick list":
		return true
	}
	return false
}

// inCatalogWords is the choice as the catalog calls it, which the shopper may
// have seen in another language: products have the catalog's words.
func inCatalogWords(po bigcommerce.LineOption) option {
	if trim(po.DisplayNameMerchant) != "" && trim(string(po.DisplayValueMerchant)) != "" {
		return option{po.DisplayNameMerchant, string(po.DisplayValueMerchant)}
	}
	return option{po.DisplayName, string(po.DisplayValue)}
}

func lineProduct(l bigcommerce.LineItem, s connection.Settings) string {
	switch {
	case l.ProductID > 0:
		return recordID(s, l.ProductID)
	case l.Type == "giftcertificate":
		return s.IDPrefix + giftCertificate
	}
	return s.IDPrefix + customProduct
}

// lineDiscount is the line's share of all discounts, its own and the order's.
func lineDiscount(l bigcommerce.LineItem) decimal.Decimal {
	var off decimal.Decimal
	for _, d := range l.AppliedDiscounts {
		off = off.Add(d.Amount.Decimal)
	}
	return off
}

// lineTotal is the line after discounts, with tax.
func lineTotal(l bigcommerce.LineItem) (decimal.Decimal, bool) {
	if l.DiscountedTotalIncTax.Valid {
		return l.DiscountedTotalIncTax.Decimal, true
	}
	if !l.TotalIncTax.Valid {
		return decimal.Decimal{}, false
	}
	return l.TotalIncTax.Sub(lineDiscount(l)), true
}
