-- +goose Up

-- Times are Unix milliseconds of the database's clock; 0 means never.
-- Sequence numbers are NULL when there is none.

CREATE SEQUENCE counter;

CREATE TABLE authentications (
    id                   TEXT PRIMARY KEY,
    name                 TEXT NOT NULL,
    store_hash           TEXT NOT NULL,
    client_id            TEXT NOT NULL,
    access_token_last4   TEXT NOT NULL,
    ometria_key_last4    TEXT NOT NULL,
    has_client_secret    BIGINT NOT NULL,
    credentials          BYTEA NOT NULL,
    credentials_key_id   TEXT NOT NULL,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL
);

CREATE TABLE connections (
    id                    TEXT PRIMARY KEY,
    name                  TEXT NOT NULL,
    authentication_id     TEXT NOT NULL,
    store_hash            TEXT NOT NULL,
    identification_code   TEXT NOT NULL,
    id_prefix             TEXT NOT NULL,
    bulk_sync_start_date  TEXT NOT NULL,
    timezone              TEXT NOT NULL,
    status_mapping        TEXT NOT NULL,
    settings              TEXT NOT NULL,
    phase                 TEXT NOT NULL,
    paused_at             BIGINT NOT NULL DEFAULT 0,
    failure               TEXT NOT NULL DEFAULT '',
    attention             TEXT NOT NULL DEFAULT '[]',
    parked                TEXT NOT NULL DEFAULT '',
    next_probe_at         BIGINT NOT NULL DEFAULT 0,
    store_info            TEXT NOT NULL DEFAULT '{}',
    installed             TEXT NOT NULL DEFAULT '{}',
    account_held_contacts BIGINT NOT NULL DEFAULT 0,
    version               BIGINT NOT NULL DEFAULT 1,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL,
    last_webhook_at       BIGINT NOT NULL DEFAULT 0,
    last_reconcile_at     BIGINT NOT NULL DEFAULT 0,
    removed_at            BIGINT NOT NULL DEFAULT 0,
    webhook_secret        BYTEA NOT NULL,
    webhook_secret_key_id TEXT NOT NULL,
    fingerprint_key        BYTEA NOT NULL,
    fingerprint_key_key_id TEXT NOT NULL
);

CREATE UNIQUE INDEX connections_same_store ON connections (store_hash, identification_code) WHERE removed_at = 0;
CREATE UNIQUE INDEX connections_same_prefix ON connections (identification_code, id_prefix) WHERE removed_at = 0;
CREATE INDEX connections_authentication ON connections (authentication_id) WHERE removed_at = 0;
CREATE INDEX connections_parked ON connections (next_probe_at) WHERE next_probe_at > 0;

-- Every webhook secret ever issued, as SHA-256 in hexadecimal. Never deleted:
-- a removed connection's orphaned hook still gets a 200.
CREATE TABLE webhook_secrets (
    hash          TEXT PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id)
);

CREATE TABLE records (
    connection_id      TEXT   NOT NULL,
    entity             TEXT   NOT NULL,
    record_id          BIGINT NOT NULL,
    dirty_seq          BIGINT,
    pushed_seq         BIGINT NOT NULL DEFAULT 0,
    inflight_seq       BIGINT,
    inflight_until     BIGINT,
    dispatched_seq     BIGINT,
    dirty_at           BIGINT NOT NULL DEFAULT 0,
    dispatched_at      BIGINT NOT NULL DEFAULT 0,
    batch_id           TEXT   NOT NULL DEFAULT '',
    outcome            TEXT   NOT NULL DEFAULT 'waiting',
    outcome_at         BIGINT NOT NULL DEFAULT 0,
    reason_code        TEXT   NOT NULL DEFAULT '',
    reason_path        TEXT   NOT NULL DEFAULT '',
    reason_text        TEXT   NOT NULL DEFAULT '',
    fingerprint        TEXT   NOT NULL DEFAULT '',
    state              TEXT   NOT NULL DEFAULT '{}',
    ever_pushed        BIGINT NOT NULL DEFAULT 0,
    request_ids        TEXT   NOT NULL DEFAULT '[]',
    attempts           BIGINT NOT NULL DEFAULT 0,
    last_error         TEXT   NOT NULL DEFAULT '',
    first_failed_at    BIGINT NOT NULL DEFAULT 0,
    attempted_at       BIGINT NOT NULL DEFAULT 0,
    backoff_until      BIGINT NOT NULL DEFAULT 0,
    first_seen_at      BIGINT NOT NULL DEFAULT 0,
    last_event_at      BIGINT NOT NULL DEFAULT 0,
    last_fetched_at    BIGINT NOT NULL DEFAULT 0,
    pushed_at          BIGINT NOT NULL DEFAULT 0,
    source_modified_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, entity, record_id)
);

CREATE INDEX records_dirty ON records (connection_id, dirty_seq) WHERE dirty_seq IS NOT NULL;
CREATE INDEX records_dispatched ON records (connection_id, dispatched_at) WHERE dirty_seq IS NOT NULL AND dispatched_at > 0;
CREATE INDEX records_inflight ON records (inflight_until) WHERE inflight_seq IS NOT NULL;
CREATE INDEX records_outcome ON records (connection_id, entity, outcome);
CREATE INDEX records_unsettled ON records (connection_id, entity, outcome) WHERE dirty_seq IS NOT NULL OR inflight_seq IS NOT NULL;
CREATE INDEX records_pushed ON records (connection_id, pushed_at) WHERE pushed_at > 0;

CREATE TABLE entity_syncs (
    connection_id TEXT NOT NULL,
    sync_id       TEXT NOT NULL,
    entity        TEXT NOT NULL,
    cursor        TEXT NOT NULL DEFAULT '',
    done          BIGINT NOT NULL DEFAULT 0,
    pages         BIGINT NOT NULL DEFAULT 0,
    read          BIGINT NOT NULL DEFAULT 0,
    expected      BIGINT NOT NULL DEFAULT 0,
    begun         BIGINT NOT NULL,
    started_at    BIGINT NOT NULL,
    done_at       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, sync_id, entity)
);

CREATE TABLE error_polls (
    account      TEXT PRIMARY KEY,
    seen         TEXT NOT NULL DEFAULT '[]',
    last_push_at BIGINT NOT NULL DEFAULT 0,
    last_poll_at BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE requests (
    token       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status      BIGINT NOT NULL DEFAULT 0,
    headers     TEXT NOT NULL DEFAULT '{}',
    body        BYTEA,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (token, key)
);
CREATE INDEX requests_created ON requests (created_at);

-- One row a budget: kind is bigcommerce, ometria_push or ometria_read.
CREATE TABLE pace (
    kind           TEXT NOT NULL,
    account        TEXT NOT NULL,
    quota          BIGINT NOT NULL DEFAULT 0,
    remaining      BIGINT NOT NULL DEFAULT 0,
    window_ms      BIGINT NOT NULL DEFAULT 0,
    resets_at      BIGINT NOT NULL DEFAULT 0,
    confirmed      BIGINT NOT NULL DEFAULT 0,
    bulk_taken     BIGINT NOT NULL DEFAULT 0,
    next_at        BIGINT NOT NULL DEFAULT 0,
    bulk_next_at   BIGINT NOT NULL DEFAULT 0,
    realtime_until BIGINT NOT NULL DEFAULT 0,
    bulk_until     BIGINT NOT NULL DEFAULT 0,
    backoff_until  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, account)
);

CREATE TABLE pace_slots (
    account    TEXT NOT NULL,
    slot       TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (account, slot)
);
