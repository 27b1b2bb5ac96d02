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
		"price hidden":                  {func(p *bigcommerce.Product) { p.IsPriceHidden = true }, false, new(true), false, new(true)},
		"preorder, tracked":             {func(p *bigcommerce.Product) { p.Availability, p.InventoryTracking = "preorder", "product" }, true, new(false), true, new(false)},
		"oversold":                      {func(p *bigcommerce.Product) { p.InventoryTracking, p.InventoryLevel = "product", -2 }, true, new(false), true, new(false)},
		"by variant, none left":         {func(p *bigcommerce.Product) { p.InventoryTracking = "variant" }, true, new(false), true, new(false)},
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
		"free, on sale at 0":  {money("0"), money("0"), money("0"), none, "0", "", "0", ""},
		"only variants cost":  {money("0"), money("0"), money("12"), none, "12", "", "12", ""},
		"only variants, sale": {money("0"), none, money("12"), money("9"), "12", "9", "12", "9"},
		"sale is inherited":   {money("0"), money("9"), money("12"), none, "12", "9", "12", "9"},
		"four decimals":       {money("10.1250"), money("1e1"), none, none, "10.125", "10", "10.125", "10"},
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

// The cheapest variant that is for sale gives a product priced 0 its price.
func TestPriceOfTheCheapestVariant(t *testing.T) {
	priced := func(id int64, price string, disabled bool) bigcommerce.Variant {
		v := sized(id, price)
		v.Price, v.PurchasingDisabled = money(price), disabled
		return v
	}
	for name, c := range map[string]struct {
		variants []bigcommerce.Variant
		want     string
	}{
		"cheapest":                        {[]bigcommerce.Variant{priced(1, "14", false), priced(2, "12.50", false), priced(3, "13", false)}, "12.5"},
		"one of them free":                {[]bigcommerce.Variant{priced(1, "0", false), priced(2, "12", false)}, "12"},
		"the cheapest not for sale":       {[]bigcommerce.Variant{priced(1, "3", true), priced(2, "12", false)}, "12"},
		"all free":                        {[]bigcommerce.Variant{priced(1, "0", false)}, "0"},
		"none for sale":                   {[]bigcommerce.Variant{priced(1, "3", true)}, "0"},
		"a base variant is no price list": {[]bigcommerce.Variant{{ID: 9, Price: money("5")}}, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			r := mapping.Product(product(func(p *bigcommerce.Product) { p.Price, p.Variants = money("0"), c.variants }), shop(), connection.RecordState{})
			valid(t, r.Records)
			parent := r.Records[0].(*ometria.Product)
			assert.Equal(t, c.want, amountOf(t, parent.Price))
			assert.Equal(t, parent.Price, parent.Listings[0].Price)
		})
	}
}

// Every category of the path is an attribute, once, however the tree looks.
func TestCategoryPath(t *testing.T) {
	chain := map[int64]mapping.Category{}
	for id := range int64(100) {
		chain[id+1] = mapping.Category{ID: id + 1, ParentID: id, Name: "c"}
	}
	for name, c := range map[string]struct {
		categories []int64
		tree       map[int64]mapping.Category
		want       []string
		unknown    []string
	}{
		"shoes of men of the shop": {[]int64{32}, shop().Categories, []string{"32", "30", "31"}, nil},
		"told with a part of it":   {[]int64{30, 32}, shop().Categories, []string{"30", "32", "31"}, nil},
		"two under one":            {[]int64{3, 2}, map[int64]mapping.Category{1: {ID: 1, Name: "a"}, 2: {ID: 2, ParentID: 1, Name: "b"}, 3: {ID: 3, ParentID: 1, Name: "c"}}, []string{"2", "3", "1"}, nil},
		"in a circle":              {[]int64{1}, map[int64]mapping.Category{1: {ID: 1, ParentID: 2, Name: "a"}, 2: {ID: 2, ParentID: 1, Name: "b"}}, []string{"1", "2"}, nil},
		"its own parent":           {[]int64{1}, map[int64]mapping.Category{1: {ID: 1, ParentID: 1, Name: "a"}}, []string{"1"}, nil},
		"parent unknown":           {[]int64{1}, map[int64]mapping.Category{1: {ID: 1, ParentID: 5, Name: "a"}}, []string{"1"}, []string{"5"}},
		"itself unknown":           {[]int64{6}, map[int64]mapping.Category{}, nil, []string{"6"}},
		"none":                     {nil, shop().Categories, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := shop(func(x *mapping.Context) { x.Categories = c.tree })
			r := mapping.Product(product(func(p *bigcommerce.Product) { p.Categories = c.categories }), ctx, connection.RecordState{})
			var ids, unknown []string
			for _, a := range only[*ometria.Product](t, r).Attributes {
				assert.Equal(t, "category", a.Type)
				ids = append(ids, a.ID)
			}
			for _, n := range r.Notes {
				assert.Equal(t, mapping.NoteUnknownCategory, n.Code)
				unknown = append(unknown, n.Key)
			}
			assert.Equal(t, c.want, ids)
			assert.Equal(t, c.unknown, unknown)
		})
	}
	deep := mapping.Product(product(func(p *bigcommerce.Product) { p.Categories = []int64{100} }),
		shop(func(x *mapping.Context) { x.Categories = chain }), connection.RecordState{})
	assert.Len(t, only[*ometria.Product](t, deep).Attributes, 17, "deeper than any tree ends")

	item := product(func(p *bigcommerce.Product) { p.Categories = []int64{32} })
	print := func(change func(map[int64]mapping.Category)) []byte {
		return mapping.Fingerprint([]byte("key"), "account", shop(func(x *mapping.Context) { change(x.Categories) }), item)
	}
	before := print(func(map[int64]mapping.Category) {})
	assert.NotEqual(t, before, print(func(tree map[int64]mapping.Category) { tree[30] = mapping.Category{ID: 30, Name: "Store"} }), "a name above it changed")
	assert.NotEqual(t, before, print(func(tree map[int64]mapping.Category) {
		tree[32] = mapping.Category{ID: 32, ParentID: 30, Name: "Shoes"}
	}), "it moved")
}

