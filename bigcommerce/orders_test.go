package bigcommerce

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const withLines = "&include=consignments.line_items&consignment_structure=object"

func TestOrderQueries(t *testing.T) {
	v := serve(t, answers(""))
	day := time.Date(2024, 5, 14, 9, 34, 0, 0, time.UTC)
	incomplete := int64(0)
	for _, filter := range []OrderFilter{
		{},
		{MaxID: 4711, Sort: OrdersByIDDesc, Limit: 50},
		{MinID: 3, MinDateCreated: day, MaxDateCreated: day.Add(time.Hour), Limit: 9999},
		{MinDateModified: day.In(time.FixedZone("", 3600)), Sort: OrdersByDateModified, Page: 3},
		{StatusID: &incomplete, Bare: true},
	} {
		page, err := v.client.Orders.Page(t.Context(), filter)
		require.NoError(t, err)
		require.Empty(t, page.Records, "204 is an empty page")
		require.False(t, page.More)
	}
	require.Equal(t, []string{
		"GET /v2/orders?page=1&limit=100" + withLines,
		"GET /v2/orders?max_id=4711&sort=id:desc&page=1&limit=50" + withLines,
		"GET /v2/orders?min_id=3&min_date_created=2024-05-14T09:34:00%2B00:00&max_date_created=2024-05-14T10:34:00%2B00:00&page=1&limit=250" + withLines,
		"GET /v2/orders?min_date_modified=2024-05-14T09:34:00%2B00:00&sort=date_modified:asc&page=3&limit=100" + withLines,
		"GET /v2/orders?status_id=0&page=1&limit=100",
	}, v.seen())
	require.Equal(t, "2024-05-14T09:34:00+00:00", v.requests[3].URL.Query().Get("min_date_modified"), "the + survives")
}

func TestOrderCountAndGet(t *testing.T) {
	v := serve(t, answers(`{"count":3,"statuses":[{"id":0,"count":1}]}`, `{"id":7}`, `{"id":8}`))
	count, err := v.client.Orders.Count(t.Context(), OrderFilter{MinDateCreated: time.Unix(0, 0), Sort: "x", Limit: 4})
	require.NoError(t, err)
	require.EqualValues(t, 3, count.Count)
	order, err := v.client.Orders.Get(t.Context(), 7)
	require.NoError(t, err)
	require.EqualValues(t, 7, order.ID)
	_, err = v.client.Orders.Get(t.Context(), 7)
	require.ErrorContains(t, err, "another order came")
	require.Equal(t, []string{"GET /v2/orders/count?min_date_created=1970-01-01T00:00:00%2B00:00",
		"GET /v2/orders/7?include=consignments.line_items&consignment_structure=object",
		"GET /v2/orders/7?include=consignments.line_items&consignment_structure=object"}, v.seen())
}

// ordersOf serves orders 1..n as v2 does.
func ordersOf(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var minID, maxID, size int
		_, _ = fmt.Sscan(r.URL.Query().Get("limit"), &size)
		if maxID = n; r.URL.Query().Has("max_id") {
			_, _ = fmt.Sscan(r.URL.Query().Get("max_id"), &maxID)
		}
		if minID = 1; r.URL.Query().Has("min_id") {
			_, _ = fmt.Sscan(r.URL.Query().Get("min_id"), &minID)
		}
		var rows []string
		for i := 0; len(rows) < size && minID+i <= maxID; i++ {
			id := minID + i
			if r.URL.Query().Get("sort") == "id:desc" {
				id = maxID - i
			}
			rows = append(rows, fmt.Sprintf(`{"id":%d}`, id))
		}
		if len(rows) == 0 {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fmt.Fprintf(w, "[%s]", strings.Join(rows, ","))
	}
}

func TestOrderKeyset(t *testing.T) {
	for _, n := range []int{0, 5, 10, 25} {
		for _, sort := range []string{"", OrdersByID, OrdersByIDDesc} {
			v := serve(t, ordersOf(n))
			seen := map[int64]bool{}
			for order, err := range v.client.Orders.All(t.Context(), OrderFilter{Sort: sort, Limit: 10}) {
				require.NoError(t, err)
				require.False(t, seen[order.ID])
				seen[order.ID] = true
			}
			require.Len(t, seen, n, "%d orders by %q", n, sort)
			for _, request := range v.seen() {
				require.Contains(t, request, "page=1&", "a keyset asks for first pages alone")
			}
		}
	}
}

