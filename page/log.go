package page

import (
	"net/http"
	"net/url"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

type logPage struct {
	heading *heading // of one connection's log
	Entries []apiclient.AuditEntry
	Zone    string
	Older   string // address of the next page; empty at the end
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
	p.Entries = entries
	if next != "" {
		p.Older = address + "?cursor=" + url.QueryEscape(next)
	}
	v.show(http.StatusOK, "log", p)
	return nil
}
