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
	active := p.IsVisible && p.Availability != "disabled"
	attributes, more := catalogAttributes(p, ctx)
	notes = append(notes, more...)
	properties, fields, more := ctx.properties(connection.Products, customFields(p.CustomFields))
	notes = append(notes, more...)
	product := &ometria.Product{
		ID:           recordID(ctx.Settings, p.ID),
		Title:        title,
		SKU:          trim(p.SKU),
		Price:        amount(p.Price),
		SpecialPrice: specialPrice(p.Price, p.SalePrice),
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
	for _, child := range prev.Children {
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
	price, sale := v.Price, v.SalePrice
	if !price.Valid || price.IsNegative() {
		price = p.Price // null inherits
	}
	if !sale.Valid {
		sale = p.SalePrice
	}
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

// imageURL is the primary image's, or else that of the first image.
func imageURL(p bigcommerce.Product) string {
	if p.PrimaryImage != nil && p.PrimaryImage.URLStandard != "" {
		return p.PrimaryImage.URLStandard
	}
	var best *bigcommerce.Image
	for i := range p.Images {
		image := &p.Images[i]
		switch {
		case image.URLStandard == "":
		case best == nil || image.IsThumbnail && !best.IsThumbnail,
			image.IsThumbnail == best.IsThumbnail && image.SortOrder < best.SortOrder:
			best = image
		}
	}
	if best == nil {
		return ""
	}
	return best.URLStandard
}

// catalogAttributes are the product's brand and categories, by BigCommerce's
// ids: names change, and Ometria's tag names a category by its id too.
func catalogAttributes(p bigcommerce.Product, ctx Context) ([]ometria.Attribute, []Note) {
	out := []ometria.Attribute{}
	var notes []Note
	if p.BrandID > 0 {
		if name := trim(ctx.Brands[p.BrandID]); name != "" {
			out = append(out, ometria.Attribute{Type: "brand", ID: recordID(ctx.Settings, p.BrandID), Label: name})
		} else {
			notes = append(notes, Note{Code: NoteUnknownBrand, Key: recordID(ctx.Settings, p.BrandID)})
		}
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(p.Categories))) {
		if name := trim(ctx.Categories[id].Name); name != "" {
			out = append(out, ometria.Attribute{Type: "category", ID: recordID(ctx.Settings, id), Label: name})
		} else {
			notes = append(notes, Note{Code: NoteUnknownCategory, Key: recordID(ctx.Settings, id)})
		}
	}
	return out, notes
}

// customFields are the merchant's own fields; the values of a repeated name are
// joined in the order of their ids.
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
		out = append(out, property{fieldID(connection.CustomField, name), strings.Join(values[name], ", ")})
	}
	return out
}
