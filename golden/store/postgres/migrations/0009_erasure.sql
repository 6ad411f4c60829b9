-- +goose Up
-- Erasures: what was removed, when, by whom and why, and nothing of what it was. changed is when
-- the row was last written: processes that keep the suppressions in memory look at it.
CREATE TABLE erasure (
    id       text COLLATE "C" PRIMARY KEY,
    customer text COLLATE "C" NOT NULL,
    at        timestamptz,
    changed   timestamptz,
    body     bytea NOT NULL
);
CREATE INDEX erasure_customer ON erasure (customer);
CREATE INDEX erasure_changed ON erasure (changed);

-- What became of each record in a target. remote is a keyed hash of its ID there.
CREATE TABLE erasure_receipt (
    erasure   text COLLATE "C" NOT NULL,
    target    text COLLATE "C" NOT NULL,
    remote    bigint NOT NULL,
    entity    text COLLATE "C" NOT NULL,
    route     text COLLATE "C" NOT NULL,
    operation text COLLATE "C" NOT NULL,
    status    text COLLATE "C" NOT NULL,
    reason    text COLLATE "C" NOT NULL,
    at        timestamptz,
    PRIMARY KEY (erasure, target, remote)
);
CREATE INDEX erasure_receipt_remote ON erasure_receipt (target, remote);
