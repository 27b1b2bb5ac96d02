package bigcommercesim

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Channel is a storefront channel of the store.
type Channel struct {
	ID       int64
	Name     string
	Platform string // bigcommerce, catalyst, next...
}

// SetChannels replaces the storefront channels. At first there is channel 1 of
// platform bigcommerce. They are not kept in Options.Dir.
func (s *Server) SetChannels(list ...Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels = slices.Clone(list)
}

func (s *Server) isStorefront(id int64) bool {
	return slices.ContainsFunc(s.channels, func(c Channel) bool { return c.ID == id })
}

// StorefrontOptions describe a storefront.
type StorefrontOptions struct {
	ChannelID int64
	// PlainScripts leaves Handlebars in scripts as it is, as Catalyst does.
	PlainScripts bool
	// BareCheckout renders Handlebars in the checkout's scripts with nothing in
	// their context, which is documented for templates and not for scripts.
	BareCheckout bool
	// PlainTheme is a theme that does not start Stencil's own JavaScript.
	PlainTheme bool
	// ConsentBanner renders a script only once its category is consented to.
	ConsentBanner bool
}

// Shopper is who looks at a storefront.
type Shopper struct {
	CustomerID int64  // signed in as; 0 is a guest
	CartEmail  string // typed into the checkout by a guest
	Cart       []CartItem
	OrderID    int64    // just placed
	Consents   []string // given to the banner
}

// CartItem is a line of a shopper's cart.
type CartItem struct {
	ProductID, VariantID int64
	Quantity             int
	Text                 string // typed into a text modifier
	Parent               int    // of a bundle: place of the parent line, from 1
}

// Storefront serves one channel's pages to one shopper, with the scripts that
// the store has for it, and the Storefront API that scripts may ask. Scripts go
// where the page "Scripts API" says, Handlebars in them gets what the Stencil
// object reference documents.
type Storefront struct {
	store   *Server
	options StorefrontOptions

	mu      sync.Mutex // guards shopper
	shopper Shopper
}

// Storefront opens a storefront for a guest with nothing in the cart.
func (s *Server) Storefront(o StorefrontOptions) *Storefront {
	return &Storefront{store: s, options: o}
}

// Enter lets another shopper look.
func (f *Storefront) Enter(shopper Shopper) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shopper = shopper
}

// ServeHTTP serves pages and /api/storefront/.
func (f *Storefront) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	shopper := f.shopper
	f.mu.Unlock()
	f.store.mu.RLock()
	defer f.store.mu.RUnlock()
	if path, ok := strings.CutPrefix(r.URL.Path, "/api/storefront/"); ok {
		f.api(shopper, path, r).write(w)
		return
	}
	p := f.page(shopper, r.URL.Path)
	out, err := f.render(shopper, p)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if p.kind == "404" {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = fmt.Fprint(w, out)
}

// page is what a URL shows. Its kind is page_type of the Stencil object
// reference.
type page struct {
	kind    string
	title   string
	main    string // HTML
	product *product
}

func (f *Storefront) page(shopper Shopper, path string) page {
	switch {
	case path == "/":
		return page{kind: "default", title: "Simulated Store"}
	case path == "/cart.php":
		return page{kind: "cart", title: "Your Cart", main: f.cartRows(shopper)}
	case path == "/checkout":
		return page{kind: "checkout", title: "Checkout", main: f.cartRows(shopper)}
	case path == "/checkout/order-confirmation":
		return page{kind: "orderconfirmation", title: "Thank you!", main: fmt.Sprintf("<p>Your order number is <b>%d</b></p>", shopper.OrderID)}
	case path == "/search.php":
		return page{kind: "search", title: "Search results"}
	case path == "/login.php":
		return page{kind: "login", title: "Sign in"}
	case path == "/about-us/":
		return page{kind: "page", title: "About us"}
	}
	s := f.store
	ids, _ := s.products.find(query[product]{})
	for _, id := range ids {
		if p := s.products.get(id); p.CustomURL.URL == path {
			return page{kind: "product", title: p.Name, product: p, main: fmt.Sprintf(
				`<p>%.2f</p><form action="https://%s/cart.php" method="post" data-cart-item-add><input type="hidden" name="product_id" value="%d"><button>Add to cart</button></form>`,
				p.CalculatedPrice, s.domain, p.ID)}
		}
	}
	ids, _ = s.categories.find(query[category]{})
	for _, id := range ids {
		if c := s.categories.get(id); c.URL.Path == path {
			return page{kind: "category", title: c.Name}
		}
	}
	ids, _ = s.brands.find(query[brand]{})
	for _, id := range ids {
		if b := s.brands.get(id); b.CustomURL.URL == path {
			return page{kind: "brand", title: b.Name}
		}
	}
	return page{kind: "404", title: "Page not found"}
}

func (f *Storefront) cartRows(shopper Shopper) string {
	var rows strings.Builder
	items := f.cart(shopper, true).LineItems
	for _, item := range slices.Concat(items.PhysicalItems, items.DigitalItems) {
		fmt.Fprintf(&rows, "<tr><td>%d × %s<td>%.2f", item.Quantity, html.EscapeString(item.Name), item.ExtendedSalePrice)
	}
	return "<table>" + rows.String() + "</table>"
}

// cartID is one for all carts of the store: a shopper has one at most.
func cartID(shopper Shopper) string {
	if len(shopper.Cart) == 0 {
		return ""
	}
	return "2343eb66-3c41-4966-a539-d8af36d3fc47"
}

