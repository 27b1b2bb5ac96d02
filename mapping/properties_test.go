package mapping

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

func answer(name string, value any) property {
	return property{connection.FieldID{Kind: connection.FormField, Name: name}, value}
}

func TestCollidingKeys(t *testing.T) {
	got, seen, notes := Context{}.properties(connection.Customers,
		[]property{answer("size 2", "c"), answer("Size", "a"), answer("size", "b"), answer("SIZE", "d"), answer("?", "x")},
		[]property{{fieldID(connection.CustomerAttribute, "size"), "later group"}})
	assert.Equal(t, ometria.Properties{"size": "d", "size_3": "a", "size_4": "b", "size_2": "c", "size_5": "later group"}, got,
		"sorted by name, a number never takes another name's plain key")
	assert.Equal(t, []Note{
		{Code: NoteNoKey, Source: "?"}, {Code: NoteKeyCollision, Key: "size_3", Source: "Size"}, {Code: NoteKeyCollision, Key: "size_4", Source: "size"}, {Code: NoteKeyCollision, Key: "size_5", Source: "size"},
	}, notes)
	keys := map[connection.FieldID]string{}
	for _, f := range seen {
		keys[f.FieldID] = f.Key
	}
	assert.Len(t, keys, 6, "every field is seen, those without a key too")
	assert.Equal(t, "size_5", keys[connection.FieldID{Kind: connection.CustomerAttribute, Name: "size"}])
}

// Two names that fold to one key keep theirs whichever of them a record holds.
func TestKeysFixedForTheConnection(t *testing.T) {
	size, shout := connection.FieldID{Kind: connection.FormField, Name: "Size"}, connection.FieldID{Kind: connection.FormField, Name: "SIZE!"}
	fixed := Context{Keys: map[connection.FieldID]string{size: "size", shout: "size_2"}}
	both, _, notes := fixed.properties(connection.Customers, []property{answer("SIZE!", "a"), answer("Size", "b")})
	assert.Equal(t, ometria.Properties{"size": "b", "size_2": "a"}, both)
	assert.Equal(t, []Note{{Code: NoteKeyCollision, Key: "size_2", Source: "SIZE!"}}, notes)
	alone, _, notes := fixed.properties(connection.Customers, []property{answer("SIZE!", "a")})
	assert.Equal(t, ometria.Properties{"size_2": "a"}, alone)
	assert.Equal(t, []Note{{Code: NoteKeyCollision, Key: "size_2", Source: "SIZE!"}}, notes)

	late, _, _ := fixed.properties(connection.Customers, []property{answer("size", "not registered")})
	assert.Equal(t, ometria.Properties{"size_3": "not registered"}, late, "never another field's key, even if that field is absent")
	without, _, _ := Context{}.properties(connection.Customers, []property{answer("SIZE!", "a")})
	assert.Equal(t, ometria.Properties{"size": "a"}, without, "outside a connection")
	twice := Context{Keys: map[connection.FieldID]string{size: "size", shout: "size"}}
	broken, _, _ := twice.properties(connection.Customers, []property{answer("SIZE!", "a"), answer("Size", "b")})
	assert.Equal(t, ometria.Properties{"size": "a", "size_2": "b"}, broken, "one key for two fields loses neither")
}

func TestReservedKeysAreOurs(t *testing.T) {
	c := bigcommerce.Customer{ID: 1, Email: "a@example.com", Company: "Acme", OriginChannelID: 2}
	text := bigcommerce.FieldValue{Kind: bigcommerce.FieldText, Text: "theirs"}
	for _, k := range ReservedKeys(connection.Customers) {
		c.FormFields = append(c.FormFields, bigcommerce.FormField{Name: strings.ToUpper(k), Value: text})
	}
	for _, ctx := range []Context{{}, {Keys: map[connection.FieldID]string{{Kind: connection.FormField, Name: "COMPANY"}: "company"}}} {
		got := Customer(c, ctx, connection.RecordState{}).Records[0].(*ometria.Contact).Properties
		assert.Equal(t, ometria.Properties{"company": "Acme", "channel": "2", "channel_2": "theirs", "company_2": "theirs",
			"customer_group_2": "theirs", "store_credit_2": "theirs"}, got, "also where our fact is absent from the record")
	}
	for _, entity := range connection.Entities() {
		for _, k := range ReservedKeys(entity) {
			assert.Equal(t, k, key(k))
		}
	}
}

