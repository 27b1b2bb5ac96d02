package bigcommercesim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The API writes times in three ways: customers, subscribers and channels with
// a Z, the catalog and scripts with +00:00, orders as RFC 2822. All three read
// all of them, so that a person may PATCH either.

// zuluTime is 2024-05-14T09:34:00Z.
type zuluTime struct{ time.Time }

// offsetTime is 2024-05-14T09:34:00+00:00.
type offsetTime struct{ time.Time }

// mailTime is Tue, 14 May 2024 09:34:00 +0000, or "" when unset.
type mailTime struct{ time.Time }

const offsetLayout = "2006-01-02T15:04:05-07:00"

func (t zuluTime) MarshalJSON() ([]byte, error)   { return quoted(t.Time, time.RFC3339) }
func (t offsetTime) MarshalJSON() ([]byte, error) { return quoted(t.Time, offsetLayout) }
func (t mailTime) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte(`""`), nil
	}
	return quoted(t.Time, time.RFC1123Z)
}

func (t *zuluTime) UnmarshalJSON(raw []byte) error   { return unquote(raw, &t.Time) }
func (t *offsetTime) UnmarshalJSON(raw []byte) error { return unquote(raw, &t.Time) }
func (t *mailTime) UnmarshalJSON(raw []byte) error   { return unquote(raw, &t.Time) }

func quoted(t time.Time, layout string) ([]byte, error) {
	out := make([]byte, 0, len(layout)+6)
	out = append(out, '"')
	out = t.UTC().AppendFormat(out, layout)
	return append(out, '"'), nil
}

func unquote(raw []byte, t *time.Time) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	if text == "" {
		*t = time.Time{}
		return nil
	}
	parsed, _, err := parseTime(text)
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

// layouts are what date filters take. A time without a zone is read as UTC.
var layouts = []string{
	time.RFC3339, offsetLayout, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05", time.RFC1123Z, "Mon, _2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 -0700",
}

// parseTime reads a time to the second and reports whether it was a bare date.
func parseTime(text string) (t time.Time, bareDate bool, err error) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Second), false, nil
		}
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, true, nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC(), false, nil
	}
	return time.Time{}, false, fmt.Errorf("%q is no date", text)
}

func zulu(unix int64) zuluTime       { return zuluTime{time.Unix(unix, 0).UTC()} }
func plusZero(unix int64) offsetTime { return offsetTime{time.Unix(unix, 0).UTC()} }
func mailed(unix int64) mailTime     { return mailTime{time.Unix(unix, 0).UTC()} }
