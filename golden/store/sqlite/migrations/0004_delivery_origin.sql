-- +goose Up
-- The source record from which the hub made a remote record: after a split the record goes with it.
ALTER TABLE delivery ADD COLUMN origin TEXT NOT NULL DEFAULT '';
-- How often a person asked for the record to be sent again: part of the idempotency key.
ALTER TABLE delivery ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
CREATE INDEX delivery_origin ON delivery (target, origin) WHERE origin <> '';
