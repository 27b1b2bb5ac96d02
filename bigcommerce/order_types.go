package bigcommerce

// Order is one of v2, where alone orders exist (orders.v2.oas2). Amounts are in
// DefaultCurrencyCode.
type Order struct {
	ID int64 `json:"id"`
	// CustomerID is 0 for a guest.
	CustomerID   int64     `json:"customer_id"`
	DateCreated  Timestamp `json:"date_created"`
	DateModified Timestamp `json:"date_modified"`
	DateShipped  Timestamp `json:"date_shipped"`
	// StatusID is one of the fixed ids 0-14; Status is the system's name of it,
	// CustomStatus the merchant's label.
	StatusID     int64  `json:"status_id"`
	Status       string `json:"status"`
	CustomStatus string `json:"custom_status"`

	SubtotalExTax         Money `json:"subtotal_ex_tax"`
	SubtotalIncTax        Money `json:"subtotal_inc_tax"`
	SubtotalTax           Money `json:"subtotal_tax"`
	ShippingCostExTax     Money `json:"shipping_cost_ex_tax"`
	ShippingCostIncTax    Money `json:"shipping_cost_inc_tax"`
	ShippingCostTax       Money `json:"shipping_cost_tax"`
	HandlingCostExTax     Money `json:"handling_cost_ex_tax"`
	HandlingCostIncTax    Money `json:"handling_cost_inc_tax"`
	HandlingCostTax       Money `json:"handling_cost_tax"`
	WrappingCostExTax     Money `json:"wrapping_cost_ex_tax"`
	WrappingCostIncTax    Money `json:"wrapping_cost_inc_tax"`
	WrappingCostTax       Money `json:"wrapping_cost_tax"`
	TotalExTax            Money `json:"total_ex_tax"`
	TotalIncTax           Money `json:"total_inc_tax"`
	TotalTax              Money `json:"total_tax"`
	DiscountAmount        Money `json:"discount_amount"`
	CouponDiscount        Money `json:"coupon_discount"`
	GiftCertificateAmount Money `json:"gift_certificate_amount"`
	StoreCreditAmount     Money `json:"store_credit_amount"`
	// RefundedAmount is always 0: refunds live in v3 (OrdersService.Refunds).
	RefundedAmount Money `json:"refunded_amount"`

	// ItemsTotal and ItemsShipped are sums of quantities.
	ItemsTotal            Int  `json:"items_total"`
	ItemsShipped          Int  `json:"items_shipped"`
	IsTaxInclusivePricing bool `json:"is_tax_inclusive_pricing"`
	OrderIsDigital        bool `json:"order_is_digital"`
	IsEmailOptIn          bool `json:"is_email_opt_in"`
	// IsDeleted means archived.
	IsDeleted bool `json:"is_deleted"`

	// CurrencyCode is what the shopper saw, CurrencyExchangeRate from the
	// default currency to it.
	CurrencyCode         string `json:"currency_code"`
	CurrencyExchangeRate Money  `json:"currency_exchange_rate"`
	// DefaultCurrencyCode is what the shopper paid in, and all amounts are in.
	DefaultCurrencyCode string `json:"default_currency_code"`
	// StoreDefaultCurrencyCode is the store's; "" when multi-currency is off.
	StoreDefaultCurrencyCode                string `json:"store_default_currency_code"`
	StoreDefaultToTransactionalExchangeRate Money  `json:"store_default_to_transactional_exchange_rate"`

	PaymentMethod     string `json:"payment_method"`
	PaymentStatus     string `json:"payment_status"`
	PaymentProviderID Text   `json:"payment_provider_id"`

	BillingAddress BillingAddress `json:"billing_address"`
	Consignments   Consignments   `json:"consignments"`
	// FetchedLines replaces the lines of Consignments once
	// OrdersService.CompleteLines has read them one by one.
	FetchedLines []LineItem `json:"fetched_lines,omitempty"`
	// Warning stands where the answer says that it is not whole.
	Warning *Warning `json:"__warning__,omitempty"`

	ChannelID          int64  `json:"channel_id"`
	CartID             string `json:"cart_id"`
	OrderSource        string `json:"order_source"`
	ExternalSource     string `json:"external_source"`
	ExternalID         Text   `json:"external_id"`
	ExternalOrderID    Text   `json:"external_order_id"`
	ExternalMerchantID Text   `json:"external_merchant_id"`
	EbayOrderID        Text   `json:"ebay_order_id"`
	StaffNotes         string `json:"staff_notes"`
	CustomerMessage    string `json:"customer_message"`
	IPAddress          string `json:"ip_address"`
	GeoIPCountryISO2   string `json:"geoip_country_iso2"`
	CustomerLocale     string `json:"customer_locale"`
	TaxProviderID      Text   `json:"tax_provider_id"`
}

