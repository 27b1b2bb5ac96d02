package mapping_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// document is all that a mapping is given, as one tree of JSON: a leaf's path in
// it is what the table calls a source (see sourcePath).
type document map[string]any

type name struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Parent int64  `json:"parent_id,omitempty"`
}

// parts are what a document holds.
type parts struct {
	Source   json.RawMessage         `json:"source,omitempty"`
	Gone     int64                   `json:"gone,omitempty"`
	Prev     connection.RecordState  `json:"prev"`
	Refunds  []bigcommerce.Refund    `json:"refund,omitempty"`
	Store    connection.StoreInfo    `json:"store"`
	Settings map[string]any          `json:"settings"`
	Rules    []connection.StatusRule `json:"order_status_mapping,omitempty"`
	Brands   []name                  `json:"brand"`
	Groups   []name                  `json:"customer_group"`
	Names    []name                  `json:"customer_attribute"`
	Tree     []name                  `json:"category"`
}

// documentOf is a golden's input with everything that can be named spelt out.
func documentOf(t testing.TB, entity connection.Entity, golden string) document {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", string(entity), golden+".in.json"))
	require.NoError(t, err)
	var g given
	require.NoError(t, json.Unmarshal(data, &g))
	settings := map[string]any{}
	for _, c := range connection.Choices() {
		if field, ok := strings.CutPrefix(c.Name, "settings."); ok {
			settings[field] = ""
			if slices.Contains(c.Values, "true") {
				settings[field] = false
			}
		}
	}
	chosen, err := json.Marshal(g.Settings)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(chosen, &settings))
	ctx := shop()
	tree := []name{{ID: 42, Name: "Other"}}
	for _, id := range slices.Sorted(maps.Keys(ctx.Categories)) {
		tree = append(tree, name{ID: id, Name: ctx.Categories[id].Name, Parent: ctx.Categories[id].ParentID})
	}
	data, err = json.Marshal(parts{
		Source: g.Source, Gone: int64(g.Gone), Prev: g.Prev, Refunds: g.Refunds, Settings: settings, Rules: g.StatusRules,
		Store:  ctx.Store,
		Brands: names(ctx.Brands), Groups: names(ctx.Groups), Names: names(ctx.Attributes), Tree: tree,
	})
	require.NoError(t, err)
	var d document
	require.NoError(t, json.Unmarshal(data, &d))
	return d
}

// names are those of a context and one more, for what may be named instead.
func names(of map[int64]string) []name {
	out := []name{{ID: 42, Name: "Other"}}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		out = append(out, name{ID: id, Name: of[id]})
	}
	return out
}

// mapped maps a document; it is false for one that BigCommerce's types do not
// take.
func (d document) mapped(e connection.Entity) (mapping.Result, bool) {
	var p parts
	data, err := json.Marshal(d)
	if err != nil || json.Unmarshal(data, &p) != nil {
		return mapping.Result{}, false
	}
	chosen, err := json.Marshal(p.Settings)
	if err != nil {
		return mapping.Result{}, false
	}
	ctx := shop()
	if json.Unmarshal(chosen, &ctx.Settings) != nil {
		return mapping.Result{}, false
	}
	ctx.Store, ctx.StatusRules = p.Store, p.Rules
	ctx.SendHistoryConsent = ctx.Settings.HistoryConsent != connection.HistoryConsentOmit
	ctx.Brands, ctx.Groups, ctx.Attributes = namesOf(p.Brands), namesOf(p.Groups), namesOf(p.Names)
	ctx.Categories = map[int64]mapping.Category{}
	for _, n := range p.Tree {
		ctx.Categories[n.ID] = mapping.Category{ID: n.ID, Name: n.Name, ParentID: n.Parent}
	}
	if p.Source == nil {
		return mapping.Gone(e, connection.RecordID(p.Gone), ctx, p.Prev), true
	}
	source, err := decoded(e, p.Source)
	return mapRecord(source, p.Refunds, ctx, p.Prev), err == nil
}

func namesOf(names []name) map[int64]string {
	out := map[int64]string{}
	for _, n := range names {
		out[n.ID] = n.Name
	}
	return out
}

var (
	index     = regexp.MustCompile(`\[\d+\]`)
	lines     = regexp.MustCompile(`^(fetched_lines|consignments\.(shipping|pickups|downloads|email\.gift_certificates)\[\]\.line_items)\[\]`)
	namesPath = regexp.MustCompile(`^(brand|category|customer_group|customer_attribute)\[\]`)
)

