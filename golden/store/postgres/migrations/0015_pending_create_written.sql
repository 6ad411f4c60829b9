-- +goose Up
-- Which values the attempts at a create have sent, as in written: a record that comes of one of them and
-- is reported before any was answered has them from the hub. NULL where the target reports nothing.
ALTER TABLE pending_create ADD COLUMN written bytea;