// BillingAddress is who pays; its e-mail is a guest's only one.
type BillingAddress struct {
	FirstName   string      `json:"first_name"`
	LastName    string      `json:"last_name"`
	Company     string      `json:"company"`
	Street1     string      `json:"street_1"`
	Street2     string      `json:"street_2"`
	City        string      `json:"city"`
	State       string      `json:"state"`
	Zip         string      `json:"zip"`
	Country     string      `json:"country"`
	CountryISO2 string      `json:"country_iso2"`
	Phone       string      `json:"phone"`
	Email       string      `json:"email"`
	FormFields  []FormField `json:"form_fields"`
}

// Consignments is where the lines of an order go. The order's lines are the
// union of all four groups; see Order.Lines.
type Consignments struct {
	Pickups   []PickupConsignment   `json:"pickups"`
	Shipping  []ShippingConsignment `json:"shipping"`
	Downloads []DownloadConsignment `json:"downloads"`
	Email     EmailConsignments     `json:"email"`
	Warning   *Warning              `json:"__warning__,omitempty"`
}

// PickupConsignment is collected at a location.
type PickupConsignment struct {
	ID                      int64          `json:"id"`
	PickupMethodDisplayName string         `json:"pickup_method_display_name"`
	Location                PickupLocation `json:"location"`
	LineItems               LineItems      `json:"line_items"`
	Warning                 *Warning       `json:"__warning__,omitempty"`
}

// PickupLocation is where a consignment is collected.
type PickupLocation struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"`
	Code          string `json:"code"`
	City          string `json:"city"`
	State         string `json:"state"`
	PostalCode    string `json:"postal_code"`
	CountryAlpha2 string `json:"country_alpha2"`
}

// ShippingConsignment is sent to an address.
type ShippingConsignment struct {
	ID             int64       `json:"id"`
	FirstName      string      `json:"first_name"`
	LastName       string      `json:"last_name"`
	Company        string      `json:"company"`
	Street1        string      `json:"street_1"`
	Street2        string      `json:"street_2"`
	City           string      `json:"city"`
	State          string      `json:"state"`
	Zip            string      `json:"zip"`
	Country        string      `json:"country"`
	CountryISO2    string      `json:"country_iso2"`
	Email          string      `json:"email"`
	Phone          string      `json:"phone"`
	FormFields     []FormField `json:"form_fields"`
	ShippingMethod string      `json:"shipping_method"`
	BaseCost       Money       `json:"base_cost"`
	CostExTax      Money       `json:"cost_ex_tax"`
	CostIncTax     Money       `json:"cost_inc_tax"`
	CostTax        Money       `json:"cost_tax"`
	ItemsTotal     Int         `json:"items_total"`
	ItemsShipped   Int         `json:"items_shipped"`
	LineItems      LineItems   `json:"line_items"`
	Warning        *Warning    `json:"__warning__,omitempty"`
}

// DownloadConsignment is digital.
type DownloadConsignment struct {
	RecipientEmail string    `json:"recipient_email"`
	LineItems      LineItems `json:"line_items"`
	Warning        *Warning  `json:"__warning__,omitempty"`
}

// EmailConsignments is what goes by e-mail.
type EmailConsignments struct {
	GiftCertificates []GiftCertificateConsignment `json:"gift_certificates"`
}

// GiftCertificateConsignment is a gift certificate.
type GiftCertificateConsignment struct {
	RecipientEmail string    `json:"recipient_email"`
	LineItems      LineItems `json:"line_items"`
	Warning        *Warning  `json:"__warning__,omitempty"`
}

// LineItems are the lines of a consignment. Entries that are links only (a url
// and a resource) are left out.
type LineItems []LineItem

// LineItem is one line of an order.
type LineItem struct {
	// ID is the line's; a refund names it.
	ID      int64 `json:"id"`
	OrderID int64 `json:"order_id"`
	// ProductID is 0 for a custom product, one that the catalog does not hold.
	ProductID int64 `json:"product_id"`
	// VariantID is 0 when absent.
	VariantID      int64  `json:"variant_id"`
	OrderAddressID int64  `json:"order_address_id"`
	Name           string `json:"name"`
	SKU            string `json:"sku"`
	// Type is physical, digital or giftcertificate.
	Type             string `json:"type"`
	Quantity         Int    `json:"quantity"`
	QuantityRefunded Int    `json:"quantity_refunded"`
	QuantityShipped  Int    `json:"quantity_shipped"`
	IsRefunded       bool   `json:"is_refunded"`
	BasePrice        Money  `json:"base_price"`
	PriceExTax       Money  `json:"price_ex_tax"`
	PriceIncTax      Money  `json:"price_inc_tax"`
	BaseTotal        Money  `json:"base_total"`
	TotalExTax       Money  `json:"total_ex_tax"`
	TotalIncTax      Money  `json:"total_inc_tax"`
	TotalTax         Money  `json:"total_tax"`
	// DiscountedTotalIncTax is the line after discounts; not Valid when absent.
	DiscountedTotalIncTax Money `json:"discounted_total_inc_tax"`
	// ParentOrderProductID is the line of the bundle it belongs to, or 0.
	ParentOrderProductID int64             `json:"parent_order_product_id"`
	IsBundledProduct     bool              `json:"is_bundled_product"`
	Brand                Text              `json:"brand"`
	UPC                  Text              `json:"upc"`
	ProductOptions       []LineOption      `json:"product_options"`
	AppliedDiscounts     []AppliedDiscount `json:"applied_discounts"`
	GiftCertificateID    Text              `json:"gift_certificate_id"`
}

