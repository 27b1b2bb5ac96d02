package mapping

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Product makes a product and each of its variants. The base variant of a
// simple product is the product itself and is not pushed. Variants pushed
// before that are gone now become inactive.
//
// Modifiers (Product Modifiers v3), such as an engraving or a gift wrap, make no
// variant and are no attribute: they are not read, and a line tells of them
// only in what it cost. Neither are descriptions, which Ometria has no place for.
func Product(p bigcommerce.Product, ctx Context, prev connection.RecordState) Result {
	title := trim(p.Name)
	switch {
	case p.ID <= 0:
		return reject(prev, "id", "the product has no id")
	case title == "":
		return reject(prev, "title", "the product has no name")
	case !p.Price.Valid:
		return reject(prev, "price", "the product has no price")
	case p.Price.IsNegative():
		return reject(prev, "price", "the product's price is negative")
	}
	page, notes := productURL(p, ctx.Store)
	price, sale := parentPrice(p)
	active := purchasable(p)
	attributes, more := catalogAttributes(p, ctx)
	notes = append(notes, more...)
	properties, fields, more := ctx.properties(connection.Products, customFields(p.CustomFields))
	notes = append(notes, more...)
	product := &ometria.Product{
		ID:           recordID(ctx.Settings, p.ID),
		Title:        title,
		SKU:          trim(p.SKU),
		Price:        amount(price),
		SpecialPrice: specialPrice(price, sale),
		URL:          page,
		ImageURL:     imageURL(p),
		IsActive:     &active,
		IsInStock:    productInStock(p),
		IsVariant:    new(false),
		Attributes:   attributes,
		Properties:   properties,
	}
	if ctx.Store.Domain != "" {
		product.Listings = []ometria.Listing{{
			Store: ctx.Store.Domain, Currency: currency(ctx.Store.Currency), Title: title,
			Price: product.Price, SpecialPrice: product.SpecialPrice, IsActive: &active,
			URL: product.URL, ImageURL: product.ImageURL,
		}}
	}
	result := Result{
		Records: []ometria.Record{product},
		State:   connection.RecordState{Exists: true},
		Notes:   notes,
		Fields:  fields,
	}
	for _, v := range realVariants(p) {
		record, notes := variant(v, p, product, ctx)
		result.Records = append(result.Records, record)
		result.Notes = append(result.Notes, notes...)
		result.State.Children = append(result.State.Children, v.ID)
	}
	for _, child := range prev.AllChildren() {
		if !slices.Contains(result.State.Children, child) {
			result.Records = append(result.Records, inactive(variantID(ctx.Settings, p.ID, child)))
		}
	}
	return trimmed(result)
}

// Size is how many Ometria records a product makes, for packing pushes.
// Variants that vanished come on top.
func Size(p bigcommerce.Product) int { return 1 + len(realVariants(p)) }

