package bigcommercesim

import (
	"cmp"
	"errors"
	"reflect"
	"time"
)

// changeable are the entities of /_simulator/.
func (s *Server) changeable() map[string]entity {
	return map[string]entity{
		"customers": &kind[customer]{
			name: "customers", table: s.customers, settle: s.settleCustomer,
			fresh: func(id int64, now time.Time) *customer {
				c := s.customer(id)
				c.DateCreated = zuluTime{now}
				return c
			},
			erase: func(c *customer, _ time.Time) (*customer, []event) {
				return nil, []event{about("store/customer/deleted", "customer", c.ID)}
			},
		},
		"subscribers": &kind[subscriber]{
			name: "subscribers", table: s.subscribers, settle: settleSubscriber,
			fresh: func(id int64, now time.Time) *subscriber {
				r := s.subscriber(id)
				r.DateCreated, r.OrderID = zuluTime{now}, nil
				return r
			},
			erase: func(r *subscriber, _ time.Time) (*subscriber, []event) {
				return nil, []event{about("store/subscriber/deleted", "subscriber", r.ID)}
			},
		},
		"orders": &kind[order]{
			name: "orders", table: s.orders, settle: s.settleOrder,
			fresh: func(id int64, now time.Time) *order {
				o := s.orderAs(id, statusNew)
				o.DateCreated = mailTime{now}
				return o
			},
			erase: func(o *order, now time.Time) (*order, []event) {
				archived := *o
				archived.IsDeleted, archived.DateModified = true, mailTime{now}
				return &archived, []event{about("store/order/archived", "order", o.ID)}
			},
		},
		"products": &kind[product]{
			name: "products", table: s.products, settle: s.settleProduct,
			fresh: func(id int64, now time.Time) *product {
				p := s.product(id)
				p.DateCreated = offsetTime{now}
				s.numberVariants(p, true)
				return p
			},
			erase: func(p *product, _ time.Time) (*product, []event) {
				events := []event{about("store/product/deleted", "product", p.ID)}
				return nil, append(events, skuEvents(p, nil)...) // the variants' come late
			},
		},
		"variants": &variants{s},
		"brands": &kind[brand]{ // no webhook exists for brands
			name: "brands", table: s.brands, fresh: func(id int64, _ time.Time) *brand { return s.brand(id) },
			settle: func(_, _ *brand, _ given, _ time.Time) ([]event, error) { return nil, nil },
			erase:  func(*brand, time.Time) (*brand, []event) { return nil, nil },
		},
		"categories": &kind[category]{
			name: "categories", table: s.categories, settle: settleCategory,
			fresh: func(id int64, _ time.Time) *category {
				c := s.category(firstCategory)
				c.CategoryID, c.CategoryUUID, c.Name = id, s.fake(99, id).uuid(), "New category"
				return c
			},
			erase: func(c *category, _ time.Time) (*category, []event) {
				return nil, []event{about("store/category/deleted", "category", c.CategoryID)}
			},
		},
		"refunds": &refunds{kind[refund]{name: "refunds", table: s.refunds}, s},
	}
}

const statusNew = 11 // Awaiting Fulfillment

// settleCustomer numbers new addresses and form fields. Form fields and
// attributes change in silence; addresses have events of their own.
func (s *Server) settleCustomer(before, after *customer, fields given, now time.Time) ([]event, error) {
	if after.Email == "" {
		return nil, errors.New("a customer needs an email")
	}
	next := after.ID * 10
	if before != nil {
		for _, a := range before.Addresses {
			next = max(next, a.ID+1)
		}
	}
	for n := range after.Addresses {
		a := &after.Addresses[n]
		if a.CustomerID = after.ID; a.ID == 0 {
			a.ID = next
		}
		next = max(next, a.ID+1)
		// The API takes no address without these.
		a.FirstName, a.LastName = cmp.Or(a.FirstName, after.FirstName), cmp.Or(a.LastName, after.LastName)
		a.AddressType = cmp.Or(a.AddressType, "residential")
		for m := range a.FormFields {
			a.FormFields[m].AddressID = a.ID
		}
	}
	for n := range after.FormFields {
		after.FormFields[n].CustomerID = after.ID
	}
	for n := range after.Attributes {
		after.Attributes[n].CustomerID = after.ID
	}
	after.count()
	if before == nil {
		after.DateModified = zuluTime{now}
		return []event{about("store/customer/created", "customer", after.ID)}, nil
	}
	var events []event
	if fields.loud("form_fields", "attributes", "addresses") {
		after.DateModified = zuluTime{now}
		events = append(events, about("store/customer/updated", "customer", after.ID))
	}
	return append(events, addressEvents(before, after)...), nil
}

