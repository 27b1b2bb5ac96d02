package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// fromWire is an order as BigCommerce sends it, over what the tests need.
func fromWire(t *testing.T, fields string) bigcommerce.Order {
	t.Helper()
	o := order()
	require.NoError(t, json.Unmarshal([]byte(fields), &o))
	return o
}

// Amounts never pass through a float, whatever form they come in.
func TestMoneyStaysDecimal(t *testing.T) {
	for name, c := range map[string]struct{ fields, want string }{
		"strings":        {`{"discount_amount":"0.1000","coupon_discount":"0.2000"}`, `"discount":0.3,`},
		"numbers":        {`{"discount_amount":0.1,"coupon_discount":0.2}`, `"discount":0.3,`},
		"four decimals":  {`{"total_inc_tax":"19.9999"}`, `"grand_total":19.9999,`},
		"large":          {`{"total_inc_tax":"123456789012345678.91"}`, `"grand_total":123456789012345678.91,`},
		"an exponent":    {`{"total_inc_tax":"1.25e3"}`, `"grand_total":1250,`},
		"exponent below": {`{"total_inc_tax":5e-2}`, `"grand_total":0.05,`},
		"negative":       {`{"total_inc_tax":"-12.5000"}`, `"grand_total":-12.5,`},
		"a string total": {`{"total_tax":"2.0500"}`, `"tax":2.05,`},
	} {
		t.Run(name, func(t *testing.T) {
			got := only[*ometria.Order](t, mapping.Order(fromWire(t, c.fields), nil, shop(), connection.RecordState{}))
			data, err := ometria.Encode(got)
			require.NoError(t, err)
			assert.Contains(t, string(data), c.want)
		})
	}
}

func TestDatesAreSentInUTC(t *testing.T) {
	for _, date := range []string{
		"Thu, 05 Mar 2026 11:30:00 +0130", "Thu, 5 Mar 2026 10:00:00 +0000", "2026-03-05T10:00:00Z", "2026-03-05T12:00:00+02:00", "2026-03-05T10:00:00.500+00:00",
	} {
		got := only[*ometria.Order](t, mapping.Order(fromWire(t, `{"date_created":"`+date+`"}`), nil, shop(), connection.RecordState{}))
		data, err := ometria.Encode(got)
		require.NoError(t, err)
		assert.Contains(t, string(data), `"timestamp":"2026-03-05T10:00:00Z"`, date)
	}
}

// With tax in the prices or not, the parts add up to the grand total.
func TestTaxInclusiveAndExclusive(t *testing.T) {
	for name, o := range map[string]bigcommerce.Order{
		"inclusive": fromWire(t, `{"is_tax_inclusive_pricing":true,"total_inc_tax":"69.8400","total_ex_tax":"64.5300","total_tax":"5.3100","shipping_cost_ex_tax":"11.0900","shipping_cost_inc_tax":"12.0000"}`),
		"exclusive": fromWire(t, `{"is_tax_inclusive_pricing":false,"total_inc_tax":"69.8400","total_ex_tax":"64.5300","total_tax":"5.3100","shipping_cost_ex_tax":"12.0000"}`),
		"no tax":    fromWire(t, `{"total_inc_tax":"361.9500","total_ex_tax":"361.9500","total_tax":"0.0000"}`),
	} {
		t.Run(name, func(t *testing.T) {
			got := only[*ometria.Order](t, mapping.Order(o, nil, shop(), connection.RecordState{}))
			parts := got.Subtotal.Add(got.Tax.Decimal)
			if got.Shipping != nil {
				parts = parts.Add(got.Shipping.Decimal)
			}
			assert.Equal(t, got.GrandTotal.String(), parts.String())
		})
	}
}

