package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// empty is the body of requests that take none.
type empty struct{}

// request is what an endpoint gets. Ids in the path are well formed; which of
// them are set depends on the route.
type request[B any] struct {
	Body           B
	Role           Role
	Caller         string // name of the token, or empty
	Through        string // page, cli or api, as the caller says
	Authentication connection.AuthenticationID
	Connection     connection.ID
	Record         connection.RecordKey
	Query          url.Values
	IfMatch        string
}

// validator is a body that checks its own fields.
type validator interface {
	validate() connection.ValidationError
}

// endpoint does one thing. Its error becomes a problem.
type endpoint[B any] func(ctx context.Context, in request[B]) (response, error)

// handle is the one way from HTTP to an endpoint and back.
func handle[B any](a *api, do endpoint[B]) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := a.workContext(c)
		defer cancel()
		in, raw, err := read[B](a, c)
		if err != nil {
			a.fail(c, err)
			return
		}
		work := func() (response, error) {
			if err := in.decode(raw); err != nil {
				return response{}, err
			}
			return do(ctx, in)
		}
		if key := c.GetHeader("Idempotency-Key"); key != "" && c.Request.Method == http.MethodPost {
			a.once(ctx, c, key, raw, work)
			return
		}
		a.answer(c, work)
	}
}

// read reads everything of a request but the fields of its body.
func read[B any](a *api, c *gin.Context) (in request[B], raw []byte, err error) {
	caller := callerIn(c)
	in.Role, in.Caller, in.Through = caller.role, caller.name, throughOf(c.Request.UserAgent())
	in.Query, in.IfMatch = c.Request.URL.Query(), c.GetHeader("If-Match")
	if err := in.readPath(c); err != nil {
		return in, nil, err
	}
	raw, err = a.readBody(c)
	return in, raw, err
}

// answer does the work and writes its answer.
func (a *api) answer(c *gin.Context, work func() (response, error)) {
	out, err := a.run(c, work)
	if err != nil {
		a.fail(c, err)
		return
	}
	out.write(c)
}

// workContext bounds a request. A change that has begun is finished even when
// the caller goes away: half a change helps nobody.
func (a *api) workContext(c *gin.Context) (context.Context, context.CancelFunc) {
	ctx := c.Request.Context()
	if c.Request.Method != http.MethodGet {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithTimeout(ctx, a.RequestTimeout)
}

// run does the work and encodes its answer, or the problem it ended in.
func (a *api) run(c *gin.Context, work func() (response, error)) (encoded, error) {
	out, err := work()
	if err != nil {
		p := problemOf(err)
		a.logProblem(c, p)
		out = p.response()
	}
	e, err := out.encode()
	if err != nil {
		return encoded{}, fmt.Errorf("encode answer: %w", err)
	}
	return e, nil
}

// once runs the work of an idempotency key at most once in 24 hours and
// answers the same again when it comes again. Answers hold no secret, so they
// can be kept. A 5xx is not kept: the same request may succeed later.
func (a *api) once(ctx context.Context, c *gin.Context, key string, raw []byte, work func() (response, error)) {
	if len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		a.fail(c, invalid(connection.FieldError{
			Field: "Idempotency-Key", Code: "invalid", Message: "use at most 255 printable ASCII characters",
		}))
		return
	}
	token := callerIn(c).id()
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", c.Request.Method, c.Request.URL.Path)
	hash.Write(raw)
	saved, err := a.Store.BeginRequest(ctx, token, key, hex.EncodeToString(hash.Sum(nil)))
	if err != nil {
		a.fail(c, err)
		return
	}
	if saved != nil {
		out := encoded{status: saved.Status, header: http.Header(saved.Headers), body: saved.Body}
		c.Header("Idempotency-Replayed", "true")
		out.write(c)
		return
	}
	settled := false
	// Past the request's own deadline the key must still be settled.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.RequestTimeout+5*time.Second)
	defer cancel()
	defer func() {
		if settled {
			return
		}
		if err := a.Store.DropRequest(after, token, key); err != nil {
			a.Logger.WarnContext(after, "idempotency key not dropped", "route", c.FullPath(), "err", err)
		}
	}()
	out, err := a.run(c, work)
	if err != nil {
		a.fail(c, err)
		return
	}
	if out.status < http.StatusInternalServerError {
		err := a.Store.SaveRequest(after, token, key, store.SavedResponse{Status: out.status, Headers: out.header, Body: out.body})
		if err == nil {
			settled = true
		} else {
			a.Logger.WarnContext(after, "answer not kept for its idempotency key", "route", c.FullPath(), "err", err)
		}
	}
	out.write(c)
}

// readBody reads a bounded JSON body; requests without a body are fine.
func (a *api) readBody(c *gin.Context) ([]byte, error) {
	if c.Request.Method == http.MethodGet || c.Request.Body == nil {
		return nil, nil
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, a.BodyLimit))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, newProblem(kindTooLarge, fmt.Sprintf("send at most %d bytes", a.BodyLimit))
		}
		return nil, newProblem(kindMalformed, "the body ended too early")
	}
	if len(raw) == 0 {
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || media != "application/json" {
		return nil, newProblem(kindMediaType, "send Content-Type: application/json")
	}
	return raw, nil
}

// readPath reads the ids that the route's path names. One that cannot be an id
// names nothing.
func (in *request[B]) readPath(c *gin.Context) error {
	for _, p := range c.Params {
		var err error
		switch p.Key {
		case "authentication_id":
			in.Authentication = connection.AuthenticationID(p.Value)
			err = checkID(p.Value, "authentication")
		case "connection_id":
			in.Connection = connection.ID(p.Value)
			in.Record.ConnectionID = in.Connection
			err = checkID(p.Value, "connection")
		case "entity":
			if in.Record.Entity, err = connection.ParseEntity(p.Value); err != nil {
				err = notFound(err.Error())
			}
		case "record_id":
			if in.Record.RecordID, err = connection.ParseRecordID(p.Value); err != nil {
				err = notFound("a record id is a positive whole number")
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isID takes a UUID in its usual form only: one resource, one address.
func isID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}

func checkID(text, what string) error {
	if !isID(text) {
		return notFound("there is no such " + what + ": its id is a UUID")
	}
	return nil
}

var badCursor = connection.FieldError{Field: "cursor", Code: "invalid", Message: "use next_cursor of the page before"}

// page reads cursor and limit, and names both if both are bad. ours reports
// whether a cursor is of the form that the list hands out.
func (in request[B]) page(ours func(cursor string) bool) (cursor string, limit int, bad connection.ValidationError) {
	limit = 50
	if text := in.Query.Get("limit"); text != "" {
		var err error
		limit, err = strconv.Atoi(text)
		if err != nil || limit < 1 || limit > 250 {
			bad = append(bad, connection.FieldError{Field: "limit", Code: "invalid", Message: "use a whole number from 1 to 250"})
		}
	}
	cursor = in.Query.Get("cursor")
	if cursor != "" && !ours(cursor) {
		bad = append(bad, badCursor)
	}
	return cursor, limit, bad
}

// list is a page of a list. A null next_cursor ends it.
type list[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor"`
}

func newList[T any](data []T, next string) list[T] {
	if data == nil {
		data = []T{}
	}
	l := list[T]{Data: data}
	if next != "" {
		l.NextCursor = &next
	}
	return l
}
