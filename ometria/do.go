package ometria

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

type request struct {
	op     string   // for errors
	method string   // GET or POST
	path   []string // below /v2, unescaped
	route  string   // the path with its ids taken out
	query  string
	body   []byte
	limit  int64 // bytes read of the answer
}

// answer is an HTTP answer of any status, read to its end.
type answer struct {
	op     string
	status int
	header http.Header
	body   []byte
}

func (c *Client) do(ctx context.Context, r request) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, fmt.Errorf("%s: %w: %w", r.op, errNotSent, err)
	}
	target := *c.base
	for _, part := range r.path {
		if part == "" || part == "." || part == ".." { // it would name another place
			return answer{}, fmt.Errorf("%s: %w: an id of %q", r.op, errNotSent, part)
		}
		target = *target.JoinPath(url.PathEscape(part))
	}
	target.RawQuery = r.query
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(withRoute(ctx, r.route), r.method, target.String(), body)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w: make request", r.op, errNotSent)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", r.op, bare(err))
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(io.LimitReader(resp.Body, r.limit+1))
	a := answer{op: r.op, status: resp.StatusCode, header: resp.Header, body: read}
	if err != nil || int64(len(read)) > r.limit {
		a.body = nil
		if a.status < 200 || a.status > 299 {
			return a, nil // the status alone says enough
		}
		e := a.apiError()
		e.Malformed = true
		return answer{}, e
	}
	return a, nil
}

// err returns the error that the answer's status stands for.
func (a answer) err() error {
	if a.status == http.StatusTooManyRequests {
		remaining := a.queueRemaining()
		return &ThrottledError{
			Op: a.op, RetryIn: retryAfter(a.header, time.Now()),
			QueueFull: remaining == 0, QueueRemaining: remaining,
		}
	}
	return a.apiError()
}

func (a answer) apiError() *APIError {
	e := &APIError{Op: a.op, Status: a.status}
	if IsCredentials(e) {
		return e // that body is documented nowhere: do not parse it
	}
	var said struct {
		RequestID string `json:"request_id"`
	}
	if json.Unmarshal(a.body, &said) == nil {
		e.RequestID = plainID(said.RequestID)
	}
	e.RecordTooLarge = bytes.Contains(a.body, []byte("Record is too large"))
	return e
}

// queueRemaining is X-QueueSize-Remaining, or -1: newer copies of the
// introduction no longer show the header.
func (a answer) queueRemaining() int {
	n, err := strconv.Atoi(a.header.Get("X-QueueSize-Remaining"))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// retryAfter reads seconds or a date. Ometria documents no such header; a
// gateway before it may send one.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		wait = time.Duration(min(seconds, 3600) * float64(time.Second))
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// plainID returns id when it has the form of one; an answer is not trusted to
// put anything else into our errors.
func plainID(id string) string {
	if idForm.MatchString(id) {
		return id
	}
	return ""
}
