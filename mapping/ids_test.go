package mapping_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

func TestRecordKeyOf(t *testing.T) {
	for _, c := range []struct {
		settings   connection.Settings
		typ        ometria.Type
		collection string
		id         string
		entity     connection.Entity
		record     connection.RecordID
	}{
		{connection.Settings{}, "contact", "customers", "7", connection.Customers, 7},
		{connection.Settings{}, "contact", "subscribers", "7", connection.Subscribers, 7},
		{connection.Settings{}, "order", "", "7", connection.Orders, 7},
		{connection.Settings{}, "product", "", "7", connection.Products, 7},
		{connection.Settings{}, "product", "", "7-9", connection.Products, 7},
		{connection.Settings{VariantID: "raw"}, "product", "", "9", connection.Products, 9},
		{connection.Settings{VariantID: "raw"}, "product", "", "9-9", connection.Products, 9},
		{connection.Settings{IDPrefix: "uk-"}, "product", "", "uk-7-9", connection.Products, 7},
		{connection.Settings{IDPrefix: "uk-"}, "order", "", "uk-7", connection.Orders, 7},
		{connection.Settings{IDPrefix: "uk-"}, "order", "", "7", "", 0},
		{connection.Settings{}, "order", "", "uk-7", "", 0},
		{connection.Settings{}, "order", "", "7-9", "", 0},
		{connection.Settings{}, "order", "", "+7", "", 0},
		{connection.Settings{}, "order", "", "07", "", 0},
		{connection.Settings{}, "order", "", "", "", 0},
		{connection.Settings{}, "product", "", "7-", "", 0},
		{connection.Settings{}, "contact", "", "7", "", 0},
		{connection.Settings{}, "contact", "shopify", "7", "", 0},
		{connection.Settings{}, "custom_event", "", "7", "", 0},
		{connection.Settings{CustomersCollection: "shop"}, "contact", "shop", "7", connection.Customers, 7},
		{connection.Settings{CustomersCollection: "shop"}, "contact", "customers", "7", "", 0},
		{connection.Settings{CustomersCollection: "shop"}, "contact", "subscribers", "7", connection.Subscribers, 7},
		{connection.Settings{SubscribersCollection: "news", IDPrefix: "uk-"}, "contact", "news", "uk-7", connection.Subscribers, 7},
		{connection.Settings{SubscribersCollection: "news", IDPrefix: "uk-"}, "contact", "subscribers", "uk-7", "", 0},
	} {
		entity, record, ok := mapping.RecordKeyOf(c.settings, c.typ, c.collection, c.id)
		assert.Equal(t, c.entity != "", ok, "%+v", c)
		if ok {
			assert.Equal(t, c.entity, entity, "%+v", c)
			assert.Equal(t, c.record, record, "%+v", c)
		}
	}
}

func TestRecordKeyOfWhatIsPushed(t *testing.T) {
	for _, settings := range []connection.Settings{{}, {IDPrefix: "9"}, {IDPrefix: "a-b."}, {CustomersCollection: "subscribers", SubscribersCollection: "customers"}} {
		ctx := shop(func(c *mapping.Context) { c.Settings = settings })
		for entity, r := range map[connection.Entity]mapping.Result{
			connection.Customers:   mapping.Customer(bigcommerce.Customer{ID: 500, Email: "a@example.com"}, ctx, connection.RecordState{}),
			connection.Subscribers: mapping.Subscriber(bigcommerce.Subscriber{ID: 500, Email: "a@example.com"}, ctx, connection.RecordState{}),
			connection.Orders:      mapping.Order(order(func(o *bigcommerce.Order) { o.ID = 500 }), nil, ctx, connection.RecordState{}),
			connection.Products:    mapping.Product(product(func(p *bigcommerce.Product) { p.Variants = []bigcommerce.Variant{sized(3, "S")} }), ctx, connection.RecordState{}),
		} {
			for _, record := range r.Records {
				key := record.Key()
				gotEntity, gotID, ok := mapping.RecordKeyOf(settings, key.Type, key.Collection, key.ID)
				assert.True(t, ok, key)
				assert.Equal(t, entity, gotEntity)
				assert.Equal(t, connection.RecordID(500), gotID)
			}
		}
	}
}

