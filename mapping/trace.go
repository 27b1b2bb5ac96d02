package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Traced is one field of one record with what made it.
type Traced struct {
	Target string   // as it is in this record: lineitems[0].sku
	Source []string // as in Row; a merchant's own field by its name: form_fields[Shoe size].value
	Rule   string   // as in Row
}

// Trace says of each field of a record that the mapping made of an entity which
// BigCommerce fields made it, in the order that they are pushed. Fields are
// Result.Fields. An element of properties counts as one field, also when its
// value is a list. A field that the table does not know comes without sources
// and rule.
func Trace(e connection.Entity, r ometria.Record, fields []connection.SeenField) []Traced {
	data, err := ometria.Encode(r)
	if err != nil {
		return nil
	}
	byTarget, byKind := map[string]Row{}, map[connection.FieldKind]Row{}
	for _, row := range rowsOf(e, FormOf(r)) {
		if row.Kind != "" {
			byKind[row.Kind] = row
		} else {
			byTarget[row.Target] = row
		}
	}
	for _, f := range fields {
		if f.Key != "" && !f.LeftOut {
			byTarget["properties."+f.Key] = ofField(byKind[f.Kind], f.Name)
		}
	}
	var out []Traced
	walk(json.NewDecoder(bytes.NewReader(data)), "", "", func(path, pattern string) {
		row := byTarget[pattern]
		out = append(out, Traced{Target: path, Source: row.Source, Rule: row.Rule})
	})
	return out
}

// FormOf is which form of its entity a record of the mapping is.
func FormOf(r ometria.Record) Form {
	switch r := r.(type) {
	case *ometria.Contact:
		if r.Email == "" {
			return FormGone
		}
	case *ometria.Order:
		if r.Merge {
			return FormGone
		}
	case *ometria.Product:
		switch {
		case r.Merge:
			return FormGone
		case r.IsVariant != nil && *r.IsVariant:
			return FormVariant
		}
	}
	return FormWhole
}

// ofField is a row of the merchant's own fields for the one of that name.
func ofField(row Row, name string) Row {
	sources := make([]string, len(row.Source))
	for i, source := range row.Source {
		sources[i] = strings.Replace(source, "[]", "["+name+"]", 1)
	}
	row.Source = sources
	return row
}

// walk tells each leaf of the next value of a JSON text, with its path and the
// path with lists as []. Properties are leaves, whatever they hold.
func walk(d *json.Decoder, path, pattern string, leaf func(path, pattern string)) {
	if strings.HasPrefix(path, "properties.") {
		var value json.RawMessage
		if d.Decode(&value) == nil {
			leaf(path, pattern)
		}
		return
	}
	token, err := d.Token()
	if err != nil {
		return
	}
	switch token {
	case json.Delim('{'):
		dot := ""
		if path != "" {
			dot = "."
		}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return
			}
			walk(d, fmt.Sprintf("%s%s%s", path, dot, name), fmt.Sprintf("%s%s%s", pattern, dot, name), leaf)
		}
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			walk(d, fmt.Sprintf("%s[%d]", path, i), pattern+"[]", leaf)
		}
	default:
		leaf(path, pattern)
		return
	}
	_, _ = d.Token() // the end of the list or object
}
