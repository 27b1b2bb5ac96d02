-- name: GroupFailures
SELECT reason_code, reason_path, reason_text, entity, count(*), min(outcome_at), max(outcome_at)
FROM records
WHERE connection_id = ?1 AND entity IN ('products', 'customers', 'subscribers', 'orders')
    AND outcome = 'rejected' AND dirty_seq IS NULL AND inflight_seq IS NULL
GROUP BY reason_code, reason_path, reason_text, entity
ORDER BY 5 DESC, 1, 2, 3, 4;

-- name: GroupNotes
SELECT entity, notes, count(*), min(outcome_at), max(outcome_at) FROM records
WHERE connection_id = ?1 AND notes <> '' GROUP BY entity, notes;

-- name: SelectRejected
SELECT entity, record_id FROM records
WHERE connection_id = ?1 AND entity = ?2 AND outcome = 'rejected' AND dirty_seq IS NULL AND inflight_seq IS NULL
    AND (CAST(?3 AS TEXT) = '' OR reason_code = ?3) AND (CAST(?4 AS BIGINT) = 0 OR record_id = ?4) AND record_id > ?5
    AND (CAST(?7 AS BIGINT) = 0 OR reason_path = CAST(?8 AS TEXT) AND reason_text = CAST(?9 AS TEXT))
ORDER BY record_id LIMIT ?6;

-- name: RetryRecords
UPDATE records SET dirty_seq = ?3, dirty_at = {now}, attempts = 0, last_error = '', first_failed_at = 0, backoff_until = 0
WHERE connection_id = ?1 AND entity = ?2 AND outcome = 'rejected' AND dirty_seq IS NULL AND inflight_seq IS NULL
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?4) AS item);

-- name: SelectLatestPush
-- Only the latest push counts: an error of an earlier one was answered by it.
SELECT connection_id, state FROM records
WHERE entity = ?2 AND record_id = ?3
    AND connection_id IN (SELECT id FROM connections WHERE identification_code = ?1 AND id_prefix = ?4 AND removed_at = 0)
    AND CAST(?5 AS TEXT) IN (SELECT {text_value} FROM {items}(request_ids{json}) AS item)
{lock};

-- name: RejectLater
UPDATE records SET outcome = 'rejected', outcome_at = {now}, fingerprint = '', reason_code = ?4, reason_path = ?5, reason_text = ?6,
    state = ?7
WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3;

-- name: RecordsByRequest
SELECT entity, record_id, state FROM records
WHERE connection_id = ?1 AND pushed_at > 0 AND pushed_at > {now} - ?3
    AND CAST(?2 AS TEXT) IN (SELECT {text_value} FROM {items}(request_ids{json}) AS item)
ORDER BY pushed_at;

-- name: SelectPushedSince
SELECT connection_id, entity, record_id FROM records
WHERE connection_id IN (SELECT id FROM connections WHERE identification_code = ?1 AND removed_at = 0)
    AND pushed_at >= ?2 AND pushed_at > 0 AND fingerprint <> ''
ORDER BY connection_id, pushed_at LIMIT ?3;

-- name: ClearFingerprints
UPDATE records SET fingerprint = ''
WHERE connection_id = ?1 AND entity = ?2 AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?3) AS item);

-- name: TouchPush
INSERT INTO error_polls (account, last_push_at) VALUES (?1, {now})
ON CONFLICT (account) DO UPDATE SET last_push_at = excluded.last_push_at;

-- name: LeaseErrorPoll
UPDATE error_polls SET leased_until = {now} + ?1
WHERE account = (SELECT account FROM error_polls
    WHERE last_poll_at < last_push_at + ?2 AND last_poll_at <= {now} - ?3 AND leased_until <= {now}
    ORDER BY last_poll_at LIMIT 1 {skip_locked})
RETURNING account, seen, last_poll_at;

-- name: CountErrorPollsDue
SELECT count(*) FROM error_polls
WHERE last_poll_at < last_push_at + ?1 AND last_poll_at <= {now} - ?2 AND leased_until <= {now};

-- name: SaveErrorPoll
UPDATE error_polls SET seen = ?2, last_poll_at = {now}, leased_until = 0 WHERE account = ?1;

-- name: ConnectionsOfAccount
SELECT id FROM connections WHERE identification_code = ?1 AND removed_at = 0 ORDER BY id;
