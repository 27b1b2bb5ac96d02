package bigcommerce

import "context"

// Values of a Script's fields.
const (
	ScriptKindSrc  = "src"
	ScriptKindTag  = "script_tag"
	LoadDefault    = "default"
	LoadAsync      = "async"
	LoadDefer      = "defer"
	LocationHead   = "head"
	LocationFooter = "footer"

	VisibilityStorefront        = "storefront"
	VisibilityAllPages          = "all_pages"
	VisibilityCheckout          = "checkout"
	VisibilityOrderConfirmation = "order_confirmation"

	ConsentEssential  = "essential"
	ConsentFunctional = "functional"
	ConsentAnalytics  = "analytics"
	ConsentTargeting  = "targeting"
	ConsentUnknown    = "unknown" // of a script made without one; never sent
)

// ScriptsService manages the scripts that this API account put into the
// storefront; those of others are invisible.
type ScriptsService struct{ service }

// Script is put into the pages of one channel (scripts.v3). UUID, APIClientID
// and the dates are the API's own and are not sent.
type Script struct {
	UUID        string `json:"uuid,omitempty"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Kind is src (with Src, without HTML) or script_tag (with HTML, without
	// Src, LoadMethod default).
	Kind string `json:"kind"`
	// HTML is at most 65,536 characters.
	HTML       string `json:"html,omitempty"`
	Src        string `json:"src,omitempty"`
	LoadMethod string `json:"load_method,omitempty"`
	Location   string `json:"location"`
	// Visibility all_pages and checkout need the Checkout Content scope.
	Visibility string `json:"visibility"`
	// ConsentCategory must be sent: "unknown" scripts do not render behind the
	// store's consent banner.
	ConsentCategory string `json:"consent_category"`
	Enabled         bool   `json:"enabled"`
	AutoUninstall   bool   `json:"auto_uninstall"`
	// ChannelID is the default channel if 0.
	ChannelID    int64     `json:"channel_id,omitempty"`
	APIClientID  string    `json:"api_client_id,omitempty"`
	DateCreated  Timestamp `json:"date_created,omitzero"`
	DateModified Timestamp `json:"date_modified,omitzero"`
}

// sent is the script without the fields that are the API's own.
func (s Script) sent() Script {
	s.UUID, s.APIClientID, s.DateCreated, s.DateModified = "", "", Timestamp{}, Timestamp{}
	return s
}

// List returns all scripts of this API account, of all channels.
// https://developer.bigcommerce.com/docs/rest-management/scripts (GET v3/content/scripts)
func (s *ScriptsService) List(ctx context.Context) ([]Script, error) {
	return listV3[Script](ctx, s.client, "/v3/content/scripts", nil)
}

// Create adds a script. There is no idempotency key: list first. Beyond 10
// scripts an account or 50 a channel the API refuses with an undocumented 4xx.
// https://developer.bigcommerce.com/docs/rest-management/scripts (POST v3/content/scripts)
func (s *ScriptsService) Create(ctx context.Context, script Script) (Script, error) {
	return sendV3[Script](ctx, s.client, "POST", "/v3/content/scripts", script.sent())
}

// Update replaces a script. Whether it may change the kind is not documented.
// https://developer.bigcommerce.com/docs/rest-management/scripts (PUT v3/content/scripts/{uuid})
func (s *ScriptsService) Update(ctx context.Context, uuid string, script Script) (Script, error) {
	return sendV3[Script](ctx, s.client, "PUT", "/v3/content/scripts/{id}", script.sent(), uuid)
}

// Delete removes a script; IsNotFound tells that it was gone already.
// https://developer.bigcommerce.com/docs/rest-management/scripts (DELETE v3/content/scripts/{uuid})
func (s *ScriptsService) Delete(ctx context.Context, uuid string) error {
	return s.client.remove(ctx, "/v3/content/scripts/{id}", uuid)
}
