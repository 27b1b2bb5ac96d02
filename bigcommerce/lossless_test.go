package bigcommerce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ignored are the fields of the official example bodies that our types leave
// out: by entity, the reason and the names. An object's name stands for all in
// it; a name that no example has fails the test.
var ignored = map[string]map[string]string{
	"store": {
		"personal data of the merchant":           "address admin_email first_name last_name order_email phone",
		"how the storefront writes amounts":       "currency_symbol_location decimal_separator thousands_separator",
		"how the storefront writes measures":      "dimension_decimal_places dimension_decimal_token dimension_thousands_token dimension_units weight_units",
		"how the storefront writes dates":         "timezone.date_format",
		"of no use to marketing or to this setup": "account_uuid favicon_url industry features.facebook_catalog_id features.graphql_storefront_api_enabled features.sitewidehttps_enabled",
	},
	"currency": {
		"how the storefront writes amounts": "decimal_token thousands_token token token_location",
		"how the merchant keeps the rate":   "auto_update default_for_country_codes use_default_name",
	},
	"order count": {
		"OrdersService.Statuses tells the same": "statuses.sort_order statuses.system_description",
	},
	"order": {
		"links to parts that are asked for by themselves": "coupons fees products shipping_addresses consignments.shipping.shipping_quotes",
		"amounts before tax and discount":                 "base_handling_cost base_shipping_cost base_wrapping_cost consignments.shipping.base_handling_cost",
		"tax classes":                                     "handling_cost_tax_class_id shipping_cost_tax_class_id wrapping_cost_tax_class_id consignments.shipping.cost_tax_class_id consignments.shipping.handling_cost_tax_class_id",
		"the order has the sum":                           "consignments.shipping.handling_cost_ex_tax consignments.shipping.handling_cost_inc_tax consignments.shipping.handling_cost_tax",
		"the codes are enough":                            "currency_id default_currency_id geoip_country",
		"personal data without a use":                     "ip_address_v6",
		"follows from the addresses":                      "shipping_address_count consignments.shipping.shipping_zone_id consignments.shipping.shipping_zone_name",
	},
	"line item": {
		"the merchant's costs":                      "base_cost_price cost_price_ex_tax cost_price_inc_tax cost_price_tax",
		"measures and storage":                      "bin_picking_number depth height weight width fixed_shipping_cost",
		"marketplace ids":                           "ebay_item_id ebay_transaction_id",
		"name and values in the shopper's language": "name_customer name_merchant product_options.display_name_customer product_options.display_value_customer",
		"follows from the other two prices":         "price_tax",
		"refunds are read from v3":                  "refund_amount return_id",
		"gift wrapping":                             "base_wrapping_cost wrapping_cost_ex_tax wrapping_cost_inc_tax wrapping_cost_tax wrapping_id wrapping_message wrapping_name",
		"how options are shown":                     "option_set_id product_options.display_style",
		"the line itself":                           "product_options.order_product_id",
	},
	"refund": {
		"who of the merchant's people did it, and how": "data.user_id data.uses_merchant_override_values data.payments.declined_message",
	},
	"customer": {
		"personal data without a use":  "data.registration_ip_address",
		"the account's sign-in":        "data.authentication",
		"the date of change is enough": "data.attributes.date_created",
	},
	"product": {
		"never asked for, most of a product's bytes":     "data.description",
		"for search engines and social networks":         "data.meta_description data.page_title data.open_graph_description data.open_graph_title data.open_graph_type data.open_graph_use_image data.open_graph_use_meta_description data.open_graph_use_product_name",
		"measures and storage":                           "data.bin_picking_number data.depth data.height data.weight data.width data.fixed_cost_shipping_price data.is_free_shipping",
		"how the storefront shows it":                    "data.availability_description data.gift_wrapping_options_type data.is_condition_shown data.layout_file data.option_set_display data.price_hidden_label data.sort_order data.warranty data.related_products",
		"limits and dates of an order for it":            "data.order_quantity_maximum data.order_quantity_minimum data.is_preorder_only data.preorder_message data.preorder_release_date",
		"tax classes":                                    "data.product_tax_code data.tax_class_id",
		"counters that move without date_modified":       "data.reviews_rating_sum data.view_count",
		"an import's own date":                           "data.date_last_imported",
		"a path inside the store, url_standard is whole": "data.primary_image.image_file",
		"never asked for, the primary one is enough":     "data.images.date_modified data.images.description data.images.id data.images.image_file data.images.is_thumbnail data.images.product_id data.images.sort_order data.images.url_standard data.images.url_thumbnail data.images.url_tiny data.images.url_zoom",
		"how options are shown":                          "data.options.option_values.value_data data.modifiers.option_values.value_data data.modifiers.config",
		"written only when set":                          "data.modifiers.required",
	},
	"variant": {
		"measures and storage": "bin_picking_number calculated_weight depth fixed_cost_shipping_price height is_free_shipping weight width",
	},
	"brand": {
		"for search engines": "data.meta_description data.meta_keywords data.page_title data.search_keywords",
	},
	"category": {
		"for search engines":          "data.meta_description data.meta_keywords data.page_title data.search_keywords",
		"how the storefront shows it": "data.default_product_sort data.description data.image_url data.layout_file data.views",
	},
	"channel": {
		"how the control panel shows it": "data.icon_url data.is_listable_from_ui",
	},
	"script": {
		"written only when set": "data.html data.src",
	},
	"hook": {
		"that a domain is blocked, and for how long, is enough": "data.blocked_domains.reasons",
	},
	"delivery": {
		"the product is read whole": "data.inventory.method data.inventory.value",
	},
	"error": {
		"a link to the status codes' page": "type",
	},
}