func TestDiscountSetting(t *testing.T) {
	for setting, want := range map[string][2]string{"": {"7", "2"}, connection.DiscountPositive: {"7", "2"}, connection.DiscountNegative: {"-7", "-2"}} {
		ctx := shop(func(c *mapping.Context) { c.Settings.Discount = setting })
		got := only[*ometria.Order](t, mapping.Order(order(
			func(o *bigcommerce.Order) { o.DiscountAmount, o.CouponDiscount = money("5"), money("2") },
			withLine(bigcommerce.LineItem{ID: 1, ProductID: 1, Quantity: 1, PriceExTax: money("10"), DiscountedTotalIncTax: money("8"),
				AppliedDiscounts: []bigcommerce.AppliedDiscount{{Amount: money("2")}}}),
		), nil, ctx, connection.RecordState{}))
		assert.Equal(t, want[0], amountOf(t, got.Discount), setting)
		assert.Equal(t, want[1], amountOf(t, got.LineItems[0].Discount), setting)
		assert.Equal(t, "8", amountOf(t, got.LineItems[0].Total), setting)
	}
	none := only[*ometria.Order](t, mapping.Order(order(), nil, shop(func(c *mapping.Context) { c.Settings.Discount = connection.DiscountNegative }), connection.RecordState{}))
	assert.Nil(t, none.Discount)
}

func TestTestOrders(t *testing.T) {
	for _, c := range []struct {
		method, provider string
		test             bool
	}{
		{"Test Payment Gateway", "", true},
		{" test payment gateway ", "", true},
		{"Gift Certificate, Test Payment Gateway", "", true},
		{"testgateway", "", true},
		{"Credit Card", "testgateway", true},
		{"Credit Card", "pi_123", false},
		{"Manual", "", false},
		{"", "", false},
		{"Protest Payment", "", false},
	} {
		o := order(func(o *bigcommerce.Order) {
			o.PaymentMethod, o.PaymentProviderID = c.method, bigcommerce.Text(c.provider)
		})
		for _, setting := range []string{"", connection.TestOrdersSkip, connection.TestOrdersSend} {
			ctx := shop(func(x *mapping.Context) { x.Settings.TestOrders = setting })
			r := mapping.Order(o, nil, ctx, connection.RecordState{})
			again := mapping.Order(o, nil, ctx, connection.RecordState{Exists: true})
			if c.test && setting != connection.TestOrdersSend {
				require.NotNil(t, r.Skip, c.method)
				assert.Equal(t, connection.ReasonTestOrder, r.Skip.Code)
				assert.False(t, *only[*ometria.Order](t, again).IsValid, "one sent before the setting is taken back")
				continue
			}
			assert.True(t, *only[*ometria.Order](t, r).IsValid, c.method)
			assert.True(t, *only[*ometria.Order](t, again).IsValid, c.method)
		}
	}
}

func TestChannel(t *testing.T) {
	for _, c := range []struct{ source, external, want string }{
		{"www", "", "online"}, {"iphone", "", "online"}, {"ipad", "", "online"}, {"android", "", "online"}, {"mobile", "", "online"},
		{"checkout_api", "", "online"}, {"buybutton", "", "online"}, {"", "", "online"}, {"external", "", "online"},
		{"manual", "", "manual"}, {"manual", "POS", "pos"}, {"external", "POS (Square)", "pos"}, {"external", "Lightspeed POS", "pos"},
		{"amazon", "", "marketplace"}, {"ebay", "", "marketplace"}, {"facebookshop", "", "marketplace"}, {"facebookcheckout", "", "marketplace"},
		{"facebookmarketplace", "", "marketplace"}, {"pinterest", "", "marketplace"}, {"socialshop", "", "marketplace"},
		{"external", "Amazon", "marketplace"}, {"external", "eBay UK", "marketplace"},
		{"external", "M-MIG", "online"}, {"external", "ERP (Acumatica)", "online"}, {"external", "Postal", "online"},
	} {
		got := only[*ometria.Order](t, mapping.Order(order(func(o *bigcommerce.Order) { o.OrderSource, o.ExternalSource = c.source, c.external }), nil, shop(), connection.RecordState{}))
		assert.Equal(t, c.want, got.Channel, "%+v", c)
	}
}

// Marketplaces and tills without an e-mail address make no customer; an address
// in capitals is the same person.
func TestOrdersWithoutEmail(t *testing.T) {
	for _, source := range []string{"amazon", "external"} {
		got := only[*ometria.Order](t, mapping.Order(order(func(o *bigcommerce.Order) {
			o.CustomerID, o.OrderSource, o.ExternalSource, o.BillingAddress.Email = 0, source, "POS", ""
		}), nil, shop(), connection.RecordState{}))
		assert.Nil(t, got.Customer)
	}
	upper := only[*ometria.Order](t, mapping.Order(order(func(o *bigcommerce.Order) { o.BillingAddress.Email = " Ann@EXAMPLE.com" }), nil, shop(), connection.RecordState{}))
	assert.Equal(t, "ann@example.com", upper.Customer.Email)
}

