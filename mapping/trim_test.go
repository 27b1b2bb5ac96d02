package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// trims are the paths that a result says were cut, in order.
func trims(r mapping.Result) []string {
	var paths []string
	for _, n := range r.Notes {
		if n.Code == mapping.NoteTrimmed {
			paths = append(paths, n.Key)
		}
	}
	return paths
}

func fits(t *testing.T, r mapping.Result) {
	t.Helper()
	valid(t, r.Records)
	for _, record := range r.Records {
		data, err := ometria.Encode(record)
		require.NoError(t, err)
		require.LessOrEqual(t, len(data), ometria.MaxRecordBytes)
	}
}

// bigOrder has lines of that many options with labels of that length.
func bigOrder(lines, options, label int) bigcommerce.Order {
	return order(func(o *bigcommerce.Order) {
		o.FetchedLines = []bigcommerce.LineItem{}
		for n := range lines {
			line := bigcommerce.LineItem{
				ID: int64(n + 1), ProductID: int64(100_000 + n), VariantID: int64(200_000 + n), SKU: strings.Repeat("S", 20), Quantity: 1,
				PriceExTax: money("10.25"), TotalExTax: money("10.25"), TotalTax: money("2.05"), DiscountedTotalIncTax: money("12.30"),
			}
			for k := range options {
				line.ProductOptions = append(line.ProductOptions, bigcommerce.LineOption{
					DisplayName: fmt.Sprintf("Option %d", k), DisplayValue: bigcommerce.Text(strings.Repeat("x", label)), Type: "Swatch"})
			}
			o.FetchedLines = append(o.FetchedLines, line)
		}
	})
}

func TestTrimOrder(t *testing.T) {
	for name, c := range map[string]struct {
		order bigcommerce.Order
		cut   []string
		lines int
	}{
		"a usual order":             {bigOrder(3, 2, 5), nil, 3},
		"100 lines":                 {bigOrder(100, 2, 5), nil, 100},
		"250 lines":                 {bigOrder(250, 2, 5), []string{"lineitems[].sku", "lineitems[].tax"}, 250},
		"500 lines":                 {bigOrder(500, 1, 5), []string{"lineitems[].sku", "lineitems[].tax", "lineitems[].unit_price", "lineitems[].variant_options"}, 500},
		"few lines of many options": {bigOrder(10, 40, 200), []string{"lineitems[].sku", "lineitems[].tax", "lineitems[].unit_price", "lineitems[].variant_options"}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			r := mapping.Order(c.order, nil, shop(), connection.RecordState{})
			fits(t, r)
			got := only[*ometria.Order](t, r)
			assert.Equal(t, c.cut, trims(r))
			require.Len(t, got.LineItems, c.lines)
			var sum int
			for _, line := range got.LineItems {
				assert.Equal(t, "10.25", amountOf(t, line.Subtotal))
				sum++
			}
			assert.Equal(t, c.lines, sum)
		})
	}
}

// Ometria wants a price or a subtotal of each line.
func TestTrimKeepsALinesOnlyPrice(t *testing.T) {
	o := bigOrder(1_000, 1, 5)
	for i := range o.FetchedLines {
		o.FetchedLines[i].TotalExTax = bigcommerce.Money{}
	}
	r := mapping.Order(o, nil, shop(), connection.RecordState{})
	fits(t, r)
	assert.Equal(t, "10.25", amountOf(t, only[*ometria.Order](t, r).LineItems[0].UnitPrice))
}

// Whole lines go last of all, and the order's own amounts stay.
func TestTrimWholeLinesLast(t *testing.T) {
	r := mapping.Order(bigOrder(2_000, 1, 5), nil, shop(), connection.RecordState{})
	fits(t, r)
	got := only[*ometria.Order](t, r)
	assert.Equal(t, []string{
		"lineitems[].sku", "lineitems[].tax", "lineitems[].unit_price", "lineitems[].variant_options", "lineitems",
	}, trims(r))
	assert.Greater(t, len(got.LineItems), 500)
	assert.Less(t, len(got.LineItems), 2_000)
	assert.Equal(t, "100000", got.LineItems[0].ProductID, "from the end")
	assert.Equal(t, "12", amountOf(t, got.GrandTotal))
	data, err := ometria.Encode(got)
	require.NoError(t, err)
	assert.Greater(t, len(data), ometria.MaxRecordBytes-500, "no line more than needed")
}

func TestTrimProduct(t *testing.T) {
	for _, categories := range []int64{520, 1_000} {
		t.Run(fmt.Sprint(categories), func(t *testing.T) { testTrimProduct(t, categories) })
	}
}

func testTrimProduct(t *testing.T, categories int64) {
	t.Helper()
	many := shop(func(c *mapping.Context) {
		c.Categories = map[int64]mapping.Category{}
		for id := range categories {
			c.Categories[id+1] = mapping.Category{ID: id + 1, Name: fmt.Sprintf("%03d %s", id, strings.Repeat("n", 80))}
		}
	})
	p := product(func(p *bigcommerce.Product) {
		p.BrandID = 7
		for id := range many.Categories {
			p.Categories = append(p.Categories, id)
		}
		p.CustomFields = []bigcommerce.CustomField{{ID: 1, Name: "Care", Value: "Dry"}}
		p.Variants = []bigcommerce.Variant{sized(1, "S")}
	})
	r := mapping.Product(p, many, connection.RecordState{})
	fits(t, r)
	assert.Equal(t, []string{"properties", "attributes"}, trims(r))
	got := r.Records[0].(*ometria.Product)
	assert.Equal(t, "brand", got.Attributes[0].Type)
	assert.Greater(t, len(got.Attributes), 400)
	assert.Len(t, got.Listings, 1)
	assert.Nil(t, got.Properties)
}

