package bigcommerce

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Money is an amount that BigCommerce sends as a JSON number (v3), as a string
// of four decimals (v2), or not at all. Valid is false for null, "", and the
// empty object or array that some examples show; the amount is then zero. A
// variant's price that is not Valid is inherited from its product.
type Money struct {
	decimal.Decimal
	Valid bool
}

const maxMoney = 64 // characters

// NewMoney returns a valid amount.
func NewMoney(amount decimal.Decimal) Money { return Money{Decimal: amount, Valid: true} }

// UnmarshalJSON reads a number, a string, null, "" or an empty object or array.
func (m *Money) UnmarshalJSON(data []byte) error {
	*m = Money{}
	text, ok := scalar(data)
	if !ok || text == "" {
		return nil
	}
	amount, err := decimal.NewFromString(text)
	// An exponent of thousands is a short text that costs gigabytes to print, and
	// no amount has digits by the thousand.
	if err != nil || amount.Exponent() > 30 || amount.Exponent() < -30 || len(text) > maxMoney {
		return errValue[Money](data)
	}
	*m = NewMoney(amount)
	return nil
}

// MarshalJSON writes the amount as a string, or null when there is none.
func (m Money) MarshalJSON() ([]byte, error) {
	if !m.Valid {
		return []byte("null"), nil
	}
	return json.Marshal(m.Decimal.String())
}

// Int is a whole number that may come as a number, a string, null or "".
type Int int64

// UnmarshalJSON reads a number, a numeric string, null or "".
func (i *Int) UnmarshalJSON(data []byte) error {
	*i = 0
	text, ok := scalar(data)
	if !ok || text == "" {
		return nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		*i = Int(n)
		return nil
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() > 18 || d.Exponent() < -30 || !d.IsInteger() || !d.BigInt().IsInt64() {
		return errValue[Int](data)
	}
	*i = Int(d.IntPart())
	return nil
}

// Text is a string that may come as a number, a boolean or null. Objects and
// arrays read as "".
type Text string

// UnmarshalJSON reads any scalar.
func (t *Text) UnmarshalJSON(data []byte) error {
	text, _ := scalar(data)
	*t = Text(text)
	return nil
}

// FieldKind says which of its forms a form field's value has.
type FieldKind int

// The forms of a form field's value.
const (
	FieldNone   FieldKind = iota // null, or an object nobody documented
	FieldText                    // text, multiline, date, picklist, radio buttons, password
	FieldNumber                  // numbers only
	FieldList                    // checkboxes
)

// FieldValue is the value of a form field: a string, a number or a list of
// strings (customers.v3, form-field-values).
type FieldValue struct {
	Kind   FieldKind
	Text   string
	Number decimal.Decimal
	List   []string
}

// UnmarshalJSON reads every form of a value; it refuses none.
func (v *FieldValue) UnmarshalJSON(data []byte) error {
	*v = FieldValue{}
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '[' {
		var items []Text
		if err := json.Unmarshal(data, &items); err != nil {
			return err
		}
		v.Kind, v.List = FieldList, make([]string, 0, len(items))
		for _, item := range items {
			v.List = append(v.List, string(item))
		}
		return nil
	}
	text, ok := scalar(data)
	if !ok {
		return nil
	}
	v.Kind, v.Text = FieldText, text
	if data[0] != '"' {
		if n, err := decimal.NewFromString(text); err == nil && n.Exponent() <= 30 && n.Exponent() >= -30 {
			v.Kind, v.Text, v.Number = FieldNumber, "", n
		}
	}
	return nil
}

// MarshalJSON writes the value in the form it came in.
func (v FieldValue) MarshalJSON() ([]byte, error) {
	switch v.Kind {
	case FieldText:
		return json.Marshal(v.Text)
	case FieldNumber:
		return []byte(v.Number.String()), nil
	case FieldList:
		if v.List == nil {
			return []byte("[]"), nil
		}
		return json.Marshal(v.List)
	default:
		return []byte("null"), nil
	}
}

// String is the value as one text; the items of a list are joined by ", ".
func (v FieldValue) String() string {
	switch v.Kind {
	case FieldNumber:
		return v.Number.String()
	case FieldList:
		return strings.Join(v.List, ", ")
	default:
		return v.Text
	}
}

// FormField is one answer to a merchant's own question, on a customer or on an
// address. Names are edited by the merchant; there is neither an id nor a type.
type FormField struct {
	Name  string     `json:"name"`
	Value FieldValue `json:"value"`
	// CustomerID or AddressID says whose value it is, when it says so.
	CustomerID int64 `json:"customer_id,omitempty"`
	AddressID  int64 `json:"address_id,omitempty"`
}

// scalar returns the text of a JSON string, number or boolean; ok is false for
// null, objects and arrays.
func scalar(data []byte) (text string, ok bool) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return "", false
	}
	switch data[0] {
	case 'n', '{', '[':
		return "", false
	case '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return "", false
		}
		return s, true
	default:
		return string(data), true
	}
}

// errValue names what was expected and the form that came, never the value: it
// may be personal. encoding/json adds the path of the field to this type.
func errValue[T any](data []byte) error {
	return &json.UnmarshalTypeError{Value: form(data), Type: reflect.TypeFor[T]()}
}

// form names the kind of a JSON value by its first byte.
func form(data []byte) string {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return "nothing"
	}
	switch data[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	default:
		return "number"
	}
}
