package bigcommerce

import (
	"context"
	"iter"
	"slices"
	"time"
)

// Consents of a subscriber.
const (
	ConsentNewsletter    = "marketing_newsletter"
	ConsentAbandonedCart = "abandoned_cart"
)

// SubscribersService reads newsletter subscribers.
type SubscribersService struct{ service }

// Subscriber is an e-mail address that a form or a checkout left behind
// (subscribers.v3). The row is no consent: see Consents.
type Subscriber struct {
	ID        int64  `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	// Source is storefront, order or custom.
	Source string `json:"source"`
	// OrderID is 0 when no order is known; with one-page checkout it usually is.
	OrderID   int64 `json:"order_id"`
	ChannelID int64 `json:"channel_id"`
	// Consents is empty for one who never opted in and for one who opted out.
	Consents     []string  `json:"consents"`
	DateCreated  Timestamp `json:"date_created"`
	DateModified Timestamp `json:"date_modified"`
}

// OptedIn reports whether the subscriber consents to newsletters.
func (s Subscriber) OptedIn() bool { return slices.Contains(s.Consents, ConsentNewsletter) }

// SubscriberFilter narrows a list of subscribers. The list has neither a sort
// nor a cursor: read it by windows of dates that fit in one page. Limit is 250
// if 0, Page is 1 if 0.
type SubscriberFilter struct {
	Page            int
	Limit           int
	IDs             []int64
	Email           string
	DateCreatedMin  time.Time
	DateCreatedMax  time.Time
	DateModifiedMin time.Time
	DateModifiedMax time.Time
}

// Page returns one page of subscribers; Total is the whole window's.
// https://developer.bigcommerce.com/docs/rest-management/subscribers (GET v3/customers/subscribers)
func (s *SubscribersService) Page(ctx context.Context, filter SubscriberFilter) (Page[Subscriber], error) {
	var q query
	q.list("id:in", filter.IDs)
	q.text("email", filter.Email)
	q.date("date_created:min", filter.DateCreatedMin, dateV3)
	q.date("date_created:max", filter.DateCreatedMax, dateV3)
	q.date("date_modified:min", filter.DateModifiedMin, dateV3)
	q.date("date_modified:max", filter.DateModifiedMax, dateV3)
	q.number("limit", limit(filter.Limit))
	q.number("page", max(filter.Page, 1))
	return pageV3[Subscriber](ctx, s.client, "/v3/customers/subscribers", q)
}

// Pages yields the pages from filter.Page to the end, and stops on the first
// error. Rows may shift between pages while it runs.
func (s *SubscribersService) Pages(ctx context.Context, filter SubscriberFilter) iter.Seq2[Page[Subscriber], error] {
	return pages(ctx, filter, s.Page, func(filter *SubscriberFilter, _ Page[Subscriber]) { filter.Page = max(filter.Page, 1) + 1 })
}

// All yields the subscribers of Pages.
func (s *SubscribersService) All(ctx context.Context, filter SubscriberFilter) iter.Seq2[Subscriber, error] {
	return records(s.Pages(ctx, filter))
}

// ByIDs returns those of at most MaxIDs subscribers that exist; one that is
// gone is left out.
// https://developer.bigcommerce.com/docs/rest-management/subscribers (GET v3/customers/subscribers)
func (s *SubscribersService) ByIDs(ctx context.Context, ids ...int64) (Page[Subscriber], error) {
	if err := checkIDs(ids); err != nil || len(ids) == 0 {
		return Page[Subscriber]{}, err
	}
	return s.Page(ctx, SubscriberFilter{IDs: ids})
}
