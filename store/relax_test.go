package store_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/store"
)

// What does not wait for the disk must leave a connection that does.
func TestSQLiteSyncsAgainAfterAWriteThatDidNot(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), nil, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Migrate(t.Context()))
	const full = 2
	level := func() (level int) {
		require.NoError(t, s.DB().QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&level))
		return level
	}
	require.Equal(t, full, level())
	_, err = s.NextSeq(t.Context())
	require.NoError(t, err)
	assert.Equal(t, full, level())
	for n := range 50 { // cut short anywhere
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range n {
				_, _, _ = s.TakeOmetria(ctx, "A", 1000, store.OmetriaPush, true)
			}
		}()
		cancel()
		<-done
		require.Equal(t, full, level())
	}
}
