-- +goose Up
-- The members of a key in the key's own row, packed in eight bytes each and ascending: what is read or
-- written of a key is one row. A key of more than 128 members (members is NULL) has them in record_key, a
-- row each, as before.
CREATE TABLE key_block (
    key     INTEGER PRIMARY KEY,
    n       INTEGER NOT NULL,
    members BLOB
) STRICT;
INSERT INTO key_block SELECT key, count(*), CASE WHEN count(*) <= 128
        THEN unhex(group_concat(printf('%016x', record), '' ORDER BY record)) END
    FROM record_key GROUP BY key ORDER BY key;
DELETE FROM record_key WHERE key NOT IN (SELECT key FROM key_block WHERE members IS NULL);
DROP TABLE key_count;
