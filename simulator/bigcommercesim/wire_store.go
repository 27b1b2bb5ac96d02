package bigcommercesim

// storeInfo is GET v2/store.
type storeInfo struct {
	ID                      string        `json:"id"` // the store hash
	AccountUUID             string        `json:"account_uuid"`
	Domain                  string        `json:"domain"`
	SecureURL               string        `json:"secure_url"`
	ControlPanelBaseURL     string        `json:"control_panel_base_url"`
	Status                  string        `json:"status"`
	Name                    string        `json:"name"`
	FirstName               string        `json:"first_name"`
	LastName                string        `json:"last_name"`
	Address                 string        `json:"address"`
	Country                 string        `json:"country"`
	CountryCode             string        `json:"country_code"`
	Phone                   string        `json:"phone"`
	AdminEmail              string        `json:"admin_email"`
	OrderEmail              string        `json:"order_email"`
	FaviconURL              string        `json:"favicon_url"`
	Timezone                storeTimezone `json:"timezone"`
	Language                string        `json:"language"`
	Currency                string        `json:"currency"`
	CurrencySymbol          string        `json:"currency_symbol"`
	DecimalSeparator        string        `json:"decimal_separator"`
	ThousandsSeparator      string        `json:"thousands_separator"`
	DecimalPlaces           int           `json:"decimal_places"`
	CurrencySymbolLocation  string        `json:"currency_symbol_location"`
	WeightUnits             string        `json:"weight_units"`
	DimensionUnits          string        `json:"dimension_units"`
	DimensionDecimalPlaces  int           `json:"dimension_decimal_places"`
	DimensionDecimalToken   string        `json:"dimension_decimal_token"`
	DimensionThousandsToken string        `json:"dimension_thousands_token"`
	PlanName                string        `json:"plan_name"`
	PlanLevel               string        `json:"plan_level"`
	PlanIsTrial             bool          `json:"plan_is_trial"`
	Industry                string        `json:"industry"`
	Logo                    any           `json:"logo"` // an object, or [] when there is none
	IsPriceEnteredWithTax   bool          `json:"is_price_entered_with_tax"`
	StoreID                 int64         `json:"store_id"`
	DefaultChannelID        int64         `json:"default_channel_id"`
	DefaultSiteID           int64         `json:"default_site_id"`
	ActiveComparisonModules []string      `json:"active_comparison_modules"`
	Features                storeFeatures `json:"features"`
}

type storeTimezone struct {
	Name          string          `json:"name"`
	RawOffset     int             `json:"raw_offset"` // seconds
	DSTOffset     int             `json:"dst_offset"`
	DSTCorrection bool            `json:"dst_correction"`
	DateFormat    storeDateFormat `json:"date_format"`
}

type storeDateFormat struct {
	Display         string `json:"display"`
	Export          string `json:"export"`
	ExtendedDisplay string `json:"extended_display"`
}

type storeFeatures struct {
	StencilEnabled               bool             `json:"stencil_enabled"`
	SitewideHTTPSEnabled         bool             `json:"sitewidehttps_enabled"`
	FacebookCatalogID            string           `json:"facebook_catalog_id"`
	CheckoutType                 string           `json:"checkout_type"`
	WishlistsEnabled             bool             `json:"wishlists_enabled"`
	GraphqlStorefrontAPIEnabled  bool             `json:"graphql_storefront_api_enabled"`
	ShopperConsentTrackingActive bool             `json:"shopper_consent_tracking_enabled"`
	MultiStorefrontEnabled       bool             `json:"multi_storefront_enabled"`
	StorefrontLimits             storefrontLimits `json:"storefront_limits"`
}

type storefrontLimits struct {
	Active                 int `json:"active"`
	TotalIncludingInactive int `json:"total_including_inactive"`
}

// currency is a row of GET v2/currencies. A currency that is not
// transactional is for display alone.
type currency struct {
	ID                     int64    `json:"id"`
	IsDefault              bool     `json:"is_default"`
	LastUpdated            mailTime `json:"last_updated"`
	CountryISO2            string   `json:"country_iso2"`
	DefaultForCountryCodes []string `json:"default_for_country_codes"`
	CurrencyCode           string   `json:"currency_code"`
	CurrencyExchangeRate   string   `json:"currency_exchange_rate"`
	AutoUpdate             bool     `json:"auto_update"`
	TokenLocation          string   `json:"token_location"`
	Token                  string   `json:"token"`
	DecimalToken           string   `json:"decimal_token"`
	ThousandsToken         string   `json:"thousands_token"`
	DecimalPlaces          int      `json:"decimal_places"`
	Name                   string   `json:"name"`
	Enabled                bool     `json:"enabled"`
	IsTransactional        bool     `json:"is_transactional"`
	UseDefaultName         bool     `json:"use_default_name"`
}

// channel is channels.v3 `Channel`.
type channel struct {
	ID               int64    `json:"id"`
	ExternalID       string   `json:"external_id"`
	IsListableFromUI bool     `json:"is_listable_from_ui"`
	IsVisible        bool     `json:"is_visible"`
	Status           string   `json:"status"`
	Name             string   `json:"name"`
	Type             string   `json:"type"`
	Platform         string   `json:"platform"`
	DateCreated      zuluTime `json:"date_created"`
	DateModified     zuluTime `json:"date_modified"`
	IconURL          string   `json:"icon_url"`
}

type currencyAssignment struct {
	ChannelID         int64    `json:"channel_id"`
	EnabledCurrencies []string `json:"enabled_currencies"`
	DefaultCurrency   string   `json:"default_currency"`
}

// site is sites.v3 `Site`.
type site struct {
	ID                      int64     `json:"id"`
	URL                     string    `json:"url"`
	ChannelID               int64     `json:"channel_id"`
	CreatedAt               zuluTime  `json:"created_at"`
	UpdatedAt               zuluTime  `json:"updated_at"`
	SSLStatus               string    `json:"ssl_status"`
	URLs                    []siteURL `json:"urls"`
	IsCheckoutURLCustomized bool      `json:"is_checkout_url_customized"`
}

type siteURL struct {
	URL       string   `json:"url"`
	Type      string   `json:"type"`
	CreatedAt zuluTime `json:"created_at"`
	UpdatedAt zuluTime `json:"updated_at"`
}

// hook is webhooks.v3 `webhook_Resp`; times are Unix seconds.
type hook struct {
	ID          int64             `json:"id"`
	ClientID    string            `json:"client_id"`
	StoreHash   string            `json:"store_hash"`
	Scope       string            `json:"scope"`
	Destination string            `json:"destination"`
	Headers     map[string]string `json:"headers"`
	IsActive    bool              `json:"is_active"`
	CreatedAt   int64             `json:"created_at"`
	UpdatedAt   int64             `json:"updated_at"`
}

// script is scripts.v3 `script_Full`.
type script struct {
	UUID            string     `json:"uuid"`
	Name            string     `json:"name"`
	Description     string     `json:"description"`
	HTML            string     `json:"html"`
	Src             string     `json:"src"`
	AutoUninstall   bool       `json:"auto_uninstall"`
	LoadMethod      string     `json:"load_method"`
	Location        string     `json:"location"`
	Visibility      string     `json:"visibility"`
	Kind            string     `json:"kind"`
	APIClientID     string     `json:"api_client_id"`
	ConsentCategory string     `json:"consent_category"`
	Enabled         bool       `json:"enabled"`
	ChannelID       int64      `json:"channel_id"`
	IntegrityHashes []string   `json:"integrity_hashes,omitempty"`
	DateCreated     offsetTime `json:"date_created"`
	DateModified    offsetTime `json:"date_modified"`
}
