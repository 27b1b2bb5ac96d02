package bigcommerce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Access is what a token may do. No endpoint lists it: each is tried.
type Access string

// What this integration needs. The last two are optional.
const (
	// AccessStore needs no scope: it shows that token and store hash go together.
	AccessStore       Access = "store"
	AccessInformation Access = "information"
	AccessCustomers   Access = "customers"
	AccessOrders      Access = "orders"
	AccessProducts    Access = "products"
	AccessContent     Access = "content" // modify
	AccessHooks       Access = "hooks"
	AccessChannels    Access = "channels"
	AccessSites       Access = "sites"
)

// Probe tries the cheapest call that needs access, and returns nil if the token
// has it. IsUnauthorized, IsForbidden and IsUnknownRoute tell what it lacks; a
// 403 from every probe is a wrong store hash or a dead token, not a scope.
// https://developer.bigcommerce.com/docs/start/authentication/api-accounts (scopes)
func (c *Client) Probe(ctx context.Context, access Access) error {
	one := query{{"limit", "1"}}
	var err error
	switch access {
	case AccessStore:
		_, err = c.Store.Time(ctx)
	case AccessInformation:
		_, err = c.Store.Information(ctx)
	case AccessCustomers:
		_, err = pageV3[Customer](ctx, c, "/v3/customers", one)
	case AccessOrders:
		_, err = c.Orders.Statuses(ctx)
	case AccessProducts:
		_, err = pageV3[Product](ctx, c, "/v3/catalog/products", query{{"limit", "1"}, {"include_fields", "name"}})
	case AccessContent:
		err = c.Scripts.ProbeModify(ctx)
	case AccessHooks:
		_, err = pageV3[Hook](ctx, c, "/v3/hooks", one)
	case AccessChannels:
		_, err = pageV3[Channel](ctx, c, "/v3/channels", one)
	case AccessSites:
		_, err = pageV3[Site](ctx, c, "/v3/sites", one)
	default:
		err = errors.New("no such access")
	}
	if err != nil {
		return fmt.Errorf("probe %s: %w", access, err)
	}
	return nil
}

// ProbeModify returns nil if the token may write scripts. It posts a script
// without a name, which is refused with 422, or 400, when it may and with 403
// when it may not; nothing is created.
// https://developer.bigcommerce.com/docs/rest-management/scripts (POST v3/content/scripts)
func (s *ScriptsService) ProbeModify(ctx context.Context) error {
	made, err := sendV3[Script](ctx, s.client, http.MethodPost, "/v3/content/scripts", struct{}{})
	if e, ok := errors.AsType[*APIError](err); ok {
		switch e.Status {
		case http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity:
			return nil
		}
	}
	if err == nil && made.UUID != "" {
		return s.Delete(ctx, made.UUID)
	}
	return err
}
