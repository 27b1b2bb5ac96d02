package mapping

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Keys of BigCommerce's own facts about a customer that Ometria has no field for.
const (
	keyChannel       = "channel"
	keyCompany       = "company"
	keyCustomerGroup = "customer_group"
	keyStoreCredit   = "store_credit"
)

// ReservedKeys returns the property keys that the mapping fills by itself for an
// entity: no merchant's own field gets one, whatever its name.
func ReservedKeys(entity connection.Entity) []string {
	if entity == connection.Customers {
		return []string{keyChannel, keyCompany, keyCustomerGroup, keyStoreCredit}
	}
	return nil
}

// MerchantFields returns the merchant's own fields that a bigcommerce.Customer
// (form fields but passwords, attributes whose name is known) or a
// bigcommerce.Product (custom fields) holds a value of, each once with the key
// that its name makes by itself, in the order of their right to a plain key.
// Other sources have none.
func MerchantFields(source any, ctx Context) []connection.NewField {
	var held []property
	switch s := source.(type) {
	case bigcommerce.Customer:
		fields, _ := formFields(s.FormFields, ctx.PasswordFields)
		held = slices.Concat(inOrder(fields), inOrder(customerAttributes(s, ctx)))
	case bigcommerce.Product:
		held = inOrder(customFields(s.CustomFields))
	}
	var fields []connection.NewField
	for _, p := range held {
		if p.Name == "" {
			continue
		}
		fields = append(fields, connection.NewField{FieldID: p.FieldID, Plain: key(p.Name)})
	}
	return fields
}

// property is a value on its way into the properties.
type property struct {
	connection.FieldID     // without a Kind: a fact of BigCommerce's own, whose name is its key
	value              any // string, json.Number or []string
}

// FieldName is the name of a merchant's field as notes and Result.Fields have
// it: what cannot be seen around a name makes no other field.
func FieldName(name string) string { return trim(name) }

// fieldID is the identity of a merchant's field.
func fieldID(kind connection.FieldKind, name string) connection.FieldID {
	return connection.FieldID{Kind: kind, Name: FieldName(name)}
}

// fact is a property of BigCommerce's own.
func fact(key string, value any) property {
	return property{connection.FieldID{Name: key}, value}
}

// inOrder sorts properties by name: a record holds them in no stated order.
func inOrder(group []property) []property {
	group = slices.Clone(group)
	slices.SortStableFunc(group, func(a, b property) int { return strings.Compare(a.Name, b.Name) })
	return group
}

// properties makes the properties of a record, and says what became of each of
// the merchant's fields. Groups come in the order of their right to the room,
// and within a group names do. A key that no longer fits into the 1,000 bytes is
// left out whole; later ones that are small enough still go in (Ometria data
// architecture). Bytes are never fewer than characters, so that either reading
// of Ometria's "1 KB (1000 characters)" is kept.
func (c Context) properties(entity connection.Entity, groups ...[]property) (ometria.Properties, []connection.SeenField, []Note) {
	var all []property
	for _, group := range groups {
		all = append(all, inOrder(group)...)
	}
	keys := c.propertyKeys(entity, all)

	var seen []connection.SeenField
	var notes []Note
	out := ometria.Properties{}
	room := ometria.MaxPropertiesBytes - len("{}") - 1 // under, not up to
	for i, p := range all {
		n := keys[i]
		size := encodedSize(n.key) + len(":") + encodedSize(p.value)
		if len(out) > 0 {
			size += len(",")
		}
		fits := size <= room
		if p.Kind != "" && p.Name != "" {
			seen = append(seen, connection.SeenField{FieldID: p.FieldID, Key: n.key, Type: typeOf(p.value), LeftOut: n.key != "" && !fits})
		}
		switch {
		case n.key == "":
			notes = append(notes, Note{Code: NoteNoKey, Source: p.Name})
			continue
		case !fits:
			notes = append(notes, Note{Code: NoteKeyLeftOut, Key: n.key, Source: p.Name})
			continue
		case n.numbered:
			notes = append(notes, Note{Code: NoteKeyCollision, Key: n.key, Source: p.Name})
		}
		room -= size
		out[n.key] = p.value
	}
	if len(out) == 0 {
		return nil, seen, notes
	}
	return out, seen, notes
}

// propertyKeys gives each property its key: facts their own, the merchant's
// fields the one fixed for the connection, and those without one what is left.
func (c Context) propertyKeys(entity connection.Entity, all []property) []named {
	keys := make([]named, len(all))
	taken := map[string]bool{}
	for _, k := range ReservedKeys(entity) {
		taken[k] = true
	}
	for i, p := range all {
		keys[i].name = p.Name
		if p.Kind == "" {
			keys[i].key = p.Name
			taken[p.Name] = true
		}
	}
	for i, p := range all {
		if k := c.Keys[p.FieldID]; p.Kind != "" && k != "" && !taken[k] {
			keys[i].key = k
			taken[k] = true
		}
	}
	for _, k := range c.Keys {
		taken[k] = true
	}
	assign(keys, taken)
	return keys
}

// typeOf names the type of a property's value.
func typeOf(value any) string {
	switch v := value.(type) {
	case json.Number:
		return connection.FieldNumber
	case []string:
		return connection.FieldList
	case string:
		if v == day(v) {
			return connection.FieldDate
		}
	}
	return connection.FieldText
}

// encodedSize is the bytes v takes in a push.
func encodedSize(v any) int {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return ometria.MaxPropertiesBytes // takes no part
	}
	return buf.Len() - len("\n")
}
