-- name: NextSeq
{next_seq};

-- name: InsertRecords
INSERT INTO records (connection_id, entity, record_id, first_seen_at)
SELECT CAST(?1 AS TEXT), CAST(?2 AS TEXT), CAST(item.value AS BIGINT), {now} FROM {items}(?3) AS item
WHERE EXISTS (SELECT 1 FROM connections WHERE id = ?1 AND removed_at = 0)
ORDER BY 3
ON CONFLICT (connection_id, entity, record_id) DO NOTHING;

-- name: LockRecords
-- In key order, so that two overlapping pages cannot deadlock.
SELECT record_id, CASE WHEN inflight_until <= {now} THEN 1 ELSE 0 END FROM records
WHERE connection_id = ?1 AND entity = ?2 AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?3) AS item)
ORDER BY record_id {lock};

-- name: ExpireRecords
-- The push may have happened, and its read had surely ended by now: what is
-- pushed next must have been read after this number.
UPDATE records SET pushed_seq = ?3, inflight_seq = NULL, inflight_until = NULL, ever_pushed = 1, fingerprint = '',
    dirty_at = CASE WHEN dirty_seq IS NULL THEN {now} ELSE dirty_at END,
    dirty_seq = CASE WHEN dirty_seq > ?3 THEN dirty_seq ELSE ?3 END
WHERE connection_id = ?1 AND entity = ?2 AND inflight_until <= {now}
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?4) AS item);

-- name: ClaimRecords
-- What was read for before earlier pushes were forgotten is read anew.
UPDATE records SET inflight_seq = CAST(item.value ->> 'fetched' AS BIGINT), inflight_until = {now} + ?3,
    fingerprint = '', last_fetched_at = {now}
FROM {items}(?4) AS item
WHERE connection_id = ?1 AND entity = ?2 AND record_id = CAST(item.value ->> 'id' AS BIGINT)
    AND pushed_seq < CAST(item.value ->> 'fetched' AS BIGINT) AND inflight_seq IS NULL
    AND EXISTS (SELECT 1 FROM connections WHERE id = ?1 AND epoch = ?5)
RETURNING record_id, state, ever_pushed;

-- name: MarkUnclaimed
-- What was read differs from what was pushed, and could not be claimed.
UPDATE records SET last_fetched_at = {now},
    dirty_at = CASE WHEN dirty_seq IS NULL THEN {now} ELSE dirty_at END,
    dirty_seq = CASE WHEN dirty_seq > ?3 THEN dirty_seq ELSE ?3 END
FROM {items}(?4) AS item
WHERE connection_id = ?1 AND entity = ?2 AND record_id = CAST(item.value ->> 'id' AS BIGINT)
    AND (fingerprint = '' OR fingerprint <> item.value ->> 'fingerprint');

-- name: RenewClaims
UPDATE records SET inflight_until = {now} + ?4
WHERE connection_id = ?1 AND entity = ?2 AND inflight_seq = ?3 AND inflight_until > {now}
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?5) AS item)
RETURNING record_id;

-- name: ReleaseClaims
UPDATE records SET inflight_seq = NULL, inflight_until = NULL,
    dirty_at = CASE WHEN dirty_seq IS NULL THEN {now} ELSE dirty_at END,
    dirty_seq = CASE WHEN dirty_seq IS NULL THEN ?4 ELSE dirty_seq END
WHERE connection_id = ?1 AND entity = ?2 AND inflight_seq = ?3
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?5) AS item);

-- name: FinishRecords
-- An event that came after the fetch has a higher number, so the record stays
-- dirty. pushed_seq takes the number drawn after the read: a push may follow
-- only one whose read had ended before its own began. No run hears of what
-- changed in a batch, so that goes out anew.
UPDATE records SET pushed_seq = CAST(item.value ->> 'read' AS BIGINT), inflight_seq = NULL, inflight_until = NULL,
    dispatched_at = CASE WHEN dirty_seq >= inflight_seq AND batch_id = '' THEN dispatched_at ELSE 0 END, batch_id = '', alone = 0,
    dirty_seq = CASE WHEN dirty_seq >= inflight_seq THEN dirty_seq END,
    outcome = item.value ->> 'outcome', outcome_at = {now},
    reason_code = item.value ->> 'code', reason_path = item.value ->> 'path', reason_text = item.value ->> 'text',
    fingerprint = item.value ->> 'fingerprint', state = item.value ->> 'state', request_ids = item.value ->> 'request_ids',
    notes = item.value ->> 'notes',
    ever_pushed = CASE WHEN ever_pushed = 1 THEN 1 ELSE CAST(item.value ->> 'exists' AS BIGINT) END,
    pushed_at = CASE WHEN CAST(item.value ->> 'pushed' AS BIGINT) = 1 THEN {now} ELSE pushed_at END,
    source_modified_at = CAST(item.value ->> 'source_modified_at' AS BIGINT),
    attempts = 0, last_error = '', first_failed_at = 0, backoff_until = 0,
    first_seen_at = CASE WHEN first_seen_at = 0 THEN {now} ELSE first_seen_at END
