package bigcommercesim_test

import (
	"fmt"
	"testing"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
)

// BenchmarkPages reads pages of 250 out of a large store.
func BenchmarkPages(b *testing.B) {
	o := bigcommercesim.DefaultOptions()
	o.Quota = bigcommercesim.Quota{}
	o.Customers, o.Subscribers, o.Products, o.Orders = 300_000, 100_000, 100_000, 500_000
	s, err := bigcommercesim.New(o)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for name, path := range map[string]func(n int) string{
		"customers": func(n int) string {
			return fmt.Sprintf("/v3/customers?limit=250&include=addresses,formfields,attributes,storecredit&page=%d", n%1000+1)
		},
		"subscribers": func(n int) string { return fmt.Sprintf("/v3/customers/subscribers?limit=250&page=%d", n%400+1) },
		"products": func(n int) string {
			return fmt.Sprintf("/v3/catalog/products?limit=250&id:greater=%d&include=variants,custom_fields,primary_image", n%400*250)
		},
		"orders": func(n int) string {
			return fmt.Sprintf("/v2/orders?limit=250&sort=id:desc&max_id=%d&include=consignments.line_items&consignment_structure=object", 500_000-n%1900*250)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for n := 0; b.Loop(); n++ {
				if w := exchange(s, "GET", "/stores/simstore"+path(n), "", "X-Auth-Token", "bigcommerce-token"); w.Code != 200 {
					b.Fatal(w.Code, w.Body)
				}
			}
			b.ReportMetric(float64(b.N)*250/b.Elapsed().Seconds(), "records/s")
		})
	}
}
