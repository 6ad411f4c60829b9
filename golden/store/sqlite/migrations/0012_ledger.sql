-- +goose Up
-- What connectors must not forget beyond a checkpoint: interchanges and documents that are under way
-- with partners, and the numbers that were given to them. state and due are what rows are looked for
-- by; body is the kind's own. version goes up with each write.
CREATE TABLE ledger (
    system  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,
    state   TEXT NOT NULL,
    at      INTEGER,
    due     INTEGER,
    version INTEGER NOT NULL,
    body    BLOB,
    PRIMARY KEY (system, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_at ON ledger (system, kind, at, key);
CREATE INDEX ledger_state ON ledger (system, kind, state, at, key);
CREATE INDEX ledger_due ON ledger (system, kind, state, due) WHERE due IS NOT NULL;