func TestBundlesCountOnce(t *testing.T) {
	bundle := func(subtotal, part string) bigcommerce.Order {
		return order(func(o *bigcommerce.Order) {
			o.SubtotalExTax = bigcommerce.Money{}
			if subtotal != "" {
				o.SubtotalExTax = money(subtotal)
			}
			o.FetchedLines = []bigcommerce.LineItem{
				{ID: 1, ProductID: 40, Quantity: 1, PriceExTax: money("30"), TotalExTax: money("30"), TotalIncTax: money("36"), TotalTax: money("6")},
				{ID: 2, ProductID: 41, Quantity: 2, PriceExTax: money("5"), TotalExTax: money(part), TotalIncTax: money(part), TotalTax: money("0"),
					DiscountedTotalIncTax: money(part), ParentOrderProductID: 1, IsBundledProduct: true},
				{ID: 3, ProductID: 42, Quantity: 1, PriceExTax: money("7"), TotalExTax: money("7"), ParentOrderProductID: 99, IsBundledProduct: true},
			}
		})
	}
	for name, c := range map[string]struct {
		order bigcommerce.Order
		want  string
	}{
		"parts at 0":                      {bundle("37", "0"), "0"},
		"the bundle's price holds them":   {bundle("37", "10"), "0"},
		"the order's subtotal holds them": {bundle("47", "10"), "10"},
		"rounded":                         {bundle("37.02", "10"), "0"},
		"no subtotal to tell":             {bundle("", "10"), "10"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := only[*ometria.Order](t, mapping.Order(c.order, nil, shop(), connection.RecordState{})).LineItems
			require.Len(t, lines, 3, "what is in the bundle was bought")
			assert.Equal(t, "30", amountOf(t, lines[0].Subtotal))
			assert.Equal(t, c.want, amountOf(t, lines[1].Subtotal))
			assert.Equal(t, c.want, amountOf(t, lines[1].Total))
			assert.Equal(t, int64(2), lines[1].Quantity)
			assert.Equal(t, "7", amountOf(t, lines[2].Subtotal), "the bundle's own line is gone: a line like any other")
			if c.want == "0" {
				assert.Equal(t, "0", amountOf(t, lines[1].UnitPrice))
			}
		})
	}
}

func TestLinesOfQuantityZero(t *testing.T) {
	for name, c := range map[string]struct {
		line bigcommerce.LineItem
		kept bool
	}{
		"taken out of the order": {bigcommerce.LineItem{ID: 1, ProductID: 1, PriceExTax: money("9"), TotalExTax: money("0"), TotalIncTax: money("0")}, false},
		"with an amount":         {bigcommerce.LineItem{ID: 1, ProductID: 1, PriceExTax: money("9"), TotalExTax: money("9"), TotalIncTax: money("9")}, true},
		"given away":             {bigcommerce.LineItem{ID: 1, ProductID: 1, Quantity: 1, PriceExTax: money("0"), TotalExTax: money("0")}, true},
		"given back":             {bigcommerce.LineItem{ID: 1, ProductID: 1, Quantity: -1, PriceExTax: money("9"), TotalExTax: money("-9"), TotalIncTax: money("-9")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := only[*ometria.Order](t, mapping.Order(order(withLine(c.line)), nil, shop(), connection.RecordState{}))
			assert.Equal(t, c.kept, len(got.LineItems) == 1)
			refunded := bigcommerce.Refund{OrderID: 100, Items: []bigcommerce.RefundItem{{ItemType: "PRODUCT", ItemID: 1, RequestedAmount: money("9")}}}
			withRefund := only[*ometria.Order](t, mapping.Order(order(withLine(c.line)), []bigcommerce.Refund{refunded}, shop(), connection.RecordState{}))
			assert.Len(t, withRefund.LineItems, 1, "a refund is of something")
			assert.NotNil(t, got.LineItems, "sent as an empty list")
		})
	}
}

