-- name: UpsertCategoryChanges
-- A change of a category's own (depth 0) outranks one that came down to it.
INSERT INTO category_changes (connection_id, category_id, changed_seq, depth)
SELECT item.value ->> 'connection', CAST(item.value ->> 'id' AS BIGINT), CAST(?1 AS BIGINT), CAST(?3 AS BIGINT)
FROM {items}(?2) AS item JOIN connections AS c ON c.id = item.value ->> 'connection'
WHERE c.removed_at = 0
ORDER BY 1, 2
ON CONFLICT (connection_id, category_id) DO UPDATE SET
    changed_seq = excluded.changed_seq, cursor = 0, leased_until = 0, pending = 1,
    depth = CASE WHEN category_changes.pending = 1 AND category_changes.depth < excluded.depth
        THEN category_changes.depth ELSE excluded.depth END;

-- name: SelectCategoryChanges
SELECT category_id, changed_seq FROM category_changes
WHERE connection_id = ?1 AND changed_seq > ?2 ORDER BY changed_seq;

-- name: SelectCategoriesDue
-- Those of a held connection wait.
SELECT connection_id, cursor, depth FROM category_changes
WHERE pending = 1 AND leased_until <= {now} AND connection_id IN (SELECT id FROM connections
    WHERE removed_at = 0 AND paused_at = 0 AND parked = '' AND phase IN ('installing', 'syncing', 'connected'))
ORDER BY changed_seq LIMIT 1;

-- name: LeaseCategories
UPDATE category_changes SET leased_until = {now} + CAST(?4 AS BIGINT)
WHERE connection_id = ?1 AND category_id IN (SELECT category_id FROM category_changes
    WHERE connection_id = ?1 AND pending = 1 AND leased_until <= {now} AND cursor = ?2 AND depth = ?3
    ORDER BY category_id LIMIT ?5 {skip_locked})
RETURNING category_id, changed_seq;

-- name: AdvanceCategories
UPDATE category_changes SET cursor = ?4, leased_until = {now} + CAST(?5 AS BIGINT)
WHERE connection_id = ?1 AND category_id IN (SELECT CAST({text_value} AS BIGINT) FROM {items}(?2) AS item) AND changed_seq <= ?3;

-- name: SettleCategories
UPDATE category_changes SET pending = 0, cursor = 0, depth = 0, leased_until = 0
WHERE connection_id = ?1 AND category_id IN (SELECT CAST({text_value} AS BIGINT) FROM {items}(?2) AS item) AND changed_seq <= ?3;

-- name: DeleteCategoryChanges
DELETE FROM category_changes WHERE connection_id = ?1;

-- name: UpsertReconcileWish
INSERT INTO reconcile_wishes (connection_id, seq)
SELECT item.value ->> 'id', CAST(?1 AS BIGINT) FROM {items}(?2) AS item
WHERE 1 = 1
ORDER BY 1
ON CONFLICT (connection_id) DO UPDATE SET seq = excluded.seq;

-- name: SelectReconcileWishes
-- While it is parked or set up, Reconcile would do nothing.
SELECT w.connection_id, w.seq FROM reconcile_wishes AS w JOIN connections AS c ON c.id = w.connection_id
WHERE c.removed_at = 0 AND c.parked = '' AND c.phase IN ('syncing', 'connected')
ORDER BY w.seq LIMIT ?1;

-- name: DeleteReconcileWish
DELETE FROM reconcile_wishes WHERE connection_id = ?1 AND seq = ?2;

-- name: DeleteReconcileWishes
DELETE FROM reconcile_wishes WHERE connection_id = ?1;
