package ometriasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schemas are the JSON Schemas of the records that Ometria takes.
type Schemas struct {
	root  map[string]*jsonschema.Schema // what Ometria is known to take
	whole map[string]*jsonschema.Schema // what our sender promises of a whole record
	part  map[string]*jsonschema.Schema // the same of the fields of a part, sent with @merge
}

// ReadSchemas reads {contact,order,product}.schema.json.
func ReadSchemas(dir string) (*Schemas, error) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	s := &Schemas{root: map[string]*jsonschema.Schema{}, whole: map[string]*jsonschema.Schema{}, part: map[string]*jsonschema.Schema{}}
	for _, name := range []string{"contact", "order", "product"} {
		path, err := filepath.Abs(filepath.Join(dir, name+".schema.json"))
		if err != nil {
			return nil, err
		}
		document, err := readSchema(path)
		if err != nil {
			return nil, fmt.Errorf("read %s schema: %w", name, err)
		}
		if err := compiler.AddResource(path, document); err != nil {
			return nil, fmt.Errorf("read %s schema: %w", name, err)
		}
		for at, into := range map[string]map[string]*jsonschema.Schema{"": s.root, "#/$defs/whole": s.whole, "#/$defs/part": s.part} {
			if into[name], err = compiler.Compile(path + at); err != nil {
				return nil, fmt.Errorf("compile %s schema%s: %w", name, at, err)
			}
		}
	}
	return s, nil
}

// readSchema adds #/$defs/part to a schema: the rules of #/$defs/whole, without
// those that want a field to be there.
func readSchema(path string) (map[string]any, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	var part map[string]any
	if err := errors.Join(json.Unmarshal(raw, &document), json.Unmarshal(document.Defs["whole"], &part)); err != nil {
		return nil, fmt.Errorf("no $defs/whole: %w", err)
	}
	delete(part, "required")
	if otherwise, ok := part["else"].(map[string]any); ok {
		delete(otherwise, "required")
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	schema, ok := parsed.(map[string]any)
	if !ok {
		return nil, errors.New("not an object")
	}
	schema["$defs"].(map[string]any)["part"] = part // decoded as an object above
	return schema, nil
}

func (s *Schemas) check(key Key, raw json.RawMessage, strict bool) finding {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return refuses(ErrorMessage{ErrorMessage: "not JSON"})
	}
	record, _ := parsed.(map[string]any)
	if record == nil || s.root[key.Type] == nil {
		return finding{} // custom events have no schema here
	}
	var f finding
	for _, cause := range causes(s.root[key.Type].Validate(parsed)) {
		f.broken = append(f.broken, cause.message)
		// That Ometria refuses a field it does not know is not known.
		if !cause.unknownField && f.refusal == nil {
			f.refusal = &cause.message
		}
	}
	if tooLarge := bulkyProperties(raw); tooLarge != nil {
		f.broken = append(f.broken, *tooLarge)
		if f.refusal == nil {
			f.refusal = tooLarge
		}
	}
	if !strict {
		return f
	}
	schema := s.whole[key.Type]
	// Contacts carry @merge even when they are whole; what names one by its id
	// alone is a part.
	if record["@merge"] == true && (key.Type != "contact" || record["email"] == nil) {
		schema = s.part[key.Type]
	}
	for _, cause := range causes(schema.Validate(parsed)) {
		if !slices.Contains(f.broken, cause.message) {
			f.broken = append(f.broken, cause.message)
		}
	}
	return f
}

// Check returns what in a record, as pushed, breaks the contract, our sender's
// stricter one included.
func (s *Schemas) Check(record json.RawMessage) []ErrorMessage {
	return s.check(keyOf(record), record, true).broken
}

// finding is what is wrong with a record.
type finding struct {
	refusal *ErrorMessage  // what Ometria refuses it for, after its answer; or nil
	broken  []ErrorMessage // all that breaks the contract
}

func refuses(why ErrorMessage) finding { return finding{refusal: &why, broken: []ErrorMessage{why}} }

type cause struct {
	message      ErrorMessage
	unknownField bool
}

// causes are the deepest ones, which a reader can use.
func causes(err error) []cause {
	if err == nil {
		return nil
	}
	problem, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []cause{{message: ErrorMessage{ErrorMessage: err.Error()}}}
	}
	if len(problem.Causes) > 0 {
		var all []cause
		for _, inner := range problem.Causes {
			all = append(all, causes(inner)...)
		}
		return all
	}
	_, unknown := problem.ErrorKind.(*kind.AdditionalProperties)
	return []cause{{
		message: ErrorMessage{
			ErrorMessage: problem.ErrorKind.LocalizedString(message.NewPrinter(language.English)),
			ErrorPath:    strings.Join(problem.InstanceLocation, "."),
		},
		unknownField: unknown,
	}}
}
