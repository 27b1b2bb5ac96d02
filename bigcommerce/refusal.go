package bigcommerce

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	maxRefusal = 64 << 10
	maxText    = 300
	maxFields  = 20
)

// refusal turns an answer that is not 2xx into an *APIError or *QuotaError.
// secrets are the request's: no error may repeat them.
func (c *Client) refusal(route string, secrets []string, resp *http.Response) error {
	// What could be read of the body is enough; the status counts.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	requestID := bounded(resp.Header.Get("X-Request-Id"))
	if resp.StatusCode == http.StatusTooManyRequests {
		return quotaError(route, resp.Header, requestID)
	}
	e := decodeRefusal(resp.StatusCode, body)
	e.Route, e.RequestID = route, requestID
	e.clean(append(slices.Clone(secrets), c.config.AccessToken))
	return e
}

func quotaError(route string, header http.Header, requestID string) error {
	e := &QuotaError{Route: route, RequestID: requestID}
	quota, ok := readQuota(header)
	e.Quota, e.ResetIn, e.PlatformLoad = quota, quota.Reset, !ok
	// Not documented, but believed where it comes.
	if seconds, err := strconv.ParseInt(header.Get("Retry-After"), 10, 32); err == nil && seconds > 0 && !ok {
		e.ResetIn = time.Duration(min(seconds, 86400)) * time.Second
	}
	return e
}

// refusalBody is what v2 sends in an array and v3 alone.
type refusalBody struct {
	Status  Int             `json:"status"`
	Code    Text            `json:"code"`
	Title   Text            `json:"title"`
	Message Text            `json:"message"`
	Error   Text            `json:"error"`
	Errors  json.RawMessage `json:"errors"`
	Details json.RawMessage `json:"details"`
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// decodeRefusal reads v2's array of errors, v3's object, a gateway's text or
// HTML, or nothing at all. It never fails.
func decodeRefusal(status int, body []byte) *APIError {
	e := &APIError{Status: status}
	switch form(body) {
	case "array":
		var parts []object[refusalBody]
		if json.Unmarshal(body, &parts) != nil {
			return e
		}
		var messages []string
		for _, part := range parts {
			if message := string(part.value.Message); message != "" {
				messages = append(messages, message)
			}
			e.Code = firstText(e.Code, string(part.value.Code))
			e.addFields("", part.value.Details)
		}
		e.Message = strings.Join(messages, "; ")
		e.FromAPI = len(messages) > 0
	case "object":
		var b refusalBody
		if json.Unmarshal(body, &b) != nil {
			return e
		}
		e.Code, e.Title = string(b.Code), string(b.Title)
		e.Message = firstText(string(b.Message), string(b.Error))
		e.addFields("", b.Errors)
		e.addFields("", b.Details)
		// A gateway in between may send an object with a message alone.
		e.FromAPI = e.Title != "" || b.Message != "" && int(b.Status) == status
	default:
		text := string(body)
		if title := htmlTitle.FindStringSubmatch(text); title != nil {
			e.Message = title[1]
		} else if !strings.Contains(text, "<") {
			e.Message = text
		}
	}
	return e
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// addFields flattens {"name": "text" | ["text"] | {...}} and [{...}].
func (e *APIError) addFields(prefix string, data json.RawMessage) {
	if len(e.Fields) >= maxFields || strings.Count(prefix, ".") > 3 {
		return
	}
	switch form(data) {
	case "object":
		var fields map[string]json.RawMessage
		if json.Unmarshal(data, &fields) != nil {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			e.addFields(strings.TrimPrefix(prefix+"."+name, "."), fields[name])
		}
	case "array":
		var items []json.RawMessage
		if json.Unmarshal(data, &items) != nil {
			return
		}
		for i, item := range items {
			if i == 0 && form(item) == "string" {
				e.addFields(prefix, item)
				continue
			}
			e.addFields(strings.TrimPrefix(prefix+"."+strconv.Itoa(i), "."), item)
		}
	default:
		text, ok := scalar(data)
		if !ok || text == "" {
			return
		}
		if prefix == "" {
			e.Message = firstText(e.Message, text)
			return
		}
		if e.Fields == nil {
			e.Fields = map[string]string{}
		}
		e.Fields[prefix] = text
	}
}

// clean bounds every text and masks what must not be seen in it: an answer may
// repeat the request, or say whose record is at fault.
func (e *APIError) clean(secrets []string) {
	mask := func(text string) string {
		// First: a byte dropped later would join the parts of a secret.
		text = oneLine(text)
		for _, secret := range secrets {
			if secret != "" {
				text = strings.ReplaceAll(text, secret, "[token]")
			}
		}
		text = email.ReplaceAllString(text, "[email]")
		text = quoted.ReplaceAllString(text, "${1}[value]")
		return cut(longNumber.ReplaceAllString(text, "[number]"))
	}
	if !code.MatchString(e.Code) {
		e.Code = mask(e.Code)
	}
	e.Title, e.Message = mask(e.Title), mask(e.Message)
	if e.Fields == nil {
		return
	}
	masked := make(map[string]string, len(e.Fields))
	for name, text := range e.Fields {
		if name = mask(name); !fieldName.MatchString(name) {
			name = "[field]"
		}
		masked[name] = mask(text)
	}
	e.Fields = masked
}

var (
	// Also as a URL has it, which a gateway may repeat.
	email = regexp.MustCompile(`[^\s"'<>(),;:=&]+(?:@|%40)[^\s"'<>(),;:=&]+`)
	// Five digits, whatever a telephone number or a date puts between them.
	longNumber = regexp.MustCompile(`[+(]*\p{Nd}(?:[\s\p{Z}+\-‐-―./()]*\p{Nd}){4,}`)
	// A quote that is never closed reaches to the end. An apostrophe, as in
	// don't, opens none: only a single quote at a word's begin does.
	quoted = regexp.MustCompile(`(?s)"(?:\\.|[^"\\])*(?:"|\\?$)|(^|[^\pL\pN])'(?:[^']|'[\pL\pN])*(?:'|$)`)
	// The vendor's codes are numbers of up to six digits.
	code      = regexp.MustCompile(`^\d{1,6}$`)
	fieldName = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)
	// errorKey is a text that stands for one in the vendor's own words, such as
	// error.path.missing.
	errorKey = regexp.MustCompile(`^error(?:\.[a-z_]+)+\.?$`)
)

// bounded is text on one line, of at most 300 characters.
func bounded(text string) string { return cut(oneLine(text)) }

// oneLine is text in valid UTF-8 without line breaks or control characters.
func oneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return text
}
