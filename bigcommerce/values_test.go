package bigcommerce

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestMoney(t *testing.T) {
	for text, want := range map[string]string{
		`"336.3200"`: "336.32", `5.1`: "5.1", `0`: "0", `"0.0000"`: "0", `-3`: "-3", `1e2`: "100",
		`null`: "unset", `""`: "unset", `{}`: "unset", `[]`: "unset",
	} {
		var m Money
		require.NoError(t, json.Unmarshal([]byte(text), &m), text)
		if want == "unset" {
			require.False(t, m.Valid, text)
			require.True(t, m.IsZero())
			require.Equal(t, "null", encode(t, m))
			continue
		}
		require.True(t, m.Valid, text)
		require.Equal(t, want, m.String(), text)
		require.Equal(t, `"`+want+`"`, encode(t, m))
	}
	for _, text := range []string{`"ten"`, `true`, `"1,000.00"`, `"1e999999999"`, `1e-999999`, strings.Repeat("9", 65)} {
		var m Money
		require.Error(t, json.Unmarshal([]byte(text), &m), text)
	}
	require.True(t, NewMoney(decimal.NewFromInt(0)).Valid)
}

func TestInt(t *testing.T) {
	for text, want := range map[string]Int{`4`: 4, `"356"`: 356, `4.0`: 4, `"4.0000"`: 4, `null`: 0, `""`: 0, `[]`: 0, `9223372036854775807`: 9223372036854775807} {
		got := Int(99)
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{`4.5`, `"x"`, `true`, `1e400`, `9223372036854775808`} {
		var got Int
		require.Error(t, json.Unmarshal([]byte(text), &got), text)
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]Text{`"a"`: "a", `12.5`: "12.5", `true`: "true", `null`: "", `{}`: "", `["a"]`: ""} {
		got := Text("before")
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, want, got, text)
	}
}

func TestFieldValue(t *testing.T) {
	for text, want := range map[string]FieldValue{
		`"Friend"`:          {Kind: FieldText, Text: "Friend"},
		`"12"`:              {Kind: FieldText, Text: "12"},
		`""`:                {Kind: FieldText},
		`12.345`:            {Kind: FieldNumber, Number: decimal.RequireFromString("12.345")},
		`["red","green",3]`: {Kind: FieldList, List: []string{"red", "green", "3"}},
		`[]`:                {Kind: FieldList, List: []string{}},
		`true`:              {Kind: FieldText, Text: "true"},
		`null`:              {},
		`{"a":1}`:           {},
	} {
		var got FieldValue
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, want.Kind, got.Kind, text)
		require.Equal(t, want.Text, got.Text, text)
		require.Equal(t, want.List, got.List, text)
		require.True(t, want.Number.Equal(got.Number), text)
		var again FieldValue
		require.NoError(t, json.Unmarshal([]byte(encode(t, got)), &again), text)
		require.Equal(t, got, again, "a round trip changes nothing: %s", text)
	}
	require.Equal(t, "red, green", FieldValue{Kind: FieldList, List: []string{"red", "green"}}.String())
	require.Equal(t, "1.5", FieldValue{Kind: FieldNumber, Number: decimal.RequireFromString("1.5")}.String())
}

