package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func field(name, code, message string) connection.FieldError {
	return connection.FieldError{Field: name, Code: code, Message: message}
}

const goodConnection = `{"authentication_id":"0192f0a0-0000-7000-8000-000000000000","identification_code":"a","timezone":"UTC"}`

// What each bad body gets, to the letter.
func TestBadBodies(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	v1 := "/v1/connections"
	resync, retry := v1+"/"+string(id)+"/resync", v1+"/"+string(id)+"/failures/retry"
	cases := map[string]struct {
		path, body string
		status     int
		kind       string
		errors     []connection.FieldError
	}{
		"not JSON":       {v1, `{"name":`, 400, "malformed-request", nil},
		"two values":     {v1, `{} {}`, 400, "malformed-request", nil},
		"not an object":  {v1, `[]`, 422, "invalid-fields", []connection.FieldError{field("body", "invalid", "must be an object")}},
		"null":           {resync, `null`, 422, "invalid-fields", []connection.FieldError{field("body", "invalid", "must be an object")}},
		"a string":       {resync, `"x"`, 422, "invalid-fields", []connection.FieldError{field("body", "invalid", "must be an object")}},
		"unknown fields": {resync, `{"entitys":[],"Since":"2024-01-01"}`, 422, "invalid-fields", []connection.FieldError{field("Since", "unknown", "there is no such field"), field("entitys", "unknown", "there is no such field")}},
		"a field in a body that takes none": {v1 + "/" + string(id) + "/pause", `{"now":true}`, 422, "invalid-fields",
			[]connection.FieldError{field("now", "unknown", "there is no such field")}},
		"everything missing": {v1, `{}`, 422, "invalid-fields", []connection.FieldError{
			field("authentication_id", "required", "name the authentication to use"),
			field("identification_code", "required", "enter the identification code that Ometria gave you"),
			field("timezone", "required", "enter an IANA time zone such as Europe/London"),
		}},
		"no body at all": {v1, ``, 422, "invalid-fields", []connection.FieldError{
			field("authentication_id", "required", "name the authentication to use"),
			field("identification_code", "required", "enter the identification code that Ometria gave you"),
			field("timezone", "required", "enter an IANA time zone such as Europe/London"),
		}},
		"wrong types and bad values at once": {v1, `{"name":7,"authentication_id":"x","identification_code":"no spaces","timezone":"Mars",
			"bulk_sync_start_date":"01/01/2021","settings":{"parent_id":"yes","shape":1,"variant_id":"both"},
			"order_status_mapping":[{"status_id":"2"},{"status_id":99,"send":1},7]}`, 422, "invalid-fields", []connection.FieldError{
			field("name", "invalid", "must be a string"),
			field("order_status_mapping[0].status_id", "invalid", "must be a whole number"),
			field("order_status_mapping[1].send", "invalid", "must be true or false"),
			field("order_status_mapping[2]", "invalid", "must be an object"),
			field("settings.parent_id", "invalid", "must be true or false"),
			field("settings.shape", "unknown", "there is no such field"),
			field("identification_code", "invalid", "use letters, digits, - and _ only, at most 64"),
			field("timezone", "invalid", `"Mars" is not an IANA time zone such as Europe/London`),
			field("bulk_sync_start_date", "invalid", `"01/01/2021" is not a date in the form YYYY-MM-DD`),
			field("settings.variant_id", "invalid", "use composite or raw, or leave it out"),
			field("order_status_mapping[1].status_id", "unknown", "BigCommerce's status ids are 0 to 14"),
		}},
		"script in the identification code": {v1, `{"authentication_id":"x","identification_code":"</script>","timezone":"UTC"}`, 422, "invalid-fields",
			[]connection.FieldError{field("identification_code", "invalid", "use letters, digits, - and _ only, at most 64")}},
		"control characters": {v1, `{"name":"a\u0000b","authentication_id":"x","identification_code":"a","timezone":"UTC"}`, 422, "invalid-fields",
			[]connection.FieldError{field("name", "invalid", "must not hold control characters")}},
		"a name with line breaks is not repeated": {resync, `{"a\nb":1}`, 422, "invalid-fields",
			[]connection.FieldError{field("body", "unknown", "there is no such field")}},
		"no such authentication": {v1, goodConnection, 422, "invalid-fields",
			[]connection.FieldError{field("authentication_id", "unknown", "there is no such authentication: create it first")}},
		"resync of what is not": {resync, `{"entities":["baskets","orders"],"since":"soon"}`, 422, "invalid-fields", []connection.FieldError{
			field("entities", "unknown", `unknown entity "baskets": use customers, subscribers, orders or products`),
			field("since", "invalid", "use a date in the form YYYY-MM-DD"),
		}},
		"retry of a number": {retry, `{"record_id":17,"entity":"orders"}`, 422, "invalid-fields",
			[]connection.FieldError{field("record_id", "invalid", "must be a string that holds a positive whole number")}},
		"retry without an entity": {retry, `{"record_id":"17"}`, 422, "invalid-fields",
			[]connection.FieldError{field("entity", "required", "name the entity of the record")}},
		"retry of baskets": {retry, `{"entity":"baskets"}`, 422, "invalid-fields",
			[]connection.FieldError{field("entity", "unknown", "use customers, subscribers, orders or products")}},
		"authentication without anything": {"/v1/authentications", `{"store_hash":"https://example.com/"}`, 422, "invalid-fields", []connection.FieldError{
			field("name", "required", "enter a name by which people know this authentication"),
			field("ometria_api_key", "required", "enter an API key of the Ometria account"),
			field("client_id", "required", "enter the CLIENT ID of the BigCommerce API account"),
			field("access_token", "required", "enter the ACCESS TOKEN of the BigCommerce API account"),
			field("store_hash", "invalid", "use the store hash, letters and digits, or the whole API PATH https://api.bigcommerce.com/stores/{store_hash}/v3/"),
		}},
		"secret with a space": {"/v1/authentications", `{"name":"a","ometria_api_key":"k k","client_id":"c","access_token":"tökén","store_hash":"abc"}`, 422, "invalid-fields", []connection.FieldError{
			field("ometria_api_key", "invalid", "use printable ASCII characters without spaces"),
			field("access_token", "invalid", "use printable ASCII characters without spaces"),
		}},
		"too large": {v1, `{"name":"` + strings.Repeat("a", 300<<10) + `"}`, 413, "too-large", nil},
	}
	s.starter.take()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := s.call(adminToken, "POST", c.path, c.body).problem(c.status)
			assert.Equal(t, "urn:ometria-bigcommerce:problem:"+c.kind, p.Type)
			if c.errors == nil {
				c.errors = []connection.FieldError{}
			}
			assert.Equal(t, c.errors, p.Errors)
		})
	}
	assert.Empty(t, s.starter.take(), "a bad body starts nothing")
}

