package page

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrongTokensLockNobodyOut(t *testing.T) {
	b := newBrowser(t, noConnections, "")
	var got seen
	for range 10 * wrongTokensAtOnce {
		if got = b.signIn("wrong-token-0123456789"); got.StatusCode == http.StatusTooManyRequests {
			break
		}
		require.Equal(t, http.StatusUnauthorized, got.StatusCode)
	}
	assert.Equal(t, http.StatusTooManyRequests, got.StatusCode)
	assert.NotEmpty(t, got.Header.Get("Retry-After"))
	assert.Contains(t, got.text, "Too many wrong tokens")
	assert.Equal(t, http.StatusOK, b.signIn(adminToken).StatusCode, "a right one gets in")
}
