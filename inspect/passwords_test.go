package inspect

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// The mapping's notes tell names without what cannot be seen around them.
func TestPasswordsHideWhateverIsAroundTheirName(t *testing.T) {
	for _, name := range []string{"Secret word", " Secret word ", "Secret word\u200b", "\u200b"} {
		answer := func(name, text string) bigcommerce.FormField {
			return bigcommerce.FormField{Name: name, Value: bigcommerce.FieldValue{Kind: bigcommerce.FieldText, Text: text}}
		}
		customer := bigcommerce.Customer{ID: 1, Email: "a@example.com", FormFields: []bigcommerce.FormField{answer("Size", "M"), answer(name, "swordfish")}}
		result := mapping.Customer(customer, mapping.Context{PasswordFields: map[string]bool{name: true}}, connection.RecordState{})
		require.Len(t, result.Records, 1)
		shown, err := json.Marshal(withoutPasswords(customer, result))
		require.NoError(t, err)
		assert.NotContains(t, string(shown), "swordfish", "%q", name)
		assert.Contains(t, string(shown), `"M"`)
	}
}
