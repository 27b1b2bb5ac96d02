package bigcommercesim

// order is orders.v2 `order_Resp`. Amounts are strings with four decimals.
// Consignments are kept whole; what an answer shows of them depends on
// include (see orderAnswer).
type order struct {
	ID                                      int64          `json:"id"`
	CustomerID                              int64          `json:"customer_id"`
	DateCreated                             mailTime       `json:"date_created"`
	DateModified                            mailTime       `json:"date_modified"`
	DateShipped                             mailTime       `json:"date_shipped"`
	StatusID                                int            `json:"status_id"`
	Status                                  string         `json:"status"`
	SubtotalExTax                           string         `json:"subtotal_ex_tax"`
	SubtotalIncTax                          string         `json:"subtotal_inc_tax"`
	SubtotalTax                             string         `json:"subtotal_tax"`
	BaseShippingCost                        string         `json:"base_shipping_cost"`
	ShippingCostExTax                       string         `json:"shipping_cost_ex_tax"`
	ShippingCostIncTax                      string         `json:"shipping_cost_inc_tax"`
	ShippingCostTax                         string         `json:"shipping_cost_tax"`
	ShippingCostTaxClassID                  int64          `json:"shipping_cost_tax_class_id"`
	BaseHandlingCost                        string         `json:"base_handling_cost"`
	HandlingCostExTax                       string         `json:"handling_cost_ex_tax"`
	HandlingCostIncTax                      string         `json:"handling_cost_inc_tax"`
	HandlingCostTax                         string         `json:"handling_cost_tax"`
	HandlingCostTaxClassID                  int64          `json:"handling_cost_tax_class_id"`
	BaseWrappingCost                        string         `json:"base_wrapping_cost"`
	WrappingCostExTax                       string         `json:"wrapping_cost_ex_tax"`
	WrappingCostIncTax                      string         `json:"wrapping_cost_inc_tax"`
	WrappingCostTax                         string         `json:"wrapping_cost_tax"`
	WrappingCostTaxClassID                  int64          `json:"wrapping_cost_tax_class_id"`
	TotalExTax                              string         `json:"total_ex_tax"`
	TotalIncTax                             string         `json:"total_inc_tax"`
	TotalTax                                string         `json:"total_tax"`
	ItemsTotal                              int            `json:"items_total"`
	ItemsShipped                            int            `json:"items_shipped"`
	PaymentMethod                           string         `json:"payment_method"`
	PaymentProviderID                       string         `json:"payment_provider_id"`
	PaymentStatus                           string         `json:"payment_status"`
	RefundedAmount                          string         `json:"refunded_amount"` // always zero, as in life
	OrderIsDigital                          bool           `json:"order_is_digital"`
	StoreCreditAmount                       string         `json:"store_credit_amount"`
	GiftCertificateAmount                   string         `json:"gift_certificate_amount"`
	IPAddress                               string         `json:"ip_address"`
	IPAddressV6                             string         `json:"ip_address_v6"`
	GeoipCountry                            string         `json:"geoip_country"`
	GeoipCountryISO2                        string         `json:"geoip_country_iso2"`
	CurrencyID                              int64          `json:"currency_id"`
	CurrencyCode                            string         `json:"currency_code"`
	CurrencyExchangeRate                    string         `json:"currency_exchange_rate"`
	DefaultCurrencyID                       int64          `json:"default_currency_id"`
	DefaultCurrencyCode                     string         `json:"default_currency_code"` // what the shopper paid in
	StoreDefaultCurrencyCode                string         `json:"store_default_currency_code"`
	StoreDefaultToTransactionalExchangeRate string         `json:"store_default_to_transactional_exchange_rate"`
	StaffNotes                              string         `json:"staff_notes"`
	CustomerMessage                         string         `json:"customer_message"`
	DiscountAmount                          string         `json:"discount_amount"`
	CouponDiscount                          string         `json:"coupon_discount"`
	ShippingAddressCount                    int            `json:"shipping_address_count"`
	IsDeleted                               bool           `json:"is_deleted"`
	IsTaxInclusivePricing                   bool           `json:"is_tax_inclusive_pricing"`
	EbayOrderID                             string         `json:"ebay_order_id"`
	CartID                                  string         `json:"cart_id"`
	BillingAddress                          billingAddress `json:"billing_address"`
	IsEmailOptIn                            bool           `json:"is_email_opt_in"`
	CreditCardType                          *string        `json:"credit_card_type"`
	OrderSource                             string         `json:"order_source"`
	ChannelID                               int64          `json:"channel_id"`
	ExternalSource                          *string        `json:"external_source"`
	ExternalID                              *string        `json:"external_id"`
	ExternalMerchantID                      *string        `json:"external_merchant_id"`
	ExternalOrderID                         string         `json:"external_order_id"`
	TaxProviderID                           string         `json:"tax_provider_id"`
	CustomerLocale                          string         `json:"customer_locale"`
	CustomStatus                            string         `json:"custom_status"`
	Consignments                            consignments   `json:"consignments"`
	// CouponList is what /orders/{id}/coupons answers; never sent in an order.
	CouponList []orderCoupon `json:"coupon_list,omitempty"`
}

