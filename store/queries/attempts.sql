-- name: TellWebhooks
-- Before the records become dirty: while one is, the same webhook again within
-- the minute says nothing new and only moves last_webhook_at.
INSERT INTO attempts (connection_id, entity, record_id, at, kind, scope)
SELECT c.id, item.value ->> 'entity', CAST(item.value ->> 'id' AS BIGINT), {now}, 'webhook', item.value ->> 'scope'
FROM {items}(?1) AS item JOIN connections AS c ON c.id = item.value ->> 'connection'
    LEFT JOIN records AS r ON r.connection_id = c.id AND r.entity = item.value ->> 'entity'
        AND r.record_id = CAST(item.value ->> 'id' AS BIGINT)
WHERE c.removed_at = 0 AND (r.dirty_seq IS NULL OR r.last_webhook_scope <> item.value ->> 'scope'
    OR r.last_webhook_at < {now} - CAST(?2 AS BIGINT));

-- name: TellFinished
-- After FinishRecords, of the records that it changed.
INSERT INTO attempts (connection_id, entity, record_id, at, kind, code, path, text, request_ids)
SELECT connection_id, entity, record_id, {now}, CASE WHEN outcome = 'accepted' THEN 'pushed' ELSE outcome END,
    reason_code, reason_path, reason_text, CASE WHEN request_ids = '[]' THEN '' ELSE request_ids END
FROM records WHERE connection_id = ?1 AND entity = ?2
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?3) AS item);

-- name: TellExpired
-- The number was drawn for this one expiry.
INSERT INTO attempts (connection_id, entity, record_id, at, kind)
SELECT connection_id, entity, record_id, {now}, 'expired' FROM records
WHERE connection_id = ?1 AND entity = ?2 AND pushed_seq = ?3
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?4) AS item);

-- name: TellRetried
-- The number was drawn for this one retry.
INSERT INTO attempts (connection_id, entity, record_id, at, kind, code)
SELECT connection_id, entity, record_id, {now}, 'wished', 'retry' FROM records
WHERE connection_id = ?1 AND entity = ?2 AND dirty_seq = ?3
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?4) AS item);

-- name: TellWish
INSERT INTO attempts (connection_id, entity, record_id, at, kind, code)
SELECT connection_id, entity, record_id, {now}, 'wished', 'sync' FROM records
WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3;

-- name: TellFailed
INSERT INTO attempts (connection_id, entity, record_id, at, kind, code, path, text, other_at)
SELECT connection_id, entity, record_id, {now}, 'failed', CAST(?4 AS TEXT), CAST(?5 AS TEXT), CAST(?6 AS TEXT), backoff_until
FROM records WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3;

-- name: TellGaveUp
-- Before the record ends so: whoever gives up twice says it once.
INSERT INTO attempts (connection_id, entity, record_id, at, kind, code, path, text)
SELECT connection_id, entity, record_id, {now}, 'gave_up', CAST(?4 AS TEXT), CAST(?5 AS TEXT), CAST(?6 AS TEXT)
FROM records WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3
    AND NOT (outcome = 'rejected' AND reason_code = ?4 AND dirty_seq IS NULL);

-- name: TellRefusedLater
-- A poller that died between this and its note of what it saw comes again.
INSERT INTO attempts (connection_id, entity, record_id, at, kind, code, path, text, request_ids, other_at)
SELECT r.connection_id, r.entity, r.record_id, {now}, 'refused_later', CAST(?4 AS TEXT), CAST(?5 AS TEXT), CAST(?6 AS TEXT),
    CAST(?7 AS TEXT), CAST(?8 AS BIGINT)
FROM records AS r WHERE r.connection_id = ?1 AND r.entity = ?2 AND r.record_id = ?3
    AND NOT EXISTS (SELECT 1 FROM attempts AS a
        WHERE a.connection_id = ?1 AND a.entity = ?2 AND a.record_id = ?3 AND a.kind = 'refused_later'
            AND a.request_ids = ?7 AND a.code = ?4 AND a.path = ?5 AND a.text = ?6 AND a.other_at = ?8);

-- name: ListAttempts
SELECT at, kind, scope, code, path, text, request_ids, other_at FROM attempts
WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3 ORDER BY id DESC LIMIT ?4;

-- name: SelectLastPushed
SELECT at, kind, scope, code, path, text, request_ids, other_at FROM attempts
WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3 AND kind IN ('pushed', 'rejected', 'deleted') AND request_ids <> ''
ORDER BY id DESC LIMIT 1;

-- name: SelectLastRefusal
SELECT at, kind, scope, code, path, text, request_ids, other_at FROM attempts
WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3 AND kind = 'refused_later'
ORDER BY id DESC LIMIT 1;

-- name: CountOldAttempts
SELECT count(*) FROM (SELECT 1 FROM attempts WHERE at < {now} - CAST(?1 AS BIGINT) LIMIT 1) AS old;

-- name: PruneAttempts
DELETE FROM attempts WHERE id IN
    (SELECT id FROM attempts WHERE at < {now} - CAST(?1 AS BIGINT) ORDER BY at LIMIT ?2 {skip_locked});

-- name: DeleteAttempts
DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE connection_id = ?1 LIMIT ?2);

-- name: CountChanges
-- The first row is there without a change, too: the hour that it is now.
SELECT {now} / 3600000 AS hour, 0, 0
UNION ALL
SELECT at / 3600000, count(CASE WHEN kind = 'webhook' THEN 1 END), count(CASE WHEN kind IN ('pushed', 'deleted') THEN 1 END)
FROM attempts WHERE connection_id = ?1 AND at >= ({now} / 3600000 - CAST(?2 AS BIGINT) + 1) * 3600000
GROUP BY at / 3600000;
