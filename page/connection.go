package page

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// heading is what every page of one connection begins with.
type heading struct {
	ID, Title, Where   string
	IdentificationCode string
	Status             string
	State              standing // the status in words, or what holds it up
	Zone               string
	Tab                string
}

func headingOf(c apiclient.Connection, tab string) heading {
	t := tileOf(c)
	return heading{ID: c.ID, Title: t.Title, Where: t.Where, IdentificationCode: c.IdentificationCode, Status: c.Status, State: t.Standing, Zone: c.Timezone, Tab: tab}
}

type connectionPage struct {
	heading
	Attention   []attention
	Failure     *apiclient.Failure
	Progress    []entityProgress
	Health      []fact
	Steps       []fact
	Passes      []fact
	Held        bool   // deletions wait for a decision
	CanAct      bool   // what is at work can be told to do more
	Said        string // the status and how far it is, for who hears the page
	RecordsLink string
	Chart       chart // not in what is shown live
}

// attention is something that a person should look at.
type attention struct {
	Title string
	Lines []string // what to do, a sentence each
	Since time.Time
}

// entityProgress is how far one entity has come.
type entityProgress struct {
	apiclient.Progress
	Entity  string
	Percent int64
	Pace    string // records a second and the time left, while it runs
}

// fact is one line about something, with a tone: good, busy, warn, bad or none.
type fact struct {
	Name, Text, Tone, Link string
}

func (s *site) showConnection(v *visit) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	p := s.connectionPage(c)
	changes, err := v.api.Changes(v.Request.Context(), c.ID)
	if err != nil { // the rest of the page is worth more than the chart
		s.Logger.WarnContext(v.Request.Context(), "changes not counted", "connection_id", c.ID, "err", err)
	}
	p.Chart = chartOf(changes)
	v.show(http.StatusOK, "connection", p)
	return nil
}

// showLive is what the page's script puts in the place of what it shows.
func (s *site) showLive(v *visit) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	v.fragment("connection", "live", s.connectionPage(c))
	return nil
}

// streamEvents passes the API's own stream on to the browser.
func (s *site) streamEvents(v *visit) error {
	r := v.Request.Clone(v.Request.Context())
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = apiclient.ConnectionPath(v.Param("connection_id"))+"/events", "", ""
	r.Header.Set("Authorization", "Bearer "+v.session.Token)
	s.API.ServeHTTP(v.Writer, r)
	return nil
}

func (s *site) connectionPage(c apiclient.Connection) connectionPage {
	p := connectionPage{heading: headingOf(c, "overview"), Failure: c.Failure, Health: s.healthOf(c), Steps: stepsOf(c), Passes: s.passesOf(c)}
	if c.Failure != nil {
		p.Failure.Action = failureAction(c.Failure)
	}
	if c.Links.TemporalUI != nil {
		p.RecordsLink = c.Links.TemporalUI.Records
	}
	p.CanAct, p.Said = canAct(c.Status), said(c)
	for _, at := range c.Attention {
		p.Attention = append(p.Attention, attention{attentionTitle(at.Code), attentionLines(at), at.Since})
		p.Held = p.Held || at.Code == connection.MassDeletion && c.Status != string(connection.Removing)
	}
	for _, e := range connection.Entities() {
		p.Progress = append(p.Progress, s.progressOf(string(e), c.Progress[string(e)], c.Status))
	}
	return p
}

// canAct reports whether the API takes what has something set up, or is about
// to: not where the setup failed or a removal is under way.
func canAct(status string) bool {
	return status != string(connection.Failed) && status != string(connection.Removing)
}

// said is how a connection stands, in a few words.
func said(c apiclient.Connection) string {
	t := tileOf(c)
	if t.Syncing == nil {
		return t.Standing.Word
	}
	return fmt.Sprintf("%s, %d%%", t.Standing.Word, t.Syncing.Percent)
}

func (s *site) progressOf(entity string, p apiclient.Progress, status string) entityProgress {
	e := entityProgress{Progress: p, Entity: entity, Percent: 100}
	if p.Total > 0 {
		e.Percent = 100 * p.Done() / p.Total
	}
	if status != string(connection.Syncing) || p.StartedAt == nil || p.ETA == nil || p.Done() == 0 {
		return e
	}
	now := s.Now()
	if took := now.Sub(*p.StartedAt).Seconds(); took > 0 {
		e.Pace = fmt.Sprintf("%s a second", count(int64(float64(p.Done())/took+0.5)))
	}
	if left := p.ETA.Sub(now); left > 0 {
		e.Pace += ", about " + roughly(left) + " left"
	}
	return e
}

// roughly says a duration as people do.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d seconds", int(d.Seconds())+1)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()+0.5))
	default:
		return fmt.Sprintf("%d hours", int(d.Hours()+0.5))
	}
}

func (s *site) healthOf(c apiclient.Connection) []fact {
	good := func(ok bool) string {
		if ok {
			return "good"
		}
		return "bad"
	}
	h := c.Health
	facts := []fact{}
	if c.Status != string(connection.Validating) {
		facts = append(facts,
			fact{Name: "Webhooks", Text: fmt.Sprintf("%d of %d active", h.Hooks.Active, h.Hooks.Expected), Tone: good(h.Hooks.Active >= h.Hooks.Expected)},
			fact{Name: "JavaScript tracking", Text: map[bool]string{true: "in the storefront", false: "not in the storefront"}[h.Script.Installed], Tone: good(h.Script.Installed)})
	}
	facts = append(facts, fact{Name: "Credentials", Text: map[bool]string{true: "accepted by both accounts", false: "refused; see above"}[h.Credentials.OK], Tone: good(h.Credentials.OK)})
	if c.NextAuthentication != "" {
		facts = append(facts, fact{Name: "Authentication", Text: "another one is being tried", Tone: "busy"})
	}
	if h.Quota != nil {
		facts = append(facts, fact{Name: "BigCommerce quota", Text: fmt.Sprintf("%s of %s requests left in this window", count(int64(h.Quota.Left)), count(int64(h.Quota.Limit)))})
	}
	return append(facts, fact{Name: "Last change", Text: s.ago(c.LastWebhookAt)})
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(int64(n)) + " " + many
}
