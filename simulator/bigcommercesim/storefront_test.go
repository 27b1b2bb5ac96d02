package bigcommercesim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

// putScript makes an inline script that is called what it holds.
func putScript(t *testing.T, s http.Handler, code, visibility, consent string, channel int) {
	t.Helper()
	w := call(s, "POST", "/v3/content/scripts", fmt.Sprintf(
		`{"name":%q,"kind":"script_tag","html":"<script>%s</script>","load_method":"default","location":"footer","visibility":%q,"consent_category":%q,"channel_id":%d}`,
		code, code, visibility, consent, channel))
	require.Equal(t, 200, w.Code, w.Body)
}

// shown are the scripts of a page, in order.
func shown(t *testing.T, f http.Handler, path string) (codes []string) {
	t.Helper()
	w := send(f, "GET", path, "")
	require.NotEqual(t, 500, w.Code, w.Body)
	for _, part := range strings.Split(w.Body.String(), "<script>")[1:] {
		if code, _, _ := strings.Cut(part, "</script>"); !strings.Contains(code, "window.") {
			codes = append(codes, code)
		}
	}
	return codes
}

// The table of the page "Scripts API".
func TestStorefrontPlacesScripts(t *testing.T) {
	s := store(t, nil)
	s.SetChannels(bigcommercesim.Channel{ID: 1, Name: "One", Platform: "bigcommerce"}, bigcommercesim.Channel{ID: 7, Name: "Seven", Platform: "bigcommerce"})
	for _, visibility := range []string{"storefront", "all_pages", "checkout", "order_confirmation"} {
		putScript(t, s, visibility, visibility, "essential", 1)
	}
	putScript(t, s, "second", "all_pages", "essential", 7)
	putScript(t, s, "targeted", "all_pages", "targeting", 7)
	putScript(t, s, "unknown", "all_pages", "unknown", 7)
	first := s.Storefront(bigcommercesim.StorefrontOptions{ChannelID: 1})
	assert.Equal(t, []string{"storefront", "all_pages"}, shown(t, first, "/"))
	assert.Equal(t, []string{"storefront", "all_pages"}, shown(t, first, "/clothing/hats/"))
	assert.Equal(t, []string{"all_pages"}, shown(t, first, "/login.php"))
	assert.Equal(t, []string{"all_pages", "checkout"}, shown(t, first, "/checkout"))
	assert.Equal(t, []string{"all_pages", "order_confirmation"}, shown(t, first, "/checkout/order-confirmation"))
	banner := s.Storefront(bigcommercesim.StorefrontOptions{ChannelID: 7, ConsentBanner: true})
	assert.Equal(t, []string{"second"}, shown(t, banner, "/"))
	banner.Enter(bigcommercesim.Shopper{Consents: []string{"targeting"}})
	assert.Equal(t, []string{"second", "targeted"}, shown(t, banner, "/"))
}

func TestStorefrontRendersHandlebars(t *testing.T) {
	s := store(t, nil)
	id := firstID(t, s, "customers")
	_, err := s.Update("customers", id, json.RawMessage(`{"email":"o'brien@example.com"}`))
	require.NoError(t, err)
	putScript(t, s, "{{page_type}} {{product.id}} {{customer.email}} {{cart_id}} {{checkout.order.id}}", "all_pages", "essential", 1)
	f := s.Storefront(bigcommercesim.StorefrontOptions{ChannelID: 1})
	assert.Equal(t, []string{"default    "}, shown(t, f, "/"))
	f.Enter(bigcommercesim.Shopper{CustomerID: id, OrderID: 300})
	assert.Equal(t, []string{"search  o&#x27;brien@example.com  "}, shown(t, f, "/search.php"))
	assert.Equal(t, []string{"orderconfirmation  o&#x27;brien@example.com  300"}, shown(t, f, "/checkout/order-confirmation"))
	plain := s.Storefront(bigcommercesim.StorefrontOptions{ChannelID: 1, PlainScripts: true})
	assert.Contains(t, shown(t, plain, "/")[0], "{{page_type}}")

	putScript(t, s, "{{undocumented}}", "all_pages", "essential", 1)
	assert.Equal(t, 500, send(f, "GET", "/", "").Code)
}

func TestStorefrontAPI(t *testing.T) {
	s := store(t, nil)
	f := s.Storefront(bigcommercesim.StorefrontOptions{ChannelID: 1})
	assert.JSONEq(t, "[]", send(f, "GET", "/api/storefront/carts", "").Body.String())
	order := firstID(t, s, "orders")
	own := fmt.Sprintf("/api/storefront/orders/%d", order)
	assert.Equal(t, 404, send(f, "GET", own, "").Code, "another shopper's order")
	f.Enter(bigcommercesim.Shopper{OrderID: order})
	assert.Equal(t, 200, send(f, "GET", own, "").Code)
	assert.Equal(t, 200, send(f, "GET", strings.Replace(own, "orders", "order", 1), "").Code)
	assert.Equal(t, 404, send(f, "GET", "/api/storefront/orders/1", "").Code)
}

func firstID(t *testing.T, s *bigcommercesim.Server, entity string) int64 {
	t.Helper()
	ids, err := s.IDs(entity, 0, 1)
	require.NoError(t, err)
	require.Len(t, ids, 1)
	return ids[0]
}
