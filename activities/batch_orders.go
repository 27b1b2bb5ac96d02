package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

const (
	// windowMargin is how far before the event an order may have been modified:
	// deliveries are late, and clocks differ.
	windowMargin = 5 * time.Minute
	// orderPage is how many orders one request asks for.
	orderPage = 100
	// fewHits is what a request must find at least to be worth more than a read
	// of a single order.
	fewHits = 2
	// manyOrders is how many orders of one page, with those taken in besides, are
	// held in memory before they are pushed.
	manyOrders = 300
)

// readOrders reads orders of a batch, which v2 cannot list by ids. Most were
// modified when they became dirty, so the first way is the range of ids from
// the first to the last, narrowed to what was modified since: in a burst that is
// little else than the batch, whether the ids lie close or far apart. Orders
// that dates do not lead to (not every event moves date_modified) are read by
// ranges of ids where two or more lie close. What is then missing goes alone.
//
// Orders found besides that wait too are taken into the batch: to read them
// again later would cost the same once more. upTo is the id up to which all was
// looked for.
func (b *batch) readOrders(ctx context.Context, rows []store.BatchRecord) (records []source.Record, upTo connection.RecordID, err error) {
	b.reader.Since(time.Time{}) // the events are proof enough that they changed
	s := &orderSearch{batch: b, missing: map[int64]bool{}, upTo: int64(rows[len(rows)-1].ID)}
	for _, row := range rows {
		s.missing[int64(row.ID)] = true
	}
	if !b.noWindow {
		if err := s.window(ctx, rows); err != nil {
			return nil, 0, fmt.Errorf("read orders by date: %w", err)
		}
		b.noWindow = len(s.found.Records) < len(rows)/10
	}
	for _, run := range s.runs() {
		if _, err := s.ask(ctx, bigcommerce.OrderFilter{MinID: run[0], MaxID: run[len(run)-1]}); err != nil {
			return nil, 0, fmt.Errorf("read orders by id: %w", err)
		}
	}
	records, err = b.reader.Orders(ctx, s.found)
	return records, connection.RecordID(s.upTo), err
}

// orderSearch looks for a page of a batch's orders.
type orderSearch struct {
	*batch
	missing map[int64]bool
	upTo    int64
	found   bigcommerce.Page[bigcommerce.Order]
}

// window walks what was modified since the first of rows became dirty, by ids.
// It gives up where it finds hardly anything.
func (s *orderSearch) window(ctx context.Context, rows []store.BatchRecord) error {
	since := rows[0].DirtyAt
	for _, row := range rows {
		if row.DirtyAt.Before(since) {
			since = row.DirtyAt
		}
	}
	filter := bigcommerce.OrderFilter{MinID: int64(rows[0].ID), MaxID: s.upTo, MinDateModified: since.Add(-windowMargin)}
	for poor := 0; poor < 2; {
		before := len(s.found.Records)
		page, err := s.ask(ctx, filter)
		if err != nil {
			return err
		}
		if len(s.found.Records)-before < fewHits {
			poor++
		}
		// Nothing of the batch lies between here and the next one wanted.
		next := int64(0)
		for _, row := range rows {
			if id := int64(row.ID); id > page.LastID && s.missing[id] {
				next = id
				break
			}
		}
		if !page.More || next == 0 {
			return nil
		}
		if len(s.found.Records) >= manyOrders {
			s.upTo = page.LastID // the rest is the next page's
			for id := range s.missing {
				if id > s.upTo {
					delete(s.missing, id)
				}
			}
			return nil
		}
		filter.MinID = next
	}
	return nil
}

// ask makes one request and keeps what is of the batch, or has become so.
func (s *orderSearch) ask(ctx context.Context, filter bigcommerce.OrderFilter) (bigcommerce.Page[bigcommerce.Order], error) {
	filter.Sort, filter.Limit = bigcommerce.OrdersByID, orderPage
	page, err := s.accounts.BigCommerce.Orders.Page(ctx, filter)
	if err != nil {
		return page, err
	}
	var besides []connection.RecordID
	for _, order := range page.Records {
		if !s.missing[order.ID] {
			besides = append(besides, connection.RecordID(order.ID))
		}
	}
	adopted, err := s.adopt(ctx, besides)
	if err != nil {
		return page, err
	}
	for _, order := range page.Records {
		if s.missing[order.ID] || slices.Contains(adopted, connection.RecordID(order.ID)) {
			s.found.Records = append(s.found.Records, order)
			delete(s.missing, order.ID)
		}
	}
	for _, row := range page.Unreadable {
		if s.missing[row.ID] {
			s.found.Unreadable = append(s.found.Unreadable, row)
			delete(s.missing, row.ID)
		}
	}
	return page, nil
}

func (s *orderSearch) adopt(ctx context.Context, ids []connection.RecordID) ([]connection.RecordID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	adopted, err := s.Store.Adopt(ctx, s.key, ids, store.Limits{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Adopted += int64(len(adopted))
	return adopted, err
}

// runs are the ids still missing, as far as two or more are found by one
// request.
func (s *orderSearch) runs() (runs [][]int64) {
	ids := make([]int64, 0, len(s.missing))
	for id := range s.missing {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for len(ids) > 0 {
		end := 1
		for end < len(ids) && ids[end]-ids[0] < orderPage {
			end++
		}
		if end >= fewHits {
			runs = append(runs, ids[:end])
		}
		ids = ids[end:]
	}
	return runs
}
