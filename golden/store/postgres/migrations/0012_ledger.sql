-- +goose Up
-- What connectors must not forget beyond a checkpoint: interchanges and documents that are under way
-- with partners, and the numbers that were given to them. state and due are what rows are looked for
-- by; body is the kind's own. version goes up with each write.
CREATE TABLE ledger (
    system  text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    state   text COLLATE "C" NOT NULL,
    at      timestamptz,
    due     timestamptz,
    version bigint NOT NULL,
    body    bytea,
    PRIMARY KEY (system, kind, key)
);
CREATE INDEX ledger_at ON ledger (system, kind, at, key);
CREATE INDEX ledger_state ON ledger (system, kind, state, at, key);
CREATE INDEX ledger_due ON ledger (system, kind, state, due) WHERE due IS NOT NULL;
