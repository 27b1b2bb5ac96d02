package specgen_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ometria/ometria-bigcommerce/internal/specgen"
	"github.com/ometria/ometria-bigcommerce/internal/specs"
)

// What is drawn is what the files allow, as kin-openapi reads them.
func TestDrawsWhatTheFilesAllow(t *testing.T) {
	dir, err := specs.Find(os.Getenv("OBC_SPECS"))
	require.NoError(t, err)
	if dir == "" {
		t.Skip("the official specs are absent: set OBC_SPECS to their folder; nothing is made up from them")
	}
	for _, answer := range [][2]string{
		{"customers.v3.yml", "/customers"},
		{"subscribers.v3.yml", "/customers/subscribers"},
		{"orders.v2.oas2.yml", "/orders"},
		{"orders.v2.oas2.yml", "/orders/{order_id}/products"},
		{"orders.v3.yml", "/orders/{order_id}/payment_actions/refunds"},
		{"products_catalog.v3.yml", "/catalog/products"},
		{"product-variants_catalog.v3.yml", "/catalog/products/{product_id}/variants"},
	} {
		t.Run(answer[1], func(t *testing.T) {
			schema, err := specgen.Answer(filepath.Join(dir, "bigcommerce"), answer[0], answer[1])
			require.NoError(t, err)
			lengths := map[int]bool{}
			rapid.Check(t, func(t *rapid.T) {
				value := schema.Draw(t, "answer")
				data, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				var read any
				if err := json.NewDecoder(bytes.NewReader(data)).Decode(&read); err != nil {
					t.Fatal(err)
				}
				if err := schema.VisitJSON(read); err != nil {
					t.Fatal(err)
				}
				lengths[len(data)] = true
			})
			require.Greater(t, len(lengths), 20, "they differ")
		})
	}
}