// within are entities inside others, which have their own rows.
var within = []struct{ entity, at, inner string }{
	{"order", "consignments.shipping.line_items.", "line item"},
	{"product", "data.variants.", "variant"},
	{"variant", "data.", "variant"},
}

// bodies are the examples by file, as the type that the client reads them into.
// A name without a folder is of examples.
var bodies = map[string]struct {
	entity string
	read   func([]byte) (any, error)
}{
	"v2_store.json": {"store", as[StoreInformation]},
	"v2_time.json": {"time", as[struct {
		Time Timestamp `json:"time"`
	}]},
	"v2_currencies.json":                          {"currency", as[[]Currency]},
	"v2_order_statuses.json":                      {"order status", as[[]OrderStatus]},
	"v2_orders_count.json":                        {"order count", as[OrderCount]},
	"v2_orders.json":                              {"order", as[[]Order]},
	"v2_orders_with_consignments_line_items.json": {"order", as[[]Order]},
	"v2_order_products.json":                      {"line item", as[[]LineItem]},
	"v2_order_coupons.json":                       {"coupon", as[[]Coupon]},
	"v3_refund.json":                              {"refund", as[enveloped[Refund]]},
	"v3_customers.json":                           {"customer", as[enveloped[[]Customer]]},
	"v3_customers_form_field_values.json":         {"form field", as[enveloped[[]FormField]]},
	"v3_subscribers.json":                         {"subscriber", as[enveloped[[]Subscriber]]},
	"v3_products_full.json":                       {"product", as[enveloped[[]Product]]},
	"v3_variants.json":                            {"variant", as[enveloped[[]Variant]]},
	"v3_brands.json":                              {"brand", as[enveloped[[]Brand]]},
	"v3_trees.json":                               {"tree", as[enveloped[[]Tree]]},
	"v3_trees_categories.json":                    {"category", as[enveloped[[]Category]]},
	"v3_channels.json":                            {"channel", as[enveloped[[]Channel]]},
	"v3_channels_currency_assignments.json":       {"currency assignment", as[enveloped[[]CurrencyAssignment]]},
	"v3_scripts_list.json":                        {"script", as[enveloped[[]Script]]},
	"v3_hooks_list.json":                          {"hook", as[enveloped[[]Hook]]},
	"v3_hooks_admin.json":                         {"hook", as[enveloped[HookAdmin]]},
	"error_404_v2.json":                           {"error", as[[]refusalBody]},
	"error_413_v2_observed.json":                  {"error", as[[]refusalBody]},
	"error_400_v3.json":                           {"error", as[refusalBody]},
	"error_401_v3.json":                           {"error", as[refusalBody]},
	"error_403_v3.json":                           {"error", as[refusalBody]},
	"error_403_v3_missing_scope_observed.json":    {"error", as[refusalBody]},
	"error_404_v3.json":                           {"error", as[refusalBody]},
	"error_409_v3.json":                           {"error", as[refusalBody]},
	"error_422_v3.json":                           {"error", as[refusalBody]},
	"error_429_v3.json":                           {"error", as[refusalBody]},
	"error_503_v3.json":                           {"error", as[refusalBody]},
}

