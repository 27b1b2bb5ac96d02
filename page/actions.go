package page

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// act does one of the API's actions that need no form, and says so.
func (s *site) act(action, said string) func(v *visit) error {
	return func(v *visit) error {
		id := v.Param("connection_id")
		if _, err := v.api.Act(v.Request.Context(), id, action, nil); err != nil {
			return err
		}
		return v.to("/connections/"+id, said)
	}
}

// resume ends a pause, or sets up again what failed at it.
func (s *site) resume(v *visit) error {
	c, err := v.api.Act(v.Request.Context(), v.Param("connection_id"), "resume", nil)
	if err != nil {
		return err
	}
	said := "Resumed: what waited is on its way."
	if c.Status == string(connection.Validating) {
		said = "The connection is being set up again. How it goes is shown here."
	}
	return v.to("/connections/"+c.ID, said)
}

type resyncPage struct {
	heading
	Choices []choice
	Since   string
	Errors  fieldErrors
}

// choice is one box of several.
type choice struct {
	Value, Label, Hint string
	Checked            bool
}

// resyncChoices are in the words of the wizard: contacts are customers and
// subscribers.
func resyncChoices(chosen []string) []choice {
	all := len(chosen) == 0
	checked := func(value string) bool { return all || slices.Contains(chosen, value) }
	return []choice{
		{"products", "Products", "with their variants", checked("products")},
		{"contacts", "Contacts", "customers and newsletter subscribers", checked("contacts")},
		{"orders", "Orders", "", checked("orders")},
	}
}

// entitiesOf are the entities behind the boxes that were ticked.
func entitiesOf(chosen []string) (entities []string) {
	for _, value := range chosen {
		switch value {
		case "contacts":
			entities = append(entities, string(connection.Customers), string(connection.Subscribers))
		case "products", "orders":
			entities = append(entities, value)
		}
	}
	return entities
}

func (s *site) showResync(v *visit) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	v.show(http.StatusOK, "resync", resyncPage{heading: headingOf(c, ""), Choices: resyncChoices(nil)})
	return nil
}

func (s *site) resync(v *visit) error {
	id, chosen, since := v.Param("connection_id"), v.PostFormArray("what"), strings.TrimSpace(v.PostForm("since"))
	bad := fieldErrors{}
	if len(entitiesOf(chosen)) == 0 {
		bad["what"] = "Choose at least one kind of record."
	}
	if len(bad) == 0 {
		body := map[string]any{"entities": entitiesOf(chosen)}
		if since != "" {
			body["since"] = since
		}
		_, err := v.api.Act(v.Request.Context(), id, "resync", body)
		if err == nil {
			return v.to("/connections/"+id, "The re-sync has begun.")
		}
		if bad = fieldErrorsOf(err); len(bad) == 0 {
			return err
		}
	}
	c, err := v.api.Connection(v.Request.Context(), id)
	if err != nil {
		return err
	}
	choices := resyncChoices(chosen)
	for i := range choices {
		choices[i].Checked = slices.Contains(chosen, choices[i].Value)
	}
	v.show(http.StatusUnprocessableEntity, "resync", resyncPage{headingOf(c, ""), choices, since, bad})
	return nil
}

type removePage struct {
	heading
	Error string
}

// confirmation is what must be typed before a connection is removed.
const confirmation = "remove"

func (s *site) showRemove(v *visit) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	v.show(http.StatusOK, "remove", removePage{heading: headingOf(c, "")})
	return nil
}

func (s *site) remove(v *visit) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(v.PostForm("confirmation")), confirmation) {
		v.show(http.StatusUnprocessableEntity, "remove", removePage{headingOf(c, ""), "Type the word “" + confirmation + "” to go on. Nothing was removed."})
		return nil
	}
	if err := v.api.RemoveConnection(v.Request.Context(), c.ID); err != nil {
		return err
	}
	return v.to("/", titleOf(c)+" is being removed.")
}

// fieldErrors are what is wrong with a form, by field, in sentences.
type fieldErrors map[string]string

// fieldErrorsOf returns what the API found wrong with fields; empty when err is
// about something else.
func fieldErrorsOf(err error) fieldErrors {
	bad := fieldErrors{}
	problem, ok := errors.AsType[*apiclient.Problem](err)
	if !ok || problem.Status != http.StatusUnprocessableEntity {
		return bad
	}
	for _, e := range problem.Errors {
		bad.add(e.Field, e.Message)
	}
	return bad
}

// add keeps the first of a field's errors.
func (f fieldErrors) add(field, message string) {
	if _, known := f[field]; !known {
		f[field] = sentence(message)
	}
}
