package connection

// FieldKind is where a merchant's own field comes from.
type FieldKind string

// The kinds of fields that become properties at Ometria.
const (
	FormField         FieldKind = "form_field"         // of the account signup form
	CustomerAttribute FieldKind = "customer_attribute" // made through BigCommerce's API
	CustomField       FieldKind = "custom_field"       // of a product
)

// FieldID names a merchant's own field: BigCommerce's REST API gives form
// fields and custom fields no id but their name.
type FieldID struct {
	Kind FieldKind `json:"kind"`
	Name string    `json:"name"`
}

// NewField is a field that wants a property key of its own.
type NewField struct {
	FieldID
	// Plain is the key that the name makes by itself, or "" for a name without
	// any letter or digit, which is never sent.
	Plain string
}

// SeenField is one field of one mapped record: what was sent of it, without its
// value.
type SeenField struct {
	FieldID
	Key  string // in properties; "" when the name makes none
	Type string // text, number, date or list
	// LeftOut reports that the properties had no room for it.
	LeftOut bool
}

// Types of a field's value.
const (
	FieldText   = "text"
	FieldNumber = "number"
	FieldDate   = "date"
	FieldList   = "list"
)

// Note is something a person may want to know of a mapped record. It never
// holds a value of the record.
type Note struct {
	Code string `json:"code"`
	// Key is the Ometria key, status id or path concerned.
	Key string `json:"key,omitempty"`
	// Source is the merchant's own name of the field, if there is one.
	Source string `json:"source,omitempty"`
}
