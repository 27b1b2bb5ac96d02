package apiclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// maxAnswer bounds an answer of the API, in bytes.
const maxAnswer = 16 << 20

// Client calls one service's API with one token.
type Client struct {
	base    string
	token   string
	program string
	http    *http.Client
}

// New returns a Client of the API at base, such as https://sync.example.com.
// httpClient carries the time limit of a call. Redirects are not followed,
// whatever it says: they would carry the credentials in a body to a host that
// nobody chose.
func New(base, token string, httpClient *http.Client) *Client {
	unmoved := *httpClient
	unmoved.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: strings.TrimRight(base, "/"), token: token, program: "api", http: &unmoved}
}

// As names what the client is part of, page or cli, as the service's audit log
// shows it.
func (c *Client) As(program string) *Client {
	named := *c
	named.program = program
	return &named
}

// Problem is what the API answers when it refuses a request (RFC 9457).
type Problem struct {
	Status int          `json:"status"`
	Title  string       `json:"title"`
	Detail string       `json:"detail"`
	Errors []FieldError `json:"errors"`
	// ConnectionID names the connection that stands in the way of a new one.
	ConnectionID string `json:"connection_id"`
	// Code says how it does: SameStore or SameIDPrefix.
	Code   string `json:"code"`
	Method string `json:"-"`
	Path   string `json:"-"`
}

// Ways in which a connection stands in the way of another.
const (
	SameStore    = "same_store"
	SameIDPrefix = "same_id_prefix" // another store, whose records would have the same ids
)

// FieldError names one bad field of a request.
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error says everything the API said in one line.
func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if text == "" {
		text = http.StatusText(p.Status)
	}
	if len(p.Errors) > 0 { // they say more than the sentence that points to them
		parts := make([]string, len(p.Errors))
		for i, e := range p.Errors {
			parts[i] = e.Field + ": " + e.Message
		}
		text = strings.Join(parts, "; ")
	}
	return fmt.Sprintf("%s (%d)", text, p.Status)
}

// UnreachableError says that no answer came.
type UnreachableError struct {
	BaseURL string
	Err     error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("reach API at %s: %v", e.BaseURL, e.Err)
}
func (e *UnreachableError) Unwrap() error { return e.Err }

// RedirectError says that another address was named instead of an answer.
type RedirectError struct {
	BaseURL string
	// To is the base URL that the redirect leads to, or empty when it leads to
	// something else than the same route.
	To string
}

func (e *RedirectError) Error() string {
	to := e.To
	if to == "" {
		to = "the address of the service itself"
	}
	return fmt.Sprintf("%s answered with a redirect: set OBC_API_URL to %s", e.BaseURL, to)
}

// redirect reads of a Location no more than scheme, host and what precedes the
// route: a user or a query may hold secrets.
func (c *Client) redirect(resp *http.Response, path string) *RedirectError {
	e := &RedirectError{BaseURL: shown(c.base)}
	if to, err := resp.Location(); err == nil && to.Host != "" && (to.Scheme == "http" || to.Scheme == "https") {
		if prefix, ok := strings.CutSuffix(to.EscapedPath(), path); ok && to.Scheme+"://"+to.Host+prefix != e.BaseURL {
			e.To = to.Scheme + "://" + to.Host + prefix
		}
	}
	return e
}

// shown is the base URL without a user and password.
func shown(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "the API"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// Answer is a successful answer: its body, if any, and its ETag.
type Answer struct {
	Status int
	ETag   string
	Body   json.RawMessage
}

// Do sends in as JSON, nil as no body, and returns the answer. A refusal is a
// *Problem, a redirect a *RedirectError; no answer at all is an *UnreachableError.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, in any) (Answer, error) {
	return c.send(ctx, method, path, query, "", in)
}

// Change does a PATCH of what is at path, as it was when etag was read.
func (c *Client) Change(ctx context.Context, path, etag string, in any) (Answer, error) {
	return c.send(ctx, http.MethodPatch, path, nil, etag, in)
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, etag string, in any) (Answer, error) {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return Answer{}, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return Answer{}, fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "ometria-bigcommerce-"+c.program)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if etag != "" {
		req.Header.Set("If-Match", etag)
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", uuid.NewString())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return Answer{}, ctx.Err()
		}
		if inner, ok := errors.AsType[*url.Error](err); ok { // its text repeats the whole URL
			err = inner.Err
		}
		// net/http quotes what it cannot read of an answer; of a certificate it
		// says what helps.
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok && strings.Contains(err.Error(), `"`) {
			err = errors.New("malformed HTTP answer")
		}
		return Answer{}, &UnreachableError{BaseURL: shown(c.base), Err: err}
	}
	defer func() { _ = resp.Body.Close() }() // the answer is read, nothing is lost
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Answer{}, &UnreachableError{BaseURL: shown(c.base), Err: err}
	}
	if resp.StatusCode >= 300 && resp.StatusCode <= 399 {
		return Answer{}, c.redirect(resp, path)
	}
	if resp.StatusCode >= 400 {
		return Answer{}, problem(resp, raw, method, path)
	}
	if len(raw) > 0 && !json.Valid(raw) {
		return Answer{}, &Problem{Status: resp.StatusCode, Method: method, Path: path,
			Title: "the answer is not JSON: is this the API's address?"}
	}
	return Answer{Status: resp.StatusCode, ETag: resp.Header.Get("ETag"), Body: raw}, nil
}

func problem(resp *http.Response, raw []byte, method, path string) *Problem {
	p := &Problem{}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if !strings.HasSuffix(kind, "json") || json.Unmarshal(raw, p) != nil {
		p = &Problem{}
	}
	p.Status, p.Method, p.Path = resp.StatusCode, method, path
	return p
}

// call does a request and decodes its answer into out, unless out is nil.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	answer, err := c.Do(ctx, method, path, query, in)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return fmt.Errorf("decode answer of %s %s: %w", method, path, err)
	}
	return nil
}

// page is one page of a list.
type page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor"`
}

// Page returns one page of the list at path, and the cursor of the next; an
// empty one ends the list.
func Page[T any](ctx context.Context, c *Client, path string, query url.Values, cursor string, limit int) ([]T, string, error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	for key, values := range query {
		q[key] = values
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	var p page[T]
	err := c.call(ctx, http.MethodGet, path, q, nil, &p)
	return p.Data, p.NextCursor, err
}

// List yields the items of the list at path, following its cursors to the end
// or to the first error.
func List[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q := url.Values{"limit": {"250"}}
		for key, values := range query {
			q[key] = values
		}
		for {
			var p page[T]
			if err := c.call(ctx, http.MethodGet, path, q, nil, &p); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range p.Data {
				if !yield(item, nil) {
					return
				}
			}
			if p.NextCursor == "" {
				return
			}
			q.Set("cursor", p.NextCursor)
		}
	}
}