func TestContentType(t *testing.T) {
	s := newService(t)
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "", "application/json; charset"} {
		s.call(adminToken, "POST", "/v1/connections", goodConnection, "Content-Type", media).problem(415)
	}
	s.call(adminToken, "POST", "/v1/connections", goodConnection, "Content-Type", "application/json; charset=utf-8").problem(422)
}

// A field that was sent changes, one that was not stays, null makes it empty;
// settings are changed by their own fields.
func TestOptional(t *testing.T) {
	var body changeBody
	bad, err := decodeStrict([]byte(`{"name":"  new ","bulk_sync_start_date":null,"settings":{"id_prefix":null,"parent_id":true}}`), &body)
	require.NoError(t, err)
	require.Empty(t, bad)
	before := connection.Connection{
		Name: "old", BulkSyncStartDate: "2024-01-01", Timezone: "UTC",
		Settings: connection.Settings{IDPrefix: "uk-", VariantID: "raw"},
	}
	after := body.apply(before)
	assert.Equal(t, connection.Connection{
		Name: "new", Timezone: "UTC", StatusMapping: nil,
		Settings: connection.Settings{VariantID: "raw", ParentID: true},
	}, after)

	body = changeBody{}
	bad, err = decodeStrict([]byte(`{"settings":null,"order_status_mapping":null}`), &body)
	require.NoError(t, err)
	require.Empty(t, bad)
	after = body.apply(before)
	assert.Equal(t, connection.Settings{}, after.Settings)
	assert.Empty(t, after.StatusMapping)
	assert.Equal(t, "old", after.Name)
}

func FuzzDecodeStrict(f *testing.F) {
	f.Add([]byte(goodConnection))
	f.Add([]byte(`{"settings":{"parent_id":[1,{"a":null}]},"order_status_mapping":[null,{"status_id":1e99}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, into := range []any{&connectionBody{}, &changeBody{}, &authenticationBody{}, &retryBody{}} {
			bad, err := decodeStrict(raw, into)
			if err != nil && problemOf(err).Status != 400 {
				t.Fatalf("%s: %v", raw, err)
			}
			for _, e := range bad {
				if e.Field == "" || e.Code == "" || e.Message == "" {
					t.Fatalf("%s: %+v", raw, e)
				}
			}
		}
	})
}
