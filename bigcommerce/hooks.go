package bigcommerce

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// HooksService manages the webhooks of this API account; those of others are
// invisible.
type HooksService struct{ service }

// Hook is a webhook subscription (webhooks.v3).
type Hook struct {
	ID        int64  `json:"id"`
	ClientID  string `json:"client_id"`
	StoreHash string `json:"store_hash"`
	Scope     string `json:"scope"`
	// Destination is https on port 443.
	Destination string `json:"destination"`
	// Headers come back with each delivery.
	Headers HookHeaders `json:"headers"`
	// IsActive is false after 48 hours of failures or 90 days without events.
	IsActive  bool      `json:"is_active"`
	CreatedAt Timestamp `json:"created_at"`
	UpdatedAt Timestamp `json:"updated_at"`
	// Status is active, inactive or deactivated; HooksService.Admin alone tells.
	Status string `json:"status,omitempty"`
}

// HookHeaders are sent back on each delivery. They hold our secret: never log them.
type HookHeaders map[string]string

// UnmarshalJSON reads an object; null and an empty array are no headers.
func (h *HookHeaders) UnmarshalJSON(data []byte) error {
	*h = nil
	if form(data) != "object" {
		return nil
	}
	var headers map[string]Text
	if err := json.Unmarshal(data, &headers); err != nil {
		return err
	}
	*h = make(HookHeaders, len(headers))
	for name, value := range headers {
		(*h)[name] = string(value)
	}
	return nil
}

// HookInput is what a hook is made or changed with. Empty fields are not sent,
// so an update may name one alone.
type HookInput struct {
	Scope       string            `json:"scope,omitempty"`
	Destination string            `json:"destination,omitempty"`
	IsActive    *bool             `json:"is_active,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
}

// secrets are the values of the headers, the longest first: one may hold another.
func (i HookInput) secrets() []string {
	return slices.SortedFunc(maps.Values(i.Headers), func(a, b string) int { return len(b) - len(a) })
}

// HookAdmin is how deliveries fare.
type HookAdmin struct {
	Emails         []string        `json:"emails"`
	Hooks          []Hook          `json:"hooks_list"`
	BlockedDomains []BlockedDomain `json:"blocked_domains"`
}

// BlockedDomain is one that gets no deliveries for now.
type BlockedDomain struct {
	Destination string `json:"destination"`
	// TimeLeft is in seconds.
	TimeLeft Int `json:"time_left"`
}

// List returns all hooks of this API account.
// https://developer.bigcommerce.com/docs/rest-management/webhooks (GET v3/hooks)
func (s *HooksService) List(ctx context.Context) ([]Hook, error) {
	return listV3[Hook](ctx, s.client, "/v3/hooks", nil)
}

// Create adds a hook, active unless input says otherwise. The answer to a
// duplicate is not documented: list first.
// https://developer.bigcommerce.com/docs/rest-management/webhooks (POST v3/hooks)
func (s *HooksService) Create(ctx context.Context, input HookInput) (Hook, error) {
	if input.IsActive == nil {
		input.IsActive = new(true)
	}
	return dataV3[Hook](ctx, s.client, request{method: http.MethodPost, route: "/v3/hooks", body: input, secrets: input.secrets()})
}

// Update changes the fields of input that are set; is_active true revives a
// deactivated hook.
// https://developer.bigcommerce.com/docs/rest-management/webhooks (PUT v3/hooks/{id})
func (s *HooksService) Update(ctx context.Context, id int64, input HookInput) (Hook, error) {
	return dataV3[Hook](ctx, s.client, request{
		method: http.MethodPut, route: "/v3/hooks/{id}", ids: []any{id}, body: input, secrets: input.secrets(),
	})
}

// Delete removes a hook; IsNotFound tells that it was gone already.
// https://developer.bigcommerce.com/docs/rest-management/webhooks (DELETE v3/hooks/{id})
func (s *HooksService) Delete(ctx context.Context, id int64) error {
	return s.client.remove(ctx, "/v3/hooks/{id}", id)
}

// Admin returns how deliveries fare: hooks with their status, and domains that
// are blocked for now.
// https://developer.bigcommerce.com/docs/rest-management/webhooks/admin (GET v3/hooks/admin)
func (s *HooksService) Admin(ctx context.Context) (HookAdmin, error) {
	return getV3[HookAdmin](ctx, s.client, "/v3/hooks/admin", nil)
}

// String hides the values: they hold the secret.
func (h HookHeaders) String() string { return strconv.Itoa(len(h)) + " headers" }

// LogValue hides the values.
func (h HookHeaders) LogValue() slog.Value { return slog.StringValue(h.String()) }
