package bigcommerce

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"slices"
	"strconv"
)

// object reads a JSON object, and takes anything else for none: PHP writes an
// empty object as an empty array.
type object[T any] struct{ value T }

func (o *object[T]) UnmarshalJSON(data []byte) error {
	*o = object[T]{}
	if form(data) != "object" {
		return nil
	}
	return json.Unmarshal(data, &o.value)
}

type links struct {
	Next Text `json:"next"`
}

type pagination struct {
	Total       *Int          `json:"total"`
	PerPage     Int           `json:"per_page"`
	CurrentPage Int           `json:"current_page"`
	TotalPages  Int           `json:"total_pages"`
	Links       object[links] `json:"links"`
	// Offset and TotalItems are how sites count.
	Offset     Int  `json:"offset"`
	TotalItems *Int `json:"total_items"`
}

type cursors struct {
	PerPage   Int           `json:"per_page"`
	EndCursor Text          `json:"end_cursor"`
	Links     object[links] `json:"links"`
}

type meta struct {
	Pagination *object[pagination] `json:"pagination"`
	Cursors    *object[cursors]    `json:"cursor_pagination"`
}

// pageV3 reads one page of a v3 list, by number or by cursor.
func pageV3[T any](ctx context.Context, c *Client, route string, q query, ids ...any) (Page[T], error) {
	body, err := c.do(ctx, request{method: http.MethodGet, route: route, ids: ids, query: q})
	if err != nil {
		return Page[T]{}, err
	}
	var answer struct {
		// A pointer, for an answer without data is no empty page: a caller
		// would take every record for gone.
		Data *[]json.RawMessage `json:"data"`
		Meta object[meta]       `json:"meta"`
	}
	if err := decodeObject(route, body, &answer); err != nil {
		return Page[T]{}, err
	}
	if answer.Data == nil {
		return Page[T]{}, &DecodeError{Route: route, Reason: "data is missing"}
	}
	page := decodeRows[T](route, *answer.Data)
	if err := page.readMeta(route, answer.Meta.value, q); err != nil {
		return Page[T]{}, err
	}
	return page, nil
}

// readMeta sets Total, Number, EndCursor and More.
func (p *Page[T]) readMeta(route string, m meta, q query) error {
	asked, err := strconv.Atoi(q.get("limit"))
	if err != nil {
		asked = MaxLimit
	}
	full := func(perPage Int) bool {
		if perPage <= 0 || int(perPage) > asked {
			perPage = Int(asked)
		}
		return p.Len() >= int(perPage)
	}
	p.Total = UnknownTotal
	more := false
	if m.Pagination != nil {
		n := m.Pagination.value
		p.Number = int(n.CurrentPage)
		switch {
		case n.Total != nil:
			p.Total = int(*n.Total)
		case n.TotalItems != nil:
			p.Total = int(*n.TotalItems)
		}
		switch {
		case n.CurrentPage > 0:
			more = n.CurrentPage < n.TotalPages || n.Links.value.Next != ""
		case n.TotalItems != nil:
			more = int(n.Offset)+p.Len() < int(*n.TotalItems)
		default:
			more = full(n.PerPage)
		}
		if want := q.get("page"); want != "" && p.Number > 0 && want != strconv.Itoa(p.Number) {
			return &DecodeError{Route: route, Reason: "another page came than was asked for"}
		}
	}
	if m.Cursors != nil {
		n := m.Cursors.value
		p.EndCursor = string(n.EndCursor)
		// That a walk's end has no next link is inferred, not documented: a
		// full page costs one request more rather than the rows beyond it.
		if n.Links.value.Next != "" || full(n.PerPage) && m.Pagination == nil {
			more = true
		}
	}
	if m.Pagination == nil && m.Cursors == nil {
		more = full(0)
	}
	p.More = more && p.Len() > 0
	if p.More && p.EndCursor != "" && p.EndCursor == q.get("after") {
		return &DecodeError{Route: route, Reason: "the cursor did not move"}
	}
	return nil
}

// cursorV3 reads one page of a list that only a cursor walks.
func cursorV3[T any](ctx context.Context, c *Client, route string, q query) (Page[T], error) {
	page, err := pageV3[T](ctx, c, route, q)
	if err == nil && page.More && page.EndCursor == "" {
		return Page[T]{}, &DecodeError{Route: route, Reason: "more rows follow but end_cursor is missing"}
	}
	return page, err
}

