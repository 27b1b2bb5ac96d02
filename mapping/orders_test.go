package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

func order(change ...func(*bigcommerce.Order)) bigcommerce.Order {
	o := bigcommerce.Order{ID: 100, CustomerID: 4, DateCreated: at("2026-03-05T10:00:00Z"), DateModified: at("2026-03-05T10:00:00Z"),
		StatusID: 11, Status: "Awaiting Fulfillment", TotalIncTax: money("12.0000"), TotalExTax: money("10"), TotalTax: money("2"),
		DefaultCurrencyCode: "GBP", BillingAddress: bigcommerce.BillingAddress{Email: "a@example.com", FirstName: "Ann"}}
	for _, c := range change {
		c(&o)
	}
	return o
}

func withLine(line bigcommerce.LineItem) func(*bigcommerce.Order) {
	return func(o *bigcommerce.Order) {
		o.Consignments.Shipping = []bigcommerce.ShippingConsignment{{LineItems: bigcommerce.LineItems{line}}}
	}
}

func TestStatuses(t *testing.T) {
	id := func(n int) *int { return &n }
	rules := []connection.StatusRule{
		{StatusID: id(7), IsValid: true, Send: true},                       // valid, the built-in name
		{StatusID: id(5), Status: "void", IsValid: false, Send: true},      // renamed
		{StatusID: id(13), Status: "disputed", IsValid: true, Send: false}, // not sent
		{StatusID: id(0), Status: "basket", IsValid: false, Send: true},    // sent though incomplete
		{Label: "unresolved", Status: "never used", IsValid: true, Send: true},
	}
	for _, c := range []struct {
		id      int64
		rules   []connection.StatusRule
		existed bool
		archive bool
		want    string
		valid   bool
		note    bool
	}{
		{id: 0},
		{id: 0, existed: true, want: "incomplete"},
		{id: 0, rules: rules, want: "basket"},
		{id: 0, rules: []connection.StatusRule{{StatusID: id(0), IsValid: true, Send: true}}, want: "incomplete"}, // never a sale
		{id: 1, want: "pending"},
		{id: 2, want: "shipped", valid: true},
		{id: 3, want: "partially_shipped", valid: true},
		{id: 4, want: "refunded", valid: true},
		{id: 5, want: "cancelled"},
		{id: 5, rules: rules, want: "void"},
		{id: 6, want: "declined"},
		{id: 7, want: "awaiting_payment"},
		{id: 7, rules: rules, want: "awaiting_payment", valid: true},
		{id: 8, want: "awaiting_pickup", valid: true},
		{id: 9, want: "awaiting_shipment", valid: true},
		{id: 10, want: "complete", valid: true},
		{id: 11, want: "awaiting_fulfillment", valid: true},
		{id: 12, want: "manual_verification_required", valid: true},
		{id: 10, archive: true, want: "complete"},
		{id: 13, want: "disputed", valid: true},
		{id: 13, rules: rules},
		{id: 13, rules: rules, existed: true, want: "disputed"},
		{id: 14, want: "partially_refunded", valid: true},
		{id: 15, want: "awaiting_fulfillment", note: true},
		{id: -3, want: "awaiting_fulfillment", note: true},
	} {
		ctx := shop(func(x *mapping.Context) { x.StatusRules = c.rules })
		prev := connection.RecordState{Exists: c.existed}
		r := mapping.Order(order(func(o *bigcommerce.Order) { o.StatusID, o.IsDeleted = c.id, c.archive }), nil, ctx, prev)
		if c.want == "" {
			require.NotNil(t, r.Skip, "%+v", c)
			assert.Equal(t, connection.ReasonNotSent, r.Skip.Code)
			assert.Equal(t, prev, r.State)
			continue
		}
		got := only[*ometria.Order](t, r)
		assert.Equal(t, c.want, got.Status)
		assert.Equal(t, c.valid, *got.IsValid, "%+v", c)
		assert.Equal(t, c.note, len(r.Notes) == 1 && r.Notes[0].Code == mapping.NoteUnmappedStatus, "%+v", c)
	}
}

