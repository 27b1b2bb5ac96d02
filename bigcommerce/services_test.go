package bigcommerce

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const emptyV3 = `{"data":[],"meta":{}}`

func TestQueries(t *testing.T) {
	day := time.Date(2024, 5, 14, 9, 34, 0, 0, time.FixedZone("", 3600))
	full := "&include=addresses,storecredit,attributes,formfields"
	cases := []struct {
		call func(*Client) error
		want string
	}{
		{func(c *Client) error { _, err := c.Customers.Page(t.Context(), CustomerFilter{}); return err }, "/v3/customers?limit=250" + full},
		{func(c *Client) error {
			_, err := c.Customers.Page(t.Context(), CustomerFilter{After: "aWQ6Nw==", Limit: 100, DateCreatedMin: day, DateCreatedMax: day, Sort: "date_created:asc"})
			return err
		}, "/v3/customers?after=aWQ6Nw%3D%3D&limit=100" + full + "&date_created:min=2024-05-14T08:34:00Z&date_created:max=2024-05-14T08:34:00Z&sort=date_created:asc"},
		{func(c *Client) error { _, err := c.Customers.ByIDs(t.Context(), 1, 2, 3); return err }, "/v3/customers?id:in=1,2,3&limit=250" + full},
		{func(c *Client) error {
			_, err := c.Customers.FormFieldValues(t.Context(), FormFieldFilter{FieldType: FieldTypePassword, FieldName: "My field", CustomerID: 3, AddressID: 4, After: "x", Limit: 5})
			return err
		}, "/v3/customers/form-field-values?after=x&limit=5&field_type=password&field_name=My+field&customer_id=3&address_id=4"},
		{func(c *Client) error { _, err := c.Customers.Addresses(t.Context(), 5, 6); return err }, "/v3/customers/addresses?customer_id:in=5,6&include=formfields&limit=250&page=1"},
		{func(c *Client) error { _, err := c.Customers.AttributeValues(t.Context(), 5); return err }, "/v3/customers/attribute-values?customer_id:in=5&limit=250&page=1"},
		{func(c *Client) error { _, err := c.Customers.Attributes(t.Context()); return err }, "/v3/customers/attributes?limit=250&page=1"},
		{func(c *Client) error {
			_, err := c.Subscribers.Page(t.Context(), SubscriberFilter{DateModifiedMin: day, DateModifiedMax: day, DateCreatedMin: day, DateCreatedMax: day, Page: 2, Limit: 7})
			return err
		}, "/v3/customers/subscribers?date_created:min=2024-05-14T08:34:00Z&date_created:max=2024-05-14T08:34:00Z&date_modified:min=2024-05-14T08:34:00Z&date_modified:max=2024-05-14T08:34:00Z&limit=7&page=2"},
		{func(c *Client) error { _, err := c.Subscribers.ByIDs(t.Context(), 9); return err }, "/v3/customers/subscribers?id:in=9&limit=250&page=1"},
		{func(c *Client) error { _, err := c.Products.Page(t.Context(), ProductFilter{}); return err },
			"/v3/catalog/products?limit=250&sort=id&direction=asc&include=variants,custom_fields,primary_image&exclude_fields=description"},
		{func(c *Client) error {
			_, err := c.Products.Page(t.Context(), ProductFilter{IDGreater: 77, Limit: 50, Include: []string{}, Fields: []string{"date_modified"}})
			return err
		}, "/v3/catalog/products?limit=50&sort=id&direction=asc&id:greater=77&include_fields=date_modified"},
		{func(c *Client) error {
			_, err := c.Products.Page(t.Context(), ProductFilter{DateModifiedMin: day, Sort: "date_modified", Descending: true, Page: 2, Include: []string{IncludePrimaryImage}})
			return err
		}, "/v3/catalog/products?limit=250&sort=date_modified&direction=desc&date_modified:min=2024-05-14T08:34:00Z&include=primary_image&exclude_fields=description&page=2"},
		{func(c *Client) error { _, err := c.Products.ByIDs(t.Context(), 5, 6); return err },
			"/v3/catalog/products?limit=250&sort=id&direction=asc&id:in=5,6&include=variants,custom_fields,primary_image&exclude_fields=description"},
		{func(c *Client) error { _, err := c.Products.Variants(t.Context(), 5); return err }, "/v3/catalog/products/5/variants?limit=250&page=1"},
		{func(c *Client) error { _, err := c.Brands.ByIDs(t.Context(), 5); return err }, "/v3/catalog/brands?limit=250&page=1&id:in=5"},
		{func(c *Client) error { _, err := c.Categories.ByIDs(t.Context(), 5); return err }, "/v3/catalog/trees/categories?limit=250&page=1&category_id:in=5"},
		{func(c *Client) error {
			_, err := c.Categories.Page(t.Context(), CategoryFilter{TreeIDIn: []int64{1, 2}, Page: 2})
			return err
		}, "/v3/catalog/trees/categories?limit=250&page=2&tree_id:in=1,2"},
		{func(c *Client) error { _, err := c.Categories.Trees(t.Context()); return err }, "/v3/catalog/trees?limit=250&page=1"},
		{func(c *Client) error { _, err := c.Scripts.List(t.Context()); return err }, "/v3/content/scripts?limit=250&page=1"},
		{func(c *Client) error {
			_, err := c.Channels.List(t.Context(), ChannelFilter{Available: true, Types: []string{"storefront"}})
			return err
		}, "/v3/channels?available=true&type:in=storefront&limit=250&page=1"},
		{func(c *Client) error { _, err := c.Channels.CurrencyAssignments(t.Context()); return err }, "/v3/channels/currency-assignments"},
		{func(c *Client) error { _, err := c.Sites.List(t.Context()); return err }, "/v3/sites?limit=250&page=1"},
		{func(c *Client) error { return c.Probe(t.Context(), AccessCustomers) }, "/v3/customers?limit=1"},
		{func(c *Client) error { return c.Probe(t.Context(), AccessProducts) }, "/v3/catalog/products?limit=1&include_fields=name"},
		{func(c *Client) error { return c.Probe(t.Context(), AccessHooks) }, "/v3/hooks?limit=1"},
		{func(c *Client) error { return c.Probe(t.Context(), AccessChannels) }, "/v3/channels?limit=1"},
		{func(c *Client) error { return c.Probe(t.Context(), AccessSites) }, "/v3/sites?limit=1"},
	}
	v := serve(t, answers(emptyV3))
	for i, tc := range cases {
		require.NoError(t, tc.call(v.client), tc.want)
		require.Equal(t, "GET "+tc.want, v.seen()[i])
	}
}

