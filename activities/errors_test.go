package activities

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
)

func TestTemporalError(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		kind string
		wait time.Duration
	}{
		"budget":               {&pacing.WaitError{RetryIn: 40 * time.Second}, "BudgetSpent", 40 * time.Second},
		"store quota":          {&bigcommerce.QuotaError{ResetIn: 12 * time.Second}, "QuotaExhausted", 12 * time.Second},
		"platform load":        {&bigcommerce.QuotaError{PlatformLoad: true}, "QuotaExhausted", time.Minute},
		"ometria says when":    {&ometria.ThrottledError{RetryIn: 9 * time.Second}, "Throttled", 9 * time.Second},
		"ometria says nothing": {&ometria.ThrottledError{}, "Throttled", 2 * time.Second},
		"claimed elsewhere":    {claimedElsewhere{retryIn: 4 * time.Second}, "ClaimedElsewhere", 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			got := temporalError(fmt.Errorf("push page: %w", errors.Join(tc.err, errors.New("beside it"))))
			app, ok := errors.AsType[*temporal.ApplicationError](got)
			require.True(t, ok, "got %v", got)
			assert.Equal(t, tc.kind, app.Type())
			assert.GreaterOrEqual(t, app.NextRetryDelay(), tc.wait)
			assert.Less(t, app.NextRetryDelay(), tc.wait+max(tc.wait/10, 250*time.Millisecond), "a crowd does not come back at once")
			assert.False(t, app.NonRetryable())
			assert.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category(), "waiting for a budget alarms nobody")
		})
	}
	assert.NoError(t, temporalError(nil))
	plain := errors.New("anything else")
	assert.Equal(t, plain, temporalError(plain), "is tried again as it is")
}

func TestFailuresAreNotTriedAgain(t *testing.T) {
	app, ok := errors.AsType[*temporal.ApplicationError](failure(connection.FailureMissingScope, "grant it"))
	require.True(t, ok)
	assert.True(t, app.NonRetryable())
	assert.Equal(t, connection.FailureMissingScope, app.Type())
}

func refused(status int, fromAPI bool) error {
	return fmt.Errorf("read page: %w", &bigcommerce.APIError{Status: status, FromAPI: fromAPI, Title: "No"})
}

func TestBlameStore(t *testing.T) {
	dial := &bigcommerce.TransportError{Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	for name, tc := range map[string]struct {
		err  error
		code string // "" when only the request at hand is concerned
	}{
		"nothing":                  {nil, ""},
		"token refused":            {refused(401, true), connection.BigCommerceCredentials},
		"scope gone":               {refused(403, true), connection.BigCommerceCredentials},
		"store down":               {refused(503, false), connection.BigCommerceUnavailable},
		"gateway knows no store":   {refused(404, false), connection.BigCommerceUnavailable},
		"record gone":              {refused(404, true), ""},
		"bad request":              {refused(422, true), ""},
		"server error":             {refused(500, true), ""},
		"quota":                    {&bigcommerce.QuotaError{}, ""},
		"no connection":            {dial, connection.BigCommerceUnavailable},
		"no such host":             {&bigcommerce.TransportError{Err: &net.DNSError{}}, connection.BigCommerceUnavailable},
		"connection broke":         {&bigcommerce.TransportError{Err: &net.OpError{Op: "read", Err: errors.New("reset")}}, ""},
		"timeout":                  {&bigcommerce.TransportError{Err: context.DeadlineExceeded}, ""},
		"cancelled":                {context.Canceled, ""},
		"our database unreachable": {fmt.Errorf("await budget: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), ""},
	} {
		t.Run(name, func(t *testing.T) { assertBlamed(t, tc.code, blameStore(tc.err)) })
	}
}

func TestBlameOmetria(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		code string
	}{
		"key refused":   {&ometria.APIError{Status: 403}, connection.OmetriaCredentials},
		"key wrong":     {&ometria.APIError{Status: 401}, connection.OmetriaCredentials},
		"down":          {&ometria.APIError{Status: 503}, connection.OmetriaUnavailable},
		"gateway":       {&ometria.APIError{Status: 502}, connection.OmetriaUnavailable},
		"no connection": {&net.OpError{Op: "dial", Err: errors.New("refused")}, connection.OmetriaUnavailable},
		"gateway late":  {&ometria.APIError{Status: 504}, connection.OmetriaUnavailable},
		"server error":  {&ometria.APIError{Status: 500}, ""},
		"throttled":     {&ometria.ThrottledError{}, ""},
		"refused":       {&ometria.APIError{Status: 400}, ""},
		"cancelled":     {context.Canceled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			assertBlamed(t, tc.code, blameOmetria(fmt.Errorf("push page: %w", errors.Join(&callError{err: tc.err}, errors.New("release claims")))))
		})
	}
	database := fmt.Errorf("claim records: %w", &net.OpError{Op: "dial", Err: errors.New("refused")})
	assert.Nil(t, blameOmetria(database), "our own database is not Ometria")
	assert.Nil(t, blameOmetria(nil))
}

func assertBlamed(t *testing.T, code string, got *connection.Parked) {
	t.Helper()
	if code == "" {
		assert.Nil(t, got)
		return
	}
	require.NotNil(t, got)
	assert.Equal(t, code, got.Code)
	assert.NotEmpty(t, got.Detail)
}
