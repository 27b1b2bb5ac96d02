package specgen

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// Schema is one of the vendor's, ready to draw values of.
type Schema struct{ *openapi3.Schema }

// Answer reads the schema of what GET of a path answers with 200, from a file of
// dir. Where that is an object with data (v3), it is the schema of data.
func Answer(dir, file, path string) (Schema, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(dir, file))
	if err != nil {
		return Schema{}, fmt.Errorf("read %s: %w", file, err)
	}
	item := doc.Paths.Find(path)
	if item == nil || item.Get == nil {
		return Schema{}, fmt.Errorf("read %s: no GET %s", file, path)
	}
	answer := item.Get.Responses.Value("200")
	if answer == nil || answer.Value.Content.Get("application/json") == nil {
		return Schema{}, fmt.Errorf("read %s: GET %s answers no JSON", file, path)
	}
	whole := flat(answer.Value.Content.Get("application/json").Schema.Value, map[*openapi3.Schema]*openapi3.Schema{})
	if data := whole.Properties["data"]; data != nil {
		whole = data.Value
	}
	return Schema{whole}, nil
}

// Item is the schema of a list's elements.
func (s Schema) Item() Schema { return Schema{s.Items.Value} }

// Property is the schema of a field; it panics where there is none.
func (s Schema) Property(name string) Schema { return Schema{s.Properties[name].Value} }

// With is the schema with one more field.
func (s Schema) With(name string, field Schema) Schema {
	more := *s.Schema
	more.Properties = maps.Clone(s.Properties)
	more.Properties[name] = &openapi3.SchemaRef{Value: field.Schema}
	return Schema{&more}
}

// flat is a copy of a schema without allOf, and with oneOf as anyOf: the
// alternatives of the files overlap, so that many values are of more than one.
func flat(s *openapi3.Schema, seen map[*openapi3.Schema]*openapi3.Schema) *openapi3.Schema {
	if done := seen[s]; done != nil {
		return done
	}
	out := *s
	seen[s] = &out
	out.Properties = openapi3.Schemas{}
	for name, property := range s.Properties {
		out.Properties[name] = &openapi3.SchemaRef{Value: flat(property.Value, seen)}
	}
	if s.Items != nil {
		out.Items = &openapi3.SchemaRef{Value: flat(s.Items.Value, seen)}
	}
	out.AnyOf, out.OneOf, out.AllOf = nil, nil, nil
	for _, ref := range slices.Concat(s.AnyOf, s.OneOf) {
		alternative := flat(ref.Value, seen)
		if out.Items != nil { // said beside the alternatives, and holds for each
			alternative.Items = out.Items
		}
		out.AnyOf = append(out.AnyOf, &openapi3.SchemaRef{Value: alternative})
	}
	for _, ref := range s.AllOf {
		part := flat(ref.Value, seen)
		maps.Copy(out.Properties, part.Properties)
		out.Required = append(slices.Clone(out.Required), part.Required...)
		if out.Type == nil {
			out.Type = part.Type
		}
		if out.Items == nil {
			out.Items = part.Items
		}
		out.AnyOf = append(out.AnyOf, part.AnyOf...)
	}
	return &out
}

// Draw draws a value of the schema, as encoding/json reads it with UseNumber.
func (s Schema) Draw(t *rapid.T, label string) any {
	return drawing{t, rapid.IntRange(0, 9).Draw(t, label+" is absurd") == 9}.value(s.Schema, label)
}

// drawing is one value on its way. An absurd one has any text where the schema
// asks for a text and means an amount or a date.
type drawing struct {
	*rapid.T
	absurd bool
}

// among draws true in n of 100 draws.
func (d drawing) among(n int, label string) bool {
	return rapid.IntRange(0, 99).Draw(d.T, label) >= 100-n // shrinks to false
}

func (d drawing) value(s *openapi3.Schema, name string) any {
	if s.Nullable && d.among(15, name+" is null") {
		return nil
	}
	if len(s.AnyOf) > 0 {
		// The last alternative, which the files keep for the fullest, goes first.
		n := rapid.IntRange(0, len(s.AnyOf)).Draw(d.T, name+" alternative")
		return d.value(s.AnyOf[max(0, len(s.AnyOf)-1-n)].Value, name)
	}
	if len(s.Enum) > 0 {
		return rapid.SampledFrom(s.Enum).Draw(d.T, name)
	}
	switch {
	case s.Type.Is("object"), s.Type == nil && len(s.Properties) > 0:
		return d.object(s, name)
	case s.Type.Is("array"):
		return d.list(s, name)
	case s.Type.Is("string"):
		return d.text(s, name)
	case s.Type.Is("boolean"):
		return rapid.Bool().Draw(d.T, name)
	case s.Type.Is("integer"), s.Type.Is("number") && whole(name), s.Type == nil:
		return d.integer(s, name)
	case s.Type.Is("number"):
		return d.number(s, name)
	}
	return nil
}

