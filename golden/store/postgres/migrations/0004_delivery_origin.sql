-- +goose Up
-- The source record from which the hub made a remote record: after a split the record goes with it.
ALTER TABLE delivery ADD COLUMN origin text COLLATE "C" NOT NULL DEFAULT '';
-- How often a person asked for the record to be sent again: part of the idempotency key.
ALTER TABLE delivery ADD COLUMN again bigint NOT NULL DEFAULT 0;
CREATE INDEX delivery_origin ON delivery (target, origin) WHERE origin <> '';
