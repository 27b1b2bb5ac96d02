package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTrim(t *testing.T) {
	for text, want := range map[string]string{
		" Ann\t\n":                       "Ann",
		"\u00a0Ann\u2003\u3000":          "Ann",
		"\ufeff\u200bAnn\u200e\u00ad":    "Ann",
		"Ann\u00a0Lee":                   "Ann\u00a0Lee",
		"a\u0000b\u0007c\u0085":          "abc",
		"first\r\n\tsecond":              "first\r\n\tsecond",
		"Zoe\u0308":                      "Zoe\u0308", // a mark of its own
		"\U0001F469\u200d\U0001F680":     "\U0001F469\u200d\U0001F680",
		"\U0001F3F4\U000E0067\U000E007F": "\U0001F3F4\U000E0067\U000E007F",
		"<b>Ann</b> &amp; &lt;Co&gt;":    "<b>Ann</b> &amp; &lt;Co&gt;",
		"default":                        "default",
		"\u200b \u00a0":                  "",
	} {
		assert.Equal(t, want, trim(text), "%q", text)
		assert.Equal(t, want, trim(trim(text)), "%q", text)
	}
}

func TestDay(t *testing.T) {
	for text, want := range map[string]string{
		"2024-02-29":                      "2024-02-29",
		"2024/02/29":                      "2024-02-29",
		"2024-02-29T00:00:00Z":            "2024-02-29",
		"2024-02-29T00:00:00+13:00":       "2024-02-29", // the day as written
		"2024-02-29T00:00:00.000Z":        "2024-02-29",
		"2024-02-29T00:00:00+0000":        "2024-02-29",
		"2024-02-29T00:00:00":             "2024-02-29",
		"2024-02-29 00:00:00":             "2024-02-29",
		"Thu, 29 Feb 2024 00:00:00 +0000": "2024-02-29",
		"Thu, 29 Feb 2024 00:00:00 GMT":   "2024-02-29",
		"2024-02-29T23:00:00Z":            "", // in some zone the next
		"2023-02-29":                      "",
		"0000-00-00":                      "",
		"0000-01-01":                      "",
		"29/02/2024":                      "", // one country's form
		"02/29/2024":                      "",
		"29.02.2024":                      "",
		"20240229":                        "", // may be a number
		"2024-2-9":                        "",
		"2024-02":                         "",
		"last Thursday":                   "",
		"":                                "",
		"2024-02-29T00:00:00Z and a text that goes on": "",
	} {
		assert.Equal(t, want, day(text), "%q", text)
	}
}
