package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

func audit(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	shop, other := connection.NewID(), connection.NewID()
	done := []connection.AuditEntry{
		{Role: "admin", Name: "ann", Through: "page", Action: "created the connection", ConnectionID: shop},
		{Role: "support", Through: "cli", Action: "synced the record", ConnectionID: other, Entity: connection.Orders, RecordID: 7},
		{Role: "admin", Name: "ann", Through: "api", Action: "changed the connection", Detail: "timezone", ConnectionID: shop},
	}
	for _, e := range done {
		require.NoError(t, s.Audit(ctx, e))
	}
	var all []connection.AuditEntry
	cursor := ""
	for {
		page, next, err := s.AuditLog(ctx, "", cursor, 2)
		require.NoError(t, err)
		all = append(all, page...)
		if cursor = next; next == "" {
			break
		}
	}
	require.Len(t, all, 3)
	for i, e := range all {
		assert.WithinDuration(t, time.Now(), e.At, time.Minute)
		e.ID, e.At = "", time.Time{}
		assert.Equal(t, done[len(done)-1-i], e, "newest first")
	}
	mine, next, err := s.AuditLog(ctx, shop, "", 10)
	require.NoError(t, err)
	assert.Empty(t, next)
	assert.Len(t, mine, 2)

	Elapse(t, s, 401*24*time.Hour)
	require.NoError(t, s.Audit(ctx, done[0]))
	kept, _, err := s.AuditLog(ctx, "", "", 10)
	require.NoError(t, err)
	assert.Len(t, kept, 1, "what is older than 400 days goes")
}
