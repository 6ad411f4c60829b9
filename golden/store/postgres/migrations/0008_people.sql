-- +goose Up
-- What people decide: the decisions of one act are undone together, a pinned value is a decision
-- too, and an undo says who and why. decision_record also has those that were undone, so that the
-- history of a record can be read.
ALTER TABLE decision ADD COLUMN attribute text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE decision ADD COLUMN value bytea;
ALTER TABLE decision ADD COLUMN act text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE decision ADD COLUMN undone_by text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE decision ADD COLUMN undone_reason text COLLATE "C" NOT NULL DEFAULT '';
UPDATE decision SET act = id;
CREATE INDEX decision_act ON decision (act);
CREATE INDEX decision_at ON decision (at DESC, id);
INSERT INTO decision_record (record, decision)
    SELECT json_array_elements_text(convert_from(d."left", 'UTF8')::json), d.id FROM decision d
    WHERE d.undone IS NOT NULL AND d."left" IS NOT NULL ON CONFLICT DO NOTHING;
INSERT INTO decision_record (record, decision)
    SELECT json_array_elements_text(convert_from(d."right", 'UTF8')::json), d.id FROM decision d
    WHERE d.undone IS NOT NULL AND d."right" IS NOT NULL ON CONFLICT DO NOTHING;