func TestV2Queries(t *testing.T) {
	v := serve(t, answers(""))
	_, err := v.client.Customers.Groups(t.Context())
	require.NoError(t, err)
	_, err = v.client.Store.Currencies(t.Context())
	require.NoError(t, err)
	require.NoError(t, v.client.Probe(t.Context(), AccessOrders))
	require.Equal(t, []string{"GET /v2/customer_groups?limit=250&page=1", "GET /v2/currencies?limit=250&page=1", "GET /v2/order_statuses"}, v.seen())
	v = serve(t, answers(`{"time":1529512970}`, `{"id":"abc123","logo":[],"timezone":{"name":"Europe/Kiev"}}`, `{"time":0}`))
	require.NoError(t, v.client.Probe(t.Context(), AccessStore))
	require.NoError(t, v.client.Probe(t.Context(), AccessInformation))
	require.ErrorContains(t, v.client.Probe(t.Context(), AccessStore), "time is missing")
	require.Equal(t, []string{"GET /v2/time", "GET /v2/store", "GET /v2/time"}, v.seen())
	require.Error(t, v.client.Probe(t.Context(), "something"))
}

func TestByIDsBounds(t *testing.T) {
	v := serve(t, answers(emptyV3))
	c := v.client
	many := make([]int64, MaxIDs+1)
	for name, call := range map[string]func(ids ...int64) error{
		"customers":   func(ids ...int64) error { _, err := c.Customers.ByIDs(t.Context(), ids...); return err },
		"subscribers": func(ids ...int64) error { _, err := c.Subscribers.ByIDs(t.Context(), ids...); return err },
		"products":    func(ids ...int64) error { _, err := c.Products.ByIDs(t.Context(), ids...); return err },
		"brands":      func(ids ...int64) error { _, err := c.Brands.ByIDs(t.Context(), ids...); return err },
		"categories":  func(ids ...int64) error { _, err := c.Categories.ByIDs(t.Context(), ids...); return err },
		"addresses":   func(ids ...int64) error { _, err := c.Customers.Addresses(t.Context(), ids...); return err },
		"attributes":  func(ids ...int64) error { _, err := c.Customers.AttributeValues(t.Context(), ids...); return err },
	} {
		require.ErrorContains(t, call(many...), "at most 50", name)
		require.NoError(t, call(), name)
	}
	require.Empty(t, v.seen(), "no ids must not mean all records")
}

