package bigcommerce

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// APIError is an answer that refuses: any status but 2xx and 429. Its texts are
// bounded; secrets of the request, e-mail addresses, long numbers and what
// stands in quotes are masked in them.
type APIError struct {
	Status int
	// Code is the vendor's code, where an answer has one.
	Code string
	// Title is v3's; Message is v2's, or a gateway's text.
	Title   string
	Message string
	// Fields says what is wrong with which field. Its texts may repeat a value
	// that no mask knows: never log them.
	Fields map[string]string
	// RequestID names the request to BigCommerce's support.
	RequestID string
	// Route is the path with its ids replaced by {id}.
	Route string
	// FromAPI reports whether the body has the form of the API's own errors;
	// otherwise a gateway or something else in between answered.
	FromAPI bool
}

// Error names route, status, title and fields; of their texts it says only what
// are the vendor's own words.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: status %d", e.Route, e.Status)
	text := e.Title
	if text == "" {
		text = e.Message
	}
	if text == "" {
		text = http.StatusText(e.Status)
	}
	if text != "" {
		b.WriteString(": " + text)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		b.WriteString("; " + name)
		if text := e.Fields[name]; errorKey.MatchString(text) {
			b.WriteString(": " + text)
		}
	}
	return bounded(b.String())
}

// QuotaError is a 429.
type QuotaError struct {
	// ResetIn is how long to wait, or 0 when the answer does not say.
	ResetIn time.Duration
	// PlatformLoad reports a 429 without the quota headers: the platform is
	// overloaded, so back off for longer.
	PlatformLoad bool
	// Quota is what the headers said, unless PlatformLoad.
	Quota     Quota
	RequestID string
	Route     string
}

// Error says how long to wait.
func (e *QuotaError) Error() string {
	if e.PlatformLoad {
		return e.Route + ": status 429: platform load"
	}
	return fmt.Sprintf("%s: status 429: quota used up, resets in %s", e.Route, e.ResetIn)
}

// DecodeError is an answer that could not be read: cut short, not JSON, too
// large, or of another form. It never repeats what was sent.
type DecodeError struct {
	Route string
	// Field is the path of the field with another form than expected; it is ""
	// when the answer as a whole was damaged, which a retry may mend.
	Field  string
	Reason string
	Err    error
}

// Error names the field and what is wrong with it.
func (e *DecodeError) Error() string {
	text := e.Route + ": decode answer"
	if e.Field != "" {
		text += ": field " + e.Field
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return bounded(text)
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

func hasStatus(err error, status int) (*APIError, bool) {
	e, ok := errors.AsType[*APIError](err)
	return e, ok && e.Status == status
}

// IsNotFound reports whether the API itself said that the record is not there.
// A gateway's 404 is no such word: see IsUnknownRoute.
func IsNotFound(err error) bool {
	e, ok := hasStatus(err, http.StatusNotFound)
	return ok && !e.unknownRoute()
}

// IsUnknownRoute reports a 404 that is not about a record: the gateway knows no
// such path, so the store hash or the base URL is wrong.
func IsUnknownRoute(err error) bool {
	e, ok := hasStatus(err, http.StatusNotFound)
	return ok && e.unknownRoute()
}

func (e *APIError) unknownRoute() bool {
	text := strings.ToLower(e.Title + " " + e.Message)
	return !e.FromAPI || strings.Contains(text, "route is not found") || strings.Contains(text, "no route matched")
}

// IsUnauthorized reports a 401: token wrong or revoked.
func IsUnauthorized(err error) bool {
	_, ok := hasStatus(err, http.StatusUnauthorized)
	return ok
}

// IsForbidden reports a 403: a scope is missing, or, on every route alike, the
// store hash or the token is wrong.
func IsForbidden(err error) bool {
	_, ok := hasStatus(err, http.StatusForbidden)
	return ok
}

// IsUnavailable reports a 503: the store is down, suspended or upgraded, maybe
// for hours.
func IsUnavailable(err error) bool {
	_, ok := hasStatus(err, http.StatusServiceUnavailable)
	return ok
}

// IsTemporary reports whether the same request may succeed later without a
// person doing something. A cancelled context is not temporary.
func IsTemporary(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if _, ok := errors.AsType[*QuotaError](err); ok {
		return true
	}
	if e, ok := errors.AsType[*APIError](err); ok {
		switch e.Status {
		case http.StatusRequestTimeout, http.StatusLocked, http.StatusTooEarly, 499,
			http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return e.Status > 507
	}
	if e, ok := errors.AsType[*DecodeError](err); ok {
		return e.Field == ""
	}
	_, ok := errors.AsType[*TransportError](err)
	return ok
}

// TransportError is a request that got no whole answer: no connection, a
// connection that broke, a timeout.
type TransportError struct {
	Route string
	Err   error
}

// Error names the route and the cause, without the URL.
func (e *TransportError) Error() string { return e.Route + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }
