package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	// readsAtOnce is how many requests of one ByIDs are under way at once.
	readsAtOnce = 2
	// fewestIDs is where a list that BigCommerce cannot answer for is halved no
	// further.
	fewestIDs = 10
)

// ByIDs reads the present state of many customers, subscribers or products,
// bigcommerce.MaxIDs a request. Those that are gone, or that LeaveOut takes, are
// left out. Orders have no such list.
func (r *Reader) ByIDs(ctx context.Context, entity connection.Entity, ids []connection.RecordID) ([]Record, error) {
	// What asked for these records is proof enough that they changed, as in Record.
	r.context.Since = time.Time{}
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	var records []Record
	var err error
	switch entity {
	case connection.Customers:
		var page bigcommerce.Page[bigcommerce.Customer]
		if page, err = byIDs(ctx, numbers, r.shop.Customers.ByIDs); err == nil {
			records, err = r.Customers(ctx, page)
		}
	case connection.Subscribers:
		var page bigcommerce.Page[bigcommerce.Subscriber]
		if page, err = byIDs(ctx, numbers, r.shop.Subscribers.ByIDs); err == nil {
			records = r.Subscribers(page)
		}
	case connection.Products:
		var page bigcommerce.Page[bigcommerce.Product]
		if page, err = byIDs(ctx, numbers, r.shop.Products.ByIDs); err == nil {
			records, err = r.Products(ctx, page)
		}
	default:
		return nil, fmt.Errorf("read by ids: %q has no list by ids", entity)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s by ids: %w", entity, err)
	}
	return records, nil
}

// byIDs reads a list in as many requests as it takes and joins their answers.
func byIDs[T any](ctx context.Context, ids []int64, read func(context.Context, ...int64) (bigcommerce.Page[T], error)) (bigcommerce.Page[T], error) {
	chunks := slices.Collect(slices.Chunk(ids, bigcommerce.MaxIDs))
	pages := make([]bigcommerce.Page[T], len(chunks))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i, chunk := range chunks {
		group.Go(func() (err error) {
			pages[i], err = readSome(ctx, chunk, read)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return bigcommerce.Page[T]{}, err
	}
	return joined(pages...), nil
}

// readSome halves a list that is too much for one answer.
func readSome[T any](ctx context.Context, ids []int64, read func(context.Context, ...int64) (bigcommerce.Page[T], error)) (bigcommerce.Page[T], error) {
	page, err := read(ctx, ids...)
	if err == nil || len(ids) <= fewestIDs || !tooMuch(err) {
		return page, err
	}
	half := len(ids) / 2
	first, err := readSome(ctx, ids[:half], read)
	if err != nil {
		return first, err
	}
	second, err := readSome(ctx, ids[half:], read)
	return joined(first, second), err
}

// tooMuch reports whether BigCommerce may answer for fewer records.
func tooMuch(err error) bool {
	e, ok := errors.AsType[*bigcommerce.APIError](err)
	return ok && bigcommerce.IsTemporary(err) &&
		slices.Contains([]int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout}, e.Status)
}

func joined[T any](pages ...bigcommerce.Page[T]) bigcommerce.Page[T] {
	var all bigcommerce.Page[T]
	for _, page := range pages {
		all.Records = append(all.Records, page.Records...)
		all.Unreadable = append(all.Unreadable, page.Unreadable...)
	}
	return all
}
