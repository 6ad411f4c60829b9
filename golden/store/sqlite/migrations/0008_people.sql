-- +goose Up
-- What people decide: the decisions of one act are undone together, a pinned value is a decision
-- too, and an undo says who and why. decision_record also has those that were undone, so that the
-- history of a record can be read.
ALTER TABLE decision ADD COLUMN attribute TEXT NOT NULL DEFAULT '';
ALTER TABLE decision ADD COLUMN value BLOB;
ALTER TABLE decision ADD COLUMN act TEXT NOT NULL DEFAULT '';
ALTER TABLE decision ADD COLUMN undone_by TEXT NOT NULL DEFAULT '';
ALTER TABLE decision ADD COLUMN undone_reason TEXT NOT NULL DEFAULT '';
UPDATE decision SET act = id;
CREATE INDEX decision_act ON decision (act);
CREATE INDEX decision_at ON decision (at DESC, id);
INSERT OR IGNORE INTO decision_record (record, decision)
    SELECT j.value, d.id FROM decision d, json_each(CAST(d."left" AS TEXT)) j WHERE d.undone IS NOT NULL;
INSERT OR IGNORE INTO decision_record (record, decision)
    SELECT j.value, d.id FROM decision d, json_each(CAST(d."right" AS TEXT)) j WHERE d.undone IS NOT NULL;
