-- +goose Up

-- Changes received and delivered in an hour are counted from the index alone.
CREATE INDEX attempts_changes ON attempts (connection_id, at, kind);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('attempts', 'attempts_changes', '5000000 500000 20 19');
ANALYZE sqlite_schema;
