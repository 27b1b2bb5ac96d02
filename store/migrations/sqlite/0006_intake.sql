-- +goose Up

-- Categories that a webhook named. changed_seq is of the latest one: names read
-- before it are out of date. While pending is 1, the products of the category
-- and its subcategories wait to be marked, those up to id cursor excepted.
-- depth counts the levels below the category that the webhook named.
CREATE TABLE category_changes (
    connection_id TEXT   NOT NULL,
    category_id   BIGINT NOT NULL,
    changed_seq   BIGINT NOT NULL,
    pending       BIGINT NOT NULL DEFAULT 1,
    depth         BIGINT NOT NULL DEFAULT 0,
    cursor        BIGINT NOT NULL DEFAULT 0,
    leased_until  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, category_id)
) WITHOUT ROWID;
CREATE INDEX category_changes_seq ON category_changes (connection_id, changed_seq);
CREATE INDEX category_changes_pending ON category_changes (changed_seq) WHERE pending = 1;

-- Connections whose store said that it changed: Reconcile is to run at once.
CREATE TABLE reconcile_wishes (
    connection_id TEXT   NOT NULL PRIMARY KEY,
    seq           BIGINT NOT NULL
) WITHOUT ROWID;
