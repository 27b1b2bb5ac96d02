package bigcommercesim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// specs returns the folder of BigCommerce's OpenAPI files, or skips.
func specs(t *testing.T) string {
	t.Helper()
	root := os.Getenv("OBC_SPECS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "specs")
	}
	if _, err := os.Stat(root); err != nil {
		t.Skipf("BigCommerce's OpenAPI files are not here: set OBC_SPECS (%v)", err)
	}
	return filepath.Join(root, "bigcommerce")
}

// exceptions are where the official files contradict themselves or are silent.
// Each names a file, a property, what is let pass, and why.
var exceptions = []struct{ file, property, pass, why string }{
	{"currencies.v2.yml", "last_updated", "format", "the file's example is RFC 2822, its format date-time"},
	{"customers.v3.yml", "address_id", "extra", "the file's example of an address's form field has it"},
	{"orders.v2.oas2.yml", "__warning__", "extra", "marks cut line items (bigcommerce/docs#960)"},
	{"orders.v2.oas2.yml", "credit_card_type", "extra", "in the file's examples of an order"},
	{"orders.v2.oas2.yml", "custom_status", "extra", "in the file's examples of an order"},
	{"orders.v2.oas2.yml", "order", "extra", "in the file's example of order statuses"},
	{"orders.v3.yml", "requested_amount", "null", "null in the file's example of a refund"},
	{"product-variants_catalog.v3.yml", "calculated_weight", "extra", "in the file's example of variants"},
	{"product-variants_catalog.v3.yml", "gtin", "extra", "in the file's example of variants"},
	{"product-variants_catalog.v3.yml", "image_url", "extra", "in the file's example of variants"},
	{"product-variants_catalog.v3.yml", "map_price", "extra", "in the file's example of variants"},
	{"product-variants_catalog.v3.yml", "mpn", "extra", "in the file's example of variants"},
	{"products_catalog.v3.yml", "base_variant_id", "null", "its description says null for complex products"},
	{"products_catalog.v3.yml", "option_set_id", "null", "null in the file's example of a product"},
	{"products_catalog.v3.yml", "image_file", "extra", "in the file's example of images"},
	{"products_catalog.v3.yml", "name", "extra", "in the file's example of options"},
	{"products_catalog.v3.yml", "variants", "extra", "include=variants is documented, its schema is not"},
}

// operations are the reads held to the files: file, path in it, request.
var operations = []struct{ file, path, request string }{
	{"store_information.v2.yml", "/store", "/v2/store"},
	{"store_information.v2.yml", "/time", "/v2/time"},
	{"currencies.v2.yml", "/currencies", "/v2/currencies"},
	{"customers.v2.yml", "/customer_groups", "/v2/customer_groups"},
	{"orders.v2.oas2.yml", "/order_statuses", "/v2/order_statuses"},
	{"orders.v2.oas2.yml", "/orders", "/v2/orders?limit=250"},
	{"orders.v2.oas2.yml", "/orders", "/v2/orders?limit=250&include=consignments&consignment_structure=object"},
	{"orders.v2.oas2.yml", "/orders", "/v2/orders?limit=250&include=consignments.line_items,fees&consignment_structure=object&sort=id:desc"},
	{"orders.v2.oas2.yml", "/orders/count", "/v2/orders/count"},
	{"orders.v2.oas2.yml", "/orders/{order_id}", "/v2/orders/125?include=consignments.line_items&consignment_structure=object"},
	{"orders.v2.oas2.yml", "/orders/{order_id}/products", "/v2/orders/125/products?limit=250"},
	{"orders.v2.oas2.yml", "/orders/{order_id}/coupons", "/v2/orders/{coupon}/coupons"},
	{"orders.v2.oas2.yml", "/orders/{order_id}/shipping_addresses", "/v2/orders/125/shipping_addresses"},
	{"orders.v3.yml", "/orders/payment_actions/refunds", "/v3/orders/payment_actions/refunds?limit=250"},
	{"orders.v3.yml", "/orders/{order_id}/transactions", "/v3/orders/110/transactions"},
	{"customers.v3.yml", "/customers", "/v3/customers?limit=250&include=addresses,storecredit,attributes,formfields"},
	{"customers.v3.yml", "/customers", "/v3/customers?limit=7&page=2&sort=date_modified:asc"},
	{"customers.v3.yml", "/customers", "/v3/customers?limit=7&after=aWQ6MTA="},
	{"customers.v3.yml", "/customers/addresses", "/v3/customers/addresses?include=formfields"},
	{"customers.v3.yml", "/customers/attributes", "/v3/customers/attributes"},
	{"customers.v3.yml", "/customers/attribute-values", "/v3/customers/attribute-values"},
	{"customers.v3.yml", "/customers/form-field-values", "/v3/customers/form-field-values?limit=250"},
	{"subscribers.v3.yml", "/customers/subscribers", "/v3/customers/subscribers"},
	{"subscribers.v3.yml", "/customers/subscribers/{subscriber_id}", "/v3/customers/subscribers/1"},
	{"products_catalog.v3.yml", "/catalog/products", "/v3/catalog/products?limit=250&include=variants,custom_fields,images,primary_image"},
	{"products_catalog.v3.yml", "/catalog/products", "/v3/catalog/products?limit=10&include=options,modifiers"},
	{"products_catalog.v3.yml", "/catalog/products", "/v3/catalog/products?include_fields=name,date_modified"},
	{"products_catalog.v3.yml", "/catalog/products/{product_id}", "/v3/catalog/products/80?include=variants,options"},
	{"products_catalog.v3.yml", "/catalog/products/{product_id}/custom-fields", "/v3/catalog/products/80/custom-fields"},
	{"products_catalog.v3.yml", "/catalog/products/{product_id}/images", "/v3/catalog/products/80/images"},
	{"products_catalog.v3.yml", "/catalog/summary", "/v3/catalog/summary"},
	{"product-variants_catalog.v3.yml", "/catalog/products/{product_id}/variants", "/v3/catalog/products/80/variants"},
	{"product-variants_catalog.v3.yml", "/catalog/variants", "/v3/catalog/variants?limit=250"},
	{"product-variant-options_catalog.v3.yml", "/catalog/products/{product_id}/options", "/v3/catalog/products/{options}/options"},
	{"product-modifiers_catalog.v3.yml", "/catalog/products/{product_id}/modifiers", "/v3/catalog/products/{modifiers}/modifiers"},
	{"brands_catalog.v3.yml", "/catalog/brands", "/v3/catalog/brands"},
	{"brands_catalog.v3.yml", "/catalog/brands/{brand_id}", "/v3/catalog/brands/35"},
	{"category-trees_catalog.v3.yml", "/catalog/trees", "/v3/catalog/trees"},
	{"category-trees_catalog.v3.yml", "/catalog/trees/categories", "/v3/catalog/trees/categories"},
	{"channels.v3.yml", "/channels", "/v3/channels"},
	{"channels.v3.yml", "/channels/currency-assignments", "/v3/channels/currency-assignments"},
	{"channels.v3.yml", "/channels/{channel_id}/site", "/v3/channels/1/site"},
	{"sites.v3.yml", "/sites", "/v3/sites"},
	{"scripts.v3.yml", "/content/scripts", "/v3/content/scripts"},
	{"scripts.v3.yml", "/content/scripts/{uuid}", "/v3/content/scripts/{script}"},
	{"webhooks.v3.yml", "/hooks", "/v3/hooks"},
	{"webhooks.v3.yml", "/hooks/{webhook_id}", "/v3/hooks/{hook}"},
	{"webhooks.v3.yml", "/hooks/admin", "/v3/hooks/admin"},
}

