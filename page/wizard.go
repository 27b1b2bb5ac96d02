package page

import (
	"errors"
	"net/http"
	"slices"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// Steps of the wizard, in the words of Ometria's own pages where they have any.
const (
	stepSync           = "sync"           // BigCommerce sync: identification code, authentication
	stepAuthentication = "authentication" // Create a new authentication
	stepTest           = "test"
	stepDates          = "dates"
	stepMapping        = "mapping"
	stepUpdate         = "update" // of an existing connection: what to update
	stepReview         = "review"
)

// stepsFor are the steps of a wizard in order; creating an authentication is
// an aside of the first.
func stepsFor(d *draft) []string {
	if d.editing() {
		return []string{stepSync, stepMapping, stepUpdate, stepReview}
	}
	return []string{stepSync, stepTest, stepDates, stepMapping, stepReview}
}

// wizardPage is one step.
type wizardPage struct {
	Draft  *draft
	Step   string
	Number int // of the step, from 1
	Of     int
	Errors fieldErrors
	Error  string // what is wrong with no field of its own
	// OtherID names the connection that stands in the way of a new one.
	OtherID string

	Authentications []apiclient.Authentication
	New             newAuthentication
	Report          *apiclient.Report
	Mapping         []mappingLine
}

// newAuthentication is what is shown again of a form that was refused: no
// secret is.
type newAuthentication struct {
	Name, ClientID, StoreHash string
	SameStore                 bool // the store hash is not to be chosen
}

// mappingLine is a rule as the form numbers it.
type mappingLine struct {
	rule
	At int
}

func (s *site) startWizard(v *visit) error {
	return s.showStep(v, http.StatusOK, &wizardPage{Draft: &draft{}, Step: stepSync})
}

func (s *site) editConnection(v *visit) error {
	c, etag, err := v.api.ConnectionAt(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	d := draftOf(c, etag)
	if statuses, err := v.api.OrderStatuses(v.Request.Context(), c.AuthenticationID); err == nil {
		d.known(statuses)
	}
	d.overlay(c.OrderStatusMapping)
	return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepSync})
}

// wizard takes a step's form in and goes where its button says.
func (s *site) wizard(v *visit) error {
	if err := v.Request.ParseForm(); err != nil {
		return err
	}
	d, step, button := readDraft(v.PostForm("draft")), v.PostForm("step"), v.PostForm("go")
	if step == stepAuthentication {
		return s.makeAuthentication(v, d, button)
	}
	steps := stepsFor(d)
	at := slices.Index(steps, step)
	if at < 0 {
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepSync})
	}
	d.take(step, v.Request.PostForm)
	switch button {
	case "back":
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: steps[max(at-1, 0)]})
	case "new-authentication":
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepAuthentication, New: newAuthentication{Name: d.Name}})
	case "add":
		d.Rules = append(d.Rules, rule{Send: true, IsValid: true})
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: step})
	case "again":
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: step})
	case "finish":
		return s.finish(v, d)
	}
	if bad := checkStep(d, step); len(bad) > 0 {
		return s.showStep(v, http.StatusUnprocessableEntity, &wizardPage{Draft: d, Step: step, Errors: bad})
	}
	return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: steps[min(at+1, len(steps)-1)]})
}

// checkStep says what is missing before the next step; the API checks the rest
// at the end.
func checkStep(d *draft, step string) fieldErrors {
	bad := fieldErrors{}
	switch step {
	case stepSync:
		if d.Code == "" {
			bad["identification_code"] = "Enter the Identification Code of your Ometria account."
		}
		if d.Authentication == "" {
			bad["authentication"] = "Choose an authentication, or create a new one."
		}
		if d.editing() {
			checkDates(d, bad)
		}
	case stepTest:
		if !d.Confirmed {
			bad["confirmed"] = "Confirm that this is the store, or go back and use other credentials."
		}
	case stepDates:
		checkDates(d, bad)
	}
	return bad
}

func checkDates(d *draft, bad fieldErrors) {
	c := connection.Connection{IdentificationCode: "x", Timezone: d.Timezone, BulkSyncStartDate: d.StartDate}
	var found connection.ValidationError
	_ = errors.As(c.Validate(), &found)
	for _, e := range found {
		if e.Field == "timezone" || e.Field == "bulk_sync_start_date" {
			bad[e.Field] = sentence(e.Message)
		}
	}
}

// showStep reads what the step shows and shows it.
func (s *site) showStep(v *visit, status int, p *wizardPage) error {
	ctx, d := v.Request.Context(), p.Draft
	steps := stepsFor(d)
	p.Number, p.Of = slices.Index(steps, p.Step)+1, len(steps)
	if p.Step == stepAuthentication {
		p.Number = 1
	}
	switch p.Step {
	case stepSync:
		if d.editing() {
			break
		}
		for a, err := range v.api.Authentications(ctx) {
			if err != nil {
				return err
			}
			p.Authentications = append(p.Authentications, a)
		}
	case stepTest:
		report, err := v.api.TestAuthentication(ctx, d.Authentication)
		if err != nil {
			if isNotFound(err) {
				d.choose("")
				return s.showStep(v, http.StatusUnprocessableEntity, &wizardPage{Draft: d, Step: stepSync,
					Errors: fieldErrors{"authentication": "This authentication is gone. Choose another one."}})
			}
			return err
		}
		p.Report = &report
		d.learn(report)
	case stepMapping:
		if len(d.Rules) == 0 {
			statuses, err := v.api.OrderStatuses(ctx, d.Authentication)
			if err != nil {
				return err
			}
			d.known(statuses)
		}
		for i, r := range d.Rules {
			p.Mapping = append(p.Mapping, mappingLine{r, i})
		}
	}
	if p.Step != stepAuthentication { // where secrets are typed
		// Of the answer to a form that it may not keep, a browser's Back shows nothing.
		v.Header("Cache-Control", "private, no-cache")
	}
	v.show(status, "wizard", p)
	return nil
}

