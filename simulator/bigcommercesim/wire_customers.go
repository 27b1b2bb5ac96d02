package bigcommercesim

// customer is customers.v3 `customer_Full` with what include= adds.
type customer struct {
	ID                                      int64         `json:"id"`
	Email                                   string        `json:"email"`
	FirstName                               string        `json:"first_name"`
	LastName                                string        `json:"last_name"`
	Company                                 string        `json:"company"`
	Phone                                   string        `json:"phone"`
	Notes                                   string        `json:"notes"`
	TaxExemptCategory                       string        `json:"tax_exempt_category"`
	CustomerGroupID                         int64         `json:"customer_group_id"`
	RegistrationIPAddress                   string        `json:"registration_ip_address"`
	DateCreated                             zuluTime      `json:"date_created"`
	DateModified                            zuluTime      `json:"date_modified"`
	AddressCount                            int           `json:"address_count"`
	AttributeCount                          int           `json:"attribute_count"`
	Authentication                          forcedReset   `json:"authentication"`
	AcceptsProductReviewAbandonedCartEmails bool          `json:"accepts_product_review_abandoned_cart_emails"`
	OriginChannelID                         int64         `json:"origin_channel_id"`
	ChannelIDs                              []int64       `json:"channel_ids"`
	Addresses                               []address     `json:"addresses,omitzero"`
	Attributes                              []attribute   `json:"attributes,omitzero"`
	FormFields                              []formField   `json:"form_fields,omitzero"`
	StoreCreditAmounts                      []storeCredit `json:"store_credit_amounts,omitzero"`
}

type forcedReset struct {
	ForcePasswordReset bool `json:"force_password_reset"`
}

type storeCredit struct {
	Amount float64 `json:"amount"`
}

// address is customers.v3 `address_Full`.
type address struct {
	ID              int64       `json:"id"`
	CustomerID      int64       `json:"customer_id"`
	FirstName       string      `json:"first_name"`
	LastName        string      `json:"last_name"`
	Company         string      `json:"company"`
	Address1        string      `json:"address1"`
	Address2        string      `json:"address2"`
	City            string      `json:"city"`
	StateOrProvince string      `json:"state_or_province"`
	PostalCode      string      `json:"postal_code"`
	CountryCode     string      `json:"country_code"`
	Country         string      `json:"country"`
	Phone           string      `json:"phone"`
	AddressType     string      `json:"address_type"`
	FormFields      []formField `json:"form_fields,omitzero"`
}

// attribute is a customer's value of an attribute.
type attribute struct {
	ID             int64    `json:"id"`
	AttributeID    int64    `json:"attribute_id"`
	AttributeValue string   `json:"attribute_value"`
	CustomerID     int64    `json:"customer_id"`
	DateCreated    zuluTime `json:"date_created"`
	DateModified   zuluTime `json:"date_modified"`
}

// attributeDefinition is a row of GET customers/attributes.
type attributeDefinition struct {
	ID           int64    `json:"id"`
	Name         string   `json:"name"`
	Type         string   `json:"type"`
	DateCreated  zuluTime `json:"date_created"`
	DateModified zuluTime `json:"date_modified"`
}

// formField is a value; it is a string, a number or a list of strings, and
// belongs to a customer or to an address.
type formField struct {
	Name       string `json:"name"`
	Value      any    `json:"value"`
	CustomerID int64  `json:"customer_id,omitempty"`
	AddressID  int64  `json:"address_id,omitempty"`
}

// subscriber is subscribers.v3 `subscriber_Full`.
type subscriber struct {
	ID           int64    `json:"id"`
	Email        string   `json:"email"`
	FirstName    string   `json:"first_name"`
	LastName     string   `json:"last_name"`
	Source       string   `json:"source"`
	OrderID      *int64   `json:"order_id"`
	ChannelID    int64    `json:"channel_id"`
	Consents     []string `json:"consents"`
	DateCreated  zuluTime `json:"date_created"`
	DateModified zuluTime `json:"date_modified"`
}

// customerGroup is customers.v2 `customerGroup_Full`.
type customerGroup struct {
	ID               int64          `json:"id"`
	Name             string         `json:"name"`
	IsDefault        bool           `json:"is_default"`
	CategoryAccess   categoryAccess `json:"category_access"`
	DiscountRules    []discountRule `json:"discount_rules"`
	DateCreated      string         `json:"date_created"`
	DateModified     string         `json:"date_modified"`
	IsGroupForGuests bool           `json:"is_group_for_guests"`
}

type categoryAccess struct {
	Type string `json:"type"`
}

type discountRule struct {
	Type   string `json:"type"`
	Method string `json:"method"`
	Amount string `json:"amount"`
}
