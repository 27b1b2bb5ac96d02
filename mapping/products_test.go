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

func product(change ...func(*bigcommerce.Product)) bigcommerce.Product {
	p := bigcommerce.Product{ID: 500, Name: "Deck shoe", Price: money("60"), IsVisible: true, Availability: "available",
		InventoryTracking: "none", CustomURL: bigcommerce.CustomURL{URL: "/deck-shoe/"}}
	for _, c := range change {
		c(&p)
	}
	return p
}

func sized(id int64, label string) bigcommerce.Variant {
	return bigcommerce.Variant{ID: id, OptionValues: []bigcommerce.OptionValue{{OptionDisplayName: "Size", Label: bigcommerce.Text(label)}}}
}

func TestWhatAProductMustHave(t *testing.T) {
	for path, change := range map[string]func(*bigcommerce.Product){
		"id":    func(p *bigcommerce.Product) { p.ID = 0 },
		"title": func(p *bigcommerce.Product) { p.Name = " " },
		"price": func(p *bigcommerce.Product) { p.Price = money("-1") },
	} {
		prev := connection.RecordState{Exists: true, Children: []int64{1}}
		r := mapping.Product(product(change), shop(), prev)
		require.NotNil(t, r.Reject, path)
		assert.Equal(t, path, r.Reject.Path)
		assert.Equal(t, prev, r.State, "what was pushed is not forgotten")
	}
	r := mapping.Product(product(func(p *bigcommerce.Product) { p.Price = bigcommerce.Money{} }), shop(), connection.RecordState{})
	assert.Equal(t, "price", r.Reject.Path)
}

func TestActiveAndStock(t *testing.T) {
	for name, c := range map[string]struct {
		change         func(*bigcommerce.Product)
		active         bool
		stock          *bool
		variantActive  bool
		variantInStock *bool
	}{
		"plain":                         {func(p *bigcommerce.Product) {}, true, new(true), true, new(true)},
		"hidden":                        {func(p *bigcommerce.Product) { p.IsVisible = false }, false, new(true), false, new(true)},
		"disabled":                      {func(p *bigcommerce.Product) { p.Availability = "disabled" }, false, new(true), false, new(true)},
		"preorder":                      {func(p *bigcommerce.Product) { p.Availability = "preorder" }, true, new(true), true, new(true)},
		"sold out":                      {func(p *bigcommerce.Product) { p.InventoryTracking = "product" }, true, new(false), true, new(false)},
		"by product":                    {func(p *bigcommerce.Product) { p.InventoryTracking, p.InventoryLevel = "product", 1 }, true, new(true), true, new(true)},
		"by variant":                    {func(p *bigcommerce.Product) { p.InventoryTracking, p.Variants[1].InventoryLevel = "variant", 2 }, true, new(true), true, new(false)},
		"tracked in a way nobody knows": {func(p *bigcommerce.Product) { p.InventoryTracking = "moon" }, true, nil, true, nil},
		"variant not for sale":          {func(p *bigcommerce.Product) { p.Variants[0].PurchasingDisabled = true }, true, new(true), false, new(true)},
	} {
		t.Run(name, func(t *testing.T) {
			p := product(func(p *bigcommerce.Product) { p.Variants = []bigcommerce.Variant{sized(1, "S"), sized(2, "M")} }, c.change)
			r := mapping.Product(p, shop(), connection.RecordState{})
			valid(t, r.Records)
			require.Len(t, r.Records, 3)
			parent, first := r.Records[0].(*ometria.Product), r.Records[1].(*ometria.Product)
			assert.Equal(t, c.active, *parent.IsActive)
			assert.Equal(t, c.stock, parent.IsInStock)
			assert.Equal(t, c.active, *parent.Listings[0].IsActive)
			assert.Equal(t, c.variantActive, *first.IsActive)
			assert.Equal(t, c.variantInStock, first.IsInStock)
		})
	}
}

func TestPrices(t *testing.T) {
	none := bigcommerce.Money{}
	for name, c := range map[string]struct {
		price, sale, variantPrice, variantSale bigcommerce.Money
		want, special, wantVariant, variant    string
	}{
		"no sale":             {money("60"), money("0"), none, none, "60", "", "60", ""},
		"sale":                {money("60"), money("45.50"), none, none, "60", "45.5", "60", "45.5"},
		"sale above price":    {money("60"), money("70"), none, none, "60", "", "60", ""},
		"variant's own":       {money("60"), money("0"), money("65"), money("50"), "60", "", "65", "50"},
		"variant not on sale": {money("60"), money("45"), money("65"), money("0"), "60", "45", "65", ""},
		"free":                {money("0"), none, none, none, "0", "", "0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := mapping.Product(product(func(p *bigcommerce.Product) {
				v := sized(1, "S")
				v.Price, v.SalePrice = c.variantPrice, c.variantSale
				p.Price, p.SalePrice, p.Variants = c.price, c.sale, []bigcommerce.Variant{v}
			}), shop(), connection.RecordState{})
			valid(t, r.Records)
			for i, want := range [][2]string{{c.want, c.special}, {c.wantVariant, c.variant}} {
				got := r.Records[i].(*ometria.Product)
				assert.Equal(t, want[0], amountOf(t, got.Price))
				if want[1] == "" {
					assert.Nil(t, got.SpecialPrice)
				} else {
					assert.Equal(t, want[1], amountOf(t, got.SpecialPrice))
				}
			}
		})
	}
}

