-- +goose Up
-- Hash of what the payload written last depended on beside the golden record's values; 0: not known.
ALTER TABLE delivery ADD COLUMN circumstances INTEGER NOT NULL DEFAULT 0;
