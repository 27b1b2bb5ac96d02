package bigcommerce

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"strconv"
)

// SecretHeader is the header that our hooks are made with: BigCommerce sends it
// back on each delivery, which proves that the delivery is of that hook.
const SecretHeader = "X-Webhook-Secret"

// SecretHash is what to keep of a secret that was issued: enough to know it
// again, too little to send it.
func SecretHash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// SecretMatches reports whether presented is the secret of hash, in a time that
// does not depend on either.
func SecretMatches(presented string, hash []byte) bool {
	return presented != "" && subtle.ConstantTimeCompare(SecretHash(presented), hash) == 1
}

// String hides the values: they hold the secret.
func (h HookHeaders) String() string { return strconv.Itoa(len(h)) + " headers" }

// LogValue hides the values.
func (h HookHeaders) LogValue() slog.Value { return slog.StringValue(h.String()) }
