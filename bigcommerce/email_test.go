package bigcommerce

import (
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// An address that is asked for goes out in the query alone, whole, and a
// gateway that repeats the query in its refusal tells nobody.
func TestAskedForEmails(t *testing.T) {
	const email = "jane+shop@example.com"
	var asked []url.Values
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query())
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "upstream gave up on "+r.URL.RequestURI())
	})
	_, customers := v.client.Customers.Page(t.Context(), CustomerFilter{Emails: []string{email, "other@example.com"}, Bare: true})
	_, subscribers := v.client.Subscribers.Page(t.Context(), SubscriberFilter{Email: email})
	_, orders := v.client.Orders.Page(t.Context(), OrderFilter{Email: email, CustomerID: 7, Bare: true})
	_, external := v.client.Orders.Page(t.Context(), OrderFilter{ExternalOrderID: "112-77", Bare: true})
	require.Len(t, asked, 4)
	require.Equal(t, email+",other@example.com", asked[0].Get("email:in"))
	require.Equal(t, email, asked[1].Get("email"))
	require.Equal(t, email, asked[2].Get("email"))
	require.Equal(t, "7", asked[2].Get("customer_id"))
	require.Equal(t, "112-77", asked[3].Get("external_order_id"))
	for _, err := range []error{customers, subscribers, orders, external} {
		require.Error(t, err)
		require.NotContains(t, err.Error(), "jane")
		require.NotContains(t, err.Error(), "other")
	}
}
