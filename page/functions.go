package page

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// functions are what templates may call.
func (s *site) functions() template.FuncMap {
	return template.FuncMap{
		"asset": s.asset,
		"style": func() template.CSS { return template.CSS(styleSheet) },
		"url":   s.url,
		"at":    func(t any, zone string) string { return clock(t, zone, "2 Jan 2006, 15:04 MST") },
		"ago":   func(t any) string { return s.ago(t) },
		"hour":  func(t any, zone string) string { return clock(t, zone, "15:04 MST") },
		"iso":   func(t any) string { return clock(t, "UTC", time.RFC3339) },
		"count": count,
		"plural": func(n int64, one, many string) string {
			if n == 1 {
				return count(n) + " " + one
			}
			return count(n) + " " + many
		},
		"outcome":  outcomeOf,
		"note":     noteWords,
		"entity":   entityName,
		"record":   recordName,
		"records":  records,
		"entities": connection.Entities,
		"sentence": sentence,
	}
}

// url joins the parts of an address of ours, each escaped, with what a reverse
// proxy takes off before it.
func (s *site) url(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = url.PathEscape(part)
	}
	return s.base + "/" + strings.Join(escaped, "/")
}

// moment reads a time that may be absent.
func moment(t any) (time.Time, bool) {
	switch t := t.(type) {
	case time.Time:
		return t, !t.IsZero()
	case *time.Time:
		if t != nil {
			return *t, !t.IsZero()
		}
	}
	return time.Time{}, false
}

// clock writes a time in a time zone, which the layout names.
func clock(t any, zone, layout string) string {
	at, ok := moment(t)
	if !ok {
		return "never"
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		place = time.UTC
	}
	return at.In(place).Format(layout)
}

// ago says how long ago a time was, as people do.
func (s *site) ago(t any) string {
	at, ok := moment(t)
	if !ok {
		return "never"
	}
	switch d := s.Now().Sub(at); {
	case d < 0, d < 5*time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d seconds ago", int(d.Seconds()))
	case d < 2*time.Minute:
		return "a minute ago"
	case d < time.Hour:
		return fmt.Sprintf("%d minutes ago", int(d.Minutes()))
	case d < 2*time.Hour:
		return "an hour ago"
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// count writes a number with commas between the thousands.
func count(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// standing is a status in words, with the tone that colours it.
type standing struct {
	Word string
	Tone string // good, busy, held, warn or bad
	Text string // what it means
}

// standingOf is a connection's status, or what holds it up.
func standingOf(c apiclient.Connection) standing {
	parked, status := c.Health.Parked, connection.Status(c.Status)
	if parked == nil || status != connection.Syncing && status != connection.Connected {
		return statusOf(c.Status)
	}
	why := attentionTitle(parked.Code)
	if rest, ok := strings.CutPrefix(why, "The "); ok {
		why = "the " + rest
	}
	return standing{"Held: " + why, "warn", "Changes are taken in and wait. It is tried again by itself."}
}

func statusOf(status string) standing {
	switch connection.Status(status) {
	case connection.Validating:
		return standing{"Checking credentials", "busy", "Both accounts and every scope are being tried."}
	case connection.Installing:
		return standing{"Setting up", "busy", "JavaScript tracking and webhooks are being put into the store."}
	case connection.Syncing:
		return standing{"Bulk sync running", "busy", "The store's history is on its way to Ometria. Changes arrive already."}
	case connection.Connected:
		return standing{"Connected", "good", "The history is in. Changes arrive within seconds."}
	case connection.Paused:
		return standing{"Paused", "held", "Changes are taken in and wait until you resume."}
	case connection.Failed:
		return standing{"Setup failed", "bad", "The setup ended and needs you."}
	case connection.Removing:
		return standing{"Being removed", "held", "Webhooks and script are being taken out of the store."}
	}
	return standing{status, "held", ""}
}

// records says how many records of an entity: 1 order, 2,000 orders.
func records(n int64, e string) string {
	name := strings.ToLower(entityName(e))
	if n == 1 {
		name = strings.TrimSuffix(name, "s")
	}
	return count(n) + " " + name
}

func entityName(e string) string {
	switch connection.Entity(e) {
	case connection.Products:
		return "Products"
	case connection.Customers:
		return "Customers"
	case connection.Subscribers:
		return "Subscribers"
	case connection.Orders:
		return "Orders"
	}
	return e
}
