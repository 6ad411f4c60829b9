-- +goose Up
-- Kind and value of a lookup in one text, the kind as its first letter.
CREATE TABLE way (
    way    TEXT NOT NULL,
    entity INTEGER NOT NULL,
    words  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (way, entity)
) STRICT, WITHOUT ROWID;
INSERT INTO way SELECT char(48 + kind) || value, entity, words FROM lookup ORDER BY kind, value, entity;
DROP TABLE lookup;
ALTER TABLE way RENAME TO lookup;
