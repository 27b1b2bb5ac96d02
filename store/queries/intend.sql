-- name: IntendRecords
UPDATE records SET state = item.value ->> 'state'
FROM {items}(?3) AS item
WHERE connection_id = ?1 AND entity = ?2 AND record_id = CAST(item.value ->> 'id' AS BIGINT)
    AND inflight_seq = CAST(item.value ->> 'seq' AS BIGINT);
