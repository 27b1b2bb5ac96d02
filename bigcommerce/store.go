package bigcommerce

import (
	"context"
	"encoding/json"
	"time"
)

// StoreService reads the store's own settings.
type StoreService struct{ service }

// StoreInformation is the store's profile (store_information.v2 GET /store).
type StoreInformation struct {
	Hash    string `json:"id"`
	StoreID Int    `json:"store_id"`
	Domain  string `json:"domain"`
	// SecureURL is the https origin of the storefront.
	SecureURL           string   `json:"secure_url"`
	ControlPanelBaseURL string   `json:"control_panel_base_url"`
	Status              string   `json:"status"`
	Name                string   `json:"name"`
	Country             string   `json:"country"`
	CountryCode         string   `json:"country_code"`
	Timezone            Timezone `json:"timezone"`
	Language            string   `json:"language"`
	// Currency is the code of the store's default currency.
	Currency              string        `json:"currency"`
	CurrencySymbol        string        `json:"currency_symbol"`
	DecimalPlaces         Int           `json:"decimal_places"`
	PlanName              string        `json:"plan_name"`
	PlanLevel             string        `json:"plan_level"`
	PlanIsTrial           bool          `json:"plan_is_trial"`
	IsPriceEnteredWithTax bool          `json:"is_price_entered_with_tax"`
	DefaultChannelID      Int           `json:"default_channel_id"`
	DefaultSiteID         Int           `json:"default_site_id"`
	Logo                  Logo          `json:"logo"`
	Features              StoreFeatures `json:"features"`
}

// Timezone is the store's own; offsets are seconds east of UTC.
type Timezone struct {
	Name          string `json:"name"`
	RawOffset     Int    `json:"raw_offset"`
	DSTOffset     Int    `json:"dst_offset"`
	DSTCorrection bool   `json:"dst_correction"`
}

// Logo is the store's logo; a store without one sends an empty array.
type Logo struct {
	URL string `json:"url"`
}

// UnmarshalJSON reads an object, and takes anything else for no logo.
func (l *Logo) UnmarshalJSON(data []byte) error {
	*l = Logo{}
	if form(data) != "object" {
		return nil
	}
	type plain Logo
	return json.Unmarshal(data, (*plain)(l))
}

// StoreFeatures says what the store has switched on.
type StoreFeatures struct {
	StencilEnabled                bool             `json:"stencil_enabled"`
	MultiStorefrontEnabled        bool             `json:"multi_storefront_enabled"`
	StorefrontLimits              StorefrontLimits `json:"storefront_limits"`
	ShopperConsentTrackingEnabled bool             `json:"shopper_consent_tracking_enabled"`
	CheckoutType                  string           `json:"checkout_type"`
	WishlistsEnabled              bool             `json:"wishlists_enabled"`
}

// StorefrontLimits bounds the number of storefronts.
type StorefrontLimits struct {
	Active                 Int `json:"active"`
	TotalIncludingInactive Int `json:"total_including_inactive"`
}

// CurrenciesService reads the store's currencies.
type CurrenciesService struct{ service }

// Currency is one that the store shows or sells in (currencies.v2).
type Currency struct {
	ID           int64  `json:"id"`
	Code         string `json:"currency_code"`
	ExchangeRate Money  `json:"currency_exchange_rate"`
	Name         string `json:"name"`
	CountryISO2  string `json:"country_iso2"`
	IsDefault    bool   `json:"is_default"`
	Enabled      bool   `json:"enabled"`
	// IsTransactional reports whether shoppers can pay in it; otherwise it is
	// for display alone.
	IsTransactional bool      `json:"is_transactional"`
	DecimalPlaces   Int       `json:"decimal_places"`
	LastUpdated     Timestamp `json:"last_updated"`
}

// Information returns the store's profile.
// https://developer.bigcommerce.com/docs/rest-management/store-information (GET v2/store)
func (s *StoreService) Information(ctx context.Context) (StoreInformation, error) {
	return getV2[StoreInformation](ctx, s.client, "/v2/store", nil)
}

// Time returns BigCommerce's clock, to the second. It needs no scope, so it
// shows whether token and store hash go together at all.
// https://developer.bigcommerce.com/docs/rest-management/store-information (GET v2/time)
func (s *StoreService) Time(ctx context.Context) (time.Time, error) {
	answer, err := getV2[struct {
		Time Timestamp `json:"time"`
	}](ctx, s.client, "/v2/time", nil)
	if err == nil && answer.Time.IsZero() {
		return time.Time{}, &DecodeError{Route: "/v2/time", Reason: "time is missing"}
	}
	return answer.Time.Time, err
}

// Currencies returns all currencies of the store: a shorthand for
// Currencies.List.
func (s *StoreService) Currencies(ctx context.Context) ([]Currency, error) {
	return s.client.Currencies.List(ctx)
}

// List returns all currencies of the store.
// https://developer.bigcommerce.com/docs/rest-management/currencies (GET v2/currencies)
func (s *CurrenciesService) List(ctx context.Context) ([]Currency, error) {
	return listV2[Currency](ctx, s.client, "/v2/currencies", nil)
}