func TestFingerprint(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	customer := bigcommerce.Customer{ID: 1, Email: "a@example.com", CustomerGroupID: 3,
		FormFields: []bigcommerce.FormField{{Name: "Club password"}}, Attributes: []bigcommerce.AttributeValue{{AttributeID: 1, Value: "x"}}}
	item := product(func(p *bigcommerce.Product) { p.BrandID, p.Categories = 7, []int64{20} })
	sold := order()
	refunds := []bigcommerce.Refund{{ID: 2, OrderID: 100}, {ID: 1, OrderID: 100}}
	status := 11

	same := func(name string, a, b []byte) { t.Helper(); assert.Equal(t, a, b, name) }
	differ := func(name string, a, b []byte) { t.Helper(); assert.NotEqual(t, a, b, name) }
	of := func(ctx mapping.Context, source ...any) []byte {
		return mapping.Fingerprint(key, "account", ctx, source...)
	}
	assert.Len(t, of(shop(), customer), 32)
	for _, source := range [][]any{{customer}, {item}, {sold, refunds}, {bigcommerce.Subscriber{ID: 1}}} {
		base := of(shop(), source...)
		same("twice", base, of(shop(), source...))
		differ("key", base, mapping.Fingerprint([]byte("another key"), "account", shop(), source...))
		differ("account", base, mapping.Fingerprint(key, "another", shop(), source...))
		differ("settings", base, of(shop(func(c *mapping.Context) { c.Settings.IDPrefix = "x" }), source...))
		differ("store", base, of(shop(func(c *mapping.Context) { c.Store.Domain = "x.test" }), source...))
		same("another zone", base, of(shop(func(c *mapping.Context) { c.ConnectedAt = c.ConnectedAt.In(time.FixedZone("", 3600)) }), source...))
		same("names it does not refer to", base, of(shop(func(c *mapping.Context) {
			c.Brands = map[int64]string{7: "Harbour", 8: "New"}
			c.Groups = map[int64]string{3: "Trade", 4: "New"}
			c.Categories = map[int64]mapping.Category{20: {ID: 20, Name: "Ropes"}}
			c.StatusRules = []connection.StatusRule{{StatusID: new(3), Status: "new", Send: true}}
		}), source...))
	}
	differ("brand renamed", of(shop(), item), of(shop(func(c *mapping.Context) { c.Brands[7] = "Quay" }), item))
	differ("category renamed", of(shop(), item), of(shop(func(c *mapping.Context) { c.Categories[20] = mapping.Category{Name: "Lines"} }), item))
	differ("group renamed", of(shop(), customer), of(shop(func(c *mapping.Context) { c.Groups[3] = "Retail" }), customer))
	differ("attribute renamed", of(shop(), customer), of(shop(func(c *mapping.Context) { c.Attributes[1] = "Level" }), customer))
	differ("field becomes a password", of(shop(), customer), of(shop(func(c *mapping.Context) { c.PasswordFields = nil }), customer))
	differ("status mapped anew", of(shop(), sold), of(shop(func(c *mapping.Context) {
		c.StatusRules = []connection.StatusRule{{StatusID: &status, Status: "new", Send: true}}
	}), sold))
	differ("refunded", of(shop(), sold), of(shop(), sold, refunds))
	same("refunds in another order, beside another's", of(shop(), sold, refunds),
		of(shop(), sold, []bigcommerce.Refund{{ID: 1, OrderID: 100}, {ID: 9, OrderID: 9}, {ID: 2, OrderID: 100}}))
	same("no refunds, however said", of(shop(), sold), of(shop(), sold, []bigcommerce.Refund(nil)))
	item2 := item
	item2.Price = money("60.0000")
	same("60 is 60.0000", of(shop(), item), of(shop(), item2))
	assert.Nil(t, of(shop(), func() {}), "what has no JSON form equals nothing")
}