func TestImages(t *testing.T) {
	for name, c := range map[string]struct {
		primary *bigcommerce.Image
		own     string
		want    string
		variant string
	}{
		"none":              {nil, "", "", ""},
		"no address":        {&bigcommerce.Image{}, "", "", ""},
		"primary":           {&bigcommerce.Image{URLStandard: "p"}, "", "p", "p"},
		"the variant's own": {&bigcommerce.Image{URLStandard: "p"}, "v", "p", "v"},
	} {
		t.Run(name, func(t *testing.T) {
			r := mapping.Product(product(func(p *bigcommerce.Product) {
				v := sized(1, "S")
				v.ImageURL = bigcommerce.Text(c.own)
				p.PrimaryImage, p.Variants = c.primary, []bigcommerce.Variant{v}
			}), shop(), connection.RecordState{})
			valid(t, r.Records)
			assert.Equal(t, c.want, r.Records[0].(*ometria.Product).ImageURL)
			assert.Equal(t, c.want, r.Records[0].(*ometria.Product).Listings[0].ImageURL)
			assert.Equal(t, c.variant, r.Records[1].(*ometria.Product).ImageURL)
		})
	}
}

func TestParentIDSetting(t *testing.T) {
	for _, send := range []bool{false, true} {
		ctx := shop(func(c *mapping.Context) { c.Settings = connection.Settings{ParentID: send, IDPrefix: "uk:"} })
		r := mapping.Product(product(func(p *bigcommerce.Product) { p.Variants = []bigcommerce.Variant{sized(1, "S")} }), ctx, connection.RecordState{})
		valid(t, r.Records)
		assert.Empty(t, r.Records[0].(*ometria.Product).ParentID)
		want := ""
		if send {
			want = "uk:500"
		}
		assert.Equal(t, want, r.Records[1].(*ometria.Product).ParentID)
	}
}

// An option means the same on every product, its own or a shared one; modifiers
// are no attributes.
func TestOptionsAcrossProducts(t *testing.T) {
	of := func(id, option int64, modifiers ...bigcommerce.Option) []ometria.Attribute {
		r := mapping.Product(product(func(p *bigcommerce.Product) {
			p.ID, p.Modifiers = id, modifiers
			p.Variants = []bigcommerce.Variant{{ID: id + 1, OptionValues: []bigcommerce.OptionValue{{ID: option * 10, OptionID: option, OptionDisplayName: " Size", Label: "M"}}}}
		}), shop(), connection.RecordState{})
		valid(t, r.Records)
		assert.Empty(t, r.Records[0].(*ometria.Product).Attributes)
		return r.Records[1].(*ometria.Product).Attributes
	}
	own := of(500, 7)
	assert.Equal(t, []ometria.Attribute{{Type: "size", ID: "m", Label: "M"}}, own)
	assert.Equal(t, own, of(600, 91, bigcommerce.Option{ID: 8, DisplayName: "Engraving", Type: "text"}))
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
