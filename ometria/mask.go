package ometria

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// refused stands for a message that came without the record that it is about:
// nothing then says which of its words are somebody's.
const refused = "Ometria refused the record"

const (
	hidden     = "[value]"
	maxMessage = 300
	maxRead    = 10_000
	maxPath    = 100
)

var (
	emailLike = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;:]+`)
	// Five digits, whatever a telephone number or a date puts between them.
	longNumber = regexp.MustCompile(`[+(]*\p{Nd}(?:[\s\p{Z}+\-‐-―./()]*\p{Nd}){4,}`)
	pathForm   = regexp.MustCompile(`^[A-Za-z0-9_@.\[\]/-]*$`)
	separators = regexp.MustCompile(`[.\[\]/]+`)
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9_@.-]{1,64}$`)
)

// masker takes out of a message what belongs to the record it is about.
type masker struct {
	values map[string]bool // texts and numbers of the record, of two characters at least
	names  map[string]bool // field names, which may be said
}

// newMasker reads a record as it came. It knows no values when there is none.
func newMasker(record json.RawMessage) masker {
	m := masker{values: map[string]bool{}, names: map[string]bool{}}
	decoder := json.NewDecoder(bytes.NewReader(record))
	decoder.UseNumber() // a number is masked as it was written
	var fields map[string]any
	if decoder.Decode(&fields) != nil {
		return m
	}
	told := false // anything but the record's key
	for name := range fields {
		told = told || name != "id" && !strings.HasPrefix(name, "@")
	}
	if !told {
		return m
	}
	for name := range schemaNames {
		m.names[name] = true
	}
	m.collect(fields)
	return m
}

func (m masker) collect(v any) {
	switch v := v.(type) {
	case string:
		m.add(v)
		// A message may name one word of a full name or of an address.
		if words := strings.FieldsFunc(v, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }); len(words) <= 6 {
			for _, word := range words {
				word = strings.TrimFunc(word, func(r rune) bool { return !inWord(r) })
				if len(word) >= 4 || word != strings.ToLower(word) { // not "of", "and"
					m.add(word)
				}
			}
		}
	case json.Number:
		m.add(v.String())
		if f, err := v.Float64(); err == nil {
			m.add(strconv.FormatFloat(f, 'f', -1, 64)) // 12.50 said as 12.5
		}
	case []any:
		for _, item := range v {
			m.collect(item)
		}
	case map[string]any:
		for name, item := range v {
			if nameForm.MatchString(name) && !strings.Contains(strings.TrimPrefix(name, "@"), "@") && !longNumber.MatchString(name) {
				m.names[name] = true
			}
			if name != "@type" && name != "@collection" {
				m.collect(item)
			}
		}
	}
}

func (m masker) add(value string) {
	value = strings.ToLower(strings.TrimSpace(value))
	if utf8.RuneCountInString(value) >= 2 {
		m.values[value] = true
	}
}

// message masks every value of the record, whatever looks like an e-mail address
// or a long number, and whatever stands in quotes but for a field's name.
func (m masker) message(text string) string {
	if len(m.values) == 0 {
		return refused
	}
	text = cut(text, maxRead)
	spans := slices.Concat(emailLike.FindAllStringIndex(text, -1), longNumber.FindAllStringIndex(text, -1),
		m.quotes(text), m.occurrences(text))
	slices.SortFunc(spans, func(a, b []int) int { return a[0] - b[0] })
	var masked strings.Builder
	at := 0
	for _, span := range spans {
		if span[1] <= at {
			continue
		}
		if span[0] >= at {
			masked.WriteString(text[at:span[0]])
			masked.WriteString(hidden)
		}
		at = span[1] // a span that begins in another one makes it longer
	}
	masked.WriteString(text[at:])
	return cut(masked.String(), maxMessage)
}

// path returns where in the record, or nothing when it may tell more.
func (m masker) path(text string) string {
	if !pathForm.MatchString(text) || longNumber.MatchString(text) {
		return ""
	}
	for _, part := range separators.Split(text, -1) {
		if strings.Contains(strings.TrimPrefix(part, "@"), "@") {
			return ""
		}
		if _, err := strconv.Atoi(part); err != nil && !m.names[part] && m.values[strings.ToLower(part)] {
			return ""
		}
	}
	return cut(text, maxPath)
}

// occurrences finds the record's values, in whatever case. Short ones count as
// whole words only, or "Li" would be found in "invalid".
func (m masker) occurrences(text string) (spans [][]int) {
	lower := strings.ToLower(text)
	for value := range m.values {
		words := strings.Fields(value)
		if !strings.Contains(lower, words[0]) {
			continue
		}
		for i := range words {
			words[i] = regexp.QuoteMeta(words[i])
		}
		for _, span := range regexp.MustCompile(`(?i)`+strings.Join(words, `\s+`)).FindAllStringIndex(text, -1) {
			whole := !wordEnds(text[:span[0]]) && !wordBegins(text[span[1]:])
			if !whole && len(value) < 5 || m.names[wordAround(text, span)] {
				continue
			}
			spans = append(spans, span)
		}
	}
	return spans
}

// quotes finds what stands in quotes, but for field names. A quote that is
// never closed reaches to the end.
func (m masker) quotes(text string) (spans [][]int) {
	for at := 0; at < len(text); {
		open, size := utf8.DecodeRuneInString(text[at:])
		closing, ok := quotePairs[open]
		if !ok || open != '"' && wordEnds(text[:at]) { // an apostrophe
			at += size
			continue
		}
		begin, inner := at, at+size
		end := len(text)
		at = end
		for i, r := range text[inner:] {
			after := inner + i + utf8.RuneLen(r)
			// One inside a word is an apostrophe, as in O'Neil.
			if r == closing && !wordBegins(text[after:]) && !strings.HasSuffix(text[:inner+i], `\`) {
				end, at = inner+i, after
				break
			}
		}
		if !m.names[text[inner:end]] {
			spans = append(spans, []int{begin, at})
		}
	}
	return spans
}

var quotePairs = map[rune]rune{'"': '"', '\'': '\'', '`': '`', '“': '”', '„': '“', '‘': '’', '«': '»'}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

func wordEnds(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return text != "" && inWord(r)
}

func wordBegins(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return text != "" && inWord(r)
}

// wordAround is the span with the letters, digits and underscores next to it:
// first_name where "name" was found.
func wordAround(text string, span []int) string {
	outside := func(r rune) bool { return !inWord(r) && r != '_' && r != '@' }
	begin := strings.LastIndexFunc(text[:span[0]], outside)
	if begin >= 0 {
		_, size := utf8.DecodeRuneInString(text[begin:])
		begin += size
	}
	end := strings.IndexFunc(text[span[1]:], outside)
	if end < 0 {
		end = len(text) - span[1]
	}
	return text[max(begin, 0) : span[1]+end]
}

// schemaNames are the fields of the records we push: a message may name one
// that the record lacks.
var schemaNames = fieldNames(reflect.TypeFor[Contact](), reflect.TypeFor[Order](), reflect.TypeFor[Product]())

func fieldNames(types ...reflect.Type) map[string]bool {
	names := map[string]bool{"@type": true}
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		if kind := t.Kind(); kind == reflect.Pointer || kind == reflect.Slice {
			walk(t.Elem())
			return
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		for field := range t.Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
				names[name] = true
			}
			walk(field.Type)
		}
	}
	for _, t := range types {
		walk(t)
	}
	return names
}

func cut(text string, limit int) string {
	runes := []rune(strings.ToValidUTF8(text, ""))
	if len(runes) <= limit {
		return string(runes)
	}
	return string(runes[:limit]) + "…"
}
