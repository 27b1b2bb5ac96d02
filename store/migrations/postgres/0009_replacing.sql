-- +goose Up

-- What the change of a connection's authentication has still to do, as JSON
-- with ids alone; empty when that is nothing.
ALTER TABLE connections ADD COLUMN replacing TEXT NOT NULL DEFAULT '';
