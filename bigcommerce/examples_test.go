package bigcommerce

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// example serves a file of the vendor's examples and checks that every field
// the type reads is one that the example has, but for those named in absent.
func example[T any](t *testing.T, file string, absent ...string) *vendor {
	t.Helper()
	body := spec(t, "examples", file)
	keys := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				keys[key] = true
				walk(value)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	var whole any
	require.NoError(t, json.Unmarshal(body, &whole))
	walk(whole)
	seen := map[reflect.Type]bool{}
	var check func(reflect.Type)
	check = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || typ.PkgPath() != reflect.TypeFor[Order]().PkgPath() {
			return
		}
		seen[typ] = true
		for field := range typ.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" {
				continue
			}
			if slices.Contains(absent, name) {
				continue
			}
			if !keys[name] {
				t.Errorf("%s reads %q, which %s does not have", typ.Name(), name, file)
			}
			check(field.Type)
		}
	}
	check(reflect.TypeFor[T]())
	return serve(t, answers(string(body)))
}

func TestV2Examples(t *testing.T) {
	ctx := t.Context()
	info, err := example[StoreInformation](t, "v2_store.json").client.Store.Information(ctx)
	require.NoError(t, err)
	require.Equal(t, "abc123", info.Hash)
	require.Equal(t, "https://my-awesome.store", info.SecureURL)
	require.Equal(t, "America/Chicago", info.Timezone.Name)
	require.EqualValues(t, -21600, info.Timezone.RawOffset)
	require.NotEmpty(t, info.Logo.URL)
	require.EqualValues(t, 3, info.Features.StorefrontLimits.Active)

	now, err := example[int](t, "v2_time.json").client.Store.Time(ctx)
	require.NoError(t, err)
	require.Equal(t, time.Unix(1529512970, 0).UTC(), now)

	currencies, err := example[Currency](t, "v2_currencies.json").client.Currencies.List(ctx)
	require.NoError(t, err)
	paying := 0
	for _, c := range currencies {
		if c.Enabled && c.IsTransactional {
			paying++
		}
	}
	require.Equal(t, 2, paying)
	require.Equal(t, "0.849", currencies[1].ExchangeRate.String())
	require.Equal(t, 2018, currencies[0].LastUpdated.Year())

	statuses, err := example[OrderStatus](t, "v2_order_statuses.json").client.Orders.Statuses(ctx)
	require.NoError(t, err)
	require.Len(t, statuses, 15)
	require.Equal(t, "Incomplete - Testing", statuses[0].CustomLabel)

	count, err := example[OrderCount](t, "v2_orders_count.json").client.Orders.Count(ctx, OrderFilter{})
	require.NoError(t, err)
	require.EqualValues(t, 133, count.Count)
	require.Len(t, count.Statuses, 15)

	lines, err := example[LineItem](t, "v2_order_products.json", "variant_id").client.Orders.Products(ctx, 149)
	require.NoError(t, err)
	require.Len(t, lines, 2)
	require.Equal(t, "63.64", lines[0].DiscountedTotalIncTax.String())
	require.Len(t, lines[0].ProductOptions, 5)
	require.EqualValues(t, "manual-discount", lines[0].AppliedDiscounts[0].ID)
	require.Zero(t, lines[0].ParentOrderProductID)
	require.EqualValues(t, 65, lines[1].ParentOrderProductID)

	coupons, err := example[Coupon](t, "v2_order_coupons.json").client.Orders.Coupons(ctx, 120)
	require.NoError(t, err)
	require.Equal(t, "S2549JM0Y", coupons[0].Code)
	require.EqualValues(t, 2, coupons[0].Type)
}

func TestOrderExamples(t *testing.T) {
	page, err := example[Order](t, "v2_orders_with_consignments_line_items.json", "__warning__", "fetched_lines",
		"pickup_method_display_name", "location", "recipient_email", "address_id", "customer_id", "name_customer",
		"discounted_total_inc_tax", "option_id", "product_option_id", "display_name", "display_value", "display_name_merchant", "display_value_merchant", "value", "amount", "code", "target",
		"gift_certificate_id").
		client.Orders.Page(t.Context(), OrderFilter{})
	require.NoError(t, err)
	require.Empty(t, page.Unreadable)
	order := page.Records[0]
	require.EqualValues(t, 100, order.ID)
	require.Equal(t, time.Date(2018, 1, 10, 21, 5, 30, 0, time.UTC), order.DateCreated.Time)
	require.True(t, order.DateShipped.IsZero())
	require.Equal(t, "361.95", order.TotalIncTax.String())
	require.Equal(t, "janedoe@example.com", order.BillingAddress.Email)
	require.Equal(t, "USD", order.DefaultCurrencyCode)
	require.Len(t, order.Lines(), 1)
	require.False(t, order.LinesTruncated())
	line := order.Lines()[0]
	require.EqualValues(t, 477, line.VariantID)
	require.Equal(t, "940", line.TotalIncTax.String())
	shipping := order.Consignments.Shipping[0]
	require.Equal(t, "6.2", shipping.CostIncTax.String())
	require.Equal(t, "123BAF", shipping.FormFields[0].Value.Text)

	page, err = example[int](t, "v2_orders.json").client.Orders.Page(t.Context(), OrderFilter{})
	require.NoError(t, err)
	require.Len(t, page.Records, 1)
	require.True(t, page.Records[0].LinesTruncated(), "without consignments the lines are still to be read")
}

