package bigcommercesim

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// hooksMost is the limit of one store, client and scope.
const hooksMost = 10

// hookOrder is the body of POST and PUT; nil for what is not given.
type hookOrder struct {
	Scope       *string            `json:"scope"`
	Destination *string            `json:"destination"`
	IsActive    *bool              `json:"is_active"`
	Headers     *map[string]string `json:"headers"`
}

var scopeForm = regexp.MustCompile(`^store(/[a-zA-Z0-9]+)+(/\*)?$`)

// scopeKinds are the second words of the scopes of the events page.
var scopeKinds = map[string]bool{
	"customer": true, "subscriber": true, "order": true, "product": true, "sku": true, "category": true, "brand": true,
	"shipment": true, "information": true, "app": true, "cart": true, "channel": true, "hook": true, "option": true, "modifier": true,
}

func (h *hook) check() map[string]string {
	wrong := map[string]string{}
	if h.Scope == "" {
		wrong["scope"] = "error.path.missing."
	} else if !scopeForm.MatchString(h.Scope) || !scopeKinds[strings.Split(h.Scope, "/")[1]] {
		wrong["scope"] = "invalid scope"
	}
	if h.Destination == "" {
		wrong["destination"] = "error.path.missing."
	} else if !reachable(h.Destination) {
		wrong["destination"] = "must be https on port 443"
	}
	for name, value := range h.Headers {
		if len(name) > 64 || len(value) > 8192 {
			wrong["headers"] = "too long"
		}
	}
	return wrong
}

// reachable reports whether BigCommerce would deliver there: https on port
// 443. Loopback may be anything, or no one could try it.
func reachable(destination string) bool {
	u, err := url.Parse(destination)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return u.Scheme == "http" || u.Scheme == "https"
	}
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443")
}

// hooksOf are the account's own hooks that match, by id.
func (s *Server) hooksOf(a *APIAccount, keep func(*hook) bool) []*hook {
	var own []*hook
	ids, _ := s.hooks.find(query[hook]{})
	for _, id := range ids {
		if h := s.hooks.get(id); h.ClientID == a.ClientID && (keep == nil || keep(h)) {
			own = append(own, h)
		}
	}
	return own
}

func (s *Server) listHooks(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	active, hasActive := c.truth("is_active")
	scope, destination := c.text("scope"), c.text("destination")
	if r := c.bad(); r != nil {
		return *r
	}
	own := s.hooksOf(c.account, func(h *hook) bool {
		return (!hasActive || h.IsActive == active) && (scope == "" || h.Scope == scope) &&
			(destination == "" || h.Destination == destination)
	})
	return listV3(c, slicePage(c, own), len(own))
}

func (s *Server) createHook(c *call) reply {
	var in hookOrder
	if r := c.body(&in); r != nil {
		return *r
	}
	now := s.options.Now().Unix()
	h := &hook{
		ID: s.hooks.next, ClientID: c.account.ClientID, StoreHash: s.options.StoreHash, CreatedAt: now, UpdatedAt: now,
	}
	in.apply(h)
	if wrong := h.check(); len(wrong) > 0 {
		return invalid("JSON data is missing or invalid", wrong)
	}
	if r := s.clash(c.account, h); r != nil {
		return *r
	}
	return s.saveHook(h)
}

func (o hookOrder) apply(to *hook) {
	set(&to.Scope, o.Scope)
	set(&to.Destination, o.Destination)
	set(&to.IsActive, o.IsActive)
	set(&to.Headers, o.Headers)
}

// clash answers 409 for a second hook of one scope and destination, and 422
// above the limit. BigCommerce documents neither code.
func (s *Server) clash(a *APIAccount, h *hook) *reply {
	same := s.hooksOf(a, func(other *hook) bool { return other.Scope == h.Scope && other.ID != h.ID })
	for _, other := range same {
		if other.Destination == h.Destination {
			r := reply{409, errorV3{409, "Webhook already exists for this scope and destination", statusCodesPage, map[string]string{}}}
			return &r
		}
	}
	if len(same) >= hooksMost {
		r := invalid("Too many webhooks for this scope", map[string]string{"scope": fmt.Sprintf("at most %d", hooksMost)})
		return &r
	}
	return nil
}

func (s *Server) saveHook(h *hook) reply {
	if err := s.keep(line{Op: opPut, Entity: "hooks", ID: h.ID, Record: h}); err != nil {
		return failV3(500, "Internal server error")
	}
	s.hooks.put(h.ID, h)
	return object(h)
}

// findHook returns the account's hook of the path, or the 404.
func (s *Server) findHook(c *call) (*hook, *reply) {
	id, ok := c.pathID("id")
	if ok {
		if h := s.hooks.get(id); h != nil && h.ClientID == c.account.ClientID {
			return h, nil
		}
	}
	r := failV3(404, fmt.Sprintf("Webhook with id [%s] not found", c.PathValue("id")))
	return nil, &r
}

func (s *Server) getHook(c *call) reply {
	h, missing := s.findHook(c)
	if missing != nil {
		return *missing
	}
	return object(h)
}

func (s *Server) updateHook(c *call) reply {
	old, missing := s.findHook(c)
	if missing != nil {
		return *missing
	}
	var in hookOrder
	if r := c.body(&in); r != nil {
		return *r
	}
	h := *old
	in.apply(&h)
	h.UpdatedAt = s.options.Now().Unix()
	if wrong := h.check(); len(wrong) > 0 {
		return invalid("JSON data is missing or invalid", wrong)
	}
	if r := s.clash(c.account, &h); r != nil {
		return *r
	}
	return s.saveHook(&h)
}

func (s *Server) deleteHook(c *call) reply {
	h, missing := s.findHook(c)
	if missing != nil {
		return *missing
	}
	if err := s.keep(line{Op: opDelete, Entity: "hooks", ID: h.ID}); err != nil {
		return failV3(500, "Internal server error")
	}
	s.hooks.put(h.ID, nil)
	return object(h)
}

// hooksAdmin is GET /v3/hooks/admin.
func (s *Server) hooksAdmin(c *call) reply {
	active, hasActive := c.truth("is_active")
	if r := c.bad(); r != nil {
		return *r
	}
	type row struct {
		*hook
		Status string `json:"status"`
	}
	rows := []row{}
	for _, h := range s.hooksOf(c.account, func(h *hook) bool { return !hasActive || h.IsActive == active }) {
		status := "active"
		if !h.IsActive {
			status = "deactivated"
		}
		rows = append(rows, row{h, status})
	}
	c.page, c.limit = 1, max(1, len(rows))
	return reply{200, envelope{
		map[string]any{"emails": []string{}, "hooks_list": rows, "blocked_domains": s.delivery.blocked()},
		meta{Pagination: c.pages(len(rows), len(rows))},
	}}
}