// LineOption is an option or modifier chosen on a line.
type LineOption struct {
	ID              int64 `json:"id"`
	OptionID        int64 `json:"option_id"`
	ProductOptionID int64 `json:"product_option_id"`
	// DisplayName and DisplayValue are what the shopper saw, in the shopper's
	// language; the Merchant's are what the catalog says, "" where the API leaves
	// them out.
	DisplayName          string `json:"display_name"`
	DisplayValue         Text   `json:"display_value"`
	DisplayNameMerchant  string `json:"display_name_merchant"`
	DisplayValueMerchant Text   `json:"display_value_merchant"`
	Value                Text   `json:"value"`
	// Type is such as "Multiple choice", "Swatch", "Text field", "Checkbox".
	Type string `json:"type"`
	Name string `json:"name"`
}

// AppliedDiscount is a promotion or coupon on a line.
type AppliedDiscount struct {
	ID     Text  `json:"id"`
	Amount Money `json:"amount"`
	Name   Text  `json:"name"`
	// Code is the coupon's, "" for a promotion without one.
	Code Text `json:"code"`
	// Target is order or product.
	Target Text `json:"target"`
}

// Warning is what the API adds when it leaves something out, such as the lines
// beyond fifty of a consignment (bigcommerce/docs issue 960). Its presence
// counts, not its words.
type Warning struct {
	Message string `json:"message"`
}

// OrderStatus is one of the fifteen; merchants change the label alone.
type OrderStatus struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	SystemLabel string `json:"system_label"`
	CustomLabel string `json:"custom_label"`
	Description string `json:"system_description"`
	Order       Int    `json:"order"`
}

// OrderCount is the number of orders, whole and by status.
type OrderCount struct {
	Count    Int           `json:"count"`
	Statuses []StatusCount `json:"statuses"`
}

// StatusCount is the number of orders of one status.
type StatusCount struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	SystemLabel string `json:"system_label"`
	CustomLabel string `json:"custom_label"`
	Count       Int    `json:"count"`
}

// Coupon is one used on an order.
type Coupon struct {
	ID       int64  `json:"id"`
	CouponID int64  `json:"coupon_id"`
	OrderID  int64  `json:"order_id"`
	Code     string `json:"code"`
	Amount   Money  `json:"amount"`
	// Type is 0 per item, 1 percent, 2 per total, 3 shipping, 4 free shipping,
	// 5 promotion.
	Type     Int   `json:"type"`
	Discount Money `json:"discount"`
}

// Refund of an order (orders.v3, payment actions).
type Refund struct {
	ID          int64           `json:"id"`
	OrderID     int64           `json:"order_id"`
	Created     Timestamp       `json:"created"`
	Reason      string          `json:"reason"`
	TotalAmount Money           `json:"total_amount"`
	TotalTax    Money           `json:"total_tax"`
	Items       []RefundItem    `json:"items"`
	Payments    []RefundPayment `json:"payments"`
}

// RefundItem is what was refunded.
type RefundItem struct {
	// ItemType is PRODUCT, GIFT_WRAPPING, SHIPPING, HANDLING, ORDER or FEE.
	ItemType string `json:"item_type"`
	// ItemID is the line's id when ItemType is PRODUCT or GIFT_WRAPPING, the
	// address's for SHIPPING and HANDLING, the order's for ORDER.
	ItemID          int64 `json:"item_id"`
	Quantity        Int   `json:"quantity"`
	RequestedAmount Money `json:"requested_amount"`
	// Adjustments lower what is paid back for a product.
	Adjustments []RefundAdjustment `json:"adjustments,omitempty"`
}

// RefundAdjustment is kept back from a refund, such as a service fee.
type RefundAdjustment struct {
	// Amount is below 0.
	Amount Money `json:"amount"`
}

// RefundPayment is how it was paid back.
type RefundPayment struct {
	ID         int64  `json:"id"`
	ProviderID string `json:"provider_id"`
	Amount     Money  `json:"amount"`
	Offline    bool   `json:"offline"`
	IsDeclined bool   `json:"is_declined"`
}