func TestOrderCurrency(t *testing.T) {
	for _, c := range []struct{ store, paid, shown, want, skip, reject string }{
		{"GBP", "GBP", "EUR", "GBP", "", ""}, // shown in euro, paid in pounds
		{"GBP", "EUR", "GBP", "", connection.ReasonOtherCurrency, ""},
		{"gbp", " gbp", "", "GBP", "", ""},
		{"GBP", "", "", "GBP", "", ""},
		{"", "EUR", "", "EUR", "", ""},
		{"", "", "", "", "", "currency"},
		{"GBP", "POUNDS", "", "", "", "currency"},
	} {
		ctx := shop(func(x *mapping.Context) { x.Store.Currency = c.store })
		r := mapping.Order(order(func(o *bigcommerce.Order) { o.DefaultCurrencyCode, o.CurrencyCode = c.paid, c.shown }), nil, ctx, connection.RecordState{})
		switch {
		case c.skip != "":
			require.NotNil(t, r.Skip)
			assert.Equal(t, c.skip, r.Skip.Code)
		case c.reject != "":
			require.NotNil(t, r.Reject)
			assert.Equal(t, c.reject, r.Reject.Path)
		default:
			assert.Equal(t, c.want, only[*ometria.Order](t, r).Currency)
		}
	}
}

func TestWhatAnOrderMustHave(t *testing.T) {
	for path, change := range map[string]func(*bigcommerce.Order){
		"id":          func(o *bigcommerce.Order) { o.ID = 0 },
		"timestamp":   func(o *bigcommerce.Order) { o.DateCreated = bigcommerce.Timestamp{} },
		"grand_total": func(o *bigcommerce.Order) { o.TotalIncTax = bigcommerce.Money{} },
	} {
		r := mapping.Order(order(change), nil, shop(), connection.RecordState{})
		require.NotNil(t, r.Reject, path)
		assert.Equal(t, path, r.Reject.Path)
		assert.Empty(t, r.Records)
	}
}

func TestGrandTotalIsWhatWasBought(t *testing.T) {
	got := only[*ometria.Order](t, mapping.Order(order(func(o *bigcommerce.Order) {
		o.TotalIncTax, o.GiftCertificateAmount, o.StoreCreditAmount = money("84.0000"), money("20"), money("5")
		o.TotalExTax, o.ShippingCostExTax, o.HandlingCostExTax = money("70"), money("4"), money("1")
		o.SubtotalExTax, o.DiscountAmount, o.CouponDiscount = money("75"), money("5"), money("7")
		o.TotalTax = money("14.0000")
	}), nil, shop(), connection.RecordState{}))
	assert.Equal(t, "84", amountOf(t, got.GrandTotal))
	assert.Equal(t, "65", amountOf(t, got.Subtotal), "after discount, without tax and shipping")
	assert.Equal(t, "5", amountOf(t, got.Shipping))
	assert.Equal(t, "14", amountOf(t, got.Tax))
	assert.Equal(t, "12", amountOf(t, got.Discount))
	assert.True(t, got.GrandTotal.Equal(got.Subtotal.Add(got.Shipping.Decimal).Add(got.Tax.Decimal)), "nothing counted twice")
}

func TestOrderCustomer(t *testing.T) {
	prefixed := shop(func(c *mapping.Context) { c.Settings.IDPrefix = "uk:" })
	for name, c := range map[string]struct {
		id    int64
		email string
		want  *ometria.Customer
	}{
		"account":                  {4, "A@Example.com", &ometria.Customer{ID: "uk:4", Email: "a@example.com", FirstName: "Ann"}},
		"guest":                    {0, "a@example.com", &ometria.Customer{Email: "a@example.com", FirstName: "Ann"}},
		"account, unusable e-mail": {4, "none", &ometria.Customer{ID: "uk:4", FirstName: "Ann"}},
		"marketplace":              {0, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := only[*ometria.Order](t, mapping.Order(order(func(o *bigcommerce.Order) {
				o.CustomerID, o.BillingAddress.Email = c.id, c.email
			}), nil, prefixed, connection.RecordState{}))
			assert.Equal(t, c.want, got.Customer)
		})
	}
	contact := only[*ometria.Contact](t, mapping.Customer(bigcommerce.Customer{ID: 4, Email: "a@example.com"}, prefixed, connection.RecordState{}))
	assert.Equal(t, "uk:4", contact.CustomerID, "what the order names")
}

