package mapping_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/specgen"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// vendor is what BigCommerce's published files say of the records mapped.
type vendor struct {
	records        map[connection.Entity]specgen.Schema
	refunds, lines specgen.Schema
}

var published = sync.OnceValues(func() (vendor, error) {
	dir, _ := specsDir()
	var failed error
	answer := func(file, path string) specgen.Schema {
		s, err := specgen.Answer(filepath.Join(dir, "bigcommerce"), file, path)
		if err != nil {
			failed = err
		}
		return s
	}
	customers, subscribers := answer("customers.v3.yml", "/customers"), answer("subscribers.v3.yml", "/customers/subscribers")
	orders, products := answer("orders.v2.oas2.yml", "/orders"), answer("products_catalog.v3.yml", "/catalog/products")
	variants := answer("product-variants_catalog.v3.yml", "/catalog/products/{product_id}/variants")
	v := vendor{
		refunds: answer("orders.v3.yml", "/orders/{order_id}/payment_actions/refunds"),
		lines:   answer("orders.v2.oas2.yml", "/orders/{order_id}/products"),
	}
	if failed == nil {
		v.records = map[connection.Entity]specgen.Schema{
			connection.Customers: customers.Item(), connection.Subscribers: subscribers.Item(), connection.Orders: orders.Item(),
			// include=variants is documented; its schema is that of variants.
			connection.Products: products.Item().With("variants", variants),
		}
	}
	return v, failed
})

// drawn is all that one record's mapping is given.
type drawn struct {
	entity  connection.Entity
	source  []byte // as BigCommerce would answer
	refunds []byte
	ctx     mapping.Context
	prev    connection.RecordState
}

// vendorFiles are the published files, or the test is skipped.
func vendorFiles(t testing.TB) vendor {
	t.Helper()
	specs(t)
	v, err := published()
	require.NoError(t, err)
	return v
}

func (v vendor) draw(t *rapid.T, e connection.Entity) drawn {
	record := v.records[e].Draw(t, string(e)).(map[string]any)
	var refunds any = []any{}
	if e == connection.Orders {
		refunds = v.refunds.Draw(t, "refunds")
		if rapid.IntRange(0, 5).Draw(t, "lines fetched apart") == 5 {
			record["fetched_lines"] = v.lines.Draw(t, "lines") // as OrdersService.CompleteLines leaves them
		}
	}
	d := drawn{entity: e, source: encoded(t, record), refunds: encoded(t, refunds), ctx: drawContext(t), prev: drawState(t)}
	if source, err := decoded(e, d.source); err == nil && rapid.Bool().Draw(t, "keys are fixed") {
		d.ctx.Keys = registered(mapping.MerchantFields(source, d.ctx))
	}
	return d
}