func TestCustomerExamples(t *testing.T) {
	ctx := t.Context()
	page, err := example[Customer](t, "v3_customers.json").client.Customers.Page(ctx, CustomerFilter{})
	require.NoError(t, err)
	require.Equal(t, 1, page.Total)
	require.False(t, page.More)
	require.Equal(t, "aWQ6Nw==", page.EndCursor)
	c := page.Records[0]
	require.Equal(t, FieldText, c.FormFields[0].Value.Kind)
	require.Equal(t, []string{"red", "green", "black"}, c.FormFields[3].Value.List)
	require.Equal(t, "12.345", c.FormFields[4].Value.String())
	require.Equal(t, "43.15", c.StoreCreditAmounts[0].Amount.String())
	require.Equal(t, "Leave the package at the front door", c.Addresses[0].FormFields[0].Value.Text)
	require.EqualValues(t, "Yes", c.Attributes[0].Value)

	fields, err := example[FormField](t, "v3_customers_form_field_values.json").client.Customers.FormFieldValues(ctx, FormFieldFilter{})
	require.NoError(t, err)
	require.Len(t, fields.Records, 15)
	require.EqualValues(t, 12, fields.Records[10].AddressID)

	subscribers, err := example[Subscriber](t, "v3_subscribers.json").client.Subscribers.Page(ctx, SubscriberFilter{})
	require.NoError(t, err)
	require.True(t, subscribers.Records[0].OptedIn())
	require.Zero(t, subscribers.Records[0].OrderID)
	require.False(t, subscribers.Records[1].OptedIn())
	require.EqualValues(t, 250, subscribers.Records[1].OrderID)
	require.Equal(t, 2, subscribers.Total)
}

func TestCatalogExamples(t *testing.T) {
	ctx := t.Context()
	page, err := example[Product](t, "v3_products_full.json").client.Products.Page(ctx, ProductFilter{})
	require.NoError(t, err)
	p := page.Records[0]
	require.Equal(t, "7.95", p.Price.String())
	require.Equal(t, "/all/1l-le-parfait-jar/", p.CustomURL.URL)
	require.Zero(t, p.BaseVariantID)
	require.Len(t, p.Variants, 2)
	require.True(t, p.Variants[0].Price.Valid)
	require.False(t, p.Variants[1].Price.Valid, "null inherits the product's price")
	require.EqualValues(t, "Color", p.Variants[0].OptionValues[0].OptionDisplayName)
	require.EqualValues(t, "ISBN", p.CustomFields[0].Name)
	require.NotNil(t, p.PrimaryImage)
	require.NotEmpty(t, p.PrimaryImage.URLStandard)
	require.Len(t, p.Options[0].OptionValues, 2)

	variants, err := example[Variant](t, "v3_variants.json").client.Products.Variants(ctx, 192)
	require.NoError(t, err)
	require.Len(t, variants, 3)
	brands, err := example[Brand](t, "v3_brands.json").client.Brands.Page(ctx, BrandFilter{})
	require.NoError(t, err)
	require.Len(t, brands.Records, 15)
	require.EqualValues(t, 49, brands.LastID)
	categories, err := example[Category](t, "v3_trees_categories.json").client.Categories.Page(ctx, CategoryFilter{})
	require.NoError(t, err)
	require.EqualValues(t, 12, categories.LastID)
	require.EqualValues(t, 2, categories.Records[1].ParentID)
	require.Equal(t, "/bath/", categories.Records[1].URL.Path)
	trees, err := example[Tree](t, "v3_trees.json").client.Categories.Trees(ctx)
	require.NoError(t, err)
	require.Equal(t, []int64{1}, trees[0].Channels)
}

func TestInstallationExamples(t *testing.T) {
	ctx := t.Context()
	scripts, err := example[Script](t, "v3_scripts_list.json").client.Scripts.List(ctx)
	require.NoError(t, err)
	require.Equal(t, "03805148-a592-4803-9482-e91fe5c1be13", scripts[1].UUID)
	require.Equal(t, ScriptKindTag, scripts[1].Kind)
	hooks, err := example[Hook](t, "v3_hooks_list.json", "status").client.Hooks.List(ctx)
	require.NoError(t, err)
	require.Len(t, hooks, 2)
	require.Equal(t, HookHeaders{"custom-key": "developer-defined value"}, hooks[0].Headers)
	require.Equal(t, int64(1561488106), hooks[0].CreatedAt.Unix())
	require.False(t, hooks[1].IsActive)
	admin, err := example[HookAdmin](t, "v3_hooks_admin.json").client.Hooks.Admin(ctx)
	require.NoError(t, err)
	require.Equal(t, "deactivated", admin.Hooks[1].Status)
	require.EqualValues(t, 171, admin.BlockedDomains[0].TimeLeft)
	page, err := pageV3[Channel](ctx, example[Channel](t, "v3_channels.json").client, "/v3/channels", nil)
	require.NoError(t, err)
	require.Equal(t, 8, page.Total)
	require.True(t, page.More)
	require.Equal(t, "storefront", page.Records[0].Type)
	assignments, err := example[CurrencyAssignment](t, "v3_channels_currency_assignments.json").client.Channels.CurrencyAssignments(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"USD", "GBP"}, assignments[1].EnabledCurrencies)
	refund, err := getV3[Refund](ctx, example[Refund](t, "v3_refund.json", "adjustments").client, "/v3/orders/payment_actions/refunds/{id}", nil, 12)
	require.NoError(t, err)
	require.EqualValues(t, 87, refund.Items[0].ItemID)
}

// Each example must be read by a test, so that a new one is not overlooked.
func TestEveryExampleIsRead(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(specs(t), "examples", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var tests strings.Builder
	for _, name := range []string{"examples_test.go", "errors_test.go"} {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		tests.Write(source)
	}
	for _, file := range files {
		require.Contains(t, tests.String(), `"`+filepath.Base(file)+`"`)
	}
}
