-- +goose Up
-- What matching compares of a record, encoded, behind the fingerprint of what it was derived by: weighing
-- a pair needs no document. NULL where it was not kept: it is derived from the document then.
ALTER TABLE record_keys ADD COLUMN features BLOB;
