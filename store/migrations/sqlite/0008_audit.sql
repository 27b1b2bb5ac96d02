-- +goose Up

-- Who did what. Kept when a connection is removed; nothing in it is personal
-- data but a token's name, which the operator chose.
CREATE TABLE audit_log (
    id                TEXT   PRIMARY KEY,
    at                BIGINT NOT NULL,
    role              TEXT   NOT NULL,
    name              TEXT   NOT NULL,
    through           TEXT   NOT NULL,
    action            TEXT   NOT NULL,
    detail            TEXT   NOT NULL DEFAULT '',
    connection_id     TEXT   NOT NULL DEFAULT '',
    authentication_id TEXT   NOT NULL DEFAULT '',
    entity            TEXT   NOT NULL DEFAULT '',
    record_id         BIGINT NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX audit_log_connection ON audit_log (connection_id, id);
CREATE INDEX audit_log_at ON audit_log (at);
