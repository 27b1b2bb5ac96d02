package page

import (
	"net/http"
	"strings"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// authenticationPage replaces a connection's authentication by another of the
// same store, or by a new one.
type authenticationPage struct {
	heading
	Choices []apiclient.Authentication // of the store, but for the one in force
	Next    string                     // the name of one that is being tried
	Chosen  string
	// Made is one that this page made: it goes when another takes its place.
	Made   string
	New    newAuthentication
	Report *apiclient.Report // of the chosen one
	Errors fieldErrors
}

func (s *site) showAuthentication(v *visit) error {
	return s.authenticationPage(v, http.StatusOK, authenticationPage{})
}

// authenticationPage reads what the page chooses from and shows it.
func (s *site) authenticationPage(v *visit, status int, p authenticationPage) error {
	ctx := v.Request.Context()
	c, err := v.api.Connection(ctx, v.Param("connection_id"))
	if err != nil {
		return err
	}
	p.heading, p.New.StoreHash, p.New.SameStore = headingOf(c, ""), c.StoreHash, true
	for a, err := range v.api.Authentications(ctx) {
		if err != nil {
			return err
		}
		if a.ID == c.NextAuthentication {
			p.Next = a.Name
		}
		if a.StoreHash == c.StoreHash && a.ID != c.AuthenticationID {
			p.Choices = append(p.Choices, a)
		}
	}
	v.show(status, "authentication", p)
	return nil
}

// replaceAuthentication takes the form in and goes where its button says.
func (s *site) replaceAuthentication(v *visit) error {
	p := authenticationPage{Chosen: v.text("authentication"), Made: v.text("made")}
	button := v.PostForm("go")
	if button == "create" {
		return s.createReplacement(v, p)
	}
	if p.Chosen == "" {
		p.Errors = fieldErrors{"authentication": "Choose an authentication, or create a new one."}
		return s.authenticationPage(v, http.StatusUnprocessableEntity, p)
	}
	if button == "test" {
		return s.testReplacement(v, p)
	}
	id := v.Param("connection_id")
	_, err := v.api.ReplaceAuthentication(v.Request.Context(), id, p.Chosen)
	if bad := fieldErrorsOf(err); len(bad) > 0 {
		p.Errors = fieldErrors{"authentication": bad["authentication_id"]}
		return s.authenticationPage(v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return v.to("/connections/"+id, "The authentication is being replaced.")
}

// createReplacement takes the credentials to the API, for the connection's own
// store, and shows how they do. None of them comes back.
func (s *site) createReplacement(v *visit, p authenticationPage) error {
	c, err := v.api.Connection(v.Request.Context(), v.Param("connection_id"))
	if err != nil {
		return err
	}
	p.New = newAuthentication{Name: v.text("name"), ClientID: v.text("client_id"), StoreHash: c.StoreHash}
	made, err := v.createAuthentication(p.New, p.Made)
	if bad := fieldErrorsOf(err); len(bad) > 0 {
		p.Errors = bad
		return s.authenticationPage(v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.testReplacement(v, authenticationPage{Chosen: made.ID, Made: made.ID})
}

func (s *site) testReplacement(v *visit, p authenticationPage) error {
	report, err := v.api.TestAuthentication(v.Request.Context(), p.Chosen)
	if isNotFound(err) {
		p.Errors = fieldErrors{"authentication": "This authentication is gone. Choose another one."}
		return s.authenticationPage(v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	p.Report = &report
	return s.authenticationPage(v, http.StatusOK, p)
}

// createAuthentication makes an authentication of the form's credentials, in the
// place of one that did not do, if any.
func (v *visit) createAuthentication(in newAuthentication, before string) (apiclient.Authentication, error) {
	ctx := v.Request.Context()
	made, err := v.api.CreateAuthentication(ctx, apiclient.NewAuthentication{
		Name: in.Name, OmetriaAPIKey: v.text("ometria_api_key"), ClientID: in.ClientID, ClientSecret: v.text("client_secret"),
		AccessToken: v.text("access_token"), StoreHash: in.StoreHash,
	})
	if err == nil && before != "" {
		v.discard(before)
	}
	return made, err
}

// discard deletes an authentication that the page made and nobody chose. It has
// done its part: that it stays is for the log. A connection may use it by now.
func (v *visit) discard(id string) {
	ctx := v.Request.Context()
	err := v.api.DeleteAuthentication(ctx, id)
	if err != nil && !isStatus(err, http.StatusConflict, http.StatusNotFound) {
		v.site.Logger.ErrorContext(ctx, "authentication that nobody chose stays", "authentication_id", id, "err", err)
	}
}

// text is a field of a form.
func (v *visit) text(name string) string { return strings.TrimSpace(v.PostForm(name)) }
