package page

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// draft is what the wizard has been told so far. It travels in the form itself,
// so that going back and forth loses nothing and nothing is stored; it never
// holds a credential.
type draft struct {
	ID     string `json:"id,omitempty"`    // of the connection that is edited; empty for a new one
	ETag   string `json:"etag,omitempty"`  // of it, as it was read
	Before chosen `json:"before,omitzero"` // in it, as it was read

	Name           string `json:"name,omitempty"`
	Code           string `json:"code,omitempty"`
	Authentication string `json:"authentication,omitempty"`
	// New is what was typed of a new authentication, but for its secrets.
	New newAuthentication `json:"new,omitzero"`
	// Made is an authentication that this wizard made: it goes when another
	// takes its place.
	Made      string `json:"made,omitempty"`
	StoreName string `json:"store_name,omitempty"` // as the test found it
	Confirmed bool   `json:"confirmed,omitempty"`  // it is the right store

	StartDate     string `json:"start_date,omitempty"`
	Timezone      string `json:"timezone,omitempty"`
	StoreTimezone string `json:"store_timezone,omitempty"` // filled in, not typed
	Rules         []rule `json:"rules,omitempty"`
	StatusesKnown bool   `json:"statuses_known,omitempty"` // Rules has all of the store's

	// AskPrefix says that another store of the Ometria account makes IDPrefix
	// needed.
	AskPrefix bool   `json:"ask_prefix,omitempty"`
	IDPrefix  string `json:"id_prefix,omitempty"`

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
		d.Name = text("name")
		d.account(text("identification_code"))
		if !d.editing() && form.Has("authentication") {
			d.choose(text("authentication"))
		}
		if d.editing() {
			d.StartDate, d.Timezone = text("bulk_sync_start_date"), text("timezone")
		}
	case stepTest:
		d.Confirmed = ticked("confirmed")
		if form.Has("customers_in") { // not beside a test that failed
			d.CustomersIn, d.SubscribersIn = text("customers_in"), text("subscribers_in")
			d.HistoryConsent = text("history_consent")
		}
	case stepDates:
		d.StartDate, d.Timezone = text("bulk_sync_start_date"), text("timezone")
	case stepMapping:
		d.takeRules(form)
	case stepUpdate:
		d.UpdateScript, d.Resync = ticked("update_script"), form["resync"]
	case stepReview:
		d.OldConnectionGone, d.OldScriptGone, d.CampaignsPaused = ticked("old_connection_gone"), ticked("old_script_gone"), ticked("campaigns_paused")
		if d.AskPrefix {
			d.IDPrefix = text("id_prefix")
		}
	}
}

// choose takes another authentication; what was found of the former one's
// accounts, and chosen by it, no longer holds.
func (d *draft) choose(id string) {
	if id == d.Authentication {
		return
	}
	d.Authentication, d.Confirmed, d.StoreName = id, false, ""
	d.Collections, d.CustomersIn, d.SubscribersIn, d.HistoryConsent = nil, "", "", ""
	d.OldConnectionGone, d.OldScriptGone, d.CampaignsPaused = false, false, false
	d.Rules, d.StatusesKnown = nil, false
	d.AskPrefix, d.IDPrefix = false, ""
	if d.Timezone == d.StoreTimezone { // nobody typed it
		d.Timezone = ""
	}
	d.StoreTimezone = ""
}

// account takes another Identification Code. Of another Ometria account it is
// not known yet whether a prefix is needed.
func (d *draft) account(code string) {
	if code != d.Code {
		d.Code, d.AskPrefix, d.IDPrefix = code, false, d.Before.IDPrefix
	}
}

// settings are the settings for the API that the wizard asks for.
func (d *draft) settings() map[string]any {
	s := map[string]any{}
	if d.IDPrefix != "" {
		s["id_prefix"] = d.IDPrefix
	}
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
	d.IDPrefix, _ = c.Settings["id_prefix"].(string)
	for _, given := range c.OrderStatusMapping {
		d.Rules = append(d.Rules, ruleFrom(given))
	}
	d.Before = d.chosen()
	return d
}

// chosen is what the wizard asks for of an existing connection.
type chosen struct {
	Name      string                 `json:"name,omitempty"`
	Code      string                 `json:"code,omitempty"`
	StartDate string                 `json:"start_date,omitempty"`
	Timezone  string                 `json:"timezone,omitempty"`
	IDPrefix  string                 `json:"id_prefix,omitempty"`
	Mapping   []apiclient.StatusRule `json:"mapping,omitempty"`
}

func (d *draft) chosen() chosen {
	return chosen{Name: d.Name, Code: d.Code, StartDate: d.StartDate, Timezone: d.Timezone, IDPrefix: d.IDPrefix, Mapping: d.mapping()}
}

// changes are the fields for the API that are not as they were read: the
// activity log names those that are sent.
func (d *draft) changes() map[string]any {
	change, before, now := map[string]any{}, d.Before, d.chosen()
	for _, field := range []struct{ name, before, now string }{
		{"name", before.Name, now.Name}, {"identification_code", before.Code, now.Code},
		{"bulk_sync_start_date", before.StartDate, now.StartDate}, {"timezone", before.Timezone, now.Timezone},
	} {
		if field.now != field.before {
			change[field.name] = field.now
		}
	}
	if !sameMapping(before.Mapping, now.Mapping) {
		change["order_status_mapping"] = now.Mapping
	}
	if now.IDPrefix != before.IDPrefix {
		change["settings"] = map[string]any{"id_prefix": now.IDPrefix}
	}
	return change
}

// ResyncChoices are the boxes of what to re-sync, none ticked at first.
func (d *draft) ResyncChoices() []choice {
	choices := resyncChoices(d.Resync)
	for i := range choices {
		choices[i].Checked = slices.Contains(d.Resync, choices[i].Value)
	}
	return choices
}
