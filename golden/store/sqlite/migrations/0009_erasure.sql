-- +goose Up
-- Erasures: what was removed, when, by whom and why, and nothing of what it was. changed is when
-- the row was last written: processes that keep the suppressions in memory look at it.
CREATE TABLE erasure (
    id       TEXT PRIMARY KEY,
    customer TEXT NOT NULL,
    at       INTEGER,
    changed  INTEGER,
    body     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_customer ON erasure (customer);
CREATE INDEX erasure_changed ON erasure (changed);

-- What became of each record in a target. remote is a keyed hash of its ID there.
CREATE TABLE erasure_receipt (
    erasure   TEXT NOT NULL,
    target    TEXT NOT NULL,
    remote    INTEGER NOT NULL,
    entity    TEXT NOT NULL,
    route     TEXT NOT NULL,
    operation TEXT NOT NULL,
    status    TEXT NOT NULL,
    reason    TEXT NOT NULL,
    at        INTEGER,
    PRIMARY KEY (erasure, target, remote)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_receipt_remote ON erasure_receipt (target, remote);
