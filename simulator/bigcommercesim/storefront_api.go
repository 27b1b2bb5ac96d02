package bigcommercesim

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Shapes of the REST Storefront API: Storefront Carts, Storefront Orders.

type storefrontCart struct {
	ID             string              `json:"id"`
	CustomerID     int64               `json:"customerId"`
	Email          string              `json:"email"`
	Currency       storefrontCurrency  `json:"currency"`
	IsTaxIncluded  bool                `json:"isTaxIncluded"`
	BaseAmount     float64             `json:"baseAmount"`
	DiscountAmount float64             `json:"discountAmount"`
	CartAmount     float64             `json:"cartAmount"`
	Coupons        []struct{}          `json:"coupons"`
	Discounts      []struct{}          `json:"discounts"`
	LineItems      storefrontLineItems `json:"lineItems"`
}

type storefrontCurrency struct {
	Name          string `json:"name"`
	Code          string `json:"code"`
	Symbol        string `json:"symbol"`
	DecimalPlaces int    `json:"decimalPlaces"`
}

type storefrontLineItems struct {
	PhysicalItems    []storefrontItem `json:"physicalItems"`
	DigitalItems     []storefrontItem `json:"digitalItems"`
	GiftCertificates []struct{}       `json:"giftCertificates"`
	CustomItems      []struct{}       `json:"customItems"`
}

type storefrontItem struct {
	ID                string             `json:"id"`
	ParentID          *string            `json:"parentId"`
	VariantID         int64              `json:"variantId"`
	ProductID         int64              `json:"productId"`
	SKU               string             `json:"sku"`
	Name              string             `json:"name"`
	URL               string             `json:"url"`
	Quantity          int                `json:"quantity"`
	ListPrice         float64            `json:"listPrice"`
	SalePrice         float64            `json:"salePrice"`
	ExtendedListPrice float64            `json:"extendedListPrice"`
	ExtendedSalePrice float64            `json:"extendedSalePrice"`
	Type              string             `json:"type"`
	Options           []storefrontOption `json:"options,omitzero"` // only when included
}

// storefrontOption of what a shopper typed has no value id.
type storefrontOption struct {
	Name    string `json:"name"`
	NameID  int64  `json:"nameId"`
	Value   string `json:"value"`
	ValueID *int64 `json:"valueId"`
}

type storefrontOrder struct {
	OrderID        int64               `json:"orderId"`
	CartID         string              `json:"cartId"`
	Currency       storefrontCurrency  `json:"currency"`
	OrderAmount    float64             `json:"orderAmount"`
	CustomerID     int64               `json:"customerId"`
	BillingAddress storefrontAddress   `json:"billingAddress"`
	LineItems      storefrontLineItems `json:"lineItems"`
	Status         string              `json:"status"`
	IsComplete     bool                `json:"isComplete"`
}

type storefrontAddress struct {
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
}

// api answers what a script of the page may ask, for the shopper of the
// session alone. BigCommerce's specification has orders/{id}, its guides
// order/{id}.
func (f *Storefront) api(shopper Shopper, path string, r *http.Request) reply {
	resource, id, _ := strings.Cut(path, "/")
	switch {
	case r.Method != http.MethodGet:
		return reply{405, map[string]string{"title": "Method Not Allowed"}}
	case path == "carts":
		included := strings.Split(r.URL.Query().Get("include"), ",")
		carts := []storefrontCart{}
		if len(shopper.Cart) > 0 {
			carts = append(carts, f.cart(shopper, slices.Contains(included, "lineItems.physicalItems.options")))
		}
		return reply{200, carts}
	case resource == "order" || resource == "orders":
		placed := f.store.orders.get(shopper.OrderID)
		if placed == nil || id != strconv.FormatInt(shopper.OrderID, 10) {
			break
		}
		amount, _ := strconv.ParseFloat(placed.TotalIncTax, 64)
		return reply{200, storefrontOrder{
			OrderID: placed.ID, CartID: "2343eb66-3c41-4966-a539-d8af36d3fc47", Currency: f.currency(), OrderAmount: amount,
			CustomerID: placed.CustomerID, LineItems: noItems(), Status: "AWAITING_FULFILLMENT", IsComplete: true,
			BillingAddress: storefrontAddress{placed.BillingAddress.FirstName, placed.BillingAddress.LastName, placed.BillingAddress.Email},
		}}
	}
	return reply{404, map[string]any{"status": 404, "title": "Not Found", "type": "about:blank"}}
}

func (f *Storefront) currency() storefrontCurrency {
	code := f.store.currencies[0]
	return storefrontCurrency{code.Name, code.CurrencyCode, code.Token, 2}
}

func noItems() storefrontLineItems {
	return storefrontLineItems{[]storefrontItem{}, []storefrontItem{}, []struct{}{}, []struct{}{}}
}

// cart is the shopper's; digital products are in digitalItems.
func (f *Storefront) cart(shopper Shopper, options bool) storefrontCart {
	cart := storefrontCart{
		ID: cartID(shopper), CustomerID: shopper.CustomerID, Email: shopper.CartEmail, Currency: f.currency(),
		Coupons: []struct{}{}, Discounts: []struct{}{}, LineItems: noItems(),
	}
	if c := f.customer(shopper); c != nil {
		cart.Email = c.Email
	}
	for n, line := range shopper.Cart {
		p := f.store.products.get(line.ProductID)
		if p == nil {
			continue
		}
		at := slices.IndexFunc(p.Variants, func(v variant) bool { return v.ID == line.VariantID })
		if at < 0 {
			continue
		}
		v := p.Variants[at]
		item := storefrontItem{
			ID: fmt.Sprintf("57a877e0-d898-47d0-910d-%012d", n+1), VariantID: v.ID, ProductID: p.ID, SKU: v.SKU, Name: p.Name,
			URL: "https://" + f.store.domain + p.CustomURL.URL, Quantity: line.Quantity, ListPrice: v.CalculatedPrice, SalePrice: v.CalculatedPrice,
			Type: p.Type,
		}
		if line.Parent > 0 { // what is in a bundle costs nothing by itself
			parent := fmt.Sprintf("57a877e0-d898-47d0-910d-%012d", line.Parent)
			item.ParentID, item.ListPrice, item.SalePrice = &parent, 0, 0
		}
		item.ExtendedListPrice = roundCents(item.ListPrice * float64(line.Quantity))
		item.ExtendedSalePrice = roundCents(item.SalePrice * float64(line.Quantity))
		if options {
			item.Options = optionsOf(v, line.Text)
		}
		cart.BaseAmount = roundCents(cart.BaseAmount + item.ExtendedSalePrice)
		if p.Type == "digital" {
			cart.LineItems.DigitalItems = append(cart.LineItems.DigitalItems, item)
		} else {
			cart.LineItems.PhysicalItems = append(cart.LineItems.PhysicalItems, item)
		}
	}
	cart.CartAmount = cart.BaseAmount
	return cart
}

func optionsOf(v variant, typed string) []storefrontOption {
	options := []storefrontOption{}
	for _, pick := range v.OptionValues {
		options = append(options, storefrontOption{pick.OptionDisplayName, pick.OptionID, pick.Label, &pick.ID})
	}
	if typed != "" {
		options = append(options, storefrontOption{Name: "Engraving", NameID: 999, Value: typed})
	}
	return options
}

func roundCents(amount float64) float64 { return math.Round(amount*100) / 100 }
