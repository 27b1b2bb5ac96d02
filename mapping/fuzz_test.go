package mapping_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// FuzzMapping maps whatever BigCommerce might answer: never a panic, always
// records that Ometria's schema takes, or a reason.
func FuzzMapping(f *testing.F) {
	for i, entity := range connection.Entities() {
		inputs, err := filepath.Glob(filepath.Join("testdata", string(entity), "*.in.json"))
		if err != nil {
			f.Fatal(err)
		}
		for _, input := range inputs {
			data, err := os.ReadFile(input)
			if err != nil {
				f.Fatal(err)
			}
			var g given
			if err := json.Unmarshal(data, &g); err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), false, []byte(g.Source))
			f.Add(uint8(i), true, []byte(g.Source))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, odd bool, source []byte) {
		entities := connection.Entities()
		entity := entities[int(which)%len(entities)]
		ctx := shop(func(c *mapping.Context) {
			if odd {
				c.Settings = connection.Settings{IDPrefix: "p:", VariantID: connection.VariantRaw, ParentID: true, ForceOptin: true}
				c.Store = connection.StoreInfo{SecureURL: "https://x.test"}
			}
		})
		prev := connection.RecordState{Exists: odd, Children: []int64{1, 501}, ConsentSeen: connection.ConsentYes}
		var r mapping.Result
		var record any
		switch entity {
		case connection.Customers:
			var c bigcommerce.Customer
			if json.Unmarshal(source, &c) != nil {
				return
			}
			record, r = c, mapping.Customer(c, ctx)
		case connection.Subscribers:
			var s bigcommerce.Subscriber
			if json.Unmarshal(source, &s) != nil {
				return
			}
			record, r = s, mapping.Subscriber(s, ctx, prev)
		case connection.Orders:
			var o bigcommerce.Order
			if json.Unmarshal(source, &o) != nil {
				return
			}
			refunds := []bigcommerce.Refund{{OrderID: o.ID, Items: []bigcommerce.RefundItem{{ItemType: "PRODUCT", ItemID: 61, Quantity: 1}}}}
			record, r = o, mapping.Order(o, refunds, ctx, prev)
		case connection.Products:
			var p bigcommerce.Product
			if json.Unmarshal(source, &p) != nil {
				return
			}
			record, r = p, mapping.Product(p, ctx, prev)
		}
		if len(r.Records) == 0 && r.Skip == nil && r.Reject == nil {
			t.Fatal("neither records nor a reason")
		}
		if len(r.Records) > 0 && (r.Skip != nil || r.Reject != nil) {
			t.Fatal("records and a reason")
		}
		valid(t, r.Records)
		if mapping.Fingerprint([]byte("key"), "account", ctx, record) == nil {
			t.Fatal("no fingerprint")
		}
	})
}
