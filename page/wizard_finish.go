package page

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

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
	if err := d.save(v.Request.Context(), v.api); err != nil {
		return s.notFinished(v, d, err)
	}
	return v.to("/connections/"+d.ID, "The connection is changed.")
}

// save does what the wizard was told and has not been done yet, so that Finish
// may be pressed again after it failed half-way.
func (d *draft) save(ctx context.Context, api *apiclient.Client) error {
	if change := d.changes(); len(change) > 0 {
		answer, err := api.Change(ctx, apiclient.ConnectionPath(d.ID), d.ETag, change)
		if err != nil {
			return err
		}
		d.ETag, d.Before = answer.ETag, d.chosen()
	}
	if d.UpdateScript {
		if _, err := api.Act(ctx, d.ID, "script", nil); err != nil {
			return err
		}
		d.UpdateScript = false
	}
	if entities := entitiesOf(d.Resync); len(entities) > 0 {
		if _, err := api.Act(ctx, d.ID, "resync", map[string]any{"entities": entities}); err != nil {
			return err
		}
		d.Resync = nil
	}
	return nil
}

// notFinished shows what the API found wrong: at the step of the field, if it
// is one's, or else at the review.
func (s *site) notFinished(v *visit, d *draft, err error) error {
	text, status, other := trouble(err)
	if other != nil {
		return other
	}
	placed, rest := d.place(fieldErrorsOf(err))
	for _, step := range stepsFor(d) {
		if bad := placed[step]; len(bad) > 0 {
			return s.showStep(v, status, &wizardPage{Draft: d, Step: step, Errors: bad, Error: "Something is not right yet: mend it here and go on."})
		}
	}
	problem, _ := errors.AsType[*apiclient.Problem](err) // trouble has seen it
	p := &wizardPage{Draft: d, Step: stepReview, Error: text, OtherID: problem.ConnectionID}
	switch {
	case len(rest) > 0:
		p.Error = "Something is not right yet."
		for _, field := range slices.Sorted(maps.Keys(rest)) {
			p.Error += " " + field + ": " + rest[field]
		}
	case status == http.StatusPreconditionFailed:
		p.Error = "Somebody else changed the connection meanwhile. Open it and begin again."
	case problem.Code == apiclient.SameIDPrefix:
		d.AskPrefix = true
		p.Error = "Another store sends its records to this Ometria account already: choose a prefix that keeps them apart."
		p.Errors = fieldErrors{"id_prefix": "Enter a prefix, such as us-."}
		if d.IDPrefix != "" {
			p.Errors["id_prefix"] = "With this prefix, records of both stores could still have the same ids. Enter another one, such as us-."
		}
	case problem.Code == apiclient.SameStore:
		p.Error = "This store is connected already."
	}
	return s.showStep(v, status, p)
}

// trouble is what to say of an error where a person is to go on from, with the
// status of the answer. What ends the visit, or is no answer of the API, comes
// back as it is.
func trouble(err error) (text string, status int, other error) {
	problem, refused := errors.AsType[*apiclient.Problem](err)
	if !refused || problem.Status == http.StatusUnauthorized || problem.Status == http.StatusForbidden {
		return "", 0, err
	}
	text = problem.Detail
	if text == "" {
		text = problem.Title
	}
	return sentence(text), problem.Status, nil
}

func isStatus(err error, statuses ...int) bool {
	problem, ok := errors.AsType[*apiclient.Problem](err)
	return ok && slices.Contains(statuses, problem.Status)
}
