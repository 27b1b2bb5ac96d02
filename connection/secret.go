package connection

import "log/slog"

// Secret is a string that never shows itself in logs, errors or %v. JSON does
// carry it, because the encrypted form is made from JSON.
type Secret string

const hidden = "[hidden]"

func (Secret) String() string       { return hidden }
func (Secret) GoString() string     { return hidden }
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
func (s Secret) Reveal() string     { return string(s) }

// Last4 returns the last four characters for recognising a secret, or nothing
// when it is so short that four characters would give it away.
func (s Secret) Last4() string {
	if len(s) < 12 {
		return ""
	}
	return string(s[len(s)-4:])
}
