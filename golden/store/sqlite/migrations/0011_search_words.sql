-- +goose Up
-- Beside every word of a name or place, all words by which its customer is searched for: a search
-- for several words reads the rows of one of them only. Towns and birth dates come with a sweep of
-- the hub.
ALTER TABLE lookup ADD COLUMN words TEXT NOT NULL DEFAULT '';
CREATE TABLE words_of (entity INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT;
INSERT INTO words_of SELECT entity, names || coalesce(phones, '') FROM (
    SELECT entity,
        ' ' || group_concat(value, ' ') FILTER (WHERE kind = 4) || ' ' AS names,
        '#' || group_concat(value, '#') FILTER (WHERE kind = 1) || '#' AS phones
    FROM lookup WHERE length(CAST(value AS BLOB)) <= 256 AND (kind = 4 OR kind = 1 AND value NOT LIKE '+%')
    GROUP BY entity) WHERE names IS NOT NULL AND length(CAST(names || coalesce(phones, '') AS BLOB)) <= 1024;
UPDATE lookup SET words = coalesce((SELECT w.words FROM words_of w WHERE w.entity = lookup.entity), '') WHERE kind = 4;
DROP TABLE words_of;
