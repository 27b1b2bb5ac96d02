package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// request holds one request to its operation.
func (o *operation) request(path map[string]string, r *http.Request, body []byte, passes func(problem) bool) []problem {
	var problems []problem
	add := func(place, kind, text string) {
		if p := (problem{place, kind, text}); !passes(p) {
			problems = append(problems, p)
		}
	}
	known := o.parameters(openapi3.ParameterInQuery)
	for name, values := range r.URL.Query() {
		if known[name] == nil {
			add("query "+name, "extra", "is not in the file")
		} else if len(values) > 1 {
			add("query "+name, "repeated", "is given more than once")
		}
		// The most of every list (page "Common query parameters"); few files say it.
		if n, err := strconv.Atoi(values[0]); err == nil && name == "limit" && n > 250 {
			add("query "+name, "maximum", "is above 250")
		}
	}
	// Both are wanted on every call (page "About our APIs"), whatever the file of
	// an operation says of them.
	if r.Header.Get("Accept") != "application/json" {
		add("header Accept", "value", "is not application/json")
	}
	if got := r.Header.Get("Content-Type"); len(body) > 0 && !isJSON(got) {
		add("header Content-Type", "value", "is not application/json")
	} else if len(body) == 0 && got != "" {
		add("header Content-Type", "value", "is given without a body")
	}
	problems = append(problems, o.requestParameters(path, r, passes)...)
	problems = append(problems, o.requestBody(body, passes)...)
	return problems
}

// requestParameters holds path, query, headers and credentials to their schemas.
func (o *operation) requestParameters(path map[string]string, r *http.Request, passes func(problem) bool) []problem {
	r = r.Clone(r.Context())
	r.Body = nil
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: &o.route,
		Options: &openapi3filter.Options{
			MultiError: true, ExcludeRequestBody: true, SkipSettingDefaults: true,
			AuthenticationFunc: func(ctx context.Context, in *openapi3filter.AuthenticationInput) error {
				return authenticate(ctx, r, in.SecurityScheme)
			},
		},
	})
	var list openapi3.MultiError
	if err != nil && !errors.As(err, &list) {
		list = openapi3.MultiError{err}
	}
	var problems []problem
	for _, one := range list {
		problems = append(problems, parameterProblems(one, passes)...)
	}
	return problems
}

// parameterProblems names what openapi3filter finds, without the value that it
// quotes.
func parameterProblems(err error, passes func(problem) bool) []problem {
	p := problem{"request", "invalid", "is not of the form expected"}
	if _, ok := errors.AsType[*openapi3filter.SecurityRequirementsError](err); ok {
		p = problem{"header X-Auth-Token", "required", "is missing"}
	} else if found, ok := errors.AsType[*openapi3filter.RequestError](err); ok && found.Parameter != nil {
		place := found.Parameter.In + " " + found.Parameter.Name
		_, unparsed := errors.AsType[*openapi3filter.ParseError](found.Err)
		switch {
		case errors.Is(found.Err, openapi3filter.ErrInvalidRequired):
			p = problem{place, "required", "is missing"}
		case unparsed:
			p = problem{place, "type", "is not of its type"}
		default:
			return judge{passes: passes}.flatten(found.Err, place)
		}
	}
	if passes(p) {
		return nil
	}
	return []problem{p}
}

func (o *operation) requestBody(body []byte, passes func(problem) bool) []problem {
	declared := o.route.Operation.RequestBody
	var p problem
	switch {
	case declared == nil && len(body) == 0, declared != nil && len(body) == 0 && !declared.Value.Required:
		return nil
	case declared == nil:
		p = problem{"body", "extra", "is given where the file knows none"}
	case len(body) == 0:
		p = problem{"body", "required", "is missing"}
	default:
		schema, value, fault := jsonBody(declared.Value.Content, body)
		if fault == "" && schema == nil {
			return nil
		}
		if fault == "" {
			return judge{as: openapi3.VisitAsRequest(), passes: passes}.problems(schema, value, "body")
		}
		p = problem{"body", "invalid", fault}
	}
	if passes(p) {
		return nil
	}
	return []problem{p}
}

// response holds one answer to its operation. What a gateway answers is the same
// for all operations, and is in none of the files.
func (o *operation) response(status int, header http.Header, body []byte, passes func(problem) bool) []problem {
	if status >= 500 {
		return nil // nobody promises a form: some are a proxy's HTML
	}
	one := func(place, kind, text string) []problem {
		if p := (problem{place, kind, text}); !passes(p) {
			return []problem{p}
		}
		return nil
	}
	content, known := o.answers(status)
	if !known {
		return one("status", fmt.Sprint(status), "is not in the file")
	}
	if status == http.StatusUnauthorized && !isJSON(header.Get("Content-Type")) {
		return nil // the gateway's plain text, for a request without a token
	}
	if len(content) == 0 || status == http.StatusNoContent { // which has no body, whatever the file says of it
		return nil
	}
	if len(body) == 0 {
		return one("answer", "required", "has no body")
	}
	if !isJSON(header.Get("Content-Type")) {
		return one("header Content-Type", "value", "is not application/json")
	}
	schema, value, fault := jsonBody(content, body)
	if fault != "" {
		return one("answer", "invalid", fault)
	}
	if schema == nil {
		return nil
	}
	at := "answer"
	if status >= 300 {
		at = fmt.Sprintf("answer %d", status)
	}
	return judge{as: openapi3.VisitAsResponse(), passes: passes}.problems(schema, value, at)
}

// answers returns what the file says of a status, or else what holds for every
// operation (page "API status codes").
func (o *operation) answers(status int) (openapi3.Content, bool) {
	if ref := o.route.Operation.Responses.Status(status); ref != nil {
		if content := ref.Value.Content; len(content) > 0 || status < 300 {
			return content, true
		}
		return errorContent(o), true
	}
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed,
		http.StatusNotAcceptable, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusLocked, http.StatusTooManyRequests:
		return errorContent(o), true
	case http.StatusNotFound:
		return errorContent(o), strings.Contains(o.name, "{")
	}
	return nil, false
}

// errorContent is how errors look: v3 answers an object, v2 an array of them,
// and the gateway the object on any route.
func errorContent(o *operation) openapi3.Content {
	v3 := openapi3.NewObjectSchema().WithProperties(map[string]*openapi3.Schema{
		"status": openapi3.NewIntegerSchema(), "title": openapi3.NewStringSchema(), "type": openapi3.NewStringSchema(),
		"instance": openapi3.NewStringSchema(), "errors": openapi3.NewObjectSchema(), "detail": openapi3.NewStringSchema(),
	}).WithRequired([]string{"status", "title", "type"})
	if !strings.Contains(o.name, " /v2/") {
		return openapi3.NewContentWithJSONSchema(v3)
	}
	v2 := openapi3.NewArraySchema().WithItems(openapi3.NewObjectSchema().WithProperties(map[string]*openapi3.Schema{
		"status": openapi3.NewIntegerSchema(), "message": openapi3.NewStringSchema(), "details": openapi3.NewObjectSchema(),
	}).WithRequired([]string{"status", "message"}))
	return openapi3.NewContentWithJSONSchema(openapi3.NewAnyOfSchema(v3, v2))
}

// jsonBody reads a body and finds its schema; fault says why it is none.
func jsonBody(content openapi3.Content, body []byte) (schema *openapi3.Schema, value any, fault string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&value); err != nil {
		return nil, nil, "is not JSON"
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, "goes on behind its JSON"
	}
	media := content.Get("application/json")
	if media == nil || media.Schema == nil {
		return nil, value, ""
	}
	return media.Schema.Value, value, ""
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}
