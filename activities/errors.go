package activities

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
)

// Waits where the remote side does not say how long.
const (
	platformLoadWait = time.Minute
	throttledWait    = 2 * time.Second
)

// claimedElsewhere means that another push of the record is on its way, or one
// with an unknown outcome has not expired yet.
type claimedElsewhere struct{ retryIn time.Duration }

func (claimedElsewhere) Error() string { return "another push of this record is on its way" }

// temporalError turns an error of a client, the pacer or the store into what
// Temporal should do about it. Waiting for a budget is expected and alarms
// nobody. Unknown errors are retried; only the named failures, made where they
// are found, are not.
func temporalError(err error) error {
	if err == nil {
		return nil
	}
	wait, kind := waitFor(err)
	if kind == "" {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(err.Error(), kind, temporal.ApplicationErrorOptions{
		NextRetryDelay: spread(wait), Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// triedAgain is temporalError for one record's sync: what is not expected is
// tried again after wait. What no retry helps stays as it is.
func triedAgain(err error, wait time.Duration) error {
	if _, named := errors.AsType[*temporal.ApplicationError](err); named || err == nil || expected(err) {
		return temporalError(err)
	}
	return temporal.NewApplicationErrorWithOptions(err.Error(), attemptCode(err), temporal.ApplicationErrorOptions{NextRetryDelay: wait})
}

// expected reports whether err only means to wait: for the budget, or for
// another push of the same record. Nothing is wrong with the record then.
func expected(err error) bool {
	_, kind := waitFor(err)
	return kind != ""
}

// waitFor names what is waited for, and how long; an empty kind is none of it.
func waitFor(err error) (wait time.Duration, kind string) {
	if e, ok := errors.AsType[*pacing.WaitError](err); ok {
		return e.RetryIn, "BudgetSpent"
	}
	if e, ok := errors.AsType[*bigcommerce.QuotaError](err); ok {
		if e.PlatformLoad {
			return platformLoadWait, "QuotaExhausted"
		}
		return e.ResetIn, "QuotaExhausted"
	}
	if e, ok := errors.AsType[*ometria.ThrottledError](err); ok {
		return max(e.RetryIn, throttledWait), "Throttled"
	}
	if e, ok := errors.AsType[claimedElsewhere](err); ok {
		return e.retryIn, "ClaimedElsewhere"
	}
	if _, ok := errors.AsType[crowded](err); ok {
		return crowdedWait, "Crowded"
	}
	return 0, ""
}

// failure is a named failure that no retry helps. Its message says what a
// person does next.
func failure(kind, message string) error {
	return temporal.NewNonRetryableApplicationError(message, kind, nil)
}

// blameStore returns how to park the connection when err, which came from a
// read of the store, is the fault of the account or the whole service; nil
// when only the request at hand is concerned.
func blameStore(err error) *connection.Parked {
	switch {
	case err == nil:
		return nil
	case bigcommerce.IsUnauthorized(err), bigcommerce.IsForbidden(err):
		return &connection.Parked{
			Code:   connection.BigCommerceCredentials,
			Detail: "BigCommerce refuses the access token or a scope of it: test the authentication. If the API account was changed or deleted, create a new one, and replace the authentication of this connection by one with its token.",
		}
	case bigcommerce.IsUnavailable(err), bigcommerce.IsUnknownRoute(err), notDialled(err):
		return storeUnavailable()
	}
	return nil
}

func storeUnavailable() *connection.Parked {
	return &connection.Parked{
		Code:   connection.BigCommerceUnavailable,
		Detail: "The store does not answer: it may be down, suspended or in maintenance. We try again by ourselves.",
	}
}

// blameOmetria is the same for a push.
func blameOmetria(err error) *connection.Parked {
	_, called := errors.AsType[*callError](err)
	switch {
	case !called:
		return nil
	case ometria.IsCredentials(err):
		return &connection.Parked{
			Code:   connection.OmetriaCredentials,
			Detail: "Ometria refuses the API key: check whether it was revoked. If so, replace the authentication of this connection by one with a new key, which can need 10 minutes before it works.",
		}
	case ometria.IsUnavailable(err):
		return ometriaUnavailable()
	}
	return nil
}

func ometriaUnavailable() *connection.Parked {
	return &connection.Parked{
		Code:   connection.OmetriaUnavailable,
		Detail: "Ometria does not answer. We try again by ourselves.",
	}
}

// blame is blameStore and blameOmetria for an error of this session, which also
// tells a service that hangs, breaks off or answers 5xx from one that does so at
// a single request: of the former, the smallest read fares no better.
func (s *session) blame(ctx context.Context, err error) *connection.Parked {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	if blamed := blameStore(err); blamed != nil {
		return blamed
	}
	if blamed := blameOmetria(err); blamed != nil {
		return blamed
	}
	small, cancel := context.WithTimeout(ctx, hangsAfter)
	defer cancel()
	if storeAils(err) {
		if _, err := s.accounts.BigCommerce.Store.Time(small); blameStore(err) != nil || storeAils(err) || small.Err() != nil {
			return storeUnavailable()
		}
	}
	if call, ok := errors.AsType[*callError](err); ok && call.outcomeUnknown() {
		if err := s.accounts.Ometria.Check(small); err != nil && (ometria.IsUnavailable(err) || !ometria.DidNothing(err)) || small.Err() != nil {
			return ometriaUnavailable()
		}
	}
	return nil
}

// storeAils reports whether a request to BigCommerce failed in a way that may be
// the whole store's: it hung, broke off, or was answered with a 5xx.
func storeAils(err error) bool {
	if refused, ok := errors.AsType[*bigcommerce.APIError](err); ok {
		return refused.Status >= http.StatusInternalServerError
	}
	_, unanswered := errors.AsType[*bigcommerce.TransportError](err)
	return unanswered
}

// hangsAfter is how long the smallest read may take before its service is taken
// for one that hangs.
const hangsAfter = 8 * time.Second

// notDialled reports whether the client could not even connect. Errors of our
// own database, which may come through the client's budget hook, do not count.
func notDialled(err error) bool {
	transport, ok := errors.AsType[*bigcommerce.TransportError](err)
	if !ok {
		return false
	}
	if op, ok := errors.AsType[*net.OpError](transport.Err); ok && op.Op == "dial" {
		return true
	}
	_, dns := errors.AsType[*net.DNSError](transport.Err)
	return dns
}
