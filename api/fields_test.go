package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/store"
)

// withFields gives the connection three form fields, two of which make one key,
// and a customer with notes.
func withFields(s *service, id connection.ID) {
	s.t.Helper()
	size, again, sign := connection.FieldID{Kind: connection.FormField, Name: "Shoe size"},
		connection.FieldID{Kind: connection.CustomerAttribute, Name: "shoe-size"}, connection.FieldID{Kind: connection.FormField, Name: "!"}
	keys, err := s.store.FieldKeys(s.t.Context(), id, connection.Customers, []connection.NewField{
		{FieldID: size, Plain: "shoe_size"}, {FieldID: again, Plain: "shoe_size"}, {FieldID: sign},
	}, nil)
	require.NoError(s.t, err)
	require.NoError(s.t, s.store.SeeFields(s.t.Context(), id, connection.Customers, []connection.SeenField{
		{FieldID: size, Key: keys[size], Type: connection.FieldNumber}, {FieldID: again, Key: keys[again], Type: connection.FieldText, LeftOut: true},
		{FieldID: sign, Type: connection.FieldText},
	}))
	s.finish(key(id, connection.Customers, 17), store.Result{
		Outcome: connection.Accepted, State: connection.RecordState{Exists: true},
		Notes: []connection.Note{{Code: mapping.NoteTrimmed, Key: "properties"}, {Code: "of_tomorrow", Key: "x"}},
	})
}

func TestListFields(t *testing.T) {
	s := newService(t)
	id := connected(s)
	withFields(s, id)
	got := s.call(supportToken, "GET", "/v1/connections/"+string(id)+"/fields", nil).want(200)
	assert.JSONEq(t, `{"next_cursor":null,"data":[
		{"entity":"customers","kind":"customer_attribute","source":"shoe-size","key":"shoe_size_2","type":"text","records":1,"left_out":1,"collisions":["Shoe size"]},
		{"entity":"customers","kind":"form_field","source":"!","key":null,"type":"text","records":1,"left_out":0,"collisions":[]},
		{"entity":"customers","kind":"form_field","source":"Shoe size","key":"shoe_size","type":"number","records":1,"left_out":0,"collisions":["shoe-size"]}
	]}`, string(got.Body))
	assert.JSONEq(t, `{"data":[],"next_cursor":null}`,
		string(s.call(supportToken, "GET", "/v1/connections/"+string(s.connection("abc7"))+"/fields", nil).want(200).Body))
}

func TestFailuresWarn(t *testing.T) {
	s := newService(t)
	id := connected(s)
	withFields(s, id)
	var page list[failureView]
	s.call(supportToken, "GET", "/v1/connections/"+string(id)+"/failures", nil).want(200).into(&page)
	require.NotEmpty(t, page.Data)
	assert.Equal(t, connection.ReasonRefused, page.Data[0].Reason.Code, "failures first")
	assert.False(t, page.Data[0].Warning)
	warned := map[string]failureView{}
	for _, f := range page.Data {
		if f.Warning {
			warned[f.Reason.Code] = f
		}
		assert.NotEmpty(t, f.Action, f.Reason.Code)
	}
	for _, code := range []string{mapping.NoteTrimmed, mapping.NoteKeyCollision, mapping.NoteKeyLeftOut, mapping.NoteNoKey} {
		assert.Contains(t, warned, code)
	}
	assert.Equal(t, "shoe_size_2", warned[mapping.NoteKeyCollision].Reason.Path)

	// Nothing of a warning is to be tried again.
	var done retried
	s.call(supportToken, "POST", "/v1/connections/"+string(id)+"/failures/retry", nil).want(202).into(&done)
	assert.Equal(t, 2, done.Retried)
}

func TestNotesAreToldInWords(t *testing.T) {
	s := newService(t)
	id := connected(s)
	withFields(s, id)
	story := s.call(supportToken, "GET", "/v1/connections/"+string(id)+"/records/customers/17", nil).want(200).object()
	assert.Equal(t, []any{
		map[string]any{"code": "trimmed", "key": "properties", "text": "properties is shortened or left out: the record is too large for Ometria"},
		map[string]any{"code": "of_tomorrow", "key": "x", "text": ""},
	}, story["notes"])
	for _, code := range []string{
		mapping.NoteUnmappedStatus, mapping.NoteKeyCollision, mapping.NoteKeyLeftOut, mapping.NoteNoKey, mapping.NotePasswordField,
		mapping.NoteUnknownCategory, mapping.NoteUnknownBrand, mapping.NoteNoProductPage, mapping.NoteRefundNotOnLine, mapping.NoteTrimmed,
	} {
		assert.NotEmpty(t, noteText(connection.Note{Code: code}), code)
	}
}

// The document's settings are those that there are, with the values they take.
func TestDocumentHasEverySetting(t *testing.T) {
	described := loadDocument(t).Components.Schemas["Settings"].Value.Properties
	var names []string
	for _, choice := range connection.Choices() {
		name, isSetting := strings.CutPrefix(choice.Name, "settings.")
		if !isSetting {
			continue
		}
		names = append(names, name)
		if !assert.Contains(t, described, name) {
			continue
		}
		if described[name].Value.Type.Includes("boolean") {
			assert.Equal(t, []string{"false", "true"}, choice.Values, name)
			continue
		}
		var values []string
		for _, value := range described[name].Value.Enum {
			if text, ok := value.(string); ok && text != "" {
				values = append(values, text)
			}
		}
		assert.Equal(t, choice.Values, values, name)
	}
	for name := range described {
		assert.True(t, slices.Contains(names, name), "%s is no choice", name)
	}
}

func TestSettingsAreTakenAndShown(t *testing.T) {
	s := newService(t)
	settings := map[string]any{
		"customers_collection": "magento", "subscribers_collection": "letters", "discount": "negative", "test_orders": "send", "archived_orders": "keep",
		"page_calls": true, "script_consent": "analytics",
	}
	id := s.connection("abc1", "settings", settings)
	shown := s.call(supportToken, "GET", "/v1/connections/"+string(id), nil).want(200).object()
	assert.Equal(t, settings, shown["settings"])
	p := s.call(adminToken, "PATCH", "/v1/connections/"+string(id), map[string]any{"settings": map[string]any{"discount": "none", "customers_collection": "letters"}},
		"If-Match", "*").problem(422)
	assert.Len(t, p.Errors, 2)
}
