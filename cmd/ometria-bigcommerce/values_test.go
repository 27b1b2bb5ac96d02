package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestValueAt(t *testing.T) {
	record := decodeAny(json.RawMessage(`{"a":{"b":1.50},"list":[{"name":"x [y]","value":"z"},{"name":"Shoe size","value":["S","M"]}]}`))
	for path, want := range map[string]string{
		"a.b": "1.50", "a": `{"b":1.50}`, "list[0].value": "z", "list[Shoe size].value": `["S","M"]`, "list[Shoe size].value[1]": "M",
		"b": "null", "a.b.c": "null", "list[7].value": "null", "list[].value": "null", "list[-1]": "null", "store.domain": "null",
		"list[x [y]].value": "null", "..": "null", "list[0": "null",
	} {
		if got := valueText(valueAt(record, path)); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// What a shopper wrote moves no cursor and breaks no table.
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Zoë 🎩": "Zoë 🎩", "a\tb": `"a\tb"`, "\x1b[2Jgone": `"\x1b[2Jgone"`, "two\nlines": `"two\nlines"`, "\u202eback": `"\u202eback"`,
	} {
		if got := valueText(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	if got := short(strings.Repeat("é", 60)); got != strings.Repeat("é", 60) {
		t.Errorf("60 letters: got %s", got)
	}
	if got := short(strings.Repeat("é", 61)); got != strings.Repeat("é", 59)+"…" {
		t.Errorf("61 letters: got %s", got)
	}
}

func TestMoreFieldsThanOmetriaTakes(t *testing.T) {
	for count, warned := range map[int]bool{100: false, 101: true} {
		fields := make([]string, count)
		for i := range fields {
			fields[i] = fmt.Sprintf(`{"entity":"products","kind":"custom_field","source":"F%d","key":"f%d","type":"text","records":1}`, i, i)
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"data":[%s],"next_cursor":null}`, strings.Join(fields, ","))
		}))
		var stdout, stderr bytes.Buffer
		code := run([]string{"connections", "fields", "c1"}, []string{"OBC_API_URL=" + server.URL, "OBC_API_TOKEN=t"}, &stdout, &stderr)
		server.Close()
		got := strings.Contains(stderr.String(), "warning: products have 101 fields, and Ometria takes 100 custom fields")
		if code != exitOK || got != warned {
			t.Errorf("%d fields: exit code %d, warned %t: %s", count, code, got, &stderr)
		}
	}
}