func TestCustomersComplete(t *testing.T) {
	v := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/addresses") {
			_, _ = io.WriteString(w, `{"data":[{"id":1,"customer_id":2},{"id":2,"customer_id":2},{"id":9,"customer_id":4}],"meta":{}}`)
			return
		}
		_, _ = io.WriteString(w, `{"data":[{"id":3,"customer_id":4,"attribute_value":5}],"meta":{}}`)
	})
	customers := []Customer{{ID: 1, AddressCount: 1, Addresses: []Address{{ID: 5}}}, {ID: 2, AddressCount: 2, Addresses: []Address{{ID: 1}}}, {ID: 4, AttributeCount: 1}}
	require.NoError(t, v.client.Customers.Complete(t.Context(), customers))
	require.Len(t, customers[0].Addresses, 1)
	require.Len(t, customers[1].Addresses, 2)
	require.EqualValues(t, "5", customers[2].Attributes[0].Value)
	require.Equal(t, []string{"GET /v3/customers/addresses?customer_id:in=2&include=formfields&limit=250&page=1",
		"GET /v3/customers/attribute-values?customer_id:in=4&limit=250&page=1"}, v.seen())
	require.NoError(t, v.client.Customers.Complete(t.Context(), customers[:2]))
	require.Len(t, v.seen(), 2, "whole customers cost nothing")
}

func TestFormFieldNames(t *testing.T) {
	const path = "GET /v3/customers/form-field-values?limit=250&field_type=password"
	v := serve(t, answers(`{"data":[{"name":"PIN","value":"1"},{"name":"PIN","value":"2"}],"meta":{"cursor_pagination":{"end_cursor":"c","links":{}}}}`))
	names, err := v.client.Customers.FormFieldNames(t.Context(), FieldTypePassword, "Secret")
	require.NoError(t, err)
	require.Equal(t, []string{"PIN"}, names)
	require.Equal(t, []string{path}, v.seen(), "one page told all")

	v = serve(t, answers(`{"data":[{"name":"PIN","value":"1"},{"name":"PIN","value":"2"}],"meta":{"pagination":{"current_page":1,"total_pages":400},"cursor_pagination":{"end_cursor":"c","links":{}}}}`,
		`{"data":[{"name":"Secret","value":"3"}],"meta":{"cursor_pagination":{"end_cursor":"d","links":{}}}}`,
		`{"data":[],"meta":{"cursor_pagination":{"links":{}}}}`,
		`{"data":[{"name":"PIN","value":"3"}],"meta":{"cursor_pagination":{"end_cursor":"d","links":{}}}}`))
	names, err = v.client.Customers.FormFieldNames(t.Context(), FieldTypePassword, "PIN", "Secret", "", "Shoe size", "Filter ignored")
	require.NoError(t, err)
	require.Equal(t, []string{"PIN", "Secret"}, names)
	one := "GET /v3/customers/form-field-values?limit=1&field_type=password&field_name="
	require.Equal(t, []string{path, one + "Secret", one + "Shoe+size", one + "Filter+ignored"}, v.seen(), "however many customers there are")
}

func TestProductGetAndVariants(t *testing.T) {
	variants := strings.TrimSuffix(strings.Repeat(`{"id":1},`, 12), ",")
	v := serve(t, answers(`{"data":{"id":7,"variants":[{"id":1,"price":null,"map_price":{},"sku_id":null}],"custom_url":[],"date_last_imported":""},"meta":{}}`,
		`{"data":[`+variants+`],"meta":{}}`))
	product, err := v.client.Products.Get(t.Context(), 7)
	require.NoError(t, err)
	require.False(t, product.Variants[0].Price.Valid)
	require.False(t, product.Variants[0].MapPrice.Valid)
	require.NoError(t, v.client.Products.CompleteVariants(t.Context(), &product))
	require.Len(t, v.seen(), 1, "one variant is no page's size")
	product.Variants = make([]Variant, 10)
	require.NoError(t, v.client.Products.CompleteVariants(t.Context(), &product))
	require.Len(t, product.Variants, 12)
	require.Equal(t, "GET /v3/catalog/products/7?include=variants,custom_fields,primary_image&exclude_fields=description", v.seen()[0])
}

// recorder answers writes with the body it got, under data.
func recorder(bodies *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*bodies = append(*bodies, string(body))
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fmt.Fprintf(w, `{"data":%s,"meta":{}}`, body)
	}
}

