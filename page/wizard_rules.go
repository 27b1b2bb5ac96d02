package page

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// rule is one line of the order mapping.
type rule struct {
	StatusID *int   `json:"status_id,omitempty"` // nil for one that is typed by its label
	Name     string `json:"name,omitempty"`      // BigCommerce's
	Custom   string `json:"custom,omitempty"`    // the merchant's own label
	Label    string `json:"label,omitempty"`     // typed
	Status   string `json:"status,omitempty"`    // at Ometria
	IsValid  bool   `json:"is_valid,omitempty"`
	Send     bool   `json:"send,omitempty"`
}

// Title is what a line is called.
func (r rule) Title() string {
	if r.Custom != "" && r.Custom != r.Name {
		return r.Custom + " (" + r.Name + ")"
	}
	return cmp.Or(r.Name, r.Label)
}

// ruleFrom is the line of a connection's rule.
func ruleFrom(given apiclient.StatusRule) rule {
	r := rule{StatusID: given.StatusID, Name: given.Label, Label: given.Label, Status: given.Status}
	if b, ok := builtIn(given.StatusID); ok {
		r.IsValid, r.Send = b.IsValid, b.Send
	}
	if given.IsValid != nil {
		r.IsValid = *given.IsValid
	}
	if given.Send != nil {
		r.Send = *given.Send
	}
	return r
}

// builtIn is what a status means where nothing else is said.
func builtIn(id *int) (connection.StatusRule, bool) {
	rules := connection.DefaultStatusRules()
	if id == nil || *id < 0 || *id >= len(rules) {
		return connection.StatusRule{}, false
	}
	return rules[*id], true
}

func (d *draft) takeRules(form url.Values) {
	for i := range d.Rules {
		at, r := ruleKey(i), &d.Rules[i]
		r.Status, r.IsValid, r.Send = strings.TrimSpace(form.Get(statusKey(i))), form.Get(at+"valid") != "", form.Get(at+"send") != ""
		if r.StatusID == nil {
			r.Label = strings.TrimSpace(form.Get(labelKey(i)))
		}
	}
}

// known lays the lines that are there over a line for each of the store's
// statuses.
func (d *draft) known(statuses []apiclient.OrderStatus) {
	own := d.Rules
	d.Rules, d.StatusesKnown = nil, true
	for _, s := range statuses {
		id := int(s.ID)
		r := rule{StatusID: &id, Name: s.Name, Custom: s.CustomLabel, Send: true}
		if b, ok := builtIn(&id); ok {
			r.Status, r.IsValid, r.Send = b.Status, b.IsValid, b.Send
		}
		d.Rules = append(d.Rules, r)
	}
	for _, r := range own {
		at := slices.IndexFunc(d.Rules, func(known rule) bool { return sameStatus(known.StatusID, r.StatusID) })
		if at < 0 {
			d.Rules = append(d.Rules, r)
			continue
		}
		d.Rules[at].Status, d.Rules[at].IsValid, d.Rules[at].Send = r.Status, r.IsValid, r.Send
	}
}

func sameStatus(a, b *int) bool { return a != nil && b != nil && *a == *b }

// statuses are the store's, of its lines.
func (d *draft) statuses() (list []connection.StoreStatus) {
	for _, r := range d.Rules {
		if r.StatusID != nil {
			list = append(list, connection.StoreStatus{ID: int64(*r.StatusID), Name: r.Name, CustomLabel: r.Custom})
		}
	}
	return list
}

// told are the lines that the API is told of: what was left as it is built in
// is left out, and so are typed lines that nothing was typed in.
func (d *draft) told() (lines []int) {
	for i, r := range d.Rules {
		if r.StatusID == nil && r.Label == "" && r.Status == "" {
			continue
		}
		if b, ok := builtIn(r.StatusID); ok && r.Status == b.Status && r.IsValid == b.IsValid && r.Send == b.Send {
			continue
		}
		lines = append(lines, i)
	}
	return lines
}

// mapping is the order mapping for the API.
func (d *draft) mapping() []apiclient.StatusRule {
	rules := []apiclient.StatusRule{}
	for _, at := range d.told() {
		r := d.Rules[at]
		rules = append(rules, apiclient.StatusRule{StatusID: r.StatusID, Label: r.Label, Status: r.Status, IsValid: &r.IsValid, Send: &r.Send})
	}
	return rules
}

// plainMapping is the mapping in the product's own type.
func (d *draft) plainMapping() (rules []connection.StatusRule) {
	for _, at := range d.told() {
		r := d.Rules[at]
		rules = append(rules, connection.StatusRule{StatusID: r.StatusID, Label: r.Label, Status: r.Status, IsValid: r.IsValid, Send: r.Send})
	}
	return rules
}

// sameMapping compares two mappings whatever their order. Of a label it is not
// known yet which status it is.
func sameMapping(a, b []apiclient.StatusRule) bool {
	byID := func(rules []apiclient.StatusRule) map[int]connection.StatusRule {
		found := map[int]connection.StatusRule{}
		for _, r := range rules {
			if r.StatusID != nil {
				found[*r.StatusID] = connection.StatusRule{Status: r.Status, IsValid: *r.IsValid, Send: *r.Send}
			}
		}
		return found
	}
	before, now := byID(a), byID(b)
	if len(before) != len(a) || len(now) != len(b) || len(before) != len(now) {
		return false
	}
	for id, r := range now {
		if before[id] != r {
			return false
		}
	}
	return true
}

// Changed tells each line of the order mapping that is not as it is built in.
func (d *draft) Changed() (lines []string) {
	for _, at := range d.told() {
		r := d.Rules[at]
		line := r.Title() + " → " + r.Status
		if !r.Send {
			line = r.Title() + " is not sent"
		} else if !r.IsValid {
			line += ", not a sale"
		}
		lines = append(lines, line)
	}
	return lines
}