func encoded(t *rapid.T, v any) []byte {
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

// decoded reads a record as the client does.
func decoded(e connection.Entity, source []byte) (any, error) {
	read := func(into any) error { return json.Unmarshal(source, into) }
	switch e {
	case connection.Customers:
		var c bigcommerce.Customer
		err := read(&c)
		return c, err
	case connection.Subscribers:
		var s bigcommerce.Subscriber
		err := read(&s)
		return s, err
	case connection.Orders:
		var o bigcommerce.Order
		err := read(&o)
		return o, err
	default:
		var p bigcommerce.Product
		err := read(&p)
		return p, err
	}
}

// mapped decodes and maps; it is false for what the client does not take, which
// is told as a record that cannot be read.
func (d drawn) mapped(t *rapid.T) (any, []bigcommerce.Refund, mapping.Result, bool) {
	var refunds []bigcommerce.Refund
	source, err := decoded(d.entity, d.source)
	if err != nil || json.Unmarshal(d.refunds, &refunds) != nil {
		return nil, nil, mapping.Result{}, false
	}
	return source, refunds, mapRecord(source, refunds, d.ctx, d.prev), true
}

// mapRecord maps a record of any entity.
func mapRecord(source any, refunds []bigcommerce.Refund, ctx mapping.Context, prev connection.RecordState) mapping.Result {
	switch s := source.(type) {
	case bigcommerce.Customer:
		return mapping.Customer(s, ctx, prev)
	case bigcommerce.Subscriber:
		return mapping.Subscriber(s, ctx, prev)
	case bigcommerce.Order:
		return mapping.Order(s, refunds, ctx, prev)
	default:
		return mapping.Product(source.(bigcommerce.Product), ctx, prev)
	}
}

// registered gives fields keys as a connection's registry does: each its own.
func registered(fields []connection.NewField) map[connection.FieldID]string {
	keys, taken := map[connection.FieldID]string{}, map[string]bool{}
	for _, f := range slices.Backward(fields) { // not the order in which the record has them
		if f.Plain == "" {
			continue
		}
		key := f.Plain
		for n := 2; taken[key]; n++ {
			key = fmt.Sprintf("%s_%d", f.Plain, n)
		}
		keys[f.FieldID], taken[key] = key, true
	}
	return keys
}

func drawContext(t *rapid.T) mapping.Context {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	yes := func(label string) bool { return rapid.Bool().Draw(t, label) }
	ctx := mapping.Context{
		Settings: connection.Settings{
			IDPrefix:              one("id_prefix", "", "uk:", "A.b_c-1:", strings.Repeat("9", 32)),
			VariantID:             one("variant_id", "", connection.VariantComposite, connection.VariantRaw),
			ParentID:              yes("parent_id"),
			ForceOptin:            yes("force_optin"),
			CustomersCollection:   one("customers_collection", "", "default"),
			SubscribersCollection: one("subscribers_collection", "", "news"),
			Discount:              one("discount", "", connection.DiscountPositive, connection.DiscountNegative),
			TestOrders:            one("test_orders", "", connection.TestOrdersSkip, connection.TestOrdersSend),
			ArchivedOrders:        one("archived_orders", "", connection.ArchivedOrdersInvalid, connection.ArchivedOrdersKeep),
		},
		Store: connection.StoreInfo{Domain: "tideandtwine.test", SecureURL: one("secure_url", "https://tideandtwine.test", "https://shop.example.org", ""),
			Currency: one("currency", "GBP", "GBP", "GBP", "USD", ""), Country: one("country", "GB", "US", "")},
		SendHistoryConsent: yes("history consent"),
		Brands:             drawNames(t, "brand"),
		Groups:             drawNames(t, "group"),
		Attributes:         drawNames(t, "attribute"),
		Categories:         map[int64]mapping.Category{},
		PasswordFields:     map[string]bool{specgen.Text().Draw(t, "password field"): true},
	}
	if yes("connected") {
		ctx.ConnectedAt = connectedAt
	}
	if rapid.IntRange(0, 4).Draw(t, "start date") == 4 {
		ctx.Since = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	for id, name := range drawNames(t, "category") {
		// Any parent, also one that makes a circle.
		ctx.Categories[id] = mapping.Category{ID: id, Name: name, ParentID: rapid.Int64Range(0, 12).Draw(t, "parent")}
	}
	for range rapid.IntRange(0, 3).Draw(t, "status rules") {
		ctx.StatusRules = append(ctx.StatusRules, connection.StatusRule{
			StatusID: new(rapid.IntRange(0, connection.LastBuiltInStatus).Draw(t, "status id")),
			Status:   specgen.Text().Draw(t, "status"), IsValid: yes("valid"), Send: yes("send"),
		})
	}
	return ctx
}

func drawNames(t *rapid.T, label string) map[int64]string {
	return rapid.MapOfN(rapid.Int64Range(0, 12), specgen.Text(), 0, 8).Draw(t, label)
}

func drawState(t *rapid.T) connection.RecordState {
	state := connection.RecordState{
		Exists:      rapid.Bool().Draw(t, "pushed before"),
		ConsentSeen: rapid.SampledFrom([]connection.Consent{connection.ConsentUnknown, connection.ConsentNo, connection.ConsentYes, connection.ConsentOut}).Draw(t, "consent"),
		Children:    rapid.SliceOfNDistinct(rapid.Int64Range(1, 14), 0, 5, rapid.ID).Draw(t, "children"),
		MayConsent:  rapid.SampledFrom([]connection.Consent{connection.ConsentUnknown, connection.ConsentYes, connection.ConsentOut}).Draw(t, "consent of unheard pushes"),
		MayChildren: rapid.SliceOfNDistinct(rapid.Int64Range(15, 20), 0, 3, rapid.ID).Draw(t, "children of unheard pushes"),
	}
	state.ConsentSent = state.ConsentSeen
	return state
}
