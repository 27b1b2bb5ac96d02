package bigcommerce

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParseTimestamp(f *testing.F) {
	for _, seed := range []string{"", "Wed, 10 Jan 2018 21:05:30 +0000", "Tue, 5 Dec 2018 20:16:55 +0000", "2024-05-14T09:34:00Z", "2024-05-14T09:34:00",
		"2018-08-15T14:48:46+00:00", "2017-04-20T11:32:00.000-04:00", "2024-05-14", "1561479335", "0000-00-00 00:00:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+01:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseTimestamp(text)
		if err != nil {
			if err.Error() != "not a date" {
				t.Fatalf("error repeats the text: %v", err)
			}
			return
		}
		encoded, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again Timestamp
		if err := json.Unmarshal(encoded, &again); err != nil || !again.Equal(got.Time) {
			t.Fatalf("%q reads as %v, then as %v (%v)", text, got, again, err)
		}
	})
}

func FuzzDecodeRefusal(f *testing.F) {
	for _, seed := range []string{"", `[{"status":404,"message":"m","details":{"a":1}}]`, `{"status":422,"title":"t","errors":{"a":["b",{"c":"d"}]}}`,
		"<html><title>x</title>", "text jane@example.com " + testToken, `{"errors":[[[[[[1]]]]]]}`, `[null]`, `{"title":{}}`, "\xff\xfe", `{"title":"a\u0000b@c"}`} {
		f.Add(404, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := decodeRefusal(status, body)
		e.Route = "/v3/hooks"
		e.clean([]string{testToken})
		text := e.Error()
		switch {
		case e.Status != status:
			t.Fatal("the status is lost")
		case strings.Contains(text, testToken):
			t.Fatal("the token is told")
		case email.MatchString(text):
			t.Fatalf("an address is told: %q", text)
		case utf8.RuneCountInString(text) > maxText || strings.ContainsAny(text, "\n\r"):
			t.Fatalf("the text is not bounded: %q", text)
		case status == http.StatusNotFound && IsNotFound(e) == IsUnknownRoute(e):
			t.Fatal("a 404 is one or the other")
		}
	})
}

func FuzzDecodeRecords(f *testing.F) {
	for _, seed := range []string{`{"id":1}`, `{"id":"1","consignments":[]}`, `{"consignments":{"shipping":[{"line_items":{}}]}}`, `{"form_fields":[{"value":[1]}]}`,
		`{"variants":[{"price":{}}]}`, `[]`, `null`, `{"total_inc_tax":1e308}`, `{"items_total":1e999999999}`, `{"price":1e-999999999}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		rows := []json.RawMessage{row}
		for _, n := range []int{decodeRows[Order]("/o", rows).Len(), decodeRows[Customer]("/c", rows).Len(), decodeRows[Product]("/p", rows).Len()} {
			if n != 1 {
				t.Fatal("a row is lost")
			}
		}
		for _, order := range decodeRows[Order]("/o", rows).Records {
			if _, err := json.Marshal(order); err != nil {
				t.Fatal(err)
			}
			_, _ = order.Lines(), order.LinesTruncated()
		}
	})
}

func FuzzParseDelivery(f *testing.F) {
	f.Add([]byte(`{"scope":"store/sku/created","data":{"type":"sku","id":461,"sku":{"product_id":206,"variant_id":509}},"created_at":1561480465,"producer":"stores/abc"}`))
	f.Add([]byte(`{"scope":"store/","data":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := ParseDelivery(body)
		if err != nil {
			return
		}
		if kind, id, ok := Target(d); ok != (kind != "") || ok && (id > 0) == (kind == KindStore) {
			t.Fatalf("target %q %d %v", kind, id, ok)
		}
	})
}
