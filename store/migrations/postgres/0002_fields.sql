-- +goose Up

-- The merchant's own fields that become properties at Ometria. A field's key
-- never changes; it is empty where the name makes none. records and left_out
-- count the records of bulk sync sync_id that carried the field, and those among
-- them whose properties had no room for it.
CREATE TABLE fields (
    connection_id TEXT   NOT NULL,
    entity        TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    plain         TEXT   NOT NULL,
    key           TEXT   NOT NULL,
    type          TEXT   NOT NULL DEFAULT '',
    sync_id       TEXT   NOT NULL DEFAULT '',
    records       BIGINT NOT NULL DEFAULT 0,
    left_out      BIGINT NOT NULL DEFAULT 0,
    first_seen_at BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    PRIMARY KEY (connection_id, entity, kind, name)
);
CREATE UNIQUE INDEX fields_key ON fields (connection_id, entity, key) WHERE key <> '';

-- What a person may want to know of the record as it was mapped last: a JSON
-- list of codes, keys and names of fields; empty for most.
ALTER TABLE records ADD COLUMN notes TEXT NOT NULL DEFAULT '';
CREATE INDEX records_notes ON records (connection_id, entity, notes, outcome_at) WHERE notes <> '';

-- How often what earlier pushes left behind was forgotten, and when the
-- connection began to push to another account, collection or ids.
ALTER TABLE connections ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN account_since BIGINT NOT NULL DEFAULT 0;
