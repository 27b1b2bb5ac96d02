-- +goose Up

-- Passes over a whole store: fast ones by date_modified, full ones over
-- everything. seq numbers the pass at work and is 0 when none is; clock is
-- BigCommerce's when it began, watermark that of the last one that came to its
-- end. wanted asks for a full pass before its time.
CREATE TABLE passes (
    connection_id TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    entity        TEXT   NOT NULL,
    seq           BIGINT NOT NULL DEFAULT 0,
    clock         BIGINT NOT NULL DEFAULT 0,
    watermark     BIGINT NOT NULL DEFAULT 0,
    cursor        TEXT   NOT NULL DEFAULT '',
    wanted        BIGINT NOT NULL DEFAULT 0,
    looked        BIGINT NOT NULL DEFAULT 0,
    differed      BIGINT NOT NULL DEFAULT 0,
    finished_at   BIGINT NOT NULL DEFAULT 0,
    last_looked   BIGINT NOT NULL DEFAULT 0,
    last_differed BIGINT NOT NULL DEFAULT 0,
    last_gone     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, kind, entity)
) WITHOUT ROWID;

-- What the latest look at hooks and script had to mend.
CREATE TABLE mends (
    connection_id TEXT   PRIMARY KEY,
    hooks         BIGINT NOT NULL,
    script        BIGINT NOT NULL,
    mended_at     BIGINT NOT NULL
) WITHOUT ROWID;

-- When an admin last said that records of an entity are rightly gone.
CREATE TABLE loss_decisions (
    connection_id TEXT   NOT NULL,
    entity        TEXT   NOT NULL,
    confirmed_at  BIGINT NOT NULL,
    PRIMARY KEY (connection_id, entity)
) WITHOUT ROWID;

-- seen_seq is the full pass that saw the record last; lost_at when we told
-- Ometria last that it is gone or opted out.
ALTER TABLE records ADD COLUMN seen_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records ADD COLUMN lost_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX records_lost ON records (connection_id, entity, lost_at) WHERE lost_at > 0;
CREATE INDEX records_held ON records (connection_id, entity, record_id) WHERE reason_code = 'mass_deletion';

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('records', 'records_lost', '10000 1000 500 2'),
    ('records', 'records_held', '1000 500 400 1');
ANALYZE sqlite_schema;
