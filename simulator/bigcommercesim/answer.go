package bigcommercesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// reply is what a handler answers; it is written once the lock is released.
type reply struct {
	status int
	body   any // nil for none; text for plain text
}

type text string

func (p reply) write(w http.ResponseWriter) {
	if plain, ok := p.body.(text); ok {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(p.status)
		_, _ = fmt.Fprint(w, string(plain))
		return
	}
	if p.body == nil {
		w.WriteHeader(p.status)
		return
	}
	raw, err := json.Marshal(p.body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(p.status)
	_, _ = w.Write(raw)
}

const (
	statusCodesPage    = "/api-docs/getting-started/api-status-codes"
	statusCodesAddress = "https://developer.bigcommerce.com" + statusCodesPage
)

// errorV3 is the one object of v3 errors, and of the gateway's on any route.
type errorV3 struct {
	Status int               `json:"status"`
	Title  string            `json:"title"`
	Type   string            `json:"type"`
	Errors map[string]string `json:"errors,omitzero"`
}

func failV3(status int, title string) reply {
	return reply{status, errorV3{Status: status, Title: title, Type: statusCodesPage}}
}

// invalid is 422 with the fields at fault.
func invalid(title string, fields map[string]string) reply {
	return reply{422, errorV3{422, title, statusCodesPage, fields}}
}

// missingScope is the body that public clients have captured, on v2 routes too.
func missingScope() reply {
	return reply{403, errorV3{403, "You don't have a required scope to access the endpoint", statusCodesAddress, map[string]string{}}}
}

func notFoundV3() reply { return failV3(404, "Resource not found") }

// errorV2 is an element of the array of v2 errors.
type errorV2 struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
	Details any    `json:"details,omitempty"`
}

func failV2(status int, message string, details any) reply {
	return reply{status, []errorV2{{status, message, details}}}
}

func notFoundV2() reply { return failV2(404, "The requested resource was not found.", nil) }

// listV2 is a bare array; an empty page is 204 without a body.
func listV2[T any](list []T) reply {
	if len(list) == 0 {
		return reply{status: http.StatusNoContent}
	}
	return reply{200, list}
}

type envelope struct {
	Data any `json:"data"`
	Meta any `json:"meta"`
}

type meta struct {
	Pagination *pagination `json:"pagination,omitempty"`
	Cursor     *cursorMeta `json:"cursor_pagination,omitempty"`
}

type pagination struct {
	Total       int       `json:"total"`
	Count       int       `json:"count"`
	PerPage     int       `json:"per_page"`
	CurrentPage int       `json:"current_page"`
	TotalPages  int       `json:"total_pages"`
	Links       pageLinks `json:"links"`
}

type pageLinks struct {
	Previous string `json:"previous,omitempty"`
	Current  string `json:"current,omitempty"`
	Next     string `json:"next,omitempty"`
}

type cursorMeta struct {
	Count       int       `json:"count"`
	PerPage     int       `json:"per_page"`
	StartCursor string    `json:"start_cursor,omitempty"`
	EndCursor   string    `json:"end_cursor,omitempty"`
	Links       pageLinks `json:"links"`
}

// object answers one v3 resource.
func object(data any) reply { return reply{200, envelope{data, struct{}{}}} }

// listV3 answers a page.
func listV3[T any](c *call, list []T, total int) reply {
	if list == nil {
		list = []T{}
	}
	return reply{200, envelope{list, meta{Pagination: c.pages(len(list), total)}}}
}

func (c *call) pages(count, total int) *pagination {
	p := &pagination{
		Total: total, Count: count, PerPage: c.limit, CurrentPage: c.page,
		TotalPages: (total + c.limit - 1) / c.limit,
	}
	p.Links.Current = c.pageLink(c.page)
	if c.page > 1 {
		p.Links.Previous = c.pageLink(c.page - 1)
	}
	if c.page < p.TotalPages {
		p.Links.Next = c.pageLink(c.page + 1)
	}
	return p
}

func (c *call) pageLink(page int) string {
	values := url.Values{}
	for name, value := range c.query {
		values[name] = value
	}
	values.Set("page", strconv.Itoa(page))
	values.Set("limit", strconv.Itoa(c.limit))
	return "?" + values.Encode()
}

// slicePage cuts one page out of a small list.
func slicePage[T any](c *call, list []T) []T {
	low := min((c.page-1)*c.limit, len(list))
	return list[low:min(low+c.limit, len(list))]
}
