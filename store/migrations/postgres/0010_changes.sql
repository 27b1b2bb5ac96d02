-- +goose Up

-- Changes received and delivered in an hour are counted from the index alone.
CREATE INDEX attempts_changes ON attempts (connection_id, at, kind);
