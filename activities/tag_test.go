package activities

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// times is what a quantity of a variant costs.
func times(v bigcommerce.Variant, quantity int64) decimal.Decimal {
	return v.CalculatedPrice.Mul(decimal.NewFromInt(quantity))
}

// The tag's calls on each kind of page, word for word: with Handlebars, without
// it as on Catalyst, without even a theme to ask, with an empty context on the
// checkout, and with a tag file that never calls onLoad.
func TestPageCallsInABrowser(t *testing.T) {
	for name, settings := range map[string]connection.Settings{
		"composite variant ids": {PageCalls: true, IDPrefix: "uk-"},
		"raw variant ids":       {PageCalls: true, VariantID: connection.VariantRaw},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, settings)
			require.NoError(t, b.InstallScript(b.t.Context(), b.ref()))
			const email = "o'brien+test@example.com"
			customer, order := b.first("customers"), b.first("orders")
			_, err := b.shop.Update("customers", customer, json.RawMessage(`{"email":"`+email+`"}`))
			require.NoError(t, err)
			_, err = b.shop.Update("orders", order, json.RawMessage(`{"billing_address":{"email":"guest@example.com"}}`))
			require.NoError(t, err)
			s := b.stock()
			product, variants := b.pushed(s.withVariants)
			plain, none := b.pushed(s.plain)
			digital, _ := b.pushed(s.digital)
			require.Empty(t, none)
			at := len(s.withVariants.Variants) - 1
			variant := s.withVariants.Variants[at]
			cart := []bigcommercesim.CartItem{
				{ProductID: s.withVariants.ID, VariantID: variant.ID, Quantity: 2},
				{ProductID: s.plain.ID, VariantID: s.plain.Variants[0].ID, Quantity: 1, Text: "For Ann"},
				{ProductID: s.bundled.ID, VariantID: s.bundled.Variants[0].ID, Quantity: 1, Parent: 2},
				{ProductID: s.digital.ID, VariantID: s.digital.Variants[0].ID, Quantity: 3},
			}
			line := func(id string, quantity int, total string, variant string) string {
				if variant != "" {
					variant = fmt.Sprintf(`,"variant":%q`, variant)
				}
				return fmt.Sprintf(`{"product":%q,"quantity":%d,"total":%s%s}`, id, quantity, total, variant)
			}
			two, one, three := times(variant, 2), times(s.plain.Variants[0], 1), times(s.digital.Variants[0], 3)
			basket := fmt.Sprintf(`setBasket({"lines":[%s,%s,%s],"total":%s,"currency":"USD","id":"2343eb66-3c41-4966-a539-d8af36d3fc47","url":"https://shop.example.com/cart.php"})`,
				line(product, 2, two.String(), variants[at]), line(plain, 1, one.String(), ""), line(digital, 3, three.String(), ""), two.Add(one).Add(three))
			const emptied = `setBasket({"lines":[],"total":0,"currency":"USD","url":"https://shop.example.com/cart.php"})`
			prefix := settings.IDPrefix
			init := func(kind, data string) string { return fmt.Sprintf(`init(%q, %s, "shop.example.com")`, kind, data) }
			pid := fmt.Sprintf(`{"pid":%q}`, product)
			confirmed := fmt.Sprintf("trackTransaction(%q)", b.pushedOrder(order))
			identified := fmt.Sprintf("identify(%q)", email)

			type visit struct {
				who   bigcommercesim.Shopper
				path  string
				calls []string
			}
			guest := bigcommercesim.Shopper{}
			signedIn := bigcommercesim.Shopper{CustomerID: customer}
			buyer := bigcommercesim.Shopper{CustomerID: customer, Cart: cart}
			guestBuyer := bigcommercesim.Shopper{Cart: cart, CartEmail: "typed@example.com"}
			visits := []visit{
				{guest, "/", []string{init("homepage", "{}")}},
				{signedIn, "/", []string{init("homepage", "{}"), identified}},
				{buyer, "/", []string{init("homepage", "{}"), identified, basket}},
				{guest, s.withVariants.CustomURL.URL, []string{init("product", pid)}},
				{guest, "/search.php", []string{init("search", "{}")}},
				{guest, "/about-us/", []string{init("content", "{}")}},
				{guest, "/no-such-page/", []string{init("content", "{}")}},
				{guest, "/cart.php", []string{init("basket", "{}"), emptied}},
				{guestBuyer, "/cart.php", []string{init("basket", "{}"), `identify("typed@example.com")`, basket}},
				{buyer, "/checkout", []string{init("checkout", "{}"), identified, basket}},
				{bigcommercesim.Shopper{OrderID: order}, "/checkout/order-confirmation",
					[]string{init("confirmation", "{}"), `identify("guest@example.com")`, confirmed}},
				{bigcommercesim.Shopper{CustomerID: customer, OrderID: order}, "/checkout/order-confirmation",
					[]string{init("confirmation", "{}"), identified, confirmed}},
				// An order that the Storefront API does not tell is tracked all the same.
				{bigcommercesim.Shopper{OrderID: 1}, "/checkout/order-confirmation",
					[]string{init("confirmation", "{}"), fmt.Sprintf(`trackTransaction("%s1")`, prefix)}},
			}
			listing := []visit{{guest, "/clothing/hats/", []string{init("listing", "{}")}}}

			front := b.open(bigcommercesim.StorefrontOptions{ChannelID: 1})
			for _, v := range append(visits, listing...) {
				front.Enter(v.who)
				assert.Equal(t, v.calls, b.visit(v.path), v.path)
				assert.Equal(t, 1, b.count(`script[src="https://cdn.example.com/tags/code.js"]`), v.path)
				if v.path == "/cart.php" && v.who.Cart != nil {
					b.screenshot("cart.png")
				}
			}

			// Without Handlebars a shopper is known by the cart and the order alone.
			b.host("cdn.example.com", ometriasim.Tag(ometriasim.TagOptions{Silent: true}))
			for way, options := range map[string]bigcommercesim.StorefrontOptions{
				"plain scripts": {PlainScripts: true}, "plain theme": {PlainScripts: true, PlainTheme: true}, "bare checkout": {BareCheckout: true},
			} {
				options.ChannelID = 1
				front = b.open(options)
				for _, v := range visits {
					if options.BareCheckout && !strings.HasPrefix(v.path, "/checkout") {
						continue
					}
					front.Enter(v.who)
					want := v.calls
					switch {
					case v.who.CustomerID != 0 && v.who.OrderID != 0:
						want = []string{want[0], `identify("guest@example.com")`, want[2]}
					case v.who.CustomerID != 0 && v.who.Cart == nil:
						want = want[:1]
					}
					assert.Equal(t, want, b.visit(v.path), "%s, %s", way, v.path)
				}
			}
		})
	}
}

