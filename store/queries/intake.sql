-- name: SecretIssued
SELECT count(*) FROM webhook_secrets WHERE hash = ?1;

-- name: SelectSecrets
-- Holds off a removal of these connections until the events are committed.
SELECT w.hash, w.connection_id, c.removed_at, c.store_hash FROM webhook_secrets AS w JOIN connections AS c ON c.id = w.connection_id
WHERE w.hash IN (SELECT item.value ->> 'hash' FROM {items}(?1) AS item)
ORDER BY w.connection_id {key_share};

-- name: UpsertDirty
-- Sequence numbers are taken before rows are locked, so a lower one may come second.
INSERT INTO records (connection_id, entity, record_id, first_seen_at, last_event_at, dirty_at, dirty_seq,
    last_webhook_at, last_webhook_scope)
SELECT item.value ->> 'connection', item.value ->> 'entity', CAST(item.value ->> 'id' AS BIGINT), {now}, {now}, {now}, CAST(?1 AS BIGINT),
    CASE WHEN item.value ->> 'scope' <> '' THEN {now} ELSE 0 END, COALESCE(item.value ->> 'scope', '')
FROM {items}(?2) AS item JOIN connections AS c ON c.id = item.value ->> 'connection'
WHERE c.removed_at = 0
ORDER BY 1, 2, 3
ON CONFLICT (connection_id, entity, record_id) DO UPDATE SET
    last_event_at = excluded.last_event_at,
    last_webhook_at = CASE WHEN excluded.last_webhook_at > 0 THEN excluded.last_webhook_at ELSE records.last_webhook_at END,
    last_webhook_scope = CASE WHEN excluded.last_webhook_at > 0 THEN excluded.last_webhook_scope ELSE records.last_webhook_scope END,
    dirty_at = CASE WHEN records.dirty_seq IS NULL THEN excluded.dirty_at ELSE records.dirty_at END,
    dirty_seq = CASE WHEN records.dirty_seq > excluded.dirty_seq THEN records.dirty_seq ELSE excluded.dirty_seq END;

-- name: TouchWebhook
-- Once a second is enough to show, and keeps one row from being rewritten by every delivery.
UPDATE connections SET last_webhook_at = {now}
WHERE id IN (SELECT item.value ->> 'id' FROM {items}(?1) AS item) AND last_webhook_at < {now} - 1000;