// sourcePath is how the table names a leaf of a document, or "" for one that is
// not BigCommerce's or a person's to change.
func sourcePath(path string) string {
	path = index.ReplaceAllString(path, "[]")
	switch {
	case path == "gone":
		return "id"
	case path == "prev.children[]":
		return "variants[].id"
	case strings.HasPrefix(path, "prev."):
		return ""
	case namesPath.MatchString(path) && strings.HasSuffix(path, ".id"):
		return "" // what names are found by
	case strings.HasPrefix(path, "order_status_mapping"):
		return "order_status_mapping"
	}
	path = strings.TrimPrefix(path, "source.")
	path = strings.TrimSuffix(path, "[]")
	path = namesPath.ReplaceAllString(path, "$1")
	return lines.ReplaceAllString(path, "line_items[]")
}

// fieldsOf is what a result says at each target of each form, whatever the order
// of its lists, and how long each list is.
type fieldsOf struct {
	records map[mapping.Form]int
	values  map[rowKey][]string
	lists   map[rowKey]int
}

func targets(e connection.Entity, r mapping.Result) fieldsOf {
	out := fieldsOf{map[mapping.Form]int{}, map[rowKey][]string{}, map[rowKey]int{}}
	for i, record := range r.Records {
		form := mapping.FormOf(record)
		out.records[form]++
		data, _ := ometria.Encode(record)
		var tree map[string]any
		_ = json.Unmarshal(data, &tree)
		held := map[string]any{}
		leaves(tree, "", func(path string, value any, _ func(any)) { held[path] = value })
		elements := map[string]bool{}
		for _, field := range mapping.Trace(e, record, r.Fields) {
			key := rowKey{e, form, index.ReplaceAllString(field.Target, "[]")}
			value := fmt.Sprint(held[field.Target])
			if property, ok := strings.CutPrefix(field.Target, "properties."); ok {
				value = fmt.Sprint(tree["properties"].(map[string]any)[property])
				if slices.ContainsFunc(r.Fields, func(f connection.SeenField) bool { return f.Key == property && !f.LeftOut }) {
					key.target, value = "properties.{key}", property+"="+value
				}
			}
			out.values[key] = append(out.values[key], value)
			for _, at := range index.FindAllStringIndex(field.Target, -1) {
				element := fmt.Sprint(i, field.Target[:at[1]])
				if !elements[element] {
					elements[element] = true
					out.lists[rowKey{e, form, index.ReplaceAllString(field.Target[:at[1]], "[]")}]++
				}
			}
		}
	}
	for _, values := range out.values {
		slices.Sort(values)
	}
	return out
}

// differs reports whether there are other values at a target.
func (f fieldsOf) differs(to fieldsOf, key rowKey) bool {
	return f.records[key.form] == to.records[key.form] && !slices.Equal(f.values[key], to.values[key])
}

// sameLists reports whether the lists that a target lies in are as long as they
// were: with another element come other values of all that it has.
func (f fieldsOf) sameLists(to fieldsOf, key rowKey) bool {
	for i := range len(key.target) {
		if strings.HasPrefix(key.target[i:], "[]") {
			list := rowKey{key.entity, key.form, key.target[:i+2]}
			if f.lists[list] != to.lists[list] {
				return false
			}
		}
	}
	return true
}

// leaves tells each leaf of a tree with a way to replace it.
func leaves(tree any, path string, leaf func(path string, value any, set func(any))) {
	switch node := tree.(type) {
	case document:
		leaves(map[string]any(node), path, leaf)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			at := strings.TrimPrefix(path+"."+key, ".")
			switch child := node[key].(type) {
			case map[string]any, []any:
				leaves(child, at, leaf)
			default:
				leaf(at, child, func(v any) { node[key] = v })
			}
		}
	case []any:
		for i, child := range node {
			at := fmt.Sprintf("%s[%d]", path, i)
			switch child.(type) {
			case map[string]any, []any:
				leaves(child, at, leaf)
			default:
				leaf(at, child, func(v any) { node[i] = v })
			}
		}
	}
}

var (
	numeric = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
	dated   = regexp.MustCompile(`\d{2}:\d{2}:\d{2}|^\d{4}-\d{2}-\d{2}`)
	coded   = regexp.MustCompile(`^([A-Z]{2,3}|[a-z]{2})$`)
)

