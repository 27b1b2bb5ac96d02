package bigcommercesim

// product is products_catalog.v3 `product_Full` with what include= adds.
type product struct {
	ID                          int64       `json:"id"`
	Name                        string      `json:"name"`
	Type                        string      `json:"type"`
	SKU                         string      `json:"sku"`
	Description                 *string     `json:"description,omitempty"` // nil where the call leaves it out
	Weight                      float64     `json:"weight"`
	Width                       float64     `json:"width"`
	Depth                       float64     `json:"depth"`
	Height                      float64     `json:"height"`
	Price                       float64     `json:"price"`
	CostPrice                   float64     `json:"cost_price"`
	RetailPrice                 float64     `json:"retail_price"`
	SalePrice                   float64     `json:"sale_price"`
	MapPrice                    float64     `json:"map_price"`
	TaxClassID                  int64       `json:"tax_class_id"`
	ProductTaxCode              string      `json:"product_tax_code"`
	CalculatedPrice             float64     `json:"calculated_price"`
	Categories                  []int64     `json:"categories"`
	BrandID                     int64       `json:"brand_id"`
	OptionSetID                 *int64      `json:"option_set_id"`
	OptionSetDisplay            string      `json:"option_set_display"`
	InventoryLevel              int64       `json:"inventory_level"`
	InventoryWarningLevel       int64       `json:"inventory_warning_level"`
	InventoryTracking           string      `json:"inventory_tracking"`
	ReviewsRatingSum            int64       `json:"reviews_rating_sum"`
	ReviewsCount                int64       `json:"reviews_count"`
	TotalSold                   int64       `json:"total_sold"`
	FixedCostShippingPrice      float64     `json:"fixed_cost_shipping_price"`
	IsFreeShipping              bool        `json:"is_free_shipping"`
	IsVisible                   bool        `json:"is_visible"`
	IsFeatured                  bool        `json:"is_featured"`
	RelatedProducts             []int64     `json:"related_products"`
	Warranty                    string      `json:"warranty"`
	BinPickingNumber            string      `json:"bin_picking_number"`
	LayoutFile                  string      `json:"layout_file"`
	UPC                         string      `json:"upc"`
	MPN                         string      `json:"mpn"`
	GTIN                        string      `json:"gtin"`
	SearchKeywords              string      `json:"search_keywords"`
	Availability                string      `json:"availability"`
	AvailabilityDescription     string      `json:"availability_description"`
	GiftWrappingOptionsType     string      `json:"gift_wrapping_options_type"`
	GiftWrappingOptionsList     []int64     `json:"gift_wrapping_options_list"`
	SortOrder                   int64       `json:"sort_order"`
	Condition                   string      `json:"condition"`
	IsConditionShown            bool        `json:"is_condition_shown"`
	OrderQuantityMinimum        int64       `json:"order_quantity_minimum"`
	OrderQuantityMaximum        int64       `json:"order_quantity_maximum"`
	PageTitle                   string      `json:"page_title"`
	MetaKeywords                []string    `json:"meta_keywords"`
	MetaDescription             string      `json:"meta_description"`
	DateCreated                 offsetTime  `json:"date_created"`
	DateModified                offsetTime  `json:"date_modified"`
	ViewCount                   int64       `json:"view_count"`
	PreorderReleaseDate         *offsetTime `json:"preorder_release_date"`
	PreorderMessage             string      `json:"preorder_message"`
	IsPreorderOnly              bool        `json:"is_preorder_only"`
	IsPriceHidden               bool        `json:"is_price_hidden"`
	PriceHiddenLabel            string      `json:"price_hidden_label"`
	CustomURL                   customURL   `json:"custom_url"`
	BaseVariantID               *int64      `json:"base_variant_id"` // null on a product with options
	OpenGraphType               string      `json:"open_graph_type"`
	OpenGraphTitle              string      `json:"open_graph_title"`
	OpenGraphDescription        string      `json:"open_graph_description"`
	OpenGraphUseMetaDescription bool        `json:"open_graph_use_meta_description"`
	OpenGraphUseProductName     bool        `json:"open_graph_use_product_name"`
	OpenGraphUseImage           bool        `json:"open_graph_use_image"`
	DateLastImported            string      `json:"date_last_imported"`

	Variants     []variant     `json:"variants,omitzero"`
	CustomFields []customField `json:"custom_fields,omitzero"`
	Images       []image       `json:"images,omitzero"`
	PrimaryImage *image        `json:"primary_image,omitempty"`
	Options      []option      `json:"options,omitzero"`
	Modifiers    []modifier    `json:"modifiers,omitzero"`
	Channels     []int64       `json:"channels,omitzero"`
}

type customURL struct {
	URL          string `json:"url"`
	IsCustomized bool   `json:"is_customized"`
}

