package bigcommerce

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// ProductsService reads the catalog's products.
type ProductsService struct{ service }

// Product of the catalog (products_catalog.v3). Prices are in the store's
// default currency, with tax or without as StoreInformation says. Descriptions,
// most of a product's bytes, are not asked for.
type Product struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	// Type is physical or digital.
	Type      string `json:"type"`
	SKU       string `json:"sku"`
	Price     Money  `json:"price"`
	CostPrice Money  `json:"cost_price"`
	// RetailPrice, SalePrice and MapPrice are 0 when unset.
	RetailPrice Money `json:"retail_price"`
	SalePrice   Money `json:"sale_price"`
	MapPrice    Money `json:"map_price"`
	// CalculatedPrice is SalePrice if set, else Price, and may be moved by
	// group or channel pricing.
	CalculatedPrice Money   `json:"calculated_price"`
	Categories      []int64 `json:"categories"`
	// BrandID is 0 for none.
	BrandID int64 `json:"brand_id"`
	// InventoryTracking is none, product or variant.
	InventoryTracking     string `json:"inventory_tracking"`
	InventoryLevel        Int    `json:"inventory_level"`
	InventoryWarningLevel Int    `json:"inventory_warning_level"`
	IsVisible             bool   `json:"is_visible"`
	// Availability is available, disabled or preorder.
	Availability   string    `json:"availability"`
	IsPriceHidden  bool      `json:"is_price_hidden"`
	IsFeatured     bool      `json:"is_featured"`
	Condition      string    `json:"condition"`
	UPC            Text      `json:"upc"`
	MPN            Text      `json:"mpn"`
	GTIN           Text      `json:"gtin"`
	SearchKeywords string    `json:"search_keywords"`
	CustomURL      CustomURL `json:"custom_url"`
	// BaseVariantID is 0 for a product with options.
	BaseVariantID int64         `json:"base_variant_id"`
	TotalSold     Int           `json:"total_sold"`
	ReviewsCount  Int           `json:"reviews_count"`
	DateCreated   Timestamp     `json:"date_created"`
	DateModified  Timestamp     `json:"date_modified"`
	CustomFields  []CustomField `json:"custom_fields"`
	Variants      []Variant     `json:"variants"`
	PrimaryImage  *Image        `json:"primary_image"`
	// Options and Modifiers come only where they were asked for.
	Options   []Option `json:"options,omitempty"`
	Modifiers []Option `json:"modifiers,omitempty"`
}

// CustomURL is a product's, brand's or category's path on the storefront.
type CustomURL struct {
	URL          string `json:"url"`
	IsCustomized bool   `json:"is_customized"`
}

// UnmarshalJSON reads an object, and takes anything else for no URL.
func (u *CustomURL) UnmarshalJSON(data []byte) error {
	*u = CustomURL{}
	if form(data) != "object" {
		return nil
	}
	type plain CustomURL
	return json.Unmarshal(data, (*plain)(u))
}

// CustomField is a merchant's own name and value; names may repeat.
type CustomField struct {
	ID    int64 `json:"id"`
	Name  Text  `json:"name"`
	Value Text  `json:"value"`
}

// Variant is what is bought (product-variants_catalog.v3). A simple product has
// one base variant, without option values.
type Variant struct {
	ID        int64 `json:"id"`
	ProductID int64 `json:"product_id"`
	SKU       Text  `json:"sku"`
	// SKUID is v2's SKU id, which webhooks name; 0 on a base variant.
	SKUID int64 `json:"sku_id"`
	// Prices that are not Valid are inherited from the product.
	Price                     Money         `json:"price"`
	CostPrice                 Money         `json:"cost_price"`
	RetailPrice               Money         `json:"retail_price"`
	SalePrice                 Money         `json:"sale_price"`
	MapPrice                  Money         `json:"map_price"`
	CalculatedPrice           Money         `json:"calculated_price"`
	PurchasingDisabled        bool          `json:"purchasing_disabled"`
	PurchasingDisabledMessage Text          `json:"purchasing_disabled_message"`
	ImageURL                  Text          `json:"image_url"`
	UPC                       Text          `json:"upc"`
	MPN                       Text          `json:"mpn"`
	GTIN                      Text          `json:"gtin"`
	InventoryLevel            Int           `json:"inventory_level"`
	InventoryWarningLevel     Int           `json:"inventory_warning_level"`
	OptionValues              []OptionValue `json:"option_values"`
}

// OptionValue is the choice that makes a variant, such as Size: M.
type OptionValue struct {
	ID                int64 `json:"id"`
	Label             Text  `json:"label"`
	OptionID          int64 `json:"option_id"`
	OptionDisplayName Text  `json:"option_display_name"`
}

