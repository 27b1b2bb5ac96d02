-- name: DispatchableConnections
-- How many records of each are at work by themselves: handed over lately, still dirty, not waiting out a backoff.
SELECT c.id, c.store_hash,
    (SELECT count(*) FROM records AS r WHERE r.connection_id = c.id AND r.dirty_seq IS NOT NULL
        AND r.dispatched_at > 0 AND r.batch_id = '' AND r.dispatched_at > {now} - CAST(?1 AS BIGINT) AND r.backoff_until <= {now})
FROM connections AS c
WHERE c.removed_at = 0 AND c.paused_at = 0 AND c.parked = '' AND c.phase IN ('installing', 'syncing', 'connected')
    AND EXISTS (SELECT 1 FROM records AS r WHERE r.connection_id = c.id AND r.dirty_seq IS NOT NULL)
ORDER BY c.id;

-- name: SelectNew
-- Dirty and not at work: never handed over, or so long ago that the handover was lost.
SELECT entity, record_id, dirty_seq FROM records
WHERE connection_id = ?1 AND dirty_seq IS NOT NULL AND (inflight_seq IS NULL OR inflight_until <= {now})
    AND dispatched_at <= {now} - CAST(?2 AS BIGINT)
    AND backoff_until <= {now}
ORDER BY dirty_seq LIMIT ?3;

-- name: SelectChanged
-- At work already, and changed since: the run there must hear of it. A batch
-- need not: what changed after its read stays dirty when it is done. Nor need a
-- run that waits out a backoff: it reads the present state when it tries again.
SELECT entity, record_id, dirty_seq FROM records
WHERE connection_id = ?1 AND dirty_seq IS NOT NULL AND (inflight_seq IS NULL OR inflight_until <= {now})
    AND dispatched_at > 0 AND batch_id = '' AND dispatched_at > {now} - CAST(?2 AS BIGINT)
    AND (dispatched_seq IS NULL OR dispatched_seq <> dirty_seq) AND backoff_until <= {now}
ORDER BY dirty_seq LIMIT ?3;

-- name: StampDispatched
-- Out of a batch that died, too.
UPDATE records SET dispatched_at = {now}, dispatched_seq = CAST(item.value ->> 'seq' AS BIGINT), batch_id = ''
FROM {items}(?2) AS item
WHERE connection_id = ?1 AND entity = item.value ->> 'entity' AND record_id = CAST(item.value ->> 'id' AS BIGINT)
    AND dirty_seq IS NOT NULL;

-- name: Undispatch
UPDATE records SET dispatched_seq = NULL, dispatched_at = 0, backoff_until = 0
FROM {items}(?1) AS item
WHERE connection_id = item.value ->> 'connection' AND entity = item.value ->> 'entity'
    AND record_id = CAST(item.value ->> 'id' AS BIGINT);

-- name: SelectBacklog
-- Time during which a connection is held does not count.
SELECT count(*), COALESCE({now} - min(CASE WHEN r.backoff_until <= {now} THEN r.dirty_at END), 0)
FROM records AS r JOIN connections AS c ON c.id = r.connection_id
WHERE r.dirty_seq IS NOT NULL AND c.removed_at = 0 AND c.paused_at = 0 AND c.parked = ''
    AND c.phase IN ('installing', 'syncing', 'connected');

-- name: CountInBackoff
SELECT r.connection_id, count(*) FROM records AS r JOIN connections AS c ON c.id = r.connection_id
WHERE r.dirty_seq IS NOT NULL AND r.backoff_until > {now} AND c.removed_at = 0
GROUP BY r.connection_id;
