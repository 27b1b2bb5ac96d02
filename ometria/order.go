package ometria

// Order is one order. Ometria asks for the whole order on each change (Orders
// endpoint); the partial form with Merge is only for one whose source is gone.
// Amounts include everything unless said otherwise.
type Order struct {
	Merge     bool   `json:"@merge,omitempty"`
	ID        string `json:"id"`
	WebID     string `json:"web_id,omitempty"` // the number the shopper sees, if it differs
	Timestamp Time   `json:"timestamp,omitzero"`
	Status    string `json:"status,omitempty"`
	// IsValid false takes the order out of revenue reports.
	IsValid         *bool      `json:"is_valid,omitempty"`
	GrandTotal      *Amount    `json:"grand_total,omitempty"` // with tax and shipping, after discounts
	Subtotal        *Amount    `json:"subtotal,omitempty"`    // after discount, without tax and shipping
	Discount        *Amount    `json:"discount,omitempty"`    // positive unless a setting says otherwise
	Shipping        *Amount    `json:"shipping,omitempty"`
	Tax             *Amount    `json:"tax,omitempty"`
	Currency        string     `json:"currency,omitempty"` // ISO 4217
	Customer        *Customer  `json:"customer,omitempty"`
	LineItems       []LineItem `json:"lineitems,omitzero"` // empty is sent as [], nil is left out
	Channel         string     `json:"channel,omitempty"`
	Store           string     `json:"store,omitempty"` // the same id as in listings and tag
	PaymentMethod   string     `json:"payment_method,omitempty"`
	ShippingMethod  string     `json:"shipping_method,omitempty"`
	ShippingAddress *Address   `json:"shipping_address,omitempty"`
	BillingAddress  *Address   `json:"billing_address,omitempty"`
	CouponCode      string     `json:"coupon_code,omitempty"`
	IPAddress       string     `json:"ip_address,omitempty"`
	Properties      Properties `json:"properties,omitempty"`
}

// Customer says whose order it is. ID is the contact's customer_id, not its
// id; a guest has an e-mail only.
type Customer struct {
	ID        string `json:"id,omitempty"`
	Email     string `json:"email,omitempty"`
	FirstName string `json:"firstname,omitempty"`
	LastName  string `json:"lastname,omitempty"`
}

// Address is as much of an address as Ometria keeps.
type Address struct {
	City        string `json:"city,omitempty"`
	State       string `json:"state,omitempty"`
	Postcode    string `json:"postcode,omitempty"`
	CountryCode string `json:"country_code,omitempty"` // ISO 3166-1 alpha-2
}

// LineItem is one line of an order. ProductID names the parent product.
type LineItem struct {
	ProductID        string      `json:"product_id"`
	VariantID        string      `json:"variant_id,omitempty"`
	VariantOptions   []Attribute `json:"variant_options,omitempty"`
	SKU              string      `json:"sku,omitempty"`
	Quantity         int64       `json:"quantity"`
	UnitPrice        *Amount     `json:"unit_price,omitempty"`
	Subtotal         *Amount     `json:"subtotal,omitempty"` // before tax
	Discount         *Amount     `json:"discount,omitempty"` // positive unless a setting says otherwise
	Tax              *Amount     `json:"tax,omitempty"`
	Total            *Amount     `json:"total,omitempty"` // after discount, with tax
	Refunded         *Amount     `json:"refunded,omitempty"`
	QuantityRefunded int64       `json:"quantity_refunded,omitempty"`
	Properties       Properties  `json:"properties,omitempty"`
}

// Type returns TypeOrder.
func (*Order) Type() Type { return TypeOrder }

// Key returns what identifies the order at Ometria.
func (o *Order) Key() Key { return Key{Type: TypeOrder, ID: o.ID} }

// MarshalJSON puts @type before the fields.
func (o Order) MarshalJSON() ([]byte, error) {
	type fields Order
	return marshal(struct {
		Type Type `json:"@type"`
		fields
	}{TypeOrder, fields(o)})
}
