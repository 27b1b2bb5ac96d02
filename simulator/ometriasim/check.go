package ometriasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// checker finds what Ometria would find wrong after it has answered.
type checker interface {
	// check returns nil for a record that would be stored.
	check(Key, json.RawMessage) *ErrorMessage
}

func newChecker(o Options) (checker, error) {
	if o.SchemaDir == "" {
		return requiredFields{}, nil
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	s := schemas{root: map[string]*jsonschema.Schema{}, whole: map[string]*jsonschema.Schema{}, strict: o.Strict}
	for _, kind := range []string{"contact", "order", "product"} {
		path, err := filepath.Abs(filepath.Join(o.SchemaDir, kind+".schema.json"))
		if err != nil {
			return nil, err
		}
		if s.root[kind], err = compiler.Compile(path); err != nil {
			return nil, fmt.Errorf("compile %s schema: %w", kind, err)
		}
		if s.whole[kind], err = compiler.Compile(path + "#/$defs/whole"); err != nil {
			return nil, fmt.Errorf("compile whole %s schema: %w", kind, err)
		}
	}
	return s, nil
}

type schemas struct {
	root, whole map[string]*jsonschema.Schema
	strict      bool
}

func (s schemas) check(key Key, raw json.RawMessage) *ErrorMessage {
	record, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return &ErrorMessage{ErrorMessage: "not JSON"}
	}
	schema := s.root[key.Type]
	if fields, ok := record.(map[string]any); s.strict && ok && fields["@merge"] != true {
		schema = s.whole[key.Type]
	}
	if schema == nil {
		return nil // custom events have no schema here
	}
	if err := schema.Validate(record); err != nil {
		return schemaError(err)
	}
	return bulkyProperties(raw)
}

// schemaError names the deepest first cause, the one that a reader can use.
func schemaError(err error) *ErrorMessage {
	problem, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return &ErrorMessage{ErrorMessage: err.Error()}
	}
	for len(problem.Causes) > 0 {
		problem = problem.Causes[0]
	}
	printer := message.NewPrinter(language.English)
	return &ErrorMessage{
		ErrorMessage: problem.ErrorKind.LocalizedString(printer),
		ErrorPath:    strings.Join(problem.InstanceLocation, "."),
	}
}

// maxProperties is in characters of the properties as JSON, keys included
// (page "Ometria data architecture").
const maxProperties = 1000

func bulkyProperties(raw json.RawMessage) *ErrorMessage {
	var record struct {
		Properties json.RawMessage `json:"properties"`
		Lineitems  []struct {
			Properties json.RawMessage `json:"properties"`
		} `json:"lineitems"`
	}
	if json.Unmarshal(raw, &record) != nil {
		return nil // the schema has spoken
	}
	if len([]rune(string(record.Properties))) >= maxProperties {
		return &ErrorMessage{ErrorMessage: "properties are too large", ErrorPath: "properties"}
	}
	for n, line := range record.Lineitems {
		if len([]rune(string(line.Properties))) >= maxProperties {
			return &ErrorMessage{ErrorMessage: "properties are too large", ErrorPath: fmt.Sprintf("lineitems.%d.properties", n)}
		}
	}
	return nil
}

// requiredFields is the check without schemas: only what a record cannot do
// without.
type requiredFields struct{}

func (requiredFields) check(key Key, raw json.RawMessage) *ErrorMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return &ErrorMessage{ErrorMessage: "not an object"}
	}
	var id string
	if key.ID == "" || json.Unmarshal(fields["id"], &id) != nil && key.Type != "product" {
		return missing("id")
	}
	if string(fields["@merge"]) == "true" {
		return bulkyProperties(raw)
	}
	var needed []string
	switch key.Type {
	case "contact":
		if fields["email"] == nil && fields["phone_number"] == nil {
			return missing("email")
		}
	case "order":
		needed = []string{"timestamp", "grand_total", "currency"}
	case "product":
		needed = []string{"title", "price"}
	}
	for _, name := range needed {
		if fields[name] == nil {
			return missing(name)
		}
	}
	var lines []map[string]json.RawMessage
	if raw := fields["lineitems"]; raw != nil && json.Unmarshal(raw, &lines) != nil {
		return &ErrorMessage{ErrorMessage: "must be a list of objects", ErrorPath: "lineitems"}
	}
	for n, line := range lines {
		for _, name := range []string{"product_id", "quantity"} {
			if line[name] == nil {
				return missing(fmt.Sprintf("lineitems.%d.%s", n, name))
			}
		}
	}
	return bulkyProperties(raw)
}

func missing(path string) *ErrorMessage {
	return &ErrorMessage{ErrorMessage: "missing required field", ErrorPath: path}
}
