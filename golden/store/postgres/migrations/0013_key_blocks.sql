-- +goose Up
-- The members of a key in the key's own row, packed in eight bytes each and ascending: what is read of a
-- key is one row, and what is written of a key that is there already touches no index. A key of more than
-- 128 members (members is NULL) has them in record_key, a row each, as before.
SET LOCAL enable_seqscan = on;
SET LOCAL enable_hashagg = on;
CREATE TABLE key_block (
    key     bigint PRIMARY KEY,
    n       bigint NOT NULL,
    members bytea
) WITH (fillfactor = 90);
INSERT INTO key_block SELECT key, count(*), CASE WHEN count(*) <= 128
        THEN string_agg(int8send(record), ''::bytea ORDER BY record) END
    FROM record_key GROUP BY key ORDER BY key;
CREATE TABLE large (LIKE record_key INCLUDING ALL);
INSERT INTO large SELECT r.key, r.record FROM record_key r JOIN key_block b USING (key) WHERE b.members IS NULL;
DROP TABLE record_key;
ALTER TABLE large RENAME TO record_key;
ALTER INDEX large_pkey RENAME TO record_key_pkey;
DROP TABLE key_count;
