package ometria

// Product is one product or one variant of a product; both share one space of
// ids (Product endpoint).
type Product struct {
	Merge        bool    `json:"@merge,omitempty"`
	ID           string  `json:"id"`
	Title        string  `json:"title,omitempty"`
	SKU          string  `json:"sku,omitempty"`
	Price        *Amount `json:"price,omitempty"`
	SpecialPrice *Amount `json:"special_price,omitempty"`
	URL          string  `json:"url,omitempty"`
	ImageURL     string  `json:"image_url,omitempty"`
	// IsActive false overrides every listing.
	IsActive  *bool  `json:"is_active,omitempty"`
	IsInStock *bool  `json:"is_in_stock,omitempty"`
	IsVariant *bool  `json:"is_variant,omitempty"`
	ParentID  string `json:"parent_id,omitempty"` // documented nowhere for pushes
	// Attributes are the full list each time, also with Merge (Merge page);
	// empty is sent as [], nil is left out.
	Attributes []Attribute `json:"attributes,omitzero"`
	Listings   []Listing   `json:"listings,omitempty"` // never on variants
	Properties Properties  `json:"properties,omitempty"`
}

// Listing is a product in one store.
type Listing struct {
	Store        string  `json:"store,omitempty"`
	Currency     string  `json:"currency,omitempty"` // ISO 4217
	Title        string  `json:"title,omitempty"`
	Price        *Amount `json:"price,omitempty"`
	SpecialPrice *Amount `json:"special_price,omitempty"`
	IsActive     *bool   `json:"is_active,omitempty"`
	URL          string  `json:"url,omitempty"`
	ImageURL     string  `json:"image_url,omitempty"`
}

// Type returns TypeProduct.
func (*Product) Type() Type { return TypeProduct }

// Key returns what identifies the product at Ometria.
func (p *Product) Key() Key { return Key{Type: TypeProduct, ID: p.ID} }

// MarshalJSON puts @type before the fields.
func (p Product) MarshalJSON() ([]byte, error) {
	type fields Product
	return marshal(struct {
		Type Type `json:"@type"`
		fields
	}{TypeProduct, fields(p)})
}
