package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// problem is one disagreement of a value with its schema.
type problem struct{ place, kind, text string }

// judge holds a JSON value to a schema, and its fields to the names that the
// schema knows. passes says which problems are exceptions.
type judge struct {
	as     openapi3.SchemaValidationOption
	passes func(problem) bool
}

func (j judge) problems(schema *openapi3.Schema, value any, at string) []problem {
	all := append(j.mismatches(schema, value, at), j.unknown(schema, value, at)...)
	slices.SortFunc(all, func(a, b problem) int { return strings.Compare(a.place+a.kind, b.place+b.kind) })
	return slices.Compact(all)
}

func (j judge) mismatches(schema *openapi3.Schema, value any, at string) []problem {
	options := []openapi3.SchemaValidationOption{openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails()}
	if j.as != nil {
		options = append(options, j.as)
	}
	return j.flatten(schema.VisitJSON(value, options...), at)
}

// flatten names what a validation error holds, and leaves out what passes.
func (j judge) flatten(err error, at string) []problem {
	if err == nil {
		return nil
	}
	if list, ok := err.(openapi3.MultiError); ok {
		var all []problem
		for _, one := range list {
			all = append(all, j.flatten(one, at)...)
		}
		return all
	}
	found, ok := errors.AsType[*openapi3.SchemaError](err)
	if !ok {
		return []problem{{at, "invalid", "is not of the form expected"}}
	}
	here := join(at, fields(found.JSONPointer())...)
	switch found.SchemaField {
	case "allOf":
		var all []problem
		for _, part := range found.Schema.AllOf {
			all = append(all, j.mismatches(part.Value, found.Value, here)...)
		}
		return all
	case "anyOf":
		return j.closest(found.Schema.AnyOf, found.Value, here)
	}
	p := problem{here, kind(found), found.Reason}
	if j.passes(p) {
		return nil
	}
	return []problem{p}
}

// closest are the problems with the alternative that has the fewest: "matches
// none" would name no field.
func (j judge) closest(alternatives openapi3.SchemaRefs, value any, at string) []problem {
	var least []problem
	for n, alternative := range alternatives {
		here := j.mismatches(alternative.Value, value, at)
		if n == 0 || len(here) < len(least) {
			least = here
		}
	}
	return least
}

func kind(err *openapi3.SchemaError) string {
	if err.SchemaField == "nullable" {
		return "null"
	}
	return err.SchemaField
}

// fields drops the numbers of list items from a pointer.
func fields(pointer []string) []string {
	return slices.DeleteFunc(slices.Clone(pointer), func(part string) bool { return strings.Trim(part, "0123456789") == "" })
}

func join(at string, parts ...string) string {
	return strings.TrimPrefix(strings.Join(append([]string{at}, parts...), "."), ".")
}

// unknown names the fields that a value holds and the schema does not. The
// files mostly leave additionalProperties open, which would hide a misspelling.
func (j judge) unknown(schema *openapi3.Schema, value any, at string) []problem {
	var problems []problem
	switch value := value.(type) {
	case []any:
		var items []*openapi3.Schema
		for _, s := range parts(schema) {
			if s.Items != nil {
				items = append(items, s.Items.Value)
			}
		}
		for _, item := range value {
			problems = append(problems, j.unknown(anyOf(items), item, at)...)
		}
	case map[string]any:
		known, free := map[string][]*openapi3.Schema{}, true
		for _, s := range parts(schema) {
			for name, property := range s.Properties {
				known[name] = append(known[name], property.Value)
			}
			free = free && len(s.Properties) == 0
		}
		if free {
			return nil
		}
		for name, inner := range value {
			here := join(at, name)
			if known[name] != nil {
				problems = append(problems, j.unknown(anyOf(known[name]), inner, here)...)
			} else if p := (problem{here, "extra", "is not in the file"}); !j.passes(p) {
				problems = append(problems, p)
			}
		}
	}
	return problems
}

func anyOf(schemas []*openapi3.Schema) *openapi3.Schema {
	if len(schemas) == 1 {
		return schemas[0]
	}
	whole := &openapi3.Schema{}
	for _, s := range schemas {
		whole.AnyOf = append(whole.AnyOf, &openapi3.SchemaRef{Value: s})
	}
	return whole
}

// parts are the schema and all that it is composed of.
func parts(schema *openapi3.Schema) []*openapi3.Schema {
	all := []*openapi3.Schema{schema}
	for _, group := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf} {
		for _, ref := range group {
			all = append(all, parts(ref.Value)...)
		}
	}
	return all
}

func (p problem) String() string { return fmt.Sprintf("%s: %s (%s)", p.place, p.text, p.kind) }
