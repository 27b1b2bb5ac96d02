-- name: InsertRequest
INSERT INTO requests (token, key, fingerprint, created_at) VALUES (?1, ?2, ?3, {now})
ON CONFLICT (token, key) DO NOTHING;

-- name: SelectRequest
SELECT fingerprint, status, headers, body, {now} - created_at FROM requests WHERE token = ?1 AND key = ?2 {lock};

-- name: RestartRequest
UPDATE requests SET fingerprint = ?3, created_at = {now} WHERE token = ?1 AND key = ?2;

-- name: SaveRequest
UPDATE requests SET status = ?3, headers = ?4, body = ?5 WHERE token = ?1 AND key = ?2;

-- name: DeleteRequest
DELETE FROM requests WHERE token = ?1 AND key = ?2;

-- name: PurgeRequests
DELETE FROM requests WHERE created_at < {now} - ?1;
