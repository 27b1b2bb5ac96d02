-- name: ListFieldKeys
SELECT kind, name, key FROM fields WHERE connection_id = ?1 AND entity = ?2;

-- name: InsertFields
INSERT INTO fields (connection_id, entity, kind, name, plain, key, first_seen_at, last_seen_at)
SELECT CAST(?1 AS TEXT), CAST(?2 AS TEXT), item.value ->> 'kind', item.value ->> 'name', item.value ->> 'plain',
    item.value ->> 'key', {now}, {now}
FROM {items}(?3) AS item;

-- name: DeleteFields
DELETE FROM fields WHERE connection_id = ?1;