// orderAnswer is an order as the API sends it.
type orderAnswer struct {
	*order
	Products          link          `json:"products"`
	ShippingAddresses link          `json:"shipping_addresses"`
	Coupons           link          `json:"coupons"`
	Fees              any           `json:"fees"`
	Consignments      any           `json:"consignments"`
	CouponList        []orderCoupon `json:"coupon_list,omitempty"` // shadows, always empty
}

type link struct {
	URL      string `json:"url"`
	Resource string `json:"resource"`
}

type billingAddress struct {
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
	FormFields  []formField `json:"form_fields"`
}

// consignments is orders.v2 `orderConsignment_Get`.
type consignments struct {
	Pickups   []pickup        `json:"pickups"`
	Shipping  []shipping      `json:"shipping"`
	Downloads []download      `json:"downloads"`
	Email     emailDeliveries `json:"email"`
}

type emailDeliveries struct {
	GiftCertificates []download `json:"gift_certificates"`
}

// warning marks a consignment whose line items were cut (bigcommerce/docs#960).
type warning struct {
	Message string `json:"message"`
}

type pickup struct {
	ID                        int64          `json:"id"`
	PickupMethodID            int64          `json:"pickup_method_id"`
	PickupMethodDisplayName   string         `json:"pickup_method_display_name"`
	CollectionInstructions    string         `json:"collection_instructions"`
	CollectionTimeDescription string         `json:"collection_time_description"`
	Location                  pickupLocation `json:"location"`
	LineItems                 []lineItem     `json:"line_items"`
	Warning                   *warning       `json:"__warning__,omitempty"`
}

type pickupLocation struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"`
	Code          string `json:"code"`
	AddressLine1  string `json:"address_line_1"`
	AddressLine2  string `json:"address_line_2"`
	City          string `json:"city"`
	State         string `json:"state"`
	PostalCode    string `json:"postal_code"`
	CountryAlpha2 string `json:"country_alpha2"`
	Email         string `json:"email"`
	Phone         string `json:"phone"`
}

