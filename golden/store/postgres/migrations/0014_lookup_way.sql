-- +goose Up
-- Kind and value of a lookup in one text, the kind as its first letter: an index of texts is sorted by their
-- first bytes, which takes a third of the time that pairs of a number and a text take.
SET LOCAL enable_seqscan = on;
CREATE TABLE way (
    way    text COLLATE "C" NOT NULL,
    entity bigint NOT NULL,
    words  text COLLATE "C" NOT NULL DEFAULT ''
);
INSERT INTO way SELECT chr(48 + kind) || value, entity, words FROM lookup;
DROP TABLE lookup;
ALTER TABLE way RENAME TO lookup;
ALTER TABLE lookup ADD CONSTRAINT lookup_pkey PRIMARY KEY (way, entity) INCLUDE (words);