func TestScriptsAndHooksWrites(t *testing.T) {
	var bodies []string
	v := serve(t, recorder(&bodies))
	script := Script{UUID: "read-only", APIClientID: "x", DateCreated: NewTimestamp(time.Now()), Name: "Tag", Kind: ScriptKindTag, HTML: "<script>x</script>",
		LoadMethod: LoadDefault, Location: LocationFooter, Visibility: VisibilityAllPages, ConsentCategory: ConsentAnalytics, Enabled: true, AutoUninstall: true, ChannelID: 1}
	made, err := v.client.Scripts.Create(t.Context(), script)
	require.NoError(t, err)
	require.Equal(t, script.sent(), made)
	_, err = v.client.Scripts.Update(t.Context(), "03805148-a592-4803-9482-e91fe5c1be12", script)
	require.NoError(t, err)
	require.NoError(t, v.client.Scripts.Delete(t.Context(), "03805148-a592-4803-9482-e91fe5c1be12"))
	_, err = v.client.Hooks.Create(t.Context(), HookInput{Scope: "store/order/created", Destination: "https://x/y", Headers: map[string]string{"X-Webhook-Secret": "s"}})
	require.NoError(t, err)
	_, err = v.client.Hooks.Update(t.Context(), 7, HookInput{IsActive: new(true)})
	require.NoError(t, err)
	require.NoError(t, v.client.Hooks.Delete(t.Context(), 7))
	want := `{"name":"Tag","kind":"script_tag","html":"<script>x</script>","load_method":"default","location":"footer","visibility":"all_pages","consent_category":"analytics","enabled":true,"auto_uninstall":true,"channel_id":1}`
	for i, text := range []string{want, want, "", `{"scope":"store/order/created","destination":"https://x/y","is_active":true,"headers":{"X-Webhook-Secret":"s"}}`, `{"is_active":true}`, ""} {
		if text == "" {
			require.Empty(t, bodies[i])
			continue
		}
		require.JSONEq(t, text, bodies[i])
	}
	require.Equal(t, []string{"POST /v3/content/scripts", "PUT /v3/content/scripts/03805148-a592-4803-9482-e91fe5c1be12", "DELETE /v3/content/scripts/03805148-a592-4803-9482-e91fe5c1be12",
		"POST /v3/hooks", "PUT /v3/hooks/7", "DELETE /v3/hooks/7"}, v.seen())
}

func TestProbeModify(t *testing.T) {
	for status, held := range map[int]bool{422: true, 400: true, 403: false, 401: false, 404: false, 500: false, 429: false} {
		v := serve(t, answer(status, fmt.Sprintf(`{"status":%d,"title":"T"}`, status)))
		err := v.client.Probe(t.Context(), AccessContent)
		require.Equal(t, held, err == nil, "%d: %v", status, err)
		require.Equal(t, status == 403, IsForbidden(err))
	}
	v := serve(t, answers(`{"data":{"uuid":"a-b"}}`, ""))
	require.NoError(t, v.client.Scripts.ProbeModify(t.Context()))
	require.Equal(t, []string{"POST /v3/content/scripts", "DELETE /v3/content/scripts/a-b"}, v.seen(), "what a probe made by mistake is removed")
}

func TestHookHeadersHideTheSecret(t *testing.T) {
	var hook Hook
	require.NoError(t, json.Unmarshal([]byte(`{"id":1,"headers":{"X-Webhook-Secret":"hidden","n":5}}`), &hook))
	require.Equal(t, "hidden", hook.Headers["X-Webhook-Secret"])
	require.Equal(t, "5", hook.Headers["n"])
	require.NotContains(t, fmt.Sprintf("%v %+v %s", hook, hook, hook.Headers), "hidden")
	require.NoError(t, json.Unmarshal([]byte(`{"headers":[]}`), &hook))
	require.Nil(t, hook.Headers)
}

func TestUnknownRouteOnEveryProbe(t *testing.T) {
	v := serve(t, answer(404, `{"status":404,"title":"The route is not found, check the URL"}`))
	for _, access := range []Access{AccessStore, AccessInformation, AccessCustomers, AccessOrders, AccessProducts, AccessContent, AccessHooks} {
		err := v.client.Probe(t.Context(), access)
		require.True(t, IsUnknownRoute(err), "%s: %v", access, err)
		require.False(t, IsNotFound(err))
		_, ok := errors.AsType[*APIError](err)
		require.True(t, ok)
	}
}
