package bigcommerce

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Timestamp is an instant in UTC. v2 sends RFC 2822 with a one- or two-digit
// day, v3 sends ISO 8601 with or without a zone (UTC then), webhooks and v2/time
// send Unix seconds; "" and null are the zero time.
type Timestamp struct{ time.Time }

// NewTimestamp returns t in UTC.
func NewTimestamp(t time.Time) Timestamp { return Timestamp{t.UTC()} }

// UnmarshalJSON reads every form that BigCommerce sends.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	*t = Timestamp{}
	text, ok := scalar(data)
	if !ok || text == "false" {
		return nil
	}
	parsed, err := ParseTimestamp(text)
	if err != nil {
		return errValue[Timestamp](data)
	}
	*t = parsed
	return nil
}

// MarshalJSON writes RFC 3339, or "" for the zero time, as v2 does.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte(`""`), nil
	}
	return json.Marshal(t.UTC().Format(time.RFC3339Nano))
}

// layouts are the forms seen; a fraction of a second is read by all of them.
// None has a zone's name: Go would read an unknown name as UTC, hours off.
var layouts = []string{
	time.RFC3339,
	"Mon, 2 Jan 2006 15:04:05 -0700",
	"2006-01-02T15:04:05-0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
	"2 Jan 2006 15:04:05 -0700",
	"2006-01-02",
}

var errNotDate = errors.New("not a date")

// ParseTimestamp reads RFC 2822, ISO 8601 with or without a zone, Unix seconds,
// or "". The error does not repeat the text.
func ParseTimestamp(text string) (Timestamp, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasPrefix(text, "0000-00-00") ||
		strings.HasPrefix(text, "-0001-11-30") || strings.Contains(text, " 30 Nov -0001") { // as PHP prints 0000-00-00
		return Timestamp{}, nil
	}
	for _, name := range []string{" GMT", " UTC", " UT", " Z"} {
		if before, ok := strings.CutSuffix(text, name); ok {
			text = before + " +0000"
			break
		}
	}
	for _, layout := range layouts {
		if parsed, err := time.Parse(layout, text); err == nil && inRange(parsed) {
			return NewTimestamp(parsed), nil
		}
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds == 0 {
		return Timestamp{}, nil
	} else if err == nil && seconds >= minUnix && seconds <= maxUnix {
		return NewTimestamp(time.Unix(seconds, 0)), nil
	}
	return Timestamp{}, errNotDate
}

// Below minUnix (in 1973) a bare number is a date without dashes or a mistake.
const (
	minUnix = 100_000_000
	maxUnix = 253_402_300_799
)

func inRange(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}

// dateV2 is a date filter of v2: ISO 8601 with an explicit offset.
func dateV2(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// dateV3 is a date filter of v3: always whole, since products append the
// present time of day to a bare date.
func dateV3(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