func TestOrderForms(t *testing.T) {
	line := `{"id":%d,"quantity":%d}`
	forms := map[string]struct {
		consignments string
		total        int
		lines        int
		truncated    bool
	}{
		"all four groups": {`{"pickups":[{"line_items":[` + fmt.Sprintf(line, 1, 1) + `]}],"shipping":[{"line_items":[` + fmt.Sprintf(line, 2, 2) + `]}],
			"downloads":[{"line_items":[` + fmt.Sprintf(line, 3, 1) + `]}],"email":{"gift_certificates":[{"line_items":` + fmt.Sprintf(line, 4, 1) + `}]}}`, 5, 4, false},
		"legacy array":      {`[{"shipping":[{"line_items":[` + fmt.Sprintf(line, 2, 2) + `]}]},{"downloads":[{"line_items":[` + fmt.Sprintf(line, 3, 1) + `]}]}]`, 3, 2, false},
		"empty array":       {`[]`, 0, 0, false},
		"empty group array": {`{"pickups":[],"shipping":[],"downloads":[],"email":[]}`, 0, 0, false},
		"null":              {`null`, 2, 0, true},
		"links only":        {`{"shipping":[{"line_items":[{"url":"https://x","resource":"/orders/1/products/2"}]}]}`, 2, 0, true},
		"a link":            {`{"url":"https://x","resource":"/orders/1/consignments"}`, 2, 0, true},
		"empty though not":  {`{"shipping":[{"line_items":[]}]}`, 2, 0, true},
		"warned":            {`{"shipping":[{"line_items":[` + fmt.Sprintf(line, 2, 2) + `],"__warning__":{"message":"only 50"}}]}`, 2, 1, true},
		"warned by text":    {`{"downloads":[{"line_items":[` + fmt.Sprintf(line, 2, 2) + `],"__warning__":"only 50"}]}`, 2, 1, true},
		"warned as a whole": {`{"__warning__":{"message":"only 50"},"shipping":[]}`, 0, 0, true},
		"more than counted": {`{"shipping":[{"line_items":[` + fmt.Sprintf(line, 2, 3) + `]}]}`, 2, 1, false},
	}
	for name, tc := range forms {
		t.Run(name, func(t *testing.T) {
			var order Order
			require.NoError(t, json.Unmarshal([]byte(fmt.Sprintf(`{"id":1,"items_total":%d,"consignments":%s}`, tc.total, tc.consignments)), &order))
			require.Len(t, order.Lines(), tc.lines)
			require.Equal(t, tc.truncated, order.LinesTruncated())
			var again Order
			require.NoError(t, json.Unmarshal([]byte(encode(t, order)), &again))
			require.Equal(t, tc.truncated, again.LinesTruncated())
		})
	}
}

func TestCompleteLines(t *testing.T) {
	v := serve(t, answers(`[{"id":1,"quantity":1},{"id":2,"quantity":1}]`))
	order := Order{ID: 3, ItemsTotal: 2, Consignments: Consignments{Shipping: []ShippingConsignment{{LineItems: LineItems{{ID: 1, Quantity: 1}}}}}}
	require.NoError(t, v.client.Orders.CompleteLines(t.Context(), &order))
	require.Len(t, order.Lines(), 2)
	require.NoError(t, v.client.Orders.CompleteLines(t.Context(), &order))
	require.Len(t, v.seen(), 1, "complete once")

	v = serve(t, answers(""))
	order = Order{ID: 3, ItemsTotal: 2}
	require.NoError(t, v.client.Orders.CompleteLines(t.Context(), &order))
	require.Empty(t, order.Lines())
	require.False(t, order.LinesTruncated(), "what the API does not hold is not asked for again")
}

func TestRefundsAndCoupons(t *testing.T) {
	refund := `{"id":12,"order_id":180,"created":"2022-06-16T16:44:15+00:00","total_amount":50,"items":[{"item_type":"PRODUCT","item_id":87,"quantity":1,"requested_amount":null}]}`
	v := serve(t, answers(`{"data":[`+refund+`],"meta":{"pagination":{"total":1,"current_page":1,"total_pages":1}}}`, ""))
	refunds, err := v.client.Orders.Refunds(t.Context(), 180, 181)
	require.NoError(t, err)
	require.Len(t, refunds, 1)
	require.Equal(t, "50", refunds[0].TotalAmount.String())
	require.False(t, refunds[0].Items[0].RequestedAmount.Valid)
	coupons, err := v.client.Orders.Coupons(t.Context(), 180)
	require.NoError(t, err)
	require.Empty(t, coupons)
	none, err := v.client.Orders.Refunds(t.Context())
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = v.client.Orders.Refunds(t.Context(), make([]int64, 251)...)
	require.ErrorContains(t, err, "at most 250")
	require.Equal(t, []string{"GET /v3/orders/payment_actions/refunds?order_id:in=180,181&limit=250&page=1",
		"GET /v2/orders/180/coupons?limit=250&page=1"}, v.seen())
}