// Only what was refunded of a line is the line's; all of it is the order's.
func TestRefundsByItemType(t *testing.T) {
	line := bigcommerce.LineItem{ID: 1, ProductID: 77, Quantity: 2, PriceExTax: money("10"), TotalIncTax: money("24")}
	of := func(kind string, quantity int, amount string, payments ...bigcommerce.RefundPayment) bigcommerce.Refund {
		return bigcommerce.Refund{OrderID: 100, TotalAmount: money(amount), Payments: payments,
			Items: []bigcommerce.RefundItem{{ItemType: kind, ItemID: 1, Quantity: bigcommerce.Int(quantity), RequestedAmount: money(amount)}}}
	}
	paid := func(amount string, declined bool) bigcommerce.RefundPayment {
		return bigcommerce.RefundPayment{Amount: money(amount), IsDeclined: declined}
	}
	kept := of("PRODUCT", 1, "12", paid("9", false))
	kept.Items[0].Adjustments = []bigcommerce.RefundAdjustment{{Amount: money("-3")}}
	allKept := of("PRODUCT", 1, "2", paid("0", false))
	allKept.Items[0].Adjustments = kept.Items[0].Adjustments
	for name, c := range map[string]struct {
		refunds []bigcommerce.Refund
		line    string
		order   string
		note    bool
	}{
		"PRODUCT":                {[]bigcommerce.Refund{of("PRODUCT", 1, "12")}, "12", "12", false},
		"SHIPPING":               {[]bigcommerce.Refund{of("SHIPPING", 1, "5")}, "", "5", true},
		"HANDLING":               {[]bigcommerce.Refund{of("HANDLING", 1, "5")}, "", "5", true},
		"ORDER":                  {[]bigcommerce.Refund{of("ORDER", 0, "5")}, "", "5", true},
		"FEE":                    {[]bigcommerce.Refund{of("FEE", 0, "5")}, "", "5", true},
		"GIFT_WRAPPING":          {[]bigcommerce.Refund{of("GIFT_WRAPPING", 0, "5")}, "", "5", true},
		"declined":               {[]bigcommerce.Refund{of("PRODUCT", 1, "12", paid("12", true))}, "", "", false},
		"declined in part":       {[]bigcommerce.Refund{of("PRODUCT", 1, "12", paid("4", true), paid("8", false))}, "12", "8", false},
		"a fee kept back":        {[]bigcommerce.Refund{kept}, "9", "9", false},
		"a fee above the refund": {[]bigcommerce.Refund{allKept}, "0", "", false},
		"several":                {[]bigcommerce.Refund{of("PRODUCT", 1, "12"), of("PRODUCT", 1, "10"), of("SHIPPING", 1, "5")}, "22", "27", true},
		"more than the line":     {[]bigcommerce.Refund{of("PRODUCT", 2, "30")}, "24", "30", false},
		"of another order":       {[]bigcommerce.Refund{{OrderID: 4, TotalAmount: money("9")}}, "", "", false},
		"tax alone, without any": {[]bigcommerce.Refund{{OrderID: 100, TotalAmount: money("2")}}, "", "2", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := mapping.Order(order(withLine(line)), c.refunds, shop(), connection.RecordState{})
			got := only[*ometria.Order](t, r)
			assert.Equal(t, c.note, len(r.Notes) == 1 && r.Notes[0].Code == mapping.NoteRefundNotOnLine)
			if c.line == "" {
				assert.Nil(t, got.LineItems[0].Refunded)
			} else {
				assert.Equal(t, c.line, amountOf(t, got.LineItems[0].Refunded))
			}
			if c.order == "" {
				assert.NotContains(t, got.Properties, "refunded_amount")
			} else {
				assert.Equal(t, json.Number(c.order), got.Properties["refunded_amount"])
			}
			assert.Equal(t, "12", amountOf(t, got.GrandTotal), "a sale stays what it was")
		})
	}
}

