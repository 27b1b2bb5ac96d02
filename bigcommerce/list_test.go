package bigcommerce

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// storeOf serves rows 1..n of a v3 list as BigCommerce does.
func storeOf(n int, cursor bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		size, _ := strconv.Atoi(q.Get("limit"))
		number, _ := strconv.Atoi(q.Get("page"))
		number = max(number, 1)
		greater, _ := strconv.Atoi(q.Get("id:greater"))
		after, _ := strconv.Atoi(q.Get("after"))
		from := max(greater, after)
		total := n - greater
		from += (number - 1) * size
		var rows []string
		for id := from + 1; id <= n && len(rows) < size; id++ {
			rows = append(rows, fmt.Sprintf(`{"id":%d}`, id))
		}
		var metas []string
		if after == 0 {
			metas = append(metas, fmt.Sprintf(`"pagination":{"total":%d,"count":%d,"per_page":%d,"current_page":%d,"total_pages":%d,"links":[]}`,
				total, len(rows), size, number, (total+size-1)/size))
		}
		if cursor {
			next := ""
			if from+len(rows) < n {
				next = fmt.Sprintf(`,"next":"?after=%d"`, from+len(rows))
			}
			metas = append(metas, fmt.Sprintf(`"cursor_pagination":{"count":%d,"per_page":%d,"end_cursor":"%d","links":{"current":"?"%s}}`,
				len(rows), size, from+len(rows), next))
		}
		fmt.Fprintf(w, `{"data":[%s],"meta":{%s}}`, strings.Join(rows, ","), strings.Join(metas, ","))
	}
}

func TestWalksReadEveryRowOnce(t *testing.T) {
	for _, n := range []int{0, 1, 9, 10, 11, 20, 35} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			requests := max(1, (n+9)/10)
			check := func(ids []int64, v *vendor) {
				t.Helper()
				require.Len(t, ids, n)
				for i, id := range ids {
					require.EqualValues(t, i+1, id)
				}
				require.Len(t, v.seen(), requests, "no request more than needed")
			}
			var ids []int64
			v := serve(t, storeOf(n, true))
			for c, err := range v.client.Customers.All(t.Context(), CustomerFilter{Limit: 10}) {
				require.NoError(t, err)
				ids = append(ids, c.ID)
			}
			if n > 10 && n%10 == 0 {
				requests++ // a full last page is not believed to be the last
			}
			check(ids, v)
			requests = max(1, (n+9)/10)
			ids, v = nil, serve(t, storeOf(n, false))
			for p, err := range v.client.Products.All(t.Context(), ProductFilter{Limit: 10}) {
				require.NoError(t, err)
				ids = append(ids, p.ID)
			}
			check(ids, v)
			ids, v = nil, serve(t, storeOf(n, false))
			for s, err := range v.client.Subscribers.All(t.Context(), SubscriberFilter{Limit: 10}) {
				require.NoError(t, err)
				ids = append(ids, s.ID)
			}
			check(ids, v)
			ids, v = nil, serve(t, storeOf(n, false))
			for p, err := range v.client.Products.All(t.Context(), ProductFilter{Limit: 10, Sort: "date_modified"}) {
				require.NoError(t, err)
				ids = append(ids, p.ID)
			}
			check(ids, v)
		})
	}
}

func TestCursorWalkQueries(t *testing.T) {
	v := serve(t, storeOf(21, true))
	var pages []Page[Customer]
	for page, err := range v.client.Customers.Pages(t.Context(), CustomerFilter{Limit: 10, Bare: true}) {
		require.NoError(t, err)
		pages = append(pages, page)
	}
	require.Equal(t, []string{"GET /v3/customers?limit=10", "GET /v3/customers?after=10&limit=10", "GET /v3/customers?after=20&limit=10"}, v.seen())
	require.Equal(t, 21, pages[0].Total)
	require.Equal(t, UnknownTotal, pages[1].Total, "a cursor's answer has no total")
	require.Equal(t, "10", pages[0].EndCursor)
	require.True(t, pages[1].More)
	require.False(t, pages[2].More)
}

