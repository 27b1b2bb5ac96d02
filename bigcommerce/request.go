package bigcommerce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// query holds parameters in the order they are sent.
type query []param

type param struct{ name, value string }

func (q *query) add(name, value string) { *q = append(*q, param{name, value}) }

// text, id and date leave out what is zero.
func (q *query) text(name, value string) {
	if value != "" {
		q.add(name, value)
	}
}

func (q *query) id(name string, id int64) {
	if id != 0 {
		q.add(name, strconv.FormatInt(id, 10))
	}
}

func (q *query) date(name string, t time.Time, format func(time.Time) string) {
	if !t.IsZero() {
		q.add(name, format(t))
	}
}

func (q *query) number(name string, n int) { q.add(name, strconv.Itoa(n)) }

// list adds texts or ids as one comma-separated value; none adds nothing.
func (q *query) list(name string, values any) {
	var texts []string
	switch values := values.(type) {
	case []string:
		texts = values
	case []int64:
		for _, id := range values {
			texts = append(texts, strconv.FormatInt(id, 10))
		}
	}
	if len(texts) > 0 {
		q.add(name, strings.Join(texts, ","))
	}
}

func (q query) get(name string) string {
	for _, p := range q {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// readable undoes the escapes that a query does not need, so that id:in=1,2
// reads in an access log as it does in the vendor's pages.
var readable = strings.NewReplacer("%3A", ":", "%2C", ",")

func (q query) encode() string {
	parts := make([]string, 0, len(q))
	for _, p := range q {
		parts = append(parts, readable.Replace(url.QueryEscape(p.name)+"="+url.QueryEscape(p.value)))
	}
	return strings.Join(parts, "&")
}

// limit is the number of rows to ask for.
func limit(n int) int {
	if n <= 0 || n > MaxLimit {
		return MaxLimit
	}
	return n
}

func checkIDs(ids []int64) error {
	if len(ids) > MaxIDs {
		return fmt.Errorf("list by ids: %d ids, at most %d at once", len(ids), MaxIDs)
	}
	return nil
}

// pathID is what may stand for an {id}: anything else could name another path,
// and a DELETE with an empty id would name the whole collection.
var pathID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)

func expand(route string, ids []any) (string, error) {
	path := route
	for _, id := range ids {
		text := fmt.Sprint(id)
		if !pathID.MatchString(text) || text == "0" {
			return "", fmt.Errorf("%s: id is missing or malformed", route)
		}
		path = strings.Replace(path, "{id}", text, 1)
	}
	return path, nil
}

// request is one call; route is its path with {id} for each of ids.
type request struct {
	method string
	route  string
	ids    []any
	query  query
	body   any
	// secrets of the body, which no error may repeat.
	secrets []string
}

// do sends r once and returns the body of a 2xx answer, nil for one without.
// Every other outcome is an error: what Before said (wrapped), *APIError,
// *QuotaError, *DecodeError or *TransportError.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	path, err := expand(r.route, r.ids)
	if err != nil {
		return nil, err
	}
	target := c.base.JoinPath(path)
	target.RawQuery = r.query.encode()
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("%s: encode request: %w", r.route, err)
		}
		body = bytes.NewReader(encoded)
	}

	if c.config.Before != nil {
		release, err := c.config.Before(ctx)
		if release != nil {
			defer release()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: await budget: %w", r.route, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(withRoute(ctx, r.route), r.method, target.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s: make request: %w", r.route, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, transportError(r.route, err)
	}
	defer discard(resp.Body)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, c.refusal(r.route, r.secrets, resp)
	}
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	return c.read(ctx, r.route, resp.Body)
}

// read returns a body of at most MaxBody bytes.
func (c *Client) read(ctx context.Context, route string, body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, c.config.MaxBody+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, &TransportError{Route: route, Err: ctx.Err()}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &DecodeError{Route: route, Reason: "answer is cut short", Err: err}
	case err != nil:
		return nil, transportError(route, err)
	case int64(len(data)) > c.config.MaxBody:
		return nil, &DecodeError{Route: route, Reason: fmt.Sprintf("answer is larger than %d bytes", c.config.MaxBody)}
	}
	return data, nil
}

// discard reads a little of what is left, so that the connection can be used
// again, and closes it.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 256<<10)
	_ = body.Close()
}

// transportError drops the URL that net/http adds, and any text of the answer
// that it quotes.
func transportError(route string, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if strings.Contains(err.Error(), `"`) {
		err = errors.New("malformed HTTP answer")
	}
	return &TransportError{Route: route, Err: err}
}

// remove sends a DELETE and ignores what the answer holds.
func (c *Client) remove(ctx context.Context, route string, ids ...any) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, route: route, ids: ids})
	return err
}

// getV2 reads one object.
func getV2[T any](ctx context.Context, c *Client, route string, q query, ids ...any) (T, error) {
	var zero, value T
	body, err := c.do(ctx, request{method: http.MethodGet, route: route, ids: ids, query: q})
	if err != nil {
		return zero, err
	}
	if err := decodeObject(route, body, &value); err != nil {
		return zero, err
	}
	return value, nil
}

// getV3 reads the object in data.
func getV3[T any](ctx context.Context, c *Client, route string, q query, ids ...any) (T, error) {
	return dataV3[T](ctx, c, request{method: http.MethodGet, route: route, ids: ids, query: q})
}

// sendV3 writes body and reads the object in data.
func sendV3[T any](ctx context.Context, c *Client, method, route string, body any, ids ...any) (T, error) {
	return dataV3[T](ctx, c, request{method: method, route: route, ids: ids, body: body})
}

func dataV3[T any](ctx context.Context, c *Client, r request) (T, error) {
	var zero, value T
	body, err := c.do(ctx, r)
	if err != nil {
		return zero, err
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err := decodeObject(r.route, body, &envelope); err != nil {
		return zero, err
	}
	if err := decodeObject(r.route, envelope.Data, &value); err != nil {
		return zero, err
	}
	return value, nil
}

func decodeObject(route string, data []byte, value any) error {
	if got := form(data); got != "object" {
		return &DecodeError{Route: route, Reason: "want object, got " + got}
	}
	if err := json.Unmarshal(data, value); err != nil {
		return describe(route, err)
	}
	return nil
}

// describe says what is wrong with an answer without repeating any of it.
func describe(route string, err error) *DecodeError {
	if e, ok := errors.AsType[*DecodeError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		got, _, _ := strings.Cut(e.Value, " ")
		field := e.Field
		if field == "" {
			field = "(whole)"
		}
		want := e.Type.Name()
		if want == "" {
			want = e.Type.Kind().String()
		}
		return &DecodeError{Route: route, Field: field, Reason: fmt.Sprintf("want %s, got %s", want, got)}
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		reason := fmt.Sprintf("not JSON at byte %d", e.Offset)
		if strings.HasPrefix(e.Error(), "unexpected end") {
			reason = "answer is cut short"
		}
		return &DecodeError{Route: route, Reason: reason}
	}
	return &DecodeError{Route: route, Reason: "not of the form expected"}
}
