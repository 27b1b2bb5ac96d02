-- name: SelectWaiting
-- Dirty and not at work, of one entity. Records that failed (alone) are apart.
SELECT entity, record_id, dirty_seq FROM records
WHERE connection_id = ?1 AND entity = ?4 AND alone = ?5 AND dirty_seq IS NOT NULL
    AND (inflight_seq IS NULL OR inflight_until <= {now})
    AND dispatched_at <= {now} - CAST(?2 AS BIGINT)
    AND backoff_until <= {now}
ORDER BY dirty_seq LIMIT ?3;

-- name: CountBatches
-- Batches at work. Each step of the recursion looks up the next id, so that the
-- cost is that of the batches and not of their records.
WITH RECURSIVE standing (batch_id) AS (
    SELECT min(r.batch_id) FROM records AS r
    WHERE r.connection_id = ?1 AND r.entity = ?2 AND r.dirty_seq IS NOT NULL AND r.batch_id > ''
    UNION ALL
    SELECT (SELECT min(r.batch_id) FROM records AS r
        WHERE r.connection_id = ?1 AND r.entity = ?2 AND r.dirty_seq IS NOT NULL AND r.batch_id > '' AND r.batch_id > s.batch_id)
    FROM standing AS s WHERE s.batch_id IS NOT NULL)
SELECT count(*) FROM standing AS s
WHERE s.batch_id IS NOT NULL AND EXISTS (SELECT 1 FROM records AS r
    WHERE r.connection_id = ?1 AND r.entity = ?2 AND r.dirty_seq IS NOT NULL AND r.batch_id > '' AND r.batch_id = s.batch_id
        AND r.dispatched_at > {now} - CAST(?3 AS BIGINT));

-- name: StampBatch
UPDATE records SET dispatched_at = {now}, dispatched_seq = dirty_seq, batch_id = ?3
WHERE connection_id = ?1 AND entity = ?2 AND dirty_seq IS NOT NULL
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?4) AS item);

-- name: AdoptIntoBatch
UPDATE records SET dispatched_at = {now}, dispatched_seq = dirty_seq, batch_id = ?3
WHERE connection_id = ?1 AND entity = ?2 AND dirty_seq IS NOT NULL AND alone = 0
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?4) AS item)
    AND (inflight_seq IS NULL OR inflight_until <= {now})
    AND dispatched_at <= {now} - CAST(?5 AS BIGINT)
RETURNING record_id;

-- name: RefreshBatch
UPDATE records SET dispatched_at = {now}
WHERE connection_id = ?1 AND entity = ?2 AND dirty_seq IS NOT NULL AND batch_id > '' AND batch_id = ?3;

-- name: SelectBatchPage
SELECT record_id, dirty_at FROM records
WHERE connection_id = ?1 AND entity = ?2 AND dirty_seq IS NOT NULL AND batch_id > '' AND batch_id = ?3 AND record_id > ?4
ORDER BY record_id LIMIT ?5;

-- name: LeaveBatch
UPDATE records SET batch_id = '', dispatched_at = 0, dispatched_seq = NULL, alone = CAST(?4 AS BIGINT)
WHERE connection_id = ?1 AND entity = ?2 AND dirty_seq IS NOT NULL AND batch_id > '' AND batch_id = ?3
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?5) AS item);

-- name: EndBatch
UPDATE records SET batch_id = '', dispatched_at = 0, dispatched_seq = NULL, alone = CAST(?4 AS BIGINT)
WHERE connection_id = ?1 AND entity = ?2 AND dirty_seq IS NOT NULL AND batch_id > '' AND batch_id = ?3;
