package bigcommercesim

import (
	"fmt"
	"strings"
)

// plan is what a seeded product is made of; it costs no more than a hash, so
// that variant ids can be counted without making the products.
type plan struct {
	digital        bool
	sizes, colours int // shared options; 0 for none
	lengths        int // an option of this product alone
}

func (p plan) variants() int { return max(1, p.sizes) * max(1, p.colours) * max(1, p.lengths) }

func (p plan) hasOptions() bool { return p.sizes+p.colours+p.lengths > 0 }

func (g *generator) plan(id int64) plan {
	h := mix(uint64(g.options.Seed), productSalt, uint64(id), 9)
	chance, h := h%100, h/100
	switch {
	case chance < 5:
		return plan{digital: true}
	case chance < 45:
		return plan{}
	case chance < 75:
		return plan{sizes: 2 + int(h%4), colours: 1 + int(h/4%4)}
	case chance < 85:
		return plan{sizes: 2 + int(h%4)}
	default:
		return plan{lengths: 2 + int(h%3)}
	}
}

// Shared options keep their ids in every product.
const (
	sizeOption, colourOption = 5, 6
	sizeValue, colourValue   = 50, 60
)

var (
	sizeLabels   = []string{"XS", "S", "M", "L", "XL"}
	colourLabels = []string{"Red", "Navy Blue", "Black", "Off-White"}
	colourCodes  = []string{"#c1121f", "#14213d", "#000000", "#faf9f6"}
	lengthLabels = []string{"30 cm", "60 cm", "1 m", "2 m"}
	goods        = []string{"Hat", "Scarf", "Jacket", "Mug", "Lamp", "Chair", "Towel", "Jar", "Candle", "Bag"}
	materials    = []string{"Linen", "Wool", "Oak", "Steel", "Glass", "Cotton"}
)

// shared returns the seeded product from a bounded cache; orders are made of it.
func (g *generator) shared(id int64) *product {
	g.cacheLock.Lock()
	p := g.cache[id]
	g.cacheLock.Unlock()
	if p != nil {
		return p
	}
	p = g.product(id)
	g.cacheLock.Lock()
	defer g.cacheLock.Unlock()
	if len(g.cache) >= cachedProducts {
		for old := range g.cache { // any one will do
			delete(g.cache, old)
			break
		}
	}
	g.cache[id] = p
	return p
}

