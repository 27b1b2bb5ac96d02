-- +goose Up

-- What happened to each record, in the order of id; rows are added and, once
-- they are old, deleted. other_at is when a failed attempt is made again, or when
-- Ometria says that it refused the record; request_ids is a JSON list, or empty.
CREATE TABLE attempts (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id TEXT   NOT NULL,
    entity        TEXT   NOT NULL,
    record_id     BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    kind          TEXT   NOT NULL,
    scope         TEXT   NOT NULL DEFAULT '',
    code          TEXT   NOT NULL DEFAULT '',
    path          TEXT   NOT NULL DEFAULT '',
    text          TEXT   NOT NULL DEFAULT '',
    request_ids   TEXT   NOT NULL DEFAULT '',
    other_at      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX attempts_record ON attempts (connection_id, entity, record_id, id);
CREATE INDEX attempts_at ON attempts (at);

-- The latest webhook alone: last_event_at is also of wishes and passes.
ALTER TABLE records ADD COLUMN last_webhook_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records ADD COLUMN last_webhook_scope TEXT NOT NULL DEFAULT '';