FROM {items}(?3) AS item
WHERE connection_id = ?1 AND entity = ?2 AND record_id = CAST(item.value ->> 'id' AS BIGINT)
    AND inflight_seq = CAST(item.value ->> 'fetched' AS BIGINT)
RETURNING record_id;

-- name: MarkLate
-- Nobody knows which state Ometria has.
UPDATE records SET fingerprint = '',
    dirty_at = CASE WHEN dirty_seq IS NULL THEN {now} ELSE dirty_at END,
    dirty_seq = CASE WHEN dirty_seq > ?3 THEN dirty_seq ELSE ?3 END
WHERE connection_id = ?1 AND entity = ?2
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?4) AS item);

-- name: RecordAttempt
UPDATE records SET attempts = attempts + 1, attempted_at = {now}, last_error = ?4, backoff_until = {now} + ?5, alone = 1,
    first_failed_at = CASE WHEN first_failed_at = 0 THEN {now} ELSE first_failed_at END
WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3;

-- name: GiveUpRecord
-- An event that came after the last attempt was not looked at by it. Otherwise
-- the last attempt's claim ends with it: expired, it would begin three more
-- days. Its push may have happened, so only a later read may follow.
UPDATE records SET outcome = 'rejected', outcome_at = {now}, reason_code = ?5, reason_path = ?6, reason_text = ?7,
    backoff_until = 0, first_failed_at = 0, fingerprint = '',
    dispatched_at = CASE WHEN dirty_seq > ?4 THEN dispatched_at ELSE 0 END,
    dirty_seq = CASE WHEN dirty_seq > ?4 OR attempted_at > 0 AND last_event_at >= attempted_at THEN dirty_seq END,
    pushed_seq = CASE WHEN inflight_seq IS NULL OR dirty_seq > ?4 OR attempted_at > 0 AND last_event_at >= attempted_at THEN pushed_seq ELSE ?8 END,
    ever_pushed = CASE WHEN inflight_seq IS NULL OR dirty_seq > ?4 OR attempted_at > 0 AND last_event_at >= attempted_at THEN ever_pushed ELSE 1 END,
    inflight_until = CASE WHEN dirty_seq > ?4 OR attempted_at > 0 AND last_event_at >= attempted_at THEN inflight_until END,
    inflight_seq = CASE WHEN dirty_seq > ?4 OR attempted_at > 0 AND last_event_at >= attempted_at THEN inflight_seq END
WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3;

-- name: SelectExpired
SELECT connection_id, entity, record_id FROM records
WHERE inflight_seq IS NOT NULL AND inflight_until <= {now}
ORDER BY inflight_until LIMIT ?1;

-- name: SelectRecord
SELECT connection_id, entity, record_id,
    CASE WHEN dirty_seq IS NOT NULL OR inflight_seq IS NOT NULL THEN 'waiting' ELSE outcome END,
    reason_code, reason_path, reason_text, last_error, attempts, pushed_at, request_ids, first_seen_at,
    first_failed_at, last_event_at, last_fetched_at, backoff_until, state, ever_pushed, source_modified_at,
    COALESCE(dirty_seq, 0), pushed_seq, CASE WHEN inflight_seq IS NULL THEN 0 ELSE 1 END, notes,
    last_webhook_at, last_webhook_scope
FROM records WHERE connection_id = ?1 AND entity = ?2 AND record_id = ?3;

-- name: ListRecords
SELECT connection_id, entity, record_id,
    CASE WHEN dirty_seq IS NOT NULL OR inflight_seq IS NOT NULL THEN 'waiting' ELSE outcome END,
    reason_code, reason_path, reason_text, last_error, attempts, pushed_at, request_ids, first_seen_at,
    first_failed_at, last_event_at, last_fetched_at, backoff_until, state, ever_pushed, source_modified_at,
    COALESCE(dirty_seq, 0), pushed_seq, CASE WHEN inflight_seq IS NULL THEN 0 ELSE 1 END, notes,
    last_webhook_at, last_webhook_scope
FROM records WHERE connection_id = ?1 AND entity = ?2 AND record_id > ?3
    AND (CAST(?4 AS TEXT) = ''
        OR (CASE WHEN dirty_seq IS NOT NULL OR inflight_seq IS NOT NULL THEN 'waiting' ELSE outcome END) = ?4)
    AND (CAST(?6 AS TEXT) = '' OR reason_code = ?6)
    AND (CAST(?7 AS BIGINT) = 0 OR reason_path = CAST(?8 AS TEXT) AND reason_text = CAST(?9 AS TEXT))
ORDER BY record_id LIMIT ?5;