func TestProductURL(t *testing.T) {
	for _, c := range []struct{ origin, path, want string }{
		{"https://shop.test", "/a/b/", "https://shop.test/a/b/"},
		{"https://shop.test/", "a b", "https://shop.test/a%20b"},
		{"https://shop.test", "/a%20b/?x=1", "https://shop.test/a%20b/?x=1"},
		{"https://shop.test", "/100%-wool/", "https://shop.test/100%25-wool/"},
		{"https://shop.test", "/größe/", "https://shop.test/gr%C3%B6%C3%9Fe/"},
		{"https://shop.test", "https://other.test/x/", "https://other.test/x/"},
		{"https://shop.test", "", "https://shop.test/"},
		{"", "/a/", "https://tideandtwine.test/a/"},
	} {
		ctx := shop(func(x *mapping.Context) { x.Store.SecureURL = c.origin })
		r := mapping.Product(product(func(p *bigcommerce.Product) { p.CustomURL.URL = c.path }), ctx, connection.RecordState{})
		assert.Equal(t, c.want, only[*ometria.Product](t, r).URL)
		assert.Equal(t, c.path == "", len(r.Notes) == 1 && r.Notes[0].Code == mapping.NoteNoProductPage)
	}
}

func TestVariants(t *testing.T) {
	base := bigcommerce.Variant{ID: 9}
	for name, c := range map[string]struct {
		settings connection.Settings
		variants []bigcommerce.Variant
		prev     []int64
		active   []string
		inactive []string
		children []int64
	}{
		"simple":                {connection.Settings{}, []bigcommerce.Variant{base}, nil, nil, nil, nil},
		"two":                   {connection.Settings{}, []bigcommerce.Variant{sized(12, "M"), sized(11, "S")}, nil, []string{"500-11", "500-12"}, nil, []int64{11, 12}},
		"one vanished":          {connection.Settings{}, []bigcommerce.Variant{sized(12, "M")}, []int64{11, 12}, []string{"500-12"}, []string{"500-11"}, []int64{12}},
		"became simple":         {connection.Settings{}, []bigcommerce.Variant{base}, []int64{11}, nil, []string{"500-11"}, nil},
		"raw":                   {connection.Settings{VariantID: "raw"}, []bigcommerce.Variant{sized(12, "M")}, []int64{11}, []string{"12"}, []string{"11"}, []int64{12}},
		"raw, its product's id": {connection.Settings{VariantID: "raw"}, []bigcommerce.Variant{sized(500, "M")}, nil, []string{"500-500"}, nil, []int64{500}},
		"prefix":                {connection.Settings{IDPrefix: "uk:"}, []bigcommerce.Variant{sized(12, "M")}, []int64{11}, []string{"uk:500-12"}, []string{"uk:500-11"}, []int64{12}},
		"told twice":            {connection.Settings{}, []bigcommerce.Variant{sized(12, "M"), sized(12, "M")}, nil, []string{"500-12"}, nil, []int64{12}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := shop(func(x *mapping.Context) { x.Settings = c.settings })
			p := product(func(p *bigcommerce.Product) { p.Variants = c.variants })
			r := mapping.Product(p, ctx, connection.RecordState{Exists: true, Children: c.prev})
			valid(t, r.Records)
			var active, inactive []string
			for _, record := range r.Records[1:] {
				v := record.(*ometria.Product)
				if v.Merge {
					assert.False(t, *v.IsActive)
					inactive = append(inactive, v.ID)
					continue
				}
				assert.True(t, *v.IsVariant)
				assert.Empty(t, v.Listings)
				assert.Empty(t, v.ParentID)
				active = append(active, v.ID)
			}
			assert.Equal(t, c.active, active)
			assert.Equal(t, c.inactive, inactive)
			assert.Equal(t, c.children, r.State.Children)
			assert.Equal(t, 1+len(active), mapping.Size(p))
		})
	}
}

func TestGone(t *testing.T) {
	pushed := connection.RecordState{Exists: true, Children: []int64{11}, ConsentSeen: connection.ConsentYes}
	ctx := shop()
	for _, entity := range connection.Entities() {
		r := mapping.Gone(entity, 500, ctx, connection.RecordState{ConsentSeen: connection.ConsentYes})
		assert.Empty(t, r.Records, "never pushed: %s", entity)
		r = mapping.Gone(entity, 500, ctx, pushed)
		valid(t, r.Records)
		keys := []string{}
		for _, record := range r.Records {
			keys = append(keys, record.Key().String())
		}
		assert.Equal(t, map[connection.Entity][]string{
			connection.Products: {"product/500", "product/500-11"}, connection.Customers: {},
			connection.Subscribers: {"contact/subscribers/500"}, connection.Orders: {"order/500"},
		}[entity], keys)
	}
	assert.Empty(t, mapping.Gone("baskets", 1, ctx, pushed).Records)
}