func TestCursorDangers(t *testing.T) {
	row := `{"data":[{"id":1}],"meta":{`
	cases := map[string]struct{ meta, reason string }{
		"stuck":   {`"cursor_pagination":{"end_cursor":"c","links":{"next":"?"}}}}`, "the cursor did not move"},
		"missing": {`"pagination":{"total":9,"current_page":1,"total_pages":9}}}`, "end_cursor is missing"},
	}
	for name, tc := range cases {
		v := serve(t, answers(row+tc.meta))
		_, err := v.client.Customers.Page(t.Context(), CustomerFilter{After: "c"})
		e, ok := errors.AsType[*DecodeError](err)
		require.True(t, ok, name)
		require.Contains(t, e.Reason, tc.reason, name)
	}
	// A full page without links is followed: the last request may be in vain,
	// but no row is left out.
	v := serve(t, answers(`{"data":[{"id":1},{"id":2}],"meta":{"cursor_pagination":{"end_cursor":"d","per_page":2}}}`))
	page, err := v.client.Customers.Page(t.Context(), CustomerFilter{After: "c", Limit: 250})
	require.NoError(t, err)
	require.True(t, page.More, "the server's own page size counts")
	v = serve(t, answers(`{"data":[],"meta":{"cursor_pagination":{"end_cursor":"c","per_page":2,"links":{"next":"?"}}}}`))
	page, err = v.client.Customers.Page(t.Context(), CustomerFilter{After: "c"})
	require.NoError(t, err)
	require.False(t, page.More)
}

func TestNumberedLists(t *testing.T) {
	v := serve(t, storeOf(600, false))
	hooks, err := v.client.Hooks.List(t.Context())
	require.NoError(t, err)
	require.Len(t, hooks, 600)
	require.Equal(t, []string{"GET /v3/hooks?limit=250&page=1", "GET /v3/hooks?limit=250&page=2", "GET /v3/hooks?limit=250&page=3"}, v.seen())

	// A server that ignores the page must not be read for ever.
	v = serve(t, answers(`{"data":[{"id":1}],"meta":{"pagination":{"total":2,"current_page":1,"total_pages":2}}}`))
	_, err = v.client.Hooks.List(t.Context())
	require.ErrorContains(t, err, "another page came")
	v = serve(t, answers(`{"data":[{"id":1}],"meta":{"pagination":{"total_items":2}}}`))
	_, err = v.client.Sites.List(t.Context())
	require.ErrorContains(t, err, "the same page came twice")
}

func TestSitesCountByOffset(t *testing.T) {
	v := serve(t, answers(`{"data":[{"id":1,"channel_id":1,"url":"https://a","urls":[{"url":"https://a","type":"primary"}]}],"meta":{"pagination":{"offset":0,"limit":1,"total_items":2}}}`,
		`{"data":[{"id":2}],"meta":{"pagination":{"offset":1,"limit":1,"total_items":2}}}`))
	sites, err := v.client.Sites.List(t.Context())
	require.NoError(t, err)
	require.Len(t, sites, 2)
	require.Equal(t, "primary", sites[0].URLs[0].Type)
}

func TestV2Paging(t *testing.T) {
	rows := func(from, n int) string {
		var all []string
		for id := from; id < from+n; id++ {
			all = append(all, fmt.Sprintf(`{"id":%d,"quantity":1}`, id))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	for name, tc := range map[string]struct {
		bodies   []string
		lines    int
		requests int
	}{
		"fewer than the limit":   {[]string{rows(1, 60)}, 60, 1},
		"nothing":                {[]string{""}, 0, 1},
		"exactly the limit":      {[]string{rows(1, 250), ""}, 250, 2},
		"more than the limit":    {[]string{rows(1, 250), rows(251, 3)}, 253, 2},
		"empty array at the end": {[]string{rows(1, 250), "[]"}, 250, 2},
	} {
		t.Run(name, func(t *testing.T) {
			v := serve(t, answers(tc.bodies...))
			lines, err := v.client.Orders.Products(t.Context(), 149)
			require.NoError(t, err)
			require.Len(t, lines, tc.lines)
			require.Len(t, v.seen(), tc.requests)
			require.Equal(t, "GET /v2/orders/149/products?limit=250&page=1", v.seen()[0])
		})
	}
	v := serve(t, answers(`{"status":200}`))
	_, err := v.client.Orders.Page(t.Context(), OrderFilter{})
	require.ErrorContains(t, err, "want array, got object")
	v = serve(t, answers("null"))
	_, err = v.client.Orders.Page(t.Context(), OrderFilter{})
	require.ErrorContains(t, err, "want array, got null")
}

func TestIteratorStopsOnErrorAndOnBreak(t *testing.T) {
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("id:greater") != "" {
			w.WriteHeader(500)
			return
		}
		storeOf(30, false)(w, r)
	})
	n := 0
	var last error
	for _, err := range v.client.Products.All(t.Context(), ProductFilter{Limit: 10}) {
		if last = err; err == nil {
			n++
		}
	}
	require.Equal(t, 10, n)
	require.True(t, IsTemporary(last))
	require.Len(t, v.seen(), 2)
	for range v.client.Products.All(t.Context(), ProductFilter{Limit: 10}) {
		break
	}
	require.Len(t, v.seen(), 3)
}
