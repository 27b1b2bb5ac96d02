-- name: InsertAuthentication
INSERT INTO authentications (id, name, store_hash, client_id, access_token_last4, ometria_key_last4,
    has_client_secret, credentials, credentials_key_id, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, {now}, {now});

-- name: SelectAuthentication
SELECT id, name, store_hash, client_id, access_token_last4, ometria_key_last4, has_client_secret, created_at, updated_at
FROM authentications WHERE id = ?1;

-- name: ListAuthentications
SELECT id, name, store_hash, client_id, access_token_last4, ometria_key_last4, has_client_secret, created_at, updated_at
FROM authentications WHERE id > ?1 ORDER BY id LIMIT ?2;

-- name: SelectCredentials
SELECT credentials, credentials_key_id FROM authentications WHERE id = ?1;

-- name: LockAuthentication
SELECT store_hash FROM authentications WHERE id = ?1 {lock};

-- name: AuthenticationInUse
-- Also by a connection that is to change to it, or has still to remove what it
-- made with it: replacing holds the ids as JSON strings.
SELECT id FROM connections
WHERE removed_at = 0 AND (authentication_id = ?1 OR replacing LIKE '%"' || CAST(?1 AS TEXT) || '"%') LIMIT 1;

-- name: DeleteAuthentication
DELETE FROM authentications WHERE id = ?1;
