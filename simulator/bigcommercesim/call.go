package bigcommercesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// call is one API request under way.
type call struct {
	*http.Request
	server  *Server
	account *APIAccount
	query   url.Values
	read    map[string]bool   // parameters that the handler looked at
	errors  map[string]string // parameters at fault
	page    int
	limit   int
	v2      bool
}

const (
	defaultLimit = 50
	maxLimit     = 250
)

// paging reads page and limit. v2 refuses a limit above its maximum with 413;
// v3 cuts it.
func (c *call) paging(most int) *reply {
	c.page, c.limit = 1, min(defaultLimit, most)
	if n, ok := c.number("page"); ok {
		c.page = int(n)
	}
	if n, ok := c.number("limit"); ok {
		c.limit = int(n)
	}
	if c.page < 1 || c.limit < 1 {
		c.fault("limit", "page and limit must be positive")
		c.page, c.limit = 1, 1
	}
	if c.limit > most && c.v2 {
		r := failV2(413, "The specified limit exceeds the maximum allowed.", map[string]int{"max_limit": most})
		return &r
	}
	c.limit = min(c.limit, most)
	return nil
}

func (c *call) fault(name, problem string) {
	if c.errors == nil {
		c.errors = map[string]string{}
	}
	c.errors[name] = problem
}

// bad answers the parameters at fault, or nil.
func (c *call) bad() *reply {
	if len(c.errors) == 0 {
		return nil
	}
	var r reply
	if c.v2 {
		var list []errorV2
		for name := range c.errors {
			list = append(list, errorV2{400, fmt.Sprintf("The field '%s' is invalid.", name), nil})
		}
		r = reply{400, list}
	} else {
		r = invalid("Invalid field(s): "+strings.Join(sortedKeys(c.errors), ", "), c.errors)
	}
	return &r
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (c *call) given(name string) (string, bool) {
	c.read[name] = true
	if !c.query.Has(name) {
		return "", false
	}
	return c.query.Get(name), true
}

func (c *call) text(name string) string {
	value, _ := c.given(name)
	return value
}

func (c *call) number(name string) (int64, bool) {
	value, ok := c.given(name)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		c.fault(name, "error.expected.number")
		return 0, false
	}
	return n, true
}

func (c *call) truth(name string) (value, ok bool) {
	given, ok := c.given(name)
	if !ok {
		return false, false
	}
	b, err := strconv.ParseBool(given)
	if err != nil {
		c.fault(name, "error.expected.boolean")
		return false, false
	}
	return b, true
}

// list reads a comma-separated parameter; nil when it is absent.
func (c *call) list(name string) []string {
	value, ok := c.given(name)
	if !ok {
		return nil
	}
	list := []string{}
	for _, part := range strings.Split(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// ids reads a comma-separated list of ids; nil when it is absent.
func (c *call) ids(name string) []int64 {
	list := c.list(name)
	if list == nil {
		return nil
	}
	ids := make([]int64, 0, len(list))
	for _, part := range list {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			c.fault(name, "error.expected.number")
			return []int64{}
		}
		ids = append(ids, id)
	}
	return ids
}

// date reads a date filter, in Unix seconds.
func (c *call) date(name string) (unix int64, bareDate, ok bool) {
	value, ok := c.given(name)
	if !ok {
		return 0, false, false
	}
	t, bareDate, err := parseTime(value)
	if err != nil {
		c.fault(name, "error.expected.date")
		return 0, false, false
	}
	return t.Unix(), bareDate, true
}

// dates reads a pair of bounds.
func (c *call) dates(min, max string) span {
	var s span
	inward := int64(0)
	if c.server.options.DatesExclusive {
		inward = 1
	}
	if unix, _, ok := c.date(min); ok {
		s.atLeast(unix + inward)
	}
	if unix, _, ok := c.date(max); ok {
		s.atMost(unix - inward)
	}
	return s
}

// v3Dates reads name (exact), name:min and name:max.
func (c *call) v3Dates(name string) span {
	s := c.dates(name+":min", name+":max")
	if unix, bareDate, ok := c.date(name); ok {
		s.atLeast(unix)
		if bareDate {
			unix += 86_399
		}
		s.atMost(unix)
	}
	return s
}

// include returns the parts asked for.
func (c *call) include() map[string]bool {
	parts := map[string]bool{}
	for _, part := range c.list("include") {
		parts[part] = true
	}
	return parts
}

func (c *call) pathID(name string) (int64, bool) {
	id, err := strconv.ParseInt(c.PathValue(name), 10, 64)
	return id, err == nil
}

// body reads a JSON object. 415 without its content type, 400 when broken.
func (c *call) body(into any) *reply {
	if !strings.HasPrefix(c.Header.Get("Content-Type"), "application/json") {
		r := failV3(415, "Unsupported media type")
		return &r
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, c.Body, 1<<20)).Decode(into); err != nil {
		r := failV3(400, "Input is invalid.")
		return &r
	}
	return nil
}
