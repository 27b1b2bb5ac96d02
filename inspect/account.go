package inspect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
)

// AccountError says that a remote account did not answer as needed.
type AccountError struct {
	Account string // BigCommerce or Ometria
	Detail  string // what happened and what to do, for a person
	// RetryIn is when to come again, where the budget of calls is all that
	// stands in the way; 0 otherwise.
	RetryIn time.Duration
	Err     error
}

func (e *AccountError) Error() string { return fmt.Sprintf("ask %s: %v", e.Account, e.Err) }

// Unwrap returns the cause.
func (e *AccountError) Unwrap() error { return e.Err }

// scopes are what the control panel calls the right to read each entity.
var scopes = map[connection.Entity]string{
	connection.Customers: "Customers: read-only", connection.Subscribers: "Customers: read-only",
	connection.Orders: "Orders: read-only", connection.Products: "Products: read-only",
}

// storeError names what is wrong with the store's answer about an entity.
func storeError(entity connection.Entity, err error) error {
	e := &AccountError{Account: "BigCommerce", Detail: notNow("BigCommerce", err), RetryIn: retryIn(err), Err: err}
	switch {
	case bigcommerce.IsUnauthorized(err):
		e.Detail = "BigCommerce refuses the access token: create a new API account and an authentication with its token, then replace the connection's authentication by it"
	case bigcommerce.IsForbidden(err):
		e.Detail = "the access token lacks " + scopes[entity] + ", or the store hash is wrong: test the authentication to see which"
	case bigcommerce.IsUnknownRoute(err):
		e.Detail = "BigCommerce knows no such store: check the store hash of the authentication"
	}
	return e
}

// failed is the error of a read of the store.
func (a accounts) failed(ctx context.Context, entity connection.Entity, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.throttled(ctx, err)
	return storeError(entity, err)
}

// marketingError names what is wrong with Ometria's answer.
func marketingError(err error) error {
	e := &AccountError{Account: "Ometria", Detail: notNow("Ometria", err), RetryIn: retryIn(err), Err: err}
	if ometria.IsCredentials(err) {
		e.Detail = "Ometria refuses the API key: compare it with the one in Ometria's settings (API keys); " +
			"a new key can need 10 minutes before it works"
	}
	return e
}

// retryIn is how long to wait when a budget is spent, or 0.
func retryIn(err error) time.Duration {
	if wait, ok := errors.AsType[*pacing.WaitError](err); ok {
		return max(wait.RetryIn, time.Second)
	}
	if quota, ok := errors.AsType[*bigcommerce.QuotaError](err); ok {
		if quota.PlatformLoad {
			return time.Minute
		}
		return max(quota.ResetIn, time.Second)
	}
	if throttled, ok := errors.AsType[*ometria.ThrottledError](err); ok {
		return max(throttled.RetryIn, time.Second)
	}
	return 0
}
