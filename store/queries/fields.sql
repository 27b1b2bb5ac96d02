-- name: ListFieldKeys
SELECT kind, name, key FROM fields WHERE connection_id = ?1 AND entity = ?2;

-- name: InsertFields
INSERT INTO fields (connection_id, entity, kind, name, plain, key, first_seen_at, last_seen_at)
SELECT CAST(?1 AS TEXT), CAST(?2 AS TEXT), item.value ->> 'kind', item.value ->> 'name', item.value ->> 'plain',
    item.value ->> 'key', {now}, {now}
FROM {items}(?3) AS item;

-- name: DeleteFields
DELETE FROM fields WHERE connection_id = ?1;

-- name: ListFields
SELECT entity, kind, name, plain, key, type, sync_id, records, left_out, first_seen_at, last_seen_at
FROM fields WHERE connection_id = ?1 ORDER BY entity, kind, name;

-- name: CountFields
-- The first page of a sync that carries a field counts from nothing.
UPDATE fields SET
    records = CASE WHEN sync_id = ?3 THEN records ELSE 0 END + CAST(item.value ->> 'records' AS BIGINT),
    left_out = CASE WHEN sync_id = ?3 THEN left_out ELSE 0 END + CAST(item.value ->> 'left_out' AS BIGINT),
    type = CASE WHEN sync_id <> ?3 OR fields.type IN ('', item.value ->> 'type') THEN item.value ->> 'type'
        WHEN 'list' IN (fields.type, item.value ->> 'type') THEN 'list' ELSE 'text' END,
    sync_id = ?3, last_seen_at = {now}
FROM {items}(?4) AS item
WHERE connection_id = ?1 AND entity = ?2 AND kind = item.value ->> 'kind' AND name = item.value ->> 'name';

-- name: AnyNewsOfFields
SELECT count(*) FROM fields, {items}(?3) AS item
WHERE connection_id = ?1 AND entity = ?2 AND kind = item.value ->> 'kind' AND name = item.value ->> 'name'
    AND (records = 0 OR left_out = 0 AND CAST(item.value ->> 'left_out' AS BIGINT) > 0 OR last_seen_at < {now} - CAST(?4 AS BIGINT)
        OR fields.type <> item.value ->> 'type' AND fields.type <> 'list' AND (fields.type <> 'text' OR item.value ->> 'type' = 'list'));

-- name: SeeFields
UPDATE fields SET
    records = CASE WHEN records = 0 THEN 1 ELSE records END,
    left_out = CASE WHEN left_out = 0 THEN CAST(item.value ->> 'left_out' AS BIGINT) ELSE left_out END,
    type = CASE WHEN fields.type IN ('', item.value ->> 'type') THEN item.value ->> 'type'
        WHEN 'list' IN (fields.type, item.value ->> 'type') THEN 'list' ELSE 'text' END,
    last_seen_at = {now}
FROM {items}(?3) AS item
WHERE connection_id = ?1 AND entity = ?2 AND kind = item.value ->> 'kind' AND name = item.value ->> 'name';
