package ometria_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/ometria"
)

const liWu = `{"@type":"contact","@collection":"customers","id":"17","firstname":"Li","lastname":"Wu","email":"li@wu.test",
	"phone_number":"07700 900123","title":"Flat 2, Isle of Dogs","nick":"Anne-Marie O'Neil","properties":{"age":42,"spent":12.50,"jane@doe.test":"x"}}`

func pushError(t *testing.T, record, message, path string) ometria.PushError {
	t.Helper()
	body, err := json.Marshal([]map[string]any{{
		"request_id": "r1", "record_type": "contact", "record_id": "17", "record": json.RawMessage(record),
		"message": map[string]string{"error_message": message, "error_path": path},
	}})
	require.NoError(t, err)
	got, err := serve(t, answer(200, string(body))).PushErrors(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 1)
	return got[0]
}

func TestPushErrorMessagesNameNobody(t *testing.T) {
	for said, want := range map[string]string{
		"Invalid phone number: 07700 900123 for Li Wu":         "Invalid phone number: [value] for [value] [value]",
		"invalid telephone +44 (0)7700-900.124 of LI":          "invalid telephone [value] of [value]",
		"WU, li is invalid":                                    "[value], [value] is invalid",
		"no dog of Dogs at Flat 2":                             "no dog of [value] at [value] 2",
		"born 1990-01-02 or 02/01/1990":                        "born [value] or [value]",
		"aged 42, spent 12.5 of 12.50, at most 100 allowed":    "aged [value], spent [value] of [value], at most 100 allowed",
		"'phone_number' is invalid, firstname is missing":      "'phone_number' is invalid, firstname is missing",
		"'timestamp_acquired' is a required property":          "'timestamp_acquired' is a required property",
		"got string, want number at title":                     "got string, want number at title",
		"can't read 'Siobhan O'Reilly' of ANNE-MARIE o'neil":   "can't read [value] of [value]",
		`cannot read "Kim \"Jo\" Park" here`:                   "cannot read [value] here",
		`cannot read "Kim Park`:                                "cannot read [value]",
		"cannot read “Kim Park” or `Kim`":                      "cannot read [value] or [value]",
		"'jane@doe.test' is no property, nor jane@doe.test":    "[value] is no property, nor [value]",
		strings.Repeat("li ", 4000) + strings.Repeat("x", 500): strings.TrimSuffix(strings.Repeat("[value] ", 37)+"[val", " ") + "…",
	} {
		assert.Equal(t, want, pushError(t, liWu, said, "").Message, said)
	}
}

func TestPushErrorWithoutItsRecord(t *testing.T) {
	for _, record := range []string{"null", `"Li Wu"`, `[1]`, `{}`, `{"@type":"contact","@collection":"customers","id":"17"}`} {
		got := pushError(t, record, "Invalid name Li Wu", "firstname")
		assert.Equal(t, "Ometria refused the record", got.Message, record)
		assert.Equal(t, "firstname", got.Path, record)
	}
	assert.Equal(t, "customers", pushError(t, `{"@collection":"customers"}`, "x", "").Collection)
}

func TestPushErrorPaths(t *testing.T) {
	for path, want := range map[string]string{
		"phone_number":             "phone_number",
		"lineitems[0].sku":         "lineitems[0].sku",
		"/customer/@collection":    "/customer/@collection",
		"properties.42":            "properties.42",
		"properties.Li Wu":         "",
		"properties.Wu":            "",
		"properties/jane@doe.test": "",
		"properties.07700900123":   "",
		"phone_number: 077":        "",
		"properties.é":             "",
	} {
		assert.Equal(t, want, pushError(t, liWu, "x", path).Path, path)
	}
}
