package page

import (
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
	// Unread says that what the step shows could not be read; it stands without.
	Unread bool

	Authentications []apiclient.Authentication
	New             newAuthentication
	Report          *apiclient.Report
	Mapping         []mappingLine
}

// Passed reports whether the test found everything that is needed.
func (p *wizardPage) Passed() bool { return p.Report != nil && p.Report.OK }

// newAuthentication is what is shown again of a form that was refused: no
// secret is.
type newAuthentication struct {
	Name      string `json:"name,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	StoreHash string `json:"store_hash,omitempty"`
	SameStore bool   `json:"-"` // the store hash is not to be chosen
}

// mappingLine is a rule as the form numbers it, with what is wrong with it.
type mappingLine struct {
	rule
	At                      int
	LabelError, StatusError string
}

func (s *site) startWizard(v *visit) error {
	return s.showStep(v, http.StatusOK, &wizardPage{Draft: &draft{}, Step: stepSync})
}

func (s *site) editConnection(v *visit) error {
	c, etag, err := v.api.ConnectionAt(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	return s.showStep(v, http.StatusOK, &wizardPage{Draft: draftOf(c, etag), Step: stepSync})
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
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepAuthentication})
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
	if d.Made != "" && d.Made != d.Authentication { // another was chosen
		v.discard(d.Made)
		d.Made = ""
	}
	return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: steps[min(at+1, len(steps)-1)]})
}

// showStep reads what the step shows and shows it. When that cannot be read the
// step stands without it: the draft is kept.
func (s *site) showStep(v *visit, status int, p *wizardPage) error {
	steps := stepsFor(p.Draft)
	p.Number, p.Of = slices.Index(steps, p.Step)+1, len(steps)
	if p.Step == stepAuthentication {
		p.Number = 1
	}
	if err := v.read(p); err != nil {
		if isNotFound(err) && p.Step != stepSync && !p.Draft.editing() {
			return s.chooseAgain(v, p.Draft)
		}
		text, code, err := trouble(err)
		if err != nil {
			return err
		}
		p.Unread, status = true, code
		if p.Error != "" {
			text = p.Error + " " + text
		}
		p.Error = text
	}
	for i, r := range p.Draft.Rules {
		p.Mapping = append(p.Mapping, mappingLine{r, i, p.Errors[labelKey(i)], p.Errors[statusKey(i)]})
	}
	if p.Step != stepAuthentication { // where secrets are typed
		// Of the answer to a form that it may not keep, a browser's Back shows nothing.
		v.Header("Cache-Control", "private, no-cache")
	}
	v.show(status, "wizard", p)
	return nil
}

// read asks for what a step shows beside the draft.
func (v *visit) read(p *wizardPage) error {
	ctx, d := v.Request.Context(), p.Draft
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
	case stepAuthentication:
		p.New = d.New
		if p.New.Name == "" {
			p.New.Name = d.Name
		}
	case stepTest:
		report, err := v.api.TestAuthentication(ctx, d.Authentication)
		if err != nil {
			return err
		}
		p.Report = &report
		d.learn(report)
	case stepMapping:
		if d.StatusesKnown {
			break
		}
		statuses, err := v.api.OrderStatuses(ctx, d.Authentication)
		if err != nil {
			return err
		}
		d.known(statuses)
	}
	return nil
}

// chooseAgain goes back to the first step, for another authentication than one
// that is gone.
func (s *site) chooseAgain(v *visit, d *draft) error {
	d.choose("")
	return s.showStep(v, http.StatusUnprocessableEntity, &wizardPage{Draft: d, Step: stepSync,
		Errors: fieldErrors{"authentication": "This authentication is gone. Choose another one."}})
}

// learn keeps of a test what later steps need.
func (d *draft) learn(r apiclient.Report) {
	if r.Store != nil {
		d.StoreName = r.Store.Name
		if d.Timezone == "" {
			d.Timezone, d.StoreTimezone = r.Store.Timezone, r.Store.Timezone
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
	d.New = newAuthentication{Name: v.text("name"), ClientID: v.text("client_id"), StoreHash: v.text("store_hash")}
	if button == "back" {
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepSync})
	}
	made, err := v.createAuthentication(d.New, d.Made)
	if bad := fieldErrorsOf(err); len(bad) > 0 {
		return s.showStep(v, http.StatusUnprocessableEntity, &wizardPage{Draft: d, Step: stepAuthentication, Errors: bad})
	}
	if err != nil {
		text, code, err := trouble(err)
		if err != nil {
			return err
		}
		return s.showStep(v, code, &wizardPage{Draft: d, Step: stepAuthentication, Error: text})
	}
	d.choose(made.ID)
	d.Made = made.ID
	if d.Code == "" {
		return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepSync})
	}
	return s.showStep(v, http.StatusOK, &wizardPage{Draft: d, Step: stepTest})
}