// The documented script element through a connection's life: on every page of
// each channel, behind the consent banner, renewed, changed to page calls and
// back, and gone after the disconnect.
func TestScriptElementInABrowser(t *testing.T) {
	b := newBrowser(t, connection.Settings{})
	const element = `script[src="https://cdn.example.com/tags/code.js"]`
	install := func() { require.NoError(t, b.InstallScript(t.Context(), b.ref())) }
	b.shop.SetChannels(stencil, second)
	pages := []string{"/", b.stock().plain.CustomURL.URL, "/clothing/hats/", "/search.php", "/cart.php", "/checkout", "/checkout/order-confirmation", "/login.php"}
	install()
	install()
	for _, channel := range []int64{1, 7} {
		b.open(bigcommercesim.StorefrontOptions{ChannelID: channel})
		for _, path := range pages {
			assert.Empty(t, b.visit(path), "without its plugin a tag file calls nothing")
			assert.Equal(t, 1, b.count(element+"[async]"), path)
			assert.Equal(t, "code", evaluate[string](b, "window.ometria.account"), path)
		}
	}

	front := b.open(bigcommercesim.StorefrontOptions{ChannelID: 1, ConsentBanner: true})
	for consents, want := range map[string]int{"": 0, "analytics": 0, "targeting": 1} {
		front.Enter(bigcommercesim.Shopper{Consents: []string{consents}})
		b.visit("/")
		assert.Equal(t, want, b.count(element), "consent to %q", consents)
	}
	b.settings(func(s *connection.Settings) { s.ScriptConsent = bigcommerce.ConsentAnalytics })
	install()
	front.Enter(bigcommercesim.Shopper{Consents: []string{"analytics"}})
	b.visit("/")
	assert.Equal(t, 1, b.count(element))

	b.settings(func(s *connection.Settings) { s.PageCalls = true })
	install()
	assert.Equal(t, []string{`init("homepage", {}, "shop.example.com")`}, b.visit("/"))
	assert.Equal(t, 1, b.count(element))
	b.settings(func(s *connection.Settings) { s.PageCalls = false })
	install()
	assert.Empty(t, b.visit("/"))
	assert.Equal(t, 1, b.count(element))

	_, err := b.RemoveScript(t.Context(), b.ref())
	require.NoError(t, err)
	b.open(bigcommercesim.StorefrontOptions{ChannelID: 1})
	for _, path := range pages {
		b.visit(path)
		assert.Zero(t, b.count(element), path)
	}
}

// A shop's page must not notice that Ometria is away, that it sends something
// else, or that the merchant has put the tag into the theme too.
func TestPageCallsLeaveThePageAlone(t *testing.T) {
	b := newBrowser(t, connection.Settings{PageCalls: true})
	require.NoError(t, b.InstallScript(t.Context(), b.ref()))
	b.open(bigcommercesim.StorefrontOptions{ChannelID: 1})
	for name, tagFile := range map[string]string{
		"away": "", "no API": "window.ometria = {}", "broken API": "window.ometria = {init: function () { throw new Error('broken') }}",
		"not the tag": "window.ometria = 7",
	} {
		b.host("cdn.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if tagFile == "" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/javascript")
			_, _ = w.Write([]byte(tagFile))
		}))
		assert.Empty(t, b.visit("/"), name)
	}
	b.host("cdn.example.com", ometriasim.Tag(ometriasim.TagOptions{}))
	standing := b.scripts()[0]
	for _, location := range []string{bigcommerce.LocationHead, bigcommerce.LocationFooter} {
		double := standing
		double.Location, double.Name = location, "By hand"
		body, err := json.Marshal(double)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, b.call(ours, "POST", "/v3/content/scripts", string(body)).Code)
	}
	assert.Equal(t, []string{`init("homepage", {}, "shop.example.com")`}, b.visit("/"), "three scripts call once")
	assert.Equal(t, 1, b.count(`script[src="https://cdn.example.com/tags/code.js"]`))
}
