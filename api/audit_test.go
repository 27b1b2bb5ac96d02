package api

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// entries are what the audit log says, oldest first: who, through what, what,
// and its detail.
func (s *service) entries(query string) (lines []string) {
	var page list[auditView]
	s.call(supportToken, "GET", "/v1/audit-log"+query, nil).want(200).into(&page)
	for i := len(page.Data) - 1; i >= 0; i-- {
		e := page.Data[i]
		lines = append(lines, e.Role+" "+e.Through+": "+e.Action+" ("+e.Detail+") "+string(e.Entity)+e.RecordID)
	}
	return lines
}

func TestAuditLog(t *testing.T) {
	s := newService(t)
	var made struct{ ID string }
	s.call(adminToken, "POST", "/v1/authentications", authenticationOf("abc1")).want(201).into(&made)
	id := string(s.connection("abc2"))
	path := "/v1/connections/" + id
	etag := s.call(adminToken, "GET", path, nil).want(200).Header.Get("ETag")
	s.call(adminToken, "PATCH", path, map[string]any{"timezone": "Europe/Paris", "name": "Hats of Ann"}, "If-Match", etag, "User-Agent", "ometria-bigcommerce-page").want(200)
	s.call(adminToken, "POST", path+"/pause", nil, "User-Agent", "ometria-bigcommerce-cli", "Idempotency-Key", "k1").want(202)
	s.call(adminToken, "POST", path+"/pause", nil, "User-Agent", "ometria-bigcommerce-cli", "Idempotency-Key", "k1").want(202)
	s.call(adminToken, "POST", path+"/resync", map[string]any{"entities": []string{"orders"}, "since": "2026-01-01"}).want(202)
	s.call(supportToken, "POST", path+"/records/orders/17/sync", nil).want(202)
	s.call(supportToken, "POST", path+"/failures/retry", map[string]any{"reason": "refused"}).want(202)
	s.call(supportToken, "POST", path+"/pause", nil).want(403)
	s.call(adminToken, "POST", path+"/resync", map[string]any{"entities": []string{"baskets"}}).want(422)
	s.call(adminToken, "DELETE", path, nil).want(202)

	want := []string{
		"admin api: created the connection () ",
		"admin page: changed the connection (name, timezone) ",
		"admin cli: paused the connection () ",
		"admin api: started a re-sync (orders since 2026-01-01) ",
		"support api: synced the record () orders17",
		"support api: retried failures (refused) ",
		"admin api: removed the connection () ",
	}
	assert.Equal(t, want, s.entries("?connection_id="+id))
	assert.Contains(t, s.entries(""), "admin api: created the authentication () ")

	all := s.call(supportToken, "GET", "/v1/audit-log", nil).want(200)
	for _, secret := range []string{"Hats of Ann", "Europe/Paris", secretKey, secretToken, secretClient, adminToken, supportToken} {
		assert.NotContains(t, string(all.Body), secret, "names of fields, never values")
	}
	require.Contains(t, string(all.Body), made.ID)
	s.call(supportToken, "GET", "/v1/audit-log?connection_id=x", nil).problem(422)
	s.call("", "GET", "/v1/audit-log", nil).problem(401)
}