// words are what some fields tell apart, by the last part of their path.
var words = map[string][]any{
	"type":                {"Text field", "Multiple choice", "giftcertificate", "physical"},
	"item_type":           {"SHIPPING", "PRODUCT"},
	"availability":        {"available", "disabled"},
	"inventory_tracking":  {"none", "product", "variant"},
	"consents[]":          {"marketing_newsletter", "abandoned_cart"},
	"order_source":        {"manual", "www"},
	"payment_method":      {"Test Payment Gateway", "testgateway"},
	"payment_provider_id": {"testgateway"},
	"phone":               {"020 7946 0000", "01 42 68 53 00"},
}

// others are values that a leaf may have instead of its own.
func others(path string, value any) []any {
	for _, c := range connection.Choices() {
		if c.Name == path && len(c.Values) > 0 && value != true && value != false {
			out := make([]any, len(c.Values))
			for i, v := range c.Values {
				out[i] = v
			}
			return out
		}
	}
	last := path[strings.LastIndex(path, ".")+1:]
	out := slices.Clone(words[last])
	switch v := value.(type) {
	case bool:
		return []any{!v}
	case float64:
		if last == "id" {
			return []any{v + 1, v * 2, 42} // without one there is nothing at all
		}
		return []any{v + 1, v * 2, 0, 5, 42, nil}
	case string:
		switch {
		case numeric.MatchString(v):
			out = append(out, "12.34", "1.00", "0")
		case dated.MatchString(v):
			out = append(out, "2027-01-02T03:04:05Z", "2020-01-02T03:04:05Z")
		case coded.MatchString(v):
			out = append(out, "FR", "USD", "GBP")
		case strings.Contains(v, "@"):
			out = append(out, "other@example.com")
		}
		return append(out, "", "zz 9")
	}
	return append(out, "zz 9", 7.5, true)
}

// place puts a value at a path, into every element of the lists on its way, and
// reports whether there was any place for it.
func place(tree any, path []string, value any) bool {
	name, inList := strings.CutSuffix(path[0], "[]")
	node, ok := tree.(map[string]any)
	switch {
	case !ok:
		return false
	case len(path) == 1 && !inList:
		node[name] = value
		return true
	case !inList:
		return place(node[name], path[1:], value)
	}
	list, _ := node[name].([]any)
	placed := false
	for i, element := range list {
		if len(path) == 1 {
			list[i], placed = value, true
		} else {
			placed = place(element, path[1:], value) || placed
		}
	}
	return placed
}

