package bigcommerce

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"
)

// OrdersService reads orders, their lines, refunds and coupons.
type OrdersService struct{ service }

// Sorts of OrderFilter.
const (
	OrdersByID           = "id:asc"
	OrdersByIDDesc       = "id:desc"
	OrdersByDateCreated  = "date_created:asc"
	OrdersByDateModified = "date_modified:asc"
)

// OrderFilter narrows a list of orders. Bounds are inclusive, dates to the
// second. Limit is 100 if 0: with their lines, 250 can be slow. Sort is the
// API's own (by id) if "".
type OrderFilter struct {
	MinID, MaxID    int64
	MinDateCreated  time.Time
	MaxDateCreated  time.Time
	MinDateModified time.Time
	MaxDateModified time.Time
	// StatusID keeps one status, when not nil.
	StatusID   *int64
	CustomerID int64
	// Email keeps orders whose billing address has it.
	Email string
	// ExternalOrderID keeps orders that another system gave this id.
	ExternalOrderID string
	Sort            string
	// Page is 1 if 0.
	Page  int
	Limit int
	// Bare leaves out consignments and line items.
	Bare bool
}

func (f OrderFilter) query() query {
	var q query
	q.id("min_id", f.MinID)
	q.id("max_id", f.MaxID)
	q.date("min_date_created", f.MinDateCreated, dateV2)
	q.date("max_date_created", f.MaxDateCreated, dateV2)
	q.date("min_date_modified", f.MinDateModified, dateV2)
	q.date("max_date_modified", f.MaxDateModified, dateV2)
	if f.StatusID != nil {
		q.number("status_id", int(*f.StatusID))
	}
	q.id("customer_id", f.CustomerID)
	q.text("email", f.Email)
	q.text("external_order_id", f.ExternalOrderID)
	return q
}

func (q *query) withLines() {
	q.add("include", "consignments.line_items")
	q.add("consignment_structure", "object")
}

// Statuses returns the store's fifteen statuses with its own labels.
// https://developer.bigcommerce.com/docs/rest-management/order-status (GET v2/order_statuses)
func (s *OrdersService) Statuses(ctx context.Context) ([]OrderStatus, error) {
	return onceV2[OrderStatus](ctx, s.client, "/v2/order_statuses")
}

// Count returns the number of orders that filter keeps; page, limit and sort
// are ignored.
// https://developer.bigcommerce.com/docs/rest-management/orders (GET v2/orders/count)
func (s *OrdersService) Count(ctx context.Context, filter OrderFilter) (OrderCount, error) {
	return getV2[OrderCount](ctx, s.client, "/v2/orders/count", filter.query())
}

// Get returns one order with its lines; IsNotFound tells of one that is gone.
// https://developer.bigcommerce.com/docs/rest-management/orders (GET v2/orders/{id})
func (s *OrdersService) Get(ctx context.Context, id int64) (Order, error) {
	var q query
	q.withLines()
	order, err := getV2[Order](ctx, s.client, "/v2/orders/{id}", q, id)
	if err == nil && order.ID != id {
		return Order{}, &DecodeError{Route: "/v2/orders/{id}", Field: "id", Reason: "another order came"}
	}
	return order, err
}

// Page returns one page of orders with their lines. More is a guess from the
// number of rows: v2 does not say, and an empty page is an answer without body.
// https://developer.bigcommerce.com/docs/rest-management/orders (GET v2/orders)
func (s *OrdersService) Page(ctx context.Context, filter OrderFilter) (Page[Order], error) {
	if filter.Limit == 0 {
		filter.Limit = 100
	}
	filter.Page = max(filter.Page, 1)
	q := filter.query()
	q.text("sort", filter.Sort)
	q.number("page", filter.Page)
	q.number("limit", limit(filter.Limit))
	if !filter.Bare {
		q.withLines()
	}
	page, err := pageV2[Order](ctx, s.client, "/v2/orders", q, filter.Page, limit(filter.Limit))
	if filter.Sort == OrdersByIDDesc && page.LastID == 1 {
		page.More = false // ids begin at 1
	}
	return page, err
}

// Pages yields pages to the end, and stops on the first error. Sorted by id it
// walks the keyset, so no row shifts; otherwise by page number.
func (s *OrdersService) Pages(ctx context.Context, filter OrderFilter) iter.Seq2[Page[Order], error] {
	return pages(ctx, filter, s.Page, func(filter *OrderFilter, page Page[Order]) {
		switch {
		case filter.Sort == OrdersByIDDesc && page.LastID > 1:
			filter.MaxID, filter.Page = page.LastID-1, 1
		case (filter.Sort == OrdersByID || filter.Sort == "") && page.LastID > 0:
			filter.MinID, filter.Page = page.LastID+1, 1
		default:
			filter.Page = max(filter.Page, 1) + 1
		}
	})
}

// All yields the orders of Pages.
func (s *OrdersService) All(ctx context.Context, filter OrderFilter) iter.Seq2[Order, error] {
	return records(s.Pages(ctx, filter))
}

// Products returns all lines of an order, however many.
// https://developer.bigcommerce.com/docs/rest-management/orders/order-products (GET v2/orders/{id}/products)
func (s *OrdersService) Products(ctx context.Context, orderID int64) ([]LineItem, error) {
	return listV2[LineItem](ctx, s.client, "/v2/orders/{id}/products", nil, orderID)
}