type shipping struct {
	ID                     int64       `json:"id"`
	FirstName              string      `json:"first_name"`
	LastName               string      `json:"last_name"`
	Company                string      `json:"company"`
	Street1                string      `json:"street_1"`
	Street2                string      `json:"street_2"`
	City                   string      `json:"city"`
	State                  string      `json:"state"`
	Zip                    string      `json:"zip"`
	Country                string      `json:"country"`
	CountryISO2            string      `json:"country_iso2"`
	Phone                  string      `json:"phone"`
	Email                  string      `json:"email"`
	FormFields             []formField `json:"form_fields"`
	LineItems              []lineItem  `json:"line_items"`
	ShippingMethod         string      `json:"shipping_method"`
	BaseCost               float64     `json:"base_cost"`
	CostExTax              float64     `json:"cost_ex_tax"`
	CostIncTax             float64     `json:"cost_inc_tax"`
	CostTax                float64     `json:"cost_tax"`
	CostTaxClassID         int64       `json:"cost_tax_class_id"`
	BaseHandlingCost       float64     `json:"base_handling_cost"`
	HandlingCostExTax      float64     `json:"handling_cost_ex_tax"`
	HandlingCostIncTax     float64     `json:"handling_cost_inc_tax"`
	HandlingCostTax        float64     `json:"handling_cost_tax"`
	HandlingCostTaxClassID int64       `json:"handling_cost_tax_class_id"`
	ItemsTotal             int         `json:"items_total"`
	ItemsShipped           int         `json:"items_shipped"`
	ShippingZoneID         int64       `json:"shipping_zone_id"`
	ShippingZoneName       string      `json:"shipping_zone_name"`
	ShippingQuotes         link        `json:"shipping_quotes"`
	Warning                *warning    `json:"__warning__,omitempty"`
}

type download struct {
	RecipientEmail string     `json:"recipient_email"`
	LineItems      []lineItem `json:"line_items"`
	Warning        *warning   `json:"__warning__,omitempty"`
}

// lineItem is orders.v2 `orderProducts`.
type lineItem struct {
	ID                    int64          `json:"id"`
	OrderID               int64          `json:"order_id"`
	ProductID             int64          `json:"product_id"`
	VariantID             *int64         `json:"variant_id,omitempty"` // absent on a custom product
	OrderPickupMethodID   int64          `json:"order_pickup_method_id"`
	OrderAddressID        int64          `json:"order_address_id"`
	Name                  string         `json:"name"`
	NameCustomer          string         `json:"name_customer"`
	NameMerchant          string         `json:"name_merchant"`
	SKU                   string         `json:"sku"`
	UPC                   string         `json:"upc"`
	Type                  string         `json:"type"`
	BasePrice             string         `json:"base_price"`
	PriceExTax            string         `json:"price_ex_tax"`
	PriceIncTax           string         `json:"price_inc_tax"`
	PriceTax              string         `json:"price_tax"`
	BaseTotal             string         `json:"base_total"`
	TotalExTax            string         `json:"total_ex_tax"`
	TotalIncTax           string         `json:"total_inc_tax"`
	TotalTax              string         `json:"total_tax"`
	Weight                string         `json:"weight"`
	Width                 string         `json:"width"`
	Height                string         `json:"height"`
	Depth                 string         `json:"depth"`
	Quantity              int            `json:"quantity"`
	BaseCostPrice         string         `json:"base_cost_price"`
	CostPriceIncTax       string         `json:"cost_price_inc_tax"`
	CostPriceExTax        string         `json:"cost_price_ex_tax"`
	CostPriceTax          string         `json:"cost_price_tax"`
	IsRefunded            bool           `json:"is_refunded"`
	QuantityRefunded      int            `json:"quantity_refunded"`
	RefundAmount          string         `json:"refund_amount"` // deprecated, always zero
	ReturnID              int64          `json:"return_id"`
	WrappingID            int64          `json:"wrapping_id"`
	WrappingName          string         `json:"wrapping_name"`
	BaseWrappingCost      string         `json:"base_wrapping_cost"`
	WrappingCostExTax     string         `json:"wrapping_cost_ex_tax"`
	WrappingCostIncTax    string         `json:"wrapping_cost_inc_tax"`
	WrappingCostTax       string         `json:"wrapping_cost_tax"`
	WrappingMessage       string         `json:"wrapping_message"`
	QuantityShipped       int            `json:"quantity_shipped"`
	EventName             *string        `json:"event_name"`
	EventDate             *string        `json:"event_date"`
	FixedShippingCost     string         `json:"fixed_shipping_cost"`
	EbayItemID            string         `json:"ebay_item_id"`
	EbayTransactionID     string         `json:"ebay_transaction_id"`
	OptionSetID           *int64         `json:"option_set_id"`
	ParentOrderProductID  *int64         `json:"parent_order_product_id"`
	IsBundledProduct      bool           `json:"is_bundled_product"`
	BinPickingNumber      string         `json:"bin_picking_number"`
	ExternalID            *string        `json:"external_id"`
	Brand                 string         `json:"brand"`
	AppliedDiscounts      []discount     `json:"applied_discounts"`
	ProductOptions        []chosenOption `json:"product_options"`
	ConfigurableFields    []struct{}     `json:"configurable_fields"`
	GiftCertificateID     *int64         `json:"gift_certificate_id"`
	DiscountedTotalIncTax string         `json:"discounted_total_inc_tax"`
}