func (d drawing) object(s *openapi3.Schema, name string) map[string]any {
	out := map[string]any{}
	for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(s.Required, field) && d.among(10, name+" lacks "+field) {
			continue
		}
		out[field] = d.value(s.Properties[field].Value, field)
	}
	if more := s.AdditionalProperties.Has; (more == nil || *more) && d.among(5, name+" has more") {
		out["x_"+anyText(d.T, "unknown field")] = d.value(openapi3.NewStringSchema(), "unknown value")
	}
	return out
}

func (d drawing) list(s *openapi3.Schema, name string) []any {
	most := 4
	if d.among(3, name+" is long") {
		most = 60
	}
	if s.MaxItems != nil {
		most = min(most, int(*s.MaxItems))
	}
	out := make([]any, rapid.IntRange(int(s.MinItems), max(most, int(s.MinItems))).Draw(d.T, name+" length"))
	for i := range out {
		out[i] = d.value(s.Items.Value, singular(name))
	}
	return out
}

// singular names a list's elements: those of categories and channel_ids are ids.
func singular(name string) string {
	if name == "categories" || strings.HasSuffix(name, "_ids") || name == "channels" {
		return "id"
	}
	return name
}

// whole reports whether a field that the files call a number holds whole ones.
func whole(name string) bool {
	return isID(name) || name == "quantity" || strings.HasPrefix(name, "quantity_") || strings.HasPrefix(name, "items_")
}

func isID(name string) bool { return name == "id" || strings.HasSuffix(name, "_id") }

// integer draws small ids, so that what one record names another may be.
func (d drawing) integer(s *openapi3.Schema, name string) json.Number {
	least, most := int64(math.MinInt32), int64(math.MaxInt32)
	if s.Format == "" && s.Max == nil {
		least, most = math.MinInt64, math.MaxInt64
	}
	if s.Min != nil {
		least = int64(*s.Min)
	}
	if s.Max != nil {
		most = int64(*s.Max)
	}
	if d.among(10, name+" is any integer") {
		return number(rapid.Int64Range(least, most).Draw(d.T, name))
	}
	if name == "id" {
		least = max(least, 1)
	}
	return number(rapid.Int64Range(max(least, 0), min(most, 12)).Draw(d.T, name))
}

func number(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

func (d drawing) number(s *openapi3.Schema, name string) json.Number {
	least, most := math.Inf(-1), math.Inf(1)
	if s.Min != nil {
		least = *s.Min
	}
	if s.Max != nil {
		most = *s.Max
	}
	odd := []string{"0", "0.1", "1e3", "1.005", "-0.01", "99999999999.99", "1E-7", "-1", "123456789012345678901234567890", "0.30000000000000004"}
	odd = slices.DeleteFunc(odd, func(text string) bool {
		n, err := strconv.ParseFloat(text, 64)
		return err != nil || n < least || n > most || exclusive(s.ExclusiveMax) && n == most || exclusive(s.ExclusiveMin) && n == least
	})
	if len(odd) > 0 && d.among(10, name+" is an odd number") {
		return json.Number(rapid.SampledFrom(odd).Draw(d.T, name))
	}
	from, to := int64(max(least, 0)*100), int64(min(most, 500)*100)
	if exclusive(s.ExclusiveMax) {
		to--
	}
	if exclusive(s.ExclusiveMin) {
		from++
	}
	cents := rapid.Int64Range(min(from, to), to).Draw(d.T, name)
	return json.Number(fmt.Sprintf("%s%d.%02d", sign(cents), abs(cents)/100, abs(cents)%100))
}

func exclusive(bound openapi3.ExclusiveBound) bool { return bound.Bool != nil && *bound.Bool }

func sign(n int64) string {
	if n < 0 {
		return "-"
	}
	return ""
}

func abs(n int64) int64 { return max(n, -n) }
