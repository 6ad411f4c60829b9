-- +goose Up
-- Beside every word of a name or place, all words by which its customer is searched for: a search
-- for several words reads the rows of one of them only. Included in the index, which is then all
-- that is read. Towns and birth dates come with a sweep of the hub.
-- Every row is written once: here reading all of the table is right.
SET LOCAL enable_seqscan = on;
SET LOCAL enable_hashjoin = on;
ALTER TABLE lookup ADD COLUMN words text COLLATE "C" NOT NULL DEFAULT '';
WITH of AS (
    SELECT entity,
        ' ' || string_agg(value, ' ') FILTER (WHERE kind = 4) || ' ' AS names,
        '#' || string_agg(value, '#') FILTER (WHERE kind = 1) || '#' AS phones
    FROM lookup WHERE octet_length(value) <= 256 AND (kind = 4 OR kind = 1 AND value NOT LIKE '+%') GROUP BY entity
)
UPDATE lookup SET words = of.names || coalesce(of.phones, '') FROM of
    WHERE lookup.kind = 4 AND lookup.entity = of.entity
        AND octet_length(of.names || coalesce(of.phones, '')) <= 1024;
ALTER TABLE lookup DROP CONSTRAINT lookup_pkey;
ALTER TABLE lookup ADD PRIMARY KEY (kind, value, entity) INCLUDE (words);
