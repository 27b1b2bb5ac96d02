package page

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

type recordsPage struct {
	heading
	Entity, Outcome string
	Group           string // of failures, where one was followed from there
	Why             string // that group's reason, which its records tell
	Outcomes        []choice
	Records         []apiclient.Record
	Older           string
	Find            findForm
}

// findForm is what a person knows of a record.
type findForm struct {
	Entity, RecordID string
	Errors           fieldErrors
	Matches          []apiclient.Match
	Asked            bool // a lookup was made
}

const recordsLength = 50

// showRecords lists records, or goes to the one that was named by its id.
func (s *site) showRecords(v *visit) error {
	return s.records(v, http.StatusOK, findForm{Entity: v.Query("entity")})
}

func (s *site) records(v *visit, status int, find findForm) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	if id := strings.TrimPrefix(strings.TrimSpace(v.Query("record_id")), "#"); id != "" && status == http.StatusOK && !find.Asked {
		entity := v.Query("entity")
		if _, err := connection.ParseRecordID(id); err == nil && connection.Entity(entity).Valid() {
			return v.to("/connections/"+c.ID+"/records/"+entity+"/"+id, "")
		}
		find.RecordID, find.Errors = id, fieldErrors{"record_id": "An id is a whole number, as BigCommerce shows it."}
		status = http.StatusUnprocessableEntity
	}
	if find.Entity == "" {
		find.Entity = string(connection.Orders) // what support is asked about
	}
	p := recordsPage{heading: headingOf(c, "records"), Entity: v.Query("entity"), Outcome: v.Query("outcome"), Group: v.Query("group"), Find: find}
	query := url.Values{}
	if connection.Entity(p.Entity).Valid() {
		query.Set("entity", p.Entity)
	}
	if p.Group != "" {
		query.Set("group", p.Group)
	}
	for _, o := range outcomes() {
		o.Checked = o.Value == p.Outcome
		p.Outcomes = append(p.Outcomes, o)
		if o.Checked && o.Value != "" {
			query.Set("outcome", o.Value)
		}
	}
	var next string
	p.Records, next, err = apiclient.Page[apiclient.Record](v.Request.Context(), v.api, apiclient.ConnectionPath(c.ID)+"/records", query, v.Query("cursor"), recordsLength)
	if err != nil {
		return err
	}
	if p.Group != "" && len(p.Records) > 0 && p.Records[0].Reason != nil {
		p.Why = p.Records[0].Reason.Text
	}
	if next != "" {
		query.Set("cursor", next)
		p.Older = s.url("connections", c.ID, "records") + "?" + query.Encode()
	}
	v.show(status, "records", p)
	return nil
}

func outcomes() []choice {
	return []choice{
		{Value: "", Label: "Any outcome"},
		{Value: string(connection.Accepted), Label: "Accepted by Ometria"},
		{Value: string(connection.Waiting), Label: "Waiting"},
		{Value: string(connection.Rejected), Label: "Failed"},
		{Value: string(connection.Skipped), Label: "Skipped"},
		{Value: string(connection.Deleted), Label: "Deleted"},
	}
}

// lookUp finds a shopper's records by e-mail or order number. Both come in the
// body and stand in no address, log or row of ours.
func (s *site) lookUp(v *visit) error {
	find := findForm{Asked: true}
	body := map[string]string{}
	if email := strings.TrimSpace(v.PostForm("email")); email != "" {
		body["email"] = email
	}
	if number := strings.TrimSpace(v.PostForm("order_number")); number != "" {
		body["order_number"] = number
	}
	switch {
	case len(body) == 0:
		find.Errors = fieldErrors{"email": "Enter an e-mail address or an order number."}
	case len(body) > 1:
		find.Errors = fieldErrors{"order_number": "Enter an e-mail address or an order number, not both."}
	}
	if len(find.Errors) > 0 {
		return s.records(v, http.StatusUnprocessableEntity, find)
	}
	matches, err := v.api.LookUp(v.Request.Context(), v.Param("connection_id"), body)
	if find.Errors = fieldErrorsOf(err); len(find.Errors) > 0 {
		return s.records(v, http.StatusUnprocessableEntity, find)
	}
	if err != nil {
		return err
	}
	if len(matches) == 1 {
		return v.to("/connections/"+v.Param("connection_id")+"/records/"+matches[0].Entity+"/"+matches[0].RecordID, "")
	}
	find.Matches = matches
	return s.records(v, http.StatusOK, find)
}

// outcomeOf is an outcome in words, with its tone.
func outcomeOf(outcome string) standing {
	switch connection.Outcome(outcome) {
	case connection.Accepted:
		return standing{"Accepted by Ometria", "good", ""}
	case connection.Rejected:
		return standing{"Failed", "bad", ""}
	case connection.Skipped:
		return standing{"Skipped", "held", ""}
	case connection.Deleted:
		return standing{"Deleted", "held", ""}
	}
	return standing{"Waiting", "busy", ""}
}
