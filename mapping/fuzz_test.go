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
		record, err := decoded(entity, source)
		if err != nil {
			return
		}
		var refunds []bigcommerce.Refund
		if o, ok := record.(bigcommerce.Order); ok {
			refunds = append(refunds, bigcommerce.Refund{OrderID: o.ID, Items: []bigcommerce.RefundItem{{ItemType: "PRODUCT", ItemID: 61, Quantity: 1}}})
		}
		holds(t, drawn{entity: entity, ctx: ctx, prev: prev}, record, refunds, mapRecord(record, refunds, ctx, prev))
	})
}
