package mapping_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// BenchmarkMapping maps one record of each entity, the richest golden.
func BenchmarkMapping(b *testing.B) {
	for entity, file := range map[connection.Entity]string{
		connection.Customers: "form_fields", connection.Subscribers: "new_after_connection",
		connection.Orders: "refunded", connection.Products: "variants",
	} {
		b.Run(string(entity), func(b *testing.B) {
			data, err := os.ReadFile("testdata/" + string(entity) + "/" + file + ".in.json")
			if err != nil {
				b.Fatal(err)
			}
			var g given
			if err := json.Unmarshal(data, &g); err != nil {
				b.Fatal(err)
			}
			run := mapper(b, entity, g)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