// realVariants are the variants that options make, by id, each once.
func realVariants(p bigcommerce.Product) []bigcommerce.Variant {
	var out []bigcommerce.Variant
	for _, v := range p.Variants {
		if v.ID > 0 && len(v.OptionValues) > 0 {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b bigcommerce.Variant) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(out, func(a, b bigcommerce.Variant) bool { return a.ID == b.ID })
}

func variant(v bigcommerce.Variant, p bigcommerce.Product, parent *ometria.Product, ctx Context) (*ometria.Product, []Note) {
	chosen := make([]option, 0, len(v.OptionValues))
	for _, value := range v.OptionValues {
		chosen = append(chosen, option{string(value.OptionDisplayName), string(value.Label)})
	}
	options, notes := attributes(chosen)
	if options == nil {
		options = []ometria.Attribute{}
	}
	price, sale := variantPrice(v, p)
	record := &ometria.Product{
		ID:           variantID(ctx.Settings, p.ID, v.ID),
		Title:        parent.Title,
		SKU:          trim(string(v.SKU)),
		Price:        amount(price),
		SpecialPrice: specialPrice(price, sale),
		URL:          parent.URL, // a variant has no page of its own
		ImageURL:     trim(string(v.ImageURL)),
		IsActive:     new(*parent.IsActive && !v.PurchasingDisabled),
		IsInStock:    parent.IsInStock,
		IsVariant:    new(true),
		Attributes:   options,
	}
	if record.ImageURL == "" {
		record.ImageURL = parent.ImageURL
	}
	if p.InventoryTracking == "variant" {
		record.IsInStock = new(v.InventoryLevel > 0)
	}
	if ctx.Settings.ParentID {
		record.ParentID = parent.ID
	}
	return record, notes
}

func inactive(id string) *ometria.Product {
	return &ometria.Product{ID: id, Merge: true, IsActive: new(false)}
}

// purchasable reports whether shoppers can buy the product: what is hidden,
// disabled or has its price hidden ("call for price") cannot be put into a cart
// (Products v3).
func purchasable(p bigcommerce.Product) bool {
	return p.IsVisible && p.Availability != "disabled" && !p.IsPriceHidden
}

// variantPrice is the variant's price and sale price; what is null it inherits
// from the product (Product Variants v3).
func variantPrice(v bigcommerce.Variant, p bigcommerce.Product) (price, sale bigcommerce.Money) {
	price, sale = v.Price, v.SalePrice
	if !price.Valid || price.IsNegative() {
		price = p.Price
	}
	if !sale.Valid {
		sale = p.SalePrice
	}
	return price, sale
}

// parentPrice is the product's price and sale price. A product priced 0 whose
// variants have prices of their own takes those of the cheapest that is for
// sale: Ometria recommends no product without a price. One that is free in all
// its variants stays free.
func parentPrice(p bigcommerce.Product) (price, sale bigcommerce.Money) {
	price, sale = p.Price, p.SalePrice
	if !price.IsZero() {
		return price, sale
	}
	for _, v := range realVariants(p) {
		own, reduced := variantPrice(v, p)
		if own.IsPositive() && !v.PurchasingDisabled && (price.IsZero() || own.LessThan(price.Decimal)) {
			price, sale = own, reduced
		}
	}
	return price, sale
}

// specialPrice is the sale price where there is one; 0 means unset (Products v3).
func specialPrice(price, sale bigcommerce.Money) *ometria.Amount {
	if !sale.Valid || !sale.IsPositive() || !sale.LessThan(price.Decimal) {
		return nil
	}
	return amount(sale)
}

// productInStock is nil where BigCommerce names a way of tracking nobody knows.
func productInStock(p bigcommerce.Product) *bool {
	switch p.InventoryTracking {
	case "none", "":
		return new(true)
	case "product":
		return new(p.InventoryLevel > 0)
	case "variant":
		// The product's own level is the sum of its variants', once counted.
		return new(p.InventoryLevel > 0 || slices.ContainsFunc(p.Variants, func(v bigcommerce.Variant) bool {
			return v.InventoryLevel > 0
		}))
	}
	return nil
}

// productURL joins the store's origin and the product's path. A product without
// a page of its own, or with an address too long to be one, gets the store's.
func productURL(p bigcommerce.Product, store connection.StoreInfo) (string, []Note) {
	origin := strings.TrimRight(store.SecureURL, "/")
	if origin == "" && store.Domain != "" {
		origin = "https://" + store.Domain
	}
	path := trim(p.CustomURL.URL)
	if path == "" {
		return origin + "/", []Note{{Code: NoteNoProductPage}}
	}
	parsed, err := url.Parse(path)
	if err != nil {
		parsed = &url.URL{Path: path} // a path with a stray % or colon
	}
	page := parsed.String()
	if !parsed.IsAbs() || parsed.Host == "" {
		page = origin + "/" + strings.TrimLeft(parsed.EscapedPath(), "/")
		if parsed.RawQuery != "" {
			page += "?" + parsed.RawQuery
		}
	}
	if len(page) > maxURL { // a part of it would lead elsewhere
		return origin + "/", []Note{{Code: NoteTrimmed, Key: "url"}}
	}
	return page, nil
}

// imageURL is the primary image's, or none.
func imageURL(p bigcommerce.Product) string {
	if p.PrimaryImage == nil {
		return ""
	}
	return p.PrimaryImage.URLStandard
}

// catalogAttributes are the product's brand, its categories and all that these
// lie in, by BigCommerce's ids, each once: a shoe of Shop > Men > Shoes is found
// under any of the three. Labels are the plain names. Names change, and
// Ometria's tag names a category by its id too.
func catalogAttributes(p bigcommerce.Product, ctx Context) ([]ometria.Attribute, []Note) {
	out := []ometria.Attribute{}
	var notes []Note
	if p.BrandID > 0 {
		if name := trim(ctx.Brands[p.BrandID]); name != "" {
			out = append(out, ometria.Attribute{Type: typeBrand, ID: recordID(ctx.Settings, p.BrandID), Label: name})
		} else {
			notes = append(notes, Note{Code: NoteUnknownBrand, Key: recordID(ctx.Settings, p.BrandID)})
		}
	}
	for _, id := range categoryPaths(p.Categories, ctx) {
		if name := trim(ctx.Categories[id].Name); name != "" {
			out = append(out, ometria.Attribute{Type: typeCategory, ID: recordID(ctx.Settings, id), Label: name})
		} else {
			notes = append(notes, Note{Code: NoteUnknownCategory, Key: recordID(ctx.Settings, id)})
		}
	}
	return out, notes
}

// maxCategoryDepth ends what is deeper than any store's tree: BigCommerce allows
// eight levels (Platform limits).
const maxCategoryDepth = 16

// categoryPaths are the categories and everything above them, each once: first
// the categories themselves, then what lies above, both by id.
func categoryPaths(categories []int64, ctx Context) []int64 {
	own := slices.Compact(slices.Sorted(slices.Values(categories)))
	var above []int64
	for _, id := range own {
		for range maxCategoryDepth { // a tree in a circle ends too
			id = ctx.Categories[id].ParentID
			if id <= 0 || slices.Contains(own, id) || slices.Contains(above, id) {
				break
			}
			above = append(above, id)
		}
	}
	slices.Sort(above)
	return append(own, above...)
}

// customFields are the merchant's own fields. Names may repeat: their values
// then make a list, each once, in the order of their ids.
func customFields(fields []bigcommerce.CustomField) []property {
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, func(a, b bigcommerce.CustomField) int { return cmp.Compare(a.ID, b.ID) })
	values := map[string][]string{}
	var names []string
	for _, f := range fields {
		name, value := trim(string(f.Name)), trim(string(f.Value))
		if value == "" || slices.Contains(values[name], value) {
			continue
		}
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], value)
	}
	out := make([]property, 0, len(names))
	for _, name := range names {
		var value any = values[name][0]
		if len(values[name]) > 1 {
			value = values[name]
		}
		out = append(out, property{fieldID(connection.CustomField, name), value})
	}
	return out
}