// cases are the documents whose leaves are changed, one by one: each golden, and
// some with one thing other than usual.
func cases(t testing.TB, each func(e connection.Entity, name string, d document, watched []string)) {
	goldens(t, func(e connection.Entity, name string, _ given) { each(e, name, documentOf(t, e, name), nil) })
	type patch map[string]any
	with := func(e connection.Entity, golden string, patches patch, watched ...string) {
		t.Helper()
		d := documentOf(t, e, golden)
		for path, value := range patches {
			require.True(t, place(map[string]any(d), strings.Split(path, "."), value), "%s has no place for %s", golden, path)
		}
		data, err := json.Marshal(d)
		require.NoError(t, err)
		clear(d)
		require.NoError(t, json.Unmarshal(data, &d)) // numbers as JSON has them
		each(e, fmt.Sprint(golden, patches), d, append([]string{}, watched...))
	}
	with(connection.Orders, "refunded", patch{"source.default_currency_code": ""}, "store.currency")
	with(connection.Orders, "refunded", patch{"source.default_currency_code": "", "store.currency": ""}, "store_default_currency_code")
	with(connection.Orders, "guest_custom_status", patch{"store.currency": ""}, "default_currency_code")
	with(connection.Orders, "refunded", patch{"source.total_ex_tax": nil}, "subtotal_ex_tax")
	with(connection.Orders, "refunded", patch{"source.consignments.shipping[].state": "Rhone"}, "consignments.shipping[].state")
	with(connection.Orders, "refunded", patch{"refund[].items[].requested_amount": nil}, "line_items[].discounted_total_inc_tax")
	with(connection.Orders, "refunded", patch{
		"source.consignments.shipping[].line_items[].price_ex_tax": nil, "source.consignments.shipping[].line_items[].total_ex_tax": nil,
	}, "line_items[].base_price")
	with(connection.Orders, "refunded", patch{
		"source.consignments.shipping[].line_items[].product_options[].type": "Text field",
	}, "line_items[].product_options[].type")
	with(connection.Orders, "refunded", patch{"source.payment_provider_id": ""}, "payment_method", "payment_provider_id")
	with(connection.Orders, "refunded", patch{"source.payment_method": "Test Payment Gateway"}, "settings.test_orders")
	with(connection.Orders, "refunded", patch{"source.is_deleted": true}, "settings.archived_orders")
	with(connection.Orders, "refunded", patch{"refund[].items[].quantity": 9}, "line_items[].quantity")
	with(connection.Orders, "refunded", patch{
		"source.consignments.shipping[].line_items[].quantity": 5, "source.consignments.shipping[].line_items[].quantity_refunded": 1,
	}, "line_items[].quantity_refunded")
	with(connection.Orders, "refunded_whole", patch{"refund[].items[].requested_amount": 9}, "refund[].items[].adjustments[].amount")
	with(connection.Orders, "every_consignment_pickup_bundle", patch{
		"source.consignments.pickups[].line_items[].quantity_refunded": 1,
		"source.consignments.pickups[].line_items[].applied_discounts": []any{map[string]any{"amount": "1.00"}},
	}, "subtotal_ex_tax", "line_items[].total_ex_tax", "line_items[].parent_order_product_id", "line_items[].id")
	with(connection.Products, "variants", patch{"source.inventory_tracking": "product"}, "inventory_level")
	with(connection.Products, "variants", patch{"source.is_price_hidden": false}, "is_price_hidden")
	with(connection.Products, "variants", patch{"source.price": 0, "source.variants[].purchasing_disabled": false},
		"sale_price", "variants[].price", "variants[].sale_price")
	with(connection.Products, "variants", patch{"source.inventory_level": 0}, "variants[].inventory_level")
	with(connection.Products, "variants", patch{"store.secure_url": ""}, "store.domain")
	with(connection.Customers, "form_fields", patch{"source.phone": "01 42 68 53 00"}, "addresses[].country_code", "addresses[].id")
	with(connection.Customers, "form_fields", patch{"source.addresses[].country_code": ""}, "store.country")
	with(connection.Subscribers, "gone", patch{"settings.force_optin": true})
	with(connection.Subscribers, "opted_out", patch{"source.consents[]": "marketing_newsletter", "prev.consent_seen": "no"}, "date_modified")
}

// TestTableTellsTheSources changes every leaf of every case: what changes with
// it must name it as a source, and every source must be seen to change its
// target.
func TestTableTellsTheSources(t *testing.T) {
	sources := map[rowKey]map[string]bool{} // of the table; true once seen at work
	for _, row := range mapping.Table() {
		key := rowKey{row.Entity, row.Form, row.Target}
		if sources[key] == nil {
			sources[key] = map[string]bool{}
		}
		for _, source := range row.Source {
			sources[key][source] = false
		}
	}
	made := map[rowKey]bool{}
	unnamed := map[string]bool{}
	cases(t, func(e connection.Entity, name string, d document, watched []string) {
		r, ok := d.mapped(e)
		require.True(t, ok, name)
		before, pushed := targets(e, r), text(t, mapping.Result{Records: r.Records, Fields: r.Fields})
		for key := range before.values {
			made[key] = true
			assert.True(t, sources[key] != nil, "no row is of %v, which %s has", key, name)
		}
		leaves(d, "", func(path string, value any, set func(any)) {
			source := sourcePath(path)
			if source == "" || watched != nil && !slices.Contains(watched, source) {
				return
			}
			defer set(value)
			for _, other := range others(index.ReplaceAllString(path, "[]"), value) {
				set(other)
				r, ok := d.mapped(e)
				if !ok || text(t, mapping.Result{Records: r.Records, Fields: r.Fields}) == pushed {
					continue
				}
				after := targets(e, r)
				for key := range sources {
					if key.entity != e || !before.differs(after, key) {
						continue
					}
					if _, named := sources[key][source]; named {
						sources[key][source] = true
					} else if before.sameLists(after, key) {
						unnamed[fmt.Sprintf("%s %s %s changes with %s (%s)", key.entity, key.form, key.target, source, name)] = true
					}
				}
			}
		})
	})
	for _, missing := range slices.Sorted(maps.Keys(unnamed)) {
		t.Error("not named:", missing)
	}
	for key, named := range sources {
		if !made[key] {
			t.Errorf("%s %s %s is made by no golden", key.entity, key.form, key.target)
		}
		for source, seen := range named {
			if !seen {
				t.Errorf("%s %s %s never changes with %s", key.entity, key.form, key.target, source)
			}
		}
	}
}
