package mapping

import (
	"github.com/shopspring/decimal"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
)

// refund is what was refunded of one line.
type refund struct {
	quantity int64
	amount   decimal.Decimal
	unpriced int64 // of quantity, how many came without an amount
}

// refundsByLine sums the order's refunds by line, and notes when some of them
// are of no line: shipping, handling, gift wrapping, fees, the order as a whole.
// The order's own refunded_amount and the lines' refund_amount are always 0
// (Orders v2).
func refundsByLine(o bigcommerce.Order, refunds []bigcommerce.Refund) (map[int64]refund, []Note) {
	lines := map[int64]refund{}
	var elsewhere bool
	for _, r := range refunds {
		if r.OrderID != o.ID || declined(r) {
			continue
		}
		for _, item := range r.Items {
			if item.ItemType != "PRODUCT" {
				elsewhere = true
				continue
			}
			line := lines[item.ItemID]
			line.quantity += int64(item.Quantity)
			if item.RequestedAmount.Valid {
				line.amount = line.amount.Add(item.RequestedAmount.Decimal)
			} else {
				line.unpriced += int64(item.Quantity)
			}
			for _, a := range item.Adjustments {
				line.amount = line.amount.Add(a.Amount.Decimal) // below 0: kept back, such as a service fee
			}
			lines[item.ItemID] = line
		}
	}
	if elsewhere {
		return lines, []Note{{Code: NoteRefundNotOnLine}}
	}
	return lines, nil
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

// refundedAmount is all that was paid back of the order, for lines or anything
// else.
func refundedAmount(o bigcommerce.Order, refunds []bigcommerce.Refund) decimal.Decimal {
	var sum decimal.Decimal
	for _, r := range refunds {
		switch {
		case r.OrderID != o.ID:
		case len(r.Payments) == 0:
			sum = sum.Add(r.TotalAmount.Decimal)
		default:
			for _, p := range r.Payments {
				if !p.IsDeclined {
					sum = sum.Add(p.Amount.Decimal)
				}
			}
		}
	}
	return sum
}

// of completes the refund by what the line itself says, prices what came without
// an amount by the line's own price, and ends at what was bought: what went
// beyond it, such as a gesture of goodwill, is in the order's refunded_amount.
func (r refund) of(l bigcommerce.LineItem) refund {
	bought := int64(l.Quantity)
	if missing := int64(l.QuantityRefunded) - r.quantity; missing > 0 {
		r.quantity += missing
		r.unpriced += missing
	}
	total, known := lineTotal(l)
	if known && r.unpriced > 0 && bought > 0 {
		share := decimal.NewFromInt(min(r.unpriced, bought))
		r.amount = r.amount.Add(total.Mul(share).DivRound(decimal.NewFromInt(bought), 2))
	}
	if known && !total.IsNegative() {
		r.amount = decimal.Min(r.amount, total)
	}
	r.amount = decimal.Max(r.amount, decimal.Zero)
	if bought > 0 {
		r.quantity = min(r.quantity, bought)
	}
	return r
}
