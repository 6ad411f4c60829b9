-- +goose Up
-- Which payload an attempt at a create may have left in the target. 1 stands for "several, or not
-- known": of creates begun before this was kept, nobody knows.
ALTER TABLE pending_create ADD COLUMN arrived bigint NOT NULL DEFAULT 0;
UPDATE pending_create SET arrived = 1 WHERE status <> 'refused';