// pageV2 reads one page of a v2 list: a bare array, or no body at all.
func pageV2[T any](ctx context.Context, c *Client, route string, q query, number, size int, ids ...any) (Page[T], error) {
	body, err := c.do(ctx, request{method: http.MethodGet, route: route, ids: ids, query: q})
	if err != nil {
		return Page[T]{}, err
	}
	if body == nil {
		return Page[T]{Total: UnknownTotal, Number: number}, nil
	}
	if got := form(body); got != "array" {
		return Page[T]{}, &DecodeError{Route: route, Reason: "want array, got " + got}
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(body, &rows); err != nil {
		return Page[T]{}, describe(route, err)
	}
	page := decodeRows[T](route, rows)
	page.Total, page.Number, page.More = UnknownTotal, number, page.Len() >= size
	return page, nil
}

// decodeRows reads each row by itself: one that has another form than expected
// must not hold up the others for ever.
func decodeRows[T any](route string, rows []json.RawMessage) Page[T] {
	page := Page[T]{Records: make([]T, 0, len(rows))}
	for _, row := range rows {
		var record T
		if form(row) != "object" {
			page.Unreadable = append(page.Unreadable, Unreadable{
				Err: &DecodeError{Route: route, Field: "(whole)", Reason: "want object, got " + form(row)}})
			continue
		}
		if err := json.Unmarshal(row, &record); err != nil {
			page.Unreadable = append(page.Unreadable, Unreadable{ID: rowID(row), Err: describe(route, err)})
			continue
		}
		page.Records = append(page.Records, record)
	}
	if len(rows) > 0 {
		page.LastID = rowID(rows[len(rows)-1])
	}
	return page
}

func rowID(row json.RawMessage) int64 {
	var id struct {
		ID         Int `json:"id"`
		CategoryID Int `json:"category_id"`
	}
	if json.Unmarshal(row, &id) != nil {
		return 0
	}
	return int64(max(id.ID, id.CategoryID))
}

// listV3 reads all pages of a short list.
func listV3[T any](ctx context.Context, c *Client, route string, q query, ids ...any) ([]T, error) {
	return wholeList(route, func(number int) (Page[T], error) {
		paged := slices.Clone(q)
		paged.number("limit", MaxLimit)
		paged.number("page", number)
		return pageV3[T](ctx, c, route, paged, ids...)
	})
}

// listV2 reads all pages of a short list.
func listV2[T any](ctx context.Context, c *Client, route string, q query, ids ...any) ([]T, error) {
	return wholeList(route, func(number int) (Page[T], error) {
		paged := slices.Clone(q)
		paged.number("limit", MaxLimit)
		paged.number("page", number)
		return pageV2[T](ctx, c, route, paged, number, MaxLimit, ids...)
	})
}

// onceV2 reads a list that has no pages.
func onceV2[T any](ctx context.Context, c *Client, route string) ([]T, error) {
	page, err := pageV2[T](ctx, c, route, nil, 1, MaxLimit)
	if err == nil && len(page.Unreadable) > 0 {
		err = page.Unreadable[0].Err
	}
	return page.Records, err
}

// onceV3 reads a list that has no pages.
func onceV3[T any](ctx context.Context, c *Client, route string) ([]T, error) {
	page, err := pageV3[T](ctx, c, route, nil)
	if err == nil && len(page.Unreadable) > 0 {
		err = page.Unreadable[0].Err
	}
	return page.Records, err
}

// wholeList joins pages 1, 2, ... An unreadable row is an error: these lists
// are read to be known whole.
func wholeList[T any](route string, fetch func(number int) (Page[T], error)) ([]T, error) {
	var all []T
	var last int64
	for number := 1; ; number++ {
		page, err := fetch(number)
		if err != nil {
			return nil, err
		}
		if len(page.Unreadable) > 0 {
			return nil, page.Unreadable[0].Err
		}
		if number > 1 && page.LastID != 0 && page.LastID == last {
			return nil, &DecodeError{Route: route, Reason: "the same page came twice"}
		}
		last = page.LastID
		all = append(all, page.Records...)
		if !page.More {
			return all, nil
		}
	}
}

// pages yields pages from filter on; next turns filter, a copy of the caller's,
// to the page after.
func pages[F, T any](ctx context.Context, filter F, fetch func(context.Context, F) (Page[T], error), next func(*F, Page[T])) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		filter := filter
		for {
			page, err := fetch(ctx, filter)
			if err != nil {
				yield(Page[T]{}, err)
				return
			}
			if !yield(page, nil) || !page.More {
				return
			}
			next(&filter, page)
		}
	}
}

// records yields the records of pages. It stops on the first error, and an
// unreadable row is one.
func records[T any](pages iter.Seq2[Page[T], error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for page, err := range pages {
			if err != nil {
				yield(zero, err)
				return
			}
			for _, record := range page.Records {
				if !yield(record, nil) {
					return
				}
			}
			if len(page.Unreadable) > 0 {
				yield(zero, page.Unreadable[0].Err)
				return
			}
		}
	}
}

// byOwner fetches the parts of many owners, MaxIDs owners at a time.
func byOwner[T any](ctx context.Context, owners []int64, fetch func(context.Context, ...int64) ([]T, error), owner func(T) int64) (map[int64][]T, error) {
	found := map[int64][]T{}
	for ids := range slices.Chunk(owners, MaxIDs) {
		parts, err := fetch(ctx, ids...)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			found[owner(part)] = append(found[owner(part)], part)
		}
	}
	return found, nil
}