// render makes the page as a theme does: the checkout and the confirmation are
// BigCommerce's own application and start from window.checkoutConfig.
func (f *Storefront) render(shopper Shopper, p page) (string, error) {
	head, err := f.scripts(shopper, p, "head")
	if err != nil {
		return "", err
	}
	footer, err := f.scripts(shopper, p, "footer")
	if err != nil {
		return "", err
	}
	meta, bootstrap := "", fmt.Sprintf(`window.stencilBootstrap(%q, "{}").load();`, p.kind)
	switch {
	case p.kind == "checkout":
		bootstrap = fmt.Sprintf(`window.checkoutConfig = {containerId: "checkout-app", checkoutId: %q};`, cartID(shopper))
	case p.kind == "orderconfirmation":
		bootstrap = fmt.Sprintf(`window.checkoutConfig = {containerId: "checkout-app", orderId: %d};`, shopper.OrderID)
	case f.options.PlainTheme:
		bootstrap = ""
	}
	if p.product != nil {
		meta = `<meta property="og:type" content="product">`
	}
	title := html.EscapeString(p.title)
	return `<!DOCTYPE html><html><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>` + title + `</title>` + meta + "\n" + head + `
<style>body{font:16px sans-serif;margin:3em}header{border-bottom:1px solid #ccc}td{padding:.3em 2em .3em 0}</style>
</head><body><header><h2>Simulated Store</h2></header><h1>` + title + `</h1>` + p.main + `
<script>window.stencilBootstrap = function () { return {load: function () {}}; };</script>
<script>` + bootstrap + `</script>
` + footer + `
</body></html>`, nil
}

// scripts are those of a place of a page, each as BigCommerce writes it.
func (f *Storefront) scripts(shopper Shopper, p page, location string) (string, error) {
	var out strings.Builder
	for _, sc := range f.store.scripts {
		if !sc.Enabled || sc.ChannelID != f.options.ChannelID || sc.Location != location || !sc.seenOn(p.kind) {
			continue
		}
		if f.options.ConsentBanner && sc.ConsentCategory != "essential" && !slices.Contains(shopper.Consents, sc.ConsentCategory) {
			continue
		}
		if sc.Kind == "src" {
			load := map[string]string{"async": " async", "defer": " defer"}[sc.LoadMethod]
			fmt.Fprintf(&out, "<script src=%q%s></script>\n", html.EscapeString(sc.Src), load)
			continue
		}
		code := sc.HTML
		if !f.options.PlainScripts {
			var err error
			if code, err = handlebars(code, f.context(shopper, p)); err != nil {
				return "", fmt.Errorf("render script %q: %w", sc.Name, err)
			}
		}
		out.WriteString(code + "\n")
	}
	return out.String(), nil
}

// seenOn follows the table of the page "Scripts API".
func (sc *script) seenOn(kind string) bool {
	switch sc.Visibility {
	case "all_pages":
		return true
	case "checkout":
		return kind == "checkout"
	case "order_confirmation":
		return kind == "orderconfirmation"
	}
	return !slices.Contains([]string{"checkout", "orderconfirmation", "login"}, kind)
}

// context is what Handlebars knows on a page (Stencil object reference).
func (f *Storefront) context(shopper Shopper, p page) map[string]string {
	known := map[string]string{
		"page_type": p.kind, "cart_id": cartID(shopper), "checkout.id": cartID(shopper),
		"product.id": "", "product.title": "", "customer.id": "", "customer.email": "", "customer.name": "", "checkout.order.id": "",
	}
	if p.product != nil {
		known["product.id"], known["product.title"] = strconv.FormatInt(p.product.ID, 10), p.product.Name
	}
	if c := f.customer(shopper); c != nil {
		known["customer.id"], known["customer.email"] = strconv.FormatInt(c.ID, 10), c.Email
		known["customer.name"] = c.FirstName + " " + c.LastName
	}
	if p.kind == "orderconfirmation" {
		known["checkout.order.id"] = strconv.FormatInt(shopper.OrderID, 10)
		known["cart_id"] = ""
	}
	if f.options.BareCheckout && (p.kind == "checkout" || p.kind == "orderconfirmation") {
		for name := range known {
			known[name] = ""
		}
	}
	return known
}

func (f *Storefront) customer(shopper Shopper) *customer {
	if shopper.CustomerID == 0 {
		return nil
	}
	return f.store.customers.get(shopper.CustomerID)
}

var (
	expression = regexp.MustCompile(`\{\{\s*([a-z_.]+)\s*\}\}`)
	// escapes are Handlebars' own, of {{value}}.
	escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;", "`", "&#x60;", "=", "&#x3D;")
)

// handlebars renders plain expressions of known names; whatever else it would
// read is an error, so that a test sees it.
func handlebars(template string, known map[string]string) (string, error) {
	for _, found := range expression.FindAllStringSubmatch(template, -1) {
		if _, ok := known[found[1]]; !ok {
			return "", fmt.Errorf("{{%s}} is not documented", found[1])
		}
	}
	if strings.Contains(expression.ReplaceAllString(template, ""), "{{") {
		return "", errors.New("parse error: more than names in braces")
	}
	return expression.ReplaceAllStringFunc(template, func(all string) string {
		return escapes.Replace(known[expression.FindStringSubmatch(all)[1]])
	}), nil
}
