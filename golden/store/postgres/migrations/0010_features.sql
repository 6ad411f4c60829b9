-- +goose Up
-- What matching compares of a record, encoded, behind the fingerprint of what it was derived by: weighing
-- a pair needs no document. NULL where it was not kept: it is derived from the document then.
ALTER TABLE record_keys ADD COLUMN features bytea;
-- Mail addresses and the like do not get smaller, and are read far more often than written.
ALTER TABLE record_keys ALTER COLUMN features SET STORAGE EXTERNAL;