func TestLongTextsAreCut(t *testing.T) {
	long := strings.Repeat("ÿ😀", 4_000)
	r := mapping.Order(order(func(o *bigcommerce.Order) {
		o.PaymentMethod, o.BillingAddress.FirstName, o.BillingAddress.City, o.BillingAddress.Zip = long, long, long, long
	}, withLine(bigcommerce.LineItem{ID: 1, ProductID: 1, Quantity: 1, PriceExTax: money("1"), SKU: long,
		ProductOptions:   []bigcommerce.LineOption{{DisplayName: "Size", DisplayValue: bigcommerce.Text(long), Type: "Swatch"}},
		AppliedDiscounts: []bigcommerce.AppliedDiscount{{Code: bigcommerce.Text(long)}}})), nil, shop(), connection.RecordState{})
	fits(t, r)
	got := only[*ometria.Order](t, r)
	assert.Equal(t, strings.Repeat("ÿ😀", 250), got.PaymentMethod, "cut between characters")
	assert.Len(t, []rune(got.LineItems[0].VariantOptions[0].Label), 500)
	assert.Empty(t, got.LineItems[0].SKU, "a part of a SKU is another one")
	assert.Empty(t, got.CouponCode)
	assert.Empty(t, got.BillingAddress.Postcode)
	assert.ElementsMatch(t, []string{"payment_method", "coupon_code", "customer.firstname", "billing_address.city", "billing_address.postcode",
		"lineitems[].sku", "lineitems[].variant_options[].label"}, trims(r))

	p := mapping.Product(product(func(p *bigcommerce.Product) {
		p.Name = long
		p.Variants = []bigcommerce.Variant{sized(1, long), sized(2, long+"2")}
	}), shop(), connection.RecordState{})
	fits(t, p)
	assert.Equal(t, []string{"title", "listings[].title", "attributes[].label"}, trims(p), "once a path")
	one, two := p.Records[1].(*ometria.Product).Attributes[0], p.Records[2].(*ometria.Product).Attributes[0]
	assert.NotEqual(t, one.ID, two.ID, "what is cut from the label still tells the values apart")
	assert.Equal(t, got.LineItems[0].VariantOptions[0], one, "the same in products and lines")

	c := mapping.Customer(bigcommerce.Customer{ID: 1, Email: "a@example.com", FirstName: long, LastName: "Lee"}, shop(), connection.RecordState{})
	fits(t, c)
	assert.Equal(t, []string{"firstname"}, trims(c))
	s := mapping.Subscriber(bigcommerce.Subscriber{ID: 1, Email: "a@example.com", LastName: long}, shop(), connection.RecordState{})
	fits(t, s)
	assert.Equal(t, []string{"lastname"}, trims(s))
}

// Whatever comes, a record fits and is one that Ometria takes.
func TestEveryRecordFits(t *testing.T) {
	control := rapid.SampledFrom([]string{"", "", strings.Repeat("\u2028", 600), strings.Repeat("\"", 2_000)})
	text := rapid.Custom(func(r *rapid.T) string {
		return control.Draw(r, "escaped") + strings.Repeat(rapid.StringN(0, 8, -1).Draw(r, "text"), rapid.SampledFrom([]int{0, 1, 1, 3, 60, 3_000}).Draw(r, "times"))
	})
	rapid.Check(t, func(r *rapid.T) {
		o := bigOrder(rapid.IntRange(0, 700).Draw(r, "lines"), rapid.IntRange(0, 4).Draw(r, "options"), rapid.IntRange(0, 300).Draw(r, "label"))
		o.PaymentMethod, o.BillingAddress.FirstName, o.BillingAddress.City = text.Draw(r, "method"), text.Draw(r, "name"), text.Draw(r, "city")
		o.Consignments.Shipping = []bigcommerce.ShippingConsignment{{ShippingMethod: text.Draw(r, "shipping"), State: text.Draw(r, "state"), Zip: text.Draw(r, "zip")}}
		p := product(func(p *bigcommerce.Product) {
			p.Name, p.SKU = "x"+text.Draw(r, "name"), text.Draw(r, "sku")
			p.CustomURL.URL = text.Draw(r, "url")
			p.PrimaryImage = &bigcommerce.Image{URLStandard: text.Draw(r, "image")}
			p.Variants = []bigcommerce.Variant{sized(1, text.Draw(r, "size"))}
			p.CustomFields = []bigcommerce.CustomField{{ID: 1, Name: bigcommerce.Text(text.Draw(r, "field")), Value: bigcommerce.Text(text.Draw(r, "value"))}}
		})
		c := bigcommerce.Customer{ID: 1, Email: "a@example.com", FirstName: text.Draw(r, "first"), LastName: text.Draw(r, "last"), Company: text.Draw(r, "company")}
		for _, result := range []mapping.Result{
			mapping.Order(o, nil, shop(), connection.RecordState{}),
			mapping.Product(p, shop(), connection.RecordState{}),
			mapping.Customer(c, shop(), connection.RecordState{}),
			mapping.Subscriber(bigcommerce.Subscriber{ID: 1, Email: c.Email, FirstName: c.FirstName}, shop(), connection.RecordState{}),
		} {
			if len(result.Records) == 0 {
				r.Fatalf("left out: %+v %+v", result.Skip, result.Reject)
			}
			for _, record := range result.Records {
				if data, err := ometria.Encode(record); err != nil || len(data) > ometria.MaxRecordBytes {
					r.Fatalf("%s: %d bytes, %v", record.Key(), len(data), err)
				}
			}
			valid(t, result.Records)
		}
	})
}
