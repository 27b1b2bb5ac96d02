package inspect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
	"github.com/shopspring/decimal"

	"github.com/ometria/ometria-bigcommerce/ometria"
)

// maxDifferences bounds how many paths are named.
const maxDifferences = 50

// differences returns the paths of what was sent and is held in another way;
// what is held beyond it does not count, nor do @type, @merge and their like.
// Ometria need not give back what it got in the form that it got it in: numbers
// may be strings, telephone numbers objects, moments in another zone and lists
// in another order.
func differences(sent, held json.RawMessage) []string {
	found := []string{}
	diff("", "", decode(sent), decode(held), func(path string) {
		if len(found) < maxDifferences {
			found = append(found, cmp.Or(path, "(whole)"))
		}
	})
	return found
}

func decode(raw json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// diff tells the paths below path, whose last part is name, at which got is not
// what was sent.
func diff(path, name string, sent, got any, differs func(path string)) {
	if empty(sent) && empty(got) {
		return
	}
	switch sent := sent.(type) {
	case map[string]any:
		held, ok := got.(map[string]any)
		if !ok {
			differs(path)
			return
		}
		for _, field := range slices.Sorted(maps.Keys(sent)) {
			if !strings.HasPrefix(field, "@") {
				diff(strings.TrimPrefix(path+"."+field, "."), field, sent[field], held[field], differs)
			}
		}
	case []any:
		held, ok := got.([]any)
		if !ok || len(held) != len(sent) {
			differs(path)
			return
		}
		diffList(path, name, sent, held, differs)
	default:
		if !equal(name, sent, got) {
			differs(path)
		}
	}
}

// diffList pairs equal elements wherever they stand, and compares the rest in
// the order that is left.
func diffList(path, name string, sent, held []any, differs func(path string)) {
	left := slices.Clone(held)
	var unpaired []int
	for i, element := range sent {
		at := slices.IndexFunc(left, func(other any) bool {
			same := true
			diff(path, name, element, other, func(string) { same = false })
			return same
		})
		if at < 0 {
			unpaired = append(unpaired, i)
		} else {
			left = slices.Delete(left, at, at+1)
		}
	}
	for n, i := range unpaired {
		diff(fmt.Sprintf("%s[%d]", path, i), name, sent[i], left[n], differs)
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// equal compares two values of a field that are neither lists nor, as sent,
// objects.
func equal(name string, sent, got any) bool {
	switch name {
	case "phone_number":
		return equalPhones(fmt.Sprint(sent), got)
	case "marketing_optin":
		return got != nil && optin(sent) == optin(got)
	case "email":
		text, ok := got.(string)
		return ok && strings.EqualFold(strings.TrimSpace(text), fmt.Sprint(sent))
	}
	if sent == got {
		return true
	}
	switch got.(type) {
	case nil, map[string]any, []any:
		return false
	}
	if b, ok := sent.(bool); ok {
		switch strings.ToLower(fmt.Sprint(got)) {
		case "true", "1":
			return b
		case "false", "0":
			return !b
		}
		return false
	}
	a, b := strings.TrimSpace(fmt.Sprint(sent)), strings.TrimSpace(fmt.Sprint(got))
	_, number := sent.(json.Number)
	if _, also := got.(json.Number); number || also {
		x, errX := decimal.NewFromString(a)
		y, errY := decimal.NewFromString(b)
		return errX == nil && errY == nil && x.Equal(y)
	}
	if at := moment(a); !at.IsZero() {
		return at.Equal(moment(b))
	}
	return a == b
}

// moment is what Ometria's client reads of a text, to the second.
func moment(text string) time.Time {
	var t ometria.Time
	if raw, err := json.Marshal(text); err != nil || t.UnmarshalJSON(raw) != nil {
		return time.Time{}
	}
	return t.Truncate(time.Second)
}

func optin(v any) ometria.Optin {
	var o ometria.Optin
	if raw, err := json.Marshal(v); err != nil || o.UnmarshalJSON(raw) != nil {
		return ""
	}
	return o
}

// equalPhones compares an E.164 number with a text, or with an object of number
// and country_code, which may be a region or a calling code.
func equalPhones(sent string, got any) bool {
	region := ""
	if object, ok := got.(map[string]any); ok {
		got = object["number"]
		if code := object["country_code"]; code != nil {
			region = strings.ToUpper(strings.TrimPrefix(fmt.Sprint(code), "+"))
		}
	}
	if got == nil {
		return false
	}
	text := strings.TrimSpace(fmt.Sprint(got))
	if text == sent || strings.TrimPrefix(sent, "+") == text {
		return true
	}
	if calling, err := decimal.NewFromString(region); err == nil {
		region = phonenumbers.GetRegionCodeForCountryCode(int(calling.IntPart()))
	}
	number, err := phonenumbers.Parse(text, region)
	return err == nil && phonenumbers.Format(number, phonenumbers.E164) == sent
}
