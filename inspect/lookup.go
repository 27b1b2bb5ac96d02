package inspect

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Match is a record that a lookup found.
type Match struct {
	Entity   connection.Entity   `json:"entity"`
	RecordID connection.RecordID `json:"record_id"`
	// Known reports whether a sync has ever seen it.
	Known bool `json:"known"`
}

// maxMatches bounds how many records of one entity are found: the newest.
const maxMatches = 50

// ByEmail finds customers, subscribers and the latest orders of an e-mail
// address, in any case, by asking BigCommerce. The address is kept nowhere, nor
// in an error. It must not hold a comma, which BigCommerce takes for a list.
// Errors are those of Preview.
func (i *Inspector) ByEmail(ctx context.Context, id connection.ID, email string) ([]Match, error) {
	a, err := i.openConnection(ctx, id)
	if err != nil {
		return nil, err
	}
	// Whether BigCommerce minds the case is documented nowhere.
	spellings := slices.Compact([]string{email, strings.ToLower(email)})
	is := func(text string) bool { return strings.EqualFold(strings.TrimSpace(text), email) }
	found := matches{}
	customers := map[int64]bool{}
	people, err := a.shop.Customers.Page(ctx, bigcommerce.CustomerFilter{Emails: spellings, Bare: true})
	if err != nil {
		return nil, a.failed(ctx, connection.Customers, err)
	}
	for _, c := range people.Records {
		if is(c.Email) {
			customers[c.ID] = true
			found.add(connection.Customers, c.ID)
		}
	}
	for _, spelling := range spellings {
		page, err := a.shop.Subscribers.Page(ctx, bigcommerce.SubscriberFilter{Email: spelling})
		if err != nil {
			return nil, a.failed(ctx, connection.Subscribers, err)
		}
		for _, s := range page.Records {
			if is(s.Email) {
				found.add(connection.Subscribers, s.ID)
			}
		}
	}
	// Who has an account may pay under another address.
	var asks []bigcommerce.OrderFilter
	for _, spelling := range spellings {
		asks = append(asks, bigcommerce.OrderFilter{Email: spelling})
	}
	for customer := range customers {
		asks = append(asks, bigcommerce.OrderFilter{CustomerID: customer})
	}
	for _, filter := range asks {
		filter.Sort, filter.Limit, filter.Bare = bigcommerce.OrdersByIDDesc, maxMatches, true
		page, err := a.shop.Orders.Page(ctx, filter)
		if err != nil {
			return nil, a.failed(ctx, connection.Orders, err)
		}
		for _, o := range page.Records {
			if is(o.BillingAddress.Email) || customers[o.CustomerID] {
				found.add(connection.Orders, o.ID)
			}
		}
	}
	return i.known(ctx, id, found)
}

// ByOrderNumber finds an order by BigCommerce's number, and those that another
// system gave that number. Errors are those of Preview.
func (i *Inspector) ByOrderNumber(ctx context.Context, id connection.ID, number string) ([]Match, error) {
	a, err := i.openConnection(ctx, id)
	if err != nil {
		return nil, err
	}
	found := matches{}
	if orderID, err := connection.ParseRecordID(number); err == nil {
		order, err := a.shop.Orders.Get(ctx, int64(orderID))
		switch {
		case err == nil:
			found.add(connection.Orders, order.ID)
		case !bigcommerce.IsNotFound(err):
			return nil, a.failed(ctx, connection.Orders, err)
		}
	}
	page, err := a.shop.Orders.Page(ctx, bigcommerce.OrderFilter{
		ExternalOrderID: number, Sort: bigcommerce.OrdersByIDDesc, Limit: maxMatches, Bare: true,
	})
	if err != nil {
		return nil, a.failed(ctx, connection.Orders, err)
	}
	for _, o := range page.Records {
		if strings.EqualFold(string(o.ExternalOrderID), number) {
			found.add(connection.Orders, o.ID)
		}
	}
	return i.known(ctx, id, found)
}

// matches are ids by entity, each once.
type matches map[connection.Entity][]connection.RecordID

func (m matches) add(entity connection.Entity, id int64) {
	if !slices.Contains(m[entity], connection.RecordID(id)) {
		m[entity] = append(m[entity], connection.RecordID(id))
	}
}

// known lists what was found, the newest first, and says of each whether the database knows it.
func (i *Inspector) known(ctx context.Context, id connection.ID, found matches) ([]Match, error) {
	list := []Match{}
	for _, entity := range connection.Entities() {
		ids := found[entity]
		slices.SortFunc(ids, func(a, b connection.RecordID) int { return cmp.Compare(b, a) })
		for _, record := range ids[:min(len(ids), maxMatches)] {
			_, err := i.store.Record(ctx, connection.RecordKey{ConnectionID: id, Entity: entity, RecordID: record})
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
			list = append(list, Match{Entity: entity, RecordID: record, Known: err == nil})
		}
	}
	return list, nil
}

// openConnection opens the accounts of a connection, whatever its status.
func (i *Inspector) openConnection(ctx context.Context, id connection.ID) (accounts, error) {
	c, err := i.store.Connection(ctx, id)
	if err != nil {
		return accounts{}, err
	}
	return i.open(ctx, c.AuthenticationID, c.IdentificationCode)
}
