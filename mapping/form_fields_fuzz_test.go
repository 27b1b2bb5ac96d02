package mapping_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

var propertyKey = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)

// FuzzFormFields makes customers whose form fields hold any JSON: as a value it
// always becomes a contact, and as the whole list it does so too, unless it is
// none, which is told by type.
func FuzzFormFields(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) || len(data) > 8_000 {
			return
		}
		for _, list := range []string{`[{"name":"Field","value":` + string(data) + `}]`, string(data)} {
			var c bigcommerce.Customer
			err := json.Unmarshal([]byte(`{"id":1,"email":"a@example.com","company":"Acme","form_fields":`+list+`}`), &c)
			if _, told := errors.AsType[*json.UnmarshalTypeError](err); told && list == string(data) {
				continue
			}
			require.NoError(t, err)
			formFieldsMap(t, c)
		}
	})
}

func formFieldsMap(t *testing.T, c bigcommerce.Customer) {
	t.Helper()
	ctx := shop()
	r := mapping.Customer(c, ctx, connection.RecordState{})
	contact := only[*ometria.Contact](t, r)
	assert.Equal(t, r, mapping.Customer(c, ctx, connection.RecordState{}), "the same again")
	assert.Equal(t, "Acme", contact.Properties["company"])
	for k := range contact.Properties {
		assert.Regexp(t, propertyKey, k)
	}
	held := mapping.MerchantFields(c, ctx)
	require.Len(t, r.Fields, len(held))
	sent := 0
	for i, field := range r.Fields {
		assert.Equal(t, held[i].FieldID, field.FieldID)
		assert.NotContains(t, mapping.ReservedKeys(connection.Customers), field.Key)
		if field.Key != "" && !field.LeftOut {
			assert.Contains(t, contact.Properties, field.Key)
			sent++
		}
	}
	assert.Len(t, contact.Properties, sent+1, "nothing but the fields and the company")
	require.NotNil(t, mapping.Fingerprint([]byte("key"), "account", ctx, c))

	// The keys of a connection say the same whichever fields come along.
	ctx.Keys = map[connection.FieldID]string{}
	for _, field := range r.Fields {
		ctx.Keys[field.FieldID] = field.Key
	}
	slices.Reverse(c.FormFields)
	for i, field := range c.FormFields {
		alone := c
		alone.FormFields = c.FormFields[i : i+1]
		for _, got := range mapping.Customer(alone, ctx, connection.RecordState{}).Fields {
			assert.Equal(t, ctx.Keys[got.FieldID], got.Key)
		}
		ctx.PasswordFields[field.Name] = true
	}
	withheld := mapping.Customer(c, ctx, connection.RecordState{})
	assert.Empty(t, withheld.Fields)
	assert.Equal(t, ometria.Properties{"company": "Acme"}, only[*ometria.Contact](t, withheld).Properties, "passwords never")
	for _, note := range withheld.Notes {
		assert.Equal(t, mapping.NotePasswordField, note.Code)
	}
}

// A form field whose list has another form than documented is told by its type
// and place, never with what it holds.
func TestFormFieldsOfAnotherFormAreToldByType(t *testing.T) {
	for _, list := range []string{`{"name":"secret"}`, `"secret"`, `[{"name":["secret"]}]`, `["secret"]`} {
		var c bigcommerce.Customer
		err := json.Unmarshal([]byte(`{"id":1,"form_fields":`+list+`}`), &c)
		var wrong *json.UnmarshalTypeError
		require.ErrorAs(t, err, &wrong, list)
		assert.True(t, strings.HasPrefix(wrong.Field, "form_fields"), wrong.Field)
		assert.NotContains(t, err.Error(), "secret")
	}
}