func addressEvents(before, after *customer) []event {
	var events []event
	tell := func(what string, id int64) {
		e := about("store/customer/address/"+what, "customer", id) // the id is the address's
		e.Data["address"] = map[string]any{"customer_id": after.ID}
		events = append(events, e)
	}
	old := map[int64]address{}
	for _, a := range before.Addresses {
		old[a.ID] = a
	}
	for _, a := range after.Addresses {
		was, ok := old[a.ID]
		switch {
		case !ok:
			tell("created", a.ID)
		case !reflect.DeepEqual(was, a):
			tell("updated", a.ID)
		}
		delete(old, a.ID)
	}
	for id := range old {
		tell("deleted", id)
	}
	return events
}

func settleSubscriber(before, after *subscriber, _ given, now time.Time) ([]event, error) {
	if after.Email == "" {
		return nil, errors.New("a subscriber needs an email")
	}
	if after.Consents == nil {
		after.Consents = []string{}
	}
	after.DateModified = zuluTime{now}
	what := "updated"
	if before == nil {
		what = "created"
	}
	return []event{about("store/subscriber/"+what, "subscriber", after.ID)}, nil
}

func settleCategory(before, after *category, _ given, _ time.Time) ([]event, error) {
	what := "updated"
	if before == nil {
		what = "created"
	}
	return []event{about("store/category/"+what, "category", after.CategoryID)}, nil
}

// settleOrder lets status and totals follow from what was changed, unless they
// were given themselves.
func (s *Server) settleOrder(before, after *order, fields given, now time.Time) ([]event, error) {
	if named := fields["status"] != nil || before != nil && before.StatusID == after.StatusID; after.StatusID < 0 ||
		after.StatusID >= len(statusRows) && !named { // BigCommerce may add one some day
		return nil, errors.New("status_id must be within 0 and 14, or come with the status's name")
	}
	wanted := *after
	if _, ok := fields["status_id"]; ok || before == nil {
		after.setStatus(after.StatusID, s.label(after.StatusID))
	}
	for name, field := range map[string][2]*string{
		"status": {&after.Status, &wanted.Status}, "custom_status": {&after.CustomStatus, &wanted.CustomStatus},
		"payment_status": {&after.PaymentStatus, &wanted.PaymentStatus},
	} {
		if fields[name] != nil {
			*field[0] = *field[1]
		}
	}
	if fields["consignments"] != nil {
		s.numberLines(after)
		if fields["total_inc_tax"] == nil {
			after.sum()
		}
	}
	after.DateModified = mailTime{now}
	if before == nil {
		return []event{about("store/order/created", "order", after.ID)}, nil
	}
	what := "updated"
	if after.IsDeleted && !before.IsDeleted {
		what = "archived"
	}
	events := []event{about("store/order/"+what, "order", after.ID)}
	if after.StatusID != before.StatusID {
		events = append(events, statusUpdated(after.ID, before.StatusID, after.StatusID))
	}
	return events, nil
}

func statusUpdated(id int64, from, to int) event {
	e := about("store/order/statusUpdated", "order", id)
	e.Data["status"] = map[string]any{"previous_status_id": from, "new_status_id": to}
	return e
}

// numberLines completes line items given by hand.
func (s *Server) numberLines(o *order) {
	next := o.ID * 100
	for _, l := range o.lines() {
		next = max(next, l.ID+1)
	}
	for _, l := range o.lines() {
		if l.OrderID = o.ID; l.ID == 0 {
			l.ID = next
			next++
		}
		if l.Type == "" {
			l.Type = "physical"
		}
		if l.Quantity == 0 {
			l.Quantity = 1
		}
		if l.TotalIncTax == "" {
			l.price(moneyOf(l.BasePrice))
		}
		if l.AppliedDiscounts == nil {
			l.AppliedDiscounts = []discount{}
		}
		if l.ProductOptions == nil {
			l.ProductOptions = []chosenOption{}
		}
		if l.ConfigurableFields == nil {
			l.ConfigurableFields = []struct{}{}
		}
	}
	o.ShippingAddressCount = len(o.Consignments.Shipping)
}
