package api

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// decode reads the body and lets it check itself. Everything wrong with it
// comes back at once; a field that could not be read is not complained of twice.
func (in *request[B]) decode(raw []byte) error {
	bad, err := decodeStrict(raw, &in.Body)
	if err != nil {
		return err
	}
	isObject := len(bad) == 0 || bad[0].Field != wholeBody || bad[0].Code != "invalid"
	if v, ok := any(in.Body).(validator); ok && isObject {
		bad = merge(bad, v.validate())
	}
	if len(bad) > 0 {
		return invalid(bad...)
	}
	return nil
}

// merge adds the errors of b that are not about a field a already names.
func merge(a, b connection.ValidationError) connection.ValidationError {
	known := slices.Clone(a)
	for _, e := range b {
		if !slices.ContainsFunc(known, func(k connection.FieldError) bool { return within(k.Field, e.Field) || within(e.Field, k.Field) }) {
			a = append(a, e)
		}
	}
	return a
}

// within reports whether field is parent or inside it.
func within(parent, field string) bool {
	rest, ok := strings.CutPrefix(field, parent)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// decodeStrict reads a JSON object into a struct, by its json tags and to the
// letter: encoding/json stops at the first wrong field and takes names in any
// case. Text is trimmed. An absent body is an empty object; null makes a field
// zero.
func decodeStrict(raw []byte, into any) (connection.ValidationError, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = []byte("{}")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, newProblem(kindMalformed, fmt.Sprintf("the body is not JSON: see byte %d", syntax.Offset))
		}
		return nil, newProblem(kindMalformed, "the body is not JSON")
	}
	var d decoder
	if string(whole) == "null" {
		d.add("", "invalid", "must be an object")
	} else {
		d.value(whole, reflect.ValueOf(into).Elem(), "")
	}
	return d.bad, nil
}

// wholeBody names what is wrong with no field of its own.
const wholeBody = "body"

type decoder struct{ bad connection.ValidationError }

func (d *decoder) add(field, code, message string) {
	if field == "" {
		field = wholeBody
	}
	d.bad = append(d.bad, connection.FieldError{Field: field, Code: code, Message: message})
}

// selfDecoder is a type that reads itself with the decoder's strictness.
type selfDecoder interface {
	decodeField(d *decoder, raw json.RawMessage, path string)
}

func (d *decoder) value(raw json.RawMessage, v reflect.Value, path string) {
	if self, ok := v.Addr().Interface().(selfDecoder); ok {
		self.decodeField(d, raw, path)
		return
	}
	if string(raw) == "null" {
		v.SetZero()
		return
	}
	if isText(v) {
		if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
			d.add(path, "invalid", must(v))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(raw, v.Elem(), path)
	case reflect.Struct:
		d.object(raw, v, path)
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			d.add(path, "invalid", "must be an array")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			d.value(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	default:
		if json.Unmarshal(raw, v.Addr().Interface()) != nil {
			d.add(path, "invalid", must(v))
			return
		}
		if v.Kind() == reflect.String {
			v.SetString(strings.TrimSpace(v.String()))
			if strings.ContainsFunc(v.String(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
				d.add(path, "invalid", "must not hold control characters")
				v.SetZero()
			}
		}
	}
}

func (d *decoder) object(raw json.RawMessage, v reflect.Value, path string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		d.add(path, "invalid", "must be an object")
		return
	}
	fields := map[string]int{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = i
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		index, known := fields[name]
		if !known {
			if len(at) > 100 || strings.ContainsFunc(at, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				at = wholeBody // not a name worth repeating
			}
			d.add(at, "unknown", "there is no such field")
			continue
		}
		d.value(members[name], v.Field(index), at)
	}
}

func isText(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}

// must says what a field of v's type takes.
func must(v reflect.Value) string {
	switch v.Interface().(type) {
	case connection.RecordID:
		return "must be a string that holds a positive whole number"
	}
	switch v.Kind() {
	case reflect.String:
		return "must be a string"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Int, reflect.Int64:
		return "must be a whole number"
	}
	return "has the wrong form"
}

// optional tells a field that was sent from one that was not: a change leaves
// what is absent as it was.
type optional[T any] struct {
	Set   bool
	Value T
	raw   json.RawMessage
}

func (o *optional[T]) decodeField(d *decoder, raw json.RawMessage, path string) {
	o.Set, o.raw = true, raw
	d.value(raw, reflect.ValueOf(&o.Value).Elem(), path)
}

// onto lays the members that were sent over an earlier value, and keeps those
// that were not. The field itself sent as null makes it zero.
func (o optional[T]) onto(earlier T) T {
	if o.Set {
		var d decoder // what is wrong was said when the body was decoded
		d.value(o.raw, reflect.ValueOf(&earlier).Elem(), "")
	}
	return earlier
}
