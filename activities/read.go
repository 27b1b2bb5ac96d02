package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

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

// page is one step of a bulk walk.
type page struct {
	reading
	cursor string // where the walk goes on after this page
	last   bool
	seen   []connection.RecordID // all ids on the page, also of what is left out
	from   int64                 // on the last page: ids below it were not looked at
}

// see notes rows that could not be read, but are there.
func (p *page) see(rows []bigcommerce.Unreadable) {
	for _, row := range rows {
		if row.ID != 0 {
			p.seen = append(p.seen, connection.RecordID(row.ID))
		}
	}
}

// walk reads pages of one entity, each by a keyset, never by page numbers:
// numbers shift while the store changes.
type walk struct {
	*session
	entity connection.Entity
	since  time.Time
	limit  int // halved when BigCommerce cannot answer for so many

	// What follows is a pass's.
	modified time.Time // only records changed since; zero for all
	clock    time.Time // BigCommerce's when the pass began
	until    time.Time // orders are walked back to those made before
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
