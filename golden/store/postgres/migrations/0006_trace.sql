-- +goose Up
-- The trace context of what caused a mark, so that a trace goes on to the targets.
ALTER TABLE dirty ADD COLUMN trace TEXT NOT NULL DEFAULT '';
