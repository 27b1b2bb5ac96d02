package source

import (
	"context"
	"fmt"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

func (r *Reader) gone(entity connection.Entity, id connection.RecordID) Record {
	return Record{
		ID: id, Size: 1, Gone: true, Fingerprint: r.fingerprint(r.context, "gone", entity, id),
		Map: func(prev connection.RecordState) mapping.Result { return mapping.Gone(entity, id, r.context, prev) },
	}
}

// fingerprint of one record, the same whichever task reads it.
func (r *Reader) fingerprint(mc mapping.Context, source ...any) []byte {
	mc.Since = r.since
	return mapping.Fingerprint(r.config.FingerprintKey, r.config.Account, mc, source...)
}

// unreadable stand for rows of a page that have another form than
// expected: each is rejected by itself and the rest of the page goes on.
func unreadable(rows []bigcommerce.Unreadable) []Record {
	var records []Record
	for _, row := range rows {
		if row.ID == 0 {
			continue
		}
		reason := connection.Reason{
			Code: connection.ReasonUnmappable, Path: row.Err.Field,
			Text: "BigCommerce sent a field in a form that is not documented: " + row.Err.Reason,
		}
		records = append(records, Record{
			ID: connection.RecordID(row.ID), Size: 1,
			Map: func(prev connection.RecordState) mapping.Result {
				return mapping.Result{Reject: &reason, State: prev}
			},
		})
	}
	return records
}

func (r *Reader) leaveOut(ctx context.Context, entity connection.Entity, id int64, cause error) error {
	if r.config.LeaveOut == nil {
		return cause
	}
	return r.config.LeaveOut(ctx, entity, id, cause)
}

// Customers binds a page of customers, with the addresses and attributes beyond
// the ten that come with each.
func (r *Reader) Customers(ctx context.Context, page bigcommerce.Page[bigcommerce.Customer]) ([]Record, error) {
	if err := r.shop.Customers.Complete(ctx, page.Records); err != nil {
		return nil, fmt.Errorf("read addresses and attributes: %w", err)
	}
	known, err := r.customerReferences(ctx, page.Records)
	if err != nil {
		return nil, err
	}
	mc := r.context
	mc.Groups, mc.Attributes, mc.PasswordFields = known.groups, known.attributes, known.passwordFields
	keys, err := fieldKeys(ctx, r, connection.Customers, mc, page.Records)
	if err != nil {
		return nil, err
	}
	records := unreadable(page.Unreadable)
	for i, customer := range page.Records {
		mc := mc
		mc.Keys = keys[i]
		records = append(records, Record{
			ID: connection.RecordID(customer.ID), Source: customer, Modified: customer.DateModified.Time, Size: 1,
			Fingerprint: r.fingerprint(mc, customer),
			Map: func(prev connection.RecordState) mapping.Result {
				return mapping.Customer(customer, mc, prev)
			},
		})
	}
	return records, nil
}

// Subscribers binds a page of subscribers.
func (r *Reader) Subscribers(page bigcommerce.Page[bigcommerce.Subscriber]) []Record {
	records := unreadable(page.Unreadable)
	for _, subscriber := range page.Records {
		records = append(records, Record{
			ID: connection.RecordID(subscriber.ID), Source: subscriber, Modified: subscriber.DateModified.Time, Size: 1,
			Fingerprint: r.fingerprint(r.context, subscriber),
			Map: func(prev connection.RecordState) mapping.Result {
				return mapping.Subscriber(subscriber, r.context, prev)
			},
		})
	}
	return records
}

// Products binds a page of products.
func (r *Reader) Products(ctx context.Context, page bigcommerce.Page[bigcommerce.Product]) ([]Record, error) {
	known, err := r.productReferences(ctx, page.Records)
	if err != nil {
		return nil, err
	}
	mc := r.context
	mc.Brands, mc.Categories = known.brands, known.categories
	keys, err := fieldKeys(ctx, r, connection.Products, mc, page.Records)
	if err != nil {
		return nil, err
	}
	most := 0
	for _, product := range page.Records {
		most = max(most, len(product.Variants))
	}
	records := unreadable(page.Unreadable)
	for i, product := range page.Records {
		mc := mc
		mc.Keys = keys[i]
		// Where another product came with more variants, lists are not cut at this
		// number: that saves thousands of requests where products change in masses.
		cut := len(product.Variants) == most
		if err := r.completeVariants(ctx, &product, cut); err != nil {
			if err := r.leaveOut(ctx, connection.Products, product.ID, err); err != nil {
				return nil, fmt.Errorf("read variants: %w", err)
			}
			continue
		}
		records = append(records, Record{
			ID: connection.RecordID(product.ID), Source: product, Modified: product.DateModified.Time,
			Size: mapping.Size(product), Fingerprint: r.fingerprint(mc, product),
			Map: func(prev connection.RecordState) mapping.Result { return mapping.Product(product, mc, prev) },
		})
	}
	return records, nil
}

func (r *Reader) completeVariants(ctx context.Context, product *bigcommerce.Product, maybeCut bool) error {
	if !maybeCut {
		return nil
	}
	return r.shop.Products.CompleteVariants(ctx, product)
}

// Orders binds a page of orders.
func (r *Reader) Orders(ctx context.Context, page bigcommerce.Page[bigcommerce.Order]) ([]Record, error) {
	var refunded []int64
	orders := make([]bigcommerce.Order, 0, len(page.Records))
	for _, order := range page.Records {
		if err := r.shop.Orders.CompleteLines(ctx, &order); err != nil {
			if err := r.leaveOut(ctx, connection.Orders, order.ID, err); err != nil {
				return nil, fmt.Errorf("read order lines: %w", err)
			}
			continue
		}
		if mayHaveRefunds(order) {
			refunded = append(refunded, order.ID)
		}
		orders = append(orders, order)
	}
	refunds := map[int64][]bigcommerce.Refund{}
	if len(refunded) > 0 {
		found, err := r.shop.Orders.Refunds(ctx, refunded...)
		if err != nil {
			return nil, fmt.Errorf("read refunds: %w", err)
		}
		for _, refund := range found {
			refunds[refund.OrderID] = append(refunds[refund.OrderID], refund)
		}
	}
	records := unreadable(page.Unreadable)
	for _, order := range orders {
		records = append(records, Record{
			ID: connection.RecordID(order.ID), Source: order, Modified: order.DateModified.Time, Size: 1, Archived: mapping.TakenBack(order, r.connection.Settings),
			Refunds: refunds[order.ID], Fingerprint: r.fingerprint(r.context, order, refunds[order.ID]),
			Map: func(prev connection.RecordState) mapping.Result {
				return mapping.Order(order, refunds[order.ID], r.context, prev)
			},
		})
	}
	return records, nil
}

// mayHaveRefunds reports whether anything about the order hints at a refund.
// The order's own refunded_amount is always 0 (orders.v2).
func mayHaveRefunds(o bigcommerce.Order) bool {
	const refunded, partiallyRefunded = 4, 14
	if o.StatusID == refunded || o.StatusID == partiallyRefunded || strings.Contains(o.PaymentStatus, "refunded") {
		return true
	}
	for _, line := range o.Lines() {
		if line.QuantityRefunded > 0 || line.IsRefunded {
			return true
		}
	}
	return false
}

// sendsHistoryConsent reports whether consents from before the connection are
// sent. Where the Ometria account held contacts already, people may have left
// there without the shop knowing: their old consent must not bring them back.
func sendsHistoryConsent(c connection.Connection) bool {
	switch c.Settings.HistoryConsent {
	case connection.HistoryConsentSend:
		return true
	case connection.HistoryConsentOmit:
		return false
	}
	return !c.AccountHeldContacts
}
