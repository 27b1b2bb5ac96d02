package page

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// draft is what the wizard has been told so far. It travels in the form itself,
// so that going back and forth loses nothing and nothing is stored; it never
// holds a credential.
type draft struct {
	ID   string `json:"id,omitempty"`   // of the connection that is edited; empty for a new one
	ETag string `json:"etag,omitempty"` // of it, as it was read

	Name           string `json:"name,omitempty"`
	Code           string `json:"code,omitempty"`
	Authentication string `json:"authentication,omitempty"`
	// Made is an authentication that this wizard made: it goes when another
	// takes its place.
	Made      string `json:"made,omitempty"`
	StoreName string `json:"store_name,omitempty"` // as the test found it
	Confirmed bool   `json:"confirmed,omitempty"`  // it is the right store

	StartDate string `json:"start_date,omitempty"`
	Timezone  string `json:"timezone,omitempty"`
	Rules     []rule `json:"rules,omitempty"`

	// Of an Ometria account that holds contacts already.
	Collections       []string `json:"collections,omitempty"` // found there
	CustomersIn       string   `json:"customers_in,omitempty"`
	SubscribersIn     string   `json:"subscribers_in,omitempty"`
	HistoryConsent    string   `json:"history_consent,omitempty"`
	OldConnectionGone bool     `json:"old_connection_gone,omitempty"`
	OldScriptGone     bool     `json:"old_script_gone,omitempty"`
	CampaignsPaused   bool     `json:"campaigns_paused,omitempty"`
	UpdateScript      bool     `json:"update_script,omitempty"`
	Resync            []string `json:"resync,omitempty"`
	MappingSeen       bool     `json:"mapping_seen,omitempty"`
}

// rule is one line of the order mapping.
type rule struct {
	StatusID *int   `json:"status_id,omitempty"` // nil for one that is typed by its label
	Name     string `json:"name,omitempty"`      // the store's own label
	Label    string `json:"label,omitempty"`     // typed
	Status   string `json:"status,omitempty"`    // at Ometria
	IsValid  bool   `json:"is_valid,omitempty"`
	Send     bool   `json:"send,omitempty"`
}

// editing reports whether an existing connection is changed.
func (d *draft) editing() bool { return d.ID != "" }

// heldContacts reports whether the Ometria account holds contacts already.
func (d *draft) heldContacts() bool { return len(d.Collections) > 0 }

// Encoded is the draft as the form carries it.
func (d *draft) Encoded() string {
	text, err := json.Marshal(d)
	if err != nil { // strings and numbers only
		return "{}"
	}
	return string(text)
}

func readDraft(text string) *draft {
	d := &draft{}
	if json.Unmarshal([]byte(text), d) != nil {
		return &draft{}
	}
	return d
}

// take reads the fields of a step out of its form.
func (d *draft) take(step string, form url.Values) {
	text := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	ticked := func(name string) bool { return form.Get(name) != "" }
	switch step {
	case stepSync:
		d.Name, d.Code = text("name"), text("identification_code")
		if !d.editing() && form.Has("authentication") {
			d.choose(text("authentication"))
		}
		if d.editing() {
			d.StartDate, d.Timezone = text("bulk_sync_start_date"), text("timezone")
		}
	case stepTest:
		d.Confirmed = ticked("confirmed")
		if d.heldContacts() {
			d.CustomersIn, d.SubscribersIn = text("customers_in"), text("subscribers_in")
			d.HistoryConsent = text("history_consent")
		}
	case stepDates:
		d.StartDate, d.Timezone = text("bulk_sync_start_date"), text("timezone")
	case stepMapping:
		d.MappingSeen = true
		d.takeRules(form)
	case stepUpdate:
		d.UpdateScript, d.Resync = ticked("update_script"), form["resync"]
	case stepReview:
		d.OldConnectionGone, d.OldScriptGone, d.CampaignsPaused = ticked("old_connection_gone"), ticked("old_script_gone"), ticked("campaigns_paused")
	}
}

// choose takes another authentication; what was found of the former one's
// accounts no longer holds.
func (d *draft) choose(id string) {
	if id == d.Authentication {
		return
	}
	d.Authentication, d.Confirmed, d.StoreName, d.Collections, d.Rules, d.MappingSeen = id, false, "", nil, nil, false
}