// TestAnswersMatchTheOfficialFiles holds every read to its response schema,
// and finds fields that the files do not know.
func TestAnswersMatchTheOfficialFiles(t *testing.T) {
	root := specs(t)
	s := store(t, nil)
	script := call(s, "POST", "/v3/content/scripts", `{"name":"Tag","src":"https://cdn.example.com/a.js","kind":"src","location":"footer","visibility":"all_pages","load_method":"async","consent_category":"analytics","channel_id":1,"auto_uninstall":true}`)
	require.Equal(t, 200, script.Code, script.Body)
	hook := call(s, "POST", "/v3/hooks", `{"scope":"store/order/created","destination":"https://example.com/hooks","is_active":true,"headers":{"x":"y"}}`)
	require.Equal(t, 200, hook.Code, hook.Body)
	var made struct {
		Data struct {
			ID   int
			UUID string
		}
	}
	require.NoError(t, json.Unmarshal(hook.Body.Bytes(), &made))
	require.NoError(t, json.Unmarshal(script.Body.Bytes(), &made))
	places := strings.NewReplacer("{script}", made.Data.UUID, "{hook}", fmt.Sprint(made.Data.ID),
		"{coupon}", fmt.Sprint(withCoupon(t, s)), "{options}", fmt.Sprint(productWith(t, s, "options")),
		"{modifiers}", fmt.Sprint(productWith(t, s, "modifiers")))
	docs := map[string]*openapi3.T{}
	for _, op := range operations {
		t.Run(op.request, func(t *testing.T) {
			if docs[op.file] == nil {
				docs[op.file] = loadSpec(t, filepath.Join(root, op.file))
			}
			item := docs[op.file].Paths.Value(op.path)
			require.NotNil(t, item, "path is not in the file")
			request := places.Replace(op.request)
			w := call(s, "GET", request, "")
			require.Equal(t, 200, w.Code, w.Body)
			schema := item.Get.Responses.Status(200).Value.Content.Get("application/json").Schema.Value
			var body any
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
			require.False(t, empty(body), "an empty answer proves nothing")
			problems := slices.DeleteFunc(unknownFields(schema, body, ""), func(problem string) bool {
				place, _, _ := strings.Cut(problem, ":")
				return excepted(op.file, place[strings.LastIndex(place, ".")+1:], "extra")
			})
			if err := schema.VisitJSON(body, openapi3.MultiErrors()); err != nil {
				problems = append(problems, schemaProblems(err)...)
			}
			slices.Sort(problems)
			for _, problem := range slices.Compact(problems) {
				t.Errorf("%s %s", op.file, problem)
			}
		})
	}
	require.Empty(t, s.State().Ignored, "a parameter of the files does nothing here")
}

