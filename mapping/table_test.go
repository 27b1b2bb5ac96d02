package mapping_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// rowKey names one row of the table.
type rowKey struct {
	entity connection.Entity
	form   mapping.Form
	target string
}

// goldens are the inputs under testdata.
func goldens(t testing.TB, each func(connection.Entity, string, given)) {
	t.Helper()
	for _, entity := range connection.Entities() {
		inputs, err := filepath.Glob(filepath.Join("testdata", string(entity), "*.in.json"))
		require.NoError(t, err)
		require.NotEmpty(t, inputs)
		for _, input := range inputs {
			data, err := os.ReadFile(input)
			require.NoError(t, err)
			var g given
			require.NoError(t, json.Unmarshal(data, &g))
			each(entity, strings.TrimSuffix(filepath.Base(input), ".in.json"), g)
		}
	}
}

func TestTableNamesEachFieldOnce(t *testing.T) {
	seen := map[rowKey]bool{}
	for _, row := range mapping.Table() {
		key := rowKey{row.Entity, row.Form, row.Target}
		if !strings.HasSuffix(row.Target, ".{key}") {
			assert.False(t, seen[key], "%v", key)
		}
		seen[key] = true
		assert.NotEmpty(t, row.Rule, "%v", key)
		assert.True(t, strings.HasSuffix(row.Rule, "."), "%v: %s", key, row.Rule)
		assert.Equal(t, len(row.Source), len(slices.Compact(slices.Sorted(slices.Values(row.Source)))), "%v", key)
	}
}

func TestTraceTellsEachFieldOfARecord(t *testing.T) {
	targets := map[string][]string{}
	goldens(t, func(e connection.Entity, name string, g given) {
		r := mapper(t, e, g)()
		for _, record := range r.Records {
			for _, field := range mapping.Trace(e, record, r.Fields) {
				targets[name] = append(targets[name], field.Target)
				if name == "refunded" && field.Target == "lineitems[1].sku" {
					assert.Equal(t, []string{"line_items[].sku"}, field.Source)
				}
			}
		}
	})
	assert.Contains(t, targets["refunded"], "lineitems[1].variant_options[1].label")
	assert.Contains(t, targets["refunded"], "shipping_address.postcode")
	assert.NotContains(t, targets["refunded"], "lineitems")
}

// A preview says of a field what the table, and so the page, says of it.
func TestTraceSaysWhatTheTableSays(t *testing.T) {
	bracketed := regexp.MustCompile(`\[[^\]]*\]`)
	said := map[string]bool{}
	inTable := func(e connection.Entity, form mapping.Form, target string, kind connection.FieldKind) mapping.Row {
		for _, row := range mapping.Table() {
			if row.Entity == e && row.Form == form && row.Target == target && row.Kind == kind {
				return row
			}
		}
		require.Fail(t, "no row", "%s %s %s %s", e, form, target, kind)
		return mapping.Row{}
	}
	goldens(t, func(e connection.Entity, name string, g given) {
		r := mapper(t, e, g)()
		kinds := map[string]connection.FieldKind{}
		for _, f := range r.Fields {
			kinds["properties."+f.Key] = f.Kind
		}
		for _, record := range r.Records {
			for _, field := range mapping.Trace(e, record, r.Fields) {
				target := bracketed.ReplaceAllString(field.Target, "[]")
				kind := kinds[field.Target]
				if kind != "" {
					target = "properties.{key}"
				}
				row := inTable(e, mapping.FormOf(record), target, kind)
				said[row.Rule] = true
				assert.Equal(t, row.Rule, field.Rule, "%s: %s", name, field.Target)
				var sources []string
				for _, source := range field.Source {
					sources = append(sources, bracketed.ReplaceAllString(source, "[]"))
				}
				assert.Equal(t, row.Source, sources, "%s: %s", name, field.Target)
			}
		}
	})
	for _, row := range mapping.Table() {
		assert.True(t, said[row.Rule], "no golden's trace says: %s", row.Rule)
	}
}

func TestTraceNamesMerchantsFields(t *testing.T) {
	sources := map[string][]string{}
	goldens(t, func(e connection.Entity, name string, g given) {
		if name != "form_fields" && name != "variants" {
			return
		}
		r := mapper(t, e, g)()
		for _, field := range mapping.Trace(e, r.Records[0], r.Fields) {
			sources[field.Target] = field.Source
		}
	})
	assert.Equal(t, []string{"form_fields[Shoe size].name", "form_fields[Shoe size].value"}, sources["properties.shoe_size"])
	assert.Equal(t, []string{"form_fields[my-custom field].name", "form_fields[my-custom field].value"}, sources["properties.my_custom_field_2"],
		"by its name, whatever key it got")
	assert.Equal(t, []string{"form_fields[Interests].name", "form_fields[Interests].value"}, sources["properties.interests"], "a list is one field")
	assert.Equal(t, []string{"customer_attribute.name", "attributes[Loyalty Tier].attribute_id", "attributes[Loyalty Tier].attribute_value"},
		sources["properties.loyalty_tier"])
	assert.Equal(t, []string{"custom_fields[Material].name", "custom_fields[Material].value", "custom_fields[Material].id"},
		sources["properties.material"])
	assert.Equal(t, []string{"company"}, sources["properties.company"])
}