func TestCouponCodes(t *testing.T) {
	line := func(codes ...string) bigcommerce.LineItem {
		l := bigcommerce.LineItem{ID: 1, ProductID: 1, Quantity: 1, PriceExTax: money("1")}
		for _, code := range codes {
			l.AppliedDiscounts = append(l.AppliedDiscounts, bigcommerce.AppliedDiscount{Code: bigcommerce.Text(code)})
		}
		return l
	}
	got := only[*ometria.Order](t, mapping.Order(order(func(o *bigcommerce.Order) {
		o.FetchedLines = []bigcommerce.LineItem{line("", "SPRING10"), line("SPRING10", "VIP")}
	}), nil, shop(), connection.RecordState{}))
	assert.Equal(t, "SPRING10", got.CouponCode)
	assert.Equal(t, []string{"SPRING10", "VIP"}, got.Properties["coupon_codes"])

	many := mapping.Order(order(func(o *bigcommerce.Order) {
		for n := range 30 {
			o.FetchedLines = append(o.FetchedLines, line(strings.Repeat("C", 40)+string(rune('a'+n%26))+strings.Repeat("x", n)))
		}
		o.ChannelID = 2
	}), nil, shop(), connection.RecordState{})
	got = only[*ometria.Order](t, many)
	assert.NotContains(t, got.Properties, "coupon_codes", "no room for them")
	assert.Equal(t, "2", got.Properties["channel_id"])
	assert.Contains(t, many.Notes, mapping.Note{Code: mapping.NoteKeyLeftOut, Key: "coupon_codes", Source: "coupon_codes"})
}

// Lines of no catalogue product say what they are.
func TestLinesWithoutAProduct(t *testing.T) {
	for name, c := range map[string]struct {
		line    bigcommerce.LineItem
		product string
		named   any
	}{
		"custom":           {bigcommerce.LineItem{Name: " Splicing lesson ", Type: "physical"}, "custom", "Splicing lesson"},
		"gift certificate": {bigcommerce.LineItem{Name: "$25 Gift Certificate", Type: "giftcertificate"}, "gift-certificate", "$25 Gift Certificate"},
		"nameless":         {bigcommerce.LineItem{}, "custom", nil},
		"a long name":      {bigcommerce.LineItem{Name: strings.Repeat("😀", 900)}, "custom", strings.Repeat("😀", 150)},
		"of the catalogue": {bigcommerce.LineItem{ProductID: 5, Name: "Rope"}, "5", nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.line.ID, c.line.Quantity, c.line.PriceExTax = 1, 1, money("1")
			got := only[*ometria.Order](t, mapping.Order(order(withLine(c.line)), nil, shop(), connection.RecordState{})).LineItems[0]
			assert.Equal(t, c.product, got.ProductID)
			assert.Empty(t, got.VariantID)
			assert.Equal(t, c.named, got.Properties["name"])
		})
	}
}

// A shopper may have seen other words than the catalog's.
func TestOptionsInTheCatalogsWords(t *testing.T) {
	for name, c := range map[string]struct {
		option bigcommerce.LineOption
		want   ometria.Attribute
	}{
		"in the shopper's language": {bigcommerce.LineOption{DisplayName: "couleur", DisplayValue: "bleu", DisplayNameMerchant: "Colour", DisplayValueMerchant: "Blue"},
			ometria.Attribute{Type: "colour", ID: "blue", Label: "Blue"}},
		"in one language": {bigcommerce.LineOption{DisplayName: "Colour", DisplayValue: "Blue"},
			ometria.Attribute{Type: "colour", ID: "blue", Label: "Blue"}},
		"the merchant's half told": {bigcommerce.LineOption{DisplayName: "Colour", DisplayValue: "Orange", DisplayValueMerchant: "S"}, // as in an example of Orders v2
			ometria.Attribute{Type: "colour", ID: "orange", Label: "Orange"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.option.Type = "Swatch"
			got := only[*ometria.Order](t, mapping.Order(order(withLine(bigcommerce.LineItem{ID: 1, ProductID: 5, VariantID: 9, Quantity: 1, PriceExTax: money("1"),
				ProductOptions: []bigcommerce.LineOption{c.option}})), nil, shop(), connection.RecordState{}))
			assert.Equal(t, []ometria.Attribute{c.want}, got.LineItems[0].VariantOptions)
			assert.Equal(t, "5-9", got.LineItems[0].VariantID)
		})
	}
}