// Option is a product's option or modifier. A shared option looks like any other.
type Option struct {
	ID          int64  `json:"id"`
	ProductID   int64  `json:"product_id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	// Type is radio_buttons, rectangles, dropdown, product_list,
	// product_list_with_images or swatch; modifiers know more.
	Type         string         `json:"type"`
	SortOrder    Int            `json:"sort_order"`
	Required     bool           `json:"required,omitempty"`
	OptionValues []OptionChoice `json:"option_values"`
}

// OptionChoice is one of an option's values.
type OptionChoice struct {
	ID        int64 `json:"id"`
	Label     Text  `json:"label"`
	SortOrder Int   `json:"sort_order"`
	IsDefault bool  `json:"is_default"`
}

// Image of a product.
type Image struct {
	ID           int64     `json:"id"`
	ProductID    int64     `json:"product_id"`
	IsThumbnail  bool      `json:"is_thumbnail"`
	SortOrder    Int       `json:"sort_order"`
	Description  string    `json:"description"`
	URLStandard  string    `json:"url_standard"`
	URLZoom      string    `json:"url_zoom"`
	URLThumbnail string    `json:"url_thumbnail"`
	URLTiny      string    `json:"url_tiny"`
	DateModified Timestamp `json:"date_modified"`
}

// Things that a list of products may include. "options" and "modifiers" cut a
// page to ten products.
const (
	IncludeVariants     = "variants"
	IncludeCustomFields = "custom_fields"
	IncludePrimaryImage = "primary_image"
)

var productIncludes = []string{IncludeVariants, IncludeCustomFields, IncludePrimaryImage}

const excludedProductFields = "description"

// ProductFilter narrows a list of products. Limit is 250 if 0, Sort "id" if "",
// ascending unless Descending. Include is variants, custom fields and the
// primary image if nil, nothing if empty.
type ProductFilter struct {
	// IDGreater keeps ids above it: the last id of the page before.
	IDGreater int64
	IDIn      []int64
	// CategoriesIn keeps products that are in one of these themselves, not in
	// one below.
	CategoriesIn    []int64
	DateModifiedMin time.Time
	DateModifiedMax time.Time
	Sort            string
	Descending      bool
	Include         []string
	// Fields names the fields wanted, besides id; all but the description if nil.
	Fields []string
	// Page is 1 if 0. Prefer IDGreater.
	Page  int
	Limit int
}

func (f ProductFilter) query() query {
	var q query
	q.number("limit", limit(f.Limit))
	if f.Sort == "" {
		f.Sort = "id"
	}
	q.add("sort", f.Sort)
	if f.Descending {
		q.add("direction", "desc")
	} else {
		q.add("direction", "asc")
	}
	q.id("id:greater", f.IDGreater)
	q.list("id:in", f.IDIn)
	q.list("categories:in", f.CategoriesIn)
	q.date("date_modified:min", f.DateModifiedMin, dateV3)
	q.date("date_modified:max", f.DateModifiedMax, dateV3)
	if f.Include == nil {
		f.Include = productIncludes
	}
	q.list("include", f.Include)
	if f.Fields == nil {
		q.add("exclude_fields", excludedProductFields)
	}
	q.list("include_fields", f.Fields)
	if f.Page > 1 {
		q.number("page", f.Page)
	}
	return q
}

// Page returns one page of products with their variants, custom fields and
// primary image.
// https://developer.bigcommerce.com/docs/rest-catalog/products (GET v3/catalog/products)
func (s *ProductsService) Page(ctx context.Context, filter ProductFilter) (Page[Product], error) {
	return pageV3[Product](ctx, s.client, "/v3/catalog/products", filter.query())
}

// Pages yields pages to the end, and stops on the first error. Sorted by id,
// ascending, it walks the keyset, so no row shifts; otherwise by page number.
func (s *ProductsService) Pages(ctx context.Context, filter ProductFilter) iter.Seq2[Page[Product], error] {
	return pages(ctx, filter, s.Page, func(filter *ProductFilter, page Page[Product]) {
		if (filter.Sort == "" || filter.Sort == "id") && !filter.Descending && page.LastID > 0 {
			filter.IDGreater, filter.Page = page.LastID, 0
			return
		}
		filter.Page = max(filter.Page, 1) + 1
	})
}

// All yields the products of Pages.
func (s *ProductsService) All(ctx context.Context, filter ProductFilter) iter.Seq2[Product, error] {
	return records(s.Pages(ctx, filter))
}

// ByIDs returns those of at most MaxIDs products that exist; one that is gone
// is left out.
// https://developer.bigcommerce.com/docs/rest-catalog/products (GET v3/catalog/products)
func (s *ProductsService) ByIDs(ctx context.Context, ids ...int64) (Page[Product], error) {
	if err := checkIDs(ids); err != nil || len(ids) == 0 {
		return Page[Product]{}, err
	}
	return s.Page(ctx, ProductFilter{IDIn: ids})
}

// Get returns one product, whole; IsNotFound tells of one that is gone.
// https://developer.bigcommerce.com/docs/rest-catalog/products (GET v3/catalog/products/{id})
func (s *ProductsService) Get(ctx context.Context, id int64) (Product, error) {
	var q query
	q.list("include", productIncludes)
	q.add("exclude_fields", excludedProductFields)
	product, err := getV3[Product](ctx, s.client, "/v3/catalog/products/{id}", q, id)
	if err == nil && product.ID != id {
		return Product{}, &DecodeError{Route: "/v3/catalog/products/{id}", Field: "id", Reason: "another product came"}
	}
	return product, err
}

// Variants returns all variants of a product, up to its 600.
// https://developer.bigcommerce.com/docs/rest-catalog/product-variants (GET v3/catalog/products/{id}/variants)
func (s *ProductsService) Variants(ctx context.Context, productID int64) ([]Variant, error) {
	return listV3[Variant](ctx, s.client, "/v3/catalog/products/{id}/variants", nil, productID)
}

// VariantsSuspect reports whether the embedded variants may be cut: no source
// says whether the list is, so a number that is also a page's size is checked
// with ProductsService.Variants.
func (p *Product) VariantsSuspect() bool {
	n := len(p.Variants)
	return n == 10 || n == 50 || n >= MaxLimit
}

// CompleteVariants replaces the variants of product by the whole list, if those
// that came with it may be cut.
func (s *ProductsService) CompleteVariants(ctx context.Context, product *Product) error {
	if !product.VariantsSuspect() {
		return nil
	}
	variants, err := s.Variants(ctx, product.ID)
	if err != nil {
		return err
	}
	if len(variants) > len(product.Variants) {
		product.Variants = variants
	}
	return nil
}
