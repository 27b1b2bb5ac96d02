package bigcommerce

import "context"

// Values of a Channel's fields (channels.v3).
const (
	ChannelStorefront   = "storefront"  // a Channel's Type
	PlatformBigCommerce = "bigcommerce" // Stencil or Blueprint: pages that BigCommerce makes
	PlatformCatalyst    = "catalyst"    // BigCommerce's headless storefront on Next.js
)

// ChannelsService reads where the store sells.
type ChannelsService struct{ service }

// Channel is a storefront, a marketplace, a point of sale... (channels.v3).
type Channel struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	// Type is storefront, marketplace, pos or marketing.
	Type string `json:"type"`
	// Platform is bigcommerce for a Stencil or Blueprint theme; catalyst, next,
	// wordpress, custom... for headless ones.
	Platform string `json:"platform"`
	// Status is active, prelaunch, inactive, connected, disconnected, archived,
	// deleted or terminated.
	Status       string    `json:"status"`
	ExternalID   Text      `json:"external_id"`
	IsVisible    bool      `json:"is_visible"`
	DateCreated  Timestamp `json:"date_created"`
	DateModified Timestamp `json:"date_modified"`
}

// ChannelFilter narrows Channels.List. The zero value asks for all.
type ChannelFilter struct {
	// Available leaves out channels that are inactive or gone.
	Available bool
	// Types keeps channels of these types, such as "storefront".
	Types []string
}

// CurrencyAssignment says in which currencies a channel sells.
type CurrencyAssignment struct {
	ChannelID         int64    `json:"channel_id"`
	EnabledCurrencies []string `json:"enabled_currencies"`
	DefaultCurrency   string   `json:"default_currency"`
}

// List returns all channels.
// https://developer.bigcommerce.com/docs/rest-management/channels (GET v3/channels)
func (s *ChannelsService) List(ctx context.Context, filter ChannelFilter) ([]Channel, error) {
	var q query
	if filter.Available {
		q.add("available", "true")
	}
	q.list("type:in", filter.Types)
	return listV3[Channel](ctx, s.client, "/v3/channels", q)
}

// CurrencyAssignments returns the currencies of every channel.
// https://developer.bigcommerce.com/docs/rest-management/channels/currency-assignments (GET v3/channels/currency-assignments)
func (s *ChannelsService) CurrencyAssignments(ctx context.Context) ([]CurrencyAssignment, error) {
	return onceV3[CurrencyAssignment](ctx, s.client, "/v3/channels/currency-assignments")
}

// SitesService reads the domains of channels.
type SitesService struct{ service }

// Site binds a domain to a channel (sites.v3).
type Site struct {
	ID        int64     `json:"id"`
	ChannelID int64     `json:"channel_id"`
	URL       string    `json:"url"`
	URLs      []SiteURL `json:"urls"`
}

// SiteURL is one address of a site; Type is primary, canonical or checkout.
type SiteURL struct {
	URL  string `json:"url"`
	Type string `json:"type"`
}

// List returns all sites.
// https://developer.bigcommerce.com/docs/rest-management/sites (GET v3/sites)
func (s *SitesService) List(ctx context.Context) ([]Site, error) {
	return listV3[Site](ctx, s.client, "/v3/sites", nil)
}
