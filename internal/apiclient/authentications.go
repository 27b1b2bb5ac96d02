package apiclient

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// NewAuthentication is the body that creates an authentication.
type NewAuthentication struct {
	Name          string `json:"name"`
	OmetriaAPIKey string `json:"ometria_api_key"`
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret,omitempty"`
	AccessToken   string `json:"access_token"`
	StoreHash     string `json:"store_hash"`
}

// Authentication is one pair of accounts, without its secrets.
type Authentication struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	StoreHash string    `json:"store_hash"`
	ClientID  string    `json:"client_id"`
	CreatedAt time.Time `json:"created_at"`
}

// OrderStatus is one of the store's, with the merchant's label.
type OrderStatus struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	CustomLabel string `json:"custom_label"`
}

// Check is one thing tried against a remote account.
type Check struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
}

// Report is what testing an authentication found.
type Report struct {
	OK     bool    `json:"ok"`
	Checks []Check `json:"checks"`
	Store  *struct {
		Store
		Timezone string `json:"timezone"`
		Theme    string `json:"theme"` // stencil, blueprint, headless or unknown
	} `json:"store"`
	Currencies  []string     `json:"currencies"`
	Collections []Collection `json:"collections"`
}

// Collection is a source of contacts in an Ometria account.
type Collection struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

func authenticationPath(id string) string { return "/v1/authentications/" + url.PathEscape(id) }

// CreateAuthentication stores a pair of accounts.
func (c *Client) CreateAuthentication(ctx context.Context, in NewAuthentication) (a Authentication, err error) {
	return a, c.call(ctx, http.MethodPost, "/v1/authentications", nil, in, &a)
}

// Authentications yields every authentication.
func (c *Client) Authentications(ctx context.Context) iter.Seq2[Authentication, error] {
	return List[Authentication](ctx, c, "/v1/authentications", nil)
}

// DeleteAuthentication forgets a pair of accounts that no connection uses.
func (c *Client) DeleteAuthentication(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, authenticationPath(id), nil, nil, nil)
}

// OrderStatuses returns the store's own order statuses.
func (c *Client) OrderStatuses(ctx context.Context, id string) ([]OrderStatus, error) {
	var p page[OrderStatus]
	err := c.call(ctx, http.MethodGet, authenticationPath(id)+"/order-statuses", nil, nil, &p)
	return p.Data, err
}

// Authentication returns one authentication.
func (c *Client) Authentication(ctx context.Context, id string) (a Authentication, err error) {
	return a, c.call(ctx, http.MethodGet, authenticationPath(id), nil, nil, &a)
}

// TestAuthentication tries each credential and scope.
func (c *Client) TestAuthentication(ctx context.Context, id string) (r Report, err error) {
	return r, c.call(ctx, http.MethodPost, authenticationPath(id)+"/test", nil, nil, &r)
}

// Token says what the client's token may do.
type Token struct {
	Role string `json:"role"`
	Name string `json:"name"`
}

// Token asks who the client's token makes it.
func (c *Client) Token(ctx context.Context) (t Token, err error) {
	return t, c.call(ctx, http.MethodGet, "/v1/token", nil, nil, &t)
}
