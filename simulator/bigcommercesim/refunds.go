package bigcommercesim

import (
	"encoding/json"
	"errors"
	"time"
)

// refunds can be made and never taken back.
type refunds struct {
	kind[refund]
	s *Server
}

// create refunds an order: the items given, or all that is left of it. The
// order's lines and status follow, and both events fire.
func (r *refunds) create(raw []byte, now time.Time) (change, error) {
	id := r.table.next
	made, fields, err := patch(&refund{ID: id, Created: offsetTime{now}, Reason: "Customer requires a refund.", Items: []refundItem{}}, raw)
	if err != nil {
		return change{}, err
	}
	before := r.s.orders.get(made.OrderID)
	if before == nil {
		return change{}, errors.New("a refund needs an order_id of the store")
	}
	after, _, err := patch(before, nil) // a copy that may be written to
	if err != nil {
		return change{}, err
	}
	total, tax, err := made.takeBack(after)
	if err != nil {
		return change{}, err
	}
	if fields["total_amount"] == nil {
		made.TotalAmount, made.TotalTax = total.number(), tax.number()
	}
	if made.Payments == nil {
		made.Payments = []refundPayment{{ID: id, ProviderID: "storecredit", Amount: made.TotalAmount, Offline: true}}
	}
	status := statusRefunded
	for _, l := range after.lines() {
		if l.QuantityRefunded < l.Quantity {
			status = statusPartiallyRefunded
		}
	}
	after.setStatus(status, r.s.label(status))
	after.DateModified = mailTime{now}
	e := about("store/order/refund/created", "order", after.ID)
	e.Data["refund"] = map[string]any{"refund_id": id}
	events := []event{e, about("store/order/updated", "order", after.ID)}
	if before.StatusID != status {
		events = append(events, statusUpdated(after.ID, before.StatusID, status))
	}
	return change{
		id: id, record: made, events: events,
		lines: []line{
			{Op: opPut, Entity: "refunds", ID: id, Record: made}, {Op: opPut, Entity: "orders", ID: after.ID, Record: after},
		},
		commit: func() {
			r.table.put(id, made)
			r.s.orders.put(after.ID, after)
		},
	}, nil
}

// takeBack marks the refunded lines and sums what they cost. Without items it
// takes back all that is left.
func (made *refund) takeBack(o *order) (total, tax money, err error) {
	if len(made.Items) == 0 {
		for _, l := range o.lines() {
			if left := l.Quantity - l.QuantityRefunded; left > 0 {
				made.Items = append(made.Items, refundItem{ItemType: "PRODUCT", ItemID: l.ID, Quantity: left})
			}
		}
	}
	lines := map[int64]*lineItem{}
	for _, l := range o.lines() {
		lines[l.ID] = l
	}
	for _, item := range made.Items {
		if item.ItemType != "PRODUCT" {
			if item.RequestedAmount != nil {
				total += moneyFrom(*item.RequestedAmount)
			}
			continue
		}
		l := lines[item.ItemID]
		if l == nil || item.Quantity < 1 || item.Quantity > l.Quantity-l.QuantityRefunded {
			return 0, 0, errors.New("items must name lines of the order and no more than is left of them")
		}
		l.QuantityRefunded += item.Quantity
		l.IsRefunded = l.QuantityRefunded == l.Quantity
		total += moneyOf(l.DiscountedTotalIncTax) * money(item.Quantity) / money(l.Quantity)
		tax += moneyOf(l.PriceTax) * money(item.Quantity)
	}
	return total, tax, nil
}

func (r *refunds) update(int64, []byte, time.Time) (change, error) {
	return change{}, errors.New("a refund cannot be changed")
}

func (r *refunds) remove(int64, time.Time) (change, error) {
	return change{}, errors.New("a refund cannot be taken back")
}

// page and len speak of refunds made since the start; the seeded ones follow
// from the orders' statuses.
func (r *refunds) get(id int64) (any, bool) {
	if made := r.table.get(id); made != nil {
		return made, true
	}
	if r.s.orders.isSeeded(id) {
		if made := r.s.seededRefund(id); made != nil {
			return made, true
		}
	}
	return nil, false
}

// Refund makes a refund; fields needs order_id.
func (s *Server) Refund(fields any) (int64, json.RawMessage, error) {
	return s.Create("refunds", fields)
}