func (d *draft) takeRules(form url.Values) {
	for i := range d.Rules {
		at := "rule" + strconv.Itoa(i) + "_"
		r := &d.Rules[i]
		r.Status, r.IsValid, r.Send = strings.TrimSpace(form.Get(at+"status")), form.Get(at+"valid") != "", form.Get(at+"send") != ""
		if r.StatusID == nil {
			r.Label = strings.TrimSpace(form.Get(at + "label"))
		}
	}
}

// known fills the order mapping with the store's statuses, unless it is there.
func (d *draft) known(statuses []apiclient.OrderStatus) {
	if len(d.Rules) > 0 {
		return
	}
	builtIn := connection.DefaultStatusRules()
	for _, s := range statuses {
		id := int(s.ID)
		r := rule{StatusID: &id, Name: s.Name, Send: true}
		if s.CustomLabel != "" && s.CustomLabel != s.Name {
			r.Name = s.CustomLabel + " (" + s.Name + ")"
		}
		if id >= 0 && id < len(builtIn) {
			r.Status, r.IsValid, r.Send = builtIn[id].Status, builtIn[id].IsValid, builtIn[id].Send
		}
		d.Rules = append(d.Rules, r)
	}
}

// mapping is the order mapping for the API: what was left as it is built in is
// left out, and so are typed lines without a label.
func (d *draft) mapping() []apiclient.StatusRule {
	builtIn := connection.DefaultStatusRules()
	rules := []apiclient.StatusRule{}
	for _, r := range d.Rules {
		if r.StatusID == nil && r.Label == "" {
			continue
		}
		if id := r.StatusID; id != nil && *id >= 0 && *id < len(builtIn) {
			b := builtIn[*id]
			if r.Status == b.Status && r.IsValid == b.IsValid && r.Send == b.Send {
				continue
			}
		}
		rules = append(rules, apiclient.StatusRule{StatusID: r.StatusID, Label: r.Label, Status: r.Status, IsValid: &r.IsValid, Send: &r.Send})
	}
	return rules
}

// settings are the settings for the API that the wizard asks for.
func (d *draft) settings() map[string]any {
	s := map[string]any{}
	if !d.heldContacts() {
		return s
	}
	if d.CustomersIn != "" {
		s["customers_collection"] = d.CustomersIn
	}
	if d.SubscribersIn != "" {
		s["subscribers_collection"] = d.SubscribersIn
	}
	if d.HistoryConsent != "" {
		s["history_consent"] = d.HistoryConsent
	}
	return s
}

// draftOf begins the wizard for an existing connection.
func draftOf(c apiclient.Connection, etag string) *draft {
	d := &draft{
		ID: c.ID, ETag: etag, Name: c.Name, Code: c.IdentificationCode, Authentication: c.AuthenticationID,
		StoreName: c.Store.Name, Confirmed: true, StartDate: c.BulkSyncStartDate, Timezone: c.Timezone,
	}
	return d
}

// overlay lays a connection's own rules over the store's statuses.
func (d *draft) overlay(rules []apiclient.StatusRule) {
	for _, given := range rules {
		at := slices.IndexFunc(d.Rules, func(r rule) bool {
			return r.StatusID != nil && given.StatusID != nil && *r.StatusID == *given.StatusID
		})
		if at < 0 {
			d.Rules = append(d.Rules, rule{StatusID: given.StatusID, Name: given.Label, Label: given.Label})
			at = len(d.Rules) - 1
		}
		r := &d.Rules[at]
		r.Status = given.Status
		if given.IsValid != nil {
			r.IsValid = *given.IsValid
		}
		if given.Send != nil {
			r.Send = *given.Send
		}
	}
}

// ResyncChoices are the boxes of what to re-sync, none ticked at first.
func (d *draft) ResyncChoices() []choice {
	choices := resyncChoices(d.Resync)
	for i := range choices {
		choices[i].Checked = slices.Contains(d.Resync, choices[i].Value)
	}
	return choices
}

// Changed tells each line of the order mapping that is not as it is built in.
func (d *draft) Changed() (lines []string) {
	for _, r := range d.mapping() {
		name := r.Label
		for _, known := range d.Rules {
			if known.StatusID != nil && r.StatusID != nil && *known.StatusID == *r.StatusID {
				name = known.Name
			}
		}
		line := name + " → " + r.Status
		if !*r.Send {
			line = name + " is not sent"
		} else if !*r.IsValid {
			line += ", not a sale"
		}
		lines = append(lines, line)
	}
	return lines
}
