package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// problem is an RFC 9457 answer and, inside the package, the error that asks
// for it. Cause is logged and never shown.
type problem struct {
	Type   string                  `json:"type"`
	Title  string                  `json:"title"`
	Status int                     `json:"status"`
	Detail string                  `json:"detail"`
	Errors []connection.FieldError `json:"errors"`
	// ConnectionID names the connection that stands in the way of a new one.
	ConnectionID connection.ID `json:"connection_id,omitempty"`
	// Code says how it does: one of the kinds of store.ConflictError.
	Code string `json:"code,omitempty"`

	retryAfter time.Duration
	cause      error
}

func (p *problem) Error() string {
	if p.cause != nil {
		return p.Title + ": " + p.cause.Error()
	}
	return p.Title
}

func (p *problem) Unwrap() error { return p.cause }

// kind is one sort of problem: the table from error to status.
type kind struct {
	status int
	name   string // ends the problem's type
	title  string
}

var (
	kindMalformed    = kind{http.StatusBadRequest, "malformed-request", "The request cannot be read"}
	kindUnauthorized = kind{http.StatusUnauthorized, "unauthorized", "No valid token"}
	kindForbidden    = kind{http.StatusForbidden, "forbidden", "The token's role does not allow this"}
	kindNotFound     = kind{http.StatusNotFound, "not-found", "Not found"}
	kindMethod       = kind{http.StatusMethodNotAllowed, "method-not-allowed", "Method not allowed"}
	kindConflict     = kind{http.StatusConflict, "conflict", "Conflict with what exists"}
	kindStale        = kind{http.StatusPreconditionFailed, "stale", "Changed since it was read"}
	kindTooLarge     = kind{http.StatusRequestEntityTooLarge, "too-large", "The body is too large"}
	kindMediaType    = kind{http.StatusUnsupportedMediaType, "unsupported-media-type", "The body is not JSON"}
	kindInvalid      = kind{http.StatusUnprocessableEntity, "invalid-fields", "Some fields are not valid"}
	kindKeyReused    = kind{http.StatusUnprocessableEntity, "idempotency-key-reused", "The idempotency key was used for another request"}
	kindPrecondition = kind{http.StatusPreconditionRequired, "precondition-required", "If-Match is missing"}
	kindInternal     = kind{http.StatusInternalServerError, "internal", "Internal error"}
	kindRemote       = kind{http.StatusBadGateway, "remote-account", "A remote account did not answer as needed"}
	kindUnavailable  = kind{http.StatusServiceUnavailable, "unavailable", "Not available at the moment"}
)

func newProblem(k kind, detail string) *problem {
	return &problem{
		Type: "urn:ometria-bigcommerce:problem:" + k.name, Title: k.title, Status: k.status,
		Detail: detail, Errors: []connection.FieldError{},
	}
}

func notFound(detail string) *problem { return newProblem(kindNotFound, detail) }

func invalid(fields ...connection.FieldError) *problem {
	p := newProblem(kindInvalid, "see errors for each field and what it takes")
	p.Errors = fields
	return p
}

// unavailable asks the caller to come again.
func unavailable(detail string, retryAfter time.Duration, cause error) *problem {
	p := newProblem(kindUnavailable, detail)
	p.retryAfter, p.cause = retryAfter, cause
	return p
}

// remoteFailed says that an account outside did not answer; what to do is for
// a person.
func remoteFailed(detail string, cause error) *problem {
	p := newProblem(kindRemote, detail)
	p.cause = cause
	return p
}