type discount struct {
	ID     string  `json:"id"`
	Amount string  `json:"amount"`
	Name   string  `json:"name"`
	Code   *string `json:"code"`
	Target string  `json:"target"`
}

type chosenOption struct {
	ID                   int64  `json:"id"`
	OptionID             int64  `json:"option_id"`
	OrderProductID       int64  `json:"order_product_id"`
	ProductOptionID      int64  `json:"product_option_id"`
	DisplayName          string `json:"display_name"`
	DisplayNameCustomer  string `json:"display_name_customer"`
	DisplayNameMerchant  string `json:"display_name_merchant"`
	DisplayValue         string `json:"display_value"`
	DisplayValueCustomer string `json:"display_value_customer"`
	DisplayValueMerchant string `json:"display_value_merchant"`
	Value                string `json:"value"`
	Type                 string `json:"type"`
	Name                 string `json:"name"`
	DisplayStyle         string `json:"display_style"`
}

type orderCoupon struct {
	ID       int64   `json:"id"`
	CouponID int64   `json:"coupon_id"`
	OrderID  int64   `json:"order_id"`
	Code     string  `json:"code"`
	Amount   string  `json:"amount"`
	Type     int     `json:"type"`
	Discount float64 `json:"discount"`
}

// orderStatus is a row of GET /order_statuses; Order is where it sorts.
type orderStatus struct {
	ID                int    `json:"id"`
	Name              string `json:"name"`
	SystemLabel       string `json:"system_label"`
	CustomLabel       string `json:"custom_label"`
	SystemDescription string `json:"system_description"`
	Order             int    `json:"order"`
}

// refund is orders.v3 `Refund`; amounts are numbers.
type refund struct {
	ID                         int64           `json:"id"`
	OrderID                    int64           `json:"order_id"`
	UserID                     int64           `json:"user_id"`
	Created                    offsetTime      `json:"created"`
	Reason                     string          `json:"reason"`
	TotalAmount                float64         `json:"total_amount"`
	TotalTax                   float64         `json:"total_tax"`
	UsesMerchantOverrideValues bool            `json:"uses_merchant_override_values"`
	Payments                   []refundPayment `json:"payments"`
	Items                      []refundItem    `json:"items"`
}

type refundPayment struct {
	ID              int64   `json:"id"`
	ProviderID      string  `json:"provider_id"`
	Amount          float64 `json:"amount"`
	Offline         bool    `json:"offline"`
	IsDeclined      bool    `json:"is_declined"`
	DeclinedMessage string  `json:"declined_message"`
}

type refundItem struct {
	ItemType        string   `json:"item_type"`
	ItemID          int64    `json:"item_id"`
	Quantity        int      `json:"quantity"`
	RequestedAmount *float64 `json:"requested_amount"`
}

// transaction is orders.v3 `Transaction` with the fields that every gateway has.
type transaction struct {
	ID                   int64    `json:"id"`
	OrderID              string   `json:"order_id"`
	Event                string   `json:"event"`
	Method               string   `json:"method"`
	Amount               float64  `json:"amount"`
	Currency             string   `json:"currency"`
	Gateway              string   `json:"gateway"`
	GatewayTransactionID string   `json:"gateway_transaction_id"`
	DateCreated          zuluTime `json:"date_created"`
	Test                 bool     `json:"test"`
	Status               string   `json:"status"`
	FraudReview          bool     `json:"fraud_review"`
}