func as[T any](data []byte) (any, error) {
	var value T
	err := json.Unmarshal(data, &value)
	return value, err
}

// enveloped is a v3 answer. What meta says is Page's, which list_test tries.
type enveloped[T any] struct {
	Data T `json:"data"`
}

// TestExamplesLoseNothing reads each official example into our type, writes that
// again and compares every value: it must be there, or be one that we ignore.
func TestExamplesLoseNothing(t *testing.T) {
	folder := specs(t)
	used := map[string]bool{}
	for _, file := range examplesIn(t, folder, "examples") {
		t.Run(file, func(t *testing.T) {
			body, known := bodies[file]
			require.True(t, known, "say what this example is read into")
			data := spec(t, "examples", file)
			value, err := body.read(data)
			require.NoError(t, err)
			compare(t, body.entity, data, value, used)
		})
	}
	for _, file := range examplesIn(t, folder, "webhooks") {
		t.Run(file, func(t *testing.T) {
			data := spec(t, "webhooks", file)
			delivery, err := ParseDelivery(data)
			require.NoError(t, err)
			compare(t, "delivery", data, delivery, used)
		})
	}
	for entity, reasons := range ignored {
		for _, fields := range reasons {
			for field := range strings.FieldsSeq(fields) {
				assert.True(t, used[entity+" "+field], "no example of %s has %s: take it from the list", entity, field)
			}
		}
	}
	for file := range bodies {
		assert.FileExists(t, filepath.Join(folder, "examples", file))
	}
}

func examplesIn(t *testing.T, folder, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, kind, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for n, file := range files {
		files[n] = filepath.Base(file)
	}
	return files
}

// compare names each value of an example that ours lacks or has otherwise.
func compare(t *testing.T, entity string, example []byte, ours any, used map[string]bool) {
	t.Helper()
	again, err := json.Marshal(ours)
	require.NoError(t, err)
	want, got := leaves(t, example), leaves(t, again)
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if same(want[path], got[path]) {
			continue
		}
		field := withoutNumbers(path)
		if !known(entity, field, used) && !strings.HasPrefix(field, "meta.") { // which is Page's: see list_test.go
			t.Errorf("%s: %s is lost", entity, field)
		}
	}
}

// known reports whether a field is ignored, or an object above it is.
func known(entity, field string, used map[string]bool) bool {
	for _, w := range within {
		if rest, ok := strings.CutPrefix(field, w.at); ok && w.entity == entity {
			entity, field = w.inner, rest
			break
		}
	}
	for _, fields := range ignored[entity] {
		for name := range strings.FieldsSeq(fields) {
			if field == name || strings.HasPrefix(field, name+".") {
				used[entity+" "+name] = true
				return true
			}
		}
	}
	return false
}

// leaves are the scalars of a JSON text, and its empty objects and arrays, by path.
func leaves(t *testing.T, data []byte) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var whole any
	require.NoError(t, decoder.Decode(&whole))
	all := map[string]any{}
	var walk func(string, any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				walk(path+"."+name, inner)
			}
			if len(value) == 0 {
				all[path] = nil
			}
		case []any:
			for n, inner := range value {
				walk(fmt.Sprintf("%s.%d", path, n), inner)
			}
			if len(value) == 0 {
				all[path] = nil
			}
		default:
			all[path] = value
		}
	}
	walk("", whole)
	return all
}

func withoutNumbers(path string) string {
	parts := slices.DeleteFunc(strings.Split(path, "."), func(part string) bool { return strings.Trim(part, "0123456789") == "" })
	return strings.Join(parts, ".")
}

// same reports whether two scalars say the same: an amount or an instant may be
// written in another way, and nothing may be written as null, "", 0 or false.
func same(want, got any) bool {
	if want == got {
		return true
	}
	w, g := fmt.Sprint(want), fmt.Sprint(got)
	nothing := func(text string) bool { return text == "" || text == "<nil>" || text == "0" || text == "false" }
	if nothing(w) && nothing(g) && got != nil || w == g {
		return true
	}
	if a, err := decimal.NewFromString(w); err == nil {
		if b, err := decimal.NewFromString(g); err == nil && a.Equal(b) {
			return true
		}
	}
	a, errA := ParseTimestamp(w)
	b, errB := ParseTimestamp(g)
	return errA == nil && errB == nil && !a.IsZero() && a.Equal(b.Time)
}