// CompleteLines reads the lines of order one page at a time into FetchedLines,
// if the lines that came with it may not be all (see Order.LinesTruncated).
func (s *OrdersService) CompleteLines(ctx context.Context, order *Order) error {
	if !order.LinesTruncated() {
		return nil
	}
	lines, err := s.Products(ctx, order.ID)
	if err != nil {
		return fmt.Errorf("fetch lines: %w", err)
	}
	if lines == nil {
		lines = []LineItem{}
	}
	order.FetchedLines = lines
	return nil
}

// Coupons returns the coupons used on an order.
// https://developer.bigcommerce.com/docs/rest-management/orders/order-coupons (GET v2/orders/{id}/coupons)
func (s *OrdersService) Coupons(ctx context.Context, orderID int64) ([]Coupon, error) {
	return listV2[Coupon](ctx, s.client, "/v2/orders/{id}/coupons", nil, orderID)
}

// Refunds returns all refunds of at most MaxLimit orders, by ascending id.
// https://developer.bigcommerce.com/docs/rest-management/orders/order-refunds (GET v3/orders/payment_actions/refunds)
func (s *OrdersService) Refunds(ctx context.Context, orderIDs ...int64) ([]Refund, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	if len(orderIDs) > MaxLimit {
		return nil, fmt.Errorf("list refunds: %d orders, at most %d at once", len(orderIDs), MaxLimit)
	}
	var q query
	q.list("order_id:in", orderIDs)
	return listV3[Refund](ctx, s.client, "/v3/orders/payment_actions/refunds", q)
}

// Lines are the lines of the order: those fetched one by one, or else the union
// of all consignments.
func (o *Order) Lines() []LineItem {
	if o.FetchedLines != nil {
		return o.FetchedLines
	}
	var lines []LineItem
	for _, c := range o.Consignments.Pickups {
		lines = append(lines, c.LineItems...)
	}
	for _, c := range o.Consignments.Shipping {
		lines = append(lines, c.LineItems...)
	}
	for _, c := range o.Consignments.Downloads {
		lines = append(lines, c.LineItems...)
	}
	for _, c := range o.Consignments.Email.GiftCertificates {
		lines = append(lines, c.LineItems...)
	}
	return lines
}

// LinesTruncated reports whether the lines that came with the order may not be
// all: the API said so, or their quantities fall short of ItemsTotal (seen:
// bigcommerce/dev-docs issue 2052). It is false once FetchedLines is set.
func (o *Order) LinesTruncated() bool {
	if o.FetchedLines != nil {
		return false
	}
	c := o.Consignments
	warned := o.Warning != nil || c.Warning != nil
	for _, p := range c.Pickups {
		warned = warned || p.Warning != nil
	}
	for _, s := range c.Shipping {
		warned = warned || s.Warning != nil
	}
	for _, d := range c.Downloads {
		warned = warned || d.Warning != nil
	}
	for _, g := range c.Email.GiftCertificates {
		warned = warned || g.Warning != nil
	}
	var quantity Int
	for _, line := range o.Lines() {
		quantity += line.Quantity
	}
	return warned || quantity < o.ItemsTotal
}

// UnmarshalJSON reads the object that consignment_structure=object asks for, and
// the array of such objects that came before it.
func (c *Consignments) UnmarshalJSON(data []byte) error {
	*c = Consignments{}
	type plain Consignments
	switch form(data) {
	case "object":
		return json.Unmarshal(data, (*plain)(c))
	case "array":
		var parts []plain
		if err := json.Unmarshal(data, &parts); err != nil {
			return err
		}
		for _, part := range parts {
			c.Pickups = append(c.Pickups, part.Pickups...)
			c.Shipping = append(c.Shipping, part.Shipping...)
			c.Downloads = append(c.Downloads, part.Downloads...)
			c.Email.GiftCertificates = append(c.Email.GiftCertificates, part.Email.GiftCertificates...)
			if part.Warning != nil {
				c.Warning = part.Warning
			}
		}
	}
	return nil
}

// UnmarshalJSON reads an object; an empty group may come as an array.
func (e *EmailConsignments) UnmarshalJSON(data []byte) error {
	*e = EmailConsignments{}
	if form(data) != "object" {
		return nil
	}
	type plain EmailConsignments
	return json.Unmarshal(data, (*plain)(e))
}

// UnmarshalJSON reads an array of lines, or a lone one, and leaves out links.
func (l *LineItems) UnmarshalJSON(data []byte) error {
	*l = nil
	var lines []LineItem
	switch form(data) {
	case "array":
		if err := json.Unmarshal(data, &lines); err != nil {
			return err
		}
	case "object":
		lines = make([]LineItem, 1)
		if err := json.Unmarshal(data, &lines[0]); err != nil {
			return err
		}
	}
	for _, line := range lines {
		if line.ID != 0 {
			*l = append(*l, line)
		}
	}
	return nil
}

// UnmarshalJSON never fails: that there is a warning is what counts.
func (w *Warning) UnmarshalJSON(data []byte) error {
	*w = Warning{}
	type plain Warning
	if json.Unmarshal(data, (*plain)(w)) != nil {
		text, _ := scalar(data)
		w.Message = text
	}
	return nil
}
