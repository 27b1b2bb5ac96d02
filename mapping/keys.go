package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/ometria/ometria-bigcommerce/ometria"
)

// latin are the letters that decompose into no ASCII letter and a mark.
var latin = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'þ': "th", 'ı': "i", 'ŋ': "n", 'ħ': "h",
}

// key is a name in lower-case snake case and ASCII: "Fancy Hats" is fancy_hats,
// "Größe" is grosse. Where letters have no ASCII form, eight hexadecimal
// characters of the name's hash follow, so that two names in another script
// stay two keys. It is "" for a name without any letter or digit.
func key(name string) string {
	name = trim(name)
	var b strings.Builder
	var lost, gap bool
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		folded := latin[r]
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			folded = string(r)
		case folded != "" || unicode.IsMark(r):
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			lost, gap = true, true
		default:
			gap = true
		}
		if folded == "" {
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('_')
		}
		gap = false
		b.WriteString(folded)
	}
	switch {
	case lost && b.Len() > 0:
		return bounded(b.String()+"_"+hash(name), name)
	case lost:
		return "x" + hash(name)
	}
	return bounded(b.String(), name)
}

// valueKey is the key of an option's value. Signs that tell values apart are
// not lost in it: "A+" and "A-" get a hash, as does a value of signs alone.
func valueKey(label string) string {
	label = trim(label)
	k := key(label)
	switch {
	case label == "":
		return ""
	case k == "":
		return "x" + hash(label)
	case strings.ContainsFunc(label, func(r rune) bool { return unicode.Is(unicode.Sm, r) }),
		strings.HasPrefix(label, "-"), strings.HasSuffix(label, "-"):
		return bounded(k+"_"+hash(label), label)
	}
	return k
}

func hash(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}

// maxKey bounds a key: a name of hundreds of letters would eat the room that
// properties have.
const maxKey = 64

// bounded is a key cut to maxKey, with the name's hash so that two long names
// that begin alike stay two keys.
func bounded(key, name string) string {
	if len(key) <= maxKey {
		return key
	}
	suffix := "_" + hash(name)
	return strings.TrimRight(key[:maxKey-len(suffix)], "_") + suffix
}

// named is a merchant's name that wants a key.
type named struct {
	name string
	key  string
	// numbered reports that the key is not the one the name makes by itself.
	numbered bool
}

// assign gives a key of its own to each name that has none yet. The first name
// in the order given gets the plain key; the others get _2, _3 and so on, never
// a key that is taken or another name's plain one. Names without any letter or
// digit keep "".
func assign(names []named, taken map[string]bool) {
	var rest []int
	for i := range names {
		switch k := key(names[i].name); {
		case names[i].key != "" || k == "":
		case taken[k]:
			rest = append(rest, i)
		default:
			taken[k] = true
			names[i].key = k
		}
	}
	for _, i := range rest {
		k := key(names[i].name)
		for n := 2; ; n++ {
			if numbered := k + "_" + strconv.Itoa(n); !taken[numbered] {
				taken[numbered] = true
				names[i].key = numbered
				break
			}
		}
	}
	for i, n := range names {
		names[i].numbered = n.key != key(n.name)
	}
}

// option is one choice that makes a variant: its display name and its label.
type option struct{ name, label string }

// Types of the attributes that are no options.
const (
	typeBrand    = "brand"
	typeCategory = "category"
)

// attributes makes the variant's attributes and a line's variant options. Both
// go through here, so that a filter finds "Size: M" in both.
func attributes(options []option) ([]ometria.Attribute, []Note) {
	options = slices.Clone(options)
	for i, o := range options {
		options[i] = option{trim(o.name), trim(o.label)}
	}
	slices.SortFunc(options, func(a, b option) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.label, b.label)
	})
	options = slices.Compact(options)
	names := make([]named, len(options))
	for i, o := range options {
		names[i].name = o.name
	}
	// An option of the shop named Brand is not the catalogue's brand.
	assign(names, map[string]bool{typeBrand: true, typeCategory: true})
	var out []ometria.Attribute
	var notes []Note
	for i, o := range options {
		id := valueKey(o.label)
		if names[i].key == "" || id == "" {
			notes = append(notes, Note{Code: NoteNoKey, Source: o.name})
			continue
		}
		if names[i].numbered {
			notes = append(notes, Note{Code: NoteKeyCollision, Key: names[i].key, Source: o.name})
		}
		out = append(out, ometria.Attribute{Type: names[i].key, ID: id, Label: o.label})
	}
	return out, notes
}