// A line and the product it was bought of must name variant and options alike.
func TestLineAndProductAgree(t *testing.T) {
	for _, settings := range []connection.Settings{{}, {VariantID: connection.VariantRaw}, {IDPrefix: "uk:"}} {
		ctx := shop(func(c *mapping.Context) { c.Settings = settings })
		products := mapping.Product(product(func(p *bigcommerce.Product) {
			p.Variants = []bigcommerce.Variant{{ID: 9, OptionValues: []bigcommerce.OptionValue{
				{OptionDisplayName: "Größe", Label: "M+"}, {OptionDisplayName: "Colour", Label: "Navy / Blue"}}}}
		}), ctx, connection.RecordState{})
		valid(t, products.Records)
		require.Len(t, products.Records, 2)
		variant := products.Records[1].(*ometria.Product)
		sold := only[*ometria.Order](t, mapping.Order(order(withLine(bigcommerce.LineItem{ID: 1, ProductID: 500, VariantID: 9, Quantity: 1, PriceExTax: money("1"),
			ProductOptions: []bigcommerce.LineOption{
				{DisplayName: "Colour", DisplayValue: "Navy / Blue", Type: "Swatch"},
				{DisplayName: "Engraving", DisplayValue: "To Ann", Type: "Text field"},
				{DisplayName: "Note", DisplayValue: "To Ann", Type: "Multi-line text field"},
				{DisplayName: "Day", DisplayValue: "1", Type: "Date field"},
				{DisplayName: "Picture", DisplayValue: "1", Type: "File Upload"},
				{DisplayName: "Gift", DisplayValue: "Yes", Type: "Checkbox"},
				{DisplayName: "Größe", DisplayValue: "M+", Type: "Multiple choice"}}})), nil, ctx, connection.RecordState{}))
		line := sold.LineItems[0]
		assert.Equal(t, variant.ID, line.VariantID)
		assert.Equal(t, products.Records[0].Key().ID, line.ProductID)
		assert.Equal(t, variant.Attributes, line.VariantOptions)
	}
}

func TestBaseVariantIsNotNamed(t *testing.T) {
	for name, options := range map[string][]bigcommerce.LineOption{
		"no options": nil,
		"only text":  {{DisplayName: "Engraving", DisplayValue: "x", Type: "Text field"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := only[*ometria.Order](t, mapping.Order(order(withLine(bigcommerce.LineItem{ID: 1, ProductID: 77, VariantID: 78, Quantity: 1, ProductOptions: options})),
				nil, shop(), connection.RecordState{}))
			assert.Equal(t, "77", got.LineItems[0].ProductID)
			assert.Empty(t, got.LineItems[0].VariantID)
			assert.Empty(t, got.LineItems[0].VariantOptions)
			assert.Equal(t, "0", amountOf(t, got.LineItems[0].UnitPrice), "Ometria wants a price or a subtotal")
		})
	}
}

func TestRefunds(t *testing.T) {
	line := bigcommerce.LineItem{ID: 1, ProductID: 77, Quantity: 3, PriceExTax: money("10"), TotalIncTax: money("36")}
	refund := func(quantity int, requested string) bigcommerce.Refund {
		item := bigcommerce.RefundItem{ItemType: "PRODUCT", ItemID: 1, Quantity: bigcommerce.Int(quantity)}
		if requested != "" {
			item.RequestedAmount = money(requested)
		}
		return bigcommerce.Refund{OrderID: 100, Items: []bigcommerce.RefundItem{item}}
	}
	for name, c := range map[string]struct {
		refunds  []bigcommerce.Refund
		counted  int // the line's own quantity_refunded
		quantity int64
		amount   string
	}{
		"none":                      {nil, 0, 0, ""},
		"one":                       {[]bigcommerce.Refund{refund(1, "12")}, 1, 1, "12"},
		"two":                       {[]bigcommerce.Refund{refund(1, "12"), refund(2, "20")}, 3, 3, "32"},
		"without an amount":         {[]bigcommerce.Refund{refund(2, "")}, 2, 2, "24"},
		"only the line knows":       {nil, 1, 1, "12"},
		"the line knows of more":    {[]bigcommerce.Refund{refund(1, "5")}, 2, 2, "17"},
		"an amount and no quantity": {[]bigcommerce.Refund{refund(0, "4")}, 0, 0, "4"},
		"more than was bought":      {[]bigcommerce.Refund{refund(9, "")}, 0, 3, "36"},
		"more than was paid":        {[]bigcommerce.Refund{refund(1, "30"), refund(1, "30")}, 2, 2, "36"},
		"three, one by one":         {[]bigcommerce.Refund{refund(1, ""), refund(1, ""), refund(1, "")}, 3, 3, "36"},
	} {
		t.Run(name, func(t *testing.T) {
			l := line
			l.QuantityRefunded = bigcommerce.Int(c.counted)
			got := only[*ometria.Order](t, mapping.Order(order(withLine(l)), c.refunds, shop(), connection.RecordState{})).LineItems[0]
			assert.Equal(t, c.quantity, got.QuantityRefunded)
			if c.amount == "" {
				assert.Nil(t, got.Refunded)
				return
			}
			assert.Equal(t, c.amount, amountOf(t, got.Refunded))
		})
	}
}
