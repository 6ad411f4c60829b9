-- +goose Up
-- A task whose cause recurs is open again; earlier holds, as JSON, when it was open before.
ALTER TABLE task ADD COLUMN earlier bytea;
