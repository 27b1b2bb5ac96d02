package mapping

import (
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
// was refunded of each.
func lineItems(o bigcommerce.Order, refunds []bigcommerce.Refund, s connection.Settings) ([]ometria.LineItem, []Note) {
	refunded, notes := refundsByLine(o, refunds)
	source := o.Lines()
	lines := make([]ometria.LineItem, 0, len(source))
	for _, l := range source {
		var chosen []option
		for _, po := range l.ProductOptions {
			if makesVariants(po.Type) {
				chosen = append(chosen, option{po.DisplayName, string(po.DisplayValue)})
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
			line.Discount = ometria.NewAmount(off)
		}
		if total, ok := lineTotal(l); ok {
			line.Total = ometria.NewAmount(total)
		}
		if r := refunded[l.ID].of(l); r.quantity > 0 || !r.amount.IsZero() {
			line.QuantityRefunded = r.quantity
			line.Refunded = ometria.NewAmount(r.amount)
		}
		lines = append(lines, line)
	}
	return lines, notes
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

// refund is what was refunded of one line.
type refund struct {
	quantity int64
	amount   decimal.Decimal
	unpriced int64 // of quantity, how many came without an amount
}

// refundsByLine sums the order's refunds by line. The order's own
// refunded_amount and the lines' refund_amount are always 0 (Orders v2).
func refundsByLine(o bigcommerce.Order, refunds []bigcommerce.Refund) (map[int64]refund, []Note) {
	lines := map[int64]refund{}
	var notes []Note
	for _, r := range refunds {
		if r.OrderID != o.ID || declined(r) {
			continue
		}
		for _, item := range r.Items {
			if item.ItemType != "PRODUCT" {
				if len(notes) == 0 {
					notes = append(notes, Note{Code: NoteRefundNotOnLine})
				}
				continue
			}
			line := lines[item.ItemID]
			line.quantity += int64(item.Quantity)
			if item.RequestedAmount.Valid {
				line.amount = line.amount.Add(item.RequestedAmount.Decimal)
			} else {
				line.unpriced += int64(item.Quantity)
			}
			lines[item.ItemID] = line
		}
	}
	return lines, notes
}

// declined reports whether no payment of the refund went through.
func declined(r bigcommerce.Refund) bool {
	for _, p := range r.Payments {
		if !p.IsDeclined {
			return false
		}
	}
	return len(r.Payments) > 0
}

// of completes the refund by what the line itself says, and prices what came
// without an amount by the line's own price.
func (r refund) of(l bigcommerce.LineItem) refund {
	if missing := int64(l.QuantityRefunded) - r.quantity; missing > 0 {
		r.quantity += missing
		r.unpriced += missing
	}
	if total, ok := lineTotal(l); ok && r.unpriced > 0 && l.Quantity > 0 {
		share := decimal.NewFromInt(min(r.unpriced, int64(l.Quantity)))
		r.amount = r.amount.Add(total.Mul(share).DivRound(decimal.NewFromInt(int64(l.Quantity)), 2))
	}
	return r
}