func empty(body any) bool {
	switch body := body.(type) {
	case []any:
		return len(body) == 0
	case map[string]any:
		list, ok := body["data"].([]any)
		return ok && len(list) == 0
	}
	return false
}

func loadSpec(t *testing.T, path string) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	doc, err := loader.LoadFromFile(path)
	require.NoError(t, err)
	seen := map[*openapi3.Schema]bool{}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			for _, response := range operation.Responses.Map() {
				for _, content := range response.Value.Content {
					mend(filepath.Base(path), content.Schema, seen)
				}
			}
		}
	}
	return doc
}

// mend applies the exceptions, and two habits of all files: x-nullable stands
// for nullable, and oneOf is written where alternatives overlap.
func mend(file string, ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || seen[ref.Value] {
		return
	}
	s := ref.Value
	seen[s] = true
	s.Nullable = s.Nullable || s.Extensions["x-nullable"] == true
	s.AnyOf, s.OneOf = append(s.AnyOf, s.OneOf...), nil
	for name, property := range s.Properties {
		if property.Value != nil && excepted(file, name, "null") {
			property.Value.Nullable = true
		}
		if property.Value != nil && excepted(file, name, "format") {
			property.Value.Format = ""
		}
		mend(file, property, seen)
	}
	mend(file, s.Items, seen)
	for _, group := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf} {
		for _, inner := range group {
			mend(file, inner, seen)
		}
	}
}

func excepted(file, property, pass string) bool {
	for _, e := range exceptions {
		if e.file == file && e.property == property && e.pass == pass {
			return true
		}
	}
	return false
}

// schemaProblems flattens a validation error to "place: reason".
func schemaProblems(err error) []string {
	switch err := err.(type) {
	case openapi3.MultiError:
		var all []string
		for _, one := range err {
			all = append(all, schemaProblems(one)...)
		}
		return all
	case *openapi3.SchemaError:
		if err.Origin != nil { // the cause inside allOf and its like
			return schemaProblems(err.Origin)
		}
		return []string{fmt.Sprintf("%s: %s", place(err.JSONPointer()), err.Reason)}
	default:
		return []string{": " + err.Error()}
	}
}

// place drops the numbers of list items.
func place(pointer []string) string {
	var out []string
	for _, part := range pointer {
		if strings.Trim(part, "0123456789") != "" {
			out = append(out, part)
		}
	}
	return strings.Join(out, ".")
}

// unknownFields names what an answer holds and the schema does not. The files
// mostly leave additionalProperties open, which would hide a misspelt name.
func unknownFields(schema *openapi3.Schema, value any, at string) []string {
	var problems []string
	switch value := value.(type) {
	case []any:
		var items []*openapi3.Schema
		for _, s := range variants(schema) {
			if s.Items != nil {
				items = append(items, s.Items.Value)
			}
		}
		for _, item := range value {
			problems = append(problems, unknownFields(&openapi3.Schema{AnyOf: refs(items)}, item, at)...)
		}
	case map[string]any:
		known := map[string][]*openapi3.Schema{}
		for _, s := range variants(schema) {
			for name, property := range s.Properties {
				known[name] = append(known[name], property.Value)
			}
		}
		if len(known) == 0 {
			return nil // a free object
		}
		for name, inner := range value {
			here := strings.TrimPrefix(at+"."+name, ".")
			if known[name] == nil {
				problems = append(problems, here+": not in the file")
				continue
			}
			problems = append(problems, unknownFields(&openapi3.Schema{AnyOf: refs(known[name])}, inner, here)...)
		}
	}
	return problems
}

func refs(schemas []*openapi3.Schema) openapi3.SchemaRefs {
	var list openapi3.SchemaRefs
	for _, s := range schemas {
		list = append(list, &openapi3.SchemaRef{Value: s})
	}
	return list
}

// variants are the schema and all that it is composed of.
func variants(schema *openapi3.Schema) []*openapi3.Schema {
	all := []*openapi3.Schema{schema}
	for _, group := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, ref := range group {
			all = append(all, variants(ref.Value)...)
		}
	}
	return all
}

func withCoupon(t *testing.T, s http.Handler) int {
	for _, id := range ids(get[[]object](t, s, "/v2/orders?limit=250")) {
		if call(s, "GET", fmt.Sprintf("/v2/orders/%d/coupons", id), "").Code == 200 {
			return id
		}
	}
	t.Fatal("no order has a coupon")
	return 0
}

func productWith(t *testing.T, s http.Handler, part string) int {
	for n := 1; n < 9; n++ {
		for _, p := range get[page](t, s, fmt.Sprintf("/v3/catalog/products?page=%d&include=%s", n, part)).Data {
			if len(p[part].([]any)) > 0 {
				return int(p["id"].(float64))
			}
		}
	}
	t.Fatalf("no product has %s", part)
	return 0
}
