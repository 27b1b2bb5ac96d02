-- +goose Up

-- alone marks a record that failed, in a batch or by itself: it is not batched
-- until a push of it has ended.
ALTER TABLE records ADD COLUMN alone BIGINT NOT NULL DEFAULT 0;

-- What waits of an entity, and what stands in a batch.
CREATE INDEX records_waiting ON records (connection_id, entity, alone, dirty_seq) WHERE dirty_seq IS NOT NULL;
CREATE INDEX records_batched ON records (connection_id, entity, batch_id) WHERE dirty_seq IS NOT NULL AND batch_id > '';

-- Records at work by themselves; thousands in batches are none of them.
DROP INDEX records_dispatched;
CREATE INDEX records_dispatched ON records (connection_id, dispatched_at)
    WHERE dirty_seq IS NOT NULL AND dispatched_at > 0 AND batch_id = '';

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('records', 'records_waiting', '10000 1000 500 400 1'),
    ('records', 'records_batched', '4000 2000 2000 1000'),
    ('records', 'records_dispatched', '1000 100 2');
ANALYZE sqlite_schema;