func TestTimestamp(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		return parsed.UTC()
	}
	for text, want := range map[string]time.Time{
		`"Wed, 10 Jan 2018 21:05:30 +0000"`: at("2018-01-10T21:05:30Z"),
		`"Tue, 5 Dec 2018 20:16:55 +0000"`:  at("2018-12-05T20:16:55Z"),
		`"Wed, 05 Dec 2018 20:16:55 -0400"`: at("2018-12-06T00:16:55Z"),
		`"Tue, 20 Nov 2012 00:00:00 GMT"`:   at("2012-11-20T00:00:00Z"),
		`"20 Apr 2017 11:32:00 -0400"`:      at("2017-04-20T15:32:00Z"),
		`"2024-05-14T09:34:00Z"`:            at("2024-05-14T09:34:00Z"),
		`"2018-08-15T14:48:46+00:00"`:       at("2018-08-15T14:48:46Z"),
		`"2017-04-20T11:32:00.000-04:00"`:   at("2017-04-20T15:32:00Z"),
		`"2017-04-20T11:32:00.25+0100"`:     at("2017-04-20T10:32:00.25Z"),
		`"2024-05-14T09:34:00"`:             at("2024-05-14T09:34:00Z"),
		`"2024-05-14 09:34:00"`:             at("2024-05-14T09:34:00Z"),
		`"2024-05-14"`:                      at("2024-05-14T00:00:00Z"),
		`1561479335`:                        time.Unix(1561479335, 0).UTC(),
		`"1561479335"`:                      time.Unix(1561479335, 0).UTC(),
		`""`:                                {}, `null`: {}, `0`: {}, `false`: {}, `"0000-00-00 00:00:00"`: {}, `"-0001-11-30T00:00:00+00:00"`: {},
		`"Wed, 30 Nov -0001 00:00:00 +0000"`: {}, `[]`: {},
	} {
		got := NewTimestamp(time.Now())
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, want, got.Time, text)
		var again Timestamp
		require.NoError(t, json.Unmarshal([]byte(encode(t, got)), &again), text)
		require.Equal(t, got, again, "a round trip changes nothing: %s", text)
	}
	for _, text := range []string{`"yesterday"`, `"Tue, 20 Nov 2012 00:00:00 EST"`, `"2024-13-01"`, `"20240514"`, `true`, `-5`, `1e30`} {
		var got Timestamp
		require.Error(t, json.Unmarshal([]byte(text), &got), text)
	}
	require.Equal(t, "2024-05-14T07:34:00+00:00", dateV2(time.Date(2024, 5, 14, 9, 34, 0, 5, time.FixedZone("", 7200))))
	require.Equal(t, "2024-05-14T07:34:00Z", dateV3(time.Date(2024, 5, 14, 9, 34, 0, 5, time.FixedZone("", 7200))))
}

func TestUnreadableRowStandsAlone(t *testing.T) {
	v := serve(t, answers(`[
		{"id":9,"total_inc_tax":"1.00"},
		{"id":8,"total_inc_tax":"jane@example.com"},
		{"id":7,"consignments":{"shipping":[{"line_items":[{"id":1,"quantity":{"x":1}},{"id":2,"quantity":"many"}]}]}},
		{"id":6,"status":["a"]},
		"junk",
		{"id":5,"date_created":"yesterday"}]`))
	page, err := v.client.Orders.Page(t.Context(), OrderFilter{Limit: 6, Sort: OrdersByIDDesc})
	require.NoError(t, err)
	require.Len(t, page.Records, 1)
	require.EqualValues(t, 5, page.LastID, "the keyset moves beyond rows that cannot be read")
	require.True(t, page.More)
	require.Equal(t, 6, page.Len())
	var got []string
	for _, u := range page.Unreadable {
		got = append(got, u.Err.Error())
		require.False(t, IsTemporary(u.Err))
	}
	require.Equal(t, []string{
		"/v2/orders: decode answer: field total_inc_tax: want Money, got string",
		"/v2/orders: decode answer: field consignments.shipping.line_items.quantity: want Int, got string",
		"/v2/orders: decode answer: field status: want string, got array",
		"/v2/orders: decode answer: field (whole): want object, got string",
		"/v2/orders: decode answer: field date_created: want Timestamp, got string",
	}, got)
	require.Equal(t, []int64{8, 7, 6, 0, 5}, []int64{page.Unreadable[0].ID, page.Unreadable[1].ID, page.Unreadable[2].ID, page.Unreadable[3].ID, page.Unreadable[4].ID})

	for _, err := range v.client.Orders.All(t.Context(), OrderFilter{Limit: 6}) {
		if err != nil {
			_, ok := errors.AsType[*DecodeError](err)
			require.True(t, ok)
			return
		}
	}
	t.Fatal("an iterator must not pass over an unreadable row")
}
