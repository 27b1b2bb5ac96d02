-- name: InsertAudit
INSERT INTO audit_log (id, at, role, name, through, action, detail, connection_id, authentication_id, entity, record_id)
VALUES (?1, {now}, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- Ids are UUIDv7: newest first is by id.
-- name: ListAudit
SELECT id, at, role, name, through, action, detail, connection_id, authentication_id, entity, record_id FROM audit_log
WHERE (?1 = '' OR id < ?1) ORDER BY id DESC LIMIT ?2;

-- name: ListConnectionAudit
SELECT id, at, role, name, through, action, detail, connection_id, authentication_id, entity, record_id FROM audit_log
WHERE connection_id = ?3 AND (?1 = '' OR id < ?1) ORDER BY id DESC LIMIT ?2;

-- name: PurgeAudit
DELETE FROM audit_log WHERE at < {now} - ?1;
