package mapping

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	name = strings.TrimSpace(name)
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
		return b.String() + "_" + hash(name)
	case lost:
		return "x" + hash(name)
	}
	return b.String()
}

// valueKey is the key of an option's value. Signs that tell values apart are
// not lost in it: "A+" and "A-" get a hash, as does a value of signs alone.
func valueKey(label string) string {
	label = strings.TrimSpace(label)
	k := key(label)
	switch {
	case label == "":
		return ""
	case k == "":
		return "x" + hash(label)
	case strings.ContainsFunc(label, func(r rune) bool { return unicode.Is(unicode.Sm, r) }),
		strings.HasPrefix(label, "-"), strings.HasSuffix(label, "-"):
		return k + "_" + hash(label)
	}
	return k
}

func hash(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}

// named is a merchant's name that wants a key.
type named struct {
	name string
	key  string
	// numbered reports that an earlier name took the plain key.
	numbered bool
}

// assign gives each name a key of its own. The first name in the order given
// keeps the plain key; the others get _2, _3 and so on, never a key that is
// another name's plain one. Names without a key keep "".
func assign(names []named) {
	taken := map[string]bool{}
	var rest []int
	for i := range names {
		switch k := key(names[i].name); {
		case k == "":
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
				names[i].key, names[i].numbered = numbered, true
				break
			}
		}
	}
}

// property is a custom field on its way.
type property struct {
	name  string
	value any // string, json.Number or []string
}

// properties makes the properties of a record. Groups come in the order of
// their right to a plain key and to the room: within a group by name. A key
// that no longer fits into the 1,000 bytes is left out whole; later ones that
// are small enough still go in (Ometria data architecture).
func properties(groups ...[]property) (ometria.Properties, []Note) {
	var all []property
	for _, group := range groups {
		group = slices.Clone(group)
		slices.SortStableFunc(group, func(a, b property) int { return strings.Compare(a.name, b.name) })
		all = append(all, group...)
	}
	names := make([]named, len(all))
	for i, p := range all {
		names[i].name = p.name
	}
	assign(names)

	var notes []Note
	out := ometria.Properties{}
	room := ometria.MaxPropertiesBytes - len("{}") - 1 // under, not up to
	for i, p := range all {
		n := names[i]
		if n.key == "" {
			notes = append(notes, Note{Code: NoteNoKey, Source: p.name})
			continue
		}
		size := encodedSize(n.key) + len(":") + encodedSize(p.value)
		if len(out) > 0 {
			size += len(",")
		}
		if size > room {
			notes = append(notes, Note{Code: NoteKeyLeftOut, Key: n.key, Source: p.name})
			continue
		}
		if n.numbered {
			notes = append(notes, Note{Code: NoteKeyCollision, Key: n.key, Source: p.name})
		}
		room -= size
		out[n.key] = p.value
	}
	if len(out) == 0 {
		return nil, notes
	}
	return out, notes
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

// option is one choice that makes a variant: its display name and its label.
type option struct{ name, label string }

// attributes makes the variant's attributes and a line's variant options. Both
// go through here, so that a filter finds "Size: M" in both.
func attributes(options []option) ([]ometria.Attribute, []Note) {
	options = slices.Clone(options)
	for i, o := range options {
		options[i] = option{strings.TrimSpace(o.name), strings.TrimSpace(o.label)}
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
	assign(names)
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
