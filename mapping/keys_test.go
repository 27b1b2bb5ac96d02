package mapping

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ometria/ometria-bigcommerce/ometria"
)

func TestKey(t *testing.T) {
	for name, want := range map[string]string{
		"fancy hats":           "fancy_hats",
		"  Fancy   HATS! ":     "fancy_hats",
		"my_custom_field":      "my_custom_field",
		"Men's size":           "men_s_size",
		"Größe":                "grosse",
		"Crème brûlée":         "creme_brulee",
		"Æther & Ørsted":       "aether_orsted",
		"ﬁt":                   "fit",
		"２０２６":                 "2026",
		"2nd name":             "2nd_name",
		"---":                  "",
		"":                     "",
		"★":                    "",
		"尺寸":                   "x" + hash("尺寸"),
		"Размер M":             "m_" + hash("Размер M"),
		"M":                    "m",
		"a_____b":              "a_b",
		"\u0130stanbul":        "istanbul",
		"half\u00a0space":      "half_space",
		"line\nbreak\ttabbed ": "line_break_tabbed",
	} {
		assert.Equal(t, want, key(name), "%q", name)
	}
}

// A key never eats the room that its value needs, and two long names that begin
// alike stay two keys.
func TestKeysAreBounded(t *testing.T) {
	question := strings.Repeat("how did you hear about us ", 20)
	for _, name := range []string{question, question + "?!", question + "this year", strings.Repeat("x", 65), strings.Repeat("尺a", 100), strings.Repeat("a ", 60)} {
		k := key(name)
		assert.LessOrEqual(t, len(k), maxKey, "%q", k)
		assert.Regexp(t, keyForm, k)
		assert.Equal(t, k, key(" "+name+"\u200b"), "space around a name is no part of it")
	}
	assert.NotEqual(t, key(question), key(question+"this year"))
	assert.Equal(t, strings.Repeat("x", 64), key(strings.Repeat("X", 64)), "as long as a key may be")
	assert.Equal(t, "how_did_you_hear_about_us_how_did_you_hear_about_us_how_"+hash(trim(question)), strings.ReplaceAll(key(question), "__", "_"))
	assert.LessOrEqual(t, len(valueKey(strings.Repeat("+9", 99))), maxKey)
}

func TestValueKeyKeepsValuesApart(t *testing.T) {
	for _, pair := range [][2]string{{"A+", "A-"}, {"A+", "A"}, {"-5", "5"}, {"<5", ">5"}, {"★", "☆"}, {"大", "小"}, {"+", "-"}} {
		assert.NotEqual(t, valueKey(pair[0]), valueKey(pair[1]), "%q", pair)
	}
	for label, want := range map[string]string{"M": "m", " m ": "m", "Navy / Blue": "navy_blue", "1.5 l": "1_5_l", "": ""} {
		assert.Equal(t, want, valueKey(label))
	}
}

var keyForm = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)

func TestKeysAreSnakeCaseAndDistinct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfDistinct(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"a", "A", "a 2", "a_2", "a!", "a 2!", "A-2-2"})), rapid.ID[string]).Draw(t, "names")
		names := make([]named, len(texts))
		for i := range texts {
			names[i].name = texts[i]
		}
		assign(names, map[string]bool{})
		seen := map[string]bool{}
		for _, n := range names {
			if n.key == "" {
				continue
			}
			if !keyForm.MatchString(n.key) || len(n.key) > maxKey+len("_99") || seen[n.key] {
				t.Fatalf("key %q of %q", n.key, n.name)
			}
			seen[n.key] = true
		}
	})
}

func TestAttributesAreTheSameHoweverTheyCome(t *testing.T) {
	a, notes := attributes([]option{{"Size", "M"}, {"size", "Tall"}, {"Colour ", " Red"}, {"", "x"}, {"Cut", ""}})
	require.Len(t, notes, 3, "a collision and two without a key")
	b, _ := attributes([]option{{"Colour", "Red"}, {"size", "Tall"}, {"Size", "M"}, {"Size", "M"}})
	assert.Equal(t, a, b)
	assert.Equal(t, []ometria.Attribute{{Type: "colour", ID: "red", Label: "Red"}, {Type: "size", ID: "m", Label: "M"}, {Type: "size_2", ID: "tall", Label: "Tall"}}, a)
}