// problemOf finds the problem that an error stands for. What it does not know
// is a 500 without details.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if fields, ok := errors.AsType[connection.ValidationError](err); ok {
		return invalid(fields...)
	}
	if conflict, ok := errors.AsType[*store.ConflictError](err); ok {
		p := newProblem(kindConflict, conflict.Error())
		p.ConnectionID, p.Code = conflict.ConnectionID, conflict.Kind
		return p
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return newProblem(kindTooLarge, "send a smaller body")
	}
	switch {
	case errors.Is(err, store.ErrBadCursor):
		return invalid(badCursor)
	case errors.Is(err, store.ErrNotFound):
		return notFound("there is no such resource, or it was removed")
	case errors.Is(err, store.ErrStale):
		return newProblem(kindStale, "it changed since it was read: read it again and repeat the change with the new ETag")
	case errors.Is(err, store.ErrInUse):
		return newProblem(kindConflict, "a connection uses this authentication, or has still to remove what it made with it: replace it there, or remove the connection, first")
	case errors.Is(err, store.ErrRemoving):
		return beingRemoved()
	case errors.Is(err, store.ErrInProgress):
		p := newProblem(kindConflict, "a request with this Idempotency-Key is still in progress: wait for its answer")
		p.retryAfter = time.Second
		return p
	case errors.Is(err, store.ErrReused):
		return newProblem(kindKeyReused, "use a new Idempotency-Key for a new request")
	case errors.Is(err, context.Canceled): // nobody is left to read it
		return unavailable("the caller went away", 0, nil)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, store.ErrClosed):
		return unavailable("the answer took too long: try again", 5*time.Second, err)
	}
	if store.IsUnreachable(err) {
		return unavailable("what the service needs does not answer at the moment, such as its database: try again", 5*time.Second, err)
	}
	p := newProblem(kindInternal, "something went wrong on our side; the log has the cause")
	p.cause = err
	return p
}

func (p *problem) response() response {
	r := response{Status: p.Status, Body: p}
	if p.retryAfter > 0 {
		r.RetryAfter = p.retryAfter
	}
	return r
}

// fail writes the problem that err stands for and ends the request.
func (a *api) fail(c *gin.Context, err error) {
	p := problemOf(err)
	a.logProblem(c, p)
	r, encodeErr := p.response().encode()
	if encodeErr != nil { // cannot happen: a problem is plain strings
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	r.write(c)
	c.Abort()
}

func (a *api) logProblem(c *gin.Context, p *problem) {
	switch {
	case p.Status == http.StatusInternalServerError:
		a.Logger.ErrorContext(c.Request.Context(), "request failed", "route", c.FullPath(), "status", p.Status, "err", p.cause)
	case p.cause != nil:
		a.Logger.WarnContext(c.Request.Context(), "request not served", "route", c.FullPath(), "status", p.Status, "err", p.cause)
	}
}

// response is what an endpoint answers with. Body is written as JSON; a
// *problem as problem+json.
type response struct {
	Status     int
	Body       any
	ETag       string
	Location   string
	RetryAfter time.Duration
}

// encoded is a response ready for the wire, and for being kept under an
// idempotency key.
type encoded struct {
	status int
	header http.Header
	body   []byte
}

func (r response) encode() (encoded, error) {
	out := encoded{status: r.Status, header: http.Header{}}
	if r.Body != nil {
		body, err := json.Marshal(r.Body)
		if err != nil {
			return encoded{}, err
		}
		out.body = append(body, '\n')
		out.header.Set("Content-Type", "application/json; charset=utf-8")
		if _, ok := r.Body.(*problem); ok {
			out.header.Set("Content-Type", "application/problem+json")
		}
	}
	if r.ETag != "" {
		out.header.Set("ETag", r.ETag)
	}
	if r.Location != "" {
		out.header.Set("Location", r.Location)
	}
	if r.RetryAfter > 0 {
		out.header.Set("Retry-After", strconv.Itoa(int((r.RetryAfter+time.Second-1)/time.Second)))
	}
	return out, nil
}

func (e encoded) write(c *gin.Context) {
	header := c.Writer.Header()
	for name, values := range e.header {
		header[name] = values
	}
	c.Writer.WriteHeader(e.status)
	_, _ = c.Writer.Write(e.body) // the caller has gone: nobody is left to tell
}
