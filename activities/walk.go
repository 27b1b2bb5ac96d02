package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// boundMargin overlaps the bounds of date filters, which the vendor documents
// as exclusive in one place and inclusive in another.
const boundMargin = time.Second

// earliest is before any BigCommerce store existed.
var earliest = time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC)

// expected asks BigCommerce how many records the walk will find.
func (w *walk) expected(ctx context.Context) (int64, error) {
	shop := w.accounts.BigCommerce
	switch w.entity {
	case connection.Products:
		found, err := shop.Products.Page(ctx, bigcommerce.ProductFilter{Limit: 1, Include: []string{}, Fields: []string{"name"}})
		return known(found.Total), err
	case connection.Customers:
		found, err := shop.Customers.Page(ctx, bigcommerce.CustomerFilter{Limit: 1, Bare: true, DateCreatedMin: w.lowerBound()})
		return known(found.Total), err
	case connection.Subscribers:
		found, err := shop.Subscribers.Page(ctx, bigcommerce.SubscriberFilter{Limit: 1, DateCreatedMin: w.lowerBound()})
		return known(found.Total), err
	default:
		count, err := shop.Orders.Count(ctx, bigcommerce.OrderFilter{MinDateCreated: w.since})
		return int64(count.Count), err
	}
}

func known(total int) int64 { return int64(max(total, 0)) }

func (w *walk) lowerBound() time.Time {
	if w.since.IsZero() {
		return w.since
	}
	return w.since.Add(-boundMargin)
}

// tooOld reports whether a record that the margin let in was created before
// the start date.
func (w *walk) tooOld(created time.Time) bool {
	return !w.since.IsZero() && !created.IsZero() && created.Before(w.since)
}

func (w *walk) readProducts(ctx context.Context, cursor string, p *page) error {
	after, err := parseID(cursor)
	if err != nil {
		return err
	}
	found, err := w.accounts.BigCommerce.Products.Page(ctx, bigcommerce.ProductFilter{
		IDGreater: after, Limit: w.limit, DateModifiedMin: w.modified,
	})
	if err != nil {
		return err
	}
	p.last = found.Len() == 0 || !found.More
	p.cursor = strconv.FormatInt(max(after, found.LastID), 10)
	p.see(found.Unreadable)
	for _, record := range found.Records {
		p.seen = append(p.seen, connection.RecordID(record.ID))
	}
	p.items, err = w.reader.Products(ctx, found)
	return err
}

func (w *walk) readCustomers(ctx context.Context, cursor string, p *page) error {
	found, err := w.accounts.BigCommerce.Customers.Page(ctx, bigcommerce.CustomerFilter{
		After: cursor, Limit: w.limit, DateCreatedMin: w.lowerBound(), DateModifiedMin: w.modified,
	})
	if err != nil {
		return err
	}
	p.last = found.Len() == 0 || !found.More || found.EndCursor == ""
	p.cursor = found.EndCursor
	p.see(found.Unreadable)
	for _, record := range found.Records {
		p.seen = append(p.seen, connection.RecordID(record.ID))
	}
	found.Records = slices.DeleteFunc(found.Records, func(c bigcommerce.Customer) bool { return w.tooOld(c.DateCreated.Time) })
	p.items, err = w.reader.Customers(ctx, found)
	return err
}

// readOrders goes from the newest order to the oldest, so that what marketing
// needs first arrives first.
func (w *walk) readOrders(ctx context.Context, cursor string, p *page) error {
	last, err := parseID(cursor)
	if err != nil {
		return err
	}
	filter := bigcommerce.OrderFilter{Sort: bigcommerce.OrdersByIDDesc, Limit: w.limit, MinDateCreated: w.lowerBound(), MinDateModified: w.modified}
	if last > 0 {
		filter.MaxID = last - 1
	}
	if last == 1 {
		p.cursor, p.last = cursor, true
		return nil
	}
	found, err := w.accounts.BigCommerce.Orders.Page(ctx, filter)
	if err != nil {
		return err
	}
	p.last = found.Len() == 0 || !found.More
	p.cursor = cursor
	if found.LastID > 0 {
		p.cursor = strconv.FormatInt(found.LastID, 10)
	}
	p.see(found.Unreadable)
	old := len(found.Records) > 0
	for _, record := range found.Records {
		p.seen = append(p.seen, connection.RecordID(record.ID))
		old = old && record.DateCreated.Before(w.until)
	}
	// The ids are in the order of creation but for orders imported under an
	// older date, so one young order is reason enough to go on.
	if old && !p.last {
		p.last, p.from = true, found.LastID
	}
	found.Records = slices.DeleteFunc(found.Records, func(o bigcommerce.Order) bool { return w.tooOld(o.DateCreated.Time) })
	p.items, err = w.reader.Orders(ctx, found)
	return err
}

// window is the cursor of the subscribers' walk. That list has neither a sort
// nor a cursor, so it is read by windows of creation dates, halved until one
// page holds what is in them. Times are Unix seconds.
type window struct {
	From int64 `json:"from"`
	End  int64 `json:"end"`  // of the whole walk
	Span int64 `json:"span"` // of the next window
	// Page and Limit are of a window that cannot be halved any further.
	Page  int `json:"page,omitempty"`
	Limit int `json:"limit,omitempty"`
}

func (w *walk) readSubscribers(ctx context.Context, cursor string, p *page) error {
	at, err := w.windowAt(cursor)
	if err != nil {
		return err
	}
	for {
		if at.Limit != w.limit { // a page number means other rows then
			at.Page, at.Limit = 0, w.limit
		}
		to := min(at.From+at.Span, at.End)
		filter := bigcommerce.SubscriberFilter{Limit: w.limit, Page: max(at.Page, 1)}
		least, most := time.Unix(at.From, 0).UTC().Add(-boundMargin), time.Unix(to, 0).UTC().Add(boundMargin)
		if w.modified.IsZero() {
			filter.DateCreatedMin, filter.DateCreatedMax = least, most
		} else {
			filter.DateModifiedMin, filter.DateModifiedMax = least, most
		}
		found, err := w.accounts.BigCommerce.Subscribers.Page(ctx, filter)
		if err != nil {
			return err
		}
		if found.More && at.Span > 1 {
			at.Span = max(at.Span/2, 1)
			continue
		}
		if found.More {
			at.Page = max(at.Page, 1) + 1
		} else {
			at = window{From: to, End: at.End, Span: at.Span * 2, Limit: at.Limit}
		}
		p.last = !found.More && to >= at.End
		p.see(found.Unreadable)
		for _, record := range found.Records {
			p.seen = append(p.seen, connection.RecordID(record.ID))
		}
		found.Records = slices.DeleteFunc(found.Records, func(s bigcommerce.Subscriber) bool { return w.tooOld(s.DateCreated.Time) })
		p.items = w.reader.Subscribers(found)
		if p.last || len(p.items) > 0 {
			data, err := json.Marshal(at)
			p.cursor = string(data)
			return err
		}
	}
}

func (w *walk) windowAt(cursor string) (window, error) {
	if cursor != "" {
		var at window
		if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.Span <= 0 {
			return at, fmt.Errorf("cursor of subscribers is malformed")
		}
		return at, nil
	}
	from := earliest
	switch {
	case !w.modified.IsZero():
		from = w.modified
	case !w.since.IsZero():
		from = w.since
	}
	now := time.Now()
	if !w.clock.IsZero() {
		now = w.clock
	}
	// Whoever comes later is told of by webhooks, which exist already, or by the
	// next pass.
	end := now.Add(time.Minute).Unix()
	return window{From: from.Unix(), End: end, Span: max(end-from.Unix(), 1)}, nil
}

func parseID(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("cursor is not an id")
	}
	return id, nil
}

func isStatus(err error, statuses ...int) bool {
	e, ok := errors.AsType[*bigcommerce.APIError](err)
	return ok && slices.Contains(statuses, e.Status)
}