// learn keeps of a test what later steps need.
func (d *draft) learn(r apiclient.Report) {
	if r.Store != nil {
		d.StoreName = r.Store.Name
		if d.Timezone == "" {
			d.Timezone = r.Store.Timezone
		}
	}
	d.Collections = nil
	for _, c := range r.Collections {
		if c.Count > 0 {
			d.Collections = append(d.Collections, c.Name)
		}
	}
	if d.heldContacts() && d.HistoryConsent == "" {
		d.HistoryConsent = connection.HistoryConsentOmit
	}
}

// makeAuthentication takes the credentials to the API. None of them comes back.
func (s *site) makeAuthentication(v *visit, d *draft, button string) error {
	if button == "back" {
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepSync})
	}
	again := newAuthentication{Name: v.text("name"), ClientID: v.text("client_id"), StoreHash: v.text("store_hash")}
	made, err := v.createAuthentication(again, d.Made)
	if bad := fieldErrorsOf(err); len(bad) > 0 {
		return s.showStep(v, http.StatusUnprocessableEntity, &wizardPage{Draft: d, Step: stepAuthentication, New: again, Errors: bad})
	}
	if err != nil {
		return err
	}
	d.choose(made.ID)
	d.Made = made.ID
	if d.Code == "" {
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepSync})
	}
	return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepTest})
}

// finish makes or changes the connection.
func (s *site) finish(v *visit, d *draft) error {
	if d.editing() {
		return s.finishEdit(v, d)
	}
	if d.heldContacts() && !(d.OldConnectionGone && d.OldScriptGone && d.CampaignsPaused) {
		return s.showStep(v, http.StatusUnprocessableEntity, &wizardPage{Draft: d, Step: stepReview,
			Errors: fieldErrors{"ticks": "Tick all three before you finish: otherwise shoppers may be tracked and mailed twice."}})
	}
	made, err := v.api.CreateConnection(v.Request.Context(), apiclient.NewConnection{
		Name: d.Name, AuthenticationID: d.Authentication, IdentificationCode: d.Code, BulkSyncStartDate: d.StartDate,
		Timezone: d.Timezone, OrderStatusMapping: d.mapping(), Settings: d.settings(),
	})
	if err != nil {
		return s.notFinished(v, d, err)
	}
	return v.to("/connections/"+made.ID, "Your connection with BigCommerce is made. How its setup goes is shown here.")
}

func (s *site) finishEdit(v *visit, d *draft) error {
	ctx := v.Request.Context()
	change := map[string]any{
		"name": d.Name, "identification_code": d.Code, "bulk_sync_start_date": d.StartDate, "timezone": d.Timezone,
	}
	if len(d.Rules) > 0 {
		change["order_status_mapping"] = d.mapping()
	}
	if _, err := v.api.Change(ctx, apiclient.ConnectionPath(d.ID), d.ETag, change); err != nil {
		return s.notFinished(v, d, err)
	}
	if d.UpdateScript {
		if _, err := v.api.Act(ctx, d.ID, "script", nil); err != nil {
			return err
		}
	}
	if entities := entitiesOf(d.Resync); len(entities) > 0 {
		if _, err := v.api.Act(ctx, d.ID, "resync", map[string]any{"entities": entities}); err != nil {
			return err
		}
	}
	return v.to("/connections/"+d.ID, "The connection is changed.")
}

// notFinished shows what the API found wrong, at the review.
func (s *site) notFinished(v *visit, d *draft, err error) error {
	problem, refused := errors.AsType[*apiclient.Problem](err)
	if !refused || problem.Status == http.StatusUnauthorized || problem.Status == http.StatusForbidden {
		return err
	}
	p := &wizardPage{Draft: d, Step: stepReview, Errors: fieldErrorsOf(err), OtherID: problem.ConnectionID}
	switch {
	case len(p.Errors) > 0:
		p.Error = "Something is not right yet: go back and mend it."
	case problem.Status == http.StatusPreconditionFailed:
		p.Error = "Somebody else changed the connection meanwhile. Open it and begin again."
	case problem.Status == http.StatusConflict && problem.ConnectionID != "":
		p.Error = "This store is connected already."
	default:
		p.Error = sentence(problem.Detail)
	}
	return s.showStep(v, problem.Status, p)
}

func isStatus(err error, statuses ...int) bool {
	problem, ok := errors.AsType[*apiclient.Problem](err)
	return ok && slices.Contains(statuses, problem.Status)
}
