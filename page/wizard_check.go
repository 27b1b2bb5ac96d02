package page

import (
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// checkStep says what is wrong with a step before the next one. What only the
// store and the service know is left to the API, at the end.
func checkStep(d *draft, step string) fieldErrors {
	placed, _ := d.place(d.problems())
	bad := placed[step]
	if bad == nil {
		bad = fieldErrors{}
	}
	switch step {
	case stepSync:
		if d.Code == "" {
			bad["identification_code"] = "Enter the Identification Code of your Ometria account."
		}
		if d.Authentication == "" {
			bad["authentication"] = "Choose an authentication, or create a new one."
		}
	case stepTest:
		if !d.Confirmed {
			bad["confirmed"] = "Confirm that this is the store, or go back and use other credentials."
		}
	case stepMapping:
		for i, r := range d.Rules {
			if r.StatusID == nil && r.Label == "" && r.Status != "" {
				bad[labelKey(i)] = "Enter the order status as it is called in BigCommerce."
			}
		}
	}
	return bad
}

// problems are what the API would find wrong with the draft by itself, by its
// own names of fields.
func (d *draft) problems() fieldErrors {
	c := connection.Connection{
		Name: d.Name, AuthenticationID: connection.AuthenticationID(d.Authentication), IdentificationCode: d.Code,
		BulkSyncStartDate: d.StartDate, Timezone: d.Timezone, StatusMapping: d.plainMapping(),
	}
	c.Settings.IDPrefix = d.IDPrefix
	if d.heldContacts() {
		c.Settings.CustomersCollection, c.Settings.SubscribersCollection = d.CustomersIn, d.SubscribersIn
	}
	var found connection.ValidationError
	if d.StatusesKnown {
		c.StatusMapping, found = connection.ResolveStatusRules(c.StatusMapping, d.statuses())
	}
	var others connection.ValidationError
	_ = errors.As(c.Validate(), &others)
	bad := fieldErrors{}
	found = append(found, connection.CheckStartDate(d.StartDate, time.Now())...)
	for _, e := range append(found, others...) {
		bad.add(e.Field, e.Message)
	}
	return bad
}

// place sorts the API's errors by the steps that have their fields, under the
// names of these. rest belongs to no step.
func (d *draft) place(bad fieldErrors) (placed map[string]fieldErrors, rest fieldErrors) {
	placed, rest = map[string]fieldErrors{}, fieldErrors{}
	for field, text := range bad {
		step, name, text := d.placeOf(field, text)
		if step == "" {
			rest[field] = text
			continue
		}
		if placed[step] == nil {
			placed[step] = fieldErrors{}
		}
		placed[step][name] = text
	}
	return placed, rest
}

// placeOf is the step and the form's name of a field of the API.
func (d *draft) placeOf(field, text string) (step, name, said string) {
	switch field {
	case "identification_code", "name":
		return stepSync, field, text
	case "bulk_sync_start_date", "timezone":
		if d.editing() {
			return stepSync, field, text
		}
		return stepDates, field, text
	case "settings.id_prefix":
		return stepReview, "id_prefix", text
	}
	if at, part, ok := d.ruleOf(field); ok {
		switch part {
		case "status":
			return stepMapping, statusKey(at), text
		case "status_id":
			return stepMapping, labelKey(at), "This order status is mapped twice: use one line for it."
		}
		return stepMapping, labelKey(at), text
	}
	if d.editing() { // the fields below are asked for once
		return "", "", text
	}
	switch field {
	case "authentication_id":
		return stepSync, "authentication", text
	case "settings.customers_collection":
		return stepTest, "customers_in", text
	case "settings.subscribers_collection":
		return stepTest, "subscribers_in", text
	}
	return "", "", text
}

var ruleField = regexp.MustCompile(`^order_status_mapping\[(\d+)\](?:\.(\w+))?$`)

// ruleOf is the line of the form that a field of the API's mapping is of: the
// mapping leaves lines out.
func (d *draft) ruleOf(field string) (at int, part string, ok bool) {
	found := ruleField.FindStringSubmatch(field)
	if found == nil {
		return 0, "", false
	}
	nth, err := strconv.Atoi(found[1])
	lines := d.told()
	if err != nil || nth >= len(lines) {
		return 0, "", false
	}
	return lines[nth], found[2], true
}

func labelKey(at int) string  { return ruleKey(at) + "label" }
func statusKey(at int) string { return ruleKey(at) + "status" }
func ruleKey(at int) string   { return "rule" + strconv.Itoa(at) + "_" }
