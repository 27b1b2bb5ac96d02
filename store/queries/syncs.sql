-- name: BeginEntitySync
-- begun orders an entity's syncs; the latest one counts for progress. A sync is
-- counted before its turn comes, so it starts anew until it has a page.
INSERT INTO entity_syncs (connection_id, sync_id, entity, expected, begun, started_at)
VALUES (?1, ?2, ?3, ?4, ?5, {now})
ON CONFLICT (connection_id, sync_id, entity) DO UPDATE SET started_at = excluded.started_at WHERE entity_syncs.pages = 0;

-- name: SelectEntitySync
SELECT sync_id, entity, cursor, done, pages, read, expected, started_at, done_at
FROM entity_syncs WHERE connection_id = ?1 AND sync_id = ?2 AND entity = ?3;

-- name: CommitPage
UPDATE entity_syncs SET cursor = ?4, pages = pages + 1, read = read + ?6, done = CAST(?5 AS BIGINT),
    done_at = CASE WHEN CAST(?5 AS BIGINT) = 1 THEN {now} ELSE 0 END
WHERE connection_id = ?1 AND sync_id = ?2 AND entity = ?3 AND done = 0;

-- name: LatestSyncs
SELECT connection_id, entity, sync_id, done, pages, read, expected, started_at, {now}
FROM entity_syncs AS e
WHERE connection_id IN (SELECT {text_value} FROM {items}(?1) AS item)
    AND begun = (SELECT max(l.begun) FROM entity_syncs AS l WHERE l.connection_id = e.connection_id AND l.entity = e.entity);

-- name: CountRecords
-- Settled and unsettled rows come from one statement, so they add up.
SELECT connection_id, entity, outcome, 0, count(*) FROM records
WHERE connection_id IN (SELECT {text_value} FROM {items}(?1) AS item) GROUP BY connection_id, entity, outcome
UNION ALL
SELECT connection_id, entity, outcome, 1, count(*) FROM records
WHERE connection_id IN (SELECT {text_value} FROM {items}(?1) AS item) AND (dirty_seq IS NOT NULL OR inflight_seq IS NOT NULL)
GROUP BY connection_id, entity, outcome;
