package bigcommerce

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
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
		// As v2 would write the same second, in any zone.
		if second := got.Truncate(time.Second); !second.IsZero() && inRange(second.Add(24*time.Hour)) && inRange(second.Add(-24*time.Hour)) {
			zone := time.FixedZone("", (len(text)%27-12)*3600)
			for _, layout := range []string{time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700"} {
				v2, err := ParseTimestamp(second.In(zone).Format(layout))
				if err != nil || !v2.Equal(second) {
					t.Fatalf("%v in v2's form reads as %v (%v)", second, v2, err)
				}
			}
		}
	})
}

var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// FuzzMoney reads amounts of every form: what is read is written and read the
// same, as a plain number of bounded length, and an error never holds the value.
func FuzzMoney(f *testing.F) {
	for _, seed := range []string{`null`, `""`, `"0.0000"`, `12.5`, `"12.5000"`, `-0.01`, `1e3`, `"1E-7"`, `1e999999999`, `"1e-999999999"`, `"12,50"`, `"$5"`,
		`{}`, `[]`, `true`, `" 5"`, `"0x10"`, `"Infinity"`, `"1_000"`, `99999999999.9999`, `0.30000000000000004`, `"` + strings.Repeat("9", 300) + `"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		var m Money
		if err := json.Unmarshal(data, &m); err != nil {
			told, ok := errors.AsType[*json.UnmarshalTypeError](err)
			if !ok || told.Value != form(data) || told.Field != "" {
				t.Fatalf("the error is not of the form alone: %v", err)
			}
			return
		}
		if text, ok := scalar(data); m.Valid != (ok && text != "") {
			t.Fatalf("valid %v", m.Valid)
		}
		if !m.Valid {
			if !m.IsZero() {
				t.Fatalf("no amount, and yet %v", m)
			}
			return
		}
		if text := m.Decimal.String(); !plainNumber.MatchString(text) || len(text) > 100 {
			t.Fatalf("%d digits: %.200s", len(text), text)
		}
		encoded, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var again Money
		if err := json.Unmarshal(encoded, &again); err != nil || !again.Valid || !again.Equal(m.Decimal) {
			t.Fatalf("%v reads again as %v (%v)", m, again, err)
		}
	})
}

// masks stand for what was taken out; a mask beside an @ is no address.
var masks = strings.NewReplacer("[value]", " ", "[email]", " ", "[number]", " ", "[token]", " ")

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
		case email.MatchString(masks.Replace(text)):
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

// FuzzParseDelivery reads webhooks: the error never repeats the body, and what
// is read leads to one record or none, and reads the same once written.
func FuzzParseDelivery(f *testing.F) {
	for _, seed := range []string{
		`{"scope":"store/sku/created","data":{"type":"sku","id":461,"sku":{"product_id":206,"variant_id":509}},"created_at":1561480465,"producer":"stores/abc"}`,
		`{"scope":"store/order/statusUpdated","store_id":"1","data":{"type":"order","id":250,"status":{"previous_status_id":0,"new_status_id":10}},"hash":"x","created_at":"1561479335","producer":"stores/abc"}`,
		`{"scope":"store/order/refund/created","data":{"type":"order","id":"250","refund":{"refund_id":3}}}`,
		`{"scope":"store/customer/address/updated","data":{"type":"customer","id":60,"address":{"customer_id":32}}}`,
		`{"scope":"store/product/inventory/updated","data":{"type":"product","id":77,"inventory":{"product_id":78,"method":"absolute","value":-1}}}`,
		`{"scope":"store/shipment/created","data":{"type":"shipment","id":12,"orderId":251}}`,
		`{"scope":"store/order/message/created","data":{"type":"order","id":9,"order_id":"252","message":{"order_message_id":1}}}`,
		`{"scope":"store/category/updated","data":{"type":"category","id":42}}`,
		`{"scope":"store/customer/metafield/created","data":{"type":"customer","id":1}}`,
		`{"scope":"store/subscriber/deleted","data":{"type":"subscriber","id":1e2}}`,
		`{"scope":"store/information/updated","data":null}`,
		`{"scope":"store/","data":null}`, `{"scope":"store/customer/created","data":{"id":9223372036854775808}}`, `{"scope":1}`, `[]`, `null`, `{`,
		`{"scope":"store/customer/created","data":{"id":"jane@example.com"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := ParseDelivery(body)
		if err != nil {
			if _, told := strings.CutPrefix(err.Error(), "parse delivery: "); !told || email.MatchString(err.Error()) || len(err.Error()) > 200 {
				t.Fatalf("the error tells too much: %q", err)
			}
			return
		}
		kind, id, ok := Target(d)
		if ok != (kind != "") || ok && (id > 0) == (kind == KindStore) || !ok && id != 0 {
			t.Fatalf("target %q %d %v", kind, id, ok)
		}
		if hash := d.StoreHash(); hash != "" && !bareHash.MatchString(hash) {
			t.Fatalf("store hash %q", hash)
		}
		encoded, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseDelivery(encoded)
		if err != nil {
			t.Fatalf("%s: %v", encoded, err)
		}
		if k, i, o := Target(again); k != kind || i != id || o != ok {
			t.Fatalf("target %q %d, once written %q %d", kind, id, k, i)
		}
	})
}