// variant is product-variants_catalog.v3 `productVariant_Full`. A null price
// is inherited from the product; sku_id is null on a base variant.
type variant struct {
	ID                        int64         `json:"id"`
	ProductID                 int64         `json:"product_id"`
	SKU                       string        `json:"sku"`
	SKUID                     *int64        `json:"sku_id"`
	Price                     *float64      `json:"price"`
	CalculatedPrice           float64       `json:"calculated_price"`
	SalePrice                 *float64      `json:"sale_price"`
	RetailPrice               *float64      `json:"retail_price"`
	MapPrice                  *float64      `json:"map_price"`
	Weight                    *float64      `json:"weight"`
	CalculatedWeight          float64       `json:"calculated_weight"`
	Width                     *float64      `json:"width"`
	Height                    *float64      `json:"height"`
	Depth                     *float64      `json:"depth"`
	IsFreeShipping            bool          `json:"is_free_shipping"`
	FixedCostShippingPrice    *float64      `json:"fixed_cost_shipping_price"`
	PurchasingDisabled        bool          `json:"purchasing_disabled"`
	PurchasingDisabledMessage string        `json:"purchasing_disabled_message"`
	ImageURL                  string        `json:"image_url"`
	CostPrice                 *float64      `json:"cost_price"`
	UPC                       string        `json:"upc"`
	MPN                       string        `json:"mpn"`
	GTIN                      string        `json:"gtin"`
	InventoryLevel            int64         `json:"inventory_level"`
	InventoryWarningLevel     int64         `json:"inventory_warning_level"`
	BinPickingNumber          string        `json:"bin_picking_number"`
	OptionValues              []variantPick `json:"option_values"`
}

type variantPick struct {
	ID                int64  `json:"id"`
	Label             string `json:"label"`
	OptionID          int64  `json:"option_id"`
	OptionDisplayName string `json:"option_display_name"`
}

type customField struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

type image struct {
	ID           int64      `json:"id"`
	ProductID    int64      `json:"product_id"`
	IsThumbnail  bool       `json:"is_thumbnail"`
	SortOrder    int64      `json:"sort_order"`
	Description  string     `json:"description"`
	ImageFile    string     `json:"image_file"`
	URLZoom      string     `json:"url_zoom"`
	URLStandard  string     `json:"url_standard"`
	URLThumbnail string     `json:"url_thumbnail"`
	URLTiny      string     `json:"url_tiny"`
	DateModified offsetTime `json:"date_modified"`
}

// option makes variants. A shared option looks like a local one.
type option struct {
	ID           int64         `json:"id"`
	ProductID    int64         `json:"product_id"`
	Name         string        `json:"name"`
	DisplayName  string        `json:"display_name"`
	Type         string        `json:"type"`
	Config       struct{}      `json:"config"`
	SortOrder    int64         `json:"sort_order"`
	OptionValues []optionValue `json:"option_values"`
}

type optionValue struct {
	ID        int64  `json:"id"`
	Label     string `json:"label"`
	SortOrder int64  `json:"sort_order"`
	ValueData any    `json:"value_data"`
	IsDefault bool   `json:"is_default"`
}

// modifier is chosen by the shopper and makes no variant.
type modifier struct {
	ID           int64         `json:"id"`
	ProductID    int64         `json:"product_id"`
	Name         string        `json:"name"`
	DisplayName  string        `json:"display_name"`
	Type         string        `json:"type"`
	Required     bool          `json:"required"`
	SortOrder    int64         `json:"sort_order"`
	Config       struct{}      `json:"config"`
	OptionValues []optionValue `json:"option_values"`
}

// brand is brands_catalog.v3 `brand_Full`.
type brand struct {
	ID              int64     `json:"id"`
	Name            string    `json:"name"`
	PageTitle       string    `json:"page_title"`
	MetaKeywords    []string  `json:"meta_keywords"`
	MetaDescription string    `json:"meta_description"`
	ImageURL        string    `json:"image_url"`
	SearchKeywords  string    `json:"search_keywords"`
	CustomURL       customURL `json:"custom_url"`
}

// category is category-trees_catalog.v3 `CategoryNode`.
type category struct {
	CategoryID         int64       `json:"category_id"`
	CategoryUUID       string      `json:"category_uuid"`
	ParentID           int64       `json:"parent_id"` // 0 at the top
	TreeID             int64       `json:"tree_id"`
	Name               string      `json:"name"`
	Description        string      `json:"description"`
	Views              int64       `json:"views"`
	SortOrder          int64       `json:"sort_order"`
	PageTitle          string      `json:"page_title"`
	MetaKeywords       []string    `json:"meta_keywords"`
	MetaDescription    string      `json:"meta_description"`
	LayoutFile         string      `json:"layout_file"`
	ImageURL           string      `json:"image_url"`
	IsVisible          bool        `json:"is_visible"`
	SearchKeywords     string      `json:"search_keywords"`
	DefaultProductSort string      `json:"default_product_sort"`
	URL                categoryURL `json:"url"`
}

type categoryURL struct {
	Path         string `json:"path"`
	IsCustomized bool   `json:"is_customized"`
}

type tree struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	Channels []int64 `json:"channels"`
}

// summary is GET catalog/summary; the lowest price is a string in the file.
type summary struct {
	InventoryCount      int64   `json:"inventory_count"`
	InventoryValue      float64 `json:"inventory_value"`
	PrimaryCategoryID   int64   `json:"primary_category_id"`
	PrimaryCategoryName string  `json:"primary_category_name"`
	VariantCount        int64   `json:"variant_count"`
	HighestVariantPrice float64 `json:"highest_variant_price"`
	AverageVariantPrice float64 `json:"average_variant_price"`
	LowestVariantPrice  string  `json:"lowest_variant_price"`
	OldestVariantDate   string  `json:"oldest_variant_date"`
	NewestVariantDate   string  `json:"newest_variant_date"`
}