func (g *generator) product(id int64) *product {
	f := g.fake(productSalt, id)
	what := g.plan(id)
	price := int64(500 + f.Rand.IntN(20_000))
	name := fmt.Sprintf("%s %s %s %d", title(f.AdjectiveDescriptive()), pick(f, materials), pick(f, goods), id)
	slug := strings.ReplaceAll(strings.ToLower(name), " ", "-")
	p := &product{
		ID: id, Name: name, Type: "physical", SKU: fmt.Sprintf("SKU-%d", id),
		Description: new(fmt.Sprintf("<p>A <b>%s</b> thing made of %s.</p>", f.AdjectiveDescriptive(), strings.ToLower(pick(f, materials)))),
		Weight:      float64(1 + f.Rand.IntN(20)), Width: 10, Depth: 10, Height: 10,
		Price: cents(price), CostPrice: cents(price / 2), CalculatedPrice: cents(price),
		Categories: g.someCategories(f), BrandID: firstBrand + f.Rand.Int64N(g.brandLine.count),
		OptionSetDisplay: "right", InventoryTracking: "none", IsVisible: true, RelatedProducts: []int64{-1},
		LayoutFile: "product.html", Availability: "available", GiftWrappingOptionsType: "any",
		GiftWrappingOptionsList: []int64{}, Condition: "New", MetaKeywords: []string{},
		DateCreated: plusZero(g.productLine.created(id)), DateModified: plusZero(g.productLine.modified(id)),
		CustomURL: customURL{URL: "/" + slug + "/"}, OpenGraphType: "product",
		OpenGraphUseMetaDescription: true, OpenGraphUseProductName: true, OpenGraphUseImage: true,
		TotalSold: int64(f.Rand.IntN(200)), ViewCount: int64(f.Rand.IntN(2000)), Channels: []int64{1},
		Options: []option{}, Modifiers: []modifier{}, CustomFields: []customField{},
	}
	if what.digital {
		p.Type, p.Weight = "digital", 0
	}
	if f.one(25) {
		p.SalePrice = cents(price * 8 / 10)
		p.CalculatedPrice = p.SalePrice
		p.RetailPrice = cents(price * 11 / 10)
	}
	p.stock(f, what)
	switch {
	case f.one(6):
		p.IsVisible = false
	case f.one(3):
		p.Availability, p.AvailabilityDescription = "disabled", "Discontinued"
	case f.one(3):
		p.IsPriceHidden, p.PriceHiddenLabel = true, "Ask us"
	case f.one(3):
		at := plusZero(g.start + 30*86_400)
		p.Availability, p.PreorderReleaseDate, p.PreorderMessage = "preorder", &at, "Ships next month"
	}
	p.CustomFields = customFieldsOf(f, id)
	p.Images = g.images(f, p, slug)
	p.primary()
	if f.one(10) {
		p.Modifiers = append(p.Modifiers, modifier{
			ID: id*10 + 9, ProductID: id, Name: "Engraving", DisplayName: "Engraving", Type: "text", OptionValues: []optionValue{},
		})
	}
	g.vary(f, p, what)
	return p
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (g *generator) someCategories(f fake) []int64 {
	a := firstCategory + f.Rand.Int64N(g.categoryLine.count)
	b := firstCategory + f.Rand.Int64N(g.categoryLine.count)
	if a == b {
		return []int64{a}
	}
	return []int64{a, b}
}

func (p *product) stock(f fake, what plan) {
	if what.digital || f.one(30) {
		return
	}
	p.InventoryTracking = "product"
	if what.hasOptions() {
		p.InventoryTracking = "variant"
	}
	p.InventoryLevel = int64(f.Rand.IntN(50))
	if f.one(15) {
		p.InventoryLevel = 0
	}
}

func customFieldsOf(f fake, id int64) []customField {
	fields := []customField{}
	for n, field := range []struct {
		percent int
		name    string
		value   string
	}{
		{50, "fancy hats", pick(f, []string{"Yes", "No", "Feathered", "Très chic"})},
		{40, "Material", pick(f, materials)},
		{30, "ISBN", fmt.Sprintf("978%010d", f.Rand.Int64N(10_000_000_000))},
		{20, "Country of origin", pick(f, []string{"Portugal", "Japan", "Scotland"})},
		{5, "Material", "Recycled " + pick(f, materials)}, // a name may repeat
	} {
		if f.one(field.percent) {
			fields = append(fields, customField{id*10 + int64(n), field.name, field.value})
		}
	}
	return fields
}

func (g *generator) images(f fake, p *product, slug string) []image {
	images := []image{}
	for n := range 1 + f.Rand.IntN(2) {
		file := fmt.Sprintf("a/%d/%s__%d.jpg", p.ID%1000, slug, n)
		base := fmt.Sprintf("https://cdn11.bigcommerce.com/s-%s/products/%d/images/%d/%s__%d", g.options.StoreHash, p.ID, p.ID*10+int64(n), slug, n)
		images = append(images, image{
			ID: p.ID*10 + int64(n), ProductID: p.ID, IsThumbnail: n == 0, SortOrder: int64(n), ImageFile: file,
			URLZoom: base + ".1280.1280.jpg", URLStandard: base + ".386.513.jpg",
			URLThumbnail: base + ".220.290.jpg", URLTiny: base + ".44.58.jpg", DateModified: p.DateCreated,
		})
	}
	return images
}

// primary points at the thumbnail, or at nothing.
func (p *product) primary() {
	p.PrimaryImage = nil
	for n := range p.Images {
		if p.Images[n].IsThumbnail {
			p.PrimaryImage = &p.Images[n]
			return
		}
	}
}

// vary gives the product its options and the variants that they make; a simple
// product has one base variant without option values.
func (g *generator) vary(f fake, p *product, what plan) {
	next := g.variantID(p.ID)
	if !what.hasOptions() {
		p.BaseVariantID = &next
		p.Variants = []variant{{
			ID: next, ProductID: p.ID, SKU: p.SKU, CalculatedPrice: p.CalculatedPrice, CalculatedWeight: p.Weight,
			InventoryLevel: p.InventoryLevel, OptionValues: []variantPick{},
		}}
		return
	}
	if what.sizes > 0 {
		p.Options = append(p.Options, sharedOption(p.ID, "Size", "rectangles", sizeOption, sizeValue, sizeLabels[:what.sizes], nil))
	}
	if what.colours > 0 {
		p.Options = append(p.Options, sharedOption(p.ID, "Colour", "swatch", colourOption, colourValue, colourLabels[:what.colours], colourCodes))
	}
	if what.lengths > 0 {
		p.Options = append(p.Options, sharedOption(p.ID, "Cord length", "dropdown", 1000+p.ID*10, 100_000+p.ID*10, lengthLabels[:what.lengths], nil))
	}
	picks := [][]variantPick{nil}
	for _, o := range p.Options {
		var longer [][]variantPick
		for _, before := range picks {
			for _, v := range o.OptionValues {
				longer = append(longer, append(before[:len(before):len(before)], variantPick{v.ID, v.Label, o.ID, o.DisplayName}))
			}
		}
		picks = longer
	}
	for n, values := range picks {
		v := variant{
			ID: next + int64(n), ProductID: p.ID, SKU: fmt.Sprintf("%s-%d", p.SKU, n+1), OptionValues: values,
			CalculatedPrice: p.CalculatedPrice, CalculatedWeight: p.Weight, InventoryLevel: int64(f.Rand.IntN(20)),
		}
		skuID := v.ID + 5000
		v.SKUID = &skuID
		if f.one(20) { // a price of its own
			price := cents(int64(700 + f.Rand.IntN(20_000)))
			v.Price, v.CalculatedPrice = &price, price
		}
		if f.one(10) {
			v.InventoryLevel = 0
		}
		if f.one(4) {
			v.PurchasingDisabled, v.PurchasingDisabledMessage = true, "Sold out for good"
		}
		p.Variants = append(p.Variants, v)
	}
	if p.InventoryTracking == "variant" {
		p.InventoryLevel = 0
		for _, v := range p.Variants {
			p.InventoryLevel += v.InventoryLevel
		}
	}
}

func sharedOption(productID int64, name, kind string, id, value int64, labels, colours []string) option {
	o := option{
		ID: id, ProductID: productID, Name: fmt.Sprintf("%s-%d", name, id), DisplayName: name, Type: kind,
		SortOrder: 1, OptionValues: []optionValue{},
	}
	for n, label := range labels {
		v := optionValue{ID: value + int64(n), Label: label, SortOrder: int64(n)}
		if colours != nil {
			v.ValueData = map[string]any{"colors": []string{colours[n]}}
		}
		o.OptionValues = append(o.OptionValues, v)
	}
	return o
}

// variantID is the first variant id of a product. Those made later take ids
// past all seeded ones.
func (g *generator) variantID(productID int64) int64 {
	if n := productID - firstProduct; n >= 0 && n < g.productLine.count {
		return int64(g.firstVariant[n])
	}
	return 0 // given by create
}

var brandStems = []string{"Sagaform", "Common Good", "Fog Linen Work", "Barr-Co.", "Thames & Hudson", "Able Brewing", "Chemex", "Kinfolk"}

func (g *generator) brand(id int64) *brand {
	f := g.fake(brandSalt, id)
	name := fmt.Sprintf("%s %d", pick(f, brandStems), id)
	return &brand{
		ID: id, Name: name, MetaKeywords: []string{},
		CustomURL: customURL{URL: "/brands/" + strings.ReplaceAll(name, " ", "-") + ".html"},
	}
}

// categoryNames are the tree: a child stands below the last name of fewer
// slashes.
var categoryNames = []string{
	"Shop All", "Clothing", "Clothing/Hats", "Clothing/Hats/Fancy Hats", "Clothing/Scarves & Shawls", "Home",
	"Home/Kitchen", "Home/Bath", "Garden", "Publications", "Gifts", "Sale",
}

func (g *generator) category(id int64) *category {
	path := categoryNames[id-firstCategory]
	c := &category{
		CategoryID: id, TreeID: 1, IsVisible: path != "Sale", MetaKeywords: []string{}, LayoutFile: "category.html",
		CategoryUUID: g.fake(99, id).uuid(), Name: path, SortOrder: id - firstCategory, DefaultProductSort: "use_store_settings",
	}
	c.URL.Path = "/" + strings.ToLower(strings.NewReplacer(" & ", "-", " ", "-").Replace(path)) + "/"
	if cut := strings.LastIndex(path, "/"); cut >= 0 {
		c.Name = path[cut+1:]
		for n, name := range categoryNames {
			if name == path[:cut] {
				c.ParentID = firstCategory + int64(n)
			}
		}
	}
	return c
}
