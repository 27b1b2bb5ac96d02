package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// readRecord reads one record's present state. A record that is gone is an
// item of its own: it stands for the deletion.
func (s *session) readRecord(ctx context.Context, entity connection.Entity, id connection.RecordID) (reading, error) {
	r := reading{entity: entity}
	// What asked for this one record is proof enough that it changed, wherever
	// history begins: not every change moves date_modified.
	s.context.Since = time.Time{}
	var err error
	if r.f, err = s.Store.NextSeq(ctx); err != nil {
		return r, err
	}
	shop := s.accounts.BigCommerce
	switch entity {
	case connection.Customers:
		var page bigcommerce.Page[bigcommerce.Customer]
		if page, err = shop.Customers.ByIDs(ctx, int64(id)); err == nil {
			r.items, err = s.customerItems(ctx, page)
		}
	case connection.Subscribers:
		var page bigcommerce.Page[bigcommerce.Subscriber]
		if page, err = shop.Subscribers.ByIDs(ctx, int64(id)); err == nil {
			r.items = s.subscriberItems(page)
		}
	case connection.Products:
		var product bigcommerce.Product
		if product, err = shop.Products.Get(ctx, int64(id)); err == nil {
			r.items, err = s.productItems(ctx, bigcommerce.Page[bigcommerce.Product]{Records: []bigcommerce.Product{product}})
		}
	case connection.Orders:
		var order bigcommerce.Order
		if order, err = shop.Orders.Get(ctx, int64(id)); err == nil {
			r.items, err = s.orderItems(ctx, bigcommerce.Page[bigcommerce.Order]{Records: []bigcommerce.Order{order}})
		}
	default:
		return r, fmt.Errorf("read record: unknown entity %q", entity)
	}
	wrong, isWrong := errors.AsType[*bigcommerce.DecodeError](err)
	switch {
	case isWrong && wrong.Field != "":
		r.items = unreadableItems([]bigcommerce.Unreadable{{ID: int64(id), Err: wrong}})
	case err != nil && !bigcommerce.IsNotFound(err):
		return r, fmt.Errorf("read %s: %w", entity, err)
	case len(r.items) == 0:
		r.items = []item{s.goneItem(entity, id)}
	}
	r.g, err = s.Store.NextSeq(ctx)
	return r, err
}

func (s *session) goneItem(entity connection.Entity, id connection.RecordID) item {
	return item{
		id: id, size: 1, gone: true, fingerprint: s.fingerprint(s.context, "gone", entity, id),
		mapped: func(prev connection.RecordState) mapping.Result { return mapping.Gone(entity, id, s.context, prev) },
	}
}

// fingerprint of one record, the same whichever task reads it.
func (s *session) fingerprint(mc mapping.Context, source ...any) []byte {
	mc.Since = s.since
	return mapping.Fingerprint(s.fingerprintKey, s.accounts.Account(), mc, source...)
}

// unreadableItems stand for rows of a page that have another form than
// expected: each is rejected by itself and the rest of the page goes on.
func unreadableItems(rows []bigcommerce.Unreadable) []item {
	var items []item
	for _, row := range rows {
		if row.ID == 0 {
			continue
		}
		reason := connection.Reason{
			Code: connection.ReasonUnmappable, Path: row.Err.Field,
			Text: "BigCommerce sent a field in a form that is not documented: " + row.Err.Reason,
		}
		items = append(items, item{
			id: connection.RecordID(row.ID), size: 1,
			mapped: func(prev connection.RecordState) mapping.Result {
				return mapping.Result{Reject: &reason, State: prev}
			},
		})
	}
	return items
}

// leaveOutAfter is at which attempt of a slice a record that fails by itself is
// left to a sync of its own, so that the rest of its page goes on.
const leaveOutAfter = 3

// leaveOut takes a record whose own reads fail out of its page and marks it
// dirty. It returns the cause where that is not to be done: yet, or because the
// record is not what is at fault.
func (s *session) leaveOut(ctx context.Context, entity connection.Entity, id int64, cause error) error {
	if !s.bulk || s.attempt < leaveOutAfter || ctx.Err() != nil || expected(cause) || s.blame(ctx, cause) != nil {
		return cause
	}
	s.Logger.Warn("left to a sync of its own", "connection_id", s.connection.ID, "entity", entity, "record_id", id, "err", cause)
	return s.Store.MarkDirty(ctx, s.connection.ID, entity, []connection.RecordID{connection.RecordID(id)})
}

func (s *session) customerItems(ctx context.Context, page bigcommerce.Page[bigcommerce.Customer]) ([]item, error) {
	known, err := s.customerReferences(ctx)
	if err != nil {
		return nil, err
	}
	mc := s.context
	mc.Groups, mc.Attributes, mc.PasswordFields = known.groups, known.attributes, known.passwordFields
	items := unreadableItems(page.Unreadable)
	for _, customer := range page.Records {
		items = append(items, item{
			id: connection.RecordID(customer.ID), modified: customer.DateModified.Time, size: 1,
			fingerprint: s.fingerprint(mc, customer),
			mapped:      func(connection.RecordState) mapping.Result { return mapping.Customer(customer, mc) },
		})
	}
	return items, nil
}

