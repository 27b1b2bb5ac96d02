package source

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// Rows are what one request found of some records of an entity, as BigCommerce
// sent them: what else a record needs is read when it is bound.
type Rows struct {
	entity      connection.Entity
	customers   map[int64]bigcommerce.Customer
	subscribers map[int64]bigcommerce.Subscriber
	products    map[int64]bigcommerce.Product
	orders      map[int64]bigcommerce.Order
	unreadable  map[int64]bigcommerce.Unreadable
	// whole says that a record which is not among them is gone. A product or an
	// order is believed gone only when it was asked for by itself.
	whole bool
}

// FetchMost is how many records of an entity one Fetch takes. Version 2 of the
// API cannot list orders by ids.
func FetchMost(entity connection.Entity) int {
	if entity == connection.Orders {
		return 1
	}
	return bigcommerce.MaxIDs
}

// Fetch reads records by their ids with one request, at most FetchMost. It may
// be called at once from any goroutine.
func (r *Reader) Fetch(ctx context.Context, entity connection.Entity, ids ...int64) (Rows, error) {
	rows := Rows{entity: entity}
	var err error
	switch {
	case len(ids) == 0 || len(ids) > FetchMost(entity):
		return rows, fmt.Errorf("read %s: %d at once", entity, len(ids))
	case entity == connection.Customers:
		var page bigcommerce.Page[bigcommerce.Customer]
		page, err = r.shop.Customers.ByIDs(ctx, ids...)
		rows.customers = byID(&rows, ids, page, func(c bigcommerce.Customer) int64 { return c.ID })
	case entity == connection.Subscribers:
		var page bigcommerce.Page[bigcommerce.Subscriber]
		page, err = r.shop.Subscribers.ByIDs(ctx, ids...)
		rows.subscribers = byID(&rows, ids, page, func(s bigcommerce.Subscriber) int64 { return s.ID })
	case entity == connection.Products && len(ids) > 1:
		var page bigcommerce.Page[bigcommerce.Product]
		page, err = r.shop.Products.ByIDs(ctx, ids...)
		rows.products = byID(&rows, ids, page, func(p bigcommerce.Product) int64 { return p.ID })
		rows.whole = false
	case entity == connection.Products:
		var product bigcommerce.Product
		product, err = r.shop.Products.Get(ctx, ids[0])
		rows.products, err = alone(&rows, ids[0], product, err)
	case entity == connection.Orders:
		var order bigcommerce.Order
		order, err = r.shop.Orders.Get(ctx, ids[0])
		rows.orders, err = alone(&rows, ids[0], order, err)
	default:
		return rows, fmt.Errorf("read record: unknown entity %q", entity)
	}
	if err != nil {
		return rows, fmt.Errorf("read %s: %w", entity, err)
	}
	return rows, nil
}

// byID sorts a page that was asked for by ids.
func byID[T any](rows *Rows, ids []int64, page bigcommerce.Page[T], id func(T) int64) map[int64]T {
	rows.whole = !page.More
	rows.unreadable = map[int64]bigcommerce.Unreadable{}
	for _, row := range page.Unreadable {
		switch {
		case row.ID != 0:
			rows.unreadable[row.ID] = row
		case len(ids) == 1:
			rows.unreadable[ids[0]] = row
		default: // it may be any of those that are missing
			rows.whole = false
		}
	}
	found := make(map[int64]T, len(page.Records))
	for _, record := range page.Records {
		found[id(record)] = record
	}
	return found
}

// alone is the answer about one record that was asked for by itself.
func alone[T any](rows *Rows, id int64, record T, err error) (map[int64]T, error) {
	rows.whole = true
	wrong, isWrong := errors.AsType[*bigcommerce.DecodeError](err)
	switch {
	case isWrong && wrong.Field != "":
		rows.unreadable = map[int64]bigcommerce.Unreadable{id: {ID: id, Err: wrong}}
		return nil, nil
	case bigcommerce.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return map[int64]T{id: record}, nil
}

// Bind completes one record of rows with what it needs of further requests. It
// reports false where rows cannot tell about it: it is to be fetched alone then.
func (r *Reader) Bind(ctx context.Context, rows Rows, id connection.RecordID) (record Record, known bool, err error) {
	// What asked for this one record is proof enough that it changed, wherever
	// history begins: not every change moves date_modified.
	r.Since(time.Time{})
	if row, ok := rows.unreadable[int64(id)]; ok {
		row.ID = int64(id)
		return unreadable([]bigcommerce.Unreadable{row})[0], true, nil
	}
	var records []Record
	switch rows.entity {
	case connection.Customers:
		if customer, ok := rows.customers[int64(id)]; ok {
			records, err = r.Customers(ctx, bigcommerce.Page[bigcommerce.Customer]{Records: []bigcommerce.Customer{customer}})
		}
	case connection.Subscribers:
		if subscriber, ok := rows.subscribers[int64(id)]; ok {
			records = r.Subscribers(bigcommerce.Page[bigcommerce.Subscriber]{Records: []bigcommerce.Subscriber{subscriber}})
		}
	case connection.Products:
		if product, ok := rows.products[int64(id)]; ok {
			records, err = r.Products(ctx, bigcommerce.Page[bigcommerce.Product]{Records: []bigcommerce.Product{product}})
		}
	case connection.Orders:
		if order, ok := rows.orders[int64(id)]; ok {
			records, err = r.Orders(ctx, bigcommerce.Page[bigcommerce.Order]{Records: []bigcommerce.Order{order}})
		}
	}
	wrong, isWrong := errors.AsType[*bigcommerce.DecodeError](err)
	switch {
	case isWrong && wrong.Field != "":
		return unreadable([]bigcommerce.Unreadable{{ID: int64(id), Err: wrong}})[0], true, nil
	case bigcommerce.IsNotFound(err):
		return r.gone(rows.entity, id), true, nil
	case err != nil:
		return Record{}, true, fmt.Errorf("read %s: %w", rows.entity, err)
	case len(records) > 0:
		return records[0], true, nil
	case rows.whole:
		return r.gone(rows.entity, id), true, nil
	}
	return Record{}, false, nil
}
