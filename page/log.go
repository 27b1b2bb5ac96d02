package page

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

type logPage struct {
	heading *heading // of one connection's log
	Entries []logEntry
	Zone    string
	Older   string // address of the next page; empty at the end
}

// logEntry is an entry with what it is about by name, where that is still there.
type logEntry struct {
	apiclient.AuditEntry
	Connection     string
	Authentication string
}

// Connection is the heading of one connection's log, or nil.
func (p logPage) Connection() *heading { return p.heading }

const logLength = 50

func (s *site) showLog(v *visit) error {
	p := logPage{Zone: "UTC"}
	query := url.Values{}
	address := s.base + "/log"
	if id := v.Param("connection_id"); id != "" {
		c, err := v.api.Connection(v.Request.Context(), id)
		if err != nil {
			return err
		}
		h := headingOf(c, "log")
		p.heading, p.Zone = &h, c.Timezone
		query.Set("connection_id", id)
		address = s.url("connections", id, "log")
	}
	entries, next, err := apiclient.Page[apiclient.AuditEntry](v.Request.Context(), v.api, "/v1/audit-log", query, v.Query("cursor"), logLength)
	if err != nil {
		return err
	}
	if p.Entries, err = named(v, entries); err != nil {
		return err
	}
	if next != "" {
		p.Older = address + "?cursor=" + url.QueryEscape(next)
	}
	v.show(http.StatusOK, "log", p)
	return nil
}

// named finds the names of what entries are about. What has been removed has
// none any more.
func named(v *visit, entries []apiclient.AuditEntry) ([]logEntry, error) {
	connections, authentications := map[string]string{}, map[string]string{}
	if slices.ContainsFunc(entries, func(e apiclient.AuditEntry) bool { return e.ConnectionID != "" }) {
		for c, err := range v.api.Connections(v.Request.Context()) {
			if err != nil {
				return nil, err
			}
			connections[c.ID] = titleOf(c)
		}
	}
	if slices.ContainsFunc(entries, func(e apiclient.AuditEntry) bool { return e.AuthenticationID != "" }) {
		for a, err := range v.api.Authentications(v.Request.Context()) {
			if err != nil {
				return nil, err
			}
			authentications[a.ID] = a.Name
		}
	}
	list := make([]logEntry, len(entries))
	for i, e := range entries {
		list[i] = logEntry{e, connections[e.ConnectionID], authentications[e.AuthenticationID]}
	}
	return list, nil
}