func (s *session) subscriberItems(page bigcommerce.Page[bigcommerce.Subscriber]) []item {
	items := unreadableItems(page.Unreadable)
	for _, subscriber := range page.Records {
		items = append(items, item{
			id: connection.RecordID(subscriber.ID), modified: subscriber.DateModified.Time, size: 1,
			fingerprint: s.fingerprint(s.context, subscriber),
			mapped: func(prev connection.RecordState) mapping.Result {
				return mapping.Subscriber(subscriber, s.context, prev)
			},
		})
	}
	return items
}

func (s *session) productItems(ctx context.Context, page bigcommerce.Page[bigcommerce.Product]) ([]item, error) {
	known, err := s.productReferences(ctx, page.Records)
	if err != nil {
		return nil, err
	}
	mc := s.context
	mc.Brands, mc.Categories = known.brands, known.categories
	items := unreadableItems(page.Unreadable)
	for _, product := range page.Records {
		if err := s.accounts.BigCommerce.Products.CompleteVariants(ctx, &product); err != nil {
			if err := s.leaveOut(ctx, connection.Products, product.ID, err); err != nil {
				return nil, fmt.Errorf("read variants: %w", err)
			}
			continue
		}
		items = append(items, item{
			id: connection.RecordID(product.ID), modified: product.DateModified.Time,
			size: mapping.Size(product), fingerprint: s.fingerprint(mc, product),
			mapped: func(prev connection.RecordState) mapping.Result { return mapping.Product(product, mc, prev) },
		})
	}
	return items, nil
}

func (s *session) orderItems(ctx context.Context, page bigcommerce.Page[bigcommerce.Order]) ([]item, error) {
	shop := s.accounts.BigCommerce
	var refunded []int64
	orders := make([]bigcommerce.Order, 0, len(page.Records))
	for _, order := range page.Records {
		if err := shop.Orders.CompleteLines(ctx, &order); err != nil {
			if err := s.leaveOut(ctx, connection.Orders, order.ID, err); err != nil {
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
		found, err := shop.Orders.Refunds(ctx, refunded...)
		if err != nil {
			return nil, fmt.Errorf("read refunds: %w", err)
		}
		for _, refund := range found {
			refunds[refund.OrderID] = append(refunds[refund.OrderID], refund)
		}
	}
	items := unreadableItems(page.Unreadable)
	for _, order := range orders {
		items = append(items, item{
			id: connection.RecordID(order.ID), modified: order.DateModified.Time, size: 1, archived: order.IsDeleted,
			fingerprint: s.fingerprint(s.context, order, refunds[order.ID]),
			mapped: func(prev connection.RecordState) mapping.Result {
				return mapping.Order(order, refunds[order.ID], s.context, prev)
			},
		})
	}
	return items, nil
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

// page is one step of a bulk walk.
type page struct {
	reading
	cursor string // where the walk goes on after this page
	last   bool
}

// walk reads pages of one entity, each by a keyset, never by page numbers:
// numbers shift while the store changes.
type walk struct {
	*session
	entity connection.Entity
	since  time.Time
	limit  int // halved when BigCommerce cannot answer for so many
}

func (w *walk) read(ctx context.Context, cursor string) (page, error) {
	for {
		p, err := w.readOnce(ctx, cursor)
		if err == nil || w.limit <= smallestPage || !tooMuch(err) {
			return p, err
		}
		w.limit /= 2
		w.Logger.Info("smaller pages", "connection_id", w.connection.ID, "entity", w.entity, "limit", w.limit, "err", err)
	}
}

const smallestPage = 25

// tooMuch reports whether BigCommerce may answer for fewer records: no source
// states a safe page size with line items or hundreds of variants.
func tooMuch(err error) bool {
	return bigcommerce.IsTemporary(err) && isStatus(err, 500, 502, 504)
}

func (w *walk) readOnce(ctx context.Context, cursor string) (page, error) {
	p := page{reading: reading{entity: w.entity}}
	var err error
	if p.f, err = w.Store.NextSeq(ctx); err != nil {
		return p, err
	}
	switch w.entity {
	case connection.Products:
		err = w.readProducts(ctx, cursor, &p)
	case connection.Customers:
		err = w.readCustomers(ctx, cursor, &p)
	case connection.Subscribers:
		err = w.readSubscribers(ctx, cursor, &p)
	case connection.Orders:
		err = w.readOrders(ctx, cursor, &p)
	default:
		err = fmt.Errorf("unknown entity %q", w.entity)
	}
	if err != nil {
		return p, fmt.Errorf("read page of %s: %w", w.entity, err)
	}
	p.g, err = w.Store.NextSeq(ctx)
	return p, err
}