func TestMerchantFields(t *testing.T) {
	form := func(name string) connection.FieldID {
		return connection.FieldID{Kind: connection.FormField, Name: name}
	}
	text := func(s string) bigcommerce.FieldValue {
		return bigcommerce.FieldValue{Kind: bigcommerce.FieldText, Text: s}
	}
	ctx := Context{Attributes: map[int64]string{1: " Tier "}, PasswordFields: map[string]bool{"Secret": true}}
	c := bigcommerce.Customer{
		FormFields: []bigcommerce.FormField{
			{Name: "Size", Value: text("M")}, {Name: "size ", Value: text("L")}, {Name: "Secret", Value: text("hunter2")},
			{Name: " Secret ", Value: text("hunter2")}, {Name: "Size", Value: text("again")}, {Name: "Empty", Value: text("  ")},
			{Name: "★", Value: text("x")}, {Name: "Empty"},
		},
		Attributes: []bigcommerce.AttributeValue{{AttributeID: 1, Value: "gold"}, {AttributeID: 2, Value: "no name"}, {AttributeID: 1, Value: "again"}},
	}
	want := []connection.NewField{
		{FieldID: form("Size"), Plain: "size"}, {FieldID: form("size"), Plain: "size"}, {FieldID: form("★")},
		{FieldID: connection.FieldID{Kind: connection.CustomerAttribute, Name: "Tier"}, Plain: "tier"},
	}
	assert.Equal(t, want, MerchantFields(c, ctx))
	slices.Reverse(c.FormFields)
	assert.Equal(t, want, MerchantFields(c, ctx), "the same however they come")

	var seen []connection.NewField
	c.ID, c.Email = 1, "a@example.com"
	for _, f := range Customer(c, ctx, connection.RecordState{}).Fields {
		seen = append(seen, connection.NewField{FieldID: f.FieldID, Plain: key(f.Name)})
	}
	assert.Equal(t, want, seen, "what wants a key is what a record's fields are")

	product := bigcommerce.Product{CustomFields: []bigcommerce.CustomField{{ID: 2, Name: "fancy hats", Value: "a"}, {ID: 1, Name: "fancy hats", Value: "b"}, {ID: 3, Name: "none"}}}
	assert.Equal(t, []connection.NewField{{FieldID: connection.FieldID{Kind: connection.CustomField, Name: "fancy hats"}, Plain: "fancy_hats"}}, MerchantFields(product, ctx))
	assert.Nil(t, MerchantFields(bigcommerce.Subscriber{}, ctx))
}

func TestFingerprintHoldsTheFieldsKeys(t *testing.T) {
	size := connection.FieldID{Kind: connection.FormField, Name: "Size"}
	other := connection.FieldID{Kind: connection.FormField, Name: "Other"}
	c := bigcommerce.Customer{ID: 1, FormFields: []bigcommerce.FormField{{Name: "Size", Value: bigcommerce.FieldValue{Kind: bigcommerce.FieldText, Text: "M"}}}}
	print := func(keys map[connection.FieldID]string) []byte {
		return Fingerprint([]byte("key"), "account", Context{Keys: keys}, c)
	}
	first := print(map[connection.FieldID]string{size: "size"})
	assert.NotEqual(t, first, print(map[connection.FieldID]string{size: "size_2"}))
	assert.Equal(t, first, print(map[connection.FieldID]string{size: "size", other: "other"}), "other records' fields change nothing")
}

func TestPropertiesStayUnderTheLimit(t *testing.T) {
	got, seen, notes := Context{}.properties(connection.Customers, []property{
		answer("a", strings.Repeat("x", 500)), answer("b", strings.Repeat("y", 600)), answer("c", "still fits"), answer("d", []string{"<&>", "é"}), answer("e", json.Number("1.5")),
	})
	assert.NotContains(t, got, "b")
	assert.Equal(t, "still fits", got["c"])
	assert.Equal(t, []Note{{Code: NoteKeyLeftOut, Key: "b", Source: "b"}}, notes)
	for i, typ := range []string{connection.FieldText, connection.FieldText, connection.FieldText, connection.FieldList, connection.FieldNumber} {
		assert.Equal(t, typ, seen[i].Type)
		assert.Equal(t, i == 1, seen[i].LeftOut)
	}

	rapid.Check(t, func(t *rapid.T) {
		var all []property
		for i := range rapid.IntRange(0, 30).Draw(t, "n") {
			all = append(all, answer(fmt.Sprintf("field %d", i), rapid.StringN(0, 200, -1).Draw(t, "value")))
		}
		got, _, _ := Context{}.properties(connection.Customers, all)
		if got != nil && encodedSize(got) >= ometria.MaxPropertiesBytes {
			t.Fatalf("%d bytes", encodedSize(got))
		}
	})
	exact, _, _ := Context{}.properties(connection.Customers, []property{answer("k", strings.Repeat("x", 999-len(`{"k":""}`)))})
	assert.Equal(t, 999, encodedSize(exact), "999 bytes are under 1,000")
	over, seen, notes := Context{}.properties(connection.Customers, []property{answer("k", strings.Repeat("x", 1000-len(`{"k":""}`)))})
	assert.Nil(t, over)
	assert.True(t, seen[0].LeftOut, "a value that cannot fit at all is left out and said")
	assert.Equal(t, []Note{{Code: NoteKeyLeftOut, Key: "k", Source: "k"}}, notes)
}
