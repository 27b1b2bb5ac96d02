package bigcommercesim

import "strings"

// listSubscribers is GET /v3/customers/subscribers: filters and page numbers,
// no sort and no cursor. A plain date is an exact match.
func (s *Server) listSubscribers(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	q := query[subscriber]{
		ids: c.ids("id:in"), created: c.v3Dates(byCreated), modified: c.v3Dates(byModified),
		keep: keepSubscriber(c), count: true, limit: c.limit, offset: (c.page - 1) * c.limit,
	}
	if id, ok := c.number("id"); ok {
		q.id = span{id, id, true, true}
	}
	if r := c.bad(); r != nil {
		return *r
	}
	ids, total := s.subscribers.find(q)
	list := make([]*subscriber, 0, len(ids))
	for _, id := range ids {
		list = append(list, s.subscribers.get(id))
	}
	return listV3(c, list, total)
}

func keepSubscriber(c *call) func(*subscriber) bool {
	email, first, last, source := c.text("email"), c.text("first_name"), c.text("last_name"), c.text("source")
	orderID, hasOrder := c.number("order_id")
	if email+first+last+source == "" && !hasOrder {
		return nil
	}
	matches := func(want, got string) bool { return want == "" || strings.EqualFold(want, got) }
	return func(r *subscriber) bool {
		return matches(email, r.Email) && matches(first, r.FirstName) && matches(last, r.LastName) &&
			matches(source, r.Source) && (!hasOrder || r.OrderID != nil && *r.OrderID == orderID)
	}
}

func (s *Server) getSubscriber(c *call) reply {
	id, ok := c.pathID("id")
	if !ok || !s.subscribers.exists(id) {
		return notFoundV3()
	}
	return object(s.subscribers.get(id))
}
